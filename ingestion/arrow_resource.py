"""dlt resources that yield Arrow tables of a fixed schema: the only kind this product has.

dlt's path for Python rows is about a hundred times slower, and infers types that no one declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import dlt
import pyarrow as pa
from dlt.common.schema.typing import TColumnSchema, TSchemaContract
from dlt.extract import DltResource

CONTRACT: Final[TSchemaContract] = {"tables": "evolve", "columns": "evolve", "data_type": "freeze"}
"""Tables and columns may be added by a release; the type of a column never changes by itself."""


def arrow_resource(
    name: str,
    schema: pa.Schema,
    tables: Callable[[], Iterable[pa.Table]],
    *,
    merge_by: Sequence[str] = (),
    is_unique: bool = False,
    descriptions: Mapping[str, str] | None = None,
) -> DltResource:
    """Return a resource whose table exists, with every column of ``schema``, even when ``tables()`` gives nothing.

    Args:
        name: Name of the resource and of its table.
        schema: Arrow schema of the rows.
        tables: Gives the rows as Arrow tables with that schema; called when dlt extracts.
        merge_by: Columns by which rows replace earlier ones; none: the whole table is replaced.
        is_unique: True where ``merge_by`` tells one row (primary key), False where it tells a group of rows.
        descriptions: Texts of the columns.
    """
    fields = [field.with_nullable(field.name not in merge_by) for field in schema]
    delivered = pa.schema(fields)
    disposition: dict[str, Any] = {"write_disposition": "replace"}
    if merge_by:
        key: Literal["primary_key", "merge_key"] = "primary_key" if is_unique else "merge_key"
        disposition = {
            "write_disposition": {"disposition": "merge", "strategy": "delete-insert"},
            key: list(merge_by),
        }

    def rows() -> Iterator[Any]:
        is_empty = True
        for table in tables():
            is_empty = False
            yield table.cast(delivered)
        if is_empty:
            # dlt's own mark for an empty table would add a NOT NULL ``_dlt_id`` that no Arrow row ever fills.
            yield delivered.empty_table()
        # Arrow keeps what it freed: some 600 MB that the database needs next.
        pa.default_memory_pool().release_unused()

    columns: list[TColumnSchema] = [_column(field, (descriptions or {}).get(field.name)) for field in fields]
    return dlt.resource(rows, name=name, columns=columns, schema_contract=CONTRACT, **disposition)


def _column(field: pa.Field, description: str | None) -> TColumnSchema:
    column: TColumnSchema = {"name": field.name, "nullable": field.nullable}
    if description:
        column["description"] = description
    kind = field.type
    if pa.types.is_string(kind):
        column["data_type"] = "text"
    elif pa.types.is_int64(kind):
        column["data_type"] = "bigint"
    elif pa.types.is_float64(kind):
        column["data_type"] = "double"
    elif pa.types.is_boolean(kind):
        column["data_type"] = "bool"
    elif pa.types.is_date32(kind):
        column["data_type"] = "date"
    elif pa.types.is_decimal(kind):
        column.update({"data_type": "decimal", "precision": kind.precision, "scale": kind.scale})
    elif pa.types.is_timestamp(kind) and kind.tz is None:
        column.update({"data_type": "timestamp", "timezone": False, "precision": 6})
    else:
        raise TypeError(f"{field.name}: no raw table has columns of type {kind}")
    return column
