"""What end-to-end tests share."""

from __future__ import annotations

from pathlib import Path

import duckdb


def checksums(database: Path) -> dict[str, tuple[int, int]]:
    """Rows and an order-free hash of each published table, without what names the publication itself."""
    with duckdb.connect(database, read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        return {
            table: connection.execute(
                f'select count(*), coalesce(sum(hash(t)::hugeint), 0) from marts."{table}" as t'
            ).fetchone()
            for (table,) in tables
            if table != "publication"
        }
