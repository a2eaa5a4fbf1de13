"""The manifest of the dbt project: parsed once, and never half there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestration.lib import project
from orchestration.lib.paths import DBT_PROJECT_DIR

Parser = Callable[[str], Path]


@pytest.fixture
def parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Parser:
    """Return a function that gives the project a parser of one shell line, and returns the project's target."""
    home = tmp_path / "project"
    home.mkdir()
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(DBT_PROJECT_DIR / name, home)
    monkeypatch.setattr(project, "DBT_PROJECT_DIR", home)

    def make(line: str) -> Path:
        script = tmp_path / "parser"
        script.write_text(f"#!/bin/sh\necho parsed >> {tmp_path}/calls\n{line}\n", encoding="utf-8")
        script.chmod(0o700)
        monkeypatch.setattr(project, "DBT_EXECUTABLE", str(script))
        return home / "target"

    return make


def test_two_that_start_together_parse_once_and_read_a_whole_manifest(parser: Parser, tmp_path: Path) -> None:
    target = parser(
        "printf '{\"nodes\"' > $DBT_TARGET_PATH/manifest.json; sleep 0.5;"
        " printf ': {}}' >> $DBT_TARGET_PATH/manifest.json; touch $DBT_TARGET_PATH/partial_parse.msgpack"
    )

    def read(_: int) -> object:
        return json.loads(project.dbt_project().manifest_path.read_text(encoding="utf-8"))

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(read, range(2))) == [{"nodes": {}}] * 2
    assert (tmp_path / "calls").read_text().splitlines() == ["parsed"]
    assert (target / "partial_parse.msgpack").exists()


def test_parser_that_dies_leaves_no_manifest_behind(parser: Parser) -> None:
    target = parser("printf '{\"nodes\"' > $DBT_TARGET_PATH/manifest.json; echo 'no such ref' >&2; exit 2")
    with pytest.raises(RuntimeError, match="no such ref"):
        project.dbt_project()
    assert [path.name for path in target.iterdir()] == ["parse.lock"]
