"""What the copy into PostgreSQL costs, beside row inserts and beside COPY from CSV files.

``python -m benchmarks.postgres --home DIR`` takes the published company in DIR; without it a demo company is made and
run first (``--scale``). All three ways fill the same tables, without keys, on a server of its own with its default
settings; the whole publication (copy, keys, comments, proof, swap) is timed beside them.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import duckdb
from adbc_driver_postgresql import dbapi as postgresql

from benchmarks.nightly import END, run_night, settle
from benchmarks.throwaway_postgres import Server, find_binaries, throwaway_server
from ingestion.config.settings import Postgres
from ingestion.config.workspace import Workspace
from ingestion.demo import simulate
from orchestration.lib.environment import be_quiet_and_private
from orchestration.lib.postgres import BATCH_ROWS, publish_to_postgres
from orchestration.lib.postgres_connection import Session, connect_postgres, connection_text
from orchestration.lib.postgres_ddl import Table, create_table, proven_references, published_tables, quoted
from orchestration.lib.project import dbt_project
from orchestration.lib.publish import connect_published

LEAST_OVER_ROW_INSERTS: Final = 20.0
MOST_OF_CSV: Final = 1.5
SAMPLE_ROWS: Final = 20_000
SAMPLED: Final = "kpi_values"


def seconds_of(work: Callable[[], object]) -> float:
    """Return the seconds that ``work`` takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def make_schema(session: Session, name: str, tables: Sequence[Table]) -> None:
    """Make empty tables without keys in a new schema."""
    session.run(f"create schema {quoted(name)}")
    for table in tables:
        session.run(create_table(name, table))


def copy_arrow(session: Session, file: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> int:
    """Fill the tables as the publication does; return the rows."""
    make_schema(session, "by_arrow", tables)
    return sum(
        session.ingest("by_arrow", table.name, file.sql(table.sent).to_arrow_reader(BATCH_ROWS)) for table in tables
    )


def copy_csv(server: Server, session: Session, database: Path, tables: Sequence[Table], folder: Path) -> None:
    """Fill the tables from CSV files that DuckDB writes and psql copies."""
    make_schema(session, "by_csv", tables)
    with duckdb.connect(str(database), read_only=True) as connection:
        for table in tables:
            csv = folder / "table.csv"
            connection.execute(f"copy ({table.sent}) to '{csv}' (format csv, header false, nullstr '\\N')")
            server.psql(
                f"\\copy by_csv.{quoted(table.name)} from '{csv}' with (format csv, null '\\N')\n", database="bi"
            )


def insert_rows(target: Postgres, secret: str, file: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Insert a sample one row after the other, in one transaction, by a statement that is prepared once."""
    rows = file.execute(f"{table.sent} limit {SAMPLE_ROWS}").fetchall()
    marks = ", ".join(f"${number}::text::{column.postgres_type}" for number, column in enumerate(table.columns, 1))
    statement = f"insert into by_row.{quoted(table.name)} values ({marks})"
    words = [[None if item is None else str(item) for item in row] for row in rows]
    with postgresql.connect(connection_text(target, secret)) as connection, connection.cursor() as cursor:
        cursor.executemany(statement, words)
        connection.commit()


def measure(home: Path) -> int:
    """Print the table of ratios; return 1 when a ratio is not what is claimed."""
    database = Workspace(home).published_database
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("no PostgreSQL: install Debian's package postgresql")
    with throwaway_server(binaries) as server, tempfile.TemporaryDirectory() as made:
        server.psql("create database bi encoding 'UTF8' template template0")
        os.environ["PILOTAGE_BENCHMARK_PASSWORD"] = server.password
        target = Postgres.model_validate(
            {
                "host": str(server.folder),
                "port": server.port,
                "database": "bi",
                "user": server.superuser,
                "password_env": "PILOTAGE_BENCHMARK_PASSWORD",
            }
        )
        version = publish_to_postgres(database, target, home, references=proven_references(dbt_project().manifest_path))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        with connect_published(database) as file, connect_postgres(target, home) as session:
            tables = published_tables(file)
            arrow = seconds_of(lambda: copy_arrow(session, file, tables))
            (sampled,) = [table for table in tables if table.name == SAMPLED]
            make_schema(session, "by_row", [sampled])
            sample = seconds_of(lambda: insert_rows(target, server.password, file, sampled))
        with connect_postgres(target, home) as session:
            csv = seconds_of(lambda: copy_csv(server, session, database, tables, Path(made)))
        rows = sample / SAMPLE_ROWS * version.count_rows
    print(f"{version.count_rows:,} rows in {version.count_tables} tables, {database.stat().st_size / 1e6:,.0f} MB")
    print("| way | seconds | against ADBC |\n|---|---|---|")
    print(f"| binary COPY from Arrow (ADBC) | {arrow:.1f} | 1 |")
    print(f"| COPY from CSV (DuckDB writes, psql copies) | {csv:.1f} | {csv / arrow:.2f} |")
    print(
        f"| row inserts, prepared, one transaction ({SAMPLE_ROWS:,} of {SAMPLED}) | {rows:,.0f} | {rows / arrow:.0f} |"
    )
    print(
        f"the whole publication: copy and keys {version.seconds_copy:.1f} s, proof {version.seconds_verify:.1f} s, "
        f"swap {version.seconds_wait:.2f} s; peak of the process {peak:,.0f} MB"
    )
    is_good = rows / arrow >= LEAST_OVER_ROW_INSERTS and arrow / csv <= MOST_OF_CSV
    print("as claimed" if is_good else "NOT as claimed")
    return 0 if is_good else 1


def main() -> int:
    """Parse and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="a workspace with a published version; default: a new demo")
    parser.add_argument("--scale", type=float, default=1.0, help="of the new demo")
    arguments = parser.parse_args()
    be_quiet_and_private()
    if arguments.home:
        return measure(arguments.home.resolve())
    with tempfile.TemporaryDirectory() as made:
        home = Path(made) / "demo"
        simulate(home, scale=arguments.scale, end=END)
        settle(home)
        run_night(home, END)
        return measure(home)


if __name__ == "__main__":
    sys.exit(main())
