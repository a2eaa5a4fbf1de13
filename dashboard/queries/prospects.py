"""The call list and what stands behind a place on it. No name of a person is here: those are in the contacts file."""

from __future__ import annotations

from typing import Any, Final, Literal

from dashboard.queries.reads import Reads

Shown = Literal["to_do", "overdue", "give_up", "all"]
SHOWN: Final[tuple[Shown, ...]] = ("to_do", "overdue", "give_up", "all")
ALL: Final = "all"
NOBODY: Final = "none"
"""In the place of an owner: prospects that nobody owns."""

_CHOSEN: Final = """
    from marts.kpi_next_actions as actions
    left join marts.dim_companies as companies on actions.company_id = companies.company_id
    where
        ($owner = 'all' or coalesce(actions.owner_id, 'none') = $owner)
        and ($action = 'all' or actions.action_type = $action)
        and case $shown
            when 'to_do' then actions.action_type not in ('give_up', 'do_not_call')
            when 'overdue' then actions.is_overdue
            when 'give_up' then actions.action_type in ('give_up', 'do_not_call')
            else true
        end
"""
_LIST: Final = f"""
    select
        actions.*,
        companies.company_name
    {_CHOSEN}
    order by actions.action_rank
    limit $count_rows offset $first_row
"""
_COUNT: Final = f"select count(*) as count_actions {_CHOSEN}"
_ONE: Final = """
    with stages as (
        -- The list names a stage, not its pipeline: stages of one name have one label.
        select stage_name, min(label_en) as stage_label_en, min(label_fr) as stage_label_fr
        from marts.dim_stages
        group by stage_name
    )
    select
        actions.*,
        companies.company_name,
        stages.stage_label_en,
        stages.stage_label_fr
    from marts.kpi_next_actions as actions
    left join marts.dim_companies as companies on actions.company_id = companies.company_id
    left join stages on actions.stage_name = stages.stage_name
    where actions.action_id = $action_id
"""
_SCORE: Final = """
    select *
    from marts.fct_lead_scores
    where lead_cycle_id = $lead_cycle_id and is_leading
"""
_CONTRIBUTIONS: Final = """
    select *
    from marts.fct_lead_score_contributions
    where lead_score_id = $lead_score_id
    order by criterion_group desc, max_points desc, criterion_code
"""
_QUESTIONS: Final = """
    select question_code, section_code, question_label_en, question_label_fr, weight
    from marts.fct_lead_missing_questions
    where lead_cycle_id = $lead_cycle_id and is_script_question
    order by
        list_position(['profile', 'history', 'needs', 'constraints', 'expectations'], section_code),
        weight desc,
        question_code
"""
_OWNERS: Final = """
    select
        coalesce(actions.owner_id, 'none') as owner_id,
        any_value(owners.team_name) as team_name
    from marts.kpi_next_actions as actions
    left join marts.dim_owners as owners on actions.owner_id = owners.owner_id
    group by all
    order by owner_id
"""
_TOTALS: Final = """
    select kpis.*, catalog.label_en, catalog.label_fr
    from marts.kpi_values as kpis
    inner join marts.kpi_catalog as catalog on kpis.metric_id = catalog.metric_id
    where
        kpis.metric_id in ('next_actions_count', 'next_actions_overdue', 'next_actions_overdue_rate')
        and kpis.period_grain = 'month'
        and kpis.period_start = date_trunc('month', kpis.as_of)
        and kpis.dimension_name = case $owner when 'all' then 'total' else 'owner' end
        and kpis.dimension_value = $owner
    order by kpis.metric_id
"""


def read_actions(
    rows: Reads, *, owner: str, action: str, shown: Shown, count_rows: int, first_row: int = 0
) -> list[dict[str, Any]]:
    """Return rows of the call list by rank. ``owner`` and ``action`` are codes, ``ALL``, or ``NOBODY`` for an owner."""
    return rows(_LIST, owner=owner, action=action, shown=shown, count_rows=count_rows, first_row=first_row)


def count_actions(rows: Reads, *, owner: str, action: str, shown: Shown) -> int:
    """Return how many rows ``read_actions`` has in all."""
    return int(rows(_COUNT, owner=owner, action=action, shown=shown)[0]["count_actions"])


def read_action(rows: Reads, action_id: str) -> dict[str, Any] | None:
    """Return one row of the call list; None where there is none (any more)."""
    found = rows(_ONE, action_id=action_id)
    return found[0] if found else None


def read_score(rows: Reads, lead_cycle_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """Return the score that holds now of a lead and its criteria, heat first; None where it has none."""
    found = rows(_SCORE, lead_cycle_id=lead_cycle_id)
    if not found:
        return None
    return found[0], rows(_CONTRIBUTIONS, lead_score_id=found[0]["lead_score_id"])


def read_missing_questions(rows: Reads, lead_cycle_id: str) -> list[dict[str, Any]]:
    """Return the questions of the script that a lead has not answered, in the order of the script."""
    return rows(_QUESTIONS, lead_cycle_id=lead_cycle_id)


def read_owners(rows: Reads) -> list[dict[str, Any]]:
    """Return who owns a row of the call list, with the team; ``NOBODY`` where somebody is owned by nobody."""
    return rows(_OWNERS)


def read_action_types(rows: Reads) -> list[str]:
    """Return the kinds of action that the list has."""
    return [
        row["action_type"]
        for row in rows("select distinct action_type from marts.kpi_next_actions order by action_type")
    ]


def read_totals(rows: Reads, owner: str) -> list[dict[str, Any]]:
    """Return the counts of the list as they stand in kpi_values: of the company, or of an owner."""
    return rows(_TOTALS, owner=owner)
