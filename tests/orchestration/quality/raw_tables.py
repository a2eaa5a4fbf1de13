"""Raw tables as the loader makes them, with good rows, and one hostile change for each rule of each suite."""

from __future__ import annotations

from datetime import datetime

import duckdb

from ingestion.contracts import DUCKDB_TYPES, ENTITIES, METADATA_COLUMNS
from orchestration.quality.suites import Check

NOW = datetime(2026, 6, 15, 2, 0, 0)
CANARY_EMAIL = "canary.zorglub@example.test"
CANARY_NAME = "Zorglubovitch"
COUNT_GOOD_ROWS = 400

_LEDGER = {
    "source_file_hash": ("varchar", "'hash' || i"),
    "content_hash": ("varchar", "'content' || i"),
    "mapping_name": ("varchar", "'m'"),
    "entity_name": ("varchar", "'orders'"),
    "source_name": ("varchar", "'erp'"),
    "source_file_name": ("varchar", "'erp/f' || i || '.csv'"),
    "source_file_modified_at": ("timestamp", "timestamp '2026-06-01 10:00:00'"),
    "count_bytes": ("bigint", "1000"),
    "count_records": ("bigint", "100"),
    "count_loaded": ("bigint", "93"),
    "count_quarantined": ("bigint", "1"),
    "count_filtered": ("bigint", "6"),
    "max_quarantine_share": ("double", "0.05"),
    "unmapped_columns": ("varchar", "null"),
    "loaded_at": ("timestamp", "timestamp '2026-06-15 01:00:00'"),
}
_QUARANTINE = {
    "source_file_hash": ("varchar", "'hash' || i"),
    "mapping_name": ("varchar", "'m'"),
    "entity_name": ("varchar", "'orders'"),
    "source_name": ("varchar", "'erp'"),
    "source_file_name": ("varchar", "'erp/f' || i || '.csv'"),
    "line_number": ("bigint", "i + 1"),
    "raw_text": ("varchar", f"'{CANARY_NAME};{CANARY_EMAIL}'"),
    "reason_code": ("varchar", "'bad_date'"),
    "reason": ("varchar", "'the date does not parse'"),
    "column_name": ("varchar", "'ordered_at'"),
}
_GOOD_WORDS = {
    "consent_status": "granted",
    "device_type": "mobile",
    "event_type": "open",
    "bounce_type": "hard",
    "audience_type": "trade_show",
    "verdict": "valid",
    "direction": "inbound",
    "milestone_status": "validated",
    "section_code": "profile",
    "order_status": "confirmed",
    "currency_code": "EUR",
    "siren": "012345678",
    "email": CANARY_EMAIL,
    "last_name": CANARY_NAME,
}
_GOOD_BY_TYPE = {
    "varchar": "'x' || i",
    "bigint": "1 + i % 50",
    "decimal(18, 4)": "10.5",
    "double": "1.25",
    "boolean": "false",
    "date": "date '2026-05-01' + (i % 30)::integer",
    "timestamp": "timestamp '2026-05-01 08:00:00' + to_hours(i)",
}
HOSTILE_SETS = {
    "count_unexplained": "count_filtered = count_filtered - 1",
    "count_quarantine_difference": "count_quarantined = count_quarantined + 1, count_loaded = count_loaded - 1",
    "share_quarantined": "max_quarantine_share = 0.009",
    "count_files_refused": "line_number = 0",
}
"""How the columns that are computed go wrong at the source."""


def columns_of(table: str) -> dict[str, tuple[str, str]]:
    """Return name -> (DuckDB type, SQL of a good value over row number ``i``)."""
    if table == "loaded_files":
        return _LEDGER
    if table == "quarantined_rows":
        return _QUARANTINE
    columns: dict[str, tuple[str, str]] = {}
    for column in (*ENTITIES[table].columns, *METADATA_COLUMNS):
        data_type = DUCKDB_TYPES[column.type]
        word = _GOOD_WORDS.get(column.name)
        columns[column.name] = (data_type, f"'{word}'" if word else _GOOD_BY_TYPE[data_type])
    return columns


def create_table(
    connection: duckdb.DuckDBPyConnection, table: str, *, load_id: str = "1", count: int = COUNT_GOOD_ROWS
) -> None:
    """Create ``raw_files.<table>`` with good rows of one load."""
    columns = columns_of(table)
    connection.execute("create schema if not exists raw_files")
    declared = ", ".join(f"{name} {data_type}" for name, (data_type, _) in columns.items())
    connection.execute(f"create or replace table raw_files.{table} ({declared}, _dlt_load_id varchar)")
    add_rows(connection, table, load_id=load_id, count=count)


def add_rows(connection: duckdb.DuckDBPyConnection, table: str, *, load_id: str, count: int) -> None:
    """Add good rows of a load."""
    values = ", ".join(value for _, value in columns_of(table).values())
    connection.execute(f"insert into raw_files.{table} select {values}, ? from range({count}) as numbers(i)", [load_id])


def spoil(connection: duckdb.DuckDBPyConnection, check: Check) -> None:
    """Change all rows of the table so that this check, and what depends on the same column, must fail."""
    table = f"raw_files.{check.table}"
    kwargs = check.rule.kwargs
    for column in check.columns:
        if column in HOSTILE_SETS:
            connection.execute(f"update {table} set {HOSTILE_SETS[column]}")
            return
    if check.rule.expectation == "ExpectTableColumnsToMatchSet":
        last = list(columns_of(check.table))[-1]
        connection.execute(f"alter table {table} rename column {last} to {last}__v_text")
        return
    hostile = {
        "ExpectColumnValuesToNotBeNull": "null",
        "ExpectColumnValuesToBeInSet": "'another word'",
        "ExpectColumnValuesToMatchRegex": "'# no match'",
    }.get(check.rule.expectation)
    if hostile is None:
        data_type = columns_of(check.table)[str(check.column)][0]
        is_time = data_type in ("date", "timestamp")
        hostile = "date '2099-12-31'" if is_time else f"-1 + {kwargs['min_value']}"
    connection.execute(f"update {table} set {check.column} = {hostile}")


def spoil_below(connection: duckdb.DuckDBPyConnection, check: Check) -> None:
    """Break the other end of a range."""
    data_type = columns_of(check.table)[str(check.column)][0]
    hostile = "date '1960-01-01'" if data_type in ("date", "timestamp") else f"1 + {check.rule.kwargs['max_value']}"
    connection.execute(f"update raw_files.{check.table} set {check.column} = {hostile}")
