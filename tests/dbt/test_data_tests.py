"""Generic tests and laws can fail: hostile rows, one law each."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.dbt.support import PROJECT, dbt, dbt_ok
from tests.dbt.test_kpi_laws import LAWS as LAWS_OF_SALES

# Generic test, its arguments as YAML, rows that break it, rows that keep it.
GENERIC = {
    "unique_combination": ("columns: [a, b]", "(1, null), (1, null)", "(1, null), (1, 2), (2, null)"),
    "keyed_by": ("{columns: [a], never_null: [b]}", "(1, 1), (1, 2)", "(1, 1), (2, 1)"),
    "never_null": ("columns: [a, b]", "(1, 1), (1, null)", "(1, 1), (1, 1)"),
    "expression_holds": ("expression: 'a <= b'", "(1, 2), (3, 2)", "(1, 2), (1, null)"),
    "numbered_without_gaps": (
        "{group_column: a, number_column: b}",
        "(1, 1), (1, 2), (2, 1), (2, 3)",
        "(1, 1), (1, 2), (2, 1)",
    ),
}


def _statuses(target: Path) -> dict[str, str]:
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    return {result["unique_id"].split(".")[2]: result["status"] for result in results}


def test_every_generic_test_has_a_hostile_fixture() -> None:
    assert {path.stem for path in (PROJECT / "tests" / "generic").glob("*.sql")} == set(GENERIC)


def test_generic_tests_fail_on_hostile_rows_and_hold_on_clean_ones(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(PROJECT / "tests" / "generic", project / "tests" / "generic")
    shutil.copytree(PROJECT / "macros", project / "macros")
    (project / "models").mkdir()
    (project / "dbt_project.yml").write_text(
        "name: pilotage\nversion: '1.0'\nprofile: pilotage\nvars: {timezone: Europe/Paris, as_of: '2026-01-01'}\n"
        "sources: {}\nmodels: {pilotage: {+materialized: table}}\n",
        encoding="utf-8",
    )
    lines = ["models:"]
    for name, (arguments, hostile, clean) in GENERIC.items():
        for kind, rows in (("hostile", hostile), ("clean", clean)):
            model = f"{kind}_{name}"
            (project / "models" / f"{model}.sql").write_text(f"select * from (values {rows}) as v (a, b)\n")
            test = [f"{name}:", f"    name: {model}_test", f"    arguments: {_flow(arguments)}"]
            lines += [f"  - name: {model}", "    data_tests:", f"      - {test[0]}"]
            lines += [f"        {line}" for line in test[1:]]
    (project / "models" / "models.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = dbt("build", warehouse=tmp_path / "warehouse.duckdb", project=project)
    assert "Completed with" in done.stdout, done.stdout + done.stderr
    statuses = {key: value for key, value in _statuses(tmp_path / "target").items() if key.endswith("_test")}
    assert statuses == {
        f"{kind}_{name}_test": status for name in GENERIC for kind, status in (("hostile", "fail"), ("clean", "pass"))
    }, done.stdout


def _flow(arguments: str) -> str:
    return arguments if arguments.startswith("{") else "{" + arguments + "}"


LEAD = (
    "insert into marts.fct_leads (lead_cycle_id, person_id, cycle_number, is_recycled, opened_at, opened_date,"
    " closed_at, close_reason, acquisition_channel_name, acquisition_audience_type, mql_at) values"
)
MQL = (
    "insert into marts.fct_mqls (lead_cycle_id, person_id, mql_at, mql_date, mql_authority, contact_state,"
    " is_sales_direct, acquisition_channel_name, acquisition_audience_type) values"
)
SQL = (
    "insert into marts.fct_sqls (lead_cycle_id, person_id, sql_at, sql_date, activity_id, mql_at, is_sales_direct,"
    " acquisition_channel_name) values"
)
ACTIVITY = (
    "insert into marts.fct_activities (activity_id, activity_type, verdict, occurred_at, occurred_date, recorded_at,"
    " is_human_contact, lead_cycle_id) values"
)
ORDER = (
    "insert into marts.fct_orders (order_id, order_date, ordered_at, amount, amount_base, currency_code)"
    " select 'o', date '2026-03-10', timestamp '2026-03-10 10:00:00', 100, 100, 'EUR'"
)
CREDIT = (
    "insert into marts.fct_attribution_credits (attribution_credit_id, conversion_type, conversion_id, model_name,"
    " converted_at, conversion_date, channel_name, credit, credited_amount_base) select 'order' || model || channel,"
    " 'order', 'o', model, timestamp '2026-03-10 10:00:00', date '2026-03-10', channel, {credit}, {amount} from (values"
    " ('first_touch'), ('last_non_direct'), ('linear'), ('position_based'), ('time_decay')) as models (model)"
    " cross join (values ('Email'), ('Direct')) as channels (channel) where {condition}"
)
KPI = (
    "insert into marts.kpi_values (metric_id, period_grain, period_start, dimension_name, dimension_value, basis,"
    " window_days, as_of, numerator, unit, is_low_n) values ('{0}', 'month', date '2026-03-01', '{1}', '{2}', 'period',"
    " 0, date '2026-03-31', {3}, 'EUR', true)"
)
FORECAST = (
    "insert into marts.fct_order_forecast (order_forecast_id, origin_date, model_name, horizon, measure, component,"
    " month_start_date, label, is_shown, is_current, expected, actual_to_date) values ('{0}', date '2026-03-31',"
    " 'naive_mean_3m', '{1}', 'orders_count', '{2}', date '{3}', 'naive', {4}, true, {5}, {6})"
)
BACKTEST = (
    "insert into marts.fct_forecast_backtest (forecast_backtest_id, origin_date, model_name, horizon, measure,"
    " month_start_date, label, is_promoted, expected, absolute_error) values ('b', date '2026-02-28', 'naive_mean_3m',"
    " 'm1', 'orders_count', date '2026-03-01', 'naive', false, 10, 4)"
)
FUNNEL = (
    "insert into marts.kpi_funnel (cohort_month, funnel_name, step_number, step_name, dimension_name, dimension_value,"
    " basis, as_of, count_entered, is_low_n, is_complete, is_mature) select date '2026-03-01', 'lead', 1, 'lead',"
    " name, value, 'period', date '2026-03-31', entered, true, true, false from (values ('total', 'all', 3),"
    " ('channel', 'Email', 3), ('campaign', 'spring', {spring}), ('campaign', 'none', 1), ('owner', 'o', 3),"
    " ('region', 'IDF', 3)) as steps (name, value, entered) where {condition}"
)
DATES = (
    "insert into marts.dim_dates select cast(day as date), cast(day as date), cast(day as date), cast(day as date),"
    " cast(day as date), true, null from range(date '2026-01-01', date '2026-12-31', interval 1 day) as days (day)"
)
STAGES = (
    "insert into marts.dim_stages (stage_id, pipeline_name, stage_name, stage_rank, stage_type) values"
    " ('s:1', 's', '1', 1, 'open'), ('s:2', 's', '2', 2, 'open')"
)
DEAL = (
    "insert into marts.fct_deals (deal_id, pipeline_name, current_stage_id, deal_status, amount, amount_base,"
    " created_date, closed_date, is_created_and_closed_same_day, is_reportable)"
    " values ('d', 's', 's:2', '{0}', 100, 100, date '2026-01-05', {1}, false, true)"
)
VISIT = (
    "insert into marts.fct_stage_visits (stage_visit_id, deal_id, stage_id, pipeline_name, stage_rank, visit_number,"
    " entered_at, entered_date, exited_at, exit_type, is_open, is_stalled, is_skipped, is_regression,"
    " amount_at_entry_base, amount_at_exit_base, timestamp_precision)"
    " values ('v' || {0}, 'd', 's:' || {0}, 's', {0}, {0}, {1}, cast({1} as date), {2}, {3}, {2} is null, {4}, false,"
    " false, {5}, {6}, 'instant')"
)
T = "timestamp '2026-03-10 10:00:00'"
LATER = "timestamp '2026-03-11 10:00:00'"
D = "date '2026-03-10'"

NO_SQL = "assert_no_sql_without_a_valid_human_contact"
NO_MQL = "assert_no_mql_before_the_first_capture"
OVERLAP = "assert_lead_cycles_of_a_person_do_not_overlap"
FAN_OUT = "assert_joins_do_not_fan_out"
ATTRIBUTION = "assert_attribution_credits_sum_to_their_conversions"
AUDIENCES = "assert_audiences_agree_with_their_channels"
REACHED = "assert_reached_stages_do_not_increase_with_rank"
CONTIGUOUS = "assert_visits_are_contiguous_and_open_with_their_deal"
STOCK = "assert_open_deals_follow_from_what_came_and_went"
ENTERED = "assert_entered_stages_are_all_accounted_for"
DEALS_FAN_OUT = "assert_deals_and_orders_do_not_fan_out"
COUNTED = "assert_kpis_equal_the_counts_of_their_facts"
STALLED = "assert_stalled_deals_are_open_and_counted"
LOCAL_DATES = "assert_dates_are_those_of_the_company"
FORECASTS = "assert_forecasts_agree_with_their_facts"
FUNNELS = "assert_dimensions_of_the_funnel_sum_to_its_total"
SCORES = "assert_score_contributions_sum_to_their_scores"
SCORE = (
    "insert into marts.fct_lead_scores (lead_score_id, lead_cycle_id, person_id, model_name, model_version,"
    " valid_from_date, scored_at, score_confirmed, score_potential, completeness, fit_points, heat_points,"
    " is_contactable, is_current, is_leading) select 'k', 'c', 'p', 'm', 1, date '2026-03-10',"
    " timestamp '2026-03-10 10:00:00', {score}, {potential}, 0.4, 30, 0, true, true, true"
)
CONTRIBUTIONS = (
    "insert into marts.fct_lead_score_contributions (lead_score_id, criterion_code, lead_cycle_id, criterion_group,"
    " points, max_points, is_known, evidence_field) values ('k', 'size', 'c', 'fit', {points}, 40, true, 'x'),"
    " ('k', 'need', 'c', 'heat', 0, 60, false, 'y')"
)

# Test, statements that break its law.
HOSTILE = {
    "sql_on_an_email": (NO_SQL, [f"{ACTIVITY} ('a', 'email', 'valid', {T}, {D}, {T}, false, 'c')"]),
    "sql_on_a_refusal": (NO_SQL, [f"{ACTIVITY} ('a', 'call', 'refused', {T}, {D}, {T}, true, 'c')"]),
    "sql_without_its_activity": (NO_SQL, []),
    "sql_of_another_cycle": (NO_SQL, [f"{ACTIVITY} ('a', 'call', 'valid', {T}, {D}, {T}, true, 'other')"]),
    "sql_at_the_time_of_the_verdict": (NO_SQL, [f"{ACTIVITY} ('a', 'call', 'valid', {LATER}, {D}, {T}, true, 'c')"]),
    "mql_before_its_lead": (
        NO_MQL,
        [
            f"{LEAD} ('c', 'p', 1, false, {LATER}, {D}, null, null, 'x', 'x', {T})",
            f"{MQL} ('c', 'p', {T}, {D}, 'lifecycle', 'attempted', false, 'x', 'x')",
        ],
    ),
    "score_without_its_contributions": (SCORES, [SCORE.format(score=30, potential=90)]),
    "contributions_without_their_score": (SCORES, [CONTRIBUTIONS.format(points=30)]),
    "points_that_no_criterion_gave": (
        SCORES,
        [SCORE.format(score=30, potential=90), CONTRIBUTIONS.format(points=29.9999)],
    ),
    "unknown_criterion_that_costs": (
        SCORES,
        [SCORE.format(score=30, potential=30), CONTRIBUTIONS.format(points=30)],
    ),
    "mql_without_a_lead": (NO_MQL, [f"{MQL} ('c', 'p', {T}, {D}, 'lifecycle', 'attempted', false, 'x', 'x')"]),
    "two_open_cycles": (
        OVERLAP,
        [
            f"{LEAD} ('c1', 'p', 1, false, {T}, {D}, null, null, 'x', 'x', null)",
            f"{LEAD} ('c2', 'p', 2, true, {LATER}, {D}, null, null, 'x', 'x', null)",
        ],
    ),
    "session_without_an_event": (
        FAN_OUT,
        [
            "insert into marts.fct_web_sessions (session_id, session_date, session_month, started_at, ended_at,"
            " count_events, count_page_views, count_form_submits, channel_name, is_bot, is_internal)"
            f" values ('s', {D}, {D}, {T}, {T}, 1, 1, 0, 'Direct', false, false)"
        ],
    ),
    "order_without_credit": (ATTRIBUTION, [ORDER]),
    "order_with_half_a_credit": (ATTRIBUTION, [ORDER, CREDIT.format(credit=0.25, amount=50, condition="true")]),
    "credit_that_a_model_lacks": (
        ATTRIBUTION,
        [ORDER, CREDIT.format(credit=0.5, amount=50, condition="model <> 'linear'")],
    ),
    "amount_doubled_by_a_fan_out": (ATTRIBUTION, [ORDER, CREDIT.format(credit=0.5, amount=100, condition="true")]),
    "amount_lost_to_rounding": (ATTRIBUTION, [ORDER, CREDIT.format(credit=0.5, amount=49.9999, condition="true")]),
    "credit_of_no_order": (ATTRIBUTION, [CREDIT.format(credit=0.5, amount=0, condition="true")]),
    "channels_that_do_not_sum_to_the_orders": (
        ATTRIBUTION,
        [
            KPI.format("orders_amount", "total", "all", 100),
            KPI.format("attributed_orders_amount", "channel:linear", "Email", 60),
            KPI.format("attributed_orders_amount", "channel:linear", "Direct", 30),
        ],
    ),
    "channels_that_do_not_sum_to_the_mqls": (
        ATTRIBUTION,
        [KPI.format("mqls", "total", "all", 2), KPI.format("attributed_mqls", "channel:linear", "Email", 1.9)],
    ),
    "two_forecasts_shown_of_one_month": (
        FORECASTS,
        [
            FORECAST.format("a", "m1", "future", "2026-04-01", "true", 5, 0),
            FORECAST.format("b", "m2", "future", "2026-04-01", "true", 5, 0),
        ],
    ),
    "parts_of_a_forecast_that_do_not_sum_to_it": (
        FORECASTS,
        [
            FORECAST.format("a", "m1", "total", "2026-04-01", "false", 5, 0),
            FORECAST.format("b", "m1", "existing", "2026-04-01", "false", 2, 0),
            FORECAST.format("c", "m1", "future", "2026-04-01", "false", 2.9, 0),
        ],
    ),
    "forecast_without_a_kpi": (FORECASTS, [FORECAST.format("a", "m1", "total", "2026-04-01", "true", 5, 0)]),
    "kpi_without_a_forecast": (FORECASTS, [KPI.format("orders_forecast_count", "total", "all", 5)]),
    "forecast_that_begins_with_other_orders_than_the_kpis": (
        FORECASTS,
        [
            FORECAST.format("a", "rest_of_month", "total", "2026-03-01", "false", 0, 7),
            KPI.format("orders_count", "total", "all", 8),
        ],
    ),
    "error_that_no_kpi_has": (FORECASTS, [BACKTEST]),
    "kpi_of_another_error": (
        FORECASTS,
        [BACKTEST, KPI.format("forecast_wape", "forecast_model:m1", "naive_mean_3m", 3)],
    ),
    "lead_without_a_campaign_that_the_funnel_drops": (
        FUNNELS,
        [FUNNEL.format(spring=2, condition="name <> 'campaign' or value <> 'none'")],
    ),
    "lead_of_two_campaigns": (FUNNELS, [FUNNEL.format(spring=3, condition="true")]),
    "call_that_counts_as_a_visit": (
        AUDIENCES,
        [f"{LEAD} ('c', 'p', 1, false, {T}, {D}, null, null, 'Phone', 'web_site', null)"],
    ),
    "search_that_counts_as_a_show": (
        AUDIENCES,
        [f"{LEAD} ('c', 'p', 1, false, {T}, {D}, null, null, 'Organic Search', 'trade_show', null)"],
    ),
    "date_of_utc_instead_of_the_zone": (
        LOCAL_DATES,
        [
            DATES,
            f"{ACTIVITY} ('a', 'call', null, timestamp '2026-03-28 23:00:00', date '2026-03-28', {T}, true, null)",
        ],
    ),
    "date_that_the_calendar_lacks": (LOCAL_DATES, [f"{ACTIVITY} ('a', 'call', null, {T}, {D}, {T}, true, null)"]),
    "fact_after_the_as_of_day": (
        LOCAL_DATES,
        [
            DATES,
            f"{ACTIVITY} ('a', 'call', null, timestamp '2026-04-02 10:00:00', date '2026-04-02', {T}, true, null)",
        ],
    ),
}
JANUARY, FEBRUARY, MARCH = (f"timestamp '2026-0{month}-05 10:00:00'" for month in (1, 2, 3))
OPEN, LOST = DEAL.format("open", "null"), DEAL.format("lost", "date '2026-02-05'")
# What the laws of sales are made of, each broken alone: test_kpi_laws.py breaks all of them at once.
HOSTILE |= {
    "stage_reached_without_the_one_before": (
        REACHED,
        [STAGES, VISIT.format(2, JANUARY, "null", "'open'", "false", 100, "null")],
    ),
    "gap_between_two_visits": (
        CONTIGUOUS,
        [
            OPEN,
            VISIT.format(1, JANUARY, FEBRUARY, "'advanced'", "false", 100, 100),
            VISIT.format(2, MARCH, "null", "'open'", "false", 100, "null"),
        ],
    ),
    "overlap_of_two_visits": (
        CONTIGUOUS,
        [
            OPEN,
            VISIT.format(1, JANUARY, MARCH, "'advanced'", "false", 100, 100),
            VISIT.format(2, FEBRUARY, "null", "'open'", "false", 100, "null"),
        ],
    ),
    "visit_that_ends_before_it_begins": (
        CONTIGUOUS,
        [LOST, VISIT.format(1, MARCH, FEBRUARY, "'lost'", "false", 100, 100)],
    ),
    "open_deal_in_no_stage": (CONTIGUOUS, [OPEN]),
    "lost_deal_that_is_still_in_a_stage": (
        CONTIGUOUS,
        [LOST, VISIT.format(1, JANUARY, "null", "'open'", "false", 100, "null")],
    ),
    "closed_deal_that_is_still_counted_as_open": (
        STOCK,
        [DATES, LOST, VISIT.format(1, JANUARY, "null", "'lost'", "false", 100, 100)],
    ),
    "open_deal_whose_visit_ended": (
        STOCK,
        [DATES, OPEN, VISIT.format(1, JANUARY, FEBRUARY, "'advanced'", "false", 100, 100)],
    ),
    "amount_that_changes_between_two_visits": (
        STOCK,
        [
            OPEN,
            VISIT.format(1, JANUARY, FEBRUARY, "'advanced'", "false", 100, 100),
            VISIT.format(2, FEBRUARY, "null", "'open'", "false", 90, "null"),
        ],
    ),
    "amount_at_loss_that_is_not_the_deals": (
        STOCK,
        [LOST, VISIT.format(1, JANUARY, FEBRUARY, "'lost'", "false", 100, 90)],
    ),
    "visit_that_ended_nobody_knows_how": (
        ENTERED,
        [OPEN, VISIT.format(1, JANUARY, FEBRUARY, "null", "false", 100, 100)],
    ),
    "lost_deal_filled_into_the_next_stage": (
        ENTERED,
        [LOST, VISIT.format(1, JANUARY, FEBRUARY, "'advanced'", "false", 100, 100)],
    ),
    "deal_that_nobody_delivered": (DEALS_FAN_OUT, [OPEN]),
    "order_that_nobody_delivered": (DEALS_FAN_OUT, [ORDER]),
    "lead_that_no_kpi_counts": (COUNTED, [f"{LEAD} ('c', 'p', 1, false, {T}, {D}, null, null, 'x', 'x', null)"]),
    "order_that_a_kpi_counts_twice": (COUNTED, [ORDER, KPI.format("orders_count", "total", "all", 2)]),
    "order_amount_that_a_channel_lacks": (
        COUNTED,
        [
            ORDER,
            KPI.format("orders_count", "total", "all", 1),
            KPI.format("orders_count_net", "total", "all", 1),
            KPI.format("orders_amount", "total", "all", 100),
            KPI.format("orders_amount_gross", "total", "all", 100),
            KPI.format("orders_amount_gross", "channel", "Email", 60),
        ],
    ),
    "stalled_deal_that_was_lost": (
        STALLED,
        [LOST, VISIT.format(1, JANUARY, FEBRUARY, "'lost'", "true", 100, 100)],
    ),
    "stalled_deal_that_no_visit_shows": (STALLED, [KPI.format("stalled_deals", "total", "all", 1)]),
}
AN_SQL = f"{SQL} ('c', 'p', {T}, {D}, 'a', null, true, 'x')"


@pytest.fixture(scope="module")
def compiled_laws(empty_built_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the laws as SQL for the end of March 2026."""
    warehouse = tmp_path_factory.mktemp("laws") / "warehouse.duckdb"
    shutil.copy(empty_built_warehouse, warehouse)
    dbt_ok("compile", "--select", "test_type:singular", warehouse=warehouse, variables={"as_of": "2026-03-31"})
    return warehouse.parent / "target" / "compiled" / "pilotage" / "tests"


@pytest.mark.parametrize("case", HOSTILE, ids=HOSTILE)
def test_law_fails_on_hostile_facts(
    case: str, compiled_laws: Path, empty_built_warehouse: Path, tmp_path: Path
) -> None:
    name, statements = HOSTILE[case]
    # The compiled SQL names the database after its file.
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copy(empty_built_warehouse, warehouse)
    law = (compiled_laws / f"{name}.sql").read_text(encoding="utf-8")
    with duckdb.connect(str(warehouse)) as connection:
        assert connection.execute(law).fetchall() == []
        for statement in [*([AN_SQL] if name == NO_SQL else []), *statements]:
            connection.execute(statement)
        assert connection.execute(law).fetchall() != []


def test_every_law_has_a_hostile_fixture() -> None:
    kept = {name for name, _ in HOSTILE.values()}
    assert set(LAWS_OF_SALES) < kept
    assert kept == {path.stem for path in (PROJECT / "tests").glob("*.sql")}
