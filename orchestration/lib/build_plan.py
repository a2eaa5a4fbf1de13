"""How much a night has to rebuild, so that an incremental build equals a full one.

The event models redo every business date from ``restate_from`` on. That date reaches back over the restate window and
over every event that was loaded, or became visible, since the last build. When the definitions changed, or the build
goes back in time, everything is rebuilt.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from ingestion.config.settings import Settings
from ingestion.sources.files.sql import mapping_fingerprint
from orchestration.lib.scored_persons import prepare_memory, remember_scored

EVENT_TABLES: Final = ("raw_files.web_events", "raw_files.email_events")
_BUILDS: Final = "raw_quality.builds"


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What the next build does. ``restate_from`` and the last load that was seen hold for an incremental build."""

    is_full_refresh: bool
    restate_from: date
    reason: str
    last_load_id: str = ""


def last_complete_day(timezone: str, now: datetime | None = None) -> date:
    """Return the last calendar day that has ended in ``timezone``; never "minus 24 hours", which a DST night breaks."""
    moment = now or datetime.now(UTC)
    return moment.astimezone(ZoneInfo(timezone)).date() - timedelta(days=1)


def end_of_day_utc(day: date, timezone: str) -> datetime:
    """Return the first instant after ``day`` in ``timezone``, as naive UTC."""
    midnight = datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(timezone))
    return midnight.astimezone(UTC).replace(tzinfo=None)


def definitions_fingerprint(settings: Settings, seeds: Mapping[str, pa.Table], project: Path) -> str:
    """Return a hash of everything that gives old events another meaning: method, zone, seeds, mappings, models."""
    digest = hashlib.sha256()
    digest.update(settings.method.model_dump_json().encode())
    digest.update(json.dumps([settings.timezone, settings.currency_code, settings.fiscal_year_start_month]).encode())
    files = settings.sources.files
    for mapping in files.mappings if files else ():
        # A corrected mapping replaces rows of raw: what was made of the old ones must be redone too.
        digest.update(mapping_fingerprint(mapping))
    for name in sorted(seeds):
        digest.update(name.encode() + seeds[name].to_string(preview_cols=0).encode())
        digest.update(json.dumps(seeds[name].to_pydict(), default=str).encode())
    for path in _model_files(project):
        digest.update(path.relative_to(project).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _model_files(project: Path) -> Iterable[Path]:
    return sorted(
        path
        for folder in ("models", "macros", "seeds")
        for path in (project / folder).rglob("*")
        if path.suffix in {".sql", ".csv"}
    )


def plan_build(warehouse: Path, *, as_of: date, restate_days: int, timezone: str, fingerprint: str) -> BuildPlan:
    """Decide what the build at ``as_of`` has to redo, from the last finished build and from what was loaded since."""
    window = as_of - timedelta(days=restate_days)
    with duckdb.connect(warehouse, read_only=True) as connection:
        if not _exists(connection, _BUILDS):
            return BuildPlan(True, window, "first build")
        last = connection.execute(
            f"select as_of, last_load_id, fingerprint from {_BUILDS} order by finished_at desc, build_id limit 1"
        ).fetchone()
        if last is None:
            return BuildPlan(True, window, "first build")
        last_as_of, last_load_id, last_fingerprint = last
        if last_fingerprint != fingerprint:
            return BuildPlan(True, window, "settings, seeds or models changed")
        if last_as_of > as_of:
            return BuildPlan(True, window, f"goes back from {last_as_of} to {as_of}")
        visible_from = end_of_day_utc(last_as_of, timezone)
        earliest = [
            row[0]
            for table in EVENT_TABLES
            if _exists(connection, table)
            and (
                row := connection.execute(
                    f"select min(occurred_at)::date from {table} where _dlt_load_id > ?"
                    " or greatest(occurred_at, coalesce(recorded_at, occurred_at)) >= ?",
                    [last_load_id, visible_from],
                ).fetchone()
            )
            is not None
            and row[0] is not None
        ]
    # One day of margin covers every difference between the UTC date and the business date.
    restate_from = min([window, *(day - timedelta(days=1) for day in earliest)])
    return BuildPlan(False, restate_from, "restate window and newly loaded events", last_load_id)


def write_parameters(warehouse: Path, plan: BuildPlan, *, as_of: date) -> None:
    """Write the day of the build, the first date to redo and the last load seen to ``raw_quality.build_parameters``."""
    with duckdb.connect(warehouse) as connection:
        connection.execute("create schema if not exists raw_quality")
        connection.execute(
            "create or replace table raw_quality.build_parameters as"
            " select $as_of::date as as_of, $restate_from::date as restate_from, $last_load_id as last_load_id",
            {"as_of": as_of, "restate_from": plan.restate_from, "last_load_id": plan.last_load_id},
        )
        prepare_memory(connection, is_full_refresh=plan.is_full_refresh)
        if plan.is_full_refresh and _exists(connection, _BUILDS):
            # Until this build is finished, nothing that was built before it may be continued.
            connection.execute(f"delete from {_BUILDS}")


def record_build(warehouse: Path, *, build_id: str, as_of: date, fingerprint: str) -> None:
    """Remember a finished build, the last load that it has seen and whom it has scored."""
    with duckdb.connect(warehouse) as connection:
        connection.execute("begin")
        connection.execute("create schema if not exists raw_quality")
        connection.execute(
            f"create table if not exists {_BUILDS} (build_id varchar, as_of date, last_load_id varchar,"
            " fingerprint varchar, finished_at timestamp)"
        )
        loads = connection.execute("select max(load_id) from raw_files._dlt_loads where status = 0").fetchone()
        connection.execute(
            f"insert into {_BUILDS} values (?, ?, ?, ?, ?)",
            [
                build_id,
                as_of,
                (loads[0] if loads else None) or "",
                fingerprint,
                datetime.now(UTC).replace(tzinfo=None),
            ],
        )
        remember_scored(connection)
        connection.execute("commit")


def _exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    schema, name = table.split(".")
    row = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = ? and table_name = ?", [schema, name]
    ).fetchone()
    return row is not None and row[0] > 0
