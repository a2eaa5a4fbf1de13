"""What dbt is told of a company: settings as variables, paths as environment."""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.config.settings import Settings
from ingestion.config.workspace import Workspace


def dbt_variables(settings: Settings) -> dict[str, object]:
    """Return the dbt variables of a company; their names are those of ``dbt_project.yml``.

    The day of a build is none of them: dbt parses the whole project again whenever a variable changes.
    """
    return {
        "timezone": settings.timezone,
        "currency_code": settings.currency_code,
        "fiscal_year_start_month": settings.fiscal_year_start_month,
        **settings.method.model_dump(mode="json"),
        "dashboard_optional_lines": [line.value for line in settings.dashboard.optional_lines],
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
