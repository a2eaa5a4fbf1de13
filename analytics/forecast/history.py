"""What a company has recorded, as arrays: one place per deal, change, lead cycle and order, in whole days.

Days are numbers of days since 1970-01-01 in the company's zone. ``NEVER`` is the day of what has not happened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEVER: Final = np.int64(2**40)
OPEN: Final = 0
WON: Final = 1
LOST: Final = 2
"""Types of stages."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Consecutive days from ``first_day`` on, and which of them are worked."""

    first_day: int
    is_working: Flags

    def working(self, days: Ints) -> Flags:
        """Return whether each of ``days`` is worked.

        Raises ``ValueError`` for a day that the calendar does not hold.
        """
        place = days - self.first_day
        if len(place) and (place.min() < 0 or place.max() >= len(self.is_working)):
            raise ValueError(
                f"the calendar holds days {self.first_day} to {self.first_day + len(self.is_working) - 1};"
                f" asked for {int(days.min())} to {int(days.max())}"
            )
        return self.is_working[place]


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of all pipelines, one place each."""

    pipeline: Ints
    rank: Ints
    """Place in the pipeline; of no meaning for lost stages."""
    stage_type: Ints
    """``OPEN``, ``WON`` or ``LOST``."""
    probability: Floats
    """What the CRM says a deal in the stage is worth, in 0..1; NaN where it says nothing."""

    def __len__(self) -> int:
        return len(self.pipeline)


@dataclass(frozen=True, slots=True)
class Deals:
    """Deals, and their changes of stage and amount ordered by deal and time."""

    cycle: Ints
    """Place of the lead cycle that the deal came from; -1 where none is known."""
    segment: Ints
    change_deal: Ints
    change_stage: Ints
    change_day: Ints
    change_recorded_day: Ints
    change_amount: Floats
    """After the change, in the company's currency; NaN where unknown."""

    def __len__(self) -> int:
        return len(self.cycle)


@dataclass(frozen=True, slots=True)
class Cycles:
    """Lead cycles. Each moment has the day on which it happened and the day on which it was known."""

    opened_day: Ints
    opened_recorded_day: Ints
    mql_day: Ints
    mql_recorded_day: Ints
    sql_day: Ints
    sql_recorded_day: Ints
    closed_day: Ints
    closed_recorded_day: Ints

    def __len__(self) -> int:
        return len(self.opened_day)


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders, ordered by day."""

    day: Ints
    recorded_day: Ints
    cancelled_day: Ints
    """``NEVER`` where the order holds. A cancellation is known on its day."""
    deal: Ints
    """Place of the deal; -1 where none is known."""
    customer: Ints
    """-1 where unknown."""
    amount: Floats
    """In the company's currency; NaN where unknown."""

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True, slots=True)
class History:
    """Everything the forecast reads."""

    calendar: Calendar
    stages: Stages
    deals: Deals
    cycles: Cycles
    orders: Orders

    def first_day(self) -> int | None:
        """Return the day of the first cycle, deal or order; None of an empty company."""
        firsts = [
            int(days.min()) for days in (self.cycles.opened_day, self.deals.change_day, self.orders.day) if len(days)
        ]
        return min(firsts) if firsts else None


def visible(history: History, origin: int) -> History:
    """Return what was recorded by the end of day ``origin``, as if nothing had come after.

    Items of which nothing was known are left out, so that the result is the same whether later records exist or not.
    """
    deals, cycles, orders = history.deals, history.cycles, history.orders
    known_change = (deals.change_day <= origin) & (deals.change_recorded_day <= origin)
    known_deal = np.zeros(len(deals), dtype=bool)
    known_deal[deals.change_deal[known_change]] = True
    known_cycle = (cycles.opened_day <= origin) & (cycles.opened_recorded_day <= origin)
    known_order = (orders.day <= origin) & (orders.recorded_day <= origin)
    deal_place, cycle_place = _places(known_deal), _places(known_cycle)
    return replace(
        history,
        deals=Deals(
            cycle=_lookup(cycle_place, deals.cycle[known_deal]),
            segment=_compact(deals.segment[known_deal]),
            change_deal=deal_place[deals.change_deal[known_change]],
            change_stage=deals.change_stage[known_change],
            change_day=deals.change_day[known_change],
            change_recorded_day=deals.change_recorded_day[known_change],
            change_amount=deals.change_amount[known_change],
        ),
        cycles=Cycles(
            opened_day=cycles.opened_day[known_cycle],
            opened_recorded_day=cycles.opened_recorded_day[known_cycle],
            **_moments(cycles, known_cycle, origin),
        ),
        orders=Orders(
            day=orders.day[known_order],
            recorded_day=orders.recorded_day[known_order],
            cancelled_day=np.where(orders.cancelled_day <= origin, orders.cancelled_day, NEVER)[known_order],
            deal=_lookup(deal_place, orders.deal[known_order]),
            customer=_compact(orders.customer[known_order]),
            amount=orders.amount[known_order],
        ),
    )


def _moments(cycles: Cycles, known_cycle: Flags, origin: int) -> dict[str, Ints]:
    moments: dict[str, Ints] = {}
    for name in ("mql", "sql", "closed"):
        day = getattr(cycles, f"{name}_day")[known_cycle]
        recorded = getattr(cycles, f"{name}_recorded_day")[known_cycle]
        known = (day <= origin) & (recorded <= origin)
        moments[f"{name}_day"] = np.where(known, day, NEVER)
        moments[f"{name}_recorded_day"] = np.where(known, recorded, NEVER)
    return moments


def _places(known: Flags) -> Ints:
    """Return the place of each item among the known ones; -1 for the others."""
    return np.where(known, np.cumsum(known) - 1, -1).astype(np.int64)


def _compact(codes: Ints) -> Ints:
    """Return codes numbered among those that occur, in the same order; -1 stays."""
    is_known = codes >= 0
    compact = np.full(len(codes), -1, dtype=np.int64)
    compact[is_known] = np.unique(codes[is_known], return_inverse=True)[1]
    return compact


def _lookup(places: Ints, keys: Ints) -> Ints:
    """Return ``places[keys]``, and -1 for the key -1."""
    if not len(places):
        return np.full(len(keys), -1, dtype=np.int64)
    return np.where(keys >= 0, places[np.maximum(keys, 0)], -1).astype(np.int64)
