"""The last asset: the published database.

It depends on every mart, so it is reached only when all is built and every blocking check has passed.
"""

import shutil
from functools import partial
from typing import Final

import dagster as dg
from dagster_dbt import DbtProject

from orchestration.lib.build_gate import require_complete_build
from orchestration.lib.build_plan import definitions_fingerprint, record_build
from orchestration.lib.contacts import prepare_contacts
from orchestration.lib.paths import DBT_PROJECT_DIR
from orchestration.lib.publish import publish
from orchestration.lib.reported import log_reported
from orchestration.lib.run import NightlyRun

PUBLISHED: Final = dg.AssetKey(["published", "pilotage"])


def build_publication(project: DbtProject, marts: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """Return the asset that publishes ``marts``."""

    @dg.asset(
        key=PUBLISHED,
        deps=marts,
        group_name="publication",
        kinds={"duckdb"},
        description="The marts-only database that people and BI tools read, flipped in at once.",
    )
    def published(context: dg.AssetExecutionContext, run: NightlyRun) -> dg.MaterializeResult[None]:
        configuration = run.configuration
        settings, workspace = configuration.settings, configuration.workspace
        artifacts = workspace.dbt_target / context.run_id
        require_complete_build(project.manifest_path, [artifacts / "facts", artifacts / "kpis"])
        record_build(
            workspace.warehouse,
            build_id=context.run_id,
            as_of=run.day,
            fingerprint=definitions_fingerprint(settings, configuration.seeds, DBT_PROJECT_DIR),
        )
        version = publish(
            workspace.warehouse,
            workspace.published,
            run_id=context.run_id,
            as_of=run.day,
            keep=settings.publication.keep_versions,
            tables=[mart.path[-1] for mart in marts],
            memory_limit=settings.warehouse.memory_limit,
            alongside=partial(
                prepare_contacts,
                workspace.warehouse,
                workspace.contacts,
                memory_limit=settings.warehouse.memory_limit,
            ),
        )
        log_reported(workspace.warehouse, workspace.published_database)
        for earlier in workspace.dbt_target.iterdir():
            if earlier.is_dir() and earlier.name != context.run_id:
                shutil.rmtree(earlier, ignore_errors=True)
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(version.path),
                "as_of": run.day.isoformat(),
                "bytes": version.count_bytes,
            }
        )

    return published
