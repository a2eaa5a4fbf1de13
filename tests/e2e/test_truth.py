"""The published KPIs against the simulator's truth, which the pipeline never reads."""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

STAGES = ["discovery", "need_validated", "demo", "proposal", "negotiation"]


@pytest.fixture(scope="module")
def truth(demo) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((demo.home / "truth.json").read_text(encoding="utf-8"))
    return content


def _months(demo, metric: str, dimension: str = "total", value: str = "all") -> dict[str, float]:
    condition = "" if dimension == "total" else f"and dimension_value = '{value}'"
    return {
        month: float(amount)
        for month, amount in demo.query(
            f"""
            select strftime(period_start, '%Y-%m'), value from marts.kpi_values
            where metric_id = '{metric}' and period_grain = 'month' and basis = 'period'
                and dimension_name = '{dimension}' and value is not null {condition}
            """
        )
    }


def _sum(*series: dict[str, float]) -> dict[str, float]:
    return {month: sum(one[month] for one in series) for month in series[0]}


def _differences(found: dict[str, float], expected: dict[str, float]) -> dict[str, tuple[float, float]]:
    return {
        month: (found.get(month, 0.0), value)
        for month, value in expected.items()
        if abs(found.get(month, 0.0) - value) > 0.01
    }


def test_monthly_counts_and_amounts_equal_what_truly_happened(demo, truth) -> None:
    expected = truth["expected"]
    pairs = {
        "new_leads": _sum(expected["new_leads_first_cycle"], expected["new_leads_recycled"]),
        "mqls": expected["mqls"],
        "sqls": _sum(expected["sqls"], expected["sqls_sales_direct"]),
        "deals_created": expected["deals_created"],
        "deals_won": expected["deals_won"],
        "orders_count": expected["orders_count"],
        "orders_amount_gross": expected["orders_amount"],
        "orders_amount": {
            month: amount - expected["cancellations_amount"][month]
            for month, amount in expected["orders_amount"].items()
        },
    }
    found = {name: _differences(_months(demo, name), values) for name, values in pairs.items()}
    assert {name: months for name, months in found.items() if months} == {}
    assert sum(pairs["new_leads"].values()) > 3000


@pytest.mark.parametrize("stage", STAGES)
def test_monthly_losses_of_a_stage_equal_what_truly_happened(demo, truth, stage: str) -> None:
    expected = truth["expected"]["deals_lost"][stage]
    assert sum(expected.values()) > 15
    assert _differences(_months(demo, "losses_count", "stage", f"sales:{stage}"), expected) == {}


def _cohorts(demo, metric: str, dimension: str, value: str, window: int, grain: str = "fiscal_year") -> list[tuple]:
    condition = "" if dimension == "total" else f"and dimension_value = '{value}'"
    rows = demo.query(
        f"""
        select value, denominator, ci_low, ci_high from marts.kpi_values
        where metric_id = '{metric}' and period_grain = '{grain}' and basis = 'cohort_aj' and value is not null
            and dimension_name = '{dimension}' and window_days = {window} {condition}
        """
    )
    assert rows
    return rows


def _lies_within_three_standard_errors(rows: list[tuple], rate: float) -> None:
    for value, cases, low, high in rows:
        # Censoring makes the interval wider than the binomial one of the true rate.
        error = max(sqrt(rate * (1 - rate) / float(cases)), (high - low) / (2 * 1.96))
        assert abs(value - rate) <= 3 * error, (value, rate, float(cases))


@pytest.mark.parametrize("window", [30, 60, 90])
def test_kpi2_meets_the_truth_within_three_standard_errors(demo, truth, window: int) -> None:
    rows = _cohorts(demo, "kpi2_sql_rate", "total", "all", window)
    assert sum(float(row[1]) for row in rows) > 900
    _lies_within_three_standard_errors(rows, truth["mql_to_sql"][str(window)]["sql"])


@pytest.mark.parametrize("stage", STAGES)
def test_kpi3_meets_the_truth_within_three_standard_errors(demo, truth, stage: str) -> None:
    rows = _cohorts(demo, "kpi3_stage_conversion", "stage", f"sales:{stage}", 90)
    assert sum(float(row[1]) for row in rows) > 150
    _lies_within_three_standard_errors(rows, truth["stage_conversion"][stage]["reached"]["90"])


def test_kpi1_of_email_meets_the_truth_within_three_standard_errors(demo, truth) -> None:
    rows = _cohorts(demo, "kpi1_mql_rate", "audience_type", "email", 30, grain="month")
    _lies_within_three_standard_errors(rows, truth["email_to_mql_within_30_days"])


def test_audience_of_emails_and_its_mqls_equal_what_truly_happened(demo, truth) -> None:
    rows = demo.query(
        """
        select strftime(period_start, '%Y-%m'), denominator, numerator from marts.kpi_values
        where metric_id = 'kpi1_mql_rate' and dimension_name = 'audience_type' and dimension_value = 'email'
            and basis = 'cohort_aj' and window_days = 30 and period_grain = 'month'
        """
    )
    expected = truth["expected"]
    assert sum(expected["email_audience"].values()) > 20_000
    assert _differences({month: float(people) for month, people, _ in rows}, expected["email_audience"]) == {}
    mqls = {month: float(count) for month, _, count in rows}
    assert _differences(mqls, expected["email_audience_mql_within_30_days"]) == {}


def test_every_audience_brings_leads(demo) -> None:
    rows = demo.query(
        """
        select dimension_value, sum(numerator), sum(denominator) from marts.kpi_values
        where metric_id = 'kpi1_lead_rate' and dimension_name = 'audience_type' and period_grain = 'fiscal_year'
            and basis = case when dimension_value in ('web_site', 'footfall') then 'period' else 'cohort_aj' end
        group by dimension_value
        """
    )
    # A scanned badge is a lead: at a trade show the two are equal.
    assert {audience for audience, leads, people in rows if people >= leads > 0} == {
        "email",
        "footfall",
        "trade_show",
        "web_site",
    }


def test_pipeline_never_reads_the_truth() -> None:
    root = Path(__file__).resolve().parents[2]
    readers = [
        path.relative_to(root).as_posix()
        for folder in ("ingestion", "orchestration", "dbt_project")
        for path in (root / folder).rglob("*")
        if path.suffix in {".py", ".sql", ".yml"}
        and "target" not in path.parts
        and "truth.json" in path.read_text(encoding="utf-8")
    ]
    # The simulator writes it; `pilotage demo` looks whether a demo company is there.
    assert {path for path in readers if not path.startswith("ingestion/demo/")} == {"orchestration/cli/main.py"}
