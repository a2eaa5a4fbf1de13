"""The reference pages of the public interface, written from the product itself so that they cannot drift.

``python -m orchestration.lib.reference DATABASE`` writes docs/workspace.md (settings and seeds) and, from a published
DATABASE of the demo company, docs/interface.md (published tables) and docs/metrics.md (the catalogue of the metrics).
Tests hold the pages to the product.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from ingestion.config.seeds import SEEDS
from ingestion.config.settings import Settings
from ingestion.contracts import ENTITIES
from orchestration.lib.paths import ROOT

DOCS: Final = ROOT / "docs"
_NOTE: Final = "<!-- Written by `python -m orchestration.lib.reference`; do not edit. -->"


def workspace_page() -> str:
    """Return docs/workspace.md: every setting with type and default, every seed, every entity that files map to."""
    schema = Settings.model_json_schema()
    lines = [
        "# The workspace",
        _NOTE,
        "",
        "A workspace is the folder of one company. `pilotage init DIR` makes one.",
        "",
        "## Settings: `pilotage.yml`",
        "",
        "| key | type | default | meaning |",
        "|---|---|---|---|",
        *_settings(schema, schema, ""),
        "",
        "## Seeds: `seeds/*.csv`",
        "",
        "UTF-8, commas, ISO dates. `stages` and `milestones` are every company's own.",
        "Any other file that is left out is the product's.",
        "",
        "| file | columns (may be empty in italics) | key |",
        "|---|---|---|",
    ]
    for seed in SEEDS.values():
        columns = ", ".join(f"*{name}*" if name in seed.optional else name for name in seed.columns)
        lines.append(f"| `{seed.file_name}` | {columns} | {', '.join(seed.key)} |")
    lines += ["", "## Entities that files are mapped to", ""]
    for entity in ENTITIES.values():
        lines += [f"### `{entity.name}`", "", f"{entity.description} {entity.grain}", ""]
        lines += ["| column | type | required | meaning |", "|---|---|---|---|"]
        for column in entity.columns:
            is_derived = entity.derives_key and column.name in entity.key
            required = "derived if absent" if is_derived else "yes" if column.required else ""
            lines.append(f"| `{column.name}` | {column.type} | {required} | {column.description} |")
        lines.append("")
    return _page(lines)


def _page(lines: Sequence[str]) -> str:
    """Join the lines of a page; what looks like HTML in a text, and would vanish in a browser, is written out."""
    page = "\n".join(lines).rstrip() + "\n"
    return re.sub(r"(`[^`]*`)|<(?!!--)", lambda found: found[1] or "&lt;", page)


def _settings(schema: Mapping[str, Any], node: Mapping[str, Any], prefix: str) -> Iterator[str]:
    required = set(node.get("required", ()))
    for name, given in node["properties"].items():
        definition = _resolve(schema, given)
        if "properties" in definition:
            yield from _settings(schema, definition, f"{prefix}{name}.")
            continue
        items = _resolve(schema, definition.get("items", {}))
        if "properties" in items:
            yield from _settings(schema, items, f"{prefix}{name}[].")
            continue
        value = given.get("default")
        default = "required" if name in required else "none" if value is None else f"`{value!r}`"
        meaning = given.get("description", "").replace("|", "\\|").replace("\n", " ")
        yield f"| `{prefix}{name}` | {_kind(schema, definition)} | {default} | {meaning} |"


def _resolve(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    options = [option for option in node.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        node = {**options[0], **{key: value for key, value in node.items() if key != "anyOf"}}
    if "$ref" in node:
        found: Mapping[str, Any] = schema["$defs"][node["$ref"].rpartition("/")[2]]
        return found
    return node


def _kind(schema: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    if "properties" in node:
        return "column name, or `{" + ", ".join(node["properties"]) + "}`"
    if "enum" in node:
        return ", ".join(str(value) for value in node["enum"])
    if node.get("type") == "array":
        return f"list of {_kind(schema, _resolve(schema, node['items']))}"
    if node.get("type") == "object":
        return f"text -> {_kind(schema, _resolve(schema, node['additionalProperties']))}"
    return str(node.get("format") or node["type"])


def interface_page(database: Path) -> str:
    """Return docs/interface.md: every published table with its key and columns, and every metric."""
    with duckdb.connect(database, read_only=True) as connection:
        tables = connection.execute(
            "select table_name, coalesce(comment, '') from duckdb_tables() where schema_name = 'marts' order by all"
        ).fetchall()
        columns = connection.execute(
            """
            select table_name, column_name, data_type, coalesce(comment, '')
            from duckdb_columns() where schema_name = 'marts' order by table_name, column_index
            """
        ).fetchall()
        keys = dict(
            connection.execute(
                """
                select table_name, array_to_string(constraint_column_names, ', ')
                from duckdb_constraints()
                where schema_name = 'marts' and constraint_type = 'PRIMARY KEY'
                """
            ).fetchall()
        )
        metrics = connection.execute(
            "select metric_id, label_en, label_fr, unit, direction, formula from marts.kpi_catalog order by metric_id"
        ).fetchall()
    lines = [
        "# The public interface: published tables and metrics",
        _NOTE,
        "",
        "Schema `marts` of `published/pilotage.duckdb`.",
        "Changing a line here is a breaking change, with an entry in CHANGELOG.md.",
        "",
        "## Metrics",
        "",
        "| metric_id | English | French | unit | direction | formula |",
        "|---|---|---|---|---|---|",
        *("| " + " | ".join(str(part).replace("|", "\\|") for part in metric) + " |" for metric in metrics),
    ]
    for table, comment in tables:
        lines += ["", f"## `{table}`", "", comment.strip(), "", f"Key: {keys.get(table, 'none')}.", ""]
        lines += ["| column | type | meaning |", "|---|---|---|"]
        lines += [
            f"| `{name}` | {kind} | {' '.join(text.split())} |" for owner, name, kind, text in columns if owner == table
        ]
    return _page(lines)


def metrics_page(database: Path) -> str:
    """Return docs/metrics.md: the catalogue of the metrics by what they are useful for, with bases and dimensions."""
    with duckdb.connect(database, read_only=True) as connection:
        metrics = connection.execute(
            """
            select
                catalog.useful_for_en, catalog.useful_for_fr, catalog.metric_id, catalog.label_en, catalog.label_fr,
                catalog.formula, catalog.formula_fr, catalog.objective_en, catalog.unit,
                catalog.metric_grain, catalog.owner, catalog.version, published.bases, published.dimensions
            from marts.kpi_catalog as catalog
            left join (
                select
                    metric_id,
                    array_to_string(list(distinct basis order by basis desc), ', ') as bases,
                    array_to_string(list(distinct dimension_name order by dimension_name), ', ') as dimensions
                from marts.kpi_values
                group by metric_id
            ) as published using (metric_id)
            order by catalog.useful_for_en, catalog.metric_id
            """
        ).fetchall()
    lines = [
        "# The metrics",
        _NOTE,
        "",
        "What `marts.kpi_catalog` says. [How the numbers are defined](definitions.md) explains bases and intervals.",
    ]
    last = ""
    for useful_en, useful_fr, metric_id, label_en, label_fr, formula, formula_fr, *others in metrics:
        if useful_en != last:
            lines += ["", f"## Useful to: {useful_en[:1].lower()}{useful_en[1:]}", "", f"*{useful_fr}*"]
            last = useful_en
        objective, unit, grain, owner, version, bases, dimensions = others
        lines += [
            "",
            f"### `{metric_id}`",
            "",
            f"**{label_en}** · {label_fr}",
            "",
            f"{formula}.",
            "",
            f"*{formula_fr}.*",
            "",
            f"{objective} · unit: {unit} · of each {grain} · owner: {owner} · version {version}",
            "",
            f"Bases: {bases or 'none'}. Dimensions: {dimensions or 'none'}.",
        ]
    return _page(lines)


def main() -> None:
    """Write the pages."""
    (DOCS / "metrics.md").write_text(metrics_page(Path(sys.argv[1])), encoding="utf-8")
    (DOCS / "workspace.md").write_text(workspace_page(), encoding="utf-8")
    (DOCS / "interface.md").write_text(interface_page(Path(sys.argv[1])), encoding="utf-8")


if __name__ == "__main__":
    main()
