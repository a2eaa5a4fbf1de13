"""Assets of the raw schemas. What loads belongs to ``ingestion``; here it only becomes assets of the graph."""

from collections.abc import Iterator
from typing import Final

import dagster as dg
import dlt
from dagster_dlt import DagsterDltTranslator, dlt_assets
from dagster_dlt.translator import DltResourceTranslatorData

from ingestion.config.seeds import SEEDS
from ingestion.loading import (
    FILES_DATASET,
    FILES_PIPELINE,
    FilesLoad,
    ensure_warehouse,
    load_files,
    load_tables,
    make_pipeline,
)
from ingestion.sources.files import files_source
from ingestion.sources.files.report import FileOutcome
from orchestration.lib.run import NightlyRun

RAW_WORKSPACE: Final = "raw_workspace"
INBOX: Final = dg.AssetKey(["inbox", "files"])
SEED_FILES: Final = dg.AssetKey(["inbox", "seeds"])


class RawTranslator(DagsterDltTranslator):
    """Key of a table = schema/table; every table comes from the inbox."""

    def get_asset_spec(self, data: DltResourceTranslatorData) -> dg.AssetSpec:
        """Describe one dlt resource as an asset."""
        spec = super().get_asset_spec(data)
        return spec.replace_attributes(
            key=dg.AssetKey([FILES_DATASET, data.resource.name]), deps=[INBOX], group_name="raw"
        )


def build_ingestion() -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Return the assets of ``raw_workspace`` and ``raw_files``, and what they come from."""
    inbox = dg.AssetSpec(INBOX, description="Files that people and systems drop into inbox/.", group_name="inbox")
    seed_files = dg.AssetSpec(SEED_FILES, description="The workspace's seeds/*.csv.", group_name="inbox")

    @dg.multi_asset(
        name=RAW_WORKSPACE,
        specs=[
            dg.AssetSpec([RAW_WORKSPACE, seed], deps=[SEED_FILES], group_name="raw", kinds={"dlt", "duckdb"})
            for seed in SEEDS
        ],
    )
    def raw_workspace(run: NightlyRun) -> Iterator[dg.MaterializeResult[None]]:
        configuration = run.configuration
        ensure_warehouse(configuration.workspace.warehouse)
        load_tables(
            configuration.workspace,
            configuration.settings.warehouse,
            pipeline_name="workspace",
            dataset_name=RAW_WORKSPACE,
            tables=configuration.seeds,
        )
        for name, table in configuration.seeds.items():
            yield dg.MaterializeResult(asset_key=[RAW_WORKSPACE, name], metadata={"dagster/row_count": table.num_rows})

    # The pipeline here only describes; the one that loads is made for the run's workspace.
    @dlt_assets(
        dlt_source=files_source(),
        dlt_pipeline=dlt.pipeline(pipeline_name=FILES_PIPELINE, dataset_name=FILES_DATASET, destination="duckdb"),
        name=FILES_DATASET,
        dagster_dlt_translator=RawTranslator(),
    )
    def raw_files(context: dg.AssetExecutionContext, run: NightlyRun) -> Iterator[dg.MaterializeResult[None]]:
        # Plain dlt, not dagster-dlt's own run(): that drops the pipeline, and with it a pending package, every time.
        configuration = run.configuration
        workspace, settings = configuration.workspace, configuration.settings
        ensure_warehouse(workspace.warehouse)
        if settings.sources.files is None:
            raise dg.Failure("pilotage.yml: sources.files: no source is configured; add one, there is nothing to load")
        done = load_files(
            make_pipeline(workspace, settings.warehouse),
            settings.sources.files,
            workspace,
            warehouse=settings.warehouse,
            timezone=settings.timezone,
        )
        _report(context, done)
        counts: dict[str, int] = {}
        for file in done.batch.with_outcome(FileOutcome.PREPARED):
            counts[file.entity_name or ""] = counts.get(file.entity_name or "", 0) + file.count_loaded
        for key in context.selected_asset_keys:
            yield dg.MaterializeResult(
                asset_key=key, metadata={"rows_loaded": counts.get(key.path[-1], 0), "load_ids": list(done.load_ids)}
            )

    return [inbox, seed_files, raw_workspace, raw_files]


def _report(context: dg.AssetExecutionContext, done: FilesLoad) -> None:
    for file in done.batch.files:
        line = f"{file.file_name} ({file.mapping_name or 'no mapping'}): {file.outcome.value}"
        if file.outcome is FileOutcome.PREPARED:
            line += (
                f", {file.count_loaded} loaded, {file.count_quarantined} quarantined, {file.count_filtered} filtered"
            )
        if file.unmapped_columns:
            # Their names can be data, where a file has no header: `pilotage sources` shows them.
            line += f"; {len(file.unmapped_columns)} columns not mapped"
        if file.missing_columns:
            line += f"; absent: {', '.join(file.missing_columns)}"
        if file.detail:
            line += f"; {file.detail}"
        is_worth_a_look = file.outcome in (FileOutcome.REFUSED, FileOutcome.UNMATCHED) or file.count_quarantined
        (context.log.warning if is_worth_a_look else context.log.info)(line)
