"""Whatever a table holds comes back the same from a CSV, in the French and in the international way of writing it."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingestion.conftest import Company

INTERNATIONAL = {"delimiter": ",", "encoding": "utf-8", "timestamp_format": "iso"}
FRENCH = {
    "delimiter": ";",
    "encoding": "cp1252",
    "decimal_separator": ",",
    "thousands_separator": " ",
    "timestamp_format": "%d/%m/%Y %H:%M:%S",
}
CP1252 = "".join(
    character
    for code in range(32, 256)
    if code not in (0x7F, 0x81, 0x8D, 0x8F, 0x90, 0x9D)
    for character in bytes([code]).decode("cp1252")
)
text = st.text(alphabet=CP1252 + "\n\r\t", max_size=12)
rows = st.lists(
    st.tuples(
        text,
        st.none() | st.decimals(min_value=Decimal("-99999999.9999"), max_value=Decimal("99999999.9999"), places=4),
        st.none()
        | st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2036, 12, 31)).map(
            lambda moment: moment.replace(microsecond=0)
        ),
    ),
    max_size=30,
)


def _french_number(value: Decimal) -> str:
    return f"{value:,.4f}".replace(",", "\u00a0").replace(".", ",")


@pytest.mark.parametrize("dialect", [INTERNATIONAL, FRENCH], ids=["international", "French"])
@given(rows=rows, end=st.sampled_from(["\n", "\r\n"]), quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_table_written_as_csv_comes_back_identical(dialect, rows, end, quoting):
    is_french = dialect is FRENCH
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=dialect["delimiter"], lineterminator=end, quoting=quoting)
    writer.writerow(["id", "name", "amount", "created"])
    for number, (name, amount, created) in enumerate(rows):
        shown = "" if amount is None else _french_number(amount) if is_french else str(amount)
        instant = (
            ""
            if created is None
            else created.strftime(dialect["timestamp_format"])
            if is_french
            else created.isoformat()
        )
        writer.writerow([f"{number:05d}", name, shown, instant])
    home = Path(tempfile.mkdtemp())
    try:
        company = Company(home)
        company.map(
            "deals",
            {"deal_id": "id", "deal_name": "name", "amount": "amount", "created_at": "created"},
            constants={"stage_name": "open"},
            **dialect,
        )
        company.drop("deals.csv", buffer.getvalue().encode(dialect["encoding"]))
        prepared = company.prepare()
        found = [(row["deal_id"], row["deal_name"], row["amount"], row["created_at"]) for row in prepared.rows()]
    finally:
        shutil.rmtree(home)
    assert prepared.reasons == []
    assert found == [
        (f"{number:05d}", name or None, amount, created) for number, (name, amount, created) in enumerate(rows)
    ]


@given(shift=st.integers(min_value=0, max_value=3 * 365 * 24 * 60))
@settings(max_examples=40, deadline=None)
def test_local_times_become_the_instants_that_the_zone_says(tmp_path_factory, shift):
    from zoneinfo import ZoneInfo

    moment = datetime(2023, 1, 1) + timedelta(minutes=shift)
    zone = ZoneInfo("Europe/Paris")
    company = Company(tmp_path_factory.mktemp("zone"))
    company.map_deals(timezone="Europe/Paris")
    company.drop("deals.csv", f"id,stage,amount,created\n1,won,1,{moment.isoformat()}\n")
    # Of an hour that exists twice the second is taken; one that does not exist is moved by the gap.
    later = moment.replace(tzinfo=zone, fold=1)
    earlier = moment.replace(tzinfo=zone, fold=0)
    expected = max(later.timestamp(), earlier.timestamp())
    assert company.prepare().values("created_at") == [
        datetime.fromtimestamp(expected, ZoneInfo("UTC")).replace(tzinfo=None)
    ]
