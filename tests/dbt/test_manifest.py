"""The rules of the dbt project that its manifest can prove: layers, grain, contracts, names, documentation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.config.seeds import SEEDS
from ingestion.contracts import ENTITIES
from ingestion.sources.files.snapshots import HISTORIES
from orchestration.defs.transform import KPI_SELECTION
from orchestration.lib.lineage import README, lineage, with_lineage

Manifest = dict[str, Any]

READS = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate"},
    # Facts and dimensions never read what prepares the KPIs.
    "marts": {"intermediate", "marts"},
    # A KPI is the count of its facts, so what prepares the KPIs reads the facts; only KPIs read it.
    "kpi preparation": {"staging", "intermediate", "marts", "kpi preparation"},
    "kpi": {"intermediate", "marts", "kpi preparation", "kpi"},
}
VERSIONS = {
    "stg_files__company_versions": "companies",
    "stg_files__discovery_answer_versions": "discovery_answers",
    "stg_files__milestone_versions": "milestones",
    "stg_files__person_versions": "persons",
}
"""Staging models beside that of a raw table that keep every version, and that table."""
NAMES = {
    "staging": r"stg_(files|workspace|reported|quality|analytics)__[a-z_]+",
    "intermediate": r"int_[a-z]+__[a-z_]+",
    "marts": r"(dim|fct|kpi)_[a-z_]+",
}
TYPES = {"string", "bigint", "double", "boolean", "date", "timestamp", "decimal(18,4)"}


def _models(manifest: Manifest) -> list[dict[str, Any]]:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(models) > 80
    return models


def _layer(manifest: Manifest, unique_id: str) -> str:
    if unique_id.startswith("source."):
        return "source"
    _, layer, domain, *_ = manifest["nodes"][unique_id]["fqn"]
    return {("intermediate", "kpi"): "kpi preparation", ("marts", "kpi"): "kpi"}.get((layer, domain), str(layer))


def _marts(manifest: Manifest) -> list[dict[str, Any]]:
    marts = [model for model in _models(manifest) if model["fqn"][1] == "marts"]
    assert len(marts) >= 20
    return marts


def test_models_read_the_layers_they_may_read(manifest: Manifest) -> None:
    wrong = [
        (model["name"], parent)
        for model in _models(manifest)
        for parent in model["depends_on"]["nodes"]
        if _layer(manifest, parent) not in READS[_layer(manifest, model["unique_id"])]
    ]
    assert wrong == []


def test_models_are_named_after_their_layer_and_stand_in_its_schema(manifest: Manifest) -> None:
    wrong = [
        model["name"]
        for model in _models(manifest)
        if model["schema"] != model["fqn"][1] or not re.fullmatch(NAMES[model["fqn"][1]], model["name"])
    ]
    assert wrong == []


def test_staging_has_one_model_per_raw_table(manifest: Manifest) -> None:
    expected = {f"stg_files__{name}" for name in (*ENTITIES, *HISTORIES)} | {f"stg_workspace__{name}" for name in SEEDS}
    expected |= {"stg_files__quarantined_rows", "stg_quality__check_results", "stg_reported__kpi_values"}
    expected |= {
        f"stg_analytics__{name}"
        for name in (
            "customer_values",
            "score_calibrations",
            "score_performances",
            "order_forecasts",
            "forecast_backtests",
        )
    }
    expected |= set(VERSIONS)
    assert {model["name"] for model in _models(manifest) if model["fqn"][1] == "staging"} == expected


def test_staging_model_reads_its_raw_table_and_the_loads_alone(manifest: Manifest) -> None:
    for model in _models(manifest):
        if model["fqn"][1] == "staging":
            sources = {parent.split(".", 2)[2] for parent in model["depends_on"]["nodes"]}
            _, origin, table = re.fullmatch(r"(stg)_([a-z]+)__([a-z_]+)", model["name"]).groups()
            table = VERSIONS.get(model["name"], table)
            assert f"raw_{origin}.{table}" in sources
            assert sources <= {f"raw_{origin}.{table}", "raw_files._dlt_loads"}


def test_every_source_has_the_asset_key_of_its_table(manifest: Manifest) -> None:
    for source in manifest["sources"].values():
        assert source["config"]["meta"]["dagster"]["asset_key"] == [source["schema"], source["name"]]


def test_every_model_says_its_grain(manifest: Manifest) -> None:
    wrong = [model["name"] for model in _models(manifest) if "One row per " not in model["description"]]
    assert wrong == []


def test_every_model_has_a_yml_of_its_own_beside_it(manifest: Manifest) -> None:
    wrong = [
        model["name"]
        for model in _models(manifest)
        if model["patch_path"] != f"pilotage://{model['original_file_path'].removesuffix('.sql')}.yml"
    ]
    assert wrong == []


def test_every_mart_has_an_enforced_contract_with_described_columns(manifest: Manifest) -> None:
    for mart in _marts(manifest):
        assert mart["contract"]["enforced"], mart["name"]
        for name, column in mart["columns"].items():
            assert column["data_type"] in TYPES, (mart["name"], name)
            assert column["description"].strip(), (mart["name"], name)


def test_key_columns_of_a_mart_stand_first_and_are_constrained(manifest: Manifest) -> None:
    for mart in _marts(manifest):
        columns = list(mart["columns"])
        of_columns = [
            name
            for name, column in mart["columns"].items()
            if any(constraint["type"] == "primary_key" for constraint in column["constraints"])
        ]
        of_model = [
            name
            for constraint in mart["constraints"]
            if constraint["type"] == "primary_key"
            for name in constraint["columns"]
        ]
        key = of_columns or of_model
        assert key, mart["name"]
        assert columns[: len(key)] == key, mart["name"]
        for name in key:
            kinds = {constraint["type"] for constraint in mart["columns"][name]["constraints"]}
            assert "not_null" in kinds, (mart["name"], name)


def test_no_mart_carries_personal_data(manifest: Manifest) -> None:
    personal = {column.name for entity in ENTITIES.values() for column in entity.columns if column.is_personal}
    for mart in _marts(manifest):
        assert not personal & set(mart["columns"]), mart["name"]
        for name, column in mart["columns"].items():
            assert "personal_data" not in column["config"]["tags"], (mart["name"], name)


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_personal_columns_are_tagged_in_staging(manifest: Manifest, entity: Any) -> None:
    columns = manifest["nodes"][f"model.pilotage.stg_files__{entity.name}"]["columns"]
    tagged = {name for name, column in columns.items() if "personal_data" in column["config"]["tags"]}
    assert tagged == {column.name for column in entity.columns if column.is_personal}


def test_every_mart_and_every_lifecycle_loyalty_and_kpi_model_has_unit_tests(manifest: Manifest) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    wanted = {
        model["name"]
        for model in _models(manifest)
        if model["fqn"][1] == "marts"
        or model["fqn"][1:3] in (["intermediate", domain] for domain in ("kpi", "lifecycle", "loyalty", "scoring"))
    }
    assert len(wanted) > 100
    # The list of metrics has no input; its texts are held by the pages that are printed from it.
    assert wanted - tested == {"int_kpi__metrics"}


def test_every_data_test_is_a_check_of_an_asset_of_the_step_that_runs_it(manifest: Manifest) -> None:
    # A test runs in the step of the last model that it reads; Dagster knows it only if its asset is of that step.
    folders = tuple(f"{selected.removeprefix('path:')}/" for selected in KPI_SELECTION.split())
    of_kpis = {m["name"]: m["original_file_path"].startswith(folders) for m in _models(manifest)}
    assert set(of_kpis.values()) == {True, False}
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    assert len(tests) > 150
    wrong = []
    for test in tests:
        names = {parent.split(".")[2] for parent in test["depends_on"]["nodes"] if parent.startswith("model.")}
        checked = (
            test["attached_node"].split(".")[2]
            if test.get("attached_node")
            else test["config"]["meta"]["dagster"]["ref"]["name"]
        )
        if checked not in names or of_kpis[checked] != any(of_kpis[name] for name in names):
            wrong.append((test["name"], checked))
    assert wrong == []


def test_engine_differences_stay_in_the_engine_macros(manifest: Manifest) -> None:
    forbidden = re.compile(r"\bqualify\b|::|\blist_\w+\(|group by all|\bregexp_matches\b|\bdate_diff\b|\bepoch\b")
    wrong = [model["name"] for model in _models(manifest) if forbidden.search(model["raw_code"].lower())]
    assert wrong == []


def test_every_column_of_every_model_is_described(manifest: Manifest, empty_built_warehouse: Path) -> None:
    with duckdb.connect(str(empty_built_warehouse), read_only=True) as connection:
        built = dict(
            connection.execute(
                "select schema_name || '.' || table_name, list(column_name) from duckdb_columns() group by all"
            ).fetchall()
        )
    wrong = {}
    for model in _models(manifest):
        described = {name for name, column in model["columns"].items() if column["description"].strip()}
        if difference := set(built[f"{model['schema']}.{model['name']}"]) ^ described:
            wrong[model["name"]] = sorted(difference)
    assert wrong == {}


def test_every_mart_is_exposed_and_every_exposure_and_metric_is_described(manifest: Manifest) -> None:
    exposed = set(manifest["exposures"]["exposure.pilotage.published_database"]["depends_on"]["nodes"])
    assert exposed == {mart["unique_id"] for mart in _marts(manifest)}
    for kind in ("exposures", "metrics", "semantic_models"):
        assert manifest[kind], kind
        assert [name for name, node in manifest[kind].items() if not (node["description"] or "").strip()] == []


def test_lineage_of_the_readme_is_that_of_the_models(manifest: Manifest) -> None:
    readme = README.read_text(encoding="utf-8")
    assert with_lineage(readme, manifest) == readme, "run python -m orchestration.lib.lineage"
    with pytest.raises(ValueError, match="markers"):
        with_lineage("no picture", manifest)


def test_lineage_leaves_out_what_a_longer_way_implies() -> None:
    def model(layer: str, domain: str, *parents: str) -> dict[str, Any]:
        return {"resource_type": "model", "fqn": ["pilotage", layer, domain], "depends_on": {"nodes": list(parents)}}

    picture = lineage(
        {
            "sources": {"s": {"schema": "raw_files"}},
            "nodes": {
                "a": model("staging", "files", "s"),
                "b": model("intermediate", "web", "a"),
                "c": model("marts", "core", "a", "b"),
                "d": model("marts", "core", "c"),
            },
            "exposures": {"e": {"name": "a_board", "depends_on": {"nodes": ["c", "d"]}}},
        }
    )
    assert [line.strip() for line in picture.splitlines() if "-->" in line] == [
        "intermediate_web --> marts_core",
        "marts_core --> exposures_a_board",
        "raw_raw_files --> staging_files",
        "staging_files --> intermediate_web",
    ]
    assert 'marts_core["core (2)"]' in picture
