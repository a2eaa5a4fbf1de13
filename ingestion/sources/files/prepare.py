"""From the inbox to a batch that is ready to be loaded. Pure preparation: nothing here touches the warehouse or dlt.

What lies in the inbox is never changed or moved. Which files are new is told by ``known``, which the caller reads from
the warehouse: a lost working directory can neither double nor lose a file.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.config.settings import FileMapping, FilesSource, Warehouse
from ingestion.config.workspace import Workspace
from ingestion.sources.files.discovery import OpenFile, check_unchanged, find_files, matches, open_file
from ingestion.sources.files.parse import FileParser, ParsedFile, number_identical_rows
from ingestion.sources.files.receive import Fingerprint, check_mapping, fingerprint, receive
from ingestion.sources.files.report import (
    LEDGER_SCHEMA,
    QUARANTINE_SCHEMA,
    FileOutcome,
    FileRefusedError,
    FileReport,
    FileUnsettledError,
    MappingError,
    PreparedBatch,
)
from ingestion.sources.files.sql import CastPlan, literal, mapping_fingerprint


@dataclass(frozen=True, slots=True)
class KnownFile:
    """One row of ``raw_files.loaded_files``."""

    source_file_hash: str
    content_hash: str
    mapping_name: str
    entity_name: str
    source_name: str


def prepare(
    source: FilesSource,
    workspace: Workspace,
    known: Iterable[KnownFile],
    *,
    warehouse: Warehouse,
    now: datetime | None = None,
) -> PreparedBatch:
    """Read every new file of the inbox into typed Parquet files below ``workspace.staging_files``.

    Args:
        source: The mappings and limits of the company.
        workspace: Where the inbox, the staging folder and the spill folder are.
        known: What the warehouse has loaded already.
        warehouse: Memory limit and threads of the reading engine.
        now: The present, naive UTC; decides which files have settled and how far ahead a date may lie.

    Returns:
        The batch, with one report per file and mapping. It owns the staging folder until the next call.

    Raises:
        MappingError: A mapping can work with no file; nothing was read.
    """
    moment = now or datetime.now(UTC).replace(tzinfo=None)
    for folder in (workspace.staging_files, workspace.spill):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
    with duckdb.connect(config=engine_settings(workspace, warehouse)) as connection:
        preparation = _Preparation(source, workspace, connection, moment, tuple(known))
        preparation.check_mappings()
        return preparation.run()


def engine_settings(workspace: Workspace, warehouse: Warehouse) -> dict[str, str | bool | int | float | list[str]]:
    """Return the settings of an engine that reads files within the limits of the company."""
    engine: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": warehouse.memory_limit,
        "temp_directory": str(workspace.spill),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if warehouse.threads is not None:
        engine["threads"] = warehouse.threads
    return engine


@dataclass(slots=True)
class _Preparation:
    source: FilesSource
    workspace: Workspace
    connection: duckdb.DuckDBPyConnection
    now: datetime
    known: tuple[KnownFile, ...]
    reports: list[FileReport] = field(default_factory=list)
    entities: dict[str, list[Path]] = field(default_factory=dict)
    quarantine: list[Path] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    current: dict[str, list[tuple[FileMapping, str]]] = field(default_factory=dict)
    """Content hash -> mappings (and load hashes) under which the content is in the warehouse or in this batch."""
    hashes: dict[str, str] = field(default_factory=dict)
    """Load hash -> the file of this run that has it."""
    count: int = 0

    def check_mappings(self) -> None:
        for mapping in self.source.mappings:
            check_mapping(mapping)
            plan = CastPlan(mapping, {}, self.now.date())
            self.connection.execute(f"set TimeZone = {literal(mapping.timezone)}")
            query = plan.bad_constants()
            row = self.connection.execute(query).fetchone() if query else None
            if row is not None and row[0]:
                raise MappingError(
                    f"mapping {mapping.name}: constant {', '.join(row[0])} does not fit its type; write it as the "
                    "file would, with the decimal separator and the date format of the mapping"
                )

    def run(self) -> PreparedBatch:
        inbox = find_files(self.workspace.inbox)
        self.reports.extend(inbox.reports)
        for name in inbox.names:
            mappings = [mapping for mapping in self.source.mappings if matches(mapping.pattern, name)]
            if not mappings:
                self.reports.append(
                    FileReport(
                        file_name=name,
                        outcome=FileOutcome.UNMATCHED,
                        detail=f"{name}: no mapping has a pattern for it; add one to pilotage.yml or remove the file",
                    )
                )
                continue
            self._take(name, mappings)
        return PreparedBatch(
            entities={entity: tuple(paths) for entity, paths in self.entities.items()},
            quarantine=tuple(self.quarantine),
            ledger=pa.Table.from_pylist(self.ledger, schema=LEDGER_SCHEMA),
            files=tuple(self.reports),
            superseded_hashes=self._superseded(),
        )

    def _take(self, name: str, mappings: Sequence[FileMapping]) -> None:
        try:
            with open_file(self.workspace.inbox, name) as file:
                self._check_settled(file)
                mark = fingerprint(file)
                taken = [self._take_as(file, name, mark, mapping) for mapping in mappings]
                check_unchanged(self.workspace.inbox, name, file)
        except FileRefusedError as refusal:
            self.reports.append(
                FileReport(
                    file_name=name,
                    outcome=FileOutcome.REFUSED,
                    reason_code=refusal.reason_code,
                    detail=str(refusal),
                )
            )
        except (FileUnsettledError, FileNotFoundError):
            self.reports.append(
                FileReport(
                    file_name=name,
                    outcome=FileOutcome.UNSETTLED,
                    detail=f"{name}: it is still being written; the next run takes it",
                )
            )
        else:
            for report, mapping, parsed in taken:
                self._keep(report, mapping, parsed, file, mark)

    def _check_settled(self, file: OpenFile) -> None:
        age = (self.now - file.modified_at).total_seconds()
        # A time ahead of the clock is taken as well: a copied file can carry it for ever.
        if abs(age) < self.source.settle_seconds:
            raise FileUnsettledError

    def _take_as(
        self, file: OpenFile, name: str, mark: Fingerprint, mapping: FileMapping
    ) -> tuple[FileReport, FileMapping, ParsedFile | None]:
        load_hash = hashlib.sha256(mark.content_hash.encode() + b"\0" + mapping_fingerprint(mapping)).hexdigest()
        report = FileReport(
            file_name=name,
            outcome=FileOutcome.PREPARED,
            mapping_name=mapping.name,
            entity_name=mapping.entity,
            source_file_hash=load_hash,
        )
        if any(item.source_file_hash == load_hash for item in self.known):
            return replace(report, outcome=FileOutcome.KNOWN), mapping, None
        if load_hash in self.hashes:
            detail = f"{name}: same content as {self.hashes[load_hash]}"
            return replace(report, outcome=FileOutcome.KNOWN, detail=detail), mapping, None
        stem = f"f{self.count:06d}"
        self.count += 1
        private = self.workspace.staging_files / f"{stem}.in"
        try:
            received = receive(file, self.workspace.inbox / name, name, mark, mapping, self.source, private)
            parser = FileParser(
                connection=self.connection,
                mapping=mapping,
                received=received,
                directory=self.workspace.staging_files,
                stem=stem,
                today=self.now.date(),
                metadata={
                    "source_name": literal(mapping.source_name),
                    "references_source_name": literal(mapping.references or mapping.source_name),
                    "source_file_name": literal(name),
                    "source_file_hash": literal(load_hash),
                    "source_file_modified_at": f"timestamp {literal(file.modified_at.isoformat(sep=' '))}",
                },
                quarantine_labels=_labels(load_hash, mapping, name),
            )
            parsed = parser.parse()
            plan = CastPlan(mapping, {}, self.now.date())
            if plan.numbers_identical_rows and plan.derived_key:
                parsed.rows = number_identical_rows(
                    self.connection,
                    parsed.rows,
                    plan.derived_key,
                    self.workspace.staging_files / f"{stem}.numbered.parquet",
                )
        except FileRefusedError as refusal:
            return self._refuse(report, refusal, mapping, stem)
        finally:
            for leftover in self.workspace.staging_files.glob(f"{stem}.[in]*"):
                if leftover.suffix in (".in", ".numbered"):
                    leftover.unlink()
        counts = (parsed.count_loaded, parsed.count_quarantined, parsed.count_filtered)
        report = replace(
            report,
            count_records=sum(counts),
            count_loaded=parsed.count_loaded,
            count_quarantined=parsed.count_quarantined,
            count_filtered=parsed.count_filtered,
            unmapped_columns=parsed.unmapped_columns,
            missing_columns=parsed.missing_columns,
        )
        return report, mapping, parsed

    def _refuse(
        self, report: FileReport, refusal: FileRefusedError, mapping: FileMapping, stem: str
    ) -> tuple[FileReport, FileMapping, ParsedFile]:
        path = self.workspace.staging_files / f"{stem}.refused.parquet"
        row = {
            **_labels(report.source_file_hash, mapping, report.file_name),
            "line_number": 0,
            "reason_code": refusal.reason_code,
            "reason": str(refusal) + refusal.private,
        }
        pq.write_table(pa.Table.from_pylist([row], schema=QUARANTINE_SCHEMA), path)
        refused = replace(report, outcome=FileOutcome.REFUSED, reason_code=refusal.reason_code, detail=str(refusal))
        return refused, mapping, ParsedFile(quarantine=[path])

    def _keep(
        self, report: FileReport, mapping: FileMapping, parsed: ParsedFile | None, file: OpenFile, mark: Fingerprint
    ) -> None:
        self.reports.append(report)
        if parsed is not None:
            self.quarantine.extend(parsed.quarantine)
        if report.outcome is FileOutcome.REFUSED:
            return
        self.current.setdefault(mark.content_hash, []).append((mapping, report.source_file_hash))
        if parsed is None:
            return
        self.hashes[report.source_file_hash] = report.file_name
        self.entities.setdefault(mapping.entity, []).extend(parsed.rows)
        self.ledger.append(
            {
                "source_file_hash": report.source_file_hash,
                "content_hash": mark.content_hash,
                "mapping_name": mapping.name,
                "entity_name": mapping.entity,
                "source_name": mapping.source_name,
                "source_file_name": report.file_name,
                "source_file_modified_at": file.modified_at,
                "count_bytes": file.count_bytes,
                "count_records": report.count_records,
                "count_loaded": report.count_loaded,
                "count_quarantined": report.count_quarantined,
                "count_filtered": report.count_filtered,
                "max_quarantine_share": mapping.max_quarantine_share,
                "unmapped_columns": ", ".join(report.unmapped_columns),
                "loaded_at": self.now,
            }
        )

    def _superseded(self) -> tuple[str, ...]:
        """Return earlier loads of contents of this inbox that another state of their mapping has replaced."""
        names = {mapping.name for mapping in self.source.mappings}
        return tuple(
            sorted(
                old.source_file_hash
                for old in self.known
                if any(
                    load_hash != old.source_file_hash and _replaces(mapping, old, names)
                    for mapping, load_hash in self.current.get(old.content_hash, ())
                )
                and all(load_hash != old.source_file_hash for _, load_hash in self.current[old.content_hash])
            )
        )


def _replaces(mapping: FileMapping, old: KnownFile, names: set[str]) -> bool:
    if mapping.name == old.mapping_name:
        return True
    is_renamed = old.mapping_name not in names
    return is_renamed and (mapping.entity, mapping.source_name) == (old.entity_name, old.source_name)


def _labels(load_hash: str, mapping: FileMapping, name: str) -> dict[str, str]:
    return {
        "source_file_hash": load_hash,
        "mapping_name": mapping.name,
        "entity_name": mapping.entity,
        "source_name": mapping.source_name,
        "source_file_name": name,
    }
