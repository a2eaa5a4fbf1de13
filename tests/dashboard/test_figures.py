"""The SQL of a figure gives the figure again, whatever stands in its key."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl

import duckdb

from dashboard.lib.figures import Figure, kpi_figure

ROW = {
    "metric_id": "losses_count",
    "period_grain": "month",
    "period_start": date(2026, 6, 1),
    "dimension_name": "loss_reason",
    "dimension_value": "L'appel d'offres & co",
    "basis": "period",
    "window_days": 0,
    "as_of": date(2026, 6, 30),
    "value": 4.0,
    "target": 2.0,
    "unit": "deals",
}


def test_sql_of_a_figure_finds_its_row_and_no_other() -> None:
    figure = kpi_figure("x", ROW, ("value", "target"))
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        names = [name for name in ROW if name != "unit"]
        columns = ", ".join(f"${name} as {name}" for name in names)
        connection.execute(f"create table marts.kpi_values as select {columns}", {name: ROW[name] for name in names})
        connection.execute(
            "insert into marts.kpi_values select * replace ('Prix' as dimension_value) from marts.kpi_values"
        )
        assert connection.execute(figure.sql).fetchall() == [(4.0, 2.0)]


def test_reference_of_a_figure_names_table_and_whole_key() -> None:
    table, _, key = kpi_figure("x", ROW).reference.partition("?")
    assert table == "kpi_values"
    assert dict(parse_qsl(key))["dimension_value"] == "L'appel d'offres & co"
    assert dict(parse_qsl(key))["period_start"] == "2026-06-01"


def test_figure_of_another_table_has_its_own_key() -> None:
    figure = Figure("x", "kpi_milestone_effects", (("milestone_id", "sales:roi"),), ("ci_low",), {}, "ratio")
    assert figure.sql == "select\n    ci_low\nfrom marts.kpi_milestone_effects\nwhere\n    milestone_id = 'sales:roi'"
