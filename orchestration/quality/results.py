"""Results of the checks in the warehouse: counts only. And which loads still have to be checked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from orchestration.quality.runner import Outcome, TableCheckResult

_TABLES: Final = """
create schema if not exists raw_quality;
create table if not exists raw_quality.check_results (
    check_id varchar not null,
    run_id varchar not null,
    checked_at timestamp not null,
    table_name varchar not null,
    column_name varchar,
    expectation_type varchar not null,
    outcome varchar not null check (outcome in ('passed', 'failed', 'broken', 'not_evaluated')),
    is_blocking boolean not null,
    count_evaluated bigint not null,
    count_unexpected bigint not null,
    share_unexpected double,
    threshold_reason varchar not null,
    detail varchar not null,
    primary key (run_id, check_id)
);
comment on table raw_quality.check_results is
    'Results of Great Expectations, without values. One row per run and check.';
create table if not exists raw_quality.accepted_loads (
    load_id varchar primary key,
    run_id varchar not null,
    accepted_at timestamp not null
);
comment on table raw_quality.accepted_loads is
    'Loads that passed every blocking check. One row per load.';
"""
_RESULT_SCHEMA: Final = pa.schema(
    [
        ("check_id", pa.string()),
        ("table_name", pa.string()),
        ("column_name", pa.string()),
        ("expectation_type", pa.string()),
        ("outcome", pa.string()),
        ("is_blocking", pa.bool_()),
        ("count_evaluated", pa.int64()),
        ("count_unexpected", pa.int64()),
        ("share_unexpected", pa.float64()),
        ("threshold_reason", pa.string()),
        ("detail", pa.string()),
    ]
)


def write_results(database: Path, results: Sequence[TableCheckResult], *, run_id: str, checked_at: datetime) -> int:
    """Write the results of a run into ``raw_quality.check_results`` and return the number of rows.

    ``checked_at`` is naive UTC. A table that was not evaluated has one row that says why. Results of the
    same run and table are replaced, in one transaction.
    """
    rows = [row for result in results for row in _rows(result)]
    with duckdb.connect(str(database)) as connection:
        connection.execute(_TABLES)
        connection.register("new_results", pa.Table.from_pylist(rows, schema=_RESULT_SCHEMA))
        connection.begin()
        connection.execute(
            "delete from raw_quality.check_results where run_id = ? and table_name in (select unnest(?::varchar[]))",
            [run_id, [result.table_name for result in results]],
        )
        connection.execute(
            "insert into raw_quality.check_results by name "
            "select *, $run_id as run_id, $checked_at::timestamp as checked_at from new_results",
            {"run_id": run_id, "checked_at": checked_at},
        )
        connection.commit()
    return len(rows)


def loads_to_check(database: Path) -> tuple[str, ...]:
    """Return the completed loads with rows in ``raw_files`` that have not passed every blocking check, oldest first.

    A load that failed stays in: otherwise the next night, which loads nothing new, would publish what was
    refused.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = current_database()"
        ).fetchall()
        present = {str(name) for (name,) in names}
        if "raw_files._dlt_loads" not in present:
            return ()
        accepted = (
            "select load_id from raw_quality.accepted_loads"
            if "raw_quality.accepted_loads" in present
            else "select null::varchar where false"
        )
        # Every night makes a load, also one that brings nothing: those have no row in any table.
        delivering = connection.execute(
            "select table_name from duckdb_columns() where database_name = current_database() "
            "and schema_name = 'raw_files' and column_name = '_dlt_load_id' "
            "and not starts_with(table_name, '_dlt') order by table_name"
        ).fetchall()
        if not delivering:
            return ()
        loaded = " union all ".join(
            f"select distinct _dlt_load_id from raw_files.{_quoted(str(table))}" for (table,) in delivering
        )
        rows = connection.execute(
            "select distinct load_id from raw_files._dlt_loads where status = 0 "
            f"and load_id not in ({accepted}) and load_id in ({loaded}) order by load_id"
        ).fetchall()
    return tuple(str(load_id) for (load_id,) in rows)


def accept_loads(database: Path, load_ids: Sequence[str], *, run_id: str, accepted_at: datetime) -> None:
    """Record that loads passed every blocking check. Doing it twice changes nothing."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(_TABLES)
        connection.execute(
            "insert or ignore into raw_quality.accepted_loads "
            "select unnest($load_ids::varchar[]), $run_id, $accepted_at::timestamp",
            {"load_ids": list(load_ids), "run_id": run_id, "accepted_at": accepted_at},
        )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _rows(table: TableCheckResult) -> list[dict[str, object]]:
    if not table.results:
        return [
            {
                "check_id": table.table_name,
                "table_name": table.table_name,
                "column_name": None,
                "expectation_type": "suite",
                "outcome": Outcome.NOT_EVALUATED.value,
                "is_blocking": True,
                "count_evaluated": 0,
                "count_unexpected": 0,
                "share_unexpected": None,
                "threshold_reason": "A table without new rows is skipped; it is no success.",
                "detail": table.reason,
            }
        ]
    return [
        {
            "check_id": result.check_id,
            "table_name": result.table_name,
            "column_name": result.column_name,
            "expectation_type": result.expectation_type,
            "outcome": result.outcome.value,
            "is_blocking": result.is_blocking,
            "count_evaluated": result.count_evaluated,
            "count_unexpected": result.count_unexpected,
            "share_unexpected": result.share_unexpected,
            "threshold_reason": result.threshold_reason,
            "detail": result.detail,
        }
        for result in table.results
    ]
