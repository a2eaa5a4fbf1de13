"""A company with an inbox: what the tests of the files source share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.config.settings import FilesSource, Warehouse
from ingestion.config.workspace import Workspace
from ingestion.contracts import ENTITIES
from ingestion.loading import FilesLoad, ensure_warehouse, known_files, load_files, make_pipeline
from ingestion.sources.files.prepare import prepare
from ingestion.sources.files.report import FileOutcome, FileReport, PreparedBatch

# Child processes import the tests too.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
NOW = datetime(2026, 6, 1, 3, 30)
LONG_AGO = datetime(2026, 5, 1).timestamp()


class Company:
    """A workspace with files and mappings. Files are old enough to have settled."""

    def __init__(self, home: Path) -> None:
        self.workspace = Workspace(home)
        self.workspace.inbox.mkdir(parents=True, exist_ok=True)
        self.warehouse = Warehouse(memory_limit="512MB", threads=2)
        self.mappings: list[dict[str, Any]] = []
        self.limits: dict[str, Any] = {}

    def drop(self, name: str, content: bytes | str, *, modified_at: float = LONG_AGO) -> Path:
        path = self.workspace.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (modified_at, modified_at))
        return path

    def map(self, entity: str, columns: dict[str, Any], **fields: Any) -> None:
        mapping = {"name": entity, "entity": entity, "source_name": "crm", "pattern": "*.csv", "format": "csv"}
        self.mappings.append({**mapping, "columns": columns, **fields})

    def map_deals(self, **fields: Any) -> None:
        columns = {"deal_id": "id", "stage_name": "stage", "amount": "amount", "created_at": "created"}
        self.map("deals", **{"columns": columns, **fields})

    @property
    def source(self) -> FilesSource:
        return FilesSource.model_validate({"mappings": self.mappings, **self.limits})

    def prepare(self, *, now: datetime = NOW) -> Prepared:
        path = self.workspace.warehouse
        known = known_files(path) if path.exists() else []
        return Prepared(prepare(self.source, self.workspace, known, warehouse=self.warehouse, now=now), self.workspace)

    def load(self) -> FilesLoad:
        ensure_warehouse(self.workspace.warehouse)
        pipeline = make_pipeline(self.workspace, self.warehouse)
        return load_files(pipeline, self.source, self.workspace, warehouse=self.warehouse, now=NOW)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.workspace.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


class Prepared:
    """A prepared batch, with its rows read back; holds the accounting of every file to what was written."""

    def __init__(self, batch: PreparedBatch, workspace: Workspace) -> None:
        self.batch = batch
        self.quarantine = _read([str(path) for path in batch.quarantine])
        self._rows = {entity: _read([str(path) for path in paths]) for entity, paths in batch.entities.items()}
        for report in batch.with_outcome(FileOutcome.PREPARED):
            mine = report.source_file_hash
            rows = [row for row in self._rows[report.entity_name] if row["source_file_hash"] == mine]
            refused = [row for row in self.quarantine if row["source_file_hash"] == mine]
            assert len(rows) == report.count_loaded
            assert len(refused) == report.count_quarantined
            assert report.count_records == len(rows) + len(refused) + report.count_filtered
        left = {path.suffix for path in workspace.staging_files.iterdir()}
        assert left <= {".parquet"}, "a private copy was left behind"

    def rows(self, entity: str = "deals") -> list[dict[str, Any]]:
        key = ENTITIES[entity].key
        return sorted(self._rows.get(entity, []), key=lambda row: tuple(str(row[name]) for name in key))

    def values(self, column: str, entity: str = "deals") -> list[Any]:
        return [row[column] for row in self.rows(entity)]

    @property
    def report(self) -> FileReport:
        (report,) = self.batch.files
        return report

    @property
    def reasons(self) -> list[tuple[int, str, str | None]]:
        """Line, reason code and column of every quarantined record, by line."""
        return sorted((row["line_number"], row["reason_code"], row["column_name"]) for row in self.quarantine)


def _read(paths: list[str]) -> list[dict[str, Any]]:
    if not paths:
        return []
    with duckdb.connect() as connection:
        return connection.sql("select * from read_parquet($1)", params=[paths]).to_arrow_table().to_pylist()


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path / "company")


@pytest.fixture
def deals_file() -> Callable[..., str]:
    """Return a function that writes deals as an international CSV."""

    def write(*rows: str, header: str = "id,stage,amount,created") -> str:
        return "\n".join([header, *rows]) + "\n"

    return write
