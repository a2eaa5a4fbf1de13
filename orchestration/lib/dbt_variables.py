"""What dbt is told of a company: settings as variables, paths as environment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ingestion.config.settings import Settings
from ingestion.config.workspace import Workspace


def dbt_variables(settings: Settings, *, as_of: date, restate_from: date) -> dict[str, object]:
    """Return the dbt variables of a build; their names are those of ``dbt_project.yml``."""
    method = settings.method.model_dump(mode="json")
    return {
        "as_of": as_of.isoformat(),
        "restate_from": restate_from.isoformat(),
        "timezone": settings.timezone,
        "currency_code": settings.currency_code,
        "fiscal_year_start_month": settings.fiscal_year_start_month,
        **method,
    }


def dbt_environment(workspace: Workspace, settings: Settings) -> Mapping[str, str]:
    """Return the environment that ``profiles.yml`` reads."""
    environment = {
        "PILOTAGE_WAREHOUSE": str(workspace.warehouse),
        "PILOTAGE_SPILL": str(workspace.spill),
        "PILOTAGE_MEMORY_LIMIT": settings.warehouse.memory_limit,
    }
    if settings.warehouse.threads is not None:
        environment["PILOTAGE_THREADS"] = str(settings.warehouse.threads)
    return environment
