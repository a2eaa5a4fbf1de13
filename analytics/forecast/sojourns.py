"""Stays in states: what each lead, deal and customer has been, since when, and how it ended.

One chain for the whole journey: lead, MQL, SQL, the open stages, won (waiting for its order), lost (may be reopened),
and customers by the number of their orders. An order is counted when a won deal gets it or a customer buys again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from analytics.forecast.history import LOST, NEVER, OPEN, Flags, History, Ints, Stages

ADVANCE: Final = 0
LOSE: Final = 1
GO_BACK: Final = 2
COUNT_CAUSES: Final = 3
CENSORED: Final = -1
"""Causes of an end."""
LEFT: Final = -1
"""Destination of who leaves the chain."""
LEAD: Final = 0
MQL: Final = 1
SQL: Final = 2
FIRST_STAGE: Final = 3
CUSTOMER_CLASSES: Final = 2
"""Customers with one order, and with more."""


@dataclass(frozen=True, slots=True)
class States:
    """The numbering of the states of a company."""

    of_stage: Ints
    """State of each stage; shape (stages,)."""
    count_open_stages: int

    @property
    def won(self) -> int:
        """A won deal that waits for its order."""
        return FIRST_STAGE + self.count_open_stages

    @property
    def lost(self) -> int:
        """A lost deal; only a reopened one comes back."""
        return self.won + 1

    @property
    def first_customer(self) -> int:
        """A customer with one order."""
        return self.lost + 1

    @property
    def count(self) -> int:
        """Number of states."""
        return self.first_customer + CUSTOMER_CLASSES

    @property
    def emits(self) -> Flags:
        """Whether advancing out of each state is an order; shape (states,)."""
        emits = np.zeros(self.count, dtype=bool)
        emits[self.won] = True
        emits[self.first_customer :] = True
        return emits


def states_of(stages: Stages) -> States:
    """Return the states of a company with these stages."""
    is_open = stages.stage_type == OPEN
    count = int(is_open.sum())
    of_stage = np.where(is_open, FIRST_STAGE + np.cumsum(is_open) - 1, FIRST_STAGE + count)
    return States(np.where(stages.stage_type == LOST, FIRST_STAGE + count + 1, of_stage).astype(np.int64), count)


@dataclass(frozen=True, slots=True)
class Sojourns:
    """Stays in states, one place each."""

    state: Ints
    entered_day: Ints
    exited_day: Ints
    """The origin where ``cause`` is ``CENSORED`` and the stay lasts."""
    cause: Ints
    destination: Ints
    """State after; ``LEFT`` where there is none."""

    def __len__(self) -> int:
        return len(self.state)


@dataclass(frozen=True, slots=True)
class OpenItems:
    """Who is in the chain at the origin."""

    state: Ints
    age: Ints
    """Days since the entry."""
    deal: Ints
    """Place of the deal; -1 for leads and customers."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Who came in from outside."""

    day: Ints
    state: Ints


@dataclass(frozen=True, slots=True)
class Journey:
    """What is known at an origin, as stays."""

    states: States
    sojourns: Sojourns
    items: OpenItems
    arrivals: Arrivals
    direct_day: Ints
    """Days of orders that came from nowhere in the chain: no deal, and nobody known to have bought before."""
    is_direct: Flags
    is_repeat: Flags
    """Kind of each order; an order that is neither comes from a deal."""
    new_customer_share: float
    """Share of the deals' orders that make a customer."""


def build_journey(history: History, origin: int) -> Journey:
    """Return the stays of a history of which everything is visible at ``origin``."""
    states = states_of(history.stages)
    ordered_day, first_of_deal = _orders_of_deals(history)
    deal_stays, deal_items, created_day, created_state = _deal_stays(history, states, ordered_day, origin)
    cycle_stays, cycle_items, cycle_arrivals = _cycle_stays(history, created_day, created_state, origin)
    customers = _customer_stays(history, states, first_of_deal, origin)
    from_cycle = _first_deal_of_cycle(history.deals.cycle, created_day, len(history.cycles))[1]
    loose = Arrivals(created_day[~from_cycle], created_state[~from_cycle])
    stays = [deal_stays, cycle_stays, customers.stays]
    items = [deal_items, cycle_items, customers.items]
    arrivals = [cycle_arrivals, loose]
    return Journey(
        states=states,
        sojourns=Sojourns(*(_concatenated(stays, field.name) for field in fields(Sojourns))),
        items=OpenItems(*(_concatenated(items, field.name) for field in fields(OpenItems))),
        arrivals=Arrivals(*(_concatenated(arrivals, field.name) for field in fields(Arrivals))),
        direct_day=history.orders.day[customers.is_direct],
        is_direct=customers.is_direct,
        is_repeat=customers.is_repeat,
        new_customer_share=customers.new_customer_share,
    )


def _concatenated(parts: Sequence[object], name: str) -> Ints:
    return np.concatenate([getattr(part, name) for part in parts])


def _orders_of_deals(history: History) -> tuple[Ints, Flags]:
    """Return the day of the first order of each deal, and whether each order is the first of a deal."""
    orders = history.orders
    ordered_day = np.full(len(history.deals), NEVER)
    with_deal = np.flatnonzero(orders.deal >= 0)
    deals, first = np.unique(orders.deal[with_deal], return_index=True)
    ordered_day[deals] = orders.day[with_deal[first]]
    is_first = np.zeros(len(orders), dtype=bool)
    is_first[with_deal[first]] = True
    return ordered_day, is_first


def _deal_stays(
    history: History, states: States, ordered_day: Ints, origin: int
) -> tuple[Sojourns, OpenItems, Ints, Ints]:
    """Return stays and open items of deals, and the day and state in which each deal came."""
    deals, stages = history.deals, history.stages
    state = states.of_stage[deals.change_stage]
    new_deal = np.diff(deals.change_deal, prepend=-1) != 0
    starts = np.flatnonzero(new_deal | (np.diff(state, prepend=-1) != 0))
    deal, state, stage = deals.change_deal[starts], state[starts], deals.change_stage[starts]
    entered = deals.change_day[starts]
    is_last = np.diff(deal, append=-1) != 0
    exited = np.where(is_last, origin, np.roll(entered, -1))
    following, following_stage = np.roll(state, -1), np.roll(stage, -1)
    forward = (following == states.won) | (
        (stages.pipeline[stage] == stages.pipeline[following_stage])
        & (stages.rank[following_stage] > stages.rank[stage])
        & (state < states.won)
    )
    cause = np.where(following == states.lost, LOSE, np.where(forward, ADVANCE, GO_BACK))
    cause = np.where(is_last, CENSORED, cause)
    destination = np.where(is_last, LEFT, following)
    # A won deal waits for its order; one that had it before waits no longer.
    waits = is_last & (state == states.won) & (ordered_day[deal] < NEVER)
    cause = np.where(waits, ADVANCE, cause)
    destination = np.where(waits, states.first_customer, destination)
    exited = np.where(waits, ordered_day[deal], exited)
    # An order came while the deal was open: what follows is not at risk of another.
    has_order = is_last & ~waits & (ordered_day[deal] < NEVER)
    exited = np.where(has_order, ordered_day[deal], exited)
    exited = np.maximum(exited, entered)
    stays = Sojourns(state, entered, exited, cause, destination)
    open_places = np.flatnonzero(is_last & (ordered_day[deal] == NEVER))
    items = OpenItems(state[open_places], origin - entered[open_places], deal[open_places])
    first = np.flatnonzero(np.diff(deal, prepend=-1) != 0)
    return stays, items, entered[first], state[first]


def _first_deal_of_cycle(cycle: Ints, created_day: Ints, count_cycles: int) -> tuple[Ints, Flags]:
    """Return the first deal of each cycle (-1 none), and whether each deal is the first of one."""
    first = np.full(count_cycles, -1, dtype=np.int64)
    with_cycle = np.flatnonzero(cycle >= 0)
    order = with_cycle[np.argsort(created_day[with_cycle], kind="stable")]
    cycles, place = np.unique(cycle[order], return_index=True)
    first[cycles] = order[place]
    is_first = np.zeros(len(cycle), dtype=bool)
    is_first[order[place]] = True
    return first, is_first


def _cycle_stays(
    history: History, created_day: Ints, created_state: Ints, origin: int
) -> tuple[Sojourns, OpenItems, Arrivals]:
    cycles = history.cycles
    first_deal, _ = _first_deal_of_cycle(history.deals.cycle, created_day, len(cycles))
    has_deal = first_deal >= 0
    deal_day = np.full(len(cycles), NEVER)
    deal_state = np.full(len(cycles), LEFT, dtype=np.int64)
    deal_day[has_deal] = np.maximum(created_day[first_deal[has_deal]], cycles.opened_day[has_deal])
    deal_state[has_deal] = created_state[first_deal[has_deal]]
    # Who is SQL needs no MQL any more, who has a deal neither; days never run backwards.
    sql_day = np.where(cycles.sql_day <= deal_day, np.maximum(cycles.sql_day, cycles.opened_day), NEVER)
    mql_day = np.where(cycles.mql_day <= np.minimum(sql_day, deal_day), cycles.mql_day, NEVER)
    mql_day = np.where(mql_day < NEVER, np.maximum(mql_day, cycles.opened_day), NEVER)
    closed_day = np.where(has_deal, NEVER, cycles.closed_day)
    begins = np.stack([cycles.opened_day, mql_day, sql_day])
    after = np.stack([np.minimum(mql_day, np.minimum(sql_day, deal_day)), np.minimum(sql_day, deal_day), deal_day])
    following = np.stack(
        [
            np.where(mql_day < NEVER, MQL, np.where(sql_day < NEVER, SQL, deal_state)),
            np.where(sql_day < NEVER, SQL, deal_state),
            deal_state,
        ]
    )
    # Who is more than a lead on the first day came as that.
    held = begins < NEVER
    entry_day = cycles.opened_day
    held[LEAD] &= after[LEAD] > entry_day
    held[MQL] &= (after[MQL] > entry_day) | (begins[MQL] > entry_day)
    held[SQL] &= (after[SQL] > entry_day) | (begins[SQL] > entry_day)
    state, place = np.nonzero(held)
    entered, exited, destination = begins[held], after[held], following[held]
    closes = closed_day[place] <= np.minimum(exited, origin)
    moves = (exited <= origin) & ~closes
    cause = np.where(closes, LOSE, np.where(moves, ADVANCE, CENSORED))
    exited = np.where(closes, closed_day[place], np.where(moves, exited, origin))
    # A cycle that closed before what was recorded of it has no stay left.
    lasts = cause == CENSORED
    stays = Sojourns(
        state.astype(np.int64),
        entered,
        np.maximum(exited, entered),
        cause,
        np.where(cause == ADVANCE, destination, LEFT),
    )
    items = OpenItems(
        state[lasts].astype(np.int64), origin - entered[lasts], np.full(int(lasts.sum()), -1, dtype=np.int64)
    )
    arrival_state = np.where(held[LEAD], LEAD, np.where(held[MQL], MQL, np.where(held[SQL], SQL, deal_state)))
    return stays, items, Arrivals(entry_day, arrival_state.astype(np.int64))


@dataclass(frozen=True, slots=True)
class _Customers:
    stays: Sojourns
    items: OpenItems
    is_direct: Flags
    is_repeat: Flags
    new_customer_share: float


def _customer_stays(history: History, states: States, first_of_deal: Flags, origin: int) -> _Customers:
    orders = history.orders
    known = np.flatnonzero((orders.customer >= 0) & ~(orders.amount < 0))
    order = known[np.lexsort((known, orders.day[known], orders.customer[known]))]
    customer, day = orders.customer[order], orders.day[order]
    starts = np.diff(customer, prepend=-1) != 0
    firsts = np.flatnonzero(starts)
    number = np.arange(len(order)) - np.repeat(firsts, np.diff(firsts, append=len(order)))
    customer_class = np.minimum(number, CUSTOMER_CLASSES - 1)
    is_last = np.diff(customer, append=-1) != 0
    by_deal_next = np.roll(first_of_deal[order], -1)
    exited = np.where(is_last, origin, np.roll(day, -1))
    buys = ~is_last & ~by_deal_next
    stays = Sojourns(
        states.first_customer + customer_class,
        day,
        exited,
        np.where(buys, ADVANCE, CENSORED),
        np.where(buys, states.first_customer + np.minimum(number + 1, CUSTOMER_CLASSES - 1), LEFT),
    )
    is_repeat = np.zeros(len(orders), dtype=bool)
    is_repeat[order] = ~starts & ~first_of_deal[order]
    last = np.flatnonzero(is_last)
    items = OpenItems(
        states.first_customer + customer_class[last], origin - day[last], np.full(len(last), -1, dtype=np.int64)
    )
    makes_customer = np.zeros(len(orders), dtype=bool)
    makes_customer[order] = starts
    of_deals = int(first_of_deal.sum())
    share = (float((makes_customer & first_of_deal).sum()) + 1.0) / (of_deals + 1.0)
    return _Customers(stays, items, ~is_repeat & ~first_of_deal, is_repeat, share)
