"""Time in the demo world: the calendar of the simulated months and the clock of Europe/Paris.

Instants are seconds since 1970 in UTC (``int64``), days are numbered from the first simulated day. The zone is computed
from the rule of the European Union, so that a million instants convert in one array operation.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DAY: Final = 86_400
NEVER: Final = np.int64(2**62)
"""An instant or day that does not come."""

_EPOCH: Final = date(1970, 1, 1)
_MARGIN_DAYS: Final = 800

# Share of the traffic by weekday (Monday first), month and hour, in local time.
_WEB_WEEKDAYS: Final = np.array([1.10, 1.20, 1.15, 1.10, 0.95, 0.32, 0.30])
_OFFICE_WEEKDAYS: Final = np.array([1.0, 1.1, 1.0, 1.0, 0.9, 0.0, 0.0])
_MONTHS: Final = np.array([1.0, 1.05, 1.1, 1.0, 0.95, 1.05, 0.8, 0.5, 1.15, 1.15, 1.1, 0.8])
_WEB_HOURS: Final = np.array([1.2, 0.8, 0.5, 0.3, 0.3, 0.5, 1.2, 3, 6, 9, 10, 9, 6, 8, 9, 9, 8, 7, 5, 4, 4, 4, 3, 2.0])
_OFFICE_OPENS: Final = 8 * 3600 + 1800
_OFFICE_CLOSES: Final = 18 * 3600 + 1800


def epoch_day(day: date) -> int:
    """Return the number of days from 1970-01-01 to ``day``."""
    return (day - _EPOCH).days


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _changes_of_clock(first_year: int, last_year: int) -> tuple[Ints, Ints]:
    instants = [
        epoch_day(_last_sunday(year, month)) * DAY + 3600
        for year in range(first_year, last_year + 1)
        for month in (3, 10)
    ]
    offsets = [3600] + [7200, 3600] * (last_year - first_year + 1)
    return np.array(instants, dtype=np.int64), np.array(offsets, dtype=np.int64)


_CHANGES, _OFFSETS = _changes_of_clock(1990, 2069)


def to_local(utc: Ints) -> Ints:
    """Return local wall-clock seconds of UTC instants."""
    local: Ints = utc + _OFFSETS[np.searchsorted(_CHANGES, utc, side="right")]
    return local


def to_utc(local: Ints) -> Ints:
    """Return the UTC instants of local wall-clock seconds.

    The hour that comes twice in autumn is read as its first coming, the hour missing in spring as one hour later.
    """
    utc: Ints = local - _OFFSETS[np.searchsorted(_CHANGES + 7200, local, side="right")]
    return utc


def months_before(day: date, months: int) -> date:
    """Return ``day`` moved back by ``months`` months (to the last day of the month where the day does not exist)."""
    number = day.year * 12 + day.month - 1 - months
    year, month = divmod(number, 12)
    for day_of_month in range(day.day, 0, -1):
        try:
            return date(year, month + 1, day_of_month)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


class Calendar:
    """The simulated days: ``first_day`` to ``last_day``, both included, numbered from 0."""

    def __init__(self, end: date, months: int, holidays: frozenset[date]) -> None:
        self.last_day = end
        self.first_day = months_before(end + timedelta(days=1), months)
        self.months = months
        self.count_days = (end - self.first_day).days + 1
        self.origin = epoch_day(self.first_day)
        self.opens_at = int(to_utc(np.array([self.origin * DAY], dtype=np.int64))[0])
        self.closes_at = self.end_of_day(self.count_days - 1)
        span = np.arange(-_MARGIN_DAYS, self.count_days + _MARGIN_DAYS) + self.origin
        dates = span.astype("datetime64[D]")
        self._month_numbers = (dates.astype("datetime64[M]").astype(np.int64) + 1970 * 12).astype(np.int64)
        days = np.arange(self.count_days)
        self.weekday: Ints = ((days + self.origin + 3) % 7).astype(np.int64)
        is_holiday = np.isin(
            dates[_MARGIN_DAYS : _MARGIN_DAYS + self.count_days],
            np.array(sorted(holidays), dtype="datetime64[D]"),
        )
        season = _MONTHS[self._month_numbers[_MARGIN_DAYS : _MARGIN_DAYS + self.count_days] % 12]
        growth = 0.85 + 0.3 * days / self.count_days
        self._web = np.cumsum(_WEB_WEEKDAYS[self.weekday] * season * growth * np.where(is_holiday, 0.35, 1.0))
        self._office = np.cumsum(_OFFICE_WEEKDAYS[self.weekday] * season * growth * np.where(is_holiday, 0.0, 1.0))

    def end_of_day(self, day: int) -> int:
        """Return the last UTC second of a day, given by number."""
        return int(to_utc(np.array([(self.origin + day + 1) * DAY], dtype=np.int64))[0]) - 1

    def draw_web_days(self, rng: np.random.Generator, count: int) -> Ints:
        """Draw ``count`` days on which people visit a web site."""
        drawn: Ints = np.searchsorted(self._web, rng.random(count) * self._web[-1], side="right")
        return drawn.astype(np.int64)

    def draw_office_days(self, rng: np.random.Generator, count: int) -> Ints:
        """Draw ``count`` working days."""
        drawn: Ints = np.searchsorted(self._office, rng.random(count) * self._office[-1], side="right")
        return drawn.astype(np.int64)

    def at(self, day: Ints, second: Ints) -> Ints:
        """Return the UTC instants of a local second of the day on numbered days."""
        return to_utc((day + self.origin) * DAY + second)

    def day_of(self, utc: Ints) -> Ints:
        """Return the numbered business day of UTC instants."""
        day: Ints = to_local(utc) // DAY - self.origin
        return day

    def month_of(self, utc: Ints) -> Ints:
        """Return the business month of UTC instants as ``year * 12 + month - 1``."""
        return self.month_of_day(self.day_of(utc))

    def month_of_day(self, day: Ints) -> Ints:
        """Return the month of numbered days as ``year * 12 + month - 1``."""
        found: Ints = self._month_numbers[day + _MARGIN_DAYS]
        return found

    @property
    def month_numbers(self) -> range:
        """Every month that has a simulated day."""
        first = self.first_day.year * 12 + self.first_day.month - 1
        return range(first, self.last_day.year * 12 + self.last_day.month)


def month_name(number: int) -> str:
    """Return ``YYYY-MM`` of ``year * 12 + month - 1``."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def draw_web_seconds(rng: np.random.Generator, count: int) -> Ints:
    """Draw ``count`` local seconds of the day by the habits of web visitors: some come at night."""
    total = np.cumsum(_WEB_HOURS)
    hours: Ints = np.searchsorted(total, rng.random(count) * total[-1], side="right")
    return (hours * 3600 + rng.integers(0, 3600, count)).astype(np.int64)


def share_of_web_after(second: int) -> float:
    """Return the share of a day's web traffic after a local second of the day."""
    hour, rest = divmod(second, 3600)
    return float((_WEB_HOURS[hour + 1 :].sum() + _WEB_HOURS[hour] * (1 - rest / 3600)) / _WEB_HOURS.sum())


def draw_office_seconds(rng: np.random.Generator, count: int) -> Ints:
    """Draw ``count`` local seconds of the day in office hours."""
    return rng.integers(_OFFICE_OPENS, _OFFICE_CLOSES, count)
