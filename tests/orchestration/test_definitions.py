"""The graph: one, connected, from file to publication; importable in an empty environment; one job, one schedule."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from orchestration.definitions import build_defs
from orchestration.lib.janitor import fail_orphaned_runs
from orchestration.lib.progress import RunLog

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def graph() -> dg.AssetGraph:
    return build_defs().resolve_asset_graph()


def test_code_location_imports_in_an_empty_environment_and_touches_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, socket, duckdb\n"
        "def refuse(*a, **k): raise AssertionError('opened a connection at import')\n"
        "socket.create_connection = duckdb.connect = refuse\n"
        "import orchestration.definitions as d\n"
        "print(d.defs.resolve_job_def('nightly').name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip().endswith("nightly"), done.stderr[-3000:]
    assert list(tmp_path.iterdir()) == []


def test_graph_is_one_from_file_to_publication(graph: dg.AssetGraph) -> None:
    neighbours = {
        key: set(graph.get(key).parent_keys) | set(graph.get(key).child_keys) for key in graph.get_all_asset_keys()
    }
    seen, todo = set(), [dg.AssetKey(["inbox", "files"])]
    while todo:
        key = todo.pop()
        if key not in seen:
            seen.add(key)
            todo += neighbours[key] - seen
    assert set(neighbours) - seen == set()
    publication = dg.AssetKey(["published", "pilotage"])
    marts = {key for key in neighbours if key.path[0] == "marts"}
    assert graph.get(publication).parent_keys == marts
    assert len(marts) > 20


def test_keys_are_schema_and_table(graph: dg.AssetGraph) -> None:
    schemas = {key.path[0] for key in graph.get_all_asset_keys()}
    assert schemas == {
        "inbox",
        "raw_files",
        "raw_workspace",
        "raw_quality",
        "raw_reported",
        "raw_analytics",
        "staging",
        "intermediate",
        "marts",
        "published",
    }
    assert all(len(key.path) == 2 for key in graph.get_all_asset_keys())


def test_dbt_is_two_steps_and_kpis_come_after_facts() -> None:
    job = build_defs().resolve_job_def("nightly")
    steps = {node.name for node in job.nodes}
    assert {"facts", "kpis", "published__pilotage"} <= steps
    assert sum(step in {"facts", "kpis"} for step in steps) == 2


def test_what_statistics_find_is_read_in_the_second_step_alone(graph: dg.AssetGraph) -> None:
    definitions = [assets for assets in build_defs().assets or [] if isinstance(assets, dg.AssetsDefinition)]
    (second,) = [assets for assets in definitions if assets.is_executable and assets.node_def.name == "kpis"]
    found = {key for key in graph.get_all_asset_keys() if key.path[0] == "raw_analytics"}
    assert {key.path[1] for key in found} >= {"customer_values", "order_forecasts", "forecast_backtests"}
    read_by = {child for key in found for child in graph.get(key).child_keys}
    assert {key.path[1] for key in read_by} >= {f"stg_analytics__{key.path[1]}" for key in found}
    assert read_by <= set(second.keys)
    assert not {parent for key in found for parent in graph.get(key).parent_keys} & set(second.keys)
    assert {dg.AssetKey(["marts", name]) for name in ("fct_order_forecast", "fct_forecast_backtest")} <= set(
        second.keys
    )


def test_every_raw_table_has_a_blocking_check(graph: dg.AssetGraph) -> None:
    from ingestion.contracts import ENTITIES

    checked = {key.asset_key.path[1] for key in graph.asset_check_keys if key.asset_key.path[0] == "raw_files"}
    assert checked == {*ENTITIES, "loaded_files", "quarantined_rows"}
    checks = [spec for definition in build_defs().asset_checks or [] for spec in definition.check_specs]
    assert checks
    assert all(spec.blocking for spec in checks)


def test_schedule_runs_the_same_job_at_half_past_three_in_the_companys_zone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PILOTAGE_HOME", raising=False)
    (schedule,) = build_defs().schedules or []
    assert isinstance(schedule, dg.ScheduleDefinition)
    assert (schedule.cron_schedule, schedule.execution_timezone, schedule.job_name) == (
        "30 3 * * *",
        "Europe/Paris",
        "nightly",
    )


def test_lost_run_is_failed_at_start_up_and_a_finished_one_is_left() -> None:
    @dg.job
    def work() -> None: ...

    with dg.instance_for_test() as instance:
        finished = work.execute_in_process(instance=instance).run_id
        lost = instance.create_run_for_job(work, status=dg.DagsterRunStatus.STARTED).run_id
        assert fail_orphaned_runs(instance) == [lost]
        assert instance.get_run_by_id(lost).status is dg.DagsterRunStatus.FAILURE
        assert instance.get_run_by_id(finished).status is dg.DagsterRunStatus.SUCCESS
        assert fail_orphaned_runs(instance) == []


def test_run_log_writes_steps_and_failed_checks_as_json_and_shows_them(tmp_path: Path) -> None:
    @dg.asset
    def thing() -> None: ...

    @dg.asset_check(asset=thing, blocking=True)
    def sound() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False)

    @dg.logger
    def log(_: dg.InitLoggerContext) -> object:
        import logging

        logger = logging.Logger("t", logging.DEBUG)  # noqa: LOG001
        logger.addHandler(RunLog((tmp_path / "log.jsonl").open("a", buffering=1), (tmp_path / "tty").open("a")))
        return logger

    definitions = dg.Definitions(
        assets=[thing],
        asset_checks=[sound],
        jobs=[dg.define_asset_job("j", executor_def=dg.in_process_executor)],
        loggers={"log": log},
    )
    result = definitions.resolve_job_def("j").execute_in_process(
        raise_on_error=False, run_config={"loggers": {"log": {}}}
    )
    assert not result.success
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert {"event", "timestamp", "step"} <= set(lines[0])
    assert any(line["event"] == "asset_check_evaluation" and not line["passed"] for line in lines)
    shown = (tmp_path / "tty").read_text()
    assert "ok thing" in shown
    assert "FAIL check sound on thing" in shown


def test_instance_file_is_private_to_this_machine_and_silent() -> None:
    import yaml

    content = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    assert content["telemetry"] == {"enabled": False}
    assert content["concurrency"]["runs"]["max_concurrent_runs"] == 1
    assert content["run_monitoring"]["max_runtime_seconds"] > 0
    assert "--host 127.0.0.1" in (ROOT / "Makefile").read_text()


def test_dbt_tells_its_version_without_loading_dbt() -> None:
    from importlib.metadata import version

    from orchestration.lib.project import DBT_EXECUTABLE

    done = subprocess.run(
        [DBT_EXECUTABLE, "--version"],
        env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert version("dbt-core") in done.stdout
    assert "dbt.cli" not in done.stderr
