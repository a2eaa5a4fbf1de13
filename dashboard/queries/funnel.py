"""The chain from audience to order, by cohort month, step and dimension."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from dashboard.queries.reads import Reads

KEY: Final = ("cohort_month", "funnel_name", "step_number", "dimension_name", "dimension_value", "basis")
"""Key of kpi_funnel."""

_STEPS: Final = """
    select
        funnel.*,
        coalesce(stages.label_en, funnel.step_name) as step_label_en,
        coalesce(stages.label_fr, funnel.step_name) as step_label_fr
    from marts.kpi_funnel as funnel
    left join marts.dim_stages as stages
        on
            funnel.funnel_name = 'deal:' || stages.pipeline_name
            and funnel.step_name = stages.stage_name
    where
        funnel.cohort_month = $month
        and funnel.basis = $basis
        and funnel.dimension_name = $dimension_name
        and funnel.dimension_value = $dimension_value
    order by
        coalesce(list_position(['audience', 'lead'], funnel.funnel_name), 3),
        funnel.funnel_name,
        funnel.step_number
"""
_COURSE: Final = """
    select *
    from marts.kpi_funnel
    where
        funnel_name = $funnel_name
        and step_number = $step_number
        and basis = $basis
        and dimension_name = $dimension_name
        and dimension_value = $dimension_value
        and is_complete
    order by cohort_month desc
    limit $count_months
"""
_CAMPAIGNS: Final = """
    select
        kpis.*,
        catalog.label_en,
        catalog.label_fr,
        coalesce(campaigns.campaign_name, kpis.dimension_value) as campaign_name
    from marts.kpi_values as kpis
    inner join marts.kpi_catalog as catalog on kpis.metric_id = catalog.metric_id
    left join marts.dim_campaigns as campaigns on kpis.dimension_value = campaigns.campaign_id
    where
        kpis.period_grain = 'month'
        and kpis.period_start = $month
        and kpis.dimension_name = 'campaign'
        and (
            (kpis.metric_id in ('new_leads', 'mqls', 'sqls') and kpis.basis = 'period')
            or (kpis.metric_id = 'kpi2_sql_rate' and kpis.basis = $basis and kpis.window_days in (0, 90))
        )
    order by kpis.dimension_value, kpis.metric_id
"""


def read_cohorts(rows: Reads) -> list[date]:
    """Return the cohort months, the newest first."""
    return [row["month"] for row in rows("select distinct cohort_month as month from marts.kpi_funnel order by 1 desc")]


def read_newest_known_cohort(rows: Reads, basis: str) -> date | None:
    """Return the newest month of which the whole lead funnel is known on ``basis``; None where there is none."""
    (found,) = rows(
        """
        with
        months as (
            select
                cohort_month,
                bool_and(conversion_to_next is not null) as is_known
            from marts.kpi_funnel
            where
                funnel_name = 'lead'
                and dimension_name = 'total'
                and basis = $basis
                and is_complete
                and step_name <> 'order'
            group by cohort_month
        )
        select max(cohort_month) as month
        from months
        where is_known
        """,
        basis=basis,
    )
    month: date | None = found["month"]
    return month


def read_dimensions(rows: Reads) -> dict[str, list[str]]:
    """Return the values of each dimension of the funnel, in alphabetical order."""
    found = rows(
        "select distinct dimension_name, dimension_value from marts.kpi_funnel order by dimension_name, dimension_value"
    )
    dimensions: dict[str, list[str]] = {}
    for row in found:
        dimensions.setdefault(row["dimension_name"], []).append(row["dimension_value"])
    return dimensions


def read_largest(rows: Reads, *, month: date, basis: str, dimension_name: str) -> str | None:
    """Return the value that most entered the funnels with, of those that have a name; None where nobody did."""
    found = rows(
        """
        select dimension_value
        from marts.kpi_funnel
        where
            cohort_month = $month
            and basis = $basis
            and dimension_name = $dimension_name
            and step_number = 1
        group by dimension_value
        order by
            dimension_value in ('none', 'Unassigned', 'unassigned', 'unknown'),
            sum(count_entered) desc,
            dimension_value
        limit 1
        """,
        month=month,
        basis=basis,
        dimension_name=dimension_name,
    )
    return str(found[0]["dimension_value"]) if found else None


def read_steps(
    rows: Reads, *, month: date, basis: str, dimension_name: str, dimension_value: str
) -> dict[str, list[dict[str, Any]]]:
    """Return the steps of each funnel: audience, leads, then each pipeline's deals."""
    found = rows(_STEPS, month=month, basis=basis, dimension_name=dimension_name, dimension_value=dimension_value)
    funnels: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        funnels.setdefault(row["funnel_name"], []).append(row)
    return funnels


def read_course(
    rows: Reads,
    *,
    funnel_name: str,
    step_number: int,
    basis: str,
    dimension_name: str,
    dimension_value: str,
    count_months: int = 24,
) -> list[dict[str, Any]]:
    """Return one step by cohort month, oldest first."""
    found = rows(
        _COURSE,
        funnel_name=funnel_name,
        step_number=step_number,
        basis=basis,
        dimension_name=dimension_name,
        dimension_value=dimension_value,
        count_months=count_months,
    )
    return found[::-1]


def read_campaigns(rows: Reads, *, month: date, basis: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the metrics of the campaigns that brought something in ``month``, those with most new leads first."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows(_CAMPAIGNS, month=month, basis=basis):
        found.setdefault(row["dimension_value"], {})[row["metric_id"]] = row
    campaigns = {
        code: metrics
        for code, metrics in found.items()
        if any(row["value"] for name, row in metrics.items() if name != "kpi2_sql_rate")
    }

    def count_leads(item: tuple[str, dict[str, dict[str, Any]]]) -> float:
        return -float(item[1].get("new_leads", {}).get("value") or 0)

    return dict(sorted(campaigns.items(), key=count_leads))
