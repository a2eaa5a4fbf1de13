"""The log of reported figures: only a publication adds to it, nothing ever changes it, and it can be had back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.lib import publish as publishing
from orchestration.lib.publish import PublishError, publish
from orchestration.lib.reported import log_reported

AS_OF = date(2024, 2, 1)


def _build(warehouse: Path, rows: list[tuple[str, str, bool, float]]) -> None:
    """Make the build's figures: start of the month, as-of day, whether it is complete, value."""
    warehouse.parent.mkdir(exist_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists marts")
        connection.execute(
            "create or replace table marts.kpi_reported_values (metric_id varchar, period_grain varchar, "
            "period_start date, dimension_name varchar, dimension_value varchar, basis varchar, window_days bigint, "
            "reported_as_of date, is_complete boolean, numerator decimal(18, 4), denominator decimal(18, 4), "
            "value double, metric_version bigint)"
        )
        connection.executemany(
            "insert into marts.kpi_reported_values values "
            "('n', 'month', ?, 'total', 'all', 'period', 0, ?, ?, ?, null, ?, 1)",
            [(start, as_of, complete, value, value) for start, as_of, complete, value in rows],
        )


def _logged(warehouse: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(
            "select period_start::varchar, reported_as_of::varchar, is_complete, value "
            "from raw_reported.kpi_values order by all"
        ).fetchall()


@pytest.fixture
def night(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that builds figures and publishes them."""

    def run(rows: list[tuple[str, str, bool, float]], *, run_id: str) -> Path:
        warehouse = tmp_path / "build" / "warehouse.duckdb"
        _build(warehouse, rows)
        publish(warehouse, tmp_path / "published", run_id=run_id, as_of=AS_OF, keep=3)
        return warehouse

    return run


def test_log_is_empty_and_there_before_anything_is_published(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    assert log_reported(warehouse, tmp_path / "published" / "pilotage.duckdb") == 0
    assert _logged(warehouse) == []


def test_publication_adds_what_is_new_once_and_changes_nothing(tmp_path: Path, night: Callable) -> None:
    live = tmp_path / "published" / "pilotage.duckdb"
    warehouse = night([("2024-01-01", "2024-02-01", True, 9.0)], run_id="r1")
    assert log_reported(warehouse, live) == 1
    assert log_reported(warehouse, live) == 0
    # A build that had forgotten the log could still rewrite no figure.
    night([("2024-01-01", "2024-02-01", True, 10.0), ("2024-02-01", "2024-02-01", False, 1.0)], run_id="r2")
    assert log_reported(warehouse, live) == 1
    assert _logged(warehouse) == [("2024-01-01", "2024-02-01", True, 9.0), ("2024-02-01", "2024-02-01", False, 1.0)]


def test_failed_publication_logs_nothing(tmp_path: Path, night: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    live = tmp_path / "published" / "pilotage.duckdb"
    warehouse = night([("2024-01-01", "2024-02-01", True, 9.0)], run_id="r1")
    log_reported(warehouse, live)

    def refuse(*_: object, **__: object) -> None:
        raise PublishError("differs")

    monkeypatch.setattr(publishing, "verify_in_new_process", refuse)
    with pytest.raises(PublishError):
        night([("2024-02-01", "2024-03-01", True, 4.0)], run_id="r2")
    assert log_reported(warehouse, live) == 0
    assert _logged(warehouse) == [("2024-01-01", "2024-02-01", True, 9.0)]


def test_figures_come_back_from_the_published_file_when_the_build_or_the_run_was_lost(
    tmp_path: Path, night: Callable
) -> None:
    live = tmp_path / "published" / "pilotage.duckdb"
    warehouse = night([("2024-01-01", "2024-02-01", True, 9.0), ("2024-02-01", "2024-02-01", False, 1.0)], run_id="r1")
    warehouse.unlink()
    assert log_reported(warehouse, live) == 2
    assert len(_logged(warehouse)) == 2


def test_published_file_without_a_log_is_passed_over(tmp_path: Path) -> None:
    live = tmp_path / "it's old.duckdb"
    with duckdb.connect(str(live)) as connection:
        connection.execute("create schema marts; create table marts.kpi_values (value double)")
    assert log_reported(tmp_path / "warehouse.duckdb", live) == 0


def test_published_file_that_cannot_be_read_leaves_the_log_in_place(tmp_path: Path) -> None:
    live, warehouse = tmp_path / "pilotage.duckdb", tmp_path / "warehouse.duckdb"
    live.write_bytes(b"damaged" * 4096)
    with pytest.raises(duckdb.Error):
        log_reported(warehouse, live)
    assert _logged(warehouse) == []
