"""One month of the KPI board: its lines, the three conversions and the forecast; for the terminal and the pages."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from dashboard.lib.texts import AUDIENCES
from dashboard.queries.reads import Reads

_CONVERSIONS: Final = """
    select
        kpis.metric_id,
        catalog.label_en,
        catalog.label_fr,
        kpis.dimension_name,
        kpis.dimension_value,
        kpis.basis,
        coalesce(stages.label_en, kpis.dimension_value) as dimension_label_en,
        coalesce(stages.label_fr, kpis.dimension_value) as dimension_label_fr,
        kpis.window_days,
        max(kpis.value) filter (where kpis.period_grain = 'month') as value_month,
        max(kpis.value) filter (where kpis.period_grain = 'fiscal_year') as value_fiscal_year,
        max(kpis.ci_low) filter (where kpis.period_grain = 'month') as ci_low_month,
        max(kpis.ci_high) filter (where kpis.period_grain = 'month') as ci_high_month,
        max(kpis.denominator) filter (where kpis.period_grain = 'month')::double as denominator_month,
        max(kpis.ci_low) filter (where kpis.period_grain = 'fiscal_year') as ci_low,
        max(kpis.ci_high) filter (where kpis.period_grain = 'fiscal_year') as ci_high,
        max(kpis.denominator) filter (where kpis.period_grain = 'fiscal_year')::double as denominator,
        max(kpis.target) filter (where kpis.period_grain = 'month') as target,
        max(kpis.period_start) filter (where kpis.period_grain = 'fiscal_year') as fiscal_year
    from marts.kpi_values as kpis
    inner join marts.kpi_catalog as catalog on kpis.metric_id = catalog.metric_id
    left join marts.dim_stages as stages on kpis.dimension_value = stages.stage_id
    where
        (
            (kpis.metric_id = 'kpi1_mql_rate' and kpis.dimension_name = 'audience_type')
            or (kpis.metric_id = 'kpi2_sql_rate' and kpis.dimension_name = 'total')
            or (kpis.metric_id = 'kpi3_stage_conversion' and kpis.dimension_name = 'stage')
        )
        -- An audience that is only counted has no cohort: its ratio is that of the period.
        and kpis.basis = case
            when kpis.metric_id = 'kpi1_mql_rate' and kpis.dimension_value in ('web_site', 'footfall') then 'period'
            else 'cohort_aj'
        end
        and (
            (kpis.period_grain = 'month' and kpis.period_start = $month)
            or (
                kpis.period_grain = 'fiscal_year'
                and kpis.period_start
                = (select dates.fiscal_year_start_date from marts.dim_dates as dates where dates.date_day = $month)
            )
        )
    group by all
    order by kpis.metric_id, kpis.window_days, any_value(stages.stage_rank), kpis.dimension_value
"""
_LINES: Final = """
    select
        dashboard.*,
        catalog.label_en,
        catalog.label_fr,
        catalog.unit,
        coalesce(stages.label_en, dashboard.stage_id) as stage_label_en,
        coalesce(stages.label_fr, dashboard.stage_id) as stage_label_fr
    from marts.kpi_commercial_dashboard as dashboard
    inner join marts.kpi_catalog as catalog on dashboard.metric_id = catalog.metric_id
    left join marts.dim_stages as stages on dashboard.stage_id = stages.stage_id
    where dashboard.month = $month and dashboard.line_id <> 'order_forecast'
    order by
        list_position(['new_leads', 'orders_month', 'average_basket', 'losses_by_stage', 'loyalty'], dashboard.line_id),
        stages.pipeline_name,
        stages.stage_rank,
        dashboard.metric_id desc
"""
_FORECAST: Final = """
    select
        dashboard.metric_id,
        catalog.label_en,
        catalog.label_fr,
        catalog.unit,
        dashboard.stage_id,
        dashboard.basis,
        dashboard.month,
        dashboard.month <= dashboard.as_of as is_running,
        dashboard.value,
        dashboard.ci_low,
        dashboard.ci_high,
        dashboard.target,
        dashboard.gap_projected,
        dashboard.model_name,
        dashboard.forecast_label,
        dashboard.noise_level,
        max(parts.value) filter (where parts.dimension_value = 'actual') as value_to_date,
        max(parts.value) filter (where parts.dimension_value = 'existing') as value_existing,
        max(parts.value) filter (where parts.dimension_value = 'future') as value_future
    from marts.kpi_commercial_dashboard as dashboard
    inner join marts.kpi_catalog as catalog on dashboard.metric_id = catalog.metric_id
    left join marts.kpi_values as parts
        on
            dashboard.metric_id = parts.metric_id
            and dashboard.month = parts.period_start
            and parts.period_grain = 'month'
            and parts.dimension_name = 'forecast_component'
    where dashboard.line_id = 'order_forecast'
    group by all
    order by dashboard.metric_id desc, dashboard.month
"""
_COURSES: Final = """
    select
        metric_id,
        month,
        value,
        value_as_reported
    from marts.kpi_commercial_dashboard
    where
        line_id <> 'order_forecast'
        and stage_id = 'all'
        and month <= $month
        and month > $month - to_months($count_months)
    order by metric_id, month
"""


def read_months(rows: Reads) -> list[date]:
    """Return the months that have lines, the newest first."""
    found = rows(
        """
        select distinct month
        from marts.kpi_commercial_dashboard
        where line_id <> 'order_forecast'
        order by month desc
        """
    )
    return [row["month"] for row in found]


def read_last_complete_month(rows: Reads, as_of: date) -> date | None:
    """Return the last month that was over at ``as_of``, else the last one; None where there is none."""
    (found,) = rows(
        """
        select coalesce(max(month) filter (where last_day(month) <= $as_of), max(month)) as month
        from marts.kpi_commercial_dashboard
        where month <= $as_of
        """,
        as_of=as_of,
    )
    month: date | None = found["month"]
    return month


def read_lines(rows: Reads, month: date) -> list[dict[str, Any]]:
    """Return the lines of ``month`` without the forecast, in the order in which a director reads them."""
    return rows(_LINES, month=month)


def read_conversions(rows: Reads, month: date) -> list[dict[str, Any]]:
    """Return the three conversions of ``month`` and of its fiscal year, with the labels of audience or stage."""
    return [_labelled(row) for row in rows(_CONVERSIONS, month=month)]


def read_forecast(rows: Reads) -> list[dict[str, Any]]:
    """Return what is expected of the running month and the three after it, with what it is made of."""
    return rows(_FORECAST)


def read_courses(rows: Reads, month: date, count_months: int) -> dict[str, list[dict[str, Any]]]:
    """Return, by metric, the values of the ``count_months`` months up to ``month``, oldest first; totals only."""
    found = rows(_COURSES, month=month, count_months=count_months)
    courses: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        courses.setdefault(row["metric_id"], []).append(row)
    return courses


def _labelled(row: dict[str, Any]) -> dict[str, Any]:
    if row["dimension_value"] not in AUDIENCES:
        return row
    english, french = AUDIENCES[row["dimension_value"]]
    return row | {"dimension_label_en": english, "dimension_label_fr": french}
