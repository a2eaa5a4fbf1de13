"""Definitions of metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.lib.format import Language
from dashboard.queries.reads import Reads


def read_definition(rows: Reads, metric_id: str) -> dict[str, Any] | None:
    """Return the row of ``kpi_catalog`` of a metric; None where it has none."""
    found = rows("select * from marts.kpi_catalog where metric_id = $metric_id", metric_id=metric_id)
    return found[0] if found else None


def formula_of(definition: Mapping[str, Any], language: Language) -> str:
    """Return the formula of a row of ``kpi_catalog``."""
    return str(definition["formula_fr" if language == "fr" else "formula"])
