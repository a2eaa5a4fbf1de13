"""What each source expects and what came of its files, read from the build database's ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from ingestion.config.load import Configuration


@dataclass(frozen=True, slots=True)
class MappingStatus:
    """One mapping and what was loaded through it."""

    mapping_name: str
    source_name: str
    entity_name: str
    pattern: str
    count_files: int
    count_loaded: int
    count_quarantined: int
    count_filtered: int
    last_loaded_at: datetime | None
    unmapped_columns: str


@dataclass(frozen=True, slots=True)
class QuarantineReason:
    """How often one reason put rows of one mapping aside, and the first of them."""

    mapping_name: str
    reason_code: str
    column_name: str
    count_rows: int
    first_file: str
    first_line: int
    """0 where the whole file is meant."""

    first_reason: str


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """All mappings of a workspace."""

    mappings: tuple[MappingStatus, ...]
    quarantine: tuple[QuarantineReason, ...]

    def as_dict(self) -> dict[str, object]:
        """Return the status for a program."""
        return asdict(self)


_LEDGER = """
    select
        mapping_name,
        count(*),
        sum(count_loaded)::bigint,
        sum(count_quarantined)::bigint,
        sum(count_filtered)::bigint,
        max(loaded_at)::timestamp,
        coalesce(max_by(unmapped_columns, loaded_at), '')
    from raw_files.loaded_files
    group by mapping_name
"""
_QUARANTINE = """
    select
        mapping_name,
        reason_code,
        coalesce(column_name, ''),
        count(*),
        arg_min(source_file_name, (source_file_name, line_number)),
        arg_min(line_number, (source_file_name, line_number)),
        arg_min(reason, (source_file_name, line_number))
    from raw_files.quarantined_rows
    group by 1, 2, 3
    order by 4 desc, 1, 2, 3
"""


def read_sources(configuration: Configuration) -> SourceStatus:
    """Join the mappings of ``pilotage.yml`` with the ledger. A workspace that never ran has zeros."""
    ledger, quarantine = _read(configuration.workspace.warehouse)
    files = configuration.settings.sources.files
    mappings = tuple(
        MappingStatus(
            mapping.name,
            mapping.source_name,
            mapping.entity,
            mapping.pattern,
            *ledger.get(mapping.name, (0, 0, 0, 0, None, "")),
        )
        for mapping in (files.mappings if files else ())
    )
    return SourceStatus(mappings, quarantine)


def _read(
    warehouse: Path,
) -> tuple[dict[str, tuple[int, int, int, int, datetime | None, str]], tuple[QuarantineReason, ...]]:
    if not warehouse.exists():
        return {}, ()
    with duckdb.connect(warehouse, read_only=True) as connection:
        known = connection.execute(
            "select count(*) from duckdb_tables() where schema_name = 'raw_files' and table_name = 'loaded_files'"
        ).fetchone()
        if not known or not known[0]:
            return {}, ()
        ledger = {row[0]: row[1:] for row in connection.execute(_LEDGER).fetchall()}
        reasons = tuple(QuarantineReason(*row) for row in connection.execute(_QUARANTINE).fetchall())
    return ledger, reasons


def render_sources(status: SourceStatus, console: Console) -> None:
    """Print the mappings, and the reasons of the quarantine."""
    table = Table(title="Sources")
    for name in ("Mapping", "System", "Entity", "Files in inbox/"):
        table.add_column(name, overflow="fold")
    for name in ("Files", "Loaded", "Quarantined", "Filtered", "Last load (UTC)"):
        table.add_column(name, justify="right")
    for item in status.mappings:
        table.add_row(
            item.mapping_name,
            item.source_name,
            item.entity_name,
            item.pattern,
            str(item.count_files),
            f"{item.count_loaded:,}",
            f"{item.count_quarantined:,}",
            f"{item.count_filtered:,}",
            f"{item.last_loaded_at:%Y-%m-%d %H:%M}" if item.last_loaded_at else "never",
        )
    console.print(table)
    for item in status.mappings:
        if item.unmapped_columns:
            console.print(f"{item.mapping_name}: columns not mapped: {item.unmapped_columns}", highlight=False)
    if status.quarantine:
        reasons = Table(title="Quarantine (rows with their text: raw_files.quarantined_rows)")
        for name in ("Mapping", "Reason", "Column", "Rows"):
            reasons.add_column(name)
        for reason in status.quarantine:
            reasons.add_row(reason.mapping_name, reason.reason_code, reason.column_name, f"{reason.count_rows:,}")
        console.print(reasons)
        for reason in status.quarantine:
            # What is said of a whole file begins with its name.
            place = f"{reason.first_file}, line {reason.first_line}: " if reason.first_line else ""
            console.print(f"{place}{reason.first_reason}", highlight=False, markup=False, soft_wrap=True)
