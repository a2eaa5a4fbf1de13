"""Make the folder of a new company."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from ingestion.config.workspace import Workspace

TEMPLATE: Final = Path(__file__).parent / "template"


class WorkspaceExistsError(Exception):
    """The folder already holds something that must not be overwritten."""


def create_workspace(home: Path, dagster_yaml: Path) -> Workspace:
    """Write settings, seeds, inbox and the Dagster instance file into ``home``.

    ``home`` may exist only when it is empty. Folders are for their owner alone (mode 0700): they will hold personal
    data. Raises ``WorkspaceExistsError``.
    """
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise WorkspaceExistsError(f"{home} is not empty; choose a new folder")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    workspace = Workspace(home.resolve())
    shutil.copytree(TEMPLATE, workspace.home, dirs_exist_ok=True, copy_function=shutil.copyfile)
    workspace.home.chmod(0o700)  # copytree gives it the mode of the template
    for folder in (workspace.inbox, workspace.dagster, workspace.published, workspace.build, workspace.logs):
        folder.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(dagster_yaml, workspace.dagster / "dagster.yaml")
    return workspace
