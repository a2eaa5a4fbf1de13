"""How many come new: rates by working day, with the season of the year where two years show it.

The counts of a day are Poisson, with more spread where months differ by more (trade shows): the posterior of the rate
then counts as few arrivals as the spread is wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.forecast.history import Calendar, Floats, Ints
from analytics.forecast.months import month_of, month_starts

RATE_DAYS: Final = 365
SEASON_DAYS: Final = 730
_PRIOR_ARRIVALS: Final = 0.5
_SEASON_PRIOR: Final = 20.0
"""Arrivals that the mean month weighs against those of a calendar month."""
_REST_PRIOR: Final = 5.0
_REST_FACTOR: Final = 0.3
_MONTHS_A_YEAR: Final = 12


@dataclass(frozen=True, slots=True)
class ArrivalRate:
    """A posterior of the arrivals a day."""

    shape: float
    days: float
    """Effective worked days, seasons included; the mean rate is ``shape / days``."""
    profile: Floats
    """Factor of each day ahead; shape (days ahead,)."""

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """Return the mean and ``count`` draws of the arrivals of each day ahead; shape (1 + count, days ahead)."""
        rates = np.concatenate([[self.shape], rng.gamma(self.shape, size=count)]) / self.days
        return rates[:, None] * self.profile


def rest_factor(days: Ints, calendar: Calendar, first_day: int, origin: int) -> float:
    """Return what arrives on a day not worked relative to a worked one."""
    window = np.arange(first_day, origin + 1)
    worked = calendar.working(window)
    on_worked = int(calendar.working(days).sum())
    on_rest = len(days) - on_worked
    expected = (len(window) - worked.sum()) * on_worked / max(int(worked.sum()), 1)
    return float((on_rest + _REST_PRIOR * _REST_FACTOR) / (expected + _REST_PRIOR))


def fit_arrivals(days: Ints, calendar: Calendar, first_day: int, origin: int, ahead: Ints) -> ArrivalRate:
    """Fit the rate of the last year (of the whole history, if shorter) and the season of up to three years.

    Args:
        days: days of all arrivals up to the origin.
        calendar: holds every day from ``first_day`` to the last one ahead.
        first_day: first day of the history.
        origin: last day of the history.
        ahead: days to be forecast.
    """
    first = max(first_day, origin - 3 * RATE_DAYS + 1)
    seen = days[days >= first]
    rest = rest_factor(seen, calendar, first, origin)
    window = np.arange(first, origin + 1)
    weight = np.where(calendar.working(window), 1.0, rest)
    season = np.ones(_MONTHS_A_YEAR)
    if origin - first_day + 1 >= SEASON_DAYS:
        season = _season(seen, window, weight)
    weight = weight * season[month_of(window) % _MONTHS_A_YEAR]
    recent = window > origin - RATE_DAYS
    count = float((seen > origin - RATE_DAYS).sum())
    spread = _spread(seen, window, weight)
    profile = np.where(calendar.working(ahead), 1.0, rest) * season[month_of(ahead) % _MONTHS_A_YEAR]
    effective_days = float(weight[recent].sum())
    return ArrivalRate((count + _PRIOR_ARRIVALS) / spread, (effective_days + 1e-9) / spread, profile)


def _season(days: Ints, window: Ints, weight: Floats) -> Floats:
    """Return the factor of each calendar month, shrunk towards 1; mean 1 over the days seen."""
    # Each year is set against its own mean, so that growth is not read as a season.
    year = (window[-1] - window) // RATE_DAYS
    whole = year < len(window) // RATE_DAYS
    month = month_of(window) % _MONTHS_A_YEAR
    counts = np.bincount(days - window[0], minlength=len(window)).astype(np.float64)
    of_year = np.bincount(year, counts) / np.maximum(np.bincount(year, weight), 1e-9)
    expected = np.bincount(month[whole], (weight * of_year[year])[whole], minlength=_MONTHS_A_YEAR)
    found = np.bincount(month[whole], counts[whole], minlength=_MONTHS_A_YEAR)
    return np.asarray((found + _SEASON_PRIOR) / (expected + _SEASON_PRIOR), dtype=np.float64)


def _spread(days: Ints, window: Ints, weight: Floats) -> float:
    """Return variance over mean of the counts of whole months, at least 1."""
    months = month_of(window)
    starts = month_starts(int(months[0]), int(months[-1] - months[0]) + 2)
    whole = (starts[:-1] >= window[0]) & (starts[1:] <= window[-1] + 1)
    if whole.sum() < 4:
        return 1.0
    counts = np.histogram(days, bins=starts)[0][whole].astype(np.float64)
    expected = np.bincount(months - months[0], weight, minlength=len(whole))[whole]
    expected *= counts.sum() / expected.sum()
    if not counts.sum():
        return 1.0
    return max(1.0, float(((counts - expected) ** 2 / np.maximum(expected, 1e-9)).sum() / (len(counts) - 1)))
