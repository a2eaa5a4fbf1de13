"""The job that rebuilds everything, and when it runs."""

from pathlib import Path
from typing import Final

import dagster as dg

from ingestion.config.settings import Schedule

NIGHTLY: Final = "nightly"


def build_nightly(schedule: Schedule, timezone: str, logs: Path | None) -> dg.Definitions:
    """Return the job over the whole graph and its schedule in the company's zone."""
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
        execution_timezone=timezone,
        run_config={"loggers": {"run_log": {"config": {"directory": str(logs)}}}} if logs else None,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return dg.Definitions(jobs=[job], schedules=[nightly])
