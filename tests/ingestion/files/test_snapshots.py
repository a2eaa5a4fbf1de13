"""Daily snapshots: each change stands on the day it was first seen, in whatever order the days come in."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from ingestion.config.settings import FilesSource
from ingestion.loading import ensure_warehouse, load_files, make_pipeline
from tests.ingestion.conftest import NOW, Company

HEADER = "id,stage,amount,created\n"


def _at(day: int, hour: int = 3, month: int = 5) -> float:
    return datetime(2026, month, day, hour, 30, tzinfo=UTC).timestamp()


def _map(company: Company, **fields: Any) -> Company:
    company.map_deals(pattern="crm/*.csv", history="snapshots", **fields)
    return company


def _drop(company: Company, day: int, rows: dict[str, str], hour: int = 3) -> None:
    lines = "".join(f"{deal},{stage},,\n" for deal, stage in rows.items())
    # Twice the same content is one file to the ledger: the day stands in a column that no one maps.
    company.drop(f"crm/{day:02d}-{hour:02d}.csv", HEADER + lines + f"#{day}-{hour},x,,\n", modified_at=_at(day, hour))


def _history(company: Company) -> list[tuple[str, int, str]]:
    return [
        (deal, int(day), stage)
        for deal, day, stage in company.query(
            "select deal_id, day(snapshot_date), stage_name from raw_files.deals_history "
            "where deal_id not like '#%' and is_delivered "
            "and _dlt_load_id in (select load_id from raw_files._dlt_loads where status = 0) order by all"
        )
    ]


def _changes(company: Company) -> list[tuple[str, int, str]]:
    """Return the history without the rows that state again what had been known."""
    changes: list[tuple[str, int, str]] = []
    for deal, day, stage in _history(company):
        if not changes or changes[-1][0] != deal or changes[-1][2] != stage:
            changes.append((deal, day, stage))
    return changes


def test_change_is_kept_with_its_day_and_what_did_not_change_is_not(company):
    _map(company)
    _drop(company, 1, {"a": "open", "b": "open"})
    company.load()
    _drop(company, 2, {"a": "open", "b": "won"})
    company.load()
    assert _history(company) == [("a", 1, "open"), ("b", 1, "open"), ("b", 2, "won")]
    company.load()
    assert len(_history(company)) == 3


def test_deal_that_goes_back_has_a_row_for_each_turn(company):
    _map(company)
    for day, stage in enumerate(["open", "demo", "open", "open", "demo"], start=1):
        _drop(company, day, {"a": stage})
        company.load()
    assert _history(company) == [("a", 1, "open"), ("a", 2, "demo"), ("a", 3, "open"), ("a", 5, "demo")]


def test_deal_that_vanishes_stays_as_it_was_and_a_gap_of_days_says_nothing(company):
    _map(company)
    _drop(company, 1, {"a": "open", "b": "open"})
    company.load()
    _drop(company, 2, {"b": "open"})
    company.load()
    assert _history(company) == [("a", 1, "open"), ("b", 1, "open")]
    absent = "select deal_id, day(snapshot_date) from raw_files.deals_history where not is_delivered"
    assert company.query(f"{absent} and deal_id = 'a'") == [("a", 2)]
    _drop(company, 3, {"b": "open"})
    _drop(company, 20, {"a": "demo", "b": "open"})
    company.load()
    assert _history(company) == [("a", 1, "open"), ("a", 20, "demo"), ("b", 1, "open")]
    assert company.query(f"{absent} and deal_id = 'a'") == [("a", 2)]


@pytest.mark.parametrize("is_one_night", [True, False])
@pytest.mark.parametrize("hours", [(3, 9), (9, 3)])
def test_last_file_of_a_day_counts_when_a_day_comes_twice(company, hours, is_one_night):
    _map(company)
    _drop(company, 1, {"a": "open", "b": "open", "c": "open"})
    company.load()
    stages = {3: {"a": "demo", "b": "demo", "c": "open", "new": "open"}, 9: {"a": "open", "b": "won", "c": "demo"}}
    for hour in hours:
        _drop(company, 2, stages[hour], hour)
        if not is_one_night:
            company.load()
    company.load()
    assert _changes(company) == [
        ("a", 1, "open"),
        ("b", 1, "open"),
        ("b", 2, "won"),
        ("c", 1, "open"),
        ("c", 2, "demo"),
        ("new", 2, "open"),
    ]


DAYS = ({"a": "open", "b": "x"}, {"a": "demo", "b": "x"}, {"a": "open", "b": "y"}, {"b": "y"}, {"a": "won", "b": "x"})


@pytest.mark.parametrize("order", [(3, 1, 2), (5, 4, 3, 2, 1), (1, 5, 3, 2, 4), (2, 5, 1, 4, 3)])
def test_history_is_the_same_when_days_come_late_or_shuffled(company, order):
    _map(company)
    for day in order:
        _drop(company, day, DAYS[day - 1])
        company.load()
    everything = [("a", 1, "open"), ("a", 2, "demo"), ("a", 3, "open"), ("a", 5, "won")]
    everything += [("b", 1, "x"), ("b", 3, "y"), ("b", 5, "x")]
    assert _changes(company) == [row for row in everything if row[1] <= max(order)]


@pytest.mark.parametrize("seed", range(2))
def test_history_of_nights_with_several_days_equals_that_of_one_night_each(seed, tmp_path):
    generator = random.Random(seed)  # noqa: S311 - a test, no secret.
    days = {day: {deal: generator.choice("xyz") for deal in "abcdef"} for day in range(1, 13)}
    order = generator.sample(sorted(days), len(days))
    shuffled, straight = _map(Company(tmp_path / "shuffled")), _map(Company(tmp_path / "straight"))
    for number, day in enumerate(order):
        _drop(shuffled, day, days[day])
        if number % 3 == 2:
            shuffled.load()
    for day, rows in days.items():
        _drop(straight, day, rows)
    straight.load()
    assert _changes(shuffled) == _changes(straight)
    expected = {deal: [(day, rows[deal]) for day, rows in days.items()] for deal in "abcdef"}
    for deal, states in expected.items():
        turns = [one for before, one in zip([(0, None), *states], states, strict=False) if one[1] != before[1]]
        assert [(day, stage) for name, day, stage in _changes(straight) if name == deal] == turns


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-28T23:00", "2026-03-29"),
        ("2026-03-29T22:00", "2026-03-30"),
        ("2025-10-25T22:00", "2025-10-26"),
        ("2025-10-26T23:00", "2025-10-27"),
    ],
)
def test_snapshot_falls_on_the_day_of_the_zone_when_clocks_change(company, moment, day):
    _map(company)
    modified_at = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
    company.drop("crm/1.csv", HEADER + "a,open,,\n", modified_at=modified_at)
    ensure_warehouse(company.workspace.warehouse)
    pipeline = make_pipeline(company.workspace, company.warehouse)
    source: FilesSource = company.source
    load_files(pipeline, source, company.workspace, warehouse=company.warehouse, timezone="Europe/Paris", now=NOW)
    assert company.query("select cast(snapshot_date as varchar) from raw_files.deals_history") == [(day,)]


def test_history_begins_with_what_lies_in_the_inbox_when_it_is_switched_on(company):
    company.map_deals(pattern="crm/*.csv")
    _drop(company, 1, {"a": "open"})
    _drop(company, 2, {"a": "demo"})
    company.load()
    assert _history(company) == []
    company.mappings.clear()
    _map(company)
    company.load()
    assert _history(company) == [("a", 1, "open"), ("a", 2, "demo")]


def test_history_follows_when_the_mapping_is_corrected(company):
    _map(company)
    company.mappings[0]["columns"] = {"deal_id": "id", "stage_name": "created"}
    company.drop("crm/1.csv", HEADER + "a,open,,wrong\n", modified_at=_at(1))
    company.load()
    assert _history(company) == [("a", 1, "wrong")]
    company.mappings[0]["columns"] = {"deal_id": "id", "stage_name": "stage"}
    company.load()
    assert _history(company) == [("a", 1, "open")]


def test_mapping_without_a_history_reads_as_before_there_were_any(company):
    company.map_deals()
    company.drop("deals.csv", HEADER + "a,open,,\n")
    company.load()
    assert _history(company) == []
    assert company.load().batch.count_loaded == 0


def test_history_is_refused_for_records_that_keep_none(company):
    company.map("owners", {"owner_id": "id"}, history="snapshots")
    with pytest.raises(ValueError, match="owners keep no snapshots, only deals do"):
        _ = company.source
