"""Fail the runs that a lost machine left behind, which would block the queue for ever."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import dagster as dg

from ingestion.config.workspace import Workspace
from ingestion.locking import AlreadyRunningError, exclusive_lock
from orchestration.lib.environment import be_quiet_and_private

_UNFINISHED: Final = (
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


def fail_orphaned_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark every run that is recorded as running as failed; return their ids.

    Call it only while nothing runs: at start-up, or with the run lock held or seen free.
    """
    records = instance.get_run_records(dg.RunsFilter(statuses=list(_UNFINISHED)))
    for record in records:
        instance.report_run_failed(record.dagster_run, "The machine or the process was lost while this run worked.")
    return [record.dagster_run.run_id for record in records]


def main() -> None:
    """Clean up the instance of ``DAGSTER_HOME``, unless a run still works on the workspace."""
    be_quiet_and_private()
    home = Path(os.environ["PILOTAGE_HOME"])
    if not Workspace(home.resolve()).settings_file.exists():
        sys.exit(f"there is no workspace in {home}; `make demo` makes one")
    try:
        with exclusive_lock(Workspace(home.resolve()).lock_file), dg.DagsterInstance.get() as instance:
            failed = fail_orphaned_runs(instance)
    except AlreadyRunningError as error:
        print(error, file=sys.stderr)
        return
    if failed:
        print(f"marked {len(failed)} lost run(s) as failed: {', '.join(failed)}", file=sys.stderr)


if __name__ == "__main__":
    main()
