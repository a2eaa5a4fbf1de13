"""The dbt models as assets, in two steps: up to the facts, and the KPIs.

Python assets that read facts and are read by KPIs stand between them.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from typing import Any, Final

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets

from orchestration.lib.build_gate import failed_nodes
from orchestration.lib.build_plan import definitions_fingerprint, plan_build, write_parameters
from orchestration.lib.dbt_variables import dbt_variables
from orchestration.lib.paths import DBT_PROJECT_DIR
from orchestration.lib.reported import log_reported, make_log
from orchestration.lib.run import NightlyRun

KPI_SELECTION: Final = " ".join(
    f"path:models/{folder}"
    for folder in (
        "staging/analytics",
        "intermediate/loyalty",
        "intermediate/outlook",
        "intermediate/calibration",
        "marts/loyalty",
        "marts/forecast",
        "marts/calibration",
        "intermediate/kpi",
        "marts/kpi",
    )
)
"""What is built from what Python assets have made of the facts."""
_NO_UNIT_TESTS: Final = "resource_type:unit_test"
_PARSED: Final = "partial_parse.msgpack"


class WarehouseTranslator(DagsterDbtTranslator):
    """Key of a model = schema/table; grouped by layer."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the layer of the model."""
        return str(dbt_resource_props["fqn"][1]) if len(dbt_resource_props["fqn"]) > 2 else None


def build_transform(project: DbtProject) -> list[dg.AssetsDefinition]:
    """Return the two dbt assets of ``project``."""
    translator = WarehouseTranslator(settings=DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        exclude=f"{KPI_SELECTION} {_NO_UNIT_TESTS}",
        dagster_dbt_translator=translator,
        name="facts",
    )
    def facts(context: dg.AssetExecutionContext, dbt: DbtCliResource, run: NightlyRun) -> Iterator[Any]:
        yield from _build(context, dbt, run, step="facts")

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        select=KPI_SELECTION,
        exclude=_NO_UNIT_TESTS,
        dagster_dbt_translator=translator,
        name="kpis",
    )
    def kpis(context: dg.AssetExecutionContext, dbt: DbtCliResource, run: NightlyRun) -> Iterator[Any]:
        yield from _build(context, dbt, run, step="kpis")

    return [facts, kpis]


def _build(context: dg.AssetExecutionContext, dbt: DbtCliResource, run: NightlyRun, *, step: str) -> Iterator[Any]:
    configuration = run.configuration
    settings, workspace = configuration.settings, configuration.workspace
    plan = plan_build(
        workspace.warehouse,
        as_of=run.day,
        restate_days=settings.warehouse.restate_days,
        timezone=settings.timezone,
        fingerprint=definitions_fingerprint(settings, configuration.seeds, DBT_PROJECT_DIR),
    )
    context.log.info("dbt %s: full %s, from %s (%s)", step, plan.is_full_refresh, plan.restate_from, plan.reason)
    write_parameters(workspace.warehouse, plan, as_of=run.day)
    make_log(workspace.warehouse)
    try:
        # What a run that died right after its publication could not log any more.
        log_reported(workspace.warehouse, workspace.published_database)
    except duckdb.Error as error:
        # A damaged file must not keep the next one from being published.
        context.log.warning("the published database cannot be read, so its figures are not in the log: %s", error)
    variables = dbt_variables(settings) | {"has_build_parameters": True}
    # dbt's own log at its default level costs a fifth of its time; what failed stands at level info.
    arguments = ["--log-level-file", "info", "build", "--vars", json.dumps(variables)]
    if plan.is_full_refresh:
        arguments.append("--full-refresh")
    artifacts = workspace.dbt_target / context.run_id / step
    artifacts.mkdir(parents=True, mode=0o700)
    # What dbt parsed last night holds as long as neither models nor settings change, and saves half of its start.
    parsed = workspace.dbt_target / _PARSED
    if parsed.exists():
        shutil.copyfile(parsed, artifacts / _PARSED)
    invocation = dbt.cli(arguments, context=context, target_path=artifacts, raise_on_error=False)
    yield from invocation.stream()
    if not invocation.is_successful():
        failed = "; ".join(failed_nodes(artifacts)) or "before any node ran"
        raise dg.Failure(f"dbt {step} failed: {failed}; log: {artifacts}")
    shutil.copyfile(artifacts / _PARSED, parsed)
