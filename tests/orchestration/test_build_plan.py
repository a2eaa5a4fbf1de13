"""How much a night rebuilds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
import yaml

from ingestion.config.load import load_configuration
from ingestion.config.scaffold import create_workspace
from orchestration.lib.build_plan import (
    BuildPlan,
    definitions_fingerprint,
    end_of_day_utc,
    last_complete_day,
    plan_build,
    record_build,
    write_parameters,
)

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 3, 10)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(
            """
            create schema raw_files;
            create table raw_files._dlt_loads (load_id varchar, status bigint);
            create table raw_files.web_events (occurred_at timestamp, recorded_at timestamp, _dlt_load_id varchar);
            create table raw_files.email_events (occurred_at timestamp, recorded_at timestamp, _dlt_load_id varchar);
            create schema intermediate;
            create table intermediate.int_identity__profiles (person_id varchar);
            create table intermediate.int_scoring__due_persons (person_id varchar, input_fingerprint decimal(38, 0));
            create table intermediate.int_scoring__due_cycles (person_id varchar, cycle_fingerprint decimal(38, 0));
            create table intermediate.int_scoring__behaviour
                (person_id varchar, valid_from_at timestamp, is_to_come boolean);
            create table intermediate.int_scoring__deadlines
                (person_id varchar, valid_from_at timestamp, is_to_come boolean);
            """
        )
    write_parameters(path, BuildPlan(is_full_refresh=True, restate_from=DAY, reason="test"), as_of=DAY)
    return path


def _load(path: Path, load_id: str, occurred_at: str, recorded_at: str | None = None) -> None:
    with duckdb.connect(path) as connection:
        connection.execute("insert into raw_files._dlt_loads values (?, 0)", [load_id])
        connection.execute("insert into raw_files.web_events values (?, ?, ?)", [occurred_at, recorded_at, load_id])


def _plan(path: Path, as_of: date = DAY, fingerprint: str = "same"):
    return plan_build(path, as_of=as_of, restate_days=35, timezone="Europe/Paris", fingerprint=fingerprint)


def test_first_build_is_full(warehouse: Path) -> None:
    assert _plan(warehouse).is_full_refresh


def test_night_reaches_back_over_the_restate_window(warehouse: Path) -> None:
    _load(warehouse, "1700000001.0", "2026-03-01 10:00:00")
    record_build(warehouse, build_id="a", as_of=DAY, fingerprint="same")
    plan = _plan(warehouse, date(2026, 3, 11))
    assert not plan.is_full_refresh
    assert plan.restate_from == date(2026, 2, 4)


def test_late_event_is_reached_however_late_it_is(warehouse: Path) -> None:
    record_build(warehouse, build_id="a", as_of=DAY, fingerprint="same")
    _load(warehouse, "1700000002.0", "2024-05-05 00:30:00")
    assert _plan(warehouse).restate_from == date(2024, 5, 4)
    record_build(warehouse, build_id="b", as_of=DAY, fingerprint="same")
    assert _plan(warehouse).restate_from == date(2026, 2, 3)


def test_event_that_becomes_visible_is_reached(warehouse: Path) -> None:
    _load(warehouse, "1700000003.0", "2025-01-01 12:00:00", recorded_at="2026-03-10 23:30:00")
    record_build(warehouse, build_id="a", as_of=DAY, fingerprint="same")
    # 23:30 UTC is already the 11th in Paris: that fact was invisible to the build of the 10th.
    assert _plan(warehouse, date(2026, 3, 11)).restate_from == date(2024, 12, 31)


def test_event_without_a_recording_time_becomes_visible_with_its_day(warehouse: Path) -> None:
    _load(warehouse, "1700000004.0", "2026-03-12 12:00:00")
    record_build(warehouse, build_id="a", as_of=DAY, fingerprint="same")
    # A gap longer than the restate window must not lose it.
    assert _plan(warehouse, date(2026, 6, 1)).restate_from == date(2026, 3, 11)


def test_full_build_that_did_not_finish_is_not_continued(warehouse: Path) -> None:
    record_build(warehouse, build_id="a", as_of=DAY, fingerprint="same")
    earlier = _plan(warehouse, as_of=date(2026, 1, 31))
    assert earlier.is_full_refresh
    write_parameters(warehouse, earlier, as_of=date(2026, 1, 31))
    assert _plan(warehouse, as_of=date(2026, 3, 11)).is_full_refresh


def test_incremental_build_that_did_not_finish_is_done_again_from_the_same_date(warehouse: Path) -> None:
    record_build(warehouse, build_id="a", as_of=DAY, fingerprint="same")
    _load(warehouse, "1700000005.0", "2024-05-05 00:30:00")
    plan = _plan(warehouse)
    write_parameters(warehouse, plan, as_of=DAY)
    assert _plan(warehouse) == plan


def test_finished_build_remembers_whom_it_scored_and_a_full_one_starts_anew(warehouse: Path) -> None:
    def remembered() -> list[tuple]:
        with duckdb.connect(warehouse) as connection:
            return connection.execute(
                "select person_id, input_fingerprint::int, cycle_fingerprint::int, next_change_at::date::varchar"
                " from raw_quality.scored_persons order by person_id"
            ).fetchall()

    def change(statements: str) -> None:
        with duckdb.connect(warehouse) as connection:
            connection.execute(statements)

    change(
        """
        insert into intermediate.int_identity__profiles values ('a'), ('b');
        insert into intermediate.int_scoring__due_persons values ('a', 1), ('b', 2);
        insert into intermediate.int_scoring__due_cycles values ('a', 7), ('a', 7);
        insert into intermediate.int_scoring__behaviour
            values ('a', '2026-04-02', true), ('a', '2026-01-01', false), ('b', '2026-05-02', true);
        insert into intermediate.int_scoring__deadlines values ('b', '2026-04-01', true);
        """
    )
    record_build(warehouse, build_id="a", as_of=DAY, fingerprint="same")
    assert remembered() == [("a", 1, 7, "2026-04-02"), ("b", 2, None, "2026-04-01")]
    # b is nobody now; c is new; a was not due, but one of its cycles moved.
    change(
        """
        delete from intermediate.int_identity__profiles where person_id = 'b';
        insert into intermediate.int_identity__profiles values ('c');
        delete from intermediate.int_scoring__due_persons;
        insert into intermediate.int_scoring__due_persons values ('c', 3);
        delete from intermediate.int_scoring__due_cycles;
        insert into intermediate.int_scoring__due_cycles values ('a', 8);
        delete from intermediate.int_scoring__behaviour;
        delete from intermediate.int_scoring__deadlines;
        """
    )
    record_build(warehouse, build_id="b", as_of=DAY, fingerprint="same")
    assert remembered() == [("a", 1, 8, "2026-04-02"), ("c", 3, None, None)]
    write_parameters(warehouse, _plan(warehouse, fingerprint="other"), as_of=DAY)
    assert remembered() == []


def test_changed_definitions_and_going_back_rebuild_everything(warehouse: Path) -> None:
    record_build(warehouse, build_id="a", as_of=DAY, fingerprint="same")
    assert not _plan(warehouse).is_full_refresh
    assert _plan(warehouse, fingerprint="other").is_full_refresh
    assert _plan(warehouse, as_of=date(2026, 3, 9)).is_full_refresh


def test_fingerprint_follows_seeds_method_and_mappings(tmp_path: Path) -> None:
    home = create_workspace(tmp_path / "a", ROOT / "dagster.yaml").home
    project = ROOT / "dbt_project"

    def fingerprint() -> str:
        configuration = load_configuration(home)
        return definitions_fingerprint(configuration.settings, configuration.seeds, project)

    first = fingerprint()
    assert fingerprint() == first
    seed = home / "seeds" / "bot_user_agents.csv"
    seed.write_text(seed.read_text() + "mybot\n")
    second = fingerprint()
    assert second != first
    settings = home / "pilotage.yml"
    settings.write_text(settings.read_text().replace("method:\n", "method:\n  session_gap_minutes: 45\n"))
    third = fingerprint()
    assert third not in (first, second)
    content = yaml.safe_load(settings.read_text())
    content["sources"]["files"]["mappings"].append(
        {
            "name": "web",
            "entity": "web_events",
            "source_name": "web",
            "pattern": "web/*.csv",
            "format": "csv",
            "columns": {"occurred_at": "t", "page_url": "u"},
        }
    )
    settings.write_text(yaml.safe_dump(content))
    fourth = fingerprint()
    assert fourth != third
    # A record's rows are replaced in raw like an event's when its mapping is corrected.
    content["sources"]["files"]["mappings"].append(
        {
            "name": "contacts",
            "entity": "persons",
            "source_name": "crm",
            "pattern": "crm/*.csv",
            "format": "csv",
            "columns": {"person_id": "id", "created_at": "t"},
        }
    )
    settings.write_text(yaml.safe_dump(content))
    assert fingerprint() != fourth
    content["sources"]["files"]["mappings"][-1]["timezone"] = "Europe/Paris"
    settings.write_text(yaml.safe_dump(content))
    assert fingerprint() != fourth


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-29T00:59:00", date(2026, 3, 28)),
        # The day of 23 hours: half past midnight local on the 30th is 22:30 UTC on the 29th.
        ("2026-03-29T22:30:00", date(2026, 3, 29)),
        # The day of 25 hours.
        ("2026-10-25T22:59:00", date(2026, 10, 24)),
        ("2026-10-25T23:01:00", date(2026, 10, 25)),
    ],
)
def test_last_complete_day_is_right_on_dst_nights(now: str, expected: date) -> None:
    assert last_complete_day("Europe/Paris", datetime.fromisoformat(now).replace(tzinfo=UTC)) == expected


def test_end_of_day_is_an_instant_of_the_companys_zone() -> None:
    assert end_of_day_utc(date(2026, 10, 24), "Europe/Paris") == datetime(2026, 10, 24, 22)
    assert end_of_day_utc(date(2026, 10, 25), "Europe/Paris") == datetime(2026, 10, 25, 23)
