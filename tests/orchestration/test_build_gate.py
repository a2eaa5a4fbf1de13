"""Nothing is published unless dbt did all of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.lib.build_gate import IncompleteBuildError, require_complete_build


def _write(tmp_path: Path, results: dict[str, dict[str, str]]) -> tuple[Path, list[Path]]:
    manifest = tmp_path / "manifest.json"
    kinds = {"model.a": "model", "model.k": "model", "test.a": "test", "analysis.x": "analysis"}
    manifest.write_text(json.dumps({"nodes": {name: {"resource_type": kind} for name, kind in kinds.items()}}))
    folders = []
    for step, statuses in results.items():
        folder = tmp_path / step
        folder.mkdir()
        rows = [{"unique_id": name, "status": status} for name, status in statuses.items()]
        (folder / "run_results.json").write_text(json.dumps({"results": rows}))
        folders.append(folder)
    return manifest, folders


def test_complete_build_passes(tmp_path: Path) -> None:
    manifest, folders = _write(
        tmp_path,
        {"facts": {"model.a": "success", "test.a": "pass"}, "kpis": {"model.k": "success", "exposure.board": "no-op"}},
    )
    assert require_complete_build(manifest, folders) == 3


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"model.a": "success"}, "not run: test.a"),
        ({"model.a": "success", "test.a": "fail"}, "failed: test.a"),
        ({"model.a": "skipped", "test.a": "skipped"}, "failed: model.a, test.a"),
        ({}, "not run: model.a, test.a"),
    ],
)
def test_missing_failed_or_skipped_nodes_are_named(tmp_path: Path, facts: dict[str, str], message: str) -> None:
    manifest, folders = _write(tmp_path, {"facts": facts, "kpis": {"model.k": "success"}})
    with pytest.raises(IncompleteBuildError, match=message):
        require_complete_build(manifest, folders)


def test_killed_dbt_leaves_no_results_and_is_refused(tmp_path: Path) -> None:
    manifest, folders = _write(tmp_path, {"facts": {"model.a": "success", "test.a": "pass"}})
    with pytest.raises(IncompleteBuildError, match="left no results in kpis"):
        require_complete_build(manifest, [*folders, tmp_path / "kpis"])
