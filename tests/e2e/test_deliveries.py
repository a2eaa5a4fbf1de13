"""Law 9: the same facts, delivered late, doubled and in another order over two nights, give the same marts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest

END = "2026-06-30"
FIRST_NIGHT = "2026-05-20"
# Not there in the first night: events and records of the middle of the history, and most of the last month.
LATE = (
    "web/events_2025-04.jsonl*",
    "web/events_2026-0[56].jsonl*",
    "web/late_2025-*.jsonl",
    "newsletter/events_2025-03.jsonl",
    "newsletter/events_2026-06.jsonl",
    "crm/contacts_2025.csv",
    "crm/affaires_2025.csv",
    "crm/historique_affaires_2024.csv",
    "crm/activites_2026.csv",
    "erp/orders_2025.csv",
    "events/salons_badges.csv",
)
# Delivered once more in the second night, their records in another order.
DOUBLED = (
    "web/events_2026-01.jsonl",
    "newsletter/events_2026-02.jsonl",
    "crm/contacts_2024.csv",
    "crm/affaires_2026.csv",
    "crm/historique_affaires_2025.csv",
    "crm/activites_2024.csv",
    "erp/orders_2026.csv",
    "erp/order_lines_2026.csv",
)
# They tell of the deliveries themselves, and of what an earlier night published.
OF_DELIVERIES = {"kpi_data_quality", "kpi_reported_values", "publication"}
AS_REPORTED = "value_as_reported"


@pytest.fixture
def two_nights(small_demo, tmp_path: Path) -> tuple[Path, list[Path]]:
    """A workspace with the settings of the small demo company and nothing in its inbox, and the company's files."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(small_demo.home / "pilotage.yml", home)
    shutil.copytree(small_demo.home / "seeds", home / "seeds")
    (home / "inbox").mkdir()
    return home, [path for path in (small_demo.home / "inbox").rglob("*") if path.is_file()]


def _deliver(path: Path, inbox: Path, home: Path) -> None:
    target = home / "inbox" / path.relative_to(inbox)
    target.parent.mkdir(exist_ok=True)
    shutil.copy2(path, target)


def _deliver_shuffled(path: Path, inbox: Path, home: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    header, records = ([], lines) if path.suffix == ".jsonl" else (lines[:1], lines[1:])
    shuffled = sorted(records, key=lambda record: sha256(record).digest())
    assert shuffled != records
    target = home / "inbox" / path.relative_to(inbox)
    target = target.with_name(f"{path.stem}_again{path.suffix}")
    target.write_bytes(b"".join([*header, *shuffled]))
    # The date of a file says which of two versions is the later one where the records do not.
    os.utime(target, (path.stat().st_mtime, path.stat().st_mtime))


def _different_rows(one: Path, other: Path) -> dict[str, int]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one.resolve()}' as one (read_only)")
        connection.execute(f"attach '{other.resolve()}' as other (read_only)")
        found = {}
        columns = connection.execute(
            "select table_name, list(column_name order by column_index) from duckdb_columns() "
            "where database_name = 'one' and schema_name = 'marts' group by all"
        ).fetchall()
        assert len(columns) > 30
        for table, names in columns:
            if table not in OF_DELIVERIES:
                selected = ", ".join(f'"{name}"' for name in names if name != AS_REPORTED)
                sides = [f"select {selected} from {side}.marts.{table}" for side in ("one", "other")]
                found[table] = sum(
                    int(connection.execute(f"select count(*) from ({a} except all {b})").fetchall()[0][0])
                    for a, b in (sides, sides[::-1])
                )
        return found


def test_late_doubled_and_shuffled_deliveries_over_two_nights_give_the_marts_of_one(
    small_demo, two_nights: tuple[Path, list[Path]], pilotage: Callable
) -> None:
    home, files = two_nights
    inbox = small_demo.home / "inbox"
    late = {path for pattern in LATE for path in inbox.glob(pattern)}
    assert len(late) >= len(LATE)
    for path in files:
        if path not in late:
            _deliver(path, inbox, home)
    first = pilotage("run", "--home", str(home), "--as-of", FIRST_NIGHT)
    assert first.code == 0, first.err[-3000:]
    published = home / "published" / "pilotage.duckdb"
    straight = small_demo.home / "published" / "pilotage.duckdb"
    assert _different_rows(straight, published)["fct_deals"] > 0
    for path in late:
        _deliver(path, inbox, home)
    for name in DOUBLED:
        _deliver_shuffled(inbox / name, inbox, home)
    second = pilotage("run", "--home", str(home), "--as-of", END)
    assert second.code == 0, second.err[-3000:]
    with duckdb.connect(home / "build" / "warehouse.duckdb", read_only=True) as build:
        # A build that begins anew forgets those before it: this one went on with the first.
        assert build.execute("select count(*) from raw_quality.builds").fetchall() == [(2,)]
        # It left alone what lies before the earliest event that came late.
        restated = "select restate_from > date '2025-01-01' from raw_quality.build_parameters"
        assert build.execute(restated).fetchall() == [(True,)]
    assert {table: rows for table, rows in _different_rows(straight, published).items() if rows} == {}
