"""Months ahead of an origin: rest of the month, M+1, M+2, M+3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.forecast.history import Ints

HORIZONS: Final = ("rest_of_month", "m1", "m2", "m3")
COUNT_HORIZONS: Final = len(HORIZONS)


@dataclass(frozen=True, slots=True)
class Ahead:
    """The days after an origin up to the end of M+3."""

    origin: int
    month_start: Ints
    """First day of the month of each horizon; shape (4,)."""
    first_day: Ints
    """First day forecast of each horizon; shape (4,). That of the running month is the day after the origin."""
    end_day: Ints
    """First day after each horizon; shape (4,)."""

    @property
    def days(self) -> Ints:
        """All days ahead, in order."""
        return np.arange(self.origin + 1, self.end_day[-1], dtype=np.int64)

    @property
    def horizon(self) -> Ints:
        """Place of the horizon of each day ahead."""
        return np.searchsorted(self.end_day, self.days, side="right").astype(np.int64)


def month_starts(month: int, count: int) -> Ints:
    """Return the first days of ``count`` months from ``month`` (months since 1970-01) on."""
    months = np.arange(month, month + count).astype("datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int64)


def month_of(days: Ints) -> Ints:
    """Return the months (since 1970-01) of days."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def ahead(origin: int) -> Ahead:
    """Return the horizons of the day ``origin``. At a month's end the rest of the month has no day."""
    month = int(month_of(np.array([origin]))[0])
    starts = month_starts(month, COUNT_HORIZONS + 1)
    first = starts[:-1].copy()
    first[0] = origin + 1
    return Ahead(origin, starts[:-1], first, starts[1:])
