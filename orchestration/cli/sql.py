"""A read-only SQL shell on the published database: interactive, from standard input, or one query.

The connection is that of every reader (``connect_published``): a statement reaches no file, no other database, no
extension and no setting. Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import csv
import json
import math
import os
import readline
import sqlite3
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Final, TextIO

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.cli.console import err, out
from orchestration.lib.publish import connect_published

SCHEMA: Final = "marts"
PROMPT: Final = "pilotage> "
CONTINUED: Final = "     ...> "
HELP: Final = """\
A statement ends with ; and may have many lines.
  \\d              tables, with what a row is
  \\d TABLE        columns of a table, with what they mean
  .help           this text
  .quit           leave (or Ctrl-D); Ctrl-C stops a statement
The database is read-only. Names need no "marts." before them."""
_HISTORY_LINES: Final = 1000
_BATCH: Final = 10_000
_COUNTED_AT_MOST: Final = 1_000_000
"""Rows beyond those shown are counted up to here: a cross join must not run on for a figure nobody reads."""
_WIDEST_CELL: Final = 40
"""A table whose cells would have to be narrower than this, or than their text, stands as one block a row."""

_TABLES: Final = """
    select table_name, estimated_size, coalesce(comment, '')
    from duckdb_tables()
    where schema_name = ? and database_name = current_database()
    order by table_name
"""
_COLUMNS: Final = """
    select column_name, data_type, coalesce(comment, '')
    from duckdb_columns()
    where schema_name = ? and database_name = current_database() and table_name = ?
    order by column_index
"""
_NAMES: Final = """
    select distinct unnest([table_name, column_name])
    from duckdb_columns()
    where schema_name = ? and database_name = current_database()
    order by 1
"""


class Output(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class SqlError(Exception):
    """A statement that failed: which, where in the text, and why."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a text."""

    number: int
    """Counted from 1."""

    line: int
    """Line of the text in which it begins, counted from 1."""

    text: str


def open_shell(published: Path) -> duckdb.DuckDBPyConnection:
    """Open the published database, hardened, with its schema as the default. Raises ``FileNotFoundError``."""
    connection = connect_published(published)
    connection.execute(f"use {SCHEMA}")
    return connection


def statements_of(connection: duckdb.DuckDBPyConnection, text: str) -> list[Statement]:
    """Split ``text`` by DuckDB's own parser. Raises ``SqlError`` where it does not parse."""
    try:
        parsed = connection.extract_statements(text)
    except duckdb.Error as error:
        raise SqlError(str(error)) from error
    found: list[Statement] = []
    position = 0
    for number, statement in enumerate(parsed, start=1):
        position = text.index(statement.query, position)
        body = statement.query.lstrip()
        begins = position + len(statement.query) - len(body)
        found.append(Statement(number, text.count("\n", 0, begins) + 1, body))
        position += len(statement.query)
    return found


def run_text(
    connection: duckdb.DuckDBPyConnection, text: str, *, output: Output, limit: int, stream: TextIO, console: Console
) -> None:
    """Run the statements of ``text`` in turn and write their rows; the first that fails ends it.

    CSV and JSON go to ``stream`` whole, tables to ``console`` up to ``limit`` rows (0: all of them). Raises
    ``SqlError``.
    """
    statements = statements_of(connection, text)
    if not statements:
        raise SqlError("there is no statement: give a query, for example 'select * from publication'")
    if output is not Output.TABLE and len(statements) > 1:
        raise SqlError(
            f"{output} holds the rows of one statement and the text has {len(statements)}: run them one by one"
        )
    for statement in statements:
        try:
            _run(connection, statement, output=output, limit=limit, stream=stream, console=console)
        except duckdb.Error as error:
            place = f"statement {statement.number}, from line {statement.line} on: " if len(statements) > 1 else ""
            raise SqlError(f"{place}{error}") from error


def _run(
    connection: duckdb.DuckDBPyConnection,
    statement: Statement,
    *,
    output: Output,
    limit: int,
    stream: TextIO,
    console: Console,
) -> None:
    connection.execute(statement.text)
    columns = [str(column[0]) for column in connection.description or []]
    if not columns:
        return
    if output is Output.CSV:
        _write_csv(columns, _rows(connection), stream)
    elif output is Output.JSON:
        _write_json(columns, _rows(connection), stream)
    else:
        shown = connection.fetchmany(limit) if limit else connection.fetchall()
        left_out = _count_rest(connection) if limit and len(shown) == limit else 0
        _print_rows(columns, shown, left_out, console)


def _rows(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    while rows := connection.fetchmany(_BATCH):
        yield from rows


def _count_rest(connection: duckdb.DuckDBPyConnection) -> int:
    count = 0
    while count <= _COUNTED_AT_MOST and (rows := connection.fetchmany(_BATCH)):
        count += len(rows)
    return count


def _write_csv(columns: Sequence[str], rows: Iterable[Sequence[object]], stream: TextIO) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_value(value) for value in row] for row in rows)


def _csv_value(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict | tuple):
        return json.dumps(_plain(value), ensure_ascii=False)
    return value if value is None or isinstance(value, int | float | Decimal) else str(_plain(value))


def _write_json(columns: Sequence[str], rows: Iterable[Sequence[object]], stream: TextIO) -> None:
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise SqlError(f"two columns are named {', '.join(twice)}: give each a name of its own with 'as'")
    separator = "["
    for row in rows:
        values = {name: _plain(value) for name, value in zip(columns, row, strict=True)}
        stream.write(f"{separator}\n  {json.dumps(values, ensure_ascii=False, allow_nan=False)}")
        separator = ","
    stream.write("[]\n" if separator == "[" else "\n]\n")


def _plain(value: object) -> object:
    """Return ``value`` in JSON's types: numbers as numbers, times in ISO 8601, NaN as NULL, the rest as text."""
    match value:
        case dict():
            plain: object = {str(_plain(key)): _plain(item) for key, item in value.items()}
        case list() | tuple():
            plain = [_plain(item) for item in value]
        case Decimal():
            plain = int(value) if value == value.to_integral_value() else float(value)
        case float():
            plain = value if math.isfinite(value) else None
        case datetime() | date() | time():
            plain = value.isoformat()
        case bytes():
            plain = value.hex()
        case None | bool() | int():
            plain = value
        case _:
            plain = str(value)
    return plain


def _print_rows(columns: Sequence[str], rows: Sequence[Sequence[object]], left_out: int, console: Console) -> None:
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max([len(name), *(len(row[index]) for row in cells)]) for index, name in enumerate(columns)]
    needed = sum(min(width, _WIDEST_CELL) for width in widths) + 3 * len(widths) + 1
    if not console.is_terminal:
        # A file or a pipe has no width to fit into, and nothing there should be folded.
        wide = Console(file=console.file, width=sum(widths) + 3 * len(widths) + 1)
        wide.print(_table(columns, rows, cells))
    elif needed <= console.width:
        console.print(_table(columns, rows, cells))
    else:
        _print_blocks(columns, cells, console)
    count = f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
    if left_out > _COUNTED_AT_MOST:
        count += f" shown, more than {_COUNTED_AT_MOST:,} left out"
    elif left_out:
        count += f" shown, {left_out:,} left out"
    hint = " (--limit 0 shows all)" if left_out else ""
    err.print(f"{count}{hint}", highlight=False)


def _cell(value: object) -> str:
    """Return ``value`` as text on one line: nothing in the data may steer the terminal."""
    text = "NULL" if value is None else str(value)
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]], cells: Sequence[Sequence[str]]) -> Table:
    table = Table()
    for index, name in enumerate(columns):
        is_number = any(isinstance(row[index], int | float | Decimal) for row in rows)
        table.add_column(Text(_cell(name)), justify="right" if is_number else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell, style="dim" if cell == "NULL" else "") for cell in row))
    return table


def _print_blocks(columns: Sequence[str], cells: Sequence[Sequence[str]], console: Console) -> None:
    """Print one block of lines a row, for rows that are wider than the terminal."""
    for number, row in enumerate(cells, start=1):
        table = Table.grid(padding=(0, 2))
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        for name, cell in zip(columns, row, strict=True):
            table.add_row(Text(_cell(name)), Text(cell))
        console.rule(Text(f"row {number}"), align="left")
        console.print(table)


def describe(connection: duckdb.DuckDBPyConnection, table: str | None, console: Console) -> None:
    """Print the tables, or the columns of one, with their comments. Raises ``SqlError`` for an unknown table."""
    grid = Table()
    if table is None:
        names = ("Table", "Rows", "What it holds")
        rows = [
            (str(name), f"{count:,}", str(comment))
            for name, count, comment in connection.execute(_TABLES, [SCHEMA]).fetchall()
        ]
    else:
        names = ("Column", "Type", "Meaning")
        name = table.removeprefix(f"{SCHEMA}.").lower()
        rows = [(str(a), str(b), str(c)) for a, b, c in connection.execute(_COLUMNS, [SCHEMA, name]).fetchall()]
        if not rows:
            raise SqlError(f"there is no table {table}: \\d lists the tables")
    for name in names:
        grid.add_column(name, justify="right" if name == "Rows" else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(_cell(value)) for value in row))
    console.print(grid)


def run_batch(published: Path, text: str, *, output: Output, limit: int) -> None:
    """Run ``text`` on the published database and write the rows to standard output. Raises ``SqlError``."""
    with open_shell(published) as connection:
        _run_interruptibly(connection, text, output=output, limit=limit)


def _run_interruptibly(connection: duckdb.DuckDBPyConnection, text: str, *, output: Output, limit: int) -> None:
    """Run ``text`` in another thread: DuckDB looks for Ctrl-C between its tasks alone, which may last minutes."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        work = pool.submit(run_text, connection, text, output=output, limit=limit, stream=sys.stdout, console=out)
        try:
            work.result()
        except KeyboardInterrupt:
            connection.interrupt()
            with suppress(SqlError):
                work.result()
            raise


def run_interactive(published: Path, history: Path, *, limit: int) -> None:
    """Read statements from the terminal until its end; an error ends a statement, not the shell."""
    with open_shell(published) as connection, suppress(EOFError):
        row = connection.execute("select as_of, published_at from publication").fetchone()
        if row:
            err.print(f"as of {row[0]}, published {row[1]:%Y-%m-%d %H:%M} UTC; read-only. .help helps", highlight=False)
        keeps_history = _read_history(history)
        _complete_with([str(name) for (name,) in connection.execute(_NAMES, [SCHEMA]).fetchall()])
        try:
            while True:
                try:
                    if not _answer(connection, _read_statement(), limit):
                        return
                except KeyboardInterrupt:
                    err.print("\nstopped", highlight=False)
                except SqlError as error:
                    err.print(Text(f"error: {error}", style="red"), soft_wrap=True)
        finally:
            if keeps_history:
                readline.write_history_file(history)


def _read_statement() -> str:
    """Return a command of the shell, or lines up to the end of a statement."""
    text = input(PROMPT)
    if text.lstrip().startswith((".", "\\")):
        return text.strip()
    while text.strip() and not sqlite3.complete_statement(text):
        text += "\n" + input(CONTINUED)
    return text


def _answer(connection: duckdb.DuckDBPyConnection, text: str, limit: int) -> bool:
    """Do what a line asks for; false: leave."""
    words = text.split()
    if not words:
        return True
    if words[0] in {".quit", ".exit", "\\q"}:
        return False
    if words[0] in {".help", "\\?"}:
        out.print(HELP, highlight=False, markup=False)
    elif words[0] == "\\d":
        describe(connection, words[1].rstrip(";") if len(words) > 1 else None, out)
    elif text.startswith((".", "\\")):
        raise SqlError(f"{words[0]} is no command of this shell: .help lists them")
    else:
        _run_interruptibly(connection, text, output=Output.TABLE, limit=limit)
    return True


def _read_history(history: Path) -> bool:
    """Read the lines of earlier sessions; false where they cannot be kept private, or not written at all."""
    try:
        descriptor = os.open(history, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        return False
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid():
            return False
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
    readline.set_history_length(_HISTORY_LINES)
    with suppress(OSError):
        readline.read_history_file(history)
    return True


def _complete_with(names: Sequence[str]) -> None:
    """Complete names of tables and columns with the tabulator."""

    def complete(text: str, state: int) -> str | None:
        matches = [name for name in names if name.startswith(text.lower())]
        return matches[state] if state < len(matches) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" \t\n,()=<>+-*/;.")
    # Pythons that are not built with GNU readline have libedit, which is told in its own words.
    is_libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")
