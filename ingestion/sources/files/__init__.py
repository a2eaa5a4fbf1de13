"""The files source: CSV, JSON lines, Parquet and workbooks dropped into ``inbox/``.

Data flow: ``prepare`` finds, checks and parses the new files into typed Parquet files; the resources here hand them to
dlt as Arrow batches; dlt merges them into ``raw_files.<entity>``. Alone: ``ingestion.loading.load_files``, inside
``ingestion.locking.exclusive_lock``.

Write disposition: records that change (``Growth.VERSIONS``) merge by source, key and row hash, so that raw keeps each
delivered version once, whatever the order of the files; events merge by the hash of their file, so that a load that was
killed and repeated leaves each event once. There is no cursor: the ledger ``raw_files.loaded_files`` tells which file
contents were loaded, and it stands in the warehouse beside the rows, loaded in one package with them. Mappings with
``history: snapshots`` add what changed to ``raw_files.<entity>_history``, by source, key and day, in the same package.

Not loaded: columns that no mapping names (they are reported), names that start with a dot, and what is refused, which
stands in ``raw_files.quarantined_rows``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import dlt
import pyarrow as pa
import pyarrow.parquet as pq
from dlt.extract import DltResource

from ingestion.arrow_resource import CONTRACT, arrow_resource
from ingestion.contracts import ENTITIES, METADATA_COLUMNS, Growth
from ingestion.sources.files.report import LEDGER_SCHEMA, QUARANTINE_SCHEMA, PreparedBatch
from ingestion.sources.files.settings import DELIVERED_ROWS
from ingestion.sources.files.snapshots import HISTORIES, IS_DELIVERED, SNAPSHOT_DATE, history_key, history_schema

LEDGER_TABLE: Final = "loaded_files"
QUARANTINE_TABLE: Final = "quarantined_rows"


@dlt.source(name="files", max_table_nesting=0, schema_contract=CONTRACT)
def files_source(batch: PreparedBatch | None = None) -> list[DltResource]:
    """Return one resource per entity and history, the ledger and the quarantine.

    Without a ``batch`` the resources describe their tables and hold no rows, which is what an asset graph needs.
    """
    resources = []
    for entity in ENTITIES.values():
        is_versions = entity.growth is Growth.VERSIONS
        columns = (*entity.columns, *METADATA_COLUMNS)
        resources.append(
            arrow_resource(
                entity.name,
                entity.arrow_schema(),
                partial(_batches, batch.entities.get(entity.name, ()) if batch else ()),
                merge_by=("source_name", *entity.key, "row_hash") if is_versions else ("source_file_hash",),
                is_unique=is_versions,
                descriptions={column.name: column.description for column in columns},
            )
        )
    for table, entity in HISTORIES.items():
        texts = {column.name: column.description for column in (*entity.columns, *METADATA_COLUMNS)}
        resources.append(
            arrow_resource(
                table,
                history_schema(entity),
                partial(_batches, batch.histories.get(table, ()) if batch else ()),
                merge_by=history_key(entity),
                is_unique=True,
                descriptions={
                    **texts,
                    SNAPSHOT_DATE: "Day of the snapshot that first showed this content.",
                    IS_DELIVERED: "False where the snapshot left the record out; only its key is filled then.",
                },
            )
        )
    ledger = [batch.ledger] if batch is not None and batch.ledger.num_rows else []
    resources.append(arrow_resource(LEDGER_TABLE, LEDGER_SCHEMA, partial(iter, ledger), merge_by=("source_file_hash",)))
    refused = partial(_batches, batch.quarantine if batch else ())
    resources.append(arrow_resource(QUARANTINE_TABLE, QUARANTINE_SCHEMA, refused, merge_by=("source_file_hash",)))
    return resources


def _batches(paths: Sequence[Path]) -> Iterator[pa.Table]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=DELIVERED_ROWS):
                yield pa.Table.from_batches([batch])
