"""Histories of demo companies for the benchmark of the forecast: what the simulator did, as the forecast reads it.

The clean world is used, without the faults of its exports: the benchmark judges the model. Lead cycles follow the rules
of the warehouse: one opens at the capture or when the person comes back after the last one closed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analytics.forecast.history import (
    LOST,
    NEVER,
    OPEN,
    WON,
    Calendar,
    Cycles,
    Deals,
    History,
    Ints,
    Orders,
    Stages,
)
from ingestion.demo.journey import CYCLE_DAYS
from ingestion.demo.parameters import OPEN_STAGES
from ingestion.demo.world import World

_CALENDAR_MARGIN: Final = 200


def world_history(world: World) -> History:
    """Return everything that happened in a world, with the days on which it was recorded."""
    calendar = world.calendar
    days = np.arange(calendar.count_days + _CALENDAR_MARGIN)
    # Days after the history have no holidays in the simulator's calendar: weekdays alone.
    is_working = (days + calendar.weekday[0]) % 7 < 5
    count = len(OPEN_STAGES)
    stages = Stages(
        pipeline=np.zeros(count + 2, dtype=np.int64),
        rank=np.arange(1, count + 3),
        stage_type=np.array([*[OPEN] * count, WON, LOST]),
        probability=np.full(count + 2, np.nan),
    )
    cycles, cycle_of_round = _cycles(world)
    return History(Calendar(calendar.origin, is_working), stages, _deals(world, cycle_of_round), cycles, _orders(world))


def _day(world: World, utc: Ints) -> Ints:
    """Return the days of instants since 1970; ``NEVER`` for what is not in the history."""
    known = utc <= world.calendar.closes_at
    inside = np.where(known, utc, world.calendar.opens_at)
    return np.where(known, world.calendar.day_of(inside) + world.calendar.origin, NEVER)


def _cycles(world: World) -> tuple[Cycles, Ints]:
    """Return the lead cycles in order of person and time, and the cycle of each round with sales."""
    people, rounds = world.people, world.journey.rounds
    order = np.lexsort((rounds.started_at, rounds.person))
    person, started = rounds.person[order], rounds.started_at[order]
    ends = np.minimum(rounds.released_at, started[np.argsort(order)] + CYCLE_DAYS * 86_400)[order]
    first_of_person = np.diff(person, prepend=-1) != 0
    previous_end = np.where(first_of_person, people.captured_at[person] + CYCLE_DAYS * 86_400, np.roll(ends, 1))
    opens_anew = started >= previous_end
    # A first cycle for everybody, and one for each round that comes after the last has closed.
    count_people = len(people)
    new_rounds = np.flatnonzero(opens_anew)
    number = np.cumsum(opens_anew)
    first_number = np.zeros(count_people, dtype=np.int64)
    places = np.flatnonzero(first_of_person)
    first_number[person[places]] = number[places] - opens_anew[places]
    within = number - first_number[person]
    cycle_of_round = np.where(within > 0, count_people + number - 1, person)
    opened = np.concatenate([people.captured_at, started[new_rounds]])
    recorded = np.concatenate([people.created_at, started[new_rounds]])
    total = len(opened)
    mql, sql, closed = np.full(total, NEVER), np.full(total, NEVER), np.full(total, NEVER)
    is_mql = rounds.is_mql[order]
    np.minimum.at(mql, cycle_of_round[is_mql], started[is_mql])
    np.minimum.at(sql, cycle_of_round, rounds.sql_at[order])
    last_signal = opened.copy()
    np.maximum.at(last_signal, cycle_of_round, started)
    closed = np.minimum(last_signal + 180 * 86_400, closed)
    out = rounds.disqualified_at[order]
    np.minimum.at(closed, cycle_of_round, out)
    day = {name: _day(world, at) for name, at in (("mql", mql), ("sql", sql), ("closed", closed))}
    original = np.empty(len(order), dtype=np.int64)
    original[order] = cycle_of_round
    cycles = Cycles(
        opened_day=_day(world, opened),
        opened_recorded_day=_day(world, np.maximum(opened, recorded)),
        mql_day=day["mql"],
        mql_recorded_day=day["mql"],
        sql_day=day["sql"],
        sql_recorded_day=day["sql"],
        closed_day=day["closed"],
        closed_recorded_day=day["closed"],
    )
    return cycles, original


def _deals(world: World, cycle_of_round: Ints) -> Deals:
    """Return the deals with the amounts that they have in each stage: first guess, proposal, order."""
    journey, amounts = world.journey, world.amounts
    deals = journey.deals
    rounds = journey.rounds
    # A deal belongs to the last round that had its SQL before it.
    with_sql = np.flatnonzero(rounds.sql_at < NEVER)
    order = with_sql[np.lexsort((rounds.sql_at[with_sql], rounds.person[with_sql]))]
    key = rounds.person[order].astype(np.float64) * 1e11 + rounds.sql_at[order]
    place = np.searchsorted(key, deals.person.astype(np.float64) * 1e11 + deals.created_at, side="right") - 1
    cycle = cycle_of_round[order[place]]
    stage = deals.change_stage - 1
    first = amounts.first[deals.change_deal] / 100
    proposed = amounts.proposed[deals.change_deal] / 100
    final = amounts.final[deals.change_deal] / 100
    amount = np.where(stage < 3, np.where(first < 0, np.nan, first), np.where(stage == 5, final, proposed))
    day = _day(world, deals.change_at)
    return Deals(
        cycle=cycle,
        segment=world.people.size[world.people.company[deals.person]],
        change_deal=deals.change_deal,
        change_stage=stage,
        change_day=day,
        change_recorded_day=day,
        change_amount=amount,
    )


def _orders(world: World) -> Orders:
    orders = world.orders
    day = _day(world, orders.ordered_at)
    return Orders(
        day=day,
        recorded_day=day,
        cancelled_day=_day(world, orders.cancelled_at),
        deal=orders.deal,
        customer=world.people.company[orders.person],
        amount=orders.amount_base,
    )
