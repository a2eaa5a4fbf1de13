"""Child process of the parity test: build every model on a local Spark from raw tables in Parquet, and write the marts.

Usage: build_on_spark.py RAW_DIR OUT_DIR VARIABLES_JSON, with PILOTAGE_SPARK_WAREHOUSE set. RAW_DIR and OUT_DIR hold one
folder a schema; RAW_DIR one file ``t_<table>.parquet`` a table, OUT_DIR one folder a table.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"


def main(raw: Path, out: Path, variables: str) -> int:
    warehouse = os.environ["PILOTAGE_SPARK_WAREHOUSE"]
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.sql.warehouse.dir", warehouse)
        .config("spark.hadoop.javax.jdo.option.ConnectionURL", f"jdbc:derby:;databaseName={warehouse}/db;create=true")
        .config("spark.driver.extraJavaOptions", f"-Dderby.system.home={warehouse}")
        .config("spark.driver.memory", "2g")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        # Raw timestamps are naive UTC; in a session that is in UTC this reads them unchanged.
        .config("spark.sql.parquet.inferTimestampNTZ.enabled", "false")
        .enableHiveSupport()
        .getOrCreate()
    )
    for schema in ("staging", "intermediate", "marts"):
        spark.sql(f"create database if not exists {schema}")
    for folder in sorted(raw.iterdir()):
        spark.sql(f"create database if not exists {folder.name}")
        for file in sorted(folder.glob("*.parquet")):
            table = file.stem.removeprefix("t_")
            spark.sql(f"create table {folder.name}.{table} using parquet location '{file}'")
    arguments = ["run", "--target", "spark", "--vars", variables, "--target-path", str(out / "dbt"), "--full-refresh"]
    result = dbtRunner().invoke([*arguments, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)])
    if not result.success:
        return 1
    for table in spark.catalog.listTables("marts"):
        spark.table(f"marts.{table.name}").coalesce(1).write.parquet(str(out / "marts" / table.name))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
