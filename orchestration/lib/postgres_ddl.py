"""The published tables as PostgreSQL declares them: types, keys, indexes, comments. Nothing here opens a connection.

Structure comes from the published DuckDB file (columns, types, NOT NULL, primary and foreign keys, comments) and from
the ``relationships`` tests of dbt, which have held in every build that is published.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from orchestration.lib.postgres_connection import PostgresError

_LONGEST_NAME: Final = 63
"""Bytes of an identifier; PostgreSQL cuts longer ones silently, so that two may become one."""

_DECIMAL: Final = re.compile(r"^DECIMAL\((\d+),(\d+)\)$")
_REF: Final = re.compile(r"""ref\(\s*['"]([^'"]+)['"]\s*\)""")

_TYPES: Final = {
    # DuckDB: (type that is sent, type in PostgreSQL). What Arrow or PostgreSQL lacks is sent as the next wider type.
    "BOOLEAN": ("BOOLEAN", "boolean"),
    "TINYINT": ("SMALLINT", "smallint"),
    "UTINYINT": ("SMALLINT", "smallint"),
    "SMALLINT": ("SMALLINT", "smallint"),
    "USMALLINT": ("INTEGER", "integer"),
    "INTEGER": ("INTEGER", "integer"),
    "UINTEGER": ("BIGINT", "bigint"),
    "BIGINT": ("BIGINT", "bigint"),
    "UBIGINT": ("DECIMAL(20,0)", "numeric(20,0)"),
    "HUGEINT": ("DECIMAL(38,0)", "numeric(38,0)"),
    "FLOAT": ("FLOAT", "real"),
    "DOUBLE": ("DOUBLE", "double precision"),
    "VARCHAR": ("VARCHAR", "text"),
    "UUID": ("VARCHAR", "text"),
    "BLOB": ("BLOB", "bytea"),
    "DATE": ("DATE", "date"),
    "TIME": ("TIME", "time"),
    "TIMESTAMP": ("TIMESTAMP", "timestamp"),
    "TIMESTAMP_S": ("TIMESTAMP", "timestamp"),
    "TIMESTAMP_MS": ("TIMESTAMP", "timestamp"),
    "TIMESTAMP WITH TIME ZONE": ("TIMESTAMP WITH TIME ZONE", "timestamptz"),
}
_LISTS_OF: Final = frozenset(
    {"BOOLEAN", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP"}
)

INDEXES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    # Dashboards filter the long tables by dimension and period, the facts by their day.
    "kpi_values": (("dimension_name", "period_grain", "period_start"),),
    "kpi_reported_values": (("reported_as_of",),),
    "fct_deals": (("created_date",), ("closed_date",)),
    "fct_leads": (("opened_date",),),
    "fct_mqls": (("mql_date",),),
    "fct_sqls": (("sql_date",),),
    "fct_orders": (("order_date",),),
    "fct_activities": (("occurred_date",),),
    "fct_email_sends": (("sent_date",),),
    "fct_web_sessions": (("session_date",),),
    "fct_audience_exposures": (("exposure_date",),),
    # Row policies select by owner.
    "kpi_next_actions": (("owner_id",),),
}
"""Indexes beside those of the keys, by table."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: ``columns`` of ``table`` name rows of ``parent`` by its ``parent_columns``."""

    table: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column as both sides have it."""

    name: str
    sent_type: str
    """DuckDB type of the values that are sent."""

    postgres_type: str
    is_nullable: bool
    comment: str | None

    @property
    def sent(self) -> str:
        """DuckDB expression of the values that are sent: PostgreSQL's text has no NUL, U+FFFD stands for it."""
        name = quoted(self.name)
        if self.sent_type == "VARCHAR":
            return f"replace({name}::varchar, chr(0), chr(65533))"
        if self.sent_type == "VARCHAR[]":
            return f"list_transform({name}, lambda item: replace(item, chr(0), chr(65533)))"
        return f"{name}::{self.sent_type}"

    @property
    def count_nul(self) -> str | None:
        """DuckDB expression of the number of values that hold a NUL; None where none can."""
        if self.sent_type == "VARCHAR":
            return f"count(*) filter (contains({quoted(self.name)}::varchar, chr(0)))"
        if self.sent_type == "VARCHAR[]":
            return f"count(*) filter (len(list_filter({quoted(self.name)}, lambda item: contains(item, chr(0)))) > 0)"
        return None

    @property
    def count_unfit(self) -> str | None:
        """DuckDB expression of the number of values that PostgreSQL has no counterpart for; None where it has all."""
        name, item_type = quoted(self.name), self.sent_type.removesuffix("[]")
        if item_type not in {"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}:
            return None
        # Infinity has the year NULL.
        last = 5_874_897 if item_type == "DATE" else 294_276
        unfit = f"coalesce(year({{0}}) not between -4712 and {last}, {{0}} is not null)"
        if self.sent_type.endswith("[]"):
            return f"count(*) filter (len(list_filter({name}, lambda item: {unfit.format('item')})) > 0)"
        return f"count(*) filter ({unfit.format(name)})"


@dataclass(frozen=True, slots=True)
class Table:
    """A published table."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    comment: str | None

    @property
    def sent(self) -> str:
        """DuckDB query of the rows that are sent, in the order of the primary key."""
        columns = ", ".join(f"{column.sent} as {quoted(column.name)}" for column in self.columns)
        return f"select {columns} from marts.{quoted(self.name)}"

    @property
    def received(self) -> str:
        """DuckDB query over what PostgreSQL gives back (``received``), cast to the types that were sent."""
        columns = ", ".join(
            f"{quoted(column.name)}::{column.sent_type} as {quoted(column.name)}" for column in self.columns
        )
        return f"select {columns} from received"

    @property
    def types(self) -> list[tuple[str, str]]:
        """Name and sent type of each column."""
        return [(column.name, column.sent_type) for column in self.columns]


def published_tables(connection: duckdb.DuckDBPyConnection) -> list[Table]:
    """Return the tables of the schema ``marts`` of a published file, by name.

    Raises ``PostgresError`` that names table and column when a name or a type has no counterpart in PostgreSQL.
    """
    keys = {
        str(table): tuple(str(column) for column in columns)
        for table, columns in connection.execute(
            "select table_name, constraint_column_names from duckdb_constraints() "
            "where schema_name = 'marts' and constraint_type = 'PRIMARY KEY'"
        ).fetchall()
    }
    comments = dict(
        connection.execute("select table_name, comment from duckdb_tables() where schema_name = 'marts'").fetchall()
    )
    columns: dict[str, list[Column]] = {}
    for table, name, data_type, is_nullable, comment in connection.execute(
        "select table_name, column_name, data_type, is_nullable, comment from duckdb_columns() "
        "where schema_name = 'marts' order by table_name, column_index"
    ).fetchall():
        if table not in comments:
            continue  # A column of a view.
        for text in (table, name):
            if len(text.encode()) > _LONGEST_NAME:
                raise PostgresError(f"{table}.{name}: PostgreSQL has names of up to {_LONGEST_NAME} bytes; shorten it")
        sent_type, postgres_type = _types(str(table), str(name), str(data_type))
        columns.setdefault(str(table), []).append(
            Column(str(name), sent_type, postgres_type, bool(is_nullable), comment)
        )
    return [Table(name, tuple(found), keys.get(name, ()), comments[name]) for name, found in columns.items()]


def _types(table: str, column: str, data_type: str) -> tuple[str, str]:
    item = data_type.removesuffix("[]")
    if decimal := _DECIMAL.match(data_type):
        return data_type, f"numeric({decimal[1]},{decimal[2]})"
    if item == data_type and item in _TYPES:
        return _TYPES[item]
    if item != data_type and item in _LISTS_OF:
        return f"{_TYPES[item][0]}[]", f"{_TYPES[item][1]}[]"
    raise PostgresError(f"{table}.{column} has the type {data_type}, which has no counterpart: cast it in the model")


def declared_references(connection: duckdb.DuckDBPyConnection) -> list[Reference]:
    """Return the foreign keys that a published file itself declares."""
    return [
        Reference(str(table), tuple(columns), str(parent), tuple(parent_columns))
        for table, columns, parent, parent_columns in connection.execute(
            "select table_name, constraint_column_names, referenced_table, referenced_column_names "
            "from duckdb_constraints() where schema_name = 'marts' and constraint_type = 'FOREIGN KEY' order by all"
        ).fetchall()
    ]


def proven_references(manifest: Path) -> list[Reference]:
    """Return the references that dbt tests in every build: its ``relationships`` tests that hold for all rows.

    A test with a filter, or one that only warns, proves no foreign key.
    """
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    found = set()
    for node in nodes.values():
        if node["resource_type"] != "test" or (node.get("test_metadata") or {}).get("name") != "relationships":
            continue
        config, arguments = node["config"], node["test_metadata"]["kwargs"]
        parent = _REF.search(arguments["to"])
        if parent and not config.get("where") and str(config.get("severity", "error")).lower() == "error":
            child = nodes[node["attached_node"]]["name"]
            found.add(Reference(child, (node["column_name"],), parent[1], (arguments["field"],)))
    return sorted(found, key=lambda reference: (reference.table, reference.columns, reference.parent))


def held_references(references: Iterable[Reference], tables: Sequence[Table]) -> list[Reference]:
    """Return the references between published tables that name the whole primary key of their parent."""
    keys = {table.name: table.primary_key for table in tables}
    return [
        reference
        for reference in dict.fromkeys(references)
        if reference.table in keys and reference.parent_columns == keys.get(reference.parent)
    ]


def create_table(schema: str, table: Table) -> str:
    """Return the statement that makes an empty table without its keys."""
    columns = ", ".join(
        f"{quoted(column.name)} {column.postgres_type}{'' if column.is_nullable else ' not null'}"
        for column in table.columns
    )
    return f"create table {quoted(schema)}.{quoted(table.name)} ({columns})"


def keys_and_indexes(schema: str, tables: Sequence[Table], references: Sequence[Reference]) -> Iterator[str]:
    """Give the statements that make primary keys, then indexes, then foreign keys, of filled tables."""
    for table in tables:
        if table.primary_key:
            yield f"alter table {quoted(schema)}.{quoted(table.name)} add primary key ({_names(table.primary_key)})"
    for table in tables:
        names = {column.name for column in table.columns}
        wanted = [columns for columns in INDEXES.get(table.name, ()) if names.issuperset(columns)]
        wanted += [reference.columns for reference in references if reference.table == table.name]
        for columns in dict.fromkeys(wanted):
            # The primary key serves what it begins with.
            if table.primary_key[: len(columns)] != columns:
                yield f"create index on {quoted(schema)}.{quoted(table.name)} ({_names(columns)})"
    for reference in references:
        yield (
            f"alter table {quoted(schema)}.{quoted(reference.table)} add foreign key ({_names(reference.columns)}) "
            f"references {quoted(schema)}.{quoted(reference.parent)} ({_names(reference.parent_columns)})"
        )


def comments(schema: str, tables: Sequence[Table]) -> Iterator[str]:
    """Give the statements that describe tables and columns."""
    for table in tables:
        target = f"{quoted(schema)}.{quoted(table.name)}"
        if table.comment is not None:
            yield f"comment on table {target} is {literal(table.comment)}"
        for column in table.columns:
            if column.comment is not None:
                yield f"comment on column {target}.{quoted(column.name)} is {literal(column.comment)}"


def _names(columns: Iterable[str]) -> str:
    return ", ".join(quoted(column) for column in columns)


def quoted(name: str) -> str:
    """Return an identifier of either engine."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text of either engine; PostgreSQL takes no NUL, and reads a backslash as one (the session says so)."""
    return "'" + text.replace("\x00", "�").replace("'", "''") + "'"
