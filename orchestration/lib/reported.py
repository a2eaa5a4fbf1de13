"""The log of what was reported: every figure as it was first published, which no rebuild rewrites.

``raw_reported.kpi_values`` is a source of dbt. The build adds to it what is new, in ``marts.kpi_reported_values``;
once that is published, and only then, the new rows are appended here. So a publication that fails logs nothing, and
because the log is read back from the published file, neither a run that dies right after the publication nor a build
database that is lost forgets a figure that somebody may have seen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

_COLUMNS: Final = {
    "metric_id": "varchar not null",
    "period_grain": "varchar not null",
    "period_start": "date not null",
    "dimension_name": "varchar not null",
    "dimension_value": "varchar not null",
    "basis": "varchar not null",
    "window_days": "bigint not null",
    "reported_as_of": "date not null",
    "is_complete": "boolean not null",
    "numerator": "decimal(18, 4)",
    "denominator": "decimal(18, 4)",
    "value": "double not null",
    "metric_version": "bigint not null",
}
_KEY: Final = tuple(_COLUMNS)[:8]


def make_log(warehouse: Path) -> None:
    """Make the log in ``warehouse`` where there is none."""
    declared = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema if not exists raw_reported")
        connection.execute(f"create table if not exists raw_reported.kpi_values ({declared})")


def log_reported(warehouse: Path, published: Path) -> int:
    """Append the figures of the ``published`` database that the log of ``warehouse`` does not hold; return how many.

    Doing it twice changes nothing. Where nothing is published yet, nothing is appended. Raises ``duckdb.Error`` when
    the published database cannot be read.
    """
    make_log(warehouse)
    if not published.exists():
        return 0
    names = ", ".join(_COLUMNS)
    same = " and ".join(f"held.{name} = figure.{name}" for name in _KEY)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("attach ? as live (read_only)", [str(published.resolve())])
        found = connection.execute(
            "select count(*) from duckdb_tables() where database_name = 'live' and schema_name = 'marts' "
            "and table_name = 'kpi_reported_values'"
        ).fetchone()
        if not found or not found[0]:
            return 0
        row = connection.execute(
            f"insert into raw_reported.kpi_values ({names}) "
            f"select {names} from live.marts.kpi_reported_values as figure "
            f"where not exists (select 1 from raw_reported.kpi_values as held where {same})"
        ).fetchone()
    return int(row[0]) if row else 0
