"""A figure that was published can be shown again, whatever becomes known later."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import duckdb

from tests.e2e.support import checksums

FIGURE = "metric_id = 'orders_count' and dimension_name = 'total' and period_grain = 'month'"


def _rows(home: Path, sql: str) -> list[tuple]:
    with duckdb.connect(home / "published" / "pilotage.duckdb", read_only=True) as connection:
        return connection.execute(sql).fetchall()


def _run(pilotage: Callable, home: Path, as_of: str) -> None:
    result = pilotage("run", "--home", str(home), "--as-of", as_of)
    assert result.code == 0, result.err[-3000:]


def test_late_order_changes_the_value_and_not_what_was_reported_nor_does_a_full_rebuild(
    small_copy: Path, pilotage: Callable
) -> None:
    may = f"select value, value_as_reported from marts.kpi_values where {FIGURE} and period_start = date '2026-05-01'"
    june = may.replace("2026-05-01", "2026-06-01")
    log = "select count(*), sum(hash(figure)::hugeint) from marts.kpi_reported_values as figure"
    ((before, reported),) = _rows(small_copy, may)
    assert before == reported > 0
    ((of_june, _),) = _rows(small_copy, june)
    first_log = _rows(small_copy, log)

    orders = small_copy / "inbox" / "erp" / "orders_2026.csv"
    header, *lines = orders.read_text(encoding="utf-8").splitlines()
    of_may = next(line for line in lines if ",confirmed," in line and "2026-05-1" in line)
    order_id = of_may.split(",")[header.split(",").index("order_id")]
    late = orders.with_name("orders_2026_late.csv")
    late.write_text(f"{header}\n{of_may.replace(order_id, 'LATE-1')}\n", encoding="utf-8")
    os.utime(late, (1_782_900_000, 1_782_900_000))

    _run(pilotage, small_copy, "2026-07-01")
    assert _rows(small_copy, may) == [(before + 1, reported)]
    assert _rows(small_copy, june) == [(of_june, of_june)]
    shown = _rows(
        small_copy,
        f"select reported_as_of::varchar, value from marts.kpi_reported_values where {FIGURE} "
        "and period_start = date '2026-05-01'",
    )
    assert shown == [("2026-06-30", reported)]

    # A full rebuild rewrites neither, the same night again adds nothing, and every mart is that of the increment.
    after = _rows(small_copy, log)
    marts = checksums(small_copy / "published" / "pilotage.duckdb")
    assert after[0][0] > first_log[0][0]
    with duckdb.connect(small_copy / "build" / "warehouse.duckdb") as build:
        build.execute("delete from raw_quality.builds")
    _run(pilotage, small_copy, "2026-07-01")
    assert _rows(small_copy, may) == [(before + 1, reported)]
    assert _rows(small_copy, log) == after
    assert checksums(small_copy / "published" / "pilotage.duckdb") == marts
