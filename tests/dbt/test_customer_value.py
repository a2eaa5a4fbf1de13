"""CDNOW, the reference set of the customer-lifetime literature, from raw orders to customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ingestion.contracts import ARROW_TYPES, ENTITIES, METADATA_COLUMNS
from tests.dbt.support import create_warehouse, dbt_ok, raw_tables

pytestmark = pytest.mark.realdata
AS_OF = "1998-06-30"


def _orders(path: Path) -> pa.Table:
    """The master file as raw orders; each line is one."""
    lines = [line.split() for line in path.read_text().splitlines()[1:]]
    count = len(lines)
    given = {
        "order_id": [str(number) for number in range(count)],
        "order_status": ["confirmed"] * count,
        "amount": [line[3] for line in lines],
        "company_id": [line[0] for line in lines],
        "ordered_at": [
            datetime(int(line[1][:4]), int(line[1][4:6]), int(line[1][6:]), 12, tzinfo=UTC).replace(tzinfo=None)
            for line in lines
        ],
        "source_name": ["shop"] * count,
        "references_source_name": ["shop"] * count,
        "source_file_name": ["orders.csv"] * count,
        "source_file_hash": ["hash"] * count,
        "source_file_modified_at": [datetime(1998, 7, 1, tzinfo=UTC).replace(tzinfo=None)] * count,
        "row_hash": [str(number) for number in range(count)],
    }
    columns = {}
    for column in (*ENTITIES["orders"].columns, *METADATA_COLUMNS):
        kind = ARROW_TYPES[column.type]
        values = given.get(column.name, [None] * count)
        columns[column.name] = (
            pa.array(values, pa.string()).cast(kind) if column.name == "amount" else pa.array(values, kind)
        )
    return pa.table(columns | {"_dlt_load_id": pa.array(["1"] * count)})


def test_customers_of_cdnow_are_those_of_the_published_counts(real_data: Callable[[str], Path], tmp_path: Path) -> None:
    master = real_data("cdnow") / "CDNOW_master.txt"
    warehouse = tmp_path / "warehouse.duckdb"
    loads = pa.table({"load_id": ["1"], "schema_name": ["files"], "status": pa.array([0], pa.int64())})
    tables = raw_tables() | {("raw_files", "orders"): _orders(master), ("raw_files", "_dlt_loads"): loads}
    create_warehouse(warehouse, tables)
    dbt_ok("run", "--select", "+fct_customer_value", warehouse=warehouse, variables={"as_of": AS_OF, "timezone": "UTC"})
    by_customer: dict[str, list[date]] = defaultdict(list)
    for line in master.read_text().splitlines()[1:]:
        customer, day, *_ = line.split()
        by_customer[customer].append(date(int(day[:4]), int(day[4:6]), int(day[6:])))
    with_year = [sorted(days) for days in by_customer.values()]
    repurchased = sum(
        len(days) > 1 and days[1] < days[0].replace(year=days[0].year + 1)
        for days in with_year
        if days[0].replace(year=days[0].year + 1) <= date.fromisoformat(AS_OF)
    )
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        row = connection.execute(
            """
            select
                count(*), sum(count_orders), sum(amount_net),
                round(100 * avg((count_orders > 1)::int), 3), round(100 * avg((count_repeat_days > 0)::int), 3),
                sum(has_repurchased_12m::int), min(cohort_month), max(cohort_month)
            from marts.fct_customer_value
            """
        ).fetchone()
    assert row is not None
    assert row[:2] == (23_570, 69_659)
    assert float(row[2]) == 2_500_315.63
    assert row[3:5] == (49.478, 48.859)
    assert row[5] == repurchased
    assert row[6:] == (date(1997, 1, 1), date(1997, 3, 1))
