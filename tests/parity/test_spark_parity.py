"""The same models give the same marts on DuckDB and on Spark, row by row."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from ingestion.config.load import load_configuration
from orchestration.lib.dbt_variables import dbt_variables

# Spark starts a job for each of some 250 models: minutes on an idle machine, more on a busy one.
pytestmark = [pytest.mark.spark, pytest.mark.timeout(1800)]
END = date(2026, 6, 30)


def _export_raw(warehouse: Path, target: Path) -> int:
    with duckdb.connect(warehouse, read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name "
            "in ('raw_files', 'raw_workspace', 'raw_reported', 'raw_quality', 'raw_analytics')"
        ).fetchall()
        for schema, table in tables:
            (target / schema).mkdir(parents=True, exist_ok=True)
            # Spark ignores files whose name starts with an underscore, as _dlt_loads does.
            connection.execute(f"""copy {schema}."{table}" to '{target / schema}/t_{table}.parquet' (format parquet)""")
    return len(tables)


def _comparable(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """Select every column of ``relation`` by name; doubles to nine digits, for engines add in another order."""
    columns = connection.execute(f"select column_name, column_type from (describe {relation})").fetchall()
    shown = [
        f'round("{name}", 9) + 0.0 as "{name}"'
        if kind == "DOUBLE"
        else f'cast("{name}" as timestamp) as "{name}"'
        if kind.startswith("TIMESTAMP")
        else f'"{name}"'
        for name, kind in sorted(columns)
    ]
    return f"select {', '.join(shown)} from ({relation})"


def test_marts_on_spark_equal_those_on_duckdb_row_by_row(tmp_path: Path, pilotage: Callable) -> None:
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("needs Java 17 for a local Spark")
    home = tmp_path / "home"
    result = pilotage("demo", "--home", str(home), "--scale", "0.05", "--months", "14", "--end", END.isoformat())
    assert result.code == 0, result.err[-4000:]
    configuration = load_configuration(home)
    raw, out, spark_warehouse = tmp_path / "raw", tmp_path / "out", tmp_path / "spark"
    assert _export_raw(configuration.workspace.warehouse, raw) > 25
    out.mkdir()
    spark_warehouse.mkdir()
    variables = dbt_variables(configuration.settings) | {"as_of": END.isoformat()}
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("build_on_spark.py"), raw, out, json.dumps(variables)],
        env={**os.environ, "PILOTAGE_SPARK_WAREHOUSE": str(spark_warehouse), "SPARK_LOCAL_IP": "127.0.0.1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    with duckdb.connect(home / "published" / "pilotage.duckdb", read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        marts = {
            row[0]
            for row in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts' and table_name <> 'publication'"
            ).fetchall()
        }
        assert marts == {path.name for path in (out / "marts").iterdir()}
        differences = {}
        for mart in sorted(marts):
            ours = _comparable(connection, f"select * from marts.{mart}")
            theirs = _comparable(connection, f"select * from read_parquet('{out}/marts/{mart}/*.parquet')")
            missing, added, rows = connection.execute(
                f"select (select count(*) from ({ours} except all {theirs})),"
                f" (select count(*) from ({theirs} except all {ours})), (select count(*) from marts.{mart})"
            ).fetchone()
            if missing or added:
                differences[mart] = (missing, added, rows)
        assert differences == {}
        assert connection.execute("select count(*) from marts.kpi_values").fetchone()[0] > 500
