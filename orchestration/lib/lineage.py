"""The lineage picture of the README, drawn from dbt's manifest so that it cannot drift.

``python -m orchestration.lib.lineage`` writes it between its two markers. A test holds it to the models.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from orchestration.lib.paths import ROOT
from orchestration.lib.project import dbt_project

README: Final = ROOT / "README.md"
_START: Final = "<!-- lineage: written by `python -m orchestration.lib.lineage` -->"
_END: Final = "<!-- end of lineage -->"
_LAYERS: Final = ("raw", "staging", "intermediate", "marts", "exposures")


def lineage(manifest: Mapping[str, Any]) -> str:
    """Return the lineage of ``manifest`` as a Mermaid graph: one box for each domain of a layer, with its models."""
    groups: dict[str, tuple[str, str]] = {}
    for name, source in manifest["sources"].items():
        groups[name] = ("raw", source["schema"])
    for name, node in manifest["nodes"].items():
        if node["resource_type"] == "model":
            groups[name] = (node["fqn"][1], node["fqn"][2])
    for name, exposure in manifest["exposures"].items():
        groups[name] = ("exposures", exposure["name"])
    edges = {
        (groups[parent], groups[name])
        for name, node in [*manifest["nodes"].items(), *manifest["exposures"].items()]
        if name in groups
        for parent in node["depends_on"]["nodes"]
        if groups[parent] != groups[name]
    }
    lines = ["```mermaid", "flowchart LR"]
    for layer in _LAYERS:
        lines.append(f"    subgraph {layer}")
        for group in sorted({group for group in groups.values() if group[0] == layer}):
            count = sum(other == group for other in groups.values())
            label = group[1].replace("_", " ") if layer == "exposures" else f"{group[1]} ({count})"
            lines.append(f'        {_identifier(group)}["{label}"]')
        lines.append("    end")
    lines += [f"    {_identifier(start)} --> {_identifier(end)}" for start, end in sorted(_reduced(edges))]
    return "\n".join([*lines, "```"])


def _identifier(group: tuple[str, str]) -> str:
    return f"{group[0]}_{group[1]}"


def _reduced(edges: set[tuple[tuple[str, str], tuple[str, str]]]) -> set[tuple[tuple[str, str], tuple[str, str]]]:
    """Leave out every edge that a longer way implies: what can be reached stays the same."""
    kept = set(edges)
    for edge in sorted(edges):
        others = kept - {edge}
        seen, todo = set(), [edge[0]]
        while todo:
            place = todo.pop()
            if place not in seen:
                seen.add(place)
                todo += [end for start, end in others if start == place]
        if edge[1] in seen:
            kept = others
    return kept


def with_lineage(readme: str, manifest: Mapping[str, Any]) -> str:
    """Return ``readme`` with the picture of ``manifest`` between the markers."""
    block = f"{_START}\n{lineage(manifest)}\n{_END}"
    text, count = re.subn(f"{re.escape(_START)}.*?{re.escape(_END)}", lambda _: block, readme, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"README.md must have the markers of the lineage once, not {count} times")
    return text


def main() -> None:
    """Write the picture into the README."""
    manifest: dict[str, Any] = json.loads(Path(dbt_project().manifest_path).read_text(encoding="utf-8"))
    README.write_text(with_lineage(README.read_text(encoding="utf-8"), manifest), encoding="utf-8")


if __name__ == "__main__":
    main()
