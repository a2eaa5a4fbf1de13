"""How the tests of the dbt project make a warehouse and run dbt on it."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from ingestion.config.seeds import DEFAULT_SEEDS, read_seeds
from ingestion.contracts import ENTITIES
from ingestion.sources.files.snapshots import HISTORIES, history_schema
from orchestration.lib.build_plan import BuildPlan, write_parameters
from orchestration.lib.calibration import CALIBRATIONS, PERFORMANCES
from orchestration.lib.customer_value import SCHEMA as CUSTOMER_VALUES
from orchestration.lib.forecast import BACKTEST_SCHEMA, FORECAST_SCHEMA

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
_PARSED = "partial_parse.msgpack"

LOADED_FILES = pa.schema(
    [
        ("source_file_hash", pa.string()),
        ("mapping_name", pa.string()),
        ("entity_name", pa.string()),
        ("source_name", pa.string()),
        ("source_file_name", pa.string()),
        ("source_file_modified_at", pa.timestamp("us")),
        ("count_bytes", pa.int64()),
        ("count_records", pa.int64()),
        ("count_loaded", pa.int64()),
        ("count_quarantined", pa.int64()),
        ("count_filtered", pa.int64()),
        ("max_quarantine_share", pa.float64()),
        ("unmapped_columns", pa.string()),
        ("loaded_at", pa.timestamp("us")),
    ]
)
QUARANTINED_ROWS = pa.schema(
    [
        ("source_file_hash", pa.string()),
        ("mapping_name", pa.string()),
        ("entity_name", pa.string()),
        ("source_name", pa.string()),
        ("source_file_name", pa.string()),
        ("line_number", pa.int64()),
        ("raw_text", pa.string()),
        ("reason_code", pa.string()),
        ("reason", pa.string()),
        ("column_name", pa.string()),
    ]
)
REPORTED_VALUES = pa.schema(
    [
        ("metric_id", pa.string()),
        ("period_grain", pa.string()),
        ("period_start", pa.date32()),
        ("dimension_name", pa.string()),
        ("dimension_value", pa.string()),
        ("basis", pa.string()),
        ("window_days", pa.int64()),
        ("reported_as_of", pa.date32()),
        ("is_complete", pa.bool_()),
        ("numerator", pa.decimal128(18, 4)),
        ("denominator", pa.decimal128(18, 4)),
        ("value", pa.float64()),
        ("metric_version", pa.int64()),
    ]
)
CHECK_RESULTS = pa.schema(
    [
        ("check_id", pa.string()),
        ("run_id", pa.string()),
        ("checked_at", pa.timestamp("us")),
        ("table_name", pa.string()),
        ("column_name", pa.string()),
        ("expectation_type", pa.string()),
        ("outcome", pa.string()),
        ("is_blocking", pa.bool_()),
        ("count_evaluated", pa.int64()),
        ("count_unexpected", pa.int64()),
    ]
)
LOAD_ID = pa.field("_dlt_load_id", pa.string())
LOADS = pa.schema([("load_id", pa.string()), ("schema_name", pa.string()), ("status", pa.int64())])


def raw_tables() -> dict[tuple[str, str], pa.Table]:
    """Empty raw tables by (schema, table), seeds of the template included with their rows."""
    tables = {
        ("raw_files", entity.name): entity.arrow_schema().append(LOAD_ID).empty_table() for entity in ENTITIES.values()
    }
    tables |= {
        ("raw_files", table): history_schema(entity).append(LOAD_ID).empty_table()
        for table, entity in HISTORIES.items()
    }
    tables["raw_files", "loaded_files"] = LOADED_FILES.append(LOAD_ID).empty_table()
    tables["raw_files", "quarantined_rows"] = QUARANTINED_ROWS.append(LOAD_ID).empty_table()
    tables["raw_files", "_dlt_loads"] = LOADS.empty_table()
    tables["raw_quality", "check_results"] = CHECK_RESULTS.empty_table()
    tables["raw_reported", "kpi_values"] = REPORTED_VALUES.empty_table()
    tables["raw_analytics", "customer_values"] = CUSTOMER_VALUES.empty_table()
    tables["raw_analytics", "score_calibrations"] = CALIBRATIONS.empty_table()
    tables["raw_analytics", "score_performances"] = PERFORMANCES.empty_table()
    tables["raw_analytics", "order_forecasts"] = FORECAST_SCHEMA.empty_table()
    tables["raw_analytics", "forecast_backtests"] = BACKTEST_SCHEMA.empty_table()
    tables |= {("raw_workspace", name): table for name, table in read_seeds(DEFAULT_SEEDS).items()}
    return tables


def create_warehouse(path: Path, tables: Mapping[tuple[str, str], pa.Table]) -> None:
    """Create a DuckDB file at ``path`` with ``tables`` by (schema, table)."""
    with duckdb.connect(str(path)) as connection:
        for (schema, name), table in tables.items():
            connection.execute(f"create schema if not exists {schema}")
            connection.register("incoming", table)
            connection.execute(f'create table {schema}."{name}" as select * from incoming')
            connection.unregister("incoming")


_STAGE: Final = Path(tempfile.mkdtemp(prefix="pilotage_dbt_"))
"""Where dbt finds every warehouse of this process: at another path it would parse the whole project anew."""

atexit.register(shutil.rmtree, _STAGE, ignore_errors=True)


def dbt(
    *arguments: str,
    warehouse: Path,
    variables: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    project: Path = PROJECT,
    profiles: Path = PROJECT,
) -> subprocess.CompletedProcess[str]:
    """Run dbt in a process of its own and return what it said; its artifacts go beside ``warehouse``.

    ``as_of`` among the ``variables`` is written into the warehouse, as a nightly run does: as a variable, each day
    would cost a parse of the whole project.
    """
    told = dict(variables or {})
    if "as_of" in told and project == PROJECT:
        _write_day(warehouse, date.fromisoformat(str(told.pop("as_of"))))
        told["has_build_parameters"] = True
    target = warehouse.parent / "target"
    parsed = _STAGE / hashlib.sha256(json.dumps([str(project), str(profiles), told]).encode()).hexdigest()
    if parsed.exists():
        target.mkdir(exist_ok=True)
        shutil.copyfile(parsed, target / _PARSED)
    command: Sequence[str] = (
        str(Path(sys.executable).with_name("dbt")),
        *arguments,
        "--project-dir",
        str(project),
        "--profiles-dir",
        str(profiles),
        "--target-path",
        str(target),
        "--log-path",
        str(warehouse.parent / "logs"),
        "--no-use-colors",
        "--vars",
        json.dumps(told),
    )
    staged = _STAGE / "warehouse.duckdb"
    if warehouse.exists():
        shutil.move(warehouse, staged)
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "PILOTAGE_WAREHOUSE": str(staged), **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        # On Spark there is no file.
        if staged.exists():
            shutil.move(staged, warehouse)
    if (target / _PARSED).exists():
        shutil.copyfile(target / _PARSED, parsed)
    return done


def _write_day(warehouse: Path, day: date) -> None:
    plan = BuildPlan(is_full_refresh=False, restate_from=day - timedelta(days=35), reason="test")
    write_parameters(warehouse, plan, as_of=day)


def dbt_ok(
    *arguments: str,
    warehouse: Path,
    variables: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run dbt, expect success and return its output."""
    result = dbt(*arguments, warehouse=warehouse, variables=variables, environment=environment)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
