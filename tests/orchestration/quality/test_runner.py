"""The runner: which rows it checks, how it adds up, what it refuses to call a success, what it never writes."""

from __future__ import annotations

import logging
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from raw_tables import CANARY_EMAIL, CANARY_NAME, NOW, add_rows, create_table

from orchestration.quality import (
    SUITE_TABLES,
    Outcome,
    Suite,
    TableCheckResult,
    accept_loads,
    assess,
    check_table,
    load_suite,
    loads_to_check,
    write_report,
    write_results,
)


def by_id(result: TableCheckResult) -> dict[str, Outcome]:
    return {check.check_id: check.outcome for check in result.results}


@pytest.fixture
def orders() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_table(connection, "orders")
    return connection


def test_only_rows_of_the_given_loads_are_checked_when_older_ones_are_bad(
    orders: duckdb.DuckDBPyConnection,
) -> None:
    orders.execute("update raw_files.orders set amount = -1")
    add_rows(orders, "orders", load_id="2", count=30)
    assert check_table(orders, "orders", ["2"], now=NOW).outcome is Outcome.PASSED
    assert check_table(orders, "orders", ["2"], now=NOW).count_rows == 30
    both = check_table(orders, "orders", ["1", "2"], now=NOW)
    assert both.count_rows == 430
    assert both.outcome is Outcome.FAILED


@pytest.mark.parametrize("max_rows", [1, 7, 399, 400, 10_000])
def test_verdict_is_that_of_the_load_when_batches_are_small(orders: duckdb.DuckDBPyConnection, max_rows: int) -> None:
    # 80 of 400 is just tolerated (mostly 0.8), although whole batches consist of bad rows.
    load = orders
    load.execute("delete from raw_files.orders where order_id not in (select 'x' || i from range(40) t(i))")
    load.execute("update raw_files.orders set amount = -1 where order_id in (select 'x' || i from range(10) t(i))")
    result = check_table(load, "orders", ["1"], now=NOW, max_rows=max(max_rows, 4))
    amount = next(item for item in result.results if item.check_id == "orders.amount.ExpectColumnValuesToBeBetween")
    assert (amount.count_evaluated, amount.count_unexpected) == (40, 10)
    assert amount.outcome is Outcome.PASSED
    load.execute("update raw_files.orders set amount = -1 where order_id = 'x20'")
    again = check_table(load, "orders", ["1"], now=NOW, max_rows=max(max_rows, 4))
    assert by_id(again)[amount.check_id] is Outcome.FAILED


def test_small_load_passes_when_as_few_rows_miss_as_are_tolerated(
    orders: duckdb.DuckDBPyConnection,
) -> None:
    orders.execute("delete from raw_files.orders where order_id not in ('x1', 'x2', 'x3')")
    orders.execute("update raw_files.orders set order_status = 'facturée'")
    check_id = "orders.order_status.ExpectColumnValuesToBeInSet"
    assert by_id(check_table(orders, "orders", ["1"], now=NOW))[check_id] is Outcome.PASSED


def test_table_is_not_evaluated_when_nothing_was_loaded_into_it(orders: duckdb.DuckDBPyConnection) -> None:
    create_table(orders, "deals", count=0)
    for load_ids in ([], ["1"]):
        result = check_table(orders, "deals", load_ids, now=NOW)
        assert result.outcome is Outcome.NOT_EVALUATED
        assert result.reason
        assert not result.blocks
        assert not assess([result], is_new_data=True).is_passed
        assert assess([result], is_new_data=False).is_passed
    evaluated = check_table(orders, "orders", ["1"], now=NOW)
    verdict = assess([evaluated, result], is_new_data=True)
    assert verdict.is_passed
    assert verdict.not_evaluated == ("deals: nothing was loaded into it",)


def test_table_fails_when_the_ledger_counts_rows_that_are_not_there(
    orders: duckdb.DuckDBPyConnection,
) -> None:
    create_table(orders, "loaded_files", count=2)
    orders.execute("delete from raw_files.orders")
    result = check_table(orders, "orders", ["1"], now=NOW)
    assert result.blocks
    assert "counts 186 rows" in result.results[0].detail


def test_table_fails_when_it_does_not_exist() -> None:
    result = check_table(duckdb.connect(), "orders", ["1"], now=NOW)
    assert result.blocks
    assert "does not exist" in result.results[0].detail


def test_column_without_values_is_no_success_when_it_is_optional(orders: duckdb.DuckDBPyConnection) -> None:
    orders.execute("update raw_files.orders set order_status = null, amount = null")
    outcomes = by_id(check_table(orders, "orders", ["1"], now=NOW))
    assert outcomes["orders.order_status.ExpectColumnValuesToBeInSet"] is Outcome.NOT_EVALUATED
    # A required column without values has not been checked: that is a failure, not a success.
    assert outcomes["orders.amount.ExpectColumnValuesToBeBetween"] is Outcome.FAILED
    assert outcomes["orders.amount.ExpectColumnValuesToNotBeNull"] is Outcome.FAILED


def test_check_is_broken_and_not_failed_when_great_expectations_raises(
    orders: duckdb.DuckDBPyConnection,
) -> None:
    orders.execute("alter table raw_files.orders drop column order_status")
    orders.execute("alter table raw_files.orders alter column amount type varchar using 'Zorglubovitch'")
    result = check_table(orders, "orders", ["1"], now=NOW)
    outcomes = by_id(result)
    assert outcomes["orders.ExpectTableColumnsToMatchSet"] is Outcome.FAILED
    assert outcomes["orders.order_status.ExpectColumnValuesToBeInSet"] is Outcome.BROKEN
    assert outcomes["orders.amount.ExpectColumnValuesToBeBetween"] is Outcome.BROKEN
    # What can be checked is checked all the same.
    assert outcomes["orders.order_id.ExpectColumnValuesToNotBeNull"] is Outcome.PASSED
    assert result.outcome is Outcome.BROKEN
    assert result.blocks
    assert CANARY_NAME not in repr(result)


def test_check_is_broken_when_its_arguments_make_no_expectation(orders: duckdb.DuckDBPyConnection) -> None:
    suite = Suite.model_validate(
        {
            "table": "orders",
            "rules": [
                {
                    "expectation": "ExpectTableColumnsToMatchSet",
                    "kwargs": {"column_set": ["order_id"], "exact_match": False},
                    "reason": "needed",
                    "decided_on": "2026-11-23",
                },
                {
                    "expectation": "ExpectColumnValuesToMatchRegex",
                    "columns": ["order_id"],
                    "kwargs": {"regex": "([unclosed"},
                    "reason": "needed",
                    "decided_on": "2026-11-23",
                },
            ],
        }
    )
    outcomes = by_id(check_table(orders, "orders", ["1"], now=NOW, suite=suite))
    assert outcomes["orders.order_id.ExpectColumnValuesToMatchRegex"] is Outcome.BROKEN


@pytest.mark.parametrize("gone", ["_dlt_load_id", "loaded_at", "count_filtered"])
def test_row_checks_are_broken_and_the_shape_fails_when_a_column_that_selects_rows_is_gone(gone: str) -> None:
    connection = duckdb.connect()
    create_table(connection, "loaded_files", count=3)
    create_table(connection, "quarantined_rows", count=3)
    connection.execute(f"alter table raw_files.loaded_files drop column {gone}")
    outcomes = by_id(check_table(connection, "loaded_files", ["1"], now=NOW))
    assert outcomes.pop("loaded_files.ExpectTableColumnsToMatchSet") is Outcome.FAILED
    assert set(outcomes.values()) == {Outcome.BROKEN}


def test_warning_does_not_block_when_it_fails() -> None:
    connection = duckdb.connect()
    create_table(connection, "companies")
    connection.execute("update raw_files.companies set siren = '123'")
    result = check_table(connection, "companies", ["1"], now=NOW)
    assert [check.column_name for check in result.problems] == ["siren"]
    assert not result.blocks
    assert assess([result], is_new_data=True).is_passed


def test_quarantined_share_blocks_when_it_is_above_the_limit_of_its_mapping() -> None:
    connection = duckdb.connect()
    create_table(connection, "loaded_files", count=10)
    create_table(connection, "quarantined_rows", count=10)
    assert check_table(connection, "loaded_files", ["1"], now=NOW).outcome is Outcome.PASSED
    # One file of ten, 6 of 100 records with 5 % allowed; the rows are all in quarantine.
    connection.execute(
        "update raw_files.loaded_files set count_quarantined = 6, count_loaded = 88 where source_file_hash = 'hash3'"
    )
    connection.execute(
        "insert into raw_files.quarantined_rows select quarantined_rows.* from raw_files.quarantined_rows, range(5) "
        "where source_file_hash = 'hash3'"
    )
    result = check_table(connection, "loaded_files", ["1"], now=NOW)
    assert [check.expectation_type for check in result.problems] == ["ExpectColumnPairValuesAToBeGreaterThanB"]
    verdict = assess([result], is_new_data=True)
    assert not verdict.is_passed
    assert "1 of 10 rows" in verdict.problems[0]
    # The same file, repaired and loaded again: the old line of the ledger no longer counts.
    connection.execute(
        "insert into raw_files.loaded_files by name "
        "select * replace ('hash3b' as source_file_hash, 0 as count_quarantined, 94 as count_loaded, "
        "timestamp '2026-06-16' as loaded_at, '2' as _dlt_load_id) "
        "from raw_files.loaded_files where source_file_hash = 'hash3'"
    )
    assert check_table(connection, "loaded_files", ["1", "2"], now=NOW).outcome is Outcome.PASSED


def test_refused_file_is_reported_and_does_not_block() -> None:
    connection = duckdb.connect()
    create_table(connection, "quarantined_rows", count=3)
    connection.execute("update raw_files.quarantined_rows set line_number = 0 where source_file_hash = 'hash2'")
    result = check_table(connection, "quarantined_rows", ["1"], now=NOW)
    assert [(check.column_name, check.count_unexpected) for check in result.problems] == [("count_files_refused", 1)]
    assert not result.blocks


def test_file_without_records_has_no_share_to_judge() -> None:
    connection = duckdb.connect()
    create_table(connection, "loaded_files", count=1)
    create_table(connection, "quarantined_rows", count=0)
    connection.execute(
        "update raw_files.loaded_files "
        "set count_records = 0, count_loaded = 0, count_quarantined = 0, count_filtered = 0"
    )
    result = check_table(connection, "loaded_files", ["1"], now=NOW)
    share = next(check for check in result.results if "share_quarantined" in check.check_id)
    assert share.outcome is Outcome.NOT_EVALUATED
    assert not result.blocks


def test_ranges_move_with_the_day_when_they_are_relative(orders: duckdb.DuckDBPyConnection) -> None:
    early = datetime(2026, 1, 1)
    check_id = "orders.ordered_at.ExpectColumnValuesToBeBetween"
    assert by_id(check_table(orders, "orders", ["1"], now=NOW))[check_id] is Outcome.PASSED
    assert by_id(check_table(orders, "orders", ["1"], now=early))[check_id] is Outcome.FAILED


def test_dates_of_any_century_are_judged_and_not_broken(orders: duckdb.DuckDBPyConnection) -> None:
    orders.execute("update raw_files.orders set ordered_at = timestamp '9999-12-31', cancelled_at = 'infinity'")
    outcomes = by_id(check_table(orders, "orders", ["1"], now=NOW))
    assert outcomes["orders.ordered_at.ExpectColumnValuesToBeBetween"] is Outcome.FAILED
    assert outcomes["orders.cancelled_at.ExpectColumnValuesToBeBetween"] is Outcome.FAILED


@pytest.fixture
def warehouse_with_canaries(tmp_path: Path) -> Path:
    """A database file whose persons, audiences and quarantine hold a canary and fail every rule on it."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        for table in SUITE_TABLES:
            create_table(connection, table, count=0 if table == "deals" else 20)
        connection.execute("update raw_files.persons set email = replace(email, '@', '#'), created_at = 'infinity'")
        connection.execute(
            "update raw_files.persons set consent_status = last_name, became_mql_at = null, row_hash = email"
        )
        connection.execute(f"update raw_files.orders set currency_code = '{CANARY_EMAIL}'")
        connection.execute(f"alter table raw_files.orders alter amount type varchar using '{CANARY_NAME}'")
    return path


def test_results_page_and_logs_hold_counts_and_never_a_value(
    warehouse_with_canaries: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    results = [check_table(warehouse_with_canaries, table, ["1"], now=NOW) for table in SUITE_TABLES]
    count = write_results(warehouse_with_canaries, results, run_id="r1", checked_at=NOW)
    page = write_report(tmp_path / "quality", results, run_id="r1", checked_at=NOW)
    with duckdb.connect(str(warehouse_with_canaries), read_only=True) as connection:
        rows = connection.execute("select * from raw_quality.check_results").fetchall()
        outcomes = {outcome for (outcome,) in connection.execute(
            "select distinct outcome from raw_quality.check_results").fetchall()}  # fmt: skip
    assert len(rows) == count > 200
    assert outcomes == {"passed", "failed", "broken", "not_evaluated"}
    html = page.read_text(encoding="utf-8")
    output = capfd.readouterr()
    for text in (repr(rows), html, caplog.text, output.out, output.err, repr(assess(results, is_new_data=True))):
        for canary in (CANARY_EMAIL, CANARY_EMAIL.replace("@", "#"), CANARY_NAME, "zorglub"):
            assert canary.lower() not in text.lower()
    # The page looks up no host and runs no code.
    assert "http://" not in html
    assert "https://" not in html
    assert "<script" not in html
    assert "deals" in html
    assert "nothing was loaded into it" in html
    assert "email values must match this regular expression" in html


def test_results_of_a_run_are_replaced_when_they_are_written_twice(warehouse_with_canaries: Path) -> None:
    result = check_table(warehouse_with_canaries, "owners", ["1"], now=NOW)
    for run_id in ("r1", "r1", "r2"):
        write_results(warehouse_with_canaries, [result], run_id=run_id, checked_at=NOW)
    with duckdb.connect(str(warehouse_with_canaries), read_only=True) as connection:
        counts = connection.execute(
            "select run_id, count(*) from raw_quality.check_results group by run_id order by run_id"
        ).fetchall()
        shares = connection.execute("select distinct share_unexpected from raw_quality.check_results").fetchall()
    assert counts == [("r1", len(result.results)), ("r2", len(result.results))]
    assert set(shares) == {(0.0,), (None,)}


def test_refused_load_stays_to_be_checked_until_it_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw_files")
    assert loads_to_check(path) == ()
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table raw_files._dlt_loads as "
            "select * from (values ('10', 0), ('11', 0), ('12', 1), ('13', 0)) as loads(load_id, status)"
        )
    assert loads_to_check(path) == ()
    with duckdb.connect(str(path)) as connection:
        # Load 12 did not finish and load 13 brought nothing.
        connection.execute("create table raw_files.orders as select unnest(['10', '10', '12']) as _dlt_load_id")
        connection.execute("create table raw_files._dlt_pipeline_state as select '13' as _dlt_load_id")
        connection.execute("create table raw_files.without_suite as select '11' as _dlt_load_id")
    assert loads_to_check(path) == ("10", "11")
    for _ in range(2):
        accept_loads(path, ["10"], run_id="r1", accepted_at=NOW)
    assert loads_to_check(path) == ("11",)


def test_importing_the_package_does_not_import_great_expectations_or_dagster() -> None:
    code = (
        "import sys, orchestration.quality;"
        "print([name for name in ('great_expectations', 'dagster', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_great_expectations_own_verdict_agrees_when_there_is_one_batch(
    orders: duckdb.DuckDBPyConnection,
) -> None:
    """The sums are judged here; on a single batch without tolerated rows the library says the same."""
    import great_expectations as gx

    orders.execute("update raw_files.orders set amount = -amount where order_id < 'x2'")
    frame = orders.sql("select amount::double as amount from raw_files.orders").df()
    batch = (
        gx.get_context(mode="ephemeral")
        .data_sources.add_pandas("p")
        .add_dataframe_asset("a")
        .add_batch_definition_whole_dataframe("b")
        .get_batch({"dataframe": frame})
    )
    share = float((frame["amount"] < 0).mean())
    for mostly, expected in ((1 - share, Outcome.PASSED), (1 - share + 0.005, Outcome.FAILED)):
        rule = load_suite("orders").rules[0].model_dump()
        between = {
            "expectation": "ExpectColumnValuesToBeBetween",
            "columns": ["amount"],
            "kwargs": {"min_value": 0, "mostly": mostly},
            "reason": "compared",
            "decided_on": "2026-11-23",
        }
        suite = Suite.model_validate({"table": "orders", "rules": [rule, between]})
        ours = by_id(check_table(orders, "orders", ["1"], now=NOW, suite=suite))
        theirs = batch.validate(
            gx.expectations.ExpectColumnValuesToBeBetween(column="amount", min_value=0, mostly=mostly)
        )
        assert ours["orders.amount.ExpectColumnValuesToBeBetween"] is expected
        assert bool(theirs.success) is (expected is Outcome.PASSED)
