"""Loyalty: repurchase, lifetime value by cohort, cross-sell, recommendations, referrals, and the worth of customers."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from dashboard.queries.reads import Reads

METRICS: Final = (
    "repurchase_rate",
    "customer_lifetime_value",
    "cross_sell_rate",
    "referrals_count",
    "recommendations_count",
)
_LABELLED: Final = """
    select kpis.*, catalog.label_en, catalog.label_fr
    from marts.kpi_values as kpis
    inner join marts.kpi_catalog as catalog on kpis.metric_id = catalog.metric_id
"""
_TOTALS: Final = f"""
    {_LABELLED}
    where
        list_contains($metrics, kpis.metric_id)
        and kpis.period_grain = 'month'
        and kpis.period_start = $month
        and kpis.dimension_name = 'total'
        and kpis.basis = 'period'
    order by list_position($metrics, kpis.metric_id)
"""
_COURSE: Final = f"""
    {_LABELLED}
    where
        kpis.metric_id = $metric_id
        and kpis.period_grain = $grain
        and kpis.dimension_name = 'total'
        and kpis.basis = $basis
        and kpis.window_days = $window_days
        and kpis.period_start <= $month
    order by kpis.period_start desc
    limit $count_periods
"""
_COHORTS: Final = f"""
    {_LABELLED}
    where
        kpis.metric_id = 'customer_ltv'
        and kpis.period_grain = $grain
        and kpis.dimension_name = 'total'
    order by kpis.period_start, kpis.window_days
"""
_NETWORKS: Final = f"""
    {_LABELLED}
    where
        kpis.metric_id in ('recommendations_count', 'referrals_count')
        and kpis.period_grain = 'fiscal_year'
        and kpis.period_start = (
            select dates.fiscal_year_start_date from marts.dim_dates as dates where dates.date_day = $month
        )
        and kpis.dimension_name = 'network'
        and kpis.value > 0
    order by kpis.value desc, kpis.dimension_value
"""
_CUSTOMERS: Final = """
    select customers.*, companies.company_name
    from marts.fct_customer_value as customers
    left join marts.dim_companies as companies on customers.customer_id = companies.company_id
    order by
        customers.predicted_ltv_12m desc nulls last,
        customers.amount_net desc nulls last,
        customers.customer_id
    limit $count_rows
"""


def read_months(rows: Reads) -> list[date]:
    """Return the months that have loyalty metrics, the newest first."""
    found = rows(
        "select distinct period_start as month from marts.kpi_values where metric_id = 'recommendations_count' "
        "and period_grain = 'month' and dimension_name = 'total' and period_start <= as_of order by month desc"
    )
    return [row["month"] for row in found]


def read_totals(rows: Reads, month: date) -> list[dict[str, Any]]:
    """Return the loyalty metrics of a month."""
    return rows(_TOTALS, metrics=METRICS, month=month)


def read_course(
    rows: Reads, metric_id: str, *, month: date, grain: str = "month", basis: str = "period", window_days: int = 0
) -> list[dict[str, Any]]:
    """Return a metric by period up to ``month``, oldest first."""
    found = rows(
        _COURSE,
        metric_id=metric_id,
        month=month,
        grain=grain,
        basis=basis,
        window_days=window_days,
        count_periods=24,
    )
    return found[::-1]


def read_cohorts(rows: Reads, grain: str = "quarter") -> list[dict[str, Any]]:
    """Return the lifetime value by cohort and number of days since the first order; only what is over is there."""
    return rows(_COHORTS, grain=grain)


def read_networks(rows: Reads, month: date) -> list[dict[str, Any]]:
    """Return recommendations and referrals of the fiscal year of ``month`` by network, the most first."""
    return rows(_NETWORKS, month=month)


def read_customers(rows: Reads, count_rows: int) -> list[dict[str, Any]]:
    """Return the customers that are expected to buy most in the next 12 months, else those that bought most."""
    return rows(_CUSTOMERS, count_rows=count_rows)
