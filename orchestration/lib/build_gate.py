"""Proof that dbt did all it had to: a typo in a selection or a stale result must never look like success."""

from __future__ import annotations

import json
from pathlib import Path

_BUILT = ("model", "seed", "test", "snapshot")
_GOOD = {"success", "pass", "warn"}


class IncompleteBuildError(Exception):
    """A node of the project was not built, not tested, or failed."""


def require_complete_build(manifest: Path, artifacts: list[Path]) -> int:
    """Check that every node of ``manifest`` has a good result in one of the ``artifacts`` folders.

    Returns the number of nodes. Raises ``IncompleteBuildError`` that names what is missing or failed.
    """
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    expected = {name for name, node in nodes.items() if node["resource_type"] in _BUILT}
    results: dict[str, str] = {}
    for folder in artifacts:
        file = folder / "run_results.json"
        if not file.exists():
            raise IncompleteBuildError(f"dbt left no results in {folder.name}: it did not run or was killed")
        for result in json.loads(file.read_text(encoding="utf-8"))["results"]:
            # dbt lists the exposures too, of which there is nothing to build.
            if not result["unique_id"].startswith("exposure."):
                results[result["unique_id"]] = result["status"]
    missing = sorted(expected - set(results))
    failed = sorted(name for name, status in results.items() if status not in _GOOD)
    if missing or failed:
        raise IncompleteBuildError(f"not run: {', '.join(missing) or 'none'}; failed: {', '.join(failed) or 'none'}")
    return len(expected)


def failed_nodes(artifacts: Path) -> list[str]:
    """Name the nodes that failed in the last dbt step, with the number of failing rows of a test; never a value."""
    file = artifacts / "run_results.json"
    if not file.exists():
        return []
    return [
        f"{result['unique_id']} {result['status']}"
        + (f" ({result['failures']} rows)" if result.get("failures") else "")
        for result in json.loads(file.read_text(encoding="utf-8"))["results"]
        if result["status"] in {"error", "fail", "runtime error"}
    ]
