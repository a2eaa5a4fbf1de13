"""Speed to the first human contact: business time against a walk over days, Kaplan-Meier against the product limit."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pytest

from tests.dbt.support import dbt_ok

PARIS = ZoneInfo("Europe/Paris")
FIRST, LAST, AS_OF = date(2025, 10, 1), date(2026, 6, 1), date(2026, 4, 15)
HOLIDAYS = {date(2025, 11, 11), date(2025, 12, 25), date(2026, 1, 1), date(2026, 4, 6)}
OPENS, CLOSES = time(8, 30), time(17, 45)
MODELS = (
    "int_lifecycle__business_days fct_contact_delays int_kpi__cohort_contact_items int_kpi__cohort_items"
    " int_kpi__cohort_curves int_kpi__cohort_times"
)
Delay = tuple[datetime, datetime | None, datetime | None]
"""Opening, first human contact, end of the cycle; naive UTC."""


def _utc(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, PARIS).astimezone(UTC).replace(tzinfo=None)


def _is_working(day: date) -> bool:
    return day.isoweekday() <= 5 and day not in HOLIDAYS


def business_seconds(start: datetime, end: datetime) -> int:
    """Seconds of [start, end) within business hours, day by day."""
    passed = 0.0
    day = start.date() - timedelta(days=1)
    while day <= end.date() + timedelta(days=1):
        if _is_working(day):
            overlap = min(end, _utc(day, CLOSES)) - max(start, _utc(day, OPENS))
            passed += max(overlap.total_seconds(), 0)
        day += timedelta(days=1)
    return round(passed)


def product_limit_time(seconds: np.ndarray, is_contact: np.ndarray, share: float) -> float | None:
    """First time at which the survival of Kaplan & Meier (1958) is at most 1 - share, in hours."""
    survival = 1.0
    for instant in np.unique(seconds):
        at_risk = np.sum(seconds >= instant)
        survival *= 1 - np.sum((seconds == instant) & is_contact) / at_risk
        if survival <= 1 - share + 1e-9:
            return float(instant) / 3600
    return None


# Written out by hand: one contact on Friday 17:15 of a lead of Friday 16:45 is half an hour, and so on.
BY_HAND = {
    "half_an_hour": ((_utc(date(2026, 3, 6), time(16, 45)), _utc(date(2026, 3, 6), time(17, 15)), None), 1800),
    "over_a_weekend": ((_utc(date(2026, 3, 6), time(17, 30)), _utc(date(2026, 3, 9), time(8, 45)), None), 1800),
    "over_summer_time": ((_utc(date(2026, 3, 27), time(17, 0)), _utc(date(2026, 3, 30), time(9, 0)), None), 4500),
    "over_winter_time": ((_utc(date(2025, 10, 24), time(17, 0)), _utc(date(2025, 10, 27), time(9, 0)), None), 4500),
    "on_a_holiday": ((_utc(date(2025, 11, 11), time(10, 0)), _utc(date(2025, 11, 11), time(16, 0)), None), 0),
    "a_whole_week": ((_utc(date(2026, 2, 2), time(0, 0)), _utc(date(2026, 2, 9), time(0, 0)), None), 5 * 33300),
    "at_the_opening": ((_utc(date(2026, 2, 2), time(8, 30)), _utc(date(2026, 2, 2), time(8, 30)), None), 0),
    "before_and_after_hours": ((_utc(date(2026, 2, 2), time(6, 0)), _utc(date(2026, 2, 2), time(23, 0)), None), 33300),
}


def _drawn() -> dict[str, Delay]:
    random = np.random.default_rng(5)
    start = datetime(2025, 10, 2)
    end = _utc(AS_OF + timedelta(days=1), time(0, 0))
    found: dict[str, Delay] = {}
    for number in range(400):
        opened = start + timedelta(seconds=int(random.integers(0, int((end - start).total_seconds()))))
        contacted = opened + timedelta(seconds=int(random.exponential(4 * 86400)))
        closed = opened + timedelta(seconds=int(random.exponential(9 * 86400)))
        known_close = closed if closed < end and random.random() < 0.7 else None
        is_seen = contacted < end and (known_close is None or contacted <= known_close)
        found[f"drawn_{number}"] = (opened, contacted if is_seen else None, known_close)
    return found


DELAYS = {name: delay for name, (delay, _) in BY_HAND.items()} | _drawn()


@pytest.fixture(scope="module")
def warehouse(empty_built_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Warehouse with the delays and their curves."""
    path = tmp_path_factory.mktemp("speed") / "warehouse.duckdb"
    shutil.copy(empty_built_warehouse, path)
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days)]
    with duckdb.connect(str(path)) as connection:
        connection.executemany(
            "insert into intermediate.int_lifecycle__days (date_day, is_working_day) values (?, ?)",
            [(day, _is_working(day)) for day in days],
        )
        connection.executemany(
            "insert into marts.fct_leads (lead_cycle_id, person_id, cycle_number, is_recycled, opened_at, opened_date,"
            " closed_at, mql_at, acquisition_channel_name, acquisition_audience_type)"
            " values (?, ?, 1, false, ?, ?, ?, ?, 'Direct', 'other')",
            [(name, name, opened, opened.date(), closed, opened) for name, (opened, _, closed) in DELAYS.items()],
        )
        connection.executemany(
            "insert into intermediate.int_lifecycle__first_contacts"
            " (lead_cycle_id, activity_id, first_human_contact_at) values (?, ?, ?)",
            [(name, name, contact) for name, (_, contact, _) in DELAYS.items() if contact],
        )
    hours = {"business_day_starts": f"{OPENS:%H:%M}", "business_day_ends": f"{CLOSES:%H:%M}"}
    dbt_ok("run", "--select", *MODELS.split(), warehouse=path, variables={"as_of": AS_OF.isoformat(), **hours})
    return path


@pytest.mark.parametrize("case", BY_HAND)
def test_business_time_is_that_counted_by_hand(case: str, warehouse: Path) -> None:
    (opened, contact, _), expected = BY_HAND[case]
    assert contact is not None
    assert business_seconds(opened, contact) == expected
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select business_seconds_from_lead, business_seconds_from_mql from marts.fct_contact_delays"
            " where lead_cycle_id = ?",
            [case],
        ).fetchall()
    assert found == [(expected, expected)]


def test_business_time_is_that_of_a_walk_over_the_days(warehouse: Path) -> None:
    end_of_watch = _utc(AS_OF + timedelta(days=1), time(0, 0))
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select lead_cycle_id, business_seconds_from_lead, business_seconds_watched_from_lead"
            " from marts.fct_contact_delays"
        ).fetchall()
    assert {name: (reach, watched) for name, reach, watched in found} == {
        name: (
            None if contact is None else business_seconds(opened, contact),
            business_seconds(opened, closed or end_of_watch),
        )
        for name, (opened, contact, closed) in DELAYS.items()
    }


def test_median_and_third_quartile_are_those_of_the_product_limit(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        items = connection.execute(
            "select period_grain, period_start, coalesce(reach_seconds, followup_seconds), reach_seconds is not null"
            " from intermediate.int_kpi__cohort_contact_items"
            " where metric_id = 'contact_hours_from_lead' and dimension_name = 'total'"
        ).fetchall()
        found = connection.execute(
            "select metric_id, period_grain, period_start, value from intermediate.int_kpi__cohort_times"
            " where metric_id like 'contact_hours_from_lead%' and dimension_name = 'total'"
        ).fetchall()
    cohorts = {(grain, start) for grain, start, _, _ in items}
    assert len(cohorts) >= 10
    assert len(found) == 2 * len(cohorts)
    for metric, grain, start, value in found:
        seconds = np.array([row[2] for row in items if row[:2] == (grain, start)])
        is_contact = np.array([row[3] for row in items if row[:2] == (grain, start)])
        share = 0.5 if metric.endswith("median") else 0.75
        expected = product_limit_time(seconds, is_contact, share)
        assert value == (None if expected is None else pytest.approx(expected, abs=1e-9)), (metric, grain, start)
