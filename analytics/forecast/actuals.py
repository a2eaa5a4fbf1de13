"""What was ordered, by month: counts gross, amounts net of the cancellations of the month."""

from __future__ import annotations

import numpy as np

from analytics.forecast.history import NEVER, Floats, History, Ints
from analytics.forecast.months import month_of, month_starts


def ordered_between(history: History, first_day: Ints, end_day: Ints) -> Floats:
    """Return count and net amount of the orders of periods [first, end); shape (2, periods).

    An order without an amount counts and adds nothing; a cancellation is negative on its own day.
    """
    orders = history.orders
    amount = np.nan_to_num(orders.amount)
    by_day = np.argsort(orders.day, kind="stable")
    cancelled = np.flatnonzero(orders.cancelled_day < NEVER)
    by_cancellation = cancelled[np.argsort(orders.cancelled_day[cancelled], kind="stable")]

    def until(day: Ints) -> Floats:
        place = np.searchsorted(orders.day[by_day], day)
        gone = np.searchsorted(orders.cancelled_day[by_cancellation], day)
        gross = np.concatenate([[0.0], np.cumsum(amount[by_day])])[place]
        back = np.concatenate([[0.0], np.cumsum(amount[by_cancellation])])[gone]
        return np.stack([place.astype(np.float64), gross - back])

    return np.asarray(until(np.maximum(end_day, first_day)) - until(first_day), dtype=np.float64)


def complete_months(history: History, origin: int) -> tuple[Ints, Floats]:
    """Return the first days of the months that are complete at the origin, and what was ordered in them; (2, months).

    The first month counts when the history begins on its first day at the latest; then nothing can be missing of it.
    """
    first_day = history.first_day()
    if first_day is None:
        return np.zeros(0, dtype=np.int64), np.zeros((2, 0))
    first = int(month_of(np.array([first_day]))[0])
    last = int(month_of(np.array([origin + 1]))[0])
    starts = month_starts(first, last - first + 1)
    if len(starts) and starts[0] < first_day:
        starts = starts[1:]
    if len(starts) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros((2, 0))
    return starts[:-1], ordered_between(history, starts[:-1], starts[1:])
