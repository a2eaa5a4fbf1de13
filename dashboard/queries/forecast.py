"""The order forecast: what is expected, what it is made of, and how near it has been."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from dashboard.queries.reads import Reads

KEY: Final = ("origin_date", "model_name", "horizon", "measure", "component")
"""What tells the rows of fct_order_forecast apart."""

HORIZONS: Final = ("rest_of_month", "m1", "m2", "m3")

# A month that was over at the origin has nothing more to come.
_EXPECTED: Final = """
    select *
    from marts.fct_order_forecast
    where
        is_shown
        and is_current
        and measure = $measure
        and component = 'total'
        and last_day(month_start_date) > origin_date
    order by month_start_date
"""
_ACTUALS: Final = """
    select *
    from marts.kpi_values
    where
        metric_id = $metric_id
        and period_grain = 'month'
        and dimension_name = 'total'
        and basis = 'period'
        and last_day(period_start) <= as_of
    order by period_start desc
    limit $count_months
"""
_PARTS: Final = """
    select *
    from marts.kpi_values
    where
        metric_id = $metric_id
        and period_grain = 'month'
        and dimension_name = 'forecast_component'
        and last_day(period_start) > as_of
    order by period_start, list_position(['actual', 'existing', 'future'], dimension_value)
"""
_ACCURACY: Final = """
    with
    latest as (
        select max(period_start) as period_start
        from marts.kpi_values
        where metric_id = $metric_id and period_grain = 'month'
    )
    select kpis.*
    from marts.kpi_values as kpis
    inner join latest on kpis.period_start = latest.period_start
    where
        kpis.metric_id = $metric_id
        and kpis.period_grain = 'month'
        and kpis.dimension_name like 'forecast_model:%'
    order by
        list_position(['rest_of_month', 'm1', 'm2', 'm3'], split_part(kpis.dimension_name, ':', 2)),
        list_position(
            ['semi_markov', 'stage_history', 'crm_weighted', 'naive_mean_3m', 'naive_year_ago'], kpis.dimension_value
        )
"""
_PAST: Final = """
    select *
    from marts.fct_forecast_backtest
    where
        measure = $measure
        and horizon = $horizon
        and model_name = $model_name
        and actual is not null
        and expected is not null
        -- One origin a month: the last day that it knew.
        and origin_date = last_day(origin_date)
    order by month_start_date desc
    limit $count_months
"""


def read_expected(rows: Reads, measure: str) -> list[dict[str, Any]]:
    """Return the forecast that is shown of the months that are not over, with its quantiles."""
    return rows(_EXPECTED, measure=measure)


def read_actuals(rows: Reads, metric_id: str, count_months: int = 15) -> list[dict[str, Any]]:
    """Return a metric of the last months that are over, oldest first."""
    return rows(_ACTUALS, metric_id=metric_id, count_months=count_months)[::-1]


def read_parts(rows: Reads, metric_id: str) -> list[dict[str, Any]]:
    """Return what a forecast is made of, by month: what came already, what exists, what is still to come."""
    return rows(_PARTS, metric_id=metric_id)


def read_accuracy(rows: Reads, metric_id: str) -> list[dict[str, Any]]:
    """Return a measure of the backtest over the last twelve months of origins, by horizon and model."""
    return rows(_ACCURACY, metric_id=metric_id)


def read_past(
    rows: Reads, *, measure: str, horizon: str, model_name: str, count_months: int = 18
) -> list[dict[str, Any]]:
    """Return what a model said of past months at the end of an earlier one, and what came; oldest first."""
    return rows(_PAST, measure=measure, horizon=horizon, model_name=model_name, count_months=count_months)[::-1]


def month_of(row: dict[str, Any]) -> date:
    """Return the month that a row is about."""
    month: date = row.get("period_start") or row["month_start_date"]
    return month
