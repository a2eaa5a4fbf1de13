"""What orders are worth: the deal's amount corrected by what deals were won for, and the orders of the past.

A deal's entry amount is the one it has in its stage; where it is unknown, the median of its segment (of all deals,
where the segment has none). The correction is the ratio of the order to that amount over the deals that were won
through the stage, those with a known and those with an unknown amount apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.forecast.history import NEVER, OPEN, Flags, Floats, History, Ints
from analytics.forecast.sojourns import Journey

POOL_DAYS: Final = 730
FEWEST_AMOUNTS: Final = 10


@dataclass(frozen=True, slots=True)
class Ratios:
    """Order over entry amount of deals won before, in pools."""

    values: Floats
    first: Ints
    """Place in ``values`` where each pool begins; shape (pools,)."""
    count: Ints

    def mean(self) -> Floats:
        """Return the mean of each pool; shape (pools,)."""
        return np.add.reduceat(self.values, self.first) / self.count

    def draw(self, rng: np.random.Generator, pool: Ints) -> Floats:
        """Draw one ratio from each of the given pools."""
        return self.values[self.first[pool] + (rng.random(len(pool)) * self.count[pool]).astype(np.int64)]


@dataclass(frozen=True, slots=True)
class Amounts:
    """Amounts of the past to draw from, and the entry amounts of deals."""

    entry: Floats
    """Of each deal at the origin; NaN where no deal of the company has an amount."""
    pool: Ints
    """Pool of ``ratios`` of each deal."""
    ratios: Ratios
    of_deals: Floats
    repeat: Floats
    direct: Floats
    """Amounts of orders by where they came from; never empty."""
    cancelled_share: float
    """Amount cancelled over amount ordered."""
    variation: float
    """Coefficient of variation of order amounts."""

    def expected_of_deals(self) -> Floats:
        """Return what the order of each deal would be worth, cancellations aside."""
        return np.where(np.isnan(self.entry), self.of_deals.mean(), self.entry * self.ratios.mean()[self.pool])


def known_amounts(history: History, journey: Journey, origin: int) -> Amounts:
    """Read the amounts off a history of which everything is visible at ``origin``."""
    deals, orders = history.deals, history.orders
    recent = orders.day > origin - POOL_DAYS
    usable = ~np.isnan(orders.amount) & recent
    of_deal = usable & ~journey.is_direct & ~journey.is_repeat
    ordered = np.full(len(deals), np.nan)
    ordered[orders.deal[of_deal]] = orders.amount[of_deal]
    last = np.flatnonzero(np.diff(deals.change_deal, append=-1) != 0)
    entry = np.full(len(deals), np.nan)
    entry[deals.change_deal[last]] = deals.change_amount[last]
    is_known = ~np.isnan(entry)
    stage = np.zeros(len(deals), dtype=np.int64)
    stage[deals.change_deal[last]] = deals.change_stage[last]
    median = _median_of_segment(deals.segment, entry)
    everything = orders.amount[usable]
    return Amounts(
        entry=np.where(is_known, entry, median),
        pool=np.where(is_known, stage, len(history.stages)).astype(np.int64),
        ratios=_ratios(history, ordered, median),
        of_deals=_or(orders.amount[of_deal], everything),
        repeat=_or(orders.amount[usable & journey.is_repeat], everything),
        direct=_or(orders.amount[usable & journey.is_direct], everything),
        cancelled_share=_cancelled_share(history, usable),
        variation=float(everything.std() / everything.mean()) if len(everything) > 1 and everything.mean() > 0 else 0.0,
    )


def _ratios(history: History, ordered: Floats, median: Floats) -> Ratios:
    """Return the ratios by stage, and last those of deals whose amount was not known."""
    deals, stages = history.deals, len(history.stages)
    # The amount that a deal had when it left a stage: the last one of an unbroken stay.
    leaves = (np.diff(deals.change_deal, append=-1) != 0) | (np.diff(deals.change_stage, append=-1) != 0)
    deal, stage, amount = deals.change_deal[leaves], deals.change_stage[leaves], deals.change_amount[leaves]
    known = ~np.isnan(ordered[deal]) & (amount > 0)
    ratio, pool = ordered[deal][known] / amount[known], stage[known]
    unknown = ~np.isnan(ordered[deal]) & np.isnan(amount) & (median[deal] > 0)
    of_unknown = ordered[deal][unknown] / median[deal][unknown]
    of_open = ratio[history.stages.stage_type[pool] == OPEN]
    every = of_open if len(of_open) else np.ones(1)
    pools = [ratio[pool == number] for number in range(stages)]
    pools = [values if len(values) >= FEWEST_AMOUNTS else every for values in pools]
    pools.append(of_unknown if len(of_unknown) else every)
    counts = np.array([len(values) for values in pools], dtype=np.int64)
    return Ratios(np.concatenate(pools), np.cumsum(counts) - counts, counts)


def _or(pool: Floats, otherwise: Floats) -> Floats:
    """Return a pool that is large enough to be drawn from, else another; zero where there is none at all."""
    if len(pool) >= FEWEST_AMOUNTS or not len(otherwise):
        return pool if len(pool) else np.zeros(1)
    return otherwise


def _median_of_segment(segment: Ints, amount: Floats) -> Floats:
    """Return the median amount of the segment of each deal; that of all where the segment has none."""
    known = ~np.isnan(amount)
    everywhere = float(np.median(amount[known])) if known.any() else np.nan
    medians = np.full(len(segment), everywhere)
    for value in np.unique(segment[known]):
        medians[segment == value] = np.median(amount[known & (segment == value)])
    return medians


def _cancelled_share(history: History, usable: Flags) -> float:
    orders = history.orders
    ordered = float(orders.amount[usable].sum())
    cancelled = float(orders.amount[usable & (orders.cancelled_day < NEVER)].sum())
    return min(max(cancelled / ordered, 0.0), 1.0) if ordered > 0 else 0.0
