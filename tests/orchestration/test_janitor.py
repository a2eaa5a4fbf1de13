"""What `make dev` does before it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ingestion.config.scaffold import create_workspace
from ingestion.locking import exclusive_lock

ROOT = Path(__file__).resolve().parents[2]


def _start(home: Path, instance: Path) -> subprocess.CompletedProcess[str]:
    instance.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "orchestration.lib.janitor"],
        env={**os.environ, "PILOTAGE_HOME": str(home), "DAGSTER_HOME": str(instance)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_janitor_names_the_missing_workspace_and_makes_no_folder(tmp_path: Path) -> None:
    done = _start(tmp_path / "demo", tmp_path / "dagster")
    assert done.returncode == 1
    assert "make demo" in done.stderr
    assert not (tmp_path / "demo").exists()


def test_janitor_leaves_a_working_run_alone(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "acme", ROOT / "dagster.yaml")
    with exclusive_lock(workspace.lock_file):
        done = _start(workspace.home, tmp_path / "dagster")
    assert done.returncode == 0
    assert str(os.getpid()) in done.stderr
