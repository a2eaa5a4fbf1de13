"""A small company with awkward deals, from raw tables to KPIs: its figures, the laws, and that each law can fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ingestion.contracts import ARROW_TYPES, ENTITIES, METADATA_COLUMNS
from tests.dbt.support import create_warehouse, dbt, dbt_ok, raw_tables

AS_OF = {"as_of": "2024-06-30"}
LAWS = (
    "assert_reached_stages_do_not_increase_with_rank",
    "assert_visits_are_contiguous_and_open_with_their_deal",
    "assert_open_deals_follow_from_what_came_and_went",
    "assert_entered_stages_are_all_accounted_for",
    "assert_deals_and_orders_do_not_fan_out",
    "assert_kpis_equal_the_counts_of_their_facts",
    "assert_stalled_deals_are_open_and_counted",
)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2024-{text}:00")


def _deal(deal_id: str, stage: str, created: str, closed: str | None = None, **more: object) -> dict[str, object]:
    return {
        "deal_id": deal_id,
        "pipeline_name": "sales",
        "stage_name": stage,
        "amount": 100,
        "person_id": "p1",
        "created_at": _at(created),
        "closed_at": _at(closed) if closed else None,
        **more,
    }


DEALS = (
    _deal("straight", "won", "01-10 09:00", "02-20 09:00", company_id="c_old"),
    _deal("skips", "won", "01-10 09:00", "01-20 09:00"),
    _deal("wanders", "lost", "01-10 09:00", "03-05 09:00", amount=80, loss_reason="price"),
    _deal("reopened", "proposal", "01-10 09:00"),
    _deal("same_day", "lost", "01-10 09:00", "01-10 17:00"),
    _deal("loss_known_late", "lost", "01-10 09:00", "06-20 09:00"),
    _deal("stays", "discovery", "01-31 23:30"),
    _deal("merged", "discovery", "01-10 09:00", merged_into_deal_id="stays"),
    _deal("deleted", "lost", "01-10 09:00", "01-20 09:00", is_deleted=True),
    _deal("test", "won", "01-10 09:00", "01-20 09:00", is_test=True),
    _deal("last_minute", "lost", "05-31 21:59", "06-30 21:59", owner_id="o", loss_reason="price"),
    _deal("tomorrow", "discovery", "06-30 22:30"),
)
# Deal, stage, time, sequence, amount, time of recording: in no order at all.
HISTORY = (
    ("straight", "won", "02-20 09:00", 1, 120, None),
    ("straight", "negotiation", "02-20 09:00", 2, 120, None),
    ("straight", "discovery", "01-10 09:00", 1, 100, None),
    ("straight", "need_validated", "01-12 09:00", 1, None, None),
    ("straight", "demo", "01-15 09:00", 1, None, None),
    ("straight", "proposal", "02-01 09:00", 1, 120, None),
    ("skips", "won", "01-20 09:00", 1, None, None),
    ("skips", "demo", "01-10 09:00", 1, None, None),
    ("wanders", "lost", "03-05 09:00", 1, 80, None),
    ("wanders", "discovery", "01-10 09:00", 1, 90, None),
    ("wanders", "demo", "01-20 09:00", 1, None, None),
    ("wanders", "need_validated", "02-01 09:00", 1, None, None),
    ("wanders", "demo", "02-10 09:00", 1, None, None),
    ("reopened", "discovery", "01-10 09:00", 1, None, None),
    ("reopened", "lost", "01-20 09:00", 1, None, None),
    ("reopened", "discovery", "02-10 09:00", 1, None, None),
    ("reopened", "proposal", "02-15 09:00", 1, None, None),
    ("same_day", "discovery", "01-10 09:00", 1, None, None),
    ("same_day", "lost", "01-10 17:00", 2, None, None),
    ("loss_known_late", "discovery", "01-10 09:00", 1, None, None),
    ("loss_known_late", "lost", "06-20 09:00", 1, None, "07-02 09:00"),
    ("stays", "discovery", "01-31 23:30", 1, None, None),
    ("merged", "discovery", "01-10 09:00", 1, None, None),
    ("deleted", "discovery", "01-10 09:00", 1, None, None),
    ("deleted", "lost", "01-20 09:00", 1, None, None),
    ("test", "discovery", "01-10 09:00", 1, None, None),
    ("test", "won", "01-20 09:00", 1, None, None),
    ("last_minute", "discovery", "05-31 21:59", 1, None, None),
    ("last_minute", "lost", "06-30 21:59", 1, None, None),
    ("tomorrow", "discovery", "06-30 22:30", 1, None, None),
)


def _raw(entity_name: str, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Rows of one entity as its raw table: missing columns are NULL, load metadata is added."""
    metadata = {
        "source_name": "crm",
        "references_source_name": "crm",
        "source_file_name": "crm/file.csv",
        "source_file_hash": "hash",
        "source_file_modified_at": _at("07-03 00:00"),
    }
    columns = {}
    for column in (*ENTITIES[entity_name].columns, *METADATA_COLUMNS):
        values = [{**metadata, "row_hash": str(number), **row}.get(column.name) for number, row in enumerate(rows)]
        columns[column.name] = pa.array(values, ARROW_TYPES[column.type])
    return pa.table(columns | {"_dlt_load_id": pa.array(["1"] * len(rows))})


def _history_rows() -> list[dict[str, object]]:
    return [
        {
            "change_id": f"{deal}-{number}",
            "deal_id": deal,
            "pipeline_name": "sales",
            "stage_name": stage,
            "amount": amount,
            "occurred_at": _at(occurred),
            "recorded_at": _at(recorded) if recorded else None,
            "sequence_number": sequence,
        }
        for number, (deal, stage, occurred, sequence, amount, recorded) in enumerate(HISTORY)
    ]


def _tables() -> dict[tuple[str, str], pa.Table]:
    orders = (
        {
            "order_id": "o1",
            "order_status": "confirmed",
            "amount": 120,
            "company_id": "c",
            "ordered_at": _at("02-20 09:00"),
        },
        {
            "order_id": "o2",
            "order_status": "confirmed",
            "amount": 50,
            "company_id": "c_old",
            "ordered_at": _at("02-29 23:30"),
        },
        {
            "order_id": "o3",
            "order_status": "cancelled",
            "amount": 40,
            "company_id": "c",
            "ordered_at": _at("03-10 09:00"),
            "cancelled_at": _at("04-02 09:00"),
        },
        {"order_id": "o4", "order_status": "draft", "amount": 999, "company_id": "c", "ordered_at": _at("03-10 09:00")},
    )
    persons = (
        {"person_id": "p1", "email": "a@firm.fr", "created_at": _at("01-02 09:00")},
        {"person_id": "p2", "email": "b@firm.fr", "created_at": _at("01-03 09:00"), "merged_into_person_id": "p1"},
    )
    companies = (
        {"company_id": "c", "company_name": "Firm"},
        {"company_id": "c_old", "company_name": "Firm", "merged_into_company_id": "c"},
    )
    loads = pa.table({"load_id": ["1"], "schema_name": ["files"], "status": pa.array([0], pa.int64())})
    return raw_tables() | {
        ("raw_files", "deals"): _raw("deals", DEALS),
        ("raw_files", "deal_history"): _raw("deal_history", _history_rows()),
        ("raw_files", "orders"): _raw("orders", orders),
        ("raw_files", "persons"): _raw("persons", persons),
        ("raw_files", "companies"): _raw("companies", companies),
        ("raw_files", "_dlt_loads"): loads,
    }


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with all models built from the small company."""
    path = tmp_path_factory.mktemp("laws") / "warehouse.duckdb"
    create_warehouse(path, _tables())
    dbt_ok("run", warehouse=path, variables=AS_OF)
    return path


def _query(warehouse: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def _visits(warehouse: Path, deal_id: str) -> list[tuple[object, ...]]:
    return _query(
        warehouse,
        "select split_part(stage_id, ':', 2), exit_type, is_regression, is_skipped, duration_seconds / 86400 "
        f"from marts.fct_stage_visits where deal_id = 'crm:{deal_id}' order by visit_number nulls last, stage_rank",
    )


def _kpi(warehouse: Path, metric_id: str, month: str, value: str = "all", basis: str = "period") -> object:
    rows = _query(
        warehouse,
        f"select value from marts.kpi_values where metric_id = '{metric_id}' and period_grain = 'month' "
        f"and period_start = '2024-{month}-01' and dimension_value = '{value}' and basis = '{basis}'",
    )
    return rows[0][0] if rows else "no row"


def test_a_won_deal_ends_its_last_stage_when_both_were_logged_in_one_transaction(warehouse: Path) -> None:
    assert _visits(warehouse, "straight") == [
        ("discovery", "advanced", False, False, 2.0),
        ("need_validated", "advanced", False, False, 3.0),
        ("demo", "advanced", False, False, 17.0),
        ("proposal", "advanced", False, False, 19.0),
        ("negotiation", "won", False, False, 0.0),
    ]


def test_skipped_stages_are_reached_without_a_duration(warehouse: Path) -> None:
    assert _visits(warehouse, "skips") == [
        ("demo", "won", False, False, 10.0),
        ("discovery", None, False, True, None),
        ("need_validated", None, False, True, None),
        ("proposal", None, False, True, None),
        ("negotiation", None, False, True, None),
    ]


def test_a_lost_deal_reaches_only_what_it_held_when_it_wandered(warehouse: Path) -> None:
    assert _visits(warehouse, "wanders") == [
        ("discovery", "advanced", False, False, 10.0),
        ("demo", "went_back", False, False, 12.0),
        ("need_validated", "advanced", True, False, 9.0),
        ("demo", "lost", False, False, 24.0),
    ]
    assert _query(
        warehouse, "select loss_stage_id, highest_stage_rank, amount from marts.fct_deals where deal_id = 'crm:wanders'"
    ) == [("sales:demo", 3, 80)]


def test_a_reopened_deal_goes_on_where_it_was_lost(warehouse: Path) -> None:
    assert _visits(warehouse, "reopened") == [
        ("discovery", "advanced", False, False, 36.0),
        ("proposal", "open", False, False, None),
        ("need_validated", None, False, True, None),
        ("demo", None, False, True, None),
    ]


def test_what_is_not_known_at_the_as_of_day_is_not_there(warehouse: Path) -> None:
    late = "select deal_id, deal_status from marts.fct_deals where deal_id in ('crm:tomorrow', 'crm:loss_known_late')"
    assert _query(warehouse, late) == [("crm:loss_known_late", "open")]


def test_tombstoned_deals_are_kept_and_count_in_no_kpi(warehouse: Path) -> None:
    assert _query(
        warehouse, "select deal_id, not_reportable_reason from marts.fct_deals where not is_reportable order by 1"
    ) == [
        ("crm:deleted", "deleted"),
        ("crm:merged", "merged"),
        ("crm:test", "test"),
    ]
    assert _kpi(warehouse, "deals_created", "01") == 6
    assert _kpi(warehouse, "deals_created", "02") == 1  # 23:30 in UTC is the next month in Paris
    assert _kpi(warehouse, "deals_won", "01") == 1


def test_funnels_hold_lost_and_same_day_deals(warehouse: Path) -> None:
    assert _kpi(warehouse, "losses_count", "01") == 1
    assert _kpi(warehouse, "losses_count", "01", "sales:discovery") == 1
    assert _kpi(warehouse, "losses_count", "03", "sales:demo") == 1
    assert _kpi(warehouse, "losses_count", "02") == 0
    assert _kpi(warehouse, "losses_amount", "03") == 80
    assert _kpi(warehouse, "losses_share", "02", "sales:demo") is None


def test_windows_reach_to_the_last_minute_of_the_range(warehouse: Path) -> None:
    # A known fault of peers: windows cut at the end of the range. 21:59 in UTC is 23:59 in Paris.
    assert _kpi(warehouse, "deals_created", "05") == 1
    assert _kpi(warehouse, "deals_created", "06") == 0
    assert _kpi(warehouse, "losses_count", "06") == 1
    assert _kpi(warehouse, "losses_count", "06", "sales:discovery") == 1


def test_what_has_no_owner_and_no_reason_is_kept_by_name(warehouse: Path) -> None:
    # A known fault of peers: a NULL origin dropped by a join.
    assert _kpi(warehouse, "deals_created", "01", "unassigned") == _kpi(warehouse, "deals_created", "01") == 6
    assert _kpi(warehouse, "win_rate_all", "01", "unassigned") == pytest.approx(2 / 6)
    assert _kpi(warehouse, "losses_count", "01", "unknown") == 1
    assert _kpi(warehouse, "losses_share", "03", "price") == 1
    assert _kpi(warehouse, "losses_share", "03", "unknown") == 0


def test_loss_of_a_reopened_deal_is_void(warehouse: Path) -> None:
    lost_in_january = (
        "select deal_id from marts.fct_stage_visits where exit_type = 'lost' and entered_at < '2024-02-01'"
    )
    assert _query(warehouse, f"{lost_in_january} and deal_id <> 'crm:deleted'") == [("crm:same_day",)]


def test_stage_performance_of_a_stage_by_hand(warehouse: Path) -> None:
    # Six deals reached discovery in January, worth 590; four went on, worth 390. One of the four skipped the stage, and
    # another the next one: five held it, two of them the next one too. One is still there, one was lost.
    ((*found,),) = _query(
        warehouse,
        "select count_entered, conversion_cohort_aj, conversion_amount_cohort_aj, conversion_amount_period, "
        "conversion_touched, conversion_strict, losses_count, losses_amount, losses_share, median_days_to_advance, "
        "p75_days_to_advance, median_days_when_advanced, days_added, order_value_lost "
        "from marts.kpi_stage_performance where step_id = 'sales:discovery' and period_grain = 'month' "
        "and period_start = '2024-01-01'",
    )
    # Days to go on: 0 (skipped), 2, 10, 36. Of all time, of four deals at the next stage two were won.
    expected = [6, 4 / 6, 390 / 590, 290 / 590, 2 / 5, 2 / 5, 1, 100, 1, 10, None, 2, 12, 50]
    assert found == [None if one is None else pytest.approx(one) for one in expected]
    assert _query(
        warehouse,
        "select count_visits, count_visits_advanced, count_visits_lost, count_visits_went_back, count_visits_open, "
        "count_visits_stalled from marts.kpi_stage_performance where step_id = 'sales:discovery' "
        "and period_grain = 'month' and period_start = '2024-01-01'",
    ) == [(5, 3, 1, 0, 1, 0)]


def test_stage_conversion_of_a_mature_cohort_is_the_same_on_both_cohort_bases(warehouse: Path) -> None:
    # Six deals reached discovery in January: four went on, one was lost, one is still there.
    assert _kpi(warehouse, "kpi3_stage_conversion", "01", "sales:discovery", "cohort_window") == pytest.approx(4 / 6)
    assert _kpi(warehouse, "kpi3_stage_conversion", "01", "sales:discovery", "cohort_aj") == pytest.approx(4 / 6)


def test_a_cancellation_counts_in_its_own_month_and_the_order_stays(warehouse: Path) -> None:
    assert _kpi(warehouse, "orders_amount", "03") == 90  # 23:30 on 29 February in UTC is March in Paris
    assert _kpi(warehouse, "orders_amount", "04") == -40
    assert _kpi(warehouse, "orders_amount_gross", "04") == 0
    assert _kpi(warehouse, "average_basket", "03") == 45
    assert _kpi(warehouse, "average_basket", "04") is None
    first = "select order_id from marts.fct_orders where is_first_order_of_customer"
    assert _query(warehouse, first) == [("crm:o1",)]


def test_call_list_holds_the_open_deals_of_a_contact_whose_cycle_is_closed(warehouse: Path) -> None:
    # A deal lost in January closed the contact's cycle: no score. Five working days from the entry into the stage;
    # 31 January 23:30 in UTC is 1 February in Paris. Nobody is known to have called.
    listed = _query(
        warehouse,
        "select action_id, action_type, lead_cycle_id, due_at, due_date, is_overdue, days_in_stage, "
        "missing_milestone_code, missing_milestone_state, score_confirmed, owner_action_rank "
        "from marts.kpi_next_actions order by action_rank",
    )
    assert listed == [
        (
            f"deal:crm:{deal}",
            "next_milestone",
            cycle,
            _at(f"{due} 17:00"),
            _at(f"{due} 00:00").date(),
            True,
            days,
            "need_understood",
            "unknown",
            None,
            rank,
        )
        for rank, (deal, cycle, due, days) in enumerate(
            [
                ("loss_known_late", "crm:p1#1", "01-17", 172),
                ("stays", None, "02-08", 150),
                ("reopened", "crm:p1#1", "02-22", 136),
            ],
            start=1,
        )
    ]
    counts = [_kpi(warehouse, f"next_actions_{name}", "06") for name in ("count", "overdue", "overdue_rate")]
    assert counts == [3, 3, 1]
    assert _kpi(warehouse, "next_actions_count", "05") == "no row"
    assert _kpi(warehouse, "next_actions_count", "06", "unassigned") == 3


def test_every_law_fails_when_its_facts_are_broken(warehouse: Path, tmp_path: Path) -> None:
    assert dbt("test", "--select", *LAWS, warehouse=warehouse, variables=AS_OF).returncode == 0
    broken = tmp_path / "broken" / "warehouse.duckdb"
    broken.parent.mkdir()
    broken.write_bytes(warehouse.read_bytes())
    with duckdb.connect(str(broken)) as connection:
        # A lost deal filled into later stages, as in the known fault, while the others are forgotten.
        connection.execute("delete from marts.fct_stage_visits where stage_id = 'sales:need_validated'")
        connection.execute("update marts.fct_stage_visits set exit_type = 'advanced' where exit_type = 'lost'")
        connection.execute("update marts.fct_deals set amount_base = 1, amount = 1 where deal_id = 'crm:wanders'")
        connection.execute("delete from marts.fct_orders where order_id = 'crm:o2'")
        connection.execute("update marts.fct_stage_visits set is_stalled = true where deal_id = 'crm:straight'")
    output = dbt("test", "--select", *LAWS, warehouse=broken, variables=AS_OF).stdout
    for law in LAWS:
        assert "FAIL" in next(line for line in output.splitlines() if law in line and "START" not in line), law
