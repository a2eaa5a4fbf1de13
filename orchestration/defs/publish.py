"""The last assets: the published database and, where it is configured, its copy in PostgreSQL.

The first depends on every mart, so it is reached only when all is built and every blocking check has passed. The copy
comes after it: when PostgreSQL fails, that asset fails, and the published database stays live.
"""

import shutil
from functools import partial
from typing import Final

import dagster as dg
from dagster_dbt import DbtProject

from ingestion.config.settings import Postgres, Settings
from orchestration.lib.build_gate import require_complete_build
from orchestration.lib.build_plan import definitions_fingerprint, record_build
from orchestration.lib.contacts import prepare_contacts
from orchestration.lib.paths import DBT_PROJECT_DIR
from orchestration.lib.postgres import publish_to_postgres
from orchestration.lib.postgres_ddl import proven_references
from orchestration.lib.publish import publish
from orchestration.lib.reported import log_reported
from orchestration.lib.run import NightlyRun

PUBLISHED: Final = dg.AssetKey(["published", "pilotage"])
POSTGRES: Final = dg.AssetKey(["published", "postgres"])


def build_publications(
    project: DbtProject, transform: list[dg.AssetsDefinition], settings: Settings | None
) -> list[dg.AssetsDefinition]:
    """Return the asset that publishes the marts, and that of the copy in PostgreSQL where ``settings`` name one."""
    marts = [key for assets in transform for key in assets.keys if key.path[0] == "marts"]
    target = settings.publication.postgres if settings else None
    copies = [_postgres(project, target)] if target else []
    return [_published(project, marts), *copies]


def _published(project: DbtProject, marts: list[dg.AssetKey]) -> dg.AssetsDefinition:
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


def _postgres(project: DbtProject, target: Postgres) -> dg.AssetsDefinition:
    @dg.asset(
        key=POSTGRES,
        deps=[PUBLISHED],
        group_name="publication",
        kinds={"postgres"},
        description="The same version in PostgreSQL, for BI tools: swapped in at once, with keys, comments and a "
        "role that only reads.",
    )
    def postgres(context: dg.AssetExecutionContext, run: NightlyRun) -> dg.MaterializeResult[None]:
        workspace = run.configuration.workspace
        version = publish_to_postgres(
            workspace.published_database,
            target,
            workspace.home,
            references=proven_references(project.manifest_path),
        )
        for table, count in version.nul_values.items():
            context.log.warning("%s: %s texts held a NUL, which PostgreSQL has not; U+FFFD stands there", table, count)
        if version.kept:
            context.log.warning("in use, dropped by the next publication: %s", ", ".join(version.kept))
        return dg.MaterializeResult(
            metadata={
                "version": version.version,
                "schema": version.schema,
                "rows": version.count_rows,
                "foreign_keys": version.count_foreign_keys,
                "seconds_copy": version.seconds_copy,
                "seconds_verify": version.seconds_verify,
                "seconds_wait": version.seconds_wait,
            }
        )

    return postgres
