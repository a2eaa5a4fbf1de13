"""Generic tests, and the laws of web, e-mail, identity and lifecycle, can fail: hostile rows, one law each."""

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
DATES = (
    "insert into marts.dim_dates select cast(day as date), cast(day as date), cast(day as date), cast(day as date),"
    " cast(day as date), true, null from range(date '2026-01-01', date '2026-12-31', interval 1 day) as days (day)"
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
LOCAL_DATES = "assert_dates_are_those_of_the_company"
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


def test_every_law_of_these_domains_has_a_hostile_fixture() -> None:
    kept = {name for name, _ in HOSTILE.values()}
    assert kept | set(LAWS_OF_SALES) == {path.stem for path in (PROJECT / "tests").glob("*.sql")}
