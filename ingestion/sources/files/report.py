"""What the files source reports: one line per file, and the batch that is ready to be loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pyarrow as pa


class FileOutcome(StrEnum):
    """What became of a file in this run."""

    PREPARED = "prepared"
    """Read; its rows are in the batch."""
    KNOWN = "known"
    """The same content was loaded with the same mapping before, or stands twice in the inbox."""
    REFUSED = "refused"
    """Not read; ``detail`` says what is wrong, where, and what to do. It is tried again in every run."""
    UNSETTLED = "unsettled"
    """Still being written; left for the next run."""
    UNMATCHED = "unmatched"
    """No mapping has a pattern for it."""


class FileRefusedError(Exception):
    """A file cannot be read as its mapping says.

    The message says what is wrong, where, and what to do, and may be logged. ``private`` may hold text of the file: it
    goes to the quarantine only.
    """

    def __init__(self, reason_code: str, message: str, private: str = "") -> None:
        super().__init__(message)
        self.reason_code = reason_code
        self.private = private


class FileUnsettledError(Exception):
    """A file changed while it was read."""


class MappingError(Exception):
    """A mapping cannot work with any file. Names mapping, column and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What became of one file under one mapping. ``records`` = ``loaded`` + ``quarantined`` + ``filtered``."""

    file_name: str
    outcome: FileOutcome
    mapping_name: str | None = None
    entity_name: str | None = None
    detail: str = ""
    reason_code: str = ""
    source_file_hash: str = ""
    count_records: int = 0
    count_loaded: int = 0
    count_quarantined: int = 0
    count_filtered: int = 0
    unmapped_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    """Mapped keys that no record of a JSON lines file has (other formats are refused when a mapped column lacks)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedBatch:
    """Parsed files on their way into the warehouse, as Parquet files of typed rows, and what was found."""

    entities: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    """Entity name -> Parquet files in the schema of ``Entity.arrow_schema``."""
    histories: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    """Table of a history -> Parquet files of the rows that the batch adds to it."""
    quarantine: tuple[Path, ...] = ()
    """Parquet files in ``QUARANTINE_SCHEMA``."""
    ledger: pa.Table
    """One row per file prepared, in ``LEDGER_SCHEMA``."""
    files: tuple[FileReport, ...] = ()
    superseded_hashes: tuple[str, ...] = ()
    """Loads of files of this inbox under a mapping that has changed since; to be removed once the batch is in."""

    def with_outcome(self, outcome: FileOutcome) -> tuple[FileReport, ...]:
        """Return the reports of one outcome."""
        return tuple(report for report in self.files if report.outcome is outcome)

    @property
    def count_loaded(self) -> int:
        """Rows to be loaded."""
        return sum(report.count_loaded for report in self.files)

    @property
    def count_quarantined(self) -> int:
        """Records in quarantine."""
        return sum(report.count_quarantined for report in self.files)


LEDGER_SCHEMA = pa.schema(
    [
        pa.field("source_file_hash", pa.string()),
        pa.field("content_hash", pa.string()),
        pa.field("mapping_name", pa.string()),
        pa.field("entity_name", pa.string()),
        pa.field("source_name", pa.string()),
        pa.field("source_file_name", pa.string()),
        pa.field("source_file_modified_at", pa.timestamp("us")),
        pa.field("count_bytes", pa.int64()),
        pa.field("count_records", pa.int64()),
        pa.field("count_loaded", pa.int64()),
        pa.field("count_quarantined", pa.int64()),
        pa.field("count_filtered", pa.int64()),
        pa.field("max_quarantine_share", pa.float64()),
        pa.field("unmapped_columns", pa.string()),
        pa.field("loaded_at", pa.timestamp("us")),
    ]
)
"""``raw_files.loaded_files``: one row per file content and mapping."""

QUARANTINE_SCHEMA = pa.schema(
    [
        pa.field("source_file_hash", pa.string()),
        pa.field("mapping_name", pa.string()),
        pa.field("entity_name", pa.string()),
        pa.field("source_name", pa.string()),
        pa.field("source_file_name", pa.string()),
        pa.field("line_number", pa.int64()),
        pa.field("raw_text", pa.string()),
        pa.field("reason_code", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("column_name", pa.string()),
    ]
)
"""``raw_files.quarantined_rows``: one row per refused record; ``line_number`` 0 stands for a whole file."""
