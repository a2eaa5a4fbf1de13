"""Some models of a company, loaded and built as the night does it, without its checks, data tests and publication."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb

from ingestion.loading import ensure_warehouse, load_files, load_tables, make_pipeline
from orchestration.lib.build_plan import definitions_fingerprint, plan_build, write_parameters
from orchestration.lib.catalogue import checked_configuration
from orchestration.lib.customer_value import SCHEMA as CUSTOMER_VALUES
from orchestration.lib.dbt_variables import dbt_environment, dbt_variables
from orchestration.lib.paths import DBT_PROJECT_DIR


def build_models(home: Path, target: Path, day: date, *selection: str) -> Path:
    """Load a company's files, build the selected models as of ``day`` and return the warehouse.

    What dbt parsed is kept in ``target``.
    """
    configuration = checked_configuration(home)
    workspace, settings = configuration.workspace, configuration.settings
    if settings.sources.files is None:
        raise SystemExit("the demo company has no files")
    workspace.spill.mkdir(parents=True)
    ensure_warehouse(workspace.warehouse)
    seeds = configuration.seeds
    load_tables(workspace, settings.warehouse, pipeline_name="workspace", dataset_name="raw_workspace", tables=seeds)
    pipeline = make_pipeline(workspace, settings.warehouse)
    load_files(pipeline, settings.sources.files, workspace, warehouse=settings.warehouse, timezone=settings.timezone)
    with duckdb.connect(workspace.warehouse) as connection:
        # Models of the customers' value read it; no figure that is measured this way needs what it holds.
        connection.execute("create schema raw_analytics")
        connection.register("nothing", CUSTOMER_VALUES.empty_table())
        connection.execute("create table raw_analytics.customer_values as select * from nothing")
    plan = plan_build(
        workspace.warehouse,
        as_of=day,
        restate_days=settings.warehouse.restate_days,
        timezone=settings.timezone,
        fingerprint=definitions_fingerprint(settings, seeds, DBT_PROJECT_DIR),
    )
    write_parameters(workspace.warehouse, plan, as_of=day)
    command: list[str | Path] = [
        Path(sys.executable).with_name("dbt"),
        *("--quiet", "run", "--full-refresh", "--select", *selection),
        *("--project-dir", DBT_PROJECT_DIR, "--profiles-dir", DBT_PROJECT_DIR),
        *("--target-path", target, "--log-path", target),
        *("--vars", json.dumps(dbt_variables(settings) | {"has_build_parameters": True})),
    ]
    subprocess.run(command, check=True, env={**os.environ, **dbt_environment(workspace, settings)})
    return workspace.warehouse
