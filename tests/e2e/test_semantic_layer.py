"""The semantic layer is valid, and what MetricFlow computes from the facts is what ``kpi_values`` says."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
METRICS = (
    "new_leads",
    "mqls",
    "sqls",
    "kpi2_sql_rate",
    "mql_sql_gap",
    "deals_created",
    "win_rate_all",
    "deals_won",
    "won_amount",
    "close_rate",
    "losses_count",
    "losses_amount",
    "orders_count",
    "orders_amount",
    "orders_amount_gross",
    "average_basket",
    "orders_count_net",
    "identity_match_rate",
    "identity_email_match_rate",
    "bant_complete_rate",
    "demo_succeeded",
    "demo_with_decision_maker",
)


@pytest.fixture(scope="module")
def metricflow(demo, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Return a function that runs ``mf`` on a copy of the published demo database."""
    folder = tmp_path_factory.mktemp("semantic")
    project, warehouse = folder / "project", folder / "warehouse.duckdb"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    shutil.copyfile(demo.home / "published" / "pilotage.duckdb", warehouse)
    environment = {
        **os.environ,
        "PILOTAGE_WAREHOUSE": str(warehouse),
        "DBT_PROFILES_DIR": str(project),
        "HOME": str(folder),
    }

    def call(program: str, *arguments: str) -> str:
        done = subprocess.run(
            [Path(sys.executable).with_name(program), *arguments],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        return done.stdout

    call("dbt", "parse", "--quiet")
    return call


def _query(metricflow: Callable[..., str], path: Path, *arguments: str) -> list[dict[str, str]]:
    metricflow("mf", "query", *arguments, "--csv", str(path))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _months(rows: list[dict[str, str]], metric: str) -> dict[date, float]:
    """Months that have a value: one without a fact has none here and 0 in ``kpi_values``; open deals have no month."""
    return {
        date.fromisoformat(row["metric_time__month"][:10]): float(row[metric])
        for row in rows
        if row["metric_time__month"] and row[metric] and float(row[metric])
    }


def test_semantic_layer_is_valid(metricflow: Callable[..., str]) -> None:
    said = metricflow("mf", "validate-configs")
    assert "ERRORS: 0" in said.upper(), said


def test_metricflow_computes_what_kpi_values_says(demo, metricflow: Callable[..., str], tmp_path: Path) -> None:
    rows = _query(metricflow, tmp_path / "out.csv", "--metrics", ",".join(METRICS), "--group-by", "metric_time__month")
    for metric in METRICS:
        expected = dict(
            demo.query(
                f"select period_start, value from marts.kpi_values where metric_id = '{metric}' and basis = 'period' "
                "and period_grain = 'month' and dimension_name = 'total' and value <> 0"
            )
        )
        assert len(expected) > 6, metric
        assert _months(rows, metric) == pytest.approx(expected), metric


def test_metricflow_splits_by_dimension_as_kpi_values_does(
    demo, metricflow: Callable[..., str], tmp_path: Path
) -> None:
    rows = _query(
        metricflow,
        tmp_path / "out.csv",
        "--metrics",
        "new_leads",
        "--group-by",
        "metric_time__month,lead_cycle__channel",
    )
    found = {(row["metric_time__month"][:10], row["lead_cycle__channel"]): float(row["new_leads"]) for row in rows}
    expected = {
        (str(month), channel): value
        for month, channel, value in demo.query(
            "select period_start, dimension_value, value from marts.kpi_values where metric_id = 'new_leads' "
            "and period_grain = 'month' and dimension_name = 'channel' and value <> 0"
        )
    }
    assert found == expected


@pytest.mark.parametrize("metric", ["attributed_mqls", "attributed_sqls", "attributed_orders_amount"])
def test_metricflow_attributes_as_kpi_values_does(
    metric: str, demo, metricflow: Callable[..., str], tmp_path: Path
) -> None:
    arguments = ("--metrics", metric, "--group-by", "metric_time__month,attribution_credit__channel")
    where = "{{ Dimension('attribution_credit__attribution_model') }} = 'position_based'"
    rows = _query(metricflow, tmp_path / "out.csv", *arguments, "--where", where)
    found = {
        (row["metric_time__month"][:10], row["attribution_credit__channel"]): float(row[metric])
        for row in rows
        if row["metric_time__month"] and abs(float(row[metric])) > 1e-9
    }
    expected = {
        (str(month), channel): value
        for month, channel, value in demo.query(
            f"select period_start, dimension_value, value from marts.kpi_values where metric_id = '{metric}' "
            "and period_grain = 'month' and dimension_name = 'channel:position_based' and abs(value) > 1e-9"
        )
    }
    assert len(expected) > 6
    # Published counts have four decimals.
    assert found == pytest.approx(expected, abs=0.00006)


def test_what_cannot_be_added_up_is_asked_for_as_it_is_published(
    demo, metricflow: Callable[..., str], tmp_path: Path
) -> None:
    where = (
        "{{ Dimension('kpi_value__metric_id') }} = 'kpi2_sql_rate' "
        "and {{ Dimension('kpi_value__basis') }} = 'cohort_aj' "
        "and {{ Dimension('kpi_value__period_grain') }} = 'month' "
        "and {{ Dimension('kpi_value__dimension_name') }} = 'total' "
        "and {{ Dimension('kpi_value__window_days') }} = 90"
    )
    rows = _query(
        metricflow,
        tmp_path / "out.csv",
        *("--metrics", "published_value", "--group-by", "metric_time__month", "--where", where),
    )
    expected = dict(
        demo.query(
            "select period_start, value from marts.kpi_values where metric_id = 'kpi2_sql_rate' and window_days = 90 "
            "and basis = 'cohort_aj' and period_grain = 'month' and dimension_name = 'total' and value <> 0"
        )
    )
    assert _months(rows, "published_value") == pytest.approx(expected)


def test_metricflow_expects_and_misses_what_the_forecast_does(
    demo, metricflow: Callable[..., str], tmp_path: Path
) -> None:
    rows = _query(metricflow, tmp_path / "out.csv", "--metrics", "orders_expected", "--group-by", "metric_time__month")
    expected = demo.query(
        "select month_start_date, expected from marts.fct_order_forecast where is_current and is_shown "
        "and component = 'total' and measure = 'orders_count' and expected <> 0"
    )
    assert len(expected) > 2
    assert _months(rows, "orders_expected") == pytest.approx(dict(expected))
    rows = _query(
        metricflow,
        tmp_path / "out.csv",
        "--metrics",
        "forecast_wape,forecast_bias",
        "--group-by",
        "forecast_backtest__forecast_model,forecast_backtest__forecast_horizon",
    )
    found = {
        (row["forecast_backtest__forecast_model"], row["forecast_backtest__forecast_horizon"]): (
            float(row["forecast_wape"]),
            float(row["forecast_bias"]),
        )
        for row in rows
        if row["forecast_wape"]
    }
    errors = {
        (model, horizon): (wape, bias)
        for model, horizon, wape, bias in demo.query(
            "select model_name, horizon, sum(absolute_error) / sum(actual), sum(forecast_error) / sum(actual) "
            "from marts.fct_forecast_backtest where measure = 'orders_count' group by all having sum(actual) > 0"
        )
    }
    assert len(errors) > 3
    assert set(found) == set(errors)
    for key, error in errors.items():
        assert found[key] == pytest.approx(error), key
