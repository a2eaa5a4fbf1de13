"""Every suite passes on good rows, and every rule of every suite fails on bad ones."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml
from raw_tables import HOSTILE_SETS, NOW, create_table, spoil, spoil_below

from ingestion.contracts import ENTITIES, METADATA_COLUMNS, Entity, Growth
from orchestration.quality import SUITE_TABLES, Outcome, SuiteError, check_table, load_suite
from orchestration.quality.suites import SHAPE_EXPECTATION, Rule, read_suite

ALL_CHECKS = [check for table in SUITE_TABLES for check in load_suite(table).checks]
RULES = [
    pytest.param(table, rule, id=f"{table}-{rule.expectation}-{'-'.join(rule.columns)}"[:90])
    for table in SUITE_TABLES
    for rule in load_suite(table).rules
]
RANGES_WITH_A_TOP = [
    parameters
    for parameters in RULES
    for rule in parameters.values[1:]
    if rule.expectation == "ExpectColumnValuesToBeBetween"
    and "max_value" in rule.kwargs
    and not set(rule.columns) & set(HOSTILE_SETS)
]


def database_with(table: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_table(connection, table)
    if table == "loaded_files":
        create_table(connection, "quarantined_rows")
    return connection


def outcomes_of(connection: duckdb.DuckDBPyConnection, table: str, rule: Rule) -> set[Outcome]:
    """Run one rule of the suite and return the outcomes of its checks."""
    suite = load_suite(table)
    shape = suite.rules[0]
    rules = suite.rules if rule == shape else (shape, rule)
    alone = suite.model_copy(update={"rules": rules})
    result = check_table(connection, table, ["1"], now=NOW, suite=alone)
    return {check.outcome for check in result.results if check.expectation_type == rule.expectation}


@pytest.mark.parametrize("table", SUITE_TABLES)
def test_every_check_passes_when_rows_are_good(table: str) -> None:
    with database_with(table) as connection:
        result = check_table(connection, table, ["1"], now=NOW)
    assert {check.check_id: check.outcome for check in result.results} == dict.fromkeys(
        (check.check_id for check in load_suite(table).checks), Outcome.PASSED
    )
    assert result.outcome is Outcome.PASSED
    assert not result.blocks


@pytest.mark.parametrize(("table", "rule"), RULES)
def test_every_check_of_a_rule_fails_when_its_columns_are_spoiled(table: str, rule: Rule) -> None:
    with database_with(table) as connection:
        for check in load_suite(table).checks:
            if check.rule == rule:
                spoil(connection, check)
        assert outcomes_of(connection, table, rule) == {Outcome.FAILED}


@pytest.mark.parametrize(("table", "rule"), RANGES_WITH_A_TOP)
def test_range_fails_when_values_lie_beyond_its_other_end(table: str, rule: Rule) -> None:
    with database_with(table) as connection:
        for check in load_suite(table).checks:
            if check.rule == rule:
                spoil_below(connection, check)
        assert outcomes_of(connection, table, rule) == {Outcome.FAILED}


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=lambda entity: entity.name)
def test_suite_of_an_entity_covers_its_contract(entity: Entity) -> None:
    suite = load_suite(entity.name)
    metadata = [
        column.name for column in METADATA_COLUMNS if not (entity.growth is Growth.EVENTS and column.name == "row_hash")
    ]
    required = {column.name for column in entity.columns if column.required} | {*metadata}
    not_null = {c.column for c in suite.checks if c.rule.expectation == "ExpectColumnValuesToNotBeNull"}
    assert not_null == required
    (shape,) = (check for check in suite.checks if check.rule.expectation == SHAPE_EXPECTATION)
    expected = [*entity.column_names, *(column.name for column in METADATA_COLUMNS), "_dlt_load_id"]
    assert shape.rule.kwargs["column_set"] == expected
    assert not set(suite.optional_columns) & required
    checked = {check.column for check in suite.checks} - not_null
    assert set(suite.optional_columns) == {
        column.name for column in entity.columns if column.name in checked and not column.required
    }


def test_every_threshold_has_a_reason_and_a_date() -> None:
    assert len(ALL_CHECKS) > 200
    assert all(check.rule.reason.strip() and check.rule.decided_on.year >= 2026 for check in ALL_CHECKS)


def rule_with(**changes: object) -> dict[str, object]:
    good = {
        "expectation": "ExpectColumnValuesToNotBeNull",
        "columns": ["order_id"],
        "reason": "because",
        "decided_on": "2026-11-23",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


SHAPE = rule_with(expectation=SHAPE_EXPECTATION, columns=[], kwargs={"column_set": ["order_id"]})


@pytest.mark.parametrize(
    ("suite", "complaint"),
    [
        ({"table": "orders", "rules": []}, "at least 1 item"),
        ({"table": "orders", "rulez": []}, "rulez"),
        ({"table": "deals", "rules": [SHAPE]}, "name of its table"),
        ({"table": "orders", "rules": [SHAPE, rule_with(columns=["a", "a"])]}, "stands twice"),
        ({"table": "orders", "rules": [rule_with()]}, "is missing"),
        ({"table": "orders", "rules": [SHAPE, rule_with(columns=[])]}, "needs columns"),
        ({"table": "orders", "rules": [SHAPE, rule_with(tolerated_rows=3)]}, "goes with mostly"),
        ({"table": "orders", "rules": [SHAPE, rule_with(reason=None)]}, "reason"),
        ({"table": "orders", "rules": [SHAPE, rule_with(decided_on=None)]}, "decided_on"),
        (
            {"table": "orders", "rules": [SHAPE, rule_with(expectation="ExpectColumnMeanToBeBetween")]},
            "cannot be added up over batches",
        ),
        ("no mapping", "orders.yml"),
    ],
)
def test_suite_is_refused_when_it_cannot_check(tmp_path: Path, suite: object, complaint: str) -> None:
    file = tmp_path / "orders.yml"
    file.write_text(yaml.safe_dump(suite))
    with pytest.raises(SuiteError, match=complaint):
        read_suite(file)


def test_suite_is_refused_when_the_table_has_none() -> None:
    with pytest.raises(SuiteError, match="no suite for 'nothing'"):
        load_suite("nothing")
