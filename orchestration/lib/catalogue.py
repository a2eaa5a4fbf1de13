"""The metrics that the catalogue holds, before any database does, and the configuration checked against them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import jinja2

from ingestion.config.load import Configuration, load_configuration
from orchestration.lib.paths import DBT_PROJECT_DIR

_METRICS: Final = DBT_PROJECT_DIR / "models" / "intermediate" / "kpi" / "int_kpi__metrics.sql"


@cache
def metric_ids() -> frozenset[str]:
    """Return the id of every metric, from the list at the head of the model that ``kpi_catalog`` is made of."""
    # The model is our own and prints SQL, so that nothing is to be escaped.
    template = jinja2.Environment(autoescape=False).from_string(  # noqa: S701
        _METRICS.read_text(encoding="utf-8"), globals={"var": lambda _name: ""}
    )
    metrics: list[tuple[str, ...]] = vars(template.module)["metrics"]
    return frozenset(metric[0] for metric in metrics)


def checked_configuration(home: Path) -> Configuration:
    """Read the workspace at ``home``; its targets name metrics of the catalogue. Raises ``ConfigurationError``."""
    return load_configuration(home, metric_ids())
