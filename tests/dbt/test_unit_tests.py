"""dbt's unit tests, which the nightly build leaves out, run on a scratch database in which no table has a row."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.dbt.support import dbt


def test_dbt_unit_tests_hold(empty_built_warehouse: Path, tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copy(empty_built_warehouse, warehouse)
    done = dbt("test", "--select", "test_type:unit", warehouse=warehouse)
    results = json.loads((tmp_path / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    results = [result for result in results if result["unique_id"].startswith("unit_test.")]
    failed = {result["unique_id"]: result["message"] for result in results if result["status"] != "pass"}
    assert failed == {}
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(results) >= 90
