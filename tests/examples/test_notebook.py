"""The notebook answers its ten questions on the demo company, and its figures are the published ones."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "examples" / "notebook" / "ten_questions.ipynb"
MONTH, FISCAL_YEAR = date(2026, 6, 1), date(2026, 1, 1)
QUESTIONS = range(1, 11)


@pytest.fixture(scope="module")
def executed(demo) -> nbformat.NotebookNode:
    """The notebook after its cells ran, and a last one that prints the answers."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    names = ", ".join(f"answer_{number}" for number in QUESTIONS)
    notebook.cells.append(
        nbformat.v4.new_code_cell(
            f"print('[' + ','.join(a.to_json(orient='records', date_format='iso') for a in ({names})) + ']')"
        )
    )
    before = os.environ.get("PILOTAGE_HOME")
    os.environ["PILOTAGE_HOME"] = str(demo.home)
    try:
        NotebookClient(
            notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parent)}}
        ).execute()
    finally:
        os.environ.pop("PILOTAGE_HOME")
        if before is not None:
            os.environ["PILOTAGE_HOME"] = before
    return notebook


@pytest.fixture(scope="module")
def answers(executed) -> dict[int, list[dict[str, Any]]]:
    """The rows of each answer, by the number of its question."""
    return dict(zip(QUESTIONS, json.loads(executed.cells[-1].outputs[0].text), strict=True))


@pytest.fixture(scope="module")
def kpi(demo):
    """Return a function that gives the published values of a metric, by dimension value or period."""

    def values(metric: str, dimension: str, grain: str, by: str = "dimension_value", basis: str = "period"):
        rows = demo.query(
            f"select {by}, value from marts.kpi_values where metric_id = '{metric}' and dimension_name = '{dimension}' "
            f"and period_grain = '{grain}' and basis = '{basis}' and value is not null "
            + (f"and period_start = '{FISCAL_YEAR}'" if grain == "fiscal_year" else "")
        )
        assert rows, f"{metric} by {dimension} is not published"
        return {str(key): value for key, value in rows}

    return values


def test_it_is_committed_without_outputs_and_asks_ten_questions():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert [heading.split(".")[0] for heading in headings] == [f"## {number}" for number in QUESTIONS]
    assert text.count("**Reading.**") == len(QUESTIONS)


def test_no_cell_warns_and_pictures_are_drawn_here(executed):
    outputs = [output for cell in executed.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type in {"error", "stream"}][:-1]
    pictures = [output.data["image/svg+xml"] for output in outputs if "image/svg+xml" in output.get("data", {})]
    assert len(pictures) == 5
    assert all("<script" not in picture for picture in pictures)
    assert not [output for output in outputs if "cdn" in json.dumps(output).lower()]


@pytest.mark.parametrize("number", QUESTIONS)
def test_every_question_has_an_answer(answers, number):
    assert answers[number]


def test_the_month_is_the_board_of_the_last_complete_month(answers, demo):
    published = dict(
        demo.query(
            "select metric_id, value from marts.kpi_commercial_dashboard "
            f"where month = '{MONTH}' and stage_id = 'all' and value is not null"
        )
    )
    assert {row["metric_id"]: row["value"] for row in answers[1]} == pytest.approx(published)
    assert {"new_leads", "orders_count", "average_basket", "losses_count"} <= published.keys()


def test_leads_and_credited_orders_by_channel_are_those_of_the_kpis(answers, kpi):
    leads = {row["channel_name"]: row["count_leads"] for row in answers[2] if row["count_leads"]}
    assert leads == {key: value for key, value in kpi("new_leads", "channel", "fiscal_year").items() if value}
    orders = {row["channel_name"]: row["count_orders_credited"] for row in answers[2] if row["count_orders_credited"]}
    published = kpi("attributed_orders", "channel:position_based", "fiscal_year")
    assert orders == pytest.approx({key: value for key, value in published.items() if value}, abs=1e-3)
    amounts = {row["channel_name"]: row["amount_credited"] for row in answers[2]}
    assert sum(amounts.values()) > 100_000


def test_the_rates_of_the_audiences_are_those_of_kpi_1(answers, kpi):
    for basis in ("cohort_aj", "period"):
        shown = {
            row["audience"]: row["value"] for row in answers[3] if row["basis"] == basis and row["value"] is not None
        }
        assert shown == pytest.approx(kpi("kpi1_mql_rate", "audience_type", "fiscal_year", basis=basis))


def test_mqls_by_state_sum_to_the_gap_and_the_valid_ones(answers, kpi):
    states = {row["contact_state"]: row["count_mqls"] for row in answers[4]}
    gap = kpi("mql_sql_gap", "contact_state", "fiscal_year")
    assert {state: count for state, count in states.items() if state != "valid"} == {
        state: value for state, value in gap.items() if value and state != "all"
    }
    assert sum(row["share"] for row in answers[4]) == pytest.approx(1)


def test_the_stages_convert_and_lose_as_kpi_3_says(answers, kpi):
    shown = {row["step_id"]: row["conversion"] for row in answers[5] if row["conversion"] is not None}
    assert shown == pytest.approx(kpi("kpi3_stage_conversion", "stage", "fiscal_year", basis="cohort_aj"))
    lost = kpi("losses_count", "stage", "fiscal_year")
    assert {row["step_id"]: row["losses_count"] for row in answers[5]} == {
        step: lost[step] for step in (row["step_id"] for row in answers[5])
    }


def test_losses_by_reason_are_those_of_the_kpi(answers, kpi):
    lost = {row["reason"]: row["count_lost"] for row in answers[6]}
    assert lost == kpi("losses_count", "loss_reason", "fiscal_year")
    assert sum(row["amount_lost"] for row in answers[6]) == pytest.approx(
        kpi("losses_amount", "total", "fiscal_year")["all"]
    )


@pytest.mark.parametrize(
    ("number", "metric", "column", "basis"),
    [
        (7, "contact_hours_from_mql_median", "median_business_hours", "cohort_aj"),
        (8, "average_basket", "average_basket", "period"),
        (9, "orders_forecast_count", "whole_month", "period"),
    ],
)
def test_the_figures_by_month_are_those_of_the_kpi(answers, kpi, number, metric, column, basis):
    published = kpi(metric, "total", "month", by="period_start", basis=basis)
    shown = {row["month"][:10]: row[column] for row in answers[number] if row[column] is not None}
    assert len(shown) >= 3
    if number == 9:
        # The last month is over: what it has is no forecast any more.
        published[str(MONTH)] = kpi("orders_count", "total", "month", by="period_start")[str(MONTH)]
    assert shown == pytest.approx({month: published[month] for month in shown})


def test_the_call_list_is_the_top_of_the_published_one(answers, demo):
    top = demo.query(
        "select person_id from marts.kpi_next_actions where action_type not in ('give_up', 'do_not_call') "
        "order by action_rank limit 20"
    )
    assert [(row["person_id"],) for row in answers[10]] == top
    assert all(row["reason_en"] for row in answers[10])
