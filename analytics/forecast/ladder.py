"""The simpler models: what a forecast must beat to be believed.

Every function returns expected orders by measure, component and horizon, of the shape of ``Forecast.expected``; NaN
where the model has nothing to say.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analytics.forecast.actuals import complete_months, ordered_between
from analytics.forecast.amounts import Amounts
from analytics.forecast.history import LOST, NEVER, OPEN, WON, Calendar, Floats, History, Ints
from analytics.forecast.months import COUNT_HORIZONS, Ahead, month_of, month_starts
from analytics.forecast.semi_markov import AMOUNT, COUNT, COUNT_COMPONENTS, EXISTING, FUTURE, TOTAL

MEAN_MONTHS: Final = 3
WORKING_DAYS_A_MONTH: Final = 21
FEWEST_DEALS: Final = 20
PAST_ORIGINS: Final = 12
_ORIGIN_STEP_DAYS: Final = 30
_MONTHS_A_YEAR: Final = 12


def _rest_share(calendar: Calendar, horizons: Ahead) -> float:
    """Return the share of the running month's working days that is still to come."""
    month = np.arange(horizons.month_start[0], horizons.end_day[0])
    works = calendar.working(month)
    return float(works[month > horizons.origin].sum() / works.sum()) if works.any() else 0.0


def _of_total(monthly: Floats, calendar: Calendar, horizons: Ahead) -> Floats:
    """Spread monthly values, shape (2, horizons), on the horizons; a naive model knows no components."""
    expected = np.full((2, COUNT_COMPONENTS, COUNT_HORIZONS), np.nan)
    expected[:, TOTAL] = monthly
    expected[:, TOTAL, 0] *= _rest_share(calendar, horizons)
    return expected


def naive_mean(history: History, horizons: Ahead) -> Floats:
    """Return the mean of the last three complete months; of fewer, where there are no three.

    Before the first complete month it is what was ordered so far, a working day, times the 21 of a month.
    """
    _, ordered = complete_months(history, horizons.origin)
    recent = ordered[:, -MEAN_MONTHS:]
    mean = recent.mean(axis=1) if recent.shape[1] else _so_far(history, horizons)
    return _of_total(np.repeat(mean[:, None], COUNT_HORIZONS, axis=1), history.calendar, horizons)


def _so_far(history: History, horizons: Ahead) -> Floats:
    first_day = history.first_day()
    if first_day is None:
        return np.zeros(2)
    days = np.arange(first_day, horizons.origin + 1)
    ordered = ordered_between(history, days[:1], days[-1:] + 1)[:, 0]
    return ordered / max(int(history.calendar.working(days).sum()), 1) * WORKING_DAYS_A_MONTH


def naive_year_ago(history: History, horizons: Ahead) -> Floats:
    """Return the same month of the year before; nothing where it is not known in full."""
    starts, ordered = complete_months(history, horizons.origin)
    wanted = np.concatenate([month_starts(int(month) - _MONTHS_A_YEAR, 1) for month in month_of(horizons.month_start)])
    monthly = np.full((2, COUNT_HORIZONS), np.nan)
    place = np.searchsorted(starts, wanted)
    known = place < len(starts)
    known[known] = starts[place[known]] == wanted[known]
    monthly[:, known] = ordered[:, place[known]]
    return _of_total(monthly, history.calendar, horizons)


def naive_error(history: History, origin: int) -> Floats:
    """Return the mean absolute error that the mean of three months made on the next one, in the history; shape (2,).

    The scale of MASE (Hyndman & Koehler 2006); NaN below four complete months.
    """
    _, ordered = complete_months(history, origin)
    if ordered.shape[1] <= MEAN_MONTHS:
        return np.full(2, np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(ordered[:, :-1], MEAN_MONTHS, axis=1)
    return np.asarray(np.abs(ordered[:, MEAN_MONTHS:] - windows.mean(axis=-1)).mean(axis=1), dtype=np.float64)


def stages_on(history: History, day: int) -> Ints:
    """Return the stage of each deal at the end of a day; -1 before it came."""
    deals = history.deals
    before = deals.change_day <= day
    stage = np.full(len(deals), -1, dtype=np.int64)
    stage[deals.change_deal[before]] = deals.change_stage[before]
    return stage


def _ordered_days(history: History) -> Ints:
    ordered = np.full(len(history.deals), NEVER)
    with_deal = history.orders.deal >= 0
    np.minimum.at(ordered, history.orders.deal[with_deal], history.orders.day[with_deal])
    return ordered


def _is_open(history: History, stage: Ints, ordered_day: Ints, day: int) -> Ints:
    """Return the deals that are in an open stage and have no order."""
    return np.flatnonzero((stage >= 0) & (history.stages.stage_type[stage] == OPEN) & (ordered_day > day))


def stage_win_rates(history: History) -> tuple[Floats, Floats]:
    """Return, by stage, the share of the closed deals which held it that were won, and the days this took (median).

    What a CRM would say of its stages. A stage that fewer than 20 closed deals held has the figures of all stages; NaN
    where no deal is closed.
    """
    deals, stage_type = history.deals, history.stages.stage_type
    count = len(history.stages)
    final = stages_on(history, int(NEVER) - 1)
    closed_type = np.where(final >= 0, stage_type[final], OPEN) if count else final
    last = np.flatnonzero(np.diff(deals.change_deal, append=-1) != 0)
    closed_day = np.full(len(deals), NEVER)
    closed_day[deals.change_deal[last]] = deals.change_day[last]
    of_deal = deals.change_deal
    key, first = np.unique(of_deal * (count + 1) + deals.change_stage, return_index=True)
    stage, deal = key % (count + 1), of_deal[first]
    held = (stage_type[stage] == OPEN) & (closed_type[deal] != OPEN) if count else np.zeros(0, dtype=bool)
    stage, deal, entered = stage[held], deal[held], deals.change_day[first][held]
    won = closed_type[deal] == WON
    days = (closed_day[deal] - entered).astype(np.float64)
    rate, wait = np.full(count, np.nan), np.full(count, np.nan)
    for number in range(count):
        here = stage == number
        here = here if here.sum() >= FEWEST_DEALS else np.ones(len(stage), dtype=bool)
        if here.any():
            rate[number] = won[here].mean()
            wait[number] = np.median(days[here & won]) if (here & won).any() else np.nan
    return rate, wait


def crm_weighted(history: History, amounts: Amounts, horizons: Ahead) -> tuple[Floats, bool]:
    """Return open deals times the probability of their stage, and whether the CRM gave all of these.

    Where it gives none, the historical win rate of the stage stands in. A deal is expected when deals in its stage were
    won, counted from its entry; an overdue one tomorrow. There is nothing in it but open deals.
    """
    expected = np.full((2, COUNT_COMPONENTS, COUNT_HORIZONS), np.nan)
    expected[:, TOTAL : EXISTING + 1] = 0.0
    expected[:, FUTURE] = 0.0
    stage = stages_on(history, horizons.origin)
    deals = _is_open(history, stage, _ordered_days(history), horizons.origin)
    if not len(deals):
        return expected, False
    win_rate, wait = stage_win_rates(history)
    probability = np.where(np.isnan(history.stages.probability), win_rate, history.stages.probability)[stage[deals]]
    probability = np.nan_to_num(probability)
    waits = np.nan_to_num(wait[stage[deals]])
    entered = np.full(len(history.deals), 0, dtype=np.int64)
    changes = history.deals
    starts = (np.diff(changes.change_deal, prepend=-1) != 0) | (np.diff(changes.change_stage, prepend=-1) != 0)
    entered[changes.change_deal[starts]] = changes.change_day[starts]
    due = np.maximum(entered[deals] + waits.astype(np.int64), horizons.origin + 1)
    horizon = np.searchsorted(horizons.end_day, due, side="right")
    worth = amounts.expected_of_deals()[deals] * (1 - amounts.cancelled_share)
    for measure, value in ((COUNT, probability), (AMOUNT, probability * worth)):
        sums = np.bincount(horizon, value, minlength=COUNT_HORIZONS + 1)[:COUNT_HORIZONS]
        expected[measure, TOTAL] = expected[measure, EXISTING] = sums
    return expected, bool((~np.isnan(history.stages.probability[stage[deals]])).all())


def stage_history(history: History, amounts: Amounts, horizons: Ahead) -> Floats:
    """Return what deals in the same stages brought at the same distance from earlier origins.

    Each month of the last year gives an earlier origin, 30 days apart, from which all horizons are over. Of the deals
    open then, by stage: the share that brought their order in each horizon. All other orders in the horizon are the
    future ones. Nothing where no earlier origin is over.
    """
    expected = np.full((2, COUNT_COMPONENTS, COUNT_HORIZONS), np.nan)
    first_day = history.first_day()
    origin, count = horizons.origin, len(history.stages)
    begin, end = horizons.first_day - origin, horizons.end_day - origin
    latest = origin - int(end[-1]) + 1
    earlier = latest - _ORIGIN_STEP_DAYS * np.arange(PAST_ORIGINS)
    earlier = earlier[earlier >= first_day] if first_day is not None else earlier[:0]
    if not len(earlier):
        return expected
    ordered_day = _ordered_days(history)
    orders = history.orders
    first_orders = np.zeros(len(orders), dtype=bool)
    with_deal = np.flatnonzero(orders.deal >= 0)
    first_orders[with_deal[np.unique(orders.deal[with_deal], return_index=True)[1]]] = True
    stood, brought = np.zeros(count), np.zeros((count, COUNT_HORIZONS))
    others = np.zeros((2, COUNT_HORIZONS))
    for day in earlier:
        stage = stages_on(history, int(day))
        deals = _is_open(history, stage, ordered_day, int(day))
        stood += np.bincount(stage[deals], minlength=count)
        was_open = np.zeros(len(history.deals) + 1, dtype=bool)
        was_open[deals] = True
        is_other = ~(first_orders & was_open[orders.deal])
        for horizon in range(COUNT_HORIZONS):
            inside = (ordered_day[deals] >= day + begin[horizon]) & (ordered_day[deals] < day + end[horizon])
            brought[:, horizon] += np.bincount(stage[deals][inside], minlength=count)
            new = is_other & (orders.day >= day + begin[horizon]) & (orders.day < day + end[horizon])
            others[:, horizon] += [new.sum(), np.nansum(orders.amount[new])]
    pooled = brought.sum(axis=0) / max(stood.sum(), 1.0)
    rate = np.where((stood >= FEWEST_DEALS)[:, None], brought / np.maximum(stood, 1.0)[:, None], pooled)
    stage = stages_on(history, origin)
    deals = _is_open(history, stage, ordered_day, origin)
    probability = rate[stage[deals]] if len(deals) else np.zeros((0, COUNT_HORIZONS))
    kept = 1 - amounts.cancelled_share
    expected[COUNT, EXISTING] = probability.sum(axis=0)
    expected[AMOUNT, EXISTING] = kept * (amounts.expected_of_deals()[deals] @ probability)
    expected[:, FUTURE] = others / len(earlier) * np.array([[1.0], [kept]])
    expected[:, TOTAL] = expected[:, EXISTING] + expected[:, FUTURE]
    return expected


def count_closed_deals(history: History) -> int:
    """Return how many deals are won or lost."""
    stage = stages_on(history, int(NEVER) - 1)
    stage = stage[stage >= 0]
    return int(np.isin(history.stages.stage_type[stage], (WON, LOST)).sum())
