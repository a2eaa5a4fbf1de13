"""Where the dbt project is, its manifest, and the dbt that runs it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from dagster_dbt import DbtProject

from orchestration.lib.paths import DBT_PROJECT_DIR

DBT_EXECUTABLE: Final = str(Path(sys.executable).with_name("pilotage-dbt"))
"""Of this very environment, whether or not it is activated; see ``dbt_executable``."""


def dbt_project() -> DbtProject:
    """Return the dbt project, parsed anew when its manifest is missing or older than one of its files.

    Two processes that start together parse once, and no process ever reads half a manifest: it is written beside, by
    whoever holds the lock, and moved into its place.
    """
    project = DbtProject(project_dir=DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR)
    manifest = project.manifest_path
    if _is_stale(manifest):
        manifest.parent.mkdir(exist_ok=True)
        with (manifest.parent / "parse.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _is_stale(manifest):
                _parse(manifest)
    return project


def _is_stale(manifest: Path) -> bool:
    newest = max(
        path.stat().st_mtime
        for path in DBT_PROJECT_DIR.rglob("*")
        if path.suffix in {".sql", ".yml", ".csv", ".md"} and "target" not in path.parts
    )
    return not manifest.exists() or manifest.stat().st_mtime < newest


def _parse(manifest: Path) -> None:
    target, where = manifest.parent, str(DBT_PROJECT_DIR)
    with tempfile.TemporaryDirectory(dir=target, prefix="parse_") as folder:
        for parsed in target.glob("partial_parse.msgpack"):
            # What has not changed need not be parsed again.
            shutil.copy(parsed, folder)
        command = [DBT_EXECUTABLE, "--quiet", "parse", "--project-dir", where, "--profiles-dir", where]
        # The profile wants a database, which parsing never opens.
        environment = {**os.environ, "PILOTAGE_WAREHOUSE": ":memory:", "DBT_TARGET_PATH": folder}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise RuntimeError(f"dbt cannot parse {DBT_PROJECT_DIR}:\n{done.stdout}{done.stderr}")
        # The manifest last: it says that the others are there.
        for path in sorted(Path(folder).iterdir(), key=lambda path: path.name == manifest.name):
            path.replace(target / path.name)
