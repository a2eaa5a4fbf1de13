"""The command that serves the dashboard: where it listens, what it tells the app, and what it refuses."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingestion.config.scaffold import create_workspace
from ingestion.config.workspace import Workspace
from orchestration.cli.serve import APP, NoPostgresError, command, environment_of
from orchestration.lib.paths import ROOT

POSTGRES = """
publication:
  postgres:
    host: db.example.com
    database: pilotage
    user: publisher
    schema: shown
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name in ("PILOTAGE_DASHBOARD_DSN", "PILOTAGE_DASHBOARD_SCHEMA"):
        monkeypatch.delenv(name, raising=False)
    return create_workspace(tmp_path / "acme", ROOT / "dagster.yaml")


def test_server_gets_port_and_address_and_opens_no_browser_where_none_is_wanted() -> None:
    given = command(Path("/python"), port=9000, address="127.0.0.1", is_opened=False)
    assert given[:5] == ["/python", "-m", "streamlit", "run", str(APP)]
    assert {"--server.port=9000", "--server.address=127.0.0.1", "--server.headless=true"} <= set(given)
    assert "--server.headless=false" in command(Path("/python"), port=1, address="x", is_opened=True)


def test_settings_beside_the_app_keep_it_on_this_machine_and_send_nothing() -> None:
    settings = tomllib.loads((APP.parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["client"]["showErrorDetails"] == "none"
    # A stand-alone text in a module must not be taken for something to show.
    assert settings["runner"]["magicEnabled"] is False


def test_app_reads_the_file_of_the_workspace_even_where_a_dsn_lies_about(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTAGE_DASHBOARD_DSN", "postgresql://bi@elsewhere/x")
    given = environment_of(workspace, is_postgres=False)
    assert given["PILOTAGE_HOME"] == str(workspace.home)
    assert "PILOTAGE_DASHBOARD_DSN" not in given
    assert given["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)


def test_postgres_needs_a_login_that_may_only_read(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoPostgresError, match=r"PILOTAGE_DASHBOARD_DSN.*127\.0\.0\.1:5432/pilotage"):
        environment_of(workspace, is_postgres=True)
    monkeypatch.setenv("PILOTAGE_DASHBOARD_DSN", "postgresql://bi@db.example.com/pilotage")
    given = environment_of(workspace, is_postgres=True)
    assert given["PILOTAGE_DASHBOARD_DSN"] == "postgresql://bi@db.example.com/pilotage"
    assert "PILOTAGE_DASHBOARD_SCHEMA" not in given


def test_postgres_is_read_in_the_schema_of_the_settings(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    text = workspace.settings_file.read_text(encoding="utf-8")
    kept = "\n".join(line for line in text.splitlines() if not line.startswith(("publication:", "  keep_versions:")))
    workspace.settings_file.write_text(kept + POSTGRES, encoding="utf-8")
    with pytest.raises(NoPostgresError, match=r"db\.example\.com:5432/pilotage"):
        environment_of(workspace, is_postgres=True)
    monkeypatch.setenv("PILOTAGE_DASHBOARD_DSN", "postgresql://bi@db.example.com/pilotage")
    assert environment_of(workspace, is_postgres=True)["PILOTAGE_DASHBOARD_SCHEMA"] == "shown"


def test_command_says_how_it_is_used_and_refuses_postgres_without_a_login(
    pilotage: Callable[..., Any], workspace: Workspace
) -> None:
    told = pilotage("serve", "--help")
    assert told.code == 0
    assert "Example: pilotage serve --home acme --port 8501" in told.out
    missing = pilotage("serve", "--home", str(workspace.home / "nowhere"))
    assert missing.code == 2
    assert "pilotage init" in missing.err
    refused = pilotage("serve", "--home", str(workspace.home), "--postgres")
    assert refused.code == 2
    assert "PILOTAGE_DASHBOARD_DSN" in refused.err
