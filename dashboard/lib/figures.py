"""Where a figure comes from: the row of a published table that holds it, and the SQL that gives it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

KPI_KEY: Final = (
    "metric_id",
    "period_grain",
    "period_start",
    "dimension_name",
    "dimension_value",
    "basis",
    "window_days",
    "as_of",
)
"""Key of kpi_values."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of a published table, with the columns of it that a page shows.

    ``label`` is in the reader's language. ``metric_id`` finds the definition in kpi_catalog; None where the table
    itself is the definition. ``columns`` begins with the one that is shown largest.
    """

    label: str
    table: str
    key: tuple[tuple[str, Any], ...]
    columns: tuple[str, ...]
    row: Mapping[str, Any]
    unit: str
    metric_id: str | None = None

    @property
    def reference(self) -> str:
        """Return table and key in one text without blanks; the pages carry it beside each figure."""
        return f"{self.table}?{urlencode([(name, _plain(value)) for name, value in self.key])}"

    @property
    def sql(self) -> str:
        """Return the query that gives the figures of this row, to be pasted into any SQL client."""
        conditions = "\n    and ".join(f"{name} = {_literal(value)}" for name, value in self.key)
        columns = ",\n    ".join(self.columns)
        return f"select\n    {columns}\nfrom marts.{self.table}\nwhere\n    {conditions}"


def kpi_figure(label: str, row: Mapping[str, Any], columns: Sequence[str] = ("value",)) -> Figure:
    """Return the figure of a row of kpi_values; ``row`` holds its whole key, ``unit`` and the ``columns``."""
    key = tuple((name, row[name]) for name in KPI_KEY)
    return Figure(label, "kpi_values", key, tuple(columns), row, str(row["unit"]), str(row["metric_id"]))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _literal(value: object) -> str:
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
