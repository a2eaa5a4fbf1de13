"""The clock agrees with the time-zone database, and the text kernels with Python's own formatting."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ingestion.demo import text
from ingestion.demo.clock import Calendar, months_before, share_of_web_after, to_local, to_utc

PARIS = ZoneInfo("Europe/Paris")
INSTANTS = np.concatenate(
    [
        np.random.default_rng(1).integers(1_600_000_000, 1_900_000_000, 400),
        # The hours around both changes of clock of 2025.
        1_743_296_400 + np.arange(-7200, 7200, 600),
        1_761_440_400 + np.arange(-7200, 7200, 600),
    ]
).astype(np.int64)


def test_local_time_is_that_of_the_zone_database() -> None:
    expected = [
        int(datetime.fromtimestamp(second, UTC).astimezone(PARIS).replace(tzinfo=UTC).timestamp())
        for second in INSTANTS.tolist()
    ]
    assert to_local(INSTANTS).tolist() == expected


def test_instant_comes_back_from_local_time_except_in_the_second_coming_of_an_hour() -> None:
    back = to_utc(to_local(INSTANTS))
    repeats = (INSTANTS >= 1_761_440_400) & (INSTANTS < 1_761_440_400 + 3600)
    assert repeats.sum() >= 6
    assert (back[~repeats] == INSTANTS[~repeats]).all()
    assert (back[repeats] == INSTANTS[repeats] - 3600).all()


def test_hour_that_does_not_exist_is_read_one_hour_later() -> None:
    missing = int(datetime(2025, 3, 30, 2, 30, tzinfo=UTC).timestamp())
    assert to_local(to_utc(np.array([missing]))).tolist() == [missing + 3600]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2025, 11, 1), 36, date(2022, 11, 1)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2025, 1, 15), 1, date(2024, 12, 15)),
    ],
)
def test_months_before_keeps_the_day_where_it_exists(day: date, months: int, expected: date) -> None:
    assert months_before(day, months) == expected


def test_calendar_holds_whole_months_when_it_ends_with_one() -> None:
    calendar = Calendar(date(2025, 10, 31), 36, frozenset())
    assert calendar.first_day == date(2022, 11, 1)
    assert len(calendar.month_numbers) == 36
    assert calendar.weekday[0] == date(2022, 11, 1).weekday()
    assert calendar.closes_at == int(datetime(2025, 10, 31, 23, 59, 59, tzinfo=PARIS).timestamp())


def test_holidays_are_no_working_days() -> None:
    holiday = date(2025, 5, 1)
    calendar = Calendar(date(2025, 10, 31), 12, frozenset({holiday}))
    days = calendar.draw_office_days(np.random.default_rng(1), 20_000)
    assert (holiday - calendar.first_day).days not in days
    assert set(calendar.weekday[days].tolist()) == {0, 1, 2, 3, 4}


def test_share_of_the_day_falls_from_one_to_nothing() -> None:
    assert share_of_web_after(0) == pytest.approx(1.0)
    assert share_of_web_after(86_399) == pytest.approx(0.0, abs=1e-4)


def test_texts_are_those_that_python_writes() -> None:
    utc = [datetime.fromtimestamp(second, UTC) for second in INSTANTS.tolist()]
    assert text.iso_instants(INSTANTS).to_pylist() == [moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in utc]
    assert text.french_times(INSTANTS).to_pylist() == [moment.strftime("%d/%m/%Y %H:%M:%S") for moment in utc]
    assert text.iso_dates(INSTANTS // 86_400).to_pylist() == [moment.date().isoformat() for moment in utc]
    assert text.decimals(np.array([0, 5, 123_456, -7]), ",").to_pylist() == ["0,00", "0,05", "1234,56", "-0,07"]
    assert text.hex_ids(np.array([255, 2**64 - 1], dtype=np.uint64)).to_pylist() == ["00000000000000ff", "f" * 16]


def test_missing_becomes_null_and_joins_as_nothing() -> None:
    amounts = text.decimals(np.array([100, 200]), ".", np.array([True, False]))
    assert amounts.to_pylist() == [None, "2.00"]
    assert text.join("a", amounts, "b").to_pylist() == ["ab", "a2.00b"]


def test_line_bytes_of_a_slice_are_its_own_lines() -> None:
    lines = text.join(text.integers(np.arange(5)), "\n")
    assert bytes(text.line_bytes(lines.slice(1, 2))) == b"1\n2\n"
    assert bytes(text.line_bytes(lines.slice(5, 0))) == b""
