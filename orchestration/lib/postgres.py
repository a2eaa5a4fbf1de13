"""Publish to PostgreSQL: a whole new schema beside the one that readers see, proven, then swapped in one transaction.

Source is the published DuckDB file, so both publications hold the same version. The steps:

1. what killed runs left is removed (an advisory lock keeps two publications of a schema apart);
2. in one transaction: schema, tables, binary COPY from Arrow batches, keys, indexes, comments, the policy file;
3. everything is read back and compared with the file, value by value;
4. the names are swapped in one transaction; then the old schema is dropped.

A reader's transaction sees the old version or the new one, never both and never an empty table. For that the swap
waits for two kinds of readers: those whose snapshot is older than the copy, in which the new tables would be empty,
and those that have read an old table in a transaction that goes on. It asks for its locks for less time than
PostgreSQL waits before it looks for deadlocks, gives them back and asks again: no reader waits long or is killed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import adbc_driver_manager
import duckdb

from ingestion.config.settings import Postgres
from orchestration.lib.postgres_connection import PostgresError, Session, connect_postgres, first_line
from orchestration.lib.postgres_ddl import (
    Reference,
    Table,
    comments,
    create_table,
    declared_references,
    held_references,
    keys_and_indexes,
    literal,
    published_tables,
    quoted,
)
from orchestration.lib.publish import PUBLICATION_TABLE, connect_published, relation_checksum

READER_PATIENCE_SECONDS: Final = 900.0
"""How long a publication waits for readers before it gives up and leaves them the old version."""

BATCH_ROWS: Final = 50_000
"""Rows of an Arrow batch: with the widest table some 20 MB."""

_MARK: Final = "Pilotage publication "
_SESSION: Final = (
    "standard_conforming_strings = on",
    "timezone = 'UTC'",
    "statement_timeout = 0",
    # Nothing of ours is looked up in a schema that somebody else can write to.
    "search_path = pg_catalog",
)
_RIGHTS: Final = "docs/postgresql.md lists the rights that the publishing role needs"
_SQLSTATES: Final = {
    "42501": _RIGHTS,
    "53100": "the server's disk is full: free space there",
    "53200": "the server is out of memory",
    "57P01": "the server was shut down: start it",
    "57014": "somebody cancelled the statement",
    "23505": "the published file breaks its own key: report it",
    "23503": "a row refers to nothing, although dbt tested the reference: report it",
}


@dataclass(frozen=True, slots=True)
class PostgresVersion:
    """What readers of PostgreSQL see now."""

    version: str
    schema: str
    count_tables: int
    count_rows: int
    count_foreign_keys: int
    seconds_copy: float
    seconds_verify: float
    seconds_wait: float
    """Spent on waiting for readers."""

    nul_values: dict[str, int]
    """Texts in which U+FFFD stands for NUL, by table."""

    removed: tuple[str, ...]
    """Schemas that were dropped: leftovers, and the version before."""

    kept: tuple[str, ...]
    """Schemas that should have been dropped and are in use; the next publication drops them."""


@dataclass(frozen=True, slots=True)
class _Names:
    """The schemas of one publication."""

    live: str
    new: str
    old: str


@dataclass(frozen=True, slots=True)
class _Source:
    """The published file."""

    connection: duckdb.DuckDBPyConnection
    version: str
    published_at: datetime
    tables: Sequence[Table]
    references: Sequence[Reference]


def publish_to_postgres(
    database: Path,
    target: Postgres,
    home: Path,
    *,
    references: Sequence[Reference],
    patience_seconds: float = READER_PATIENCE_SECONDS,
) -> PostgresVersion:
    """Copy the published DuckDB file ``database`` into the schema of ``target`` and make that the live one.

    ``home`` is the workspace, below which password and policy files are found. ``references`` are the foreign keys
    beside those that the file declares; those between published tables are made.

    Raises ``PostgresError`` that says what failed, where, and what to do; readers then still see what they saw.
    """
    policies = _policies(target, home)
    with connect_published(database) as connection, connect_postgres(target, home, settings=_SESSION) as session:
        source = _read_source(connection, references)
        stamp = f"{source.published_at:%Y%m%dt%H%M%S%f}z"
        names = _Names(target.schema_name, f"{target.schema_name}__new_{stamp}", f"{target.schema_name}__old_{stamp}")
        nul_values = check_values(source)
        with _told("PostgreSQL could not be prepared", target):
            require_fit_server(session)
            take_turn(session, names)
            require_own_schema(session, names)
            require_reader_role(session, target)
            removed, kept = remove_leftovers(session, names)
        started = time.monotonic()
        with _told("the copy failed", target):
            build_schema(session, source, target, names, policies)
        copied = time.monotonic()
        try:
            with _told("the copy could not be proven", target):
                verify(session, source, names)
            verified = time.monotonic()
            with _told("the swap failed", target):
                # Statistics, and the map that lets indexes answer alone. Not possible within a transaction.
                for table in source.tables:
                    session.run(f"vacuum (analyze) {quoted(names.new)}.{quoted(table.name)}")
                waiting = time.monotonic()
                deadline = waiting + patience_seconds
                wait_for_old_snapshots(session, deadline)
                swap(session, target, names, deadline)
                swapped = time.monotonic()
        except BaseException:
            _try_to_drop(session, names.new)
            raise
        dropped = drop_old(session, names)
        count_rows = sum(_count(source, table) for table in source.tables)
    return PostgresVersion(
        version=source.version,
        schema=names.live,
        count_tables=len(source.tables),
        count_rows=count_rows,
        count_foreign_keys=len(source.references),
        seconds_copy=round(copied - started, 2),
        seconds_verify=round(verified - copied, 2),
        seconds_wait=round(swapped - waiting, 2),
        nul_values=nul_values,
        removed=(*removed, *([names.old] if dropped else ())),
        kept=kept,
    )


@contextmanager
def _told(what: str, target: Postgres) -> Iterator[None]:
    """Turn what the driver raises into an error for people, without values of rows."""
    try:
        yield
    except adbc_driver_manager.Error as error:
        place = f"{target.host}:{target.port}/{target.database}, schema {target.schema_name}"
        remedy = _SQLSTATES.get(error.sqlstate or "", "look at the server's log")
        raise PostgresError(f"{what} ({place}): {first_line(error)}; {remedy}") from None


def _policies(target: Postgres, home: Path) -> str | None:
    if target.policy_file is None:
        return None
    path = home / target.policy_file
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8"
        raise PostgresError(
            f"publication.postgres.policy_file = {target.policy_file!r}: {reason}; write it, or remove the setting"
        ) from error


def _read_source(connection: duckdb.DuckDBPyConnection, references: Sequence[Reference]) -> _Source:
    tables = published_tables(connection)
    ((version, published_at),) = connection.execute(
        f"select version, published_at from marts.{PUBLICATION_TABLE}"
    ).fetchall()
    held = held_references([*declared_references(connection), *references], tables)
    return _Source(connection, str(version), published_at, tables, held)


def check_values(source: _Source) -> dict[str, int]:
    """Return the number of texts with a NUL, by table. Raises ``PostgresError`` for days that PostgreSQL has not."""
    nul_values = {}
    for table in source.tables:
        measures = {
            **{f"nul {column.name}": column.count_nul for column in table.columns},
            **{f"unfit {column.name}": column.count_unfit for column in table.columns},
        }
        asked = {name: measure for name, measure in measures.items() if measure}
        if not asked:
            continue
        (row,) = source.connection.execute(
            f"select {', '.join(asked.values())} from marts.{quoted(table.name)}"
        ).fetchall()
        counts = dict(zip(asked, row, strict=True))
        for name, count in counts.items():
            kind, _, column = name.partition(" ")
            if kind == "unfit" and count:
                raise PostgresError(
                    f"{table.name}.{column} has {count:,} values that are infinite or outside the years of PostgreSQL "
                    "(4713 BC to 294276): correct them in the source"
                )
        if nul := sum(count for name, count in counts.items() if name.startswith("nul ")):
            nul_values[table.name] = int(nul)
    return nul_values


def require_fit_server(session: Session) -> None:
    """Raise ``PostgresError`` when the database cannot hold every text, or this role may not make a schema."""
    ((encoding, may_create),) = session.rows(
        "select pg_encoding_to_char(encoding)::text, has_database_privilege(oid, 'create') "
        "from pg_database where datname = current_database()"
    )
    if encoding != "UTF8":
        raise PostgresError(
            f"the database of {session.place} has the encoding {encoding}: make one with `create database ... encoding "
            "'UTF8' template template0`"
        )
    if not may_create:
        raise PostgresError(
            f"{session.place} may not make a schema: `grant create on database ... to ...` as its owner; {_RIGHTS}"
        )


def take_turn(session: Session, names: _Names) -> None:
    """Hold the advisory lock of the schema until the connection ends. Raises ``PostgresError`` when another has it."""
    key = f"hashtextextended({literal(_MARK + names.live)}, 0)"
    ((is_ours,),) = session.rows(f"select pg_try_advisory_lock({key})")
    if not is_ours:
        raise PostgresError(f"another publication into schema {names.live} is at work: wait for it, then run again")


def require_own_schema(session: Session, names: _Names) -> None:
    """Raise ``PostgresError`` unless the live schema is absent, empty, or a publication that this role owns."""
    found = session.rows(
        "select coalesce(obj_description(oid, 'pg_namespace'), ''), pg_has_role(nspowner, 'usage'), "
        "pg_get_userbyid(nspowner)::text, "
        "exists (select from pg_class where relnamespace = pg_namespace.oid) "
        f"from pg_namespace where nspname = {literal(names.live)}"
    )
    for comment, is_ours, owner, is_filled in found:
        if is_filled and not comment.startswith(_MARK):
            raise PostgresError(
                f"schema {names.live} holds tables and is no publication: it would be replaced. Choose another "
                "publication.postgres.schema"
            )
        if not is_ours:
            raise PostgresError(
                f"schema {names.live} belongs to {owner}: publish as that role, or "
                f"`alter schema {names.live} owner to ...` as its owner"
            )


def require_reader_role(session: Session, target: Postgres) -> None:
    """Make the reader's role where it is absent, and let it find the schema.

    Raises ``PostgresError`` when the role may do more than read.
    """
    role = quoted(target.reader_role)
    oid = f"(select oid from pg_roles where rolname = {literal(target.reader_role)})"
    found = session.rows(
        "select rolsuper or rolbypassrls or rolcreaterole, pg_has_role(oid, current_user, 'member') "
        f"from pg_roles where rolname = {literal(target.reader_role)}"
    )
    if not found:
        with _needing_right(f"create role {role} login"):
            # Without a password nobody can log in with one: the administrator sets it.
            session.run(f"create role {role} login")
    for is_mighty, is_publisher in found:
        if is_mighty or is_publisher:
            raise PostgresError(
                f"publication.postgres.reader_role = {target.reader_role!r}: this role may do more than read; "
                "name another, which is made if it is absent"
            )
    wanted = f"search_path={target.schema_name}"
    ((is_set,),) = session.rows(
        f"select exists (select from pg_db_role_setting where setrole = {oid} "
        "and setdatabase = (select oid from pg_database where datname = current_database()) "
        f"and {literal(wanted)} = any (setconfig))"
    )
    if not is_set:
        ((database,),) = session.rows("select current_database()::text")
        command = f"alter role {role} in database {quoted(database)} set search_path = {quoted(target.schema_name)}"
        with _needing_right(command):
            session.run(command)


@contextmanager
def _needing_right(command: str) -> Iterator[None]:
    try:
        yield
    except adbc_driver_manager.Error as error:
        if error.sqlstate != "42501":
            raise
        raise PostgresError(
            f"{first_line(error)}: run `{command}` once as an administrator, or give the publishing role createrole"
        ) from None


def remove_leftovers(session: Session, names: _Names) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Drop what earlier runs left behind. Returns the schemas that are gone, and those that somebody still reads."""
    found = session.rows(
        "select nspname::text from pg_namespace where pg_has_role(nspowner, 'usage') and "
        f"(starts_with(nspname, {literal(names.live + '__new_')}) or "
        f"starts_with(nspname, {literal(names.live + '__old_')})) order by nspname"
    )
    done = {str(name): _try_to_drop(session, str(name)) for (name,) in found}
    return tuple(name for name, gone in done.items() if gone), tuple(name for name, gone in done.items() if not gone)


def _try_to_drop(session: Session, schema: str) -> bool:
    """Drop a schema that no reader is sent to; return False when that cannot be done now."""
    try:
        with session.transaction(f"lock_timeout = '{_short_wait(session)}ms'"):
            session.run(f"drop schema if exists {quoted(schema)} cascade")
    except adbc_driver_manager.Error:
        # The publication does not depend on it, and the next one tries again.
        return False
    return True


def build_schema(session: Session, source: _Source, target: Postgres, names: _Names, policies: str | None) -> None:
    """Make and fill the new schema in one transaction: until it commits nothing of it exists for anybody."""
    reader = quoted(target.reader_role)
    with session.transaction():
        session.run(f"create schema {quoted(names.new)}")
        session.run(f"comment on schema {quoted(names.new)} is {literal(_MARK + source.version)}")
        for table in source.tables:
            session.run(create_table(names.new, table))
            copy_table(session, source, names, table)
        for statement in keys_and_indexes(names.new, source.tables, source.references):
            session.run(statement)
        for statement in comments(names.new, source.tables):
            session.run(statement)
        # The schema itself is opened by the swap, so that nobody can look into it before.
        session.run(f"grant select on all tables in schema {quoted(names.new)} to {reader}")
        if policies is not None:
            apply_policies(session, names, policies)


def copy_table(session: Session, source: _Source, names: _Names, table: Table) -> None:
    """Stream the rows of a table from the file into PostgreSQL."""
    session.ingest(names.new, table.name, source.connection.sql(table.sent).to_arrow_reader(BATCH_ROWS))


def apply_policies(session: Session, names: _Names, policies: str) -> None:
    """Run the policy file; names without a schema are those of the new one."""
    before = session.rows("select pg_current_xact_id()::text")
    session.run(f"set local search_path = {quoted(names.new)}, pg_catalog")
    try:
        session.run_script(policies)
    except adbc_driver_manager.Error as error:
        raise PostgresError(
            f"publication.postgres.policy_file failed: {first_line(error)}; correct the file. Nothing was published"
        ) from None
    if session.rows("select pg_current_xact_id()::text") != before:
        raise PostgresError("publication.postgres.policy_file ended the transaction: leave out commit and rollback")
    session.run("set local search_path = pg_catalog")


def verify(session: Session, source: _Source, names: _Names) -> None:
    """Read every value back and compare with the file. Raises ``PostgresError`` that names the tables that differ."""
    differing = []
    with duckdb.connect(config={"memory_limit": "1GB", "threads": "2"}) as connection:
        for table in source.tables:
            expected = relation_checksum(source.connection, f"({table.sent})", table.types)
            columns = ", ".join(quoted(column.name) for column in table.columns)
            with session.reader(f"select {columns} from {quoted(names.new)}.{quoted(table.name)}") as batches:
                connection.register("received", batches)
                found = relation_checksum(connection, f"({table.received})", table.types)
                connection.unregister("received")
            if found != expected:
                differing.append(f"{table.name} ({found.count_rows:,} rows, the file has {expected.count_rows:,})")
    if differing:
        raise PostgresError(
            f"the copy in {session.place} differs from the published file: {', '.join(differing)}. It was not published"
        )


def wait_for_old_snapshots(session: Session, deadline: float) -> None:
    """Wait for transactions that began to read before the copy was there: in them the new tables would be empty.

    They are known once, by their virtual ids; whoever begins later sees the copy. Raises ``PostgresError`` that names
    who still reads at the ``deadline`` (of ``time.monotonic``).
    """
    waiting = {
        (str(virtual), int(pid))
        for virtual, pid in session.rows(
            "select distinct held.virtualtransaction, held.pid from pg_locks as held "
            "inner join pg_stat_activity as reader on held.pid = reader.pid "
            "where held.locktype = 'virtualxid' and held.granted and reader.backend_xmin is not null "
            "and reader.datid = (select oid from pg_database where datname = current_database()) "
            "and held.pid <> pg_backend_pid()"
        )
    }
    while waiting:
        alive = {
            (str(virtual), int(pid))
            for virtual, pid in session.rows(
                "select virtualtransaction, pid from pg_locks where locktype = 'virtualxid' and granted"
            )
        }
        waiting &= alive
        if waiting and time.monotonic() > deadline:
            raise _readers_stay(session, sorted(pid for _, pid in waiting))
        if waiting:
            time.sleep(0.2)


def swap(session: Session, target: Postgres, names: _Names, deadline: float) -> None:
    """Give the new schema the name that readers use, in one transaction, as soon as no reader is in the old one."""
    pause = 0.05
    while True:
        try:
            _swap_once(session, target, names)
        except adbc_driver_manager.Error as error:
            if error.sqlstate not in {"57014", "55P03"}:
                raise
        else:
            return
        if time.monotonic() > deadline:
            raise _readers_stay(session, _readers(session, names))
        time.sleep(pause)
        pause = min(pause * 1.5, 2.0)


def _swap_once(session: Session, target: Postgres, names: _Names) -> None:
    live, new, old, reader = (quoted(name) for name in (names.live, names.new, names.old, target.reader_role))
    with session.transaction():
        if session.rows(f"select oid::bigint from pg_namespace where nspname = {literal(names.live)}"):
            tables = [
                f"{live}.{quoted(name)}"
                for (name,) in session.rows(
                    "select relname::text from pg_class where relkind in ('r', 'p') "
                    f"and relnamespace = {_oid(names.live)} order by relname"
                )
            ]
            if tables:
                # As a whole shorter than the wait after which a reader would look for a deadlock, and be its victim.
                session.run(f"set local statement_timeout = '{_short_wait(session)}ms'")
                session.run(f"lock table {', '.join(tables)} in access exclusive mode")
                session.run("set local statement_timeout = 0")
            require_nothing_lost(session, names)
            session.run(f"revoke all on schema {live} from {reader}")
            session.run(f"alter schema {live} rename to {old}")
        session.run(f"grant usage on schema {new} to {reader}")
        session.run(f"alter schema {new} rename to {live}")


def require_nothing_lost(session: Session, names: _Names) -> None:
    """Raise ``PostgresError`` when the swap would lose views and functions of others, or row policies."""
    live, new = _oid(names.live), _oid(names.new)
    dependants = session.rows(
        "select distinct views.relnamespace::regnamespace::text || '.' || quote_ident(views.relname) "
        "from pg_depend inner join pg_rewrite on pg_depend.objid = pg_rewrite.oid "
        "inner join pg_class as views on pg_rewrite.ev_class = views.oid "
        "inner join pg_class as tables on pg_depend.refobjid = tables.oid "
        "where pg_depend.classid = 'pg_rewrite'::regclass and pg_depend.refclassid = 'pg_class'::regclass "
        f"and tables.relnamespace = {live} and views.oid <> tables.oid "
        f"and not (views.relnamespace = {live} and exists (select from pg_class as made "
        f"where made.relnamespace = {new} and made.relname = views.relname)) "
        "union "
        "select distinct pg_depend.objid::regprocedure::text from pg_depend "
        "left join pg_type on pg_depend.refclassid = 'pg_type'::regclass and pg_depend.refobjid = pg_type.oid "
        "inner join pg_class as tables on tables.oid = coalesce(pg_type.typrelid, pg_depend.refobjid) "
        "inner join pg_proc on pg_depend.objid = pg_proc.oid "
        "where pg_depend.classid = 'pg_proc'::regclass "
        "and pg_depend.refclassid in ('pg_class'::regclass, 'pg_type'::regclass) "
        f"and tables.relnamespace = {live} "
        f"and not (pg_proc.pronamespace = {live} and exists (select from pg_proc as made "
        f"where made.pronamespace = {new} and made.proname = pg_proc.proname)) "
        "union "
        "select conrelid::regclass::text from pg_constraint "
        "inner join pg_class as tables on pg_constraint.confrelid = tables.oid "
        "inner join pg_class as owners on pg_constraint.conrelid = owners.oid "
        f"where pg_constraint.contype = 'f' and tables.relnamespace = {live} and owners.relnamespace <> {live}"
    )
    if dependants:
        raise PostgresError(
            f"{', '.join(sorted(str(name) for (name,) in dependants))} rest on tables of schema {names.live}, which "
            "each publication replaces: make them in publication.postgres.policy_file, or as questions of the BI tool, "
            "and drop them"
        )
    policies = (
        "select relname::text, coalesce(polname::text, '') from pg_class "
        "left join pg_policy on pg_class.oid = pg_policy.polrelid where relrowsecurity and relnamespace = "
    )
    lost = sorted(set(session.rows(policies + live)) - set(session.rows(policies + new)))
    if lost:
        told = ", ".join(f"{policy or 'row security'} on {table}" for table, policy in lost)
        raise PostgresError(
            f"schema {names.live} has row policies that the new version has not ({told}): make them in "
            "publication.postgres.policy_file; where they are not wanted any more, disable row level security on the "
            "table"
        )


def drop_old(session: Session, names: _Names) -> bool:
    """Drop the version before. Nobody is sent to it; what cannot be dropped now, the next publication drops."""
    return _try_to_drop(session, names.old)


def _oid(schema: str) -> str:
    return f"(select oid from pg_namespace where nspname = {literal(schema)})"


def _short_wait(session: Session) -> int:
    """Milliseconds that a lock may be waited for: half of what a reader waits before it looks for a deadlock."""
    ((milliseconds,),) = session.rows("select setting::integer from pg_settings where name = 'deadlock_timeout'")
    return max(int(milliseconds) // 2, 1)


def _readers(session: Session, names: _Names) -> list[int]:
    return [
        int(pid)
        for (pid,) in session.rows(
            "select distinct pid from pg_locks inner join pg_class on pg_locks.relation = pg_class.oid "
            f"where pg_class.relnamespace = {_oid(names.live)} and pid <> pg_backend_pid() order by pid"
        )
    ]


def _readers_stay(session: Session, pids: Sequence[int]) -> PostgresError:
    listed = ", ".join(map(str, pids))
    return PostgresError(
        f"readers have kept transactions open in {session.place} for all the time that the publication waits (server "
        f"processes {listed or 'unknown'}): end them, then run again. They still see the version before"
    )


def _count(source: _Source, table: Table) -> int:
    ((count,),) = source.connection.execute(f"select count(*) from marts.{quoted(table.name)}").fetchall()
    return int(count)
