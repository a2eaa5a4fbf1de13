"""The pages of the public interface say what the product has."""

from __future__ import annotations

import re
from pathlib import Path

from orchestration.cli.main import app
from orchestration.lib.reference import workspace_page

ROOT = Path(__file__).resolve().parents[2]


def test_workspace_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "workspace.md").read_text(encoding="utf-8") == workspace_page(), (
        "run python -m orchestration.lib.reference demo/published/pilotage.duckdb"
    )


def test_readme_names_every_command_and_its_links_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"pilotage {name}" in readme, name
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_readme_tree_is_that_of_the_repository() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^([a-z_]+)/ ", readme, flags=re.MULTILINE))
    folders = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and any(path.rglob("*.[pms][ydq]*"))
    }
    assert named <= folders
    assert {"ingestion", "dbt_project", "orchestration", "tests", "docs", "benchmarks", "examples"} <= named
