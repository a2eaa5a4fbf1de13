"""The published data: the file that is live, or the PostgreSQL copy of it, behind one DuckDB connection.

Pages ask ``Data.rows`` with SQL on the schema ``marts``. The file is opened through ``connect_published`` only, by the
path of its version and not by the symlink: DuckDB keys open files by their path. From PostgreSQL the tables that the
pages need are fetched once a version into memory, so that the same SQL serves both. Nothing here knows Streamlit.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from ingestion.config.workspace import Workspace
from orchestration.lib.publish import connect_published

STALE_AFTER: Final = timedelta(hours=26)
"""A night runs once a day; after this one is missing."""

HOME_VARIABLE: Final = "PILOTAGE_HOME"
DSN_VARIABLE: Final = "PILOTAGE_DASHBOARD_DSN"
SCHEMA_VARIABLE: Final = "PILOTAGE_DASHBOARD_SCHEMA"

TABLES: Final[dict[str, str]] = {
    "dim_campaigns": "",
    "dim_companies": "",
    "dim_dates": "",
    "dim_milestones": "",
    "dim_owners": "",
    "dim_stages": "",
    "fct_customer_value": "",
    "fct_forecast_backtest": "",
    "fct_lead_missing_questions": "is_script_question",
    "fct_lead_score_contributions": "lead_score_id in (select lead_score_id from {schema}.fct_lead_scores "
    "where is_leading)",
    "fct_lead_scores": "is_leading",
    "fct_order_forecast": "",
    "fct_score_calibration": "",
    "fct_score_performance": "",
    "kpi_catalog": "",
    "kpi_commercial_dashboard": "",
    "kpi_data_quality": "",
    "kpi_funnel": "",
    "kpi_milestone_effects": "",
    "kpi_next_actions": "",
    "kpi_reconciliation": "",
    "kpi_stage_performance": "",
    "kpi_values": "period_grain not in ('day', 'week')",
    "publication": "",
}
"""What is fetched from PostgreSQL, and which rows of it (``{schema}`` is set in); add here what a page reads."""

_DECIMAL: Final = "decimal(18, 4)"
"""The type of every decimal number of a published table."""

_ATTEMPTS: Final = 3
_TAIL_BYTES: Final = 65_536
_ENDS: Final = {"pipeline_success", "pipeline_failure", "pipeline_canceled"}
_SILENT_FOR: Final = timedelta(hours=1)
"""A run that has said nothing for so long is not working any more."""


class NothingPublishedError(Exception):
    """There is no published data yet; the message says where it was looked for."""


class SourceError(Exception):
    """The published data cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Publication:
    """The row of ``publication``. ``published_at`` is naive UTC."""

    version: str
    as_of: date
    published_at: datetime
    run_id: str


@dataclass(frozen=True, slots=True)
class Data:
    """One published version, open for reading. Threads may share it."""

    identity: str
    """Tells versions and companies apart; what is remembered of a query is remembered under it."""

    publication: Publication
    connection: duckdb.DuckDBPyConnection = field(repr=False)

    def rows(self, sql: str, **parameters: object) -> list[dict[str, Any]]:
        """Return the result of ``sql`` as one dictionary a row; ``$name`` in the SQL is a keyword argument."""
        # A cursor a query: a DuckDB connection serves one thread at a time.
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def live_file(workspace: Workspace) -> Path:
    """Return the path of the live version. Raises ``NothingPublishedError``."""
    link = workspace.published_database
    if not link.exists():
        raise NothingPublishedError(str(workspace.home))
    return link.resolve()


def open_file(workspace: Workspace) -> Data:
    """Open the live version of ``workspace``. Raises ``NothingPublishedError`` or ``SourceError``."""
    for _ in range(_ATTEMPTS):
        path = live_file(workspace)
        try:
            connection = connect_published(path)
        except (FileNotFoundError, duckdb.IOException) as error:
            if live_file(workspace) != path:
                # A newer version went live and this one was pruned in between.
                continue
            raise SourceError(f"{path} cannot be opened: {error}; see `pilotage doctor`") from error
        return Data(str(path), _publication(connection, str(path)), connection)
    raise SourceError(f"{workspace.published} changes faster than it can be opened; try again")


def postgres_version(dsn: str, schema: str) -> str:
    """Return the version that PostgreSQL holds now. Raises ``NothingPublishedError`` or ``SourceError``."""
    return str(_fetch(dsn, {"publication": f'select version from "{schema}".publication'})["publication"][0][0].as_py())


def open_postgres(dsn: str, schema: str) -> Data:
    """Fetch the tables of ``TABLES`` over ADBC, in one transaction, into memory.

    Raises ``NothingPublishedError`` or ``SourceError``; neither message carries the DSN, which may hold a password.
    """
    name = f'"{schema}"'
    queries = {
        table: f'select * from {name}."{table}"' + (f" where {condition.format(schema=name)}" if condition else "")
        for table, condition in TABLES.items()
    }
    connection = duckdb.connect(config={"memory_limit": "1GB", "threads": "2"})
    connection.execute("create schema marts")
    for table, arrow in _fetch(dsn, queries).items():
        connection.register("arrived", arrow)
        columns = ", ".join(map(_column, arrow.schema))
        connection.execute(f'create table marts."{table}" as select {columns} from arrived')
        connection.unregister("arrived")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    publication = _publication(connection, "PostgreSQL")
    return Data(f"postgres:{publication.version}", publication, connection)


def _column(field: pa.Field) -> str:
    """Return the expression of an arrived column: PostgreSQL's decimal numbers arrive as text."""
    name = '"' + str(field.name).replace('"', '""') + '"'
    is_decimal = getattr(field.type, "type_name", None) == "numeric"
    return f"cast({name} as {_DECIMAL}) as {name}" if is_decimal else name


def _fetch(dsn: str, queries: Mapping[str, str]) -> dict[str, Any]:
    """Return the Arrow tables of ``queries``, all of one moment."""
    from adbc_driver_manager import Error
    from adbc_driver_postgresql import dbapi

    try:
        with dbapi.connect(dsn) as connection, connection.cursor() as cursor:
            # A publication swaps the schema in one transaction: either all old or all new.
            cursor.execute("set transaction isolation level repeatable read, read only")
            found = {}
            for table, query in queries.items():
                cursor.execute(query)
                found[table] = cursor.fetch_arrow_table()
            return found
    except Error as error:
        message = " ".join(str(error).split())
        if "does not exist" in message:
            raise NothingPublishedError("PostgreSQL") from error
        raise SourceError(f"PostgreSQL cannot be read ({type(error).__name__}): check {DSN_VARIABLE}") from error


def _publication(connection: duckdb.DuckDBPyConnection, where: str) -> Publication:
    row = connection.execute("select version, as_of, published_at, run_id from marts.publication").fetchone()
    if row is None:
        raise SourceError(f"{where} does not say what it is: marts.publication is empty; publish again")
    version, as_of, published_at, run_id = row
    # PostgreSQL may give the time with a zone.
    moment = published_at.astimezone(UTC).replace(tzinfo=None) if published_at.tzinfo else published_at
    return Publication(str(version), as_of, moment, str(run_id))


@dataclass(frozen=True, slots=True)
class LastRun:
    """How the newest run ended. ``ended_at`` is naive UTC: of a run that was killed the last time it wrote."""

    run_id: str
    is_success: bool
    ended_at: datetime


def last_run(logs: Path, *, now: datetime) -> LastRun | None:
    """Return the end of the newest run in the folder of logs; None where no run has ended.

    ``now`` is naive UTC. A run that still works is passed over: the one before it is the last.
    """
    files = [(path.stat().st_mtime, path) for path in logs.glob("*.jsonl")] if logs.is_dir() else []
    for written, path in sorted(files, reverse=True):
        end = _end(path)
        if end is not None:
            return end
        silent_since = datetime.fromtimestamp(written, UTC).replace(tzinfo=None)
        if now - silent_since > _SILENT_FOR:
            return LastRun(path.stem, is_success=False, ended_at=silent_since)
    return None


def _end(log: Path) -> LastRun | None:
    with log.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    for line in reversed(lines):
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            # The first line of the tail may be cut.
            continue
        if entry.get("event") in _ENDS:
            ended_at = datetime.fromisoformat(entry["timestamp"]).astimezone(UTC).replace(tzinfo=None)
            return LastRun(log.stem, entry["event"] == "pipeline_success", ended_at)
    return None
