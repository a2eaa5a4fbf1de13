"""Execute the nightly job in this process, with the workspace's own Dagster instance."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import dagster as dg

from ingestion.config.workspace import Workspace
from orchestration.defs.nightly import NIGHTLY
from orchestration.lib.janitor import fail_orphaned_runs
from orchestration.lib.paths import ROOT


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. ``failures`` names steps and checks, never values."""

    run_id: str
    is_success: bool
    seconds: float
    failures: tuple[str, ...]
    log_file: Path

    def as_dict(self) -> dict[str, object]:
        """Return the outcome for a program."""
        return asdict(self)


def execute_nightly(workspace: Workspace, *, as_of: date | None, is_shown: bool = True) -> Outcome:
    """Run the job ``nightly`` on ``workspace``. Steps are shown on standard error while they work."""
    os.environ["PILOTAGE_HOME"] = str(workspace.home)
    os.environ["DAGSTER_HOME"] = str(workspace.dagster)
    for folder in (workspace.dagster, workspace.logs):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    instance_file = workspace.dagster / "dagster.yaml"
    if not instance_file.exists():
        shutil.copyfile(ROOT / "dagster.yaml", instance_file)
    from orchestration.definitions import defs

    job = defs.resolve_job_def(NIGHTLY)
    started = time.monotonic()
    with dg.DagsterInstance.get() as instance:
        fail_orphaned_runs(instance)
        # Frameworks print to standard output; that belongs to results. What matters of it is in the logs.
        with (workspace.logs / "output.txt").open("w", encoding="utf-8") as output, redirect_stdout(output):
            result = job.execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_config={
                    "resources": {
                        "run": {"config": {"home": str(workspace.home), "as_of": as_of.isoformat() if as_of else ""}}
                    },
                    "loggers": {"run_log": {"config": {"directory": str(workspace.logs), "is_shown": is_shown}}},
                },
            )
    return Outcome(
        run_id=result.run_id,
        is_success=result.success,
        seconds=round(time.monotonic() - started, 1),
        failures=tuple(_failures(result)),
        log_file=workspace.logs / f"{result.run_id}.jsonl",
    )


def _failures(result: dg.ExecuteInProcessResult) -> list[str]:
    checks = [
        f"check {check.check_name} on {check.asset_key.to_user_string()}"
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity is dg.AssetCheckSeverity.ERROR
    ]
    steps = [f"step {event.step_key}: {_message(event)}" for event in result.all_events if event.is_step_failure]
    others = [
        f"run: {event.message}" for event in result.all_events if event.event_type is dg.DagsterEventType.RUN_FAILURE
    ]
    return checks + steps if checks or steps else others


def _message(event: dg.DagsterEvent) -> str:
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return " ".join(error.message.split()) if error is not None else (event.message or "failed")
