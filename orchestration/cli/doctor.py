"""Look at everything a run needs and everything it left, and say what to do where something is wrong."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import duckdb
from rich.console import Console

from ingestion.config.errors import ConfigurationError
from ingestion.config.workspace import Workspace
from ingestion.locking import AlreadyRunningError, exclusive_lock
from orchestration.lib.catalogue import checked_configuration
from orchestration.lib.environment import QUIET
from orchestration.lib.publish import connect_published

_LEAST_FREE_BYTES: Final = 2_000_000_000
_STALE_AFTER: Final = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``remedy`` is empty where all is well."""

    subject: str
    is_fine: bool
    detail: str
    remedy: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return the finding for a program."""
        return asdict(self)


def examine(workspace: Workspace, *, now: datetime) -> list[Finding]:
    """Return one finding or more for each subject, in the order in which to mend them."""
    subjects: list[Callable[[Workspace], list[Finding]]] = [
        _python,
        _configuration,
        _disk,
        _lock,
        _warehouse,
        lambda where: _published(where, now),
        _telemetry,
    ]
    return [finding for subject in subjects for finding in subject(workspace)]


def _python(_: Workspace) -> list[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    return [Finding("python", True, f"Python {version}, DuckDB {duckdb.__version__}")]


def _configuration(workspace: Workspace) -> list[Finding]:
    try:
        configuration = checked_configuration(workspace.home)
    except ConfigurationError as error:
        return [
            Finding(
                "configuration",
                False,
                f"{problem.file}: {problem.key} {problem.value}".strip(),
                problem.remedy,
            )
            for problem in error.problems
        ]
    files = configuration.settings.sources.files
    return [
        Finding(
            "configuration",
            True,
            f"{len(files.mappings) if files else 0} mappings, {len(configuration.seeds)} seeds",
        )
    ]


def _disk(workspace: Workspace) -> list[Finding]:
    existing = next(path for path in (workspace.home, *workspace.home.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    detail = f"{free / 1e9:.1f} GB free on the disk of {existing}"
    if free < _LEAST_FREE_BYTES:
        return [Finding("disk", False, detail, "free at least 2 GB: a build needs three times its size")]
    return [Finding("disk", True, detail)]


def _lock(workspace: Workspace) -> list[Finding]:
    if not workspace.home.is_dir():
        return []
    try:
        with exclusive_lock(workspace.lock_file):
            return [Finding("lock", True, "no run works")]
    except AlreadyRunningError as error:
        return [Finding("lock", True, f"a run works: {error}")]


def _warehouse(workspace: Workspace) -> list[Finding]:
    path = workspace.warehouse
    if not path.exists():
        return [Finding("build database", True, "not built yet; `pilotage run` builds it")]
    try:
        with duckdb.connect(path, read_only=True) as connection:
            count = _scan(connection)
    except duckdb.Error as error:
        remedy = f"if a run works, wait for it; else move {path} away and run again: raw is loaded anew from inbox/"
        return [Finding("build database", False, _first_line(error), remedy)]
    return [Finding("build database", True, f"opens, {count} tables read in full")]


def _published(workspace: Workspace, now: datetime) -> list[Finding]:
    link = workspace.published_database
    if not link.exists():
        return [Finding("published database", False, "there is none", "`pilotage run` publishes one")]
    try:
        with connect_published(link) as connection:
            count = _scan(connection)
            row = connection.execute("select published_at, as_of from marts.publication").fetchone()
    except duckdb.Error as error:
        remedy = f"point {link} to an earlier version beside it, or run again"
        return [Finding("published database", False, _first_line(error), remedy)]
    if row is None:
        return [Finding("published database", False, "does not say when it was published", "run again")]
    published_at, as_of = row
    age = now.astimezone(UTC).replace(tzinfo=None) - published_at
    detail = f"{count} tables read in full; published {published_at:%Y-%m-%d %H:%M} UTC, as of {as_of}"
    if age > _STALE_AFTER:
        return [Finding("published database", False, detail, "older than 26 hours: look at the last log in logs/")]
    return [Finding("published database", True, detail)]


def _telemetry(_: Workspace) -> list[Finding]:
    return [Finding("telemetry", True, f"off: {', '.join(QUIET)}")]


def _scan(connection: duckdb.DuckDBPyConnection) -> int:
    """Read every block of every table, so that damage shows; return the number of tables."""
    tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
    for schema, table in tables:
        connection.execute(f'select count(hash(t)) from "{schema}"."{table}" as t').fetchall()
    return len(tables)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def render_findings(findings: list[Finding], console: Console) -> None:
    """Print one line a finding, and what to do below it."""
    for finding in findings:
        mark = "[green]ok  [/]" if finding.is_fine else "[bold red]FAIL[/]"
        console.print(f"{mark} {finding.subject}: {finding.detail}", highlight=False, soft_wrap=True)
        if finding.remedy:
            console.print(f"     -> {finding.remedy}", highlight=False, soft_wrap=True)
