"""The code location: composes what ``defs`` defines. Importing it opens no connection and reads no secret."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource

from ingestion.config.load import load_settings
from ingestion.config.workspace import Workspace
from orchestration.defs.calibration import build_calibration
from orchestration.defs.customer_value import build_customer_value
from orchestration.defs.forecast import build_forecast
from orchestration.defs.ingestion import build_ingestion
from orchestration.defs.nightly import build_nightly
from orchestration.defs.publish import build_publications
from orchestration.defs.quality import build_quality
from orchestration.defs.report import build_reports
from orchestration.defs.transform import build_transform
from orchestration.lib.environment import be_quiet_and_private
from orchestration.lib.progress import run_log
from orchestration.lib.project import DBT_EXECUTABLE, dbt_project
from orchestration.lib.run import NightlyRun
from orchestration.lib.run_history import relax_run_history


def build_defs(*, resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Return the definitions; ``resource_overrides`` replaces resources in tests."""
    be_quiet_and_private()
    relax_run_history()
    home = os.environ.get("PILOTAGE_HOME")
    workspace = Workspace(Path(home).resolve()) if home else None
    settings = load_settings(workspace) if workspace else None
    project = dbt_project()
    transform = build_transform(project)
    statistics = [build_customer_value(), build_calibration(), build_forecast()]
    published = [*build_publications(project, transform, settings), *build_reports(settings)]
    nightly = build_nightly(settings, workspace)
    graph = dg.Definitions(
        assets=[*build_ingestion(), *transform, *statistics, *published],
        asset_checks=build_quality(),
        loggers={"run_log": run_log},
        resources={
            "run": NightlyRun(home=dg.EnvVar("PILOTAGE_HOME")),
            "dbt": DbtCliResource(project_dir=project, dbt_executable=DBT_EXECUTABLE),
            **(resource_overrides or {}),
        },
    )
    return dg.Definitions.merge(graph, nightly)


defs = build_defs()
