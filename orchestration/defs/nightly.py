"""The job that rebuilds everything, and when it runs."""

from typing import Final

import dagster as dg

from ingestion.config.settings import Schedule, Settings
from ingestion.config.workspace import Workspace

NIGHTLY: Final = "nightly"


def build_nightly(settings: Settings | None, workspace: Workspace | None) -> dg.Definitions:
    """Return the job over the whole graph and its schedule in the company's zone."""
    schedule = settings.schedule if settings else Schedule()
    job = dg.define_asset_job(
        NIGHTLY,
        selection=dg.AssetSelection.all(),
        description="Load, check, build, publish: everything, in one process, by one writer.",
        executor_def=dg.in_process_executor,
        tags={"dagster/max_runtime": str(schedule.max_runtime_minutes * 60)},
    )
    nightly = dg.ScheduleDefinition(
        name=NIGHTLY,
        job=job,
        cron_schedule=schedule.cron,
        execution_timezone=settings.timezone if settings else "Europe/Paris",
        run_config={"loggers": {"run_log": {"config": {"directory": str(workspace.logs)}}}} if workspace else None,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return dg.Definitions(jobs=[job], schedules=[nightly])
