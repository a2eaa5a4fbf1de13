"""Daily snapshots of records whose source keeps no history: what changed, and on which day it was first seen.

Raw keeps each version of a record once, under the file that delivered it last, so it cannot tell when a version came,
went and came back. A mapping with ``history: snapshots`` takes each of its files for the state of its day. A row enters
``raw_files.<entity>_history`` when its content differs from that of the day before; a record that a file leaves out has
a row without content, once. Days may come late, twice or shuffled: a late day takes its place between the others, and
the next day that had been seen states again what it had shown.

Pure preparation: the warehouse is only read. The rows are loaded in one package with the ledger, and by source, key and
day, so that a load that was killed and repeated leaves each row once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from ingestion.config.settings import FilesSource
from ingestion.contracts import ENTITIES, METADATA_COLUMNS, Entity
from ingestion.sources.files.report import PreparedBatch
from ingestion.sources.files.sql import identifier, literal

SNAPSHOT_DATE: Final = "snapshot_date"
IS_DELIVERED: Final = "is_delivered"
"""False where the snapshot of the day left the record out: all but its key is empty then."""
HISTORIES: Final[Mapping[str, Entity]] = {
    f"{entity.name}_history": entity for entity in ENTITIES.values() if entity.keeps_history
}
"""Table -> the entity of which it keeps what changed."""


def history_schema(entity: Entity) -> pa.Schema:
    """Return the Arrow schema of the history of ``entity``: its raw table, the day, and whether it was delivered."""
    return entity.arrow_schema().append(pa.field(SNAPSHOT_DATE, pa.date32())).append(pa.field(IS_DELIVERED, pa.bool_()))


def history_key(entity: Entity) -> tuple[str, ...]:
    """Return the columns that tell one row of a history."""
    return ("source_name", *entity.key, SNAPSHOT_DATE)


def take_snapshots(
    source: FilesSource,
    batch: PreparedBatch,
    warehouse: Path,
    folder: Path,
    *,
    timezone: str,
    dataset: str,
    engine: Mapping[str, str | bool | int | float | list[str]],
) -> PreparedBatch:
    """Return ``batch`` with the rows that its files add to the histories, as Parquet files below ``folder``.

    Args:
        source: Tells which mappings take snapshots.
        batch: What was prepared.
        warehouse: The build database, with the histories so far and the ledger of the days that were seen.
        folder: Where the rows are written.
        timezone: The company's zone, in which a file has its day.
        dataset: Schema of the raw tables.
        engine: Settings of the reading engine.
    """
    mappings = {mapping.name for mapping in source.mappings if mapping.history}
    taken = {
        str(row["source_file_hash"])
        for row in batch.ledger.select(["source_file_hash", "mapping_name"]).to_pylist()
        if row["mapping_name"] in mappings
    }
    histories: dict[str, tuple[Path, ...]] = {}
    for table, entity in HISTORIES.items():
        paths = batch.entities.get(entity.name, ())
        if not paths or not taken:
            continue
        target = folder / f"{table}.parquet"
        with duckdb.connect(config=dict(engine)) as connection:
            connection.execute(f"attach {literal(str(warehouse))} as warehouse (read_only)")
            found = connection.execute(
                "select table_name from information_schema.tables where table_catalog = 'warehouse' "
                "and table_schema = $1",
                [dataset],
            ).fetchall()
            _describe(connection, paths, sorted(taken), timezone)
            _recall(connection, entity, table, {str(name) for (name,) in found}, dataset, batch, mappings, timezone)
            _arrange(connection, entity)
            query = _news(entity)
            connection.execute(f"copy ({query}) to {literal(str(target))} (format parquet)")
        histories[table] = (target,)
    return replace(batch, histories=histories)


def _names(entity: Entity) -> list[str]:
    return [*(column.name for column in (*entity.columns, *METADATA_COLUMNS)), SNAPSHOT_DATE, IS_DELIVERED]


def _columns(entity: Entity, prefix: str = "") -> str:
    return ", ".join(f"{prefix}{identifier(name)}" for name in _names(entity))


def _key(entity: Entity) -> str:
    return ", ".join(map(identifier, ("source_name", *entity.key)))


def _same(entity: Entity, one: str, other: str) -> str:
    """SQL: the rows ``one`` and ``other`` are of one record."""
    return " and ".join(
        f"{one}.{identifier(name)} = {other}.{identifier(name)}" for name in ("source_name", *entity.key)
    )


def _day(timezone: str) -> str:
    return f"cast(timezone({literal(timezone)}, timezone('UTC', source_file_modified_at)) as date)"


def _describe(connection: duckdb.DuckDBPyConnection, paths: tuple[Path, ...], taken: list[str], timezone: str) -> None:
    """Make the table ``delivered``: the records of the snapshots in this batch."""
    files = ", ".join(literal(str(path)) for path in paths)
    hashes = ", ".join(map(literal, taken))
    connection.execute(
        f"create temp table delivered as select *, {_day(timezone)} as {SNAPSHOT_DATE}, true as {IS_DELIVERED} "
        f"from read_parquet([{files}]) where source_file_hash in ({hashes})"
    )


def _recall(
    connection: duckdb.DuckDBPyConnection,
    entity: Entity,
    table: str,
    found: set[str],
    dataset: str,
    batch: PreparedBatch,
    mappings: set[str],
    timezone: str,
) -> None:
    """Make the tables ``stored`` (the history so far) and ``seen`` (the files of its snapshots)."""
    gone = ", ".join(map(literal, batch.superseded_hashes)) or "''"
    kept = (
        f"_dlt_load_id in (select load_id from warehouse.{dataset}._dlt_loads where status = 0) "
        f"and source_file_hash not in ({gone})"
    )
    stored = f"select {_columns(entity)} from delivered where false"
    if table in found:
        stored = f"select {_columns(entity)} from warehouse.{dataset}.{table} where {kept}"
    connection.execute(f"create temp table stored as {stored}")
    file = "source_name, source_file_name, source_file_hash, source_file_modified_at"
    seen = f"select {file} from delivered where false"
    if "loaded_files" in found:
        names = ", ".join(map(literal, sorted(mappings)))
        seen = (
            f"select {file} from warehouse.{dataset}.loaded_files "
            f"where {kept} and entity_name = {literal(entity.name)} and mapping_name in ({names})"
        )
    connection.execute(f"create temp table seen as select *, {_day(timezone)} as {SNAPSHOT_DATE} from ({seen})")


def _arrange(connection: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    """Make the table ``timeline``: one row per record and day of which something is stored or delivered."""
    key = _key(entity)
    # A record that was known before and that no file of the day holds.
    connection.execute(
        f"""
        create temp table absent as
        with days as (
            select source_name, {SNAPSHOT_DATE}, max(source_file_modified_at) as source_file_modified_at,
                max_by(source_file_name, source_file_modified_at) as source_file_name,
                max_by(source_file_hash, source_file_modified_at) as source_file_hash,
                max_by(references_source_name, source_file_modified_at) as references_source_name
            from delivered group by all
        ),
        known as (
            select {key}, min({SNAPSHOT_DATE}) as first_date
            from (select {_columns(entity)} from delivered union all select {_columns(entity)} from stored) group by all
        )
        select known.* exclude (first_date), days.* exclude (source_name), false as {IS_DELIVERED}, '' as row_hash
        from known
        inner join days on known.source_name = days.source_name and known.first_date < days.{SNAPSHOT_DATE}
        where not exists (
            select 1 from delivered
            where {_same(entity, "delivered", "known")} and delivered.{SNAPSHOT_DATE} = days.{SNAPSHOT_DATE}
        ) and not exists (
            select 1 from stored
            where {_same(entity, "stored", "known")} and stored.{SNAPSHOT_DATE} = days.{SNAPSHOT_DATE}
        )
        """
    )
    # The last file of a day tells its state, whether or not it had something new to say. A record that was known by
    # then has nothing to learn from an earlier file of that day.
    connection.execute(
        f"""
        create temp table timeline as
        with told as (select * from delivered union all by name select * from absent),
        news as (
            select told.* from told
            where not exists (
                select 1 from seen
                where seen.source_name = told.source_name and seen.{SNAPSHOT_DATE} = told.{SNAPSHOT_DATE}
                    and seen.source_file_modified_at > told.source_file_modified_at
            ) or not exists (
                select 1 from stored
                where {_same(entity, "stored", "told")} and stored.{SNAPSHOT_DATE} <= told.{SNAPSHOT_DATE}
            )
        ),
        both_kinds as (
            select {_columns(entity)}, true as is_new from news
            union all select {_columns(entity)}, false as is_new from stored
        ),
        ranked as (
            select *, bool_or(not is_new) over (partition by {key}, {SNAPSHOT_DATE}) as was_stored,
                row_number() over (
                    partition by {key}, {SNAPSHOT_DATE}
                    order by source_file_modified_at desc, updated_at desc nulls last, row_hash desc, is_new desc
                ) as place
            from both_kinds
        )
        select * exclude (place) from ranked where place = 1
        """
    )


def _news(entity: Entity) -> str:
    """SQL of the rows to be stored: another content than the day before, or another than was stored for the day.

    Unchanged rows are not stored. So where a late day comes in, the next day that had been seen states again what it
    had shown: the content stored last before it, or the absence of a record that was not known then.
    """
    key = _key(entity)
    of_file = {"source_file_name", "source_file_hash", "source_file_modified_at", SNAPSHOT_DATE}
    of_record = {"source_name", *entity.key}
    columns = []
    for name in _names(entity):
        column = identifier(name)
        if name in of_file:
            columns.append(f"following.{column}")
        elif name in of_record:
            columns.append(f"late.{column}")
        elif name == "references_source_name":
            columns.append(f"coalesce(state.{column}, late.{column}) as {column}")
        elif name == "row_hash":
            columns.append(f"coalesce(state.{column}, '') as {column}")
        elif name == IS_DELIVERED:
            columns.append(f"coalesce(state.{column}, false) as {column}")
        else:
            columns.append(f"state.{column}")
    return f"""
        with following as (
            select distinct on (source_name, {SNAPSHOT_DATE}) * from seen
            order by source_name, {SNAPSHOT_DATE}, source_file_modified_at desc, source_file_hash desc
        ),
        ahead as (
            select *, lead({SNAPSHOT_DATE}) over (partition by {key} order by {SNAPSHOT_DATE}) as next_date
            from timeline
        ),
        late as (
            select ahead.*, min(following.{SNAPSHOT_DATE}) as following_date
            from ahead
            inner join following
                on ahead.source_name = following.source_name and following.{SNAPSHOT_DATE} > ahead.{SNAPSHOT_DATE}
            where ahead.is_new group by all
        ),
        restated as (
            select {", ".join(columns)}
            from late
            inner join following
                on late.source_name = following.source_name and late.following_date = following.{SNAPSHOT_DATE}
            asof left join stored as state
                on {_same(entity, "state", "late")} and late.following_date > state.{SNAPSHOT_DATE}
            where coalesce(late.next_date > late.following_date, true)
        ),
        whole as (
            select {_columns(entity)}, is_new, was_stored from timeline
            union all select {_columns(entity)}, true as is_new, false as was_stored from restated
        ),
        compared as (
            select *, lag(row_hash) over (partition by {key} order by {SNAPSHOT_DATE}) as hash_before from whole
        )
        select {_columns(entity)} from compared
        where is_new and (was_stored or row_hash is distinct from coalesce(hash_before, ''))
    """
