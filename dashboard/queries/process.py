"""Stages and milestones: conversion, time, losses, bottlenecks, rules and what milestones go with."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from dashboard.queries.reads import Reads

STEP_KEY: Final = ("step_type", "step_id", "period_grain", "period_start", "as_of")
"""Key of kpi_stage_performance."""

RULES: Final = (
    "milestone_compliance",
    "bant_complete_rate",
    "demo_after_need_and_roi",
    "demo_succeeded",
    "demo_with_decision_maker",
    "demo_with_blockers",
)
UNKNOWNS: Final = ("milestone_compliance_unknown", "demo_rules_unknown")
BANT: Final = ("budget", "authority", "need", "timeframe")

_STEPS: Final = """
    select
        performance.*,
        coalesce(stages.label_en, milestones.label_en, performance.step_id) as label_en,
        coalesce(stages.label_fr, milestones.label_fr, performance.step_id) as label_fr
    from marts.kpi_stage_performance as performance
    left join marts.dim_stages as stages
        on performance.step_type = 'stage' and performance.step_id = stages.stage_id
    left join marts.dim_milestones as milestones
        on performance.step_type = 'milestone' and performance.step_id = milestones.milestone_id
    where
        performance.step_type = $step_type
        and performance.period_grain = $grain
        and performance.period_start = $period
    order by stages.pipeline_name, stages.stage_rank, performance.step_id
"""
_KPIS: Final = """
    select
        kpis.*,
        catalog.label_en,
        catalog.label_fr,
        coalesce(stages.label_en, kpis.dimension_value) as dimension_label_en,
        coalesce(stages.label_fr, kpis.dimension_value) as dimension_label_fr
    from marts.kpi_values as kpis
    inner join marts.kpi_catalog as catalog on kpis.metric_id = catalog.metric_id
    left join marts.dim_stages as stages on kpis.dimension_value = stages.stage_id
    where
        kpis.period_grain = $grain
        and kpis.period_start = $period
        and kpis.dimension_name = $dimension_name
        and kpis.basis = 'period'
        and list_contains($metrics, kpis.metric_id)
    order by list_position($metrics, kpis.metric_id), stages.stage_rank, kpis.value desc, kpis.dimension_value
"""
_EFFECTS: Final = """
    select
        effects.*,
        coalesce(milestones.label_en, effects.milestone_id) as label_en,
        coalesce(milestones.label_fr, effects.milestone_id) as label_fr
    from marts.kpi_milestone_effects as effects
    left join marts.dim_milestones as milestones on effects.milestone_id = milestones.milestone_id
    order by effects.win_rate_difference desc nulls last, effects.milestone_id
"""


def read_periods(rows: Reads, grain: str) -> list[date]:
    """Return the periods of a grain that have stages, the newest first."""
    found = rows(
        "select distinct period_start as period from marts.kpi_stage_performance "
        "where period_grain = $grain order by period desc",
        grain=grain,
    )
    return [row["period"] for row in found]


def read_steps(rows: Reads, *, step_type: str, grain: str, period: date) -> list[dict[str, Any]]:
    """Return the stages or the milestones (``step_type``) of a period, in the order of the process."""
    return rows(_STEPS, step_type=step_type, grain=grain, period=period)


def read_kpis(
    rows: Reads, *, metrics: tuple[str, ...], grain: str, period: date, dimension_name: str = "total"
) -> list[dict[str, Any]]:
    """Return metrics of a period on the basis period, in their order; within one the largest value first."""
    return rows(_KPIS, metrics=metrics, grain=grain, period=period, dimension_name=dimension_name)


def read_effects(rows: Reads) -> list[dict[str, Any]]:
    """Return the win rates with and without each milestone, the largest difference first."""
    return rows(_EFFECTS)
