"""Where the dbt project is, its manifest, and the dbt that runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from dagster_dbt import DbtProject

from orchestration.lib.paths import DBT_PROJECT_DIR

DBT_EXECUTABLE: Final = str(Path(sys.executable).with_name("pilotage-dbt"))
"""Of this very environment, whether or not it is activated; see ``dbt_executable``."""


def dbt_project() -> DbtProject:
    """Return the dbt project, parsed anew when its manifest is missing or older than one of its files."""
    project = DbtProject(project_dir=DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR)
    manifest = project.manifest_path
    newest = max(
        path.stat().st_mtime
        for path in DBT_PROJECT_DIR.rglob("*")
        if path.suffix in {".sql", ".yml", ".csv", ".md"} and "target" not in path.parts
    )
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        where = str(DBT_PROJECT_DIR)
        command = [DBT_EXECUTABLE, "--quiet", "parse", "--project-dir", where, "--profiles-dir", where]
        # The profile wants a database, which parsing never opens.
        environment = {**os.environ, "PILOTAGE_WAREHOUSE": ":memory:"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise RuntimeError(f"dbt cannot parse {DBT_PROJECT_DIR}:\n{done.stdout}{done.stderr}")
    return project
