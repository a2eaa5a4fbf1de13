"""Serve the dashboard: Streamlit with the dashboard's own settings, in the place of this process."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final, NoReturn

from dashboard.lib.source import DSN_VARIABLE, HOME_VARIABLE, SCHEMA_VARIABLE
from ingestion.config.workspace import Workspace
from orchestration.lib.catalogue import checked_configuration
from orchestration.lib.paths import ROOT

APP: Final = ROOT / "dashboard" / "app.py"


class NoPostgresError(Exception):
    """The PostgreSQL copy is asked for and nothing says where it is."""


def serve_dashboard(workspace: Workspace, *, port: int, address: str, is_opened: bool, is_postgres: bool) -> NoReturn:
    """Become the dashboard's server. Raises ``NoPostgresError`` or ``ConfigurationError``.

    ``is_postgres``: read the PostgreSQL copy that ``PILOTAGE_DASHBOARD_DSN`` names, and not the workspace's file.
    """
    environment = environment_of(workspace, is_postgres=is_postgres)
    arguments = command(Path(sys.executable), port=port, address=address, is_opened=is_opened)
    sys.stderr.flush()
    os.execve(arguments[0], arguments, environment)  # noqa: S606 - This interpreter with arguments of this module.


def command(python: Path, *, port: int, address: str, is_opened: bool) -> list[str]:
    """Return the command that serves the dashboard. All other settings stand in ``dashboard/.streamlit``."""
    return [
        str(python),
        "-m",
        "streamlit",
        "run",
        str(APP),
        f"--server.port={port}",
        f"--server.address={address}",
        f"--server.headless={'false' if is_opened else 'true'}",
    ]


def environment_of(workspace: Workspace, *, is_postgres: bool) -> dict[str, str]:
    """Return the environment that tells the dashboard where its figures are.

    Raises ``NoPostgresError``, and ``ConfigurationError`` where the settings must be read and are wrong.
    """
    # The app is started by its path: what it imports lies at the root.
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, HOME_VARIABLE: str(workspace.home), "PYTHONPATH": os.pathsep.join(paths)}
    if not is_postgres:
        environment.pop(DSN_VARIABLE, None)
        return environment
    target = checked_configuration(workspace.home).settings.publication.postgres
    if not environment.get(DSN_VARIABLE):
        # The role that publishes may write: it is not the one to read with.
        where = f"{target.host}:{target.port}/{target.database}" if target else "127.0.0.1:5432/pilotage"
        raise NoPostgresError(
            f"--postgres needs {DSN_VARIABLE}, of a login that may only read, for example postgresql://bi@{where} "
            "(the password in ~/.pgpass)"
        )
    if target and not environment.get(SCHEMA_VARIABLE):
        environment[SCHEMA_VARIABLE] = target.schema_name
    return environment
