"""How Arrow tables get into the warehouse: the file itself, dlt's pipelines, and what dlt leaves to its caller.

dlt takes no lock, ignores new data while an old package is pending, and keeps loaded rows in its working folder; this
module is where those things are set right, once for every source.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import dlt
import duckdb
import pyarrow as pa
from dlt.common.pipeline import LoadInfo
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.extract import DltSource
from dlt.load.exceptions import LoadClientJobException
from dlt.pipeline.exceptions import PipelineStepFailed

from ingestion.arrow_resource import CONTRACT, arrow_resource
from ingestion.config.settings import FilesSource, Warehouse
from ingestion.config.workspace import STORAGE_VERSION, Workspace
from ingestion.contracts import ENTITIES, Growth
from ingestion.sources.files import LEDGER_TABLE, QUARANTINE_TABLE, files_source
from ingestion.sources.files.prepare import KnownFile, engine_settings, prepare
from ingestion.sources.files.report import PreparedBatch
from ingestion.sources.files.snapshots import HISTORIES, take_snapshots
from ingestion.sources.files.sql import identifier

FILES_DATASET: Final = "raw_files"
FILES_PIPELINE: Final = "files"
MAX_PENDING_PACKAGES: Final = 100
"""A run makes one package; more than this many pending ones is a loop."""


class LoadError(Exception):
    """A load failed. The message says what, why, and what to do; nothing that was read is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesLoad:
    """What one load of the files source did."""

    batch: PreparedBatch
    load_ids: tuple[str, ...]
    """Packages that were completed, those of an interrupted earlier run included."""
    count_superseded: int
    """Earlier loads whose rows were removed because their mapping has changed."""


def ensure_warehouse(path: Path) -> None:
    """Create the build database at ``path`` in the storage version that every reader knows, if it is absent."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Made under another name first: a process that dies here must not leave half a database.
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach $path as warehouse (storage_version '{STORAGE_VERSION}')", {"path": str(draft)})
        connection.execute("checkpoint warehouse; detach warehouse")
    draft.chmod(0o600)
    draft.rename(path)


def make_pipeline(
    workspace: Workspace, warehouse: Warehouse, *, name: str = FILES_PIPELINE, dataset: str = FILES_DATASET
) -> dlt.Pipeline:
    """Return the dlt pipeline ``name`` that writes schema ``dataset`` of the workspace's build database."""
    # Of the in-memory configuration: no environment variable reaches all of these, and the load id of Arrow rows is off
    # by default although staging depends on it.
    dlt.config["normalize.parquet_normalizer.add_dlt_load_id"] = True
    dlt.config["load.delete_completed_jobs"] = True
    dlt.config["load.workers"] = 1
    # The staging copy of merged rows would double the file, and keep personal data where no one looks.
    dlt.config["load.truncate_staging_dataset"] = True
    dlt.config["runtime.dlthub_telemetry"] = False
    workspace.dlt.mkdir(parents=True, exist_ok=True, mode=0o700)
    workspace.spill.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings: dict[str, Any] = {
        "memory_limit": warehouse.memory_limit,
        "temp_directory": str(workspace.spill),
        # Order in raw means nothing; keeping it costs memory.
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if warehouse.threads is not None:
        settings["threads"] = warehouse.threads
    credentials = DuckDbCredentials(str(workspace.warehouse))
    credentials.global_config = settings
    return dlt.pipeline(
        pipeline_name=name,
        pipelines_dir=str(workspace.dlt),
        destination=dlt.destinations.duckdb(credentials, preferred_loader_file_format="parquet"),
        dataset_name=dataset,
    )


def drain(pipeline: dlt.Pipeline) -> list[LoadInfo]:
    """Load what an interrupted run left behind.

    dlt ignores new data while a package is pending, without an error: so this comes before and after new work. Raises
    ``LoadError`` for a package that cannot be loaded.
    """
    done: list[LoadInfo] = []
    while pipeline.has_pending_data:
        if len(done) >= MAX_PENDING_PACKAGES:
            raise LoadError(_poisoned(pipeline, "packages do not get fewer"))
        _forget_unfinished_copies(pipeline)
        try:
            pipeline.normalize()
            done.append(pipeline.load())
        except PipelineStepFailed as error:
            raise LoadError(_poisoned(pipeline, _cause(error))) from error
    return done


def _forget_unfinished_copies(pipeline: dlt.Pipeline) -> None:
    """Empty the staging tables whose copy was under way when a load was killed.

    The copy may be committed without dlt's note of it; dlt would then copy the same file again beside it, and a merge
    by file hash, or a replace, would take every row twice.
    """
    for load_id in pipeline.list_normalized_load_packages():
        jobs = pipeline.get_load_package_info(load_id).jobs
        started, completed = (
            {job.job_file_info.table_name for job in some if job.job_file_info.file_format == "parquet"}
            for some in (jobs["started_jobs"], jobs["completed_jobs"])
        )
        if started & completed:
            # A table is one file here; with several, the finished ones could not be told from the others.
            raise LoadError(_poisoned(pipeline, f"{', '.join(sorted(started & completed))} were copied in part"))
        with pipeline.sql_client() as client:
            staging = f"{pipeline.dataset_name}_staging"
            for table in sorted(started):
                client.execute_sql(f"delete from {identifier(staging)}.{identifier(table)}")


def load(pipeline: dlt.Pipeline, source_factory: Callable[[], DltSource]) -> list[LoadInfo]:
    """Finish interrupted work, then load what ``source_factory`` gives; it is called once, after the draining.

    A source without selected resources loads nothing.
    """
    done = drain(pipeline)
    source = source_factory()
    if not source.selected_resources:
        return done
    try:
        done.append(pipeline.run(source, loader_file_format="parquet", schema_contract=CONTRACT))
    except PipelineStepFailed as error:
        raise LoadError(_poisoned(pipeline, _cause(error))) from error
    return done + drain(pipeline)


def load_files(
    pipeline: dlt.Pipeline,
    source: FilesSource,
    workspace: Workspace,
    *,
    warehouse: Warehouse,
    timezone: str = "UTC",
    now: datetime | None = None,
) -> FilesLoad:
    """Load the new files of the inbox into ``raw_files``. The caller holds the lock of the workspace.

    ``timezone`` is the company's zone, in which a snapshot has its day.

    Raises ``MappingError`` before anything is read, and ``LoadError`` when dlt fails.
    """
    prepared: list[PreparedBatch] = []

    def new_files() -> DltSource:
        known = known_files(workspace.warehouse)
        batch = prepare(source, workspace, known, warehouse=warehouse, now=now)
        if shared := _stored_with(batch.superseded_hashes, known):
            # A version that several files deliver is stored once, under one of them: read all of them again, so that
            # none goes with the file whose mapping has changed.
            kept = [
                file
                for file in known
                if (file.entity_name, file.source_name) not in shared
                or file.source_file_hash in batch.superseded_hashes
            ]
            batch = prepare(source, workspace, kept, warehouse=warehouse, now=now)
        batch = take_snapshots(
            source,
            batch,
            workspace.warehouse,
            workspace.staging_files,
            timezone=timezone,
            dataset=FILES_DATASET,
            engine=engine_settings(workspace, warehouse),
        )
        prepared.append(batch)
        return new_work(files_source(batch), batch, workspace.warehouse)

    done = load(pipeline, new_files)
    (batch,) = prepared
    removed = retire(workspace.warehouse, batch.superseded_hashes)
    # The rows are in the warehouse: no second copy of personal data stays on the disk.
    shutil.rmtree(workspace.staging_files, ignore_errors=True)
    return FilesLoad(
        batch=batch,
        load_ids=tuple(load_id for info in done for load_id in info.loads_ids),
        count_superseded=removed,
    )


def _stored_with(hashes: Sequence[str], known: Sequence[KnownFile]) -> set[tuple[str, str]]:
    """Return entity and source of the records that files called ``hashes`` may share with other files."""
    return {
        (file.entity_name, file.source_name)
        for file in known
        if file.source_file_hash in hashes and ENTITIES[file.entity_name].growth is Growth.VERSIONS
    }


def new_work(source: DltSource, batch: PreparedBatch, path: Path) -> DltSource:
    """Select the resources that have rows, or whose table is not yet as its contract says.

    dlt would copy and merge every empty table too, some 60 ms each.
    """
    filled = {entity for entity, paths in batch.entities.items() if paths}
    filled |= set(batch.histories)
    filled |= {LEDGER_TABLE} if batch.ledger.num_rows else set()
    filled |= {QUARANTINE_TABLE} if batch.quarantine else set()
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "select table_name, list(column_name) from information_schema.columns where table_schema = $1 group by all",
            [FILES_DATASET],
        ).fetchall()
    existing = {str(table): set(columns) for table, columns in rows}
    return source.with_resources(
        *(
            name
            for name, resource in source.resources.items()
            if name in filled or not set(resource.compute_table_schema()["columns"]) <= existing.get(name, set())
        )
    )


def load_tables(
    workspace: Workspace,
    warehouse: Warehouse,
    *,
    pipeline_name: str,
    dataset_name: str,
    tables: Mapping[str, pa.Table],
) -> list[LoadInfo]:
    """Replace whole tables of schema ``dataset_name``; a killed load leaves the old rows in place.

    Each table keeps the Arrow schema it comes with, also when it is empty. A table that the warehouse already holds
    as it is given is left alone, which is what happens on most nights.
    """
    dlt.config["destination.duckdb.replace_strategy"] = "insert-from-staging"
    pipeline = make_pipeline(workspace, warehouse, name=pipeline_name, dataset=dataset_name)

    @dlt.source(name=pipeline_name, max_table_nesting=0, schema_contract=CONTRACT)
    def whole_tables() -> list[Any]:
        return [arrow_resource(name, table.schema, _constant(table)) for name, table in changed.items()]

    done = drain(pipeline)
    changed = _changed(workspace.warehouse, dataset_name, tables)
    return done + load(pipeline, whole_tables) if changed else done


def _changed(path: Path, schema: str, tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Return the tables that the database does not hold with the same columns, types and rows, in whatever order."""
    with duckdb.connect(str(path), read_only=True) as connection:
        changed = {}
        for name, table in tables.items():
            columns = ", ".join(identifier(column) for column in table.column_names)
            try:
                held = connection.table(f"{schema}.{name}").project(columns).to_arrow_table()
            except (duckdb.CatalogException, duckdb.BinderException):
                changed[name] = table
                continue
            keys = [(column, "ascending") for column in table.column_names]
            if not held.cast(table.schema).sort_by(keys).equals(table.combine_chunks().sort_by(keys)):
                changed[name] = table
    return changed


def known_files(path: Path) -> list[KnownFile]:
    """Return the ledger of loaded files in the build database at ``path``; of completed loads only."""
    with duckdb.connect(str(path), read_only=True) as connection:
        if not _has_table(connection, LEDGER_TABLE):
            return []
        rows = connection.execute(
            "select source_file_hash, content_hash, mapping_name, entity_name, source_name "
            f"from {FILES_DATASET}.{LEDGER_TABLE} "
            f"where _dlt_load_id in (select load_id from {FILES_DATASET}._dlt_loads where status = 0)"
        ).fetchall()
    return [KnownFile(*row) for row in rows]


def retire(path: Path, hashes: tuple[str, ...]) -> int:
    """Remove the loads called ``hashes`` from ``raw_files``, in one transaction; return how many there were.

    A corrected mapping loads its files again. Rows that the wrong mapping made would otherwise stay beside the right
    ones, as versions of the same age.
    """
    if not hashes:
        return 0
    with duckdb.connect(str(path)) as connection:
        connection.execute("begin")
        entities = connection.execute(
            f"select distinct entity_name from {FILES_DATASET}.{LEDGER_TABLE} "
            "where list_contains($1, source_file_hash)",
            [list(hashes)],
        ).fetchall()
        names = [str(name) for (name,) in entities]
        histories = [table for table, entity in HISTORIES.items() if entity.name in names]
        tables = [*names, *histories, QUARANTINE_TABLE, LEDGER_TABLE]
        for table in tables:
            connection.execute(
                f"delete from {FILES_DATASET}.{identifier(table)} where list_contains($1, source_file_hash)",
                [list(hashes)],
            )
        connection.execute("commit")
    return len(hashes)


def _constant(table: pa.Table) -> Callable[[], list[pa.Table]]:
    return lambda: [table] if table.num_rows else []


def _has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    found = connection.execute(
        "select count(*) from information_schema.tables where table_schema = $1 and table_name = $2",
        [FILES_DATASET, name],
    ).fetchone()
    return bool(found and found[0])


def _cause(error: PipelineStepFailed) -> str:
    cause = error.exception
    if isinstance(cause, LoadClientJobException):
        cause = cause.client_exception
    # The first line names the fault; what follows is dlt's own trace, which stays in its log.
    return (str(cause or error).strip().splitlines() or ["unknown"])[0]


def _poisoned(pipeline: dlt.Pipeline, reason: str) -> str:
    folder = Path(pipeline.pipelines_dir) / pipeline.pipeline_name
    return (
        f"pipeline {pipeline.pipeline_name}: a package cannot be loaded ({reason}). If the cause is gone, run again: "
        f"the package is kept. Otherwise remove {folder} and run again: what is in the warehouse tells which files are "
        "loaded, and the others are read from the inbox again"
    )
