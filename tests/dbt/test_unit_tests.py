"""dbt's unit tests, which the nightly build leaves out, run on a scratch database in which no table has a row."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import yaml

from tests.dbt.support import PROJECT, dbt


def _assert_unit_tests_hold(empty_built_warehouse: Path, folder: Path, profiles: Path) -> None:
    warehouse = folder / "warehouse.duckdb"
    shutil.copy(empty_built_warehouse, warehouse)
    done = dbt("test", "--select", "test_type:unit", warehouse=warehouse, profiles=profiles)
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    results = [result for result in results if result["unique_id"].startswith("unit_test.")]
    failed = {result["unique_id"]: result["message"] for result in results if result["status"] != "pass"}
    assert failed == {}
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(results) >= 90


def test_dbt_unit_tests_hold(empty_built_warehouse: Path, tmp_path: Path) -> None:
    _assert_unit_tests_hold(empty_built_warehouse, tmp_path, PROJECT)


def test_dbt_unit_tests_hold_when_missing_values_sort_first_as_on_spark(
    empty_built_warehouse: Path, tmp_path: Path
) -> None:
    profiles = yaml.safe_load((PROJECT / "profiles.yml").read_text(encoding="utf-8"))
    profiles["pilotage"]["outputs"]["duckdb"]["settings"]["default_null_order"] = "nulls_first_on_asc_last_on_desc"
    (tmp_path / "profiles.yml").write_text(yaml.safe_dump(profiles), encoding="utf-8")
    _assert_unit_tests_hold(empty_built_warehouse, tmp_path, tmp_path)
