"""Scores of a night that scores only whom something happened to, against those of a full build."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.build_plan import definitions_fingerprint, plan_build, record_build, write_parameters
from orchestration.lib.catalogue import checked_configuration
from orchestration.lib.dbt_variables import dbt_variables
from tests.dbt.support import PROJECT, dbt_ok

SCORES = "+fct_lead_score_contributions"
WHO_IS_DUE = "+int_scoring__due_cycles"
TABLES = (
    "staging.stg_files__company_versions",
    "staging.stg_files__discovery_answer_versions",
    "staging.stg_files__milestone_versions",
    "staging.stg_files__person_versions",
    "intermediate.int_scoring__contributions",
    "intermediate.int_scoring__scores",
    "marts.fct_lead_scores",
    "marts.fct_lead_score_contributions",
)
LOAD = "9999999999.0"


class Night:
    """A finished company whose score is built again, by the plan of the night."""

    def __init__(self, home: Path) -> None:
        configuration = checked_configuration(home)
        self.warehouse, self.settings = configuration.workspace.warehouse, configuration.settings
        self.fingerprint = definitions_fingerprint(self.settings, configuration.seeds, PROJECT)
        ((self.last_day,),) = self.rows("select as_of from raw_quality.builds")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def change(self, statements: Iterable[str]) -> None:
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute("begin")
            for statement in statements:
                (count,) = connection.execute(statement).fetchone() or (0,)
                assert count, f"nothing happened: {statement}"
            connection.execute("commit")

    def build(self, day: date, *, only: str = SCORES, is_full: bool = False) -> None:
        if is_full:
            self.change(["delete from raw_quality.builds"])
        plan = plan_build(
            self.warehouse,
            as_of=day,
            restate_days=self.settings.warehouse.restate_days,
            timezone=self.settings.timezone,
            fingerprint=self.fingerprint,
        )
        assert plan.is_full_refresh == is_full, plan.reason
        write_parameters(self.warehouse, plan, as_of=day)
        variables = dbt_variables(self.settings) | {"has_build_parameters": True}
        command = ("run", *(["--full-refresh"] if is_full else []), "--select", only)
        dbt_ok(*command, warehouse=self.warehouse, variables=variables)
        if only == SCORES:
            record_build(self.warehouse, build_id=f"{day} {is_full}", as_of=day, fingerprint=self.fingerprint)

    def tables(self) -> dict[str, tuple[Any, ...]]:
        return {
            table: self.rows(f"select count(*), sum(hash(line)::hugeint) from {table} as line")[0] for table in TABLES
        }

    def count_due(self) -> tuple[int, int]:
        ((due, everybody),) = self.rows(
            "select (select count(*) from intermediate.int_scoring__due_persons),"
            " (select count(*) from intermediate.int_identity__profiles)"
        )
        return due, everybody


def _again(table: str, where: str, **changes: str) -> str:
    """Deliver one record again, changed."""
    new = ", ".join(f"{expression} as {column}" for column, expression in changes.items())
    replaced = f"{new}, '{LOAD}' as _dlt_load_id, md5(row_hash || $${new}$$) as row_hash"
    return f"insert into raw_files.{table} select * replace ({replaced}) from raw_files.{table} where {where}"


def _happenings(day: date) -> list[str]:
    """What the next day's load brings: something to each input of the score, also to days long past."""
    noon = f"timestamp '{day} 12:00:00'"

    def one(table: str, key: str, where: str = "true", number: int = 1) -> str:
        return (
            f"({key}, row_hash) = (select ({key}, row_hash) from raw_files.{table} where {where}"
            f" order by {key}, row_hash limit 1 offset {number})"
        )

    person = "source_name = 'crm' and not coalesce(is_deleted, false)"
    has_deal = f"{person} and person_id in (select person_id from raw_files.deals)"
    return [
        f"insert into raw_files._dlt_loads select '{LOAD}', schema_name, 0, inserted_at, schema_version_hash"
        " from raw_files._dlt_loads limit 1",
        _again("persons", one("persons", "person_id", person, 3), consent_status="'denied'", updated_at=noon),
        _again("persons", one("persons", "person_id", person, 5), job_function="'finance'", updated_at=noon),
        _again("persons", one("persons", "person_id", person, 7), is_deleted="true", updated_at=noon),
        _again(
            "persons",
            one("persons", "person_id", person, 9),
            company_id="(select max(company_id) from raw_files.companies)",
            updated_at=noon,
        ),
        # Two are one from now on, as the source says; and two more by their address.
        _again(
            "persons",
            one("persons", "person_id", has_deal, 2),
            merged_into_person_id="(select min(person_id) from raw_files.persons where source_name = 'crm')",
            updated_at=noon,
        ),
        _again(
            "persons",
            one("persons", "person_id", person, 15),
            email=f"(select email from raw_files.persons where {one('persons', 'person_id', person, 20)})",
            updated_at=noon,
        ),
        # It was so a year ago, as we hear today.
        _again(
            "persons",
            one("persons", "person_id", person, 25),
            seniority="'executive'",
            updated_at=f"timestamp '{day - timedelta(days=365)} 12:00:00'",
        ),
        _again("companies", one("companies", "company_id", number=4), count_employees="4321", updated_at=noon),
        _again(
            "companies", one("companies", "company_id", number=8), merged_into_company_id="'S000001'", updated_at=noon
        ),
        _again("discovery_answers", one("discovery_answers", "discovery_answer_id"), answer="'12'", updated_at=noon),
        # An answer changes hands.
        _again(
            "discovery_answers",
            one("discovery_answers", "discovery_answer_id", "person_id is not null", 6),
            person_id="(select max(person_id) from raw_files.persons where source_name = 'crm')",
            updated_at=noon,
        ),
        _again(
            "discovery_answers",
            one("discovery_answers", "discovery_answer_id", number=9),
            is_deleted="true",
            updated_at=noon,
        ),
        _again(
            "milestones",
            one("milestones", "milestone_check_id", number=2),
            milestone_status="'refused'",
            updated_at=noon,
        ),
        _again(
            "deals",
            one("deals", "deal_id", "person_id is not null", 3),
            person_id="(select max(person_id) from raw_files.persons where source_name = 'crm')",
            updated_at=noon,
        ),
        _again("deals", one("deals", "deal_id", number=6), is_test="true", updated_at=noon),
        _again(
            "web_events",
            one("web_events", "event_id", "event_name = 'form_submit'", 2),
            event_id="'new-' || event_id",
            occurred_at=noon,
            recorded_at=noon,
        ),
        _again(
            "email_events",
            one("email_events", "event_id", "event_type = 'click'", 2),
            event_id="'new-' || event_id",
            occurred_at=noon,
            recorded_at=noon,
        ),
        # A click of long ago that nobody had told.
        _again(
            "email_events", one("email_events", "event_id", "event_type = 'click'", 9), event_id="'old-' || event_id"
        ),
    ]


def test_scores_of_an_incremental_night_are_those_of_a_full_build(small_copy: Path) -> None:
    night = Night(small_copy)
    next_day, later = night.last_day + timedelta(days=1), night.last_day + timedelta(days=41)
    before = night.tables()
    night.change(_happenings(next_day))
    # A build that stops when it knows who is due: the next one does not take them for scored.
    night.build(next_day, only=WHO_IS_DUE)
    due, _ = night.count_due()
    night.build(next_day)
    again, everybody = night.count_due()
    assert 10 <= due == again < everybody / 2
    continued = night.tables()
    assert all(continued[table] != before[table] for table in TABLES)
    # Time passes and nothing is loaded: behaviour fades, and target dates come nearer.
    night.build(later)
    due, everybody = night.count_due()
    assert 0 < due < everybody / 2
    faded = night.tables()
    assert faded["intermediate.int_scoring__scores"] != continued["intermediate.int_scoring__scores"]
    night.build(later)
    assert night.count_due() == (0, everybody)
    assert night.tables() == faded

    night.build(next_day, is_full=True)
    assert night.tables() == continued
    night.build(later, is_full=True)
    assert night.tables() == faded

    # Losing the memory costs a score of everybody, nothing else.
    night.change(["delete from raw_quality.scored_persons"])
    night.build(later)
    assert night.count_due() == (everybody, everybody)
    assert night.tables() == faded
