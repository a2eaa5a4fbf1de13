"""The record of runs is written without a flush for each event, and outlives the process that writes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy

from orchestration.lib.run_history import relax_run_history

_NORMAL, _FULL = 1, 2

_KILLED_IN_ITS_RUN = """
import os, signal
import dagster as dg
from orchestration.lib.run_history import relax_run_history

relax_run_history()

@dg.asset
def killed():
    os.kill(os.getpid(), signal.SIGKILL)

job = dg.Definitions(assets=[killed], jobs=[dg.define_asset_job("night", executor_def=dg.in_process_executor)])
with dg.DagsterInstance.get() as instance:
    job.resolve_job_def("night").execute_in_process(instance=instance)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "dagster"
    folder.mkdir()
    (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    return folder


def _flushes(file: Path) -> int:
    with sqlalchemy.create_engine(f"sqlite:///{file}").connect() as connection:
        return int(connection.execute(sqlalchemy.text("pragma synchronous")).scalar_one())


def test_only_files_of_the_record_are_relaxed(home: Path, tmp_path: Path) -> None:
    relax_run_history()
    relax_run_history()

    assert _flushes(home / "record.db") == _NORMAL
    assert _flushes(tmp_path / "other.db") == _FULL


def test_a_connection_inside_another_ends_no_transaction_of_it(home: Path) -> None:
    relax_run_history()
    engines = [
        sqlalchemy.create_engine(f"sqlite:///{home / 'record.db'}", poolclass=sqlalchemy.NullPool) for _ in range(2)
    ]
    with engines[0].begin() as outer:
        outer.execute(sqlalchemy.text("create table events (id integer)"))
    with engines[0].begin() as outer:
        outer.execute(sqlalchemy.text("insert into events values (1)"))
        with engines[1].connect() as inner:
            assert inner.execute(sqlalchemy.text("select count(*) from sqlite_master")).scalar_one() == 1
    with engines[1].connect() as after:
        assert after.execute(sqlalchemy.text("select count(*) from events")).scalar_one() == 1


def test_a_killed_run_is_on_record_when_the_next_process_looks(home: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", _KILLED_IN_ITS_RUN], check=False, capture_output=True)
    assert killed.returncode == -9, killed.stderr

    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs()
        kinds = [entry.dagster_event.event_type for entry in instance.all_logs(run.run_id) if entry.dagster_event]

    assert dg.DagsterEventType.STEP_START in kinds
    assert dg.DagsterEventType.STEP_SUCCESS not in kinds
