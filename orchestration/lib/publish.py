"""Publish the marts: a new file for every run, proven before anybody sees it, then one atomic flip of a symlink.

Readers open ``published/pilotage.duckdb``, a symlink to the live version. A version is copied from the
build into an unfinished file, verified by another process that reads every value, sealed (0440, fsync),
given its name, and only then the symlink moves. A run that fails or is killed at any step leaves the
symlink on the version before.

``python -m orchestration.lib.publish FILE SCHEMA`` prints what the verification reads: the checksums of a
published file.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import duckdb

from ingestion.config.workspace import STORAGE_VERSION

LINK_NAME: Final = "pilotage.duckdb"

PUBLICATION_TABLE: Final = "publication"
UNFINISHED: Final = ".unfinished"
"""In the name of what no reader has seen yet; the next publication removes it."""

_RUN_ID: Final = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_VERSION_FILE: Final = re.compile(r"^pilotage_\d{8}T\d{12}Z_[A-Za-z0-9_-]{1,64}\.duckdb$")
_HARDENED: Final = {
    "enable_external_access": "false",
    "allow_community_extensions": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # Without it a big sort would spill beside the published file.
    "temp_directory": "",
    # Last in meaning, not in order: nothing above can be set back.
    "lock_configuration": "true",
}


class PublishError(Exception):
    """Nothing was published; what was live still is."""


@dataclass(frozen=True, slots=True)
class TableChecksum:
    """What two equal tables have in common, whatever the order of their rows."""

    count_rows: int
    columns: tuple[tuple[str, str, int, str], ...]
    """Name, type, number of values that are not NULL and sum of the hashes of all values, column by column."""

    row_hash: str
    """Sum of the hashes of whole rows: holds the values of a row together."""


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A version that readers see."""

    version: str
    path: Path
    published_at: datetime
    """Naive UTC."""

    as_of: date
    run_id: str
    count_bytes: int
    checksums: dict[str, TableChecksum]
    """By table, without ``publication``."""

    pruned: tuple[str, ...]
    """Old versions that were removed."""

    kept_open: tuple[str, ...]
    """Old versions beyond the number to keep that another process has open, or that could not be removed."""

    @property
    def count_rows(self) -> int:
        """Rows of all tables, without ``publication``."""
        return sum(checksum.count_rows for checksum in self.checksums.values())


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the build."""

    name: str
    sql: str
    comment: str | None
    columns: tuple[tuple[str, str | None], ...]
    """Name and comment."""


def publish(
    build_db: Path,
    published_dir: Path,
    *,
    run_id: str,
    as_of: date,
    keep: int,
    tables: Sequence[str] | None = None,
    schema: str = "marts",
    memory_limit: str = "4GB",
    alongside: Callable[[Stamp], Callable[[], None]] | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> PublishedVersion:
    """Copy the tables of ``schema`` into a new version and make it the live one.

    ``tables``: those that must be there (the models of dbt); None takes every table of the schema.
    ``keep``: number of versions that stay, the live one included. ``alongside`` prepares a file that belongs
    to the version and returns what makes it live, which happens with the flip: none of the two is live
    without the other, but for a kill between them. ``clock`` returns an aware datetime. The caller holds the
    lock of the run and has closed its connections to the build; views are not published.

    Raises ``PublishError`` with the remedy when a table is missing, space is short, or the copy is not
    equal to the build; ``duckdb.Error`` and ``OSError`` when reading or writing fails. In every case what
    was live still is.
    """
    if not _RUN_ID.match(run_id):
        raise PublishError(f"the run id {run_id!r} cannot be part of a file name: use letters, digits, - and _")
    if not build_db.is_file():
        raise PublishError(f"there is no build database at {build_db}: run the build first")
    published_dir.mkdir(parents=True, exist_ok=True)
    remove_unfinished(published_dir)
    published_at = clock().astimezone(UTC).replace(tzinfo=None)
    version = f"pilotage_{published_at:%Y%m%dT%H%M%S%f}Z_{run_id}"
    final = published_dir / f"{version}.duckdb"
    if final.exists():
        raise PublishError(f"{final.name} exists already: versions are never written twice")
    unfinished = published_dir / f".{version}{UNFINISHED}"
    stamp = Stamp(published_at, as_of, run_id, version)

    checksums = copy_tables(build_db, unfinished, schema=schema, tables=tables, stamp=stamp, memory_limit=memory_limit)
    verify_in_new_process(unfinished, schema, checksums, stamp)
    make_live = alongside(stamp) if alongside is not None else None
    seal(unfinished)
    give_name(unfinished, final)
    flip(published_dir / LINK_NAME, final.name)
    if make_live is not None:
        make_live()
    pruned, kept_open = prune(published_dir, keep)
    return PublishedVersion(
        version=version,
        path=final,
        published_at=published_at,
        as_of=as_of,
        run_id=run_id,
        count_bytes=final.stat().st_size,
        checksums=checksums,
        pruned=pruned,
        kept_open=kept_open,
    )


def connect_published(path: Path, *, memory_limit: str = "1GB", threads: int = 2) -> duckdb.DuckDBPyConnection:
    """Open a published database for reading, so that SQL of strangers can reach nothing else.

    ``read_only`` alone lets a query read and write files of the machine. Here files, other databases,
    extensions and settings are out of reach. Raises ``FileNotFoundError`` when nothing is published.
    """
    if not path.exists():
        raise FileNotFoundError(f"nothing is published at {path}: run `pilotage run` first")
    return duckdb.connect(
        str(path),
        read_only=True,
        config={**_HARDENED, "memory_limit": memory_limit, "threads": str(threads)},
    )


def table_checksums(
    connection: duckdb.DuckDBPyConnection, schema: str, *, tables: Sequence[str] | None = None
) -> dict[str, TableChecksum]:
    """Return the checksums of tables of ``schema`` in the current database, by name in alphabetical order.

    Reads every value. Equal for equal tables, whatever the order of rows; ``publication`` is left out
    unless it is asked for.
    """
    rows = connection.execute(
        "select table_name, list((column_name, data_type) order by column_index) from duckdb_columns() "
        "inner join duckdb_tables() using (database_oid, schema_oid, table_oid, table_name) "
        "where duckdb_columns.database_name = current_database() and duckdb_columns.schema_name = ? "
        "group by table_name order by table_name",
        [schema],
    ).fetchall()
    wanted = {str(name) for name, _ in rows} - {PUBLICATION_TABLE} if tables is None else set(tables)
    return {
        str(name): relation_checksum(
            connection, f"{_quoted(schema)}.{_quoted(str(name))}", [(str(c), str(t)) for c, t in columns]
        )
        for name, columns in rows
        if name in wanted
    }


def relation_checksum(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[tuple[str, str]]
) -> TableChecksum:
    """Return the checksum of a table or a query in brackets; ``columns`` are the names and types that it has."""
    names = [_quoted(column) for column, _ in columns]
    measures = ", ".join(f"count({name}), sum(hash({name})::hugeint)::varchar" for name in names)
    # All of it, so that the connection is free for whatever comes next.
    (row,) = connection.execute(
        f"select count(*), sum(hash({', '.join(names)})::hugeint)::varchar, {measures} from {relation}"
    ).fetchall()
    pairs = zip(row[2::2], row[3::2], strict=True)
    return TableChecksum(
        count_rows=int(row[0]),
        columns=tuple(
            (name, data_type, int(count), str(total))
            for (name, data_type), (count, total) in zip(columns, pairs, strict=True)
        ),
        row_hash=str(row[1]),
    )


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a published file says of itself: the row of ``publication``."""

    published_at: datetime
    as_of: date
    run_id: str
    version: str


def remove_unfinished(published_dir: Path) -> None:
    """Remove what a dead run left; nobody has ever seen it."""
    for leftover in published_dir.glob(f".*{UNFINISHED}*"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def require_space(directory: Path, count_bytes: int) -> None:
    """Raise ``PublishError`` unless twice ``count_bytes`` is free: the copy, and its keys and its log."""
    free = shutil.disk_usage(directory).free
    if free < 2 * count_bytes:
        raise PublishError(
            f"{directory} has {free / 1e6:,.0f} MB free and publishing needs {2 * count_bytes / 1e6:,.0f} MB: "
            "free space, or lower publication.keep_versions"
        )


def connect_to_build(build_db: Path, *, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """Return a session in memory that reads the build as the database ``build`` and spills beside it."""
    connection = duckdb.connect(
        config={
            "memory_limit": memory_limit,
            "temp_directory": str(build_db.parent / "spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    connection.execute("attach ? as build (read_only)", [str(build_db)])
    return connection


def copy_tables(
    build_db: Path,
    unfinished: Path,
    *,
    schema: str,
    tables: Sequence[str] | None,
    stamp: Stamp,
    memory_limit: str,
) -> dict[str, TableChecksum]:
    """Copy tables into a new file, keys, constraints and comments included, and return the build's checksums."""
    with connect_to_build(build_db, memory_limit=memory_limit) as connection:
        connection.execute("use build")
        selected = _tables_in_order(connection, schema, tables)
        require_space(unfinished.parent, _size(connection, schema, [table.name for table in selected]))
        checksums = table_checksums(connection, schema, tables=[table.name for table in selected])
        connection.execute(f"attach ? as published (storage_version '{STORAGE_VERSION}')", [str(unfinished)])
        connection.execute("use published")
        connection.execute(f"create schema {_quoted(schema)}")
        for table in selected:
            _copy_table(connection, schema, table)
        write_publication(connection, schema, stamp)
        connection.execute("checkpoint published")
        # Closing both here, and not at the end, writes the file out: no log stays beside it.
        connection.execute("use memory")
        connection.execute("detach published")
        connection.execute("detach build")
    return checksums


def _tables_in_order(connection: duckdb.DuckDBPyConnection, schema: str, wanted: Sequence[str] | None) -> list[_Table]:
    """Return the tables to copy, a referenced table before the tables that refer to it."""
    rows = connection.execute(
        "select table_name, duckdb_tables.sql, duckdb_tables.comment, "
        "list((column_name, duckdb_columns.comment) order by column_index) "
        "from duckdb_tables() "
        "inner join duckdb_columns() using (database_oid, schema_oid, table_oid, table_name) "
        "where duckdb_tables.database_name = current_database() and duckdb_tables.schema_name = ? "
        "group by all order by table_name",
        [schema],
    ).fetchall()
    found = {str(row[0]): _Table(str(row[0]), str(row[1]), row[2], tuple(row[3])) for row in rows}
    names = list(found) if wanted is None else list(dict.fromkeys(wanted))
    missing = sorted(set(names) - set(found))
    if missing:
        raise PublishError(
            f"the build has no table {', '.join(f'{schema}.{name}' for name in missing)}: build it first"
        )
    if not names:
        raise PublishError(f"the build has no table in {schema}: there is nothing to publish")
    if PUBLICATION_TABLE in names:
        raise PublishError(f"{schema}.{PUBLICATION_TABLE} is written by the publication: rename the model")
    references = connection.execute(
        "select table_name, referenced_table from duckdb_constraints() where database_name = current_database() "
        "and schema_name = ? and constraint_type = 'FOREIGN KEY' and referenced_table <> table_name",
        [schema],
    ).fetchall()
    graph: dict[str, set[str]] = {name: set() for name in sorted(names)}
    for name, referenced in references:
        if name in graph:
            if referenced not in graph:
                raise PublishError(f"{schema}.{name} refers to {referenced}, which is not published")
            graph[name].add(referenced)
    return [found[name] for name in TopologicalSorter(graph).static_order()]


def _size(connection: duckdb.DuckDBPyConnection, schema: str, tables: Sequence[str]) -> int:
    """Return an upper bound of the bytes of tables: their blocks, and one block for each table."""
    blocks = len(tables)
    for table in tables:
        row = connection.execute(
            "select count(distinct block_id) from pragma_storage_info(?) where block_id >= 0",
            [f"{_quoted(schema)}.{_quoted(table)}"],
        ).fetchone()
        blocks += int(row[0]) if row else 0
    row = connection.execute(
        "select block_size from pragma_database_size() where database_name = current_database()"
    ).fetchone()
    return blocks * (int(row[0]) if row else 0)


def _copy_table(connection: duckdb.DuckDBPyConnection, schema: str, table: _Table) -> None:
    # The build's own statement: create-table-as would lose keys, constraints and comments.
    connection.execute(table.sql)
    target = f"{_quoted(schema)}.{_quoted(table.name)}"
    columns = ", ".join(_quoted(column) for column, _ in table.columns)
    connection.execute(f"insert into published.{target} ({columns}) select {columns} from build.{target}")
    if table.comment is not None:
        connection.execute(f"comment on table {target} is {_literal(table.comment)}")
    for column, comment in table.columns:
        if comment is not None:
            connection.execute(f"comment on column {target}.{_quoted(column)} is {_literal(comment)}")


def write_publication(connection: duckdb.DuckDBPyConnection, schema: str, stamp: Stamp) -> None:
    """Write the table ``publication`` of ``schema``: what the file in use is."""
    target = f"{_quoted(schema)}.{PUBLICATION_TABLE}"
    connection.execute(
        f"create table {target} (version varchar primary key, published_at timestamp not null, "
        "as_of date not null, run_id varchar not null)"
    )
    connection.execute(
        f"insert into {target} values (?, ?, ?, ?)",
        [stamp.version, stamp.published_at, stamp.as_of, stamp.run_id],
    )
    connection.execute(f"comment on table {target} is 'What this file is. One row per published file, so one row.'")
    for column, comment in {
        "version": "Name of the published version.",
        "published_at": "When it was published, UTC.",
        "as_of": "Last day that the figures cover.",
        "run_id": "Run that built it.",
    }.items():
        connection.execute(f"comment on column {target}.{column} is '{comment}'")


def verify_in_new_process(file: Path, schema: str, expected: dict[str, TableChecksum], stamp: Stamp) -> None:
    """Read every value of ``file`` in a process that has none of it in memory, and compare with the build.

    Raises ``PublishError`` when the file does not open, has a log beside it, or differs.
    """
    if file.with_name(file.name + ".wal").exists():
        raise PublishError(f"{file.name} was not closed: a log lies beside it")
    done = subprocess.run(  # noqa: S603 - this module, by its own interpreter
        [sys.executable, "-m", "orchestration.lib.publish", str(file), schema],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise PublishError(f"the new version cannot be read back: {lines[-1]}")
    found, found_stamp = _from_json(done.stdout)
    if found_stamp != _words(stamp):
        raise PublishError(f"the new version says of itself {found_stamp} instead of {_words(stamp)}")
    differing = sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
    if differing:
        counts = ", ".join(
            f"{name} ({_count(found.get(name))} rows, the build has {_count(expected.get(name))})" for name in differing
        )
        raise PublishError(f"the new version is not equal to the build: {counts}. It was not published")


def _count(checksum: TableChecksum | None) -> str:
    return "no" if checksum is None else f"{checksum.count_rows:,}"


def seal(file: Path, *, mode: int = 0o440) -> None:
    """Give the file its mode (read-only for owner and group), and make it survive a power loss."""
    file.chmod(mode)
    sync(file)


def give_name(unfinished: Path, final: Path) -> None:
    """Give the sealed file its name. It is not live yet."""
    unfinished.rename(final)
    sync(final.parent)


def flip(link: Path, target: str) -> None:
    """Point the symlink to ``target`` in one step.

    A new file under the same path would leave pooled readers on the old one: DuckDB keys open files by
    their path.
    """
    new_link = link.with_name(f".{link.name}{UNFINISHED}")
    new_link.symlink_to(target)
    new_link.replace(link)
    sync(link.parent)


def prune(published_dir: Path, keep: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Remove all but the newest ``keep`` versions, never the live one nor one that a process has open.

    Returns names of removed versions and of those that stay although they are too many. Never raises on a
    file that cannot be removed: the publication has happened.
    """
    live = (published_dir / LINK_NAME).resolve().name
    versions = sorted(
        (path for path in published_dir.iterdir() if _VERSION_FILE.match(path.name)),
        key=lambda path: path.name,
        reverse=True,
    )
    others = [path for path in versions if path.name != live]
    open_files = _open_files()
    pruned: list[str] = []
    kept_open: list[str] = []
    for path in others[max(keep - 1, 0) :]:
        try:
            status = path.stat()
            if (status.st_dev, status.st_ino) in open_files:
                kept_open.append(path.name)
            else:
                path.unlink()
                pruned.append(path.name)
        except OSError:
            kept_open.append(path.name)
    return tuple(pruned), tuple(kept_open)


def _open_files() -> frozenset[tuple[int, int]]:
    """Return device and inode of every file that a visible process has open; empty where there is no /proc.

    Where a process is not visible nothing breaks: a file that is removed stays readable for those who have
    it open.
    """
    found: set[tuple[int, int]] = set()
    for descriptors in Path("/proc").glob("[0-9]*/fd"):
        # A process, or one of its descriptors, may be gone by now or belong to somebody else.
        with suppress(OSError):
            for descriptor in descriptors.iterdir():
                with suppress(OSError):
                    status = descriptor.stat()
                    found.add((status.st_dev, status.st_ino))
    return frozenset(found)


def sync(path: Path) -> None:
    """Write a file or a directory through to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _words(stamp: Stamp) -> list[str]:
    return [stamp.version, stamp.published_at.isoformat(), stamp.as_of.isoformat(), stamp.run_id]


def _from_json(text: str) -> tuple[dict[str, TableChecksum], list[str]]:
    report = json.loads(text)
    checksums = {
        name: TableChecksum(count_rows, tuple((c, t, n, h) for c, t, n, h in columns), row_hash)
        for name, (count_rows, columns, row_hash) in report["tables"].items()
    }
    return checksums, report["publication"]


def _print_report(file: Path, schema: str) -> None:
    """Read a published file in full and print its checksums and its row of ``publication`` as JSON."""
    with connect_published(file, memory_limit="2GB") as connection:
        checksums = table_checksums(connection, schema)
        (row,) = connection.execute(
            f"select version, published_at, as_of, run_id from {_quoted(schema)}.{PUBLICATION_TABLE}"
        ).fetchall()
    report = {
        "tables": {name: [item.count_rows, item.columns, item.row_hash] for name, item in checksums.items()},
        "publication": _words(Stamp(row[1], row[2], row[3], row[0])),
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    _print_report(Path(sys.argv[1]), sys.argv[2])
