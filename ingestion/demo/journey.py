"""From lead to SQL and deal: MQLs, contact attempts with verdicts, and what closes a lead cycle.

A person is either *with sales* (from the MQL or direct contact until the cycle closes: lost, won, disqualified, or 181
days after) or free. Only the free have a hazard of becoming MQL, and only the free and customers get e-mail: so the
probability of an MQL after an e-mail is the same for everybody exposed at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ingestion.demo import deals as deal_world
from ingestion.demo import vocabulary
from ingestion.demo.clock import (
    DAY,
    NEVER,
    Calendar,
    Flags,
    Floats,
    Ints,
    draw_office_seconds,
    draw_web_seconds,
)
from ingestion.demo.deals import Deals
from ingestion.demo.parameters import LOST, WON, Parameters
from ingestion.demo.people import (
    COLLEAGUE,
    NO_FORM,
    PERSON_VISITOR,
    PHONE,
    RECOMMENDATION,
    TRADE_SHOW,
    WEB,
    People,
    Sessions,
    make_sessions,
)

ROUNDS: Final = 3
CYCLE_DAYS: Final = 181
NO_ANSWER: Final = 0
UNDECIDED: Final = 1
REFUSED: Final = 2
VALID: Final = 3
"""Results of a contact attempt."""
LATEST_SAME_DAY: Final = 17 * 3600
"""After this local time an MQL is not called on the same day."""


@dataclass(slots=True)
class Rounds:
    """Times with sales, one place each, by person and time."""

    person: Ints
    round_number: Ints
    started_at: Ints
    is_mql: Flags
    is_hand_raise: Flags
    form: Ints
    sql_at: Ints
    refused_at: Ints
    disqualified_at: Ints
    released_at: Ints
    """When the person is free again; ``NEVER`` for customers and while with sales."""


@dataclass(slots=True)
class Attempts:
    """Contact attempts, one place each."""

    person: Ints
    at: Ints
    result: Ints
    verdict_at: Ints
    is_inbound: Flags
    number: Ints


@dataclass(slots=True)
class Journey:
    """Everything that happens between lead and deal."""

    rounds: Rounds
    attempts: Attempts
    deals: Deals
    form_sessions: Sessions
    """Web sessions in which free people raise their hand or read on."""
    customer_at: Ints
    """First won deal of each person; ``NEVER`` if none."""


class _Weekdays:
    """Counts working weekdays, to wait a geometric number of them."""

    def __init__(self, calendar: Calendar) -> None:
        days = np.arange(calendar.count_days + 400)
        is_working = (days + calendar.weekday[0]) % 7 < 5
        self._working = days[is_working]
        self._passed = np.cumsum(is_working)

    def after(self, day: Ints, count: Ints) -> Ints:
        """Return the day of the ``count``-th working weekday after ``day``."""
        index = np.minimum(self._passed[day] + count - 1, len(self._working) - 1)
        found: Ints = self._working[index].astype(np.int64)
        return found


def next_mql_day(
    rng: np.random.Generator, parameters: Parameters, calendar: Calendar, free_from: Ints, has_consent: Flags
) -> Ints:
    """Draw the day on which free people become MQL, after day ``free_from``; ``NEVER`` if not in the history."""
    factors = np.array(parameters.mql_weekday_factors)[calendar.weekday]
    found = np.full(len(free_from), NEVER)
    inside = free_from < calendar.count_days
    exponential = rng.exponential(1.0, len(free_from))
    for consent, hazard in (
        (True, parameters.mql_daily_hazard_with_consent),
        (False, parameters.mql_daily_hazard_without_consent),
    ):
        of_these = inside & (has_consent == consent)
        cumulative = np.cumsum(-np.log1p(-hazard * factors))
        wanted = cumulative[free_from[of_these]] + exponential[of_these]
        day = np.searchsorted(cumulative, wanted)
        found[of_these] = np.where(day < calendar.count_days, day, NEVER)
    return found


def _first_waits(
    rng: np.random.Generator, parameters: Parameters, calendar: Calendar, started_at: Ints, weekdays: _Weekdays
) -> Ints:
    day = calendar.day_of(started_at)
    local = (calendar.at(day, np.zeros(len(day), dtype=np.int64)) - started_at) * -1
    same_day = (
        (local < LATEST_SAME_DAY)
        & (calendar.weekday[day] < 5)
        & (rng.random(len(day)) < parameters.first_attempt_same_day)
    )
    later = weekdays.after(day, rng.geometric(parameters.first_attempt_daily, len(day)))
    at = calendar.at(later, draw_office_seconds(rng, len(day)))
    opening = calendar.at(day, np.full(len(day), 8 * 3600 + 1800, dtype=np.int64))
    at_once = np.maximum(started_at, opening) + rng.integers(300, 5400, len(day))
    return np.where(same_day, at_once, at)


def _contact(
    rng: np.random.Generator,
    parameters: Parameters,
    calendar: Calendar,
    person: Ints,
    started_at: Ints,
    fit: Ints,
    is_direct: Flags,
) -> tuple[Attempts, Ints, Ints, Ints]:
    """Try to reach people. Returns the attempts and, per person, the times of the valid, refused and last attempt."""
    weekdays = _Weekdays(calendar)
    valid = np.array(parameters.valid_probability_by_fit)[fit]
    at = np.where(is_direct, started_at, _first_waits(rng, parameters, calendar, started_at, weekdays))
    sql_at, refused_at = np.full(len(person), NEVER), np.full(len(person), NEVER)
    gave_up_at = np.full(len(person), NEVER)
    parts: list[Attempts] = []
    waiting = np.arange(len(person))
    for number in range(1, parameters.max_attempts + 1):
        waiting = waiting[at[waiting] <= calendar.closes_at]
        draw, answer = rng.random(len(waiting)), rng.random(len(waiting))
        answered = (answer < parameters.answer_probability) | (is_direct[waiting] & (number == 1))
        undecided = parameters.undecided_probability
        judged = np.where(draw < undecided, UNDECIDED, REFUSED)
        judged = np.where((draw >= undecided) & (draw < undecided + valid[waiting]), VALID, judged)
        result = np.where(answered, judged, NO_ANSWER)
        when = at[waiting]
        delay = np.where(rng.random(len(waiting)) < 0.85, rng.integers(60, 1800, len(waiting)), DAY)
        parts.append(
            Attempts(
                person[waiting],
                when,
                result,
                np.where(result >= REFUSED, np.minimum(when + delay, calendar.closes_at), NEVER),
                is_direct[waiting] & (number == 1),
                np.full(len(waiting), number),
            )
        )
        sql_at[waiting[result == VALID]] = when[result == VALID]
        refused_at[waiting[result == REFUSED]] = when[result == REFUSED]
        waiting = waiting[result <= UNDECIDED]
        if number == parameters.max_attempts:
            gave_up_at[waiting] = at[waiting]
        day = weekdays.after(calendar.day_of(at[waiting]), rng.geometric(parameters.next_attempt_daily, len(waiting)))
        at[waiting] = calendar.at(day, draw_office_seconds(rng, len(waiting)))
    joined = Attempts(*(np.concatenate([getattr(part, name) for part in parts]) for name in Attempts.__slots__))
    return joined, sql_at, refused_at, gave_up_at


def _start_deals(rng: np.random.Generator, parameters: Parameters, calendar: Calendar, sql_at: Ints) -> Ints:
    """Return when the deal of each SQL is created; ``NEVER`` where none is, in the history."""
    count = len(sql_at)
    known = sql_at < NEVER
    at = np.where(known, sql_at, calendar.opens_at)
    day = calendar.day_of(at)
    later = _Weekdays(calendar).after(day, rng.geometric(parameters.deal_daily, count))
    same_day = rng.random(count) < parameters.deal_same_day
    created = np.where(
        same_day, at + rng.integers(900, 5400, count), calendar.at(later, draw_office_seconds(rng, count))
    )
    exists = known & (rng.random(count) < parameters.deal_probability) & (created <= calendar.closes_at)
    return np.where(exists, created, NEVER)


def _sales_round(
    rng: np.random.Generator,
    parameters: Parameters,
    calendar: Calendar,
    people: People,
    number: int,
    start: tuple[Ints, Ints, Flags, Flags, Ints],
    was_disqualified: Flags,
) -> tuple[Rounds, Attempts, Deals]:
    """Run sales on people who start in this round. ``start``: person, time, is MQL, is hand raise, form."""
    person, started_at, is_mql, is_hand_raise, form = start
    fit = people.fit[person]
    attempts, sql_at, refused_at, gave_up_at = _contact(rng, parameters, calendar, person, started_at, fit, ~is_mql)
    deal_at = _start_deals(rng, parameters, calendar, sql_at)
    with_deal = np.flatnonzero(deal_at < NEVER)
    deals = deal_world.draw_deals(rng, parameters, calendar, person[with_deal], deal_at[with_deal], fit[with_deal])
    # The CRM keeps one disqualification per contact: only the first is written there.
    unreachable = (gave_up_at < NEVER) & (rng.random(len(person)) < parameters.disqualified_when_unreachable)
    ended = np.where(refused_at < NEVER, refused_at, np.where(unreachable, gave_up_at, NEVER))
    disqualified_at = np.where(
        (ended < NEVER) & ~was_disqualified[person],
        np.minimum(ended + 3600 + rng.integers(0, 3 * DAY, len(person)), calendar.closes_at),
        NEVER,
    )
    released = np.minimum(started_at + CYCLE_DAYS * DAY, disqualified_at)
    of_deal = np.where(deals.stage == LOST, deals.closed_at, NEVER)
    released[with_deal] = of_deal
    rounds = Rounds(
        person,
        np.full(len(person), number),
        started_at,
        is_mql,
        is_hand_raise,
        form,
        sql_at,
        refused_at,
        disqualified_at,
        released,
    )
    return rounds, attempts, deals


def _first_starts(
    rng: np.random.Generator, parameters: Parameters, calendar: Calendar, people: People
) -> tuple[Ints, Flags, Flags]:
    """Return when people go to sales at once (else ``NEVER``), whether as MQL, and whether by raising their hand."""
    draw = rng.random(len(people))
    hand_raise = (people.source == WEB) & (people.form >= 0) & (people.form < 3)
    hot = (people.source == TRADE_SHOW) & (draw < parameters.mql_share_of_trade_show_leads)
    direct = ((people.source == PHONE) & (draw < parameters.direct_share_of_phone_leads)) | (
        (people.source == RECOMMENDATION) & (draw < parameters.direct_share_of_recommended_leads)
    )
    hot_at = people.created_at + rng.integers(1800, 30_000, len(people))
    at = np.where(hand_raise, people.captured_at, np.where(hot, hot_at, people.created_at + 300))
    at = np.where(hand_raise | hot | direct, at, NEVER)
    return np.where(at <= calendar.closes_at, at, NEVER), hand_raise | hot, hand_raise


def _form_sessions(
    rng: np.random.Generator, calendar: Calendar, people: People, person: Ints, day: Ints, form: Ints
) -> Sessions:
    count = rng.integers(2, 7, len(person))
    known_visitor = (people.visitor[person] >= 0) & (rng.random(len(person)) < 0.7)
    start = calendar.at(day, draw_web_seconds(rng, len(person)))
    return make_sessions(
        rng,
        np.where(known_visitor, people.visitor[person], PERSON_VISITOR + person),
        np.minimum(start, calendar.closes_at - 7200),
        count=count,
        traffic=np.where(rng.random(len(person)) < 0.5, vocabulary.EMAIL_TRAFFIC, 0),
        consent=np.zeros(len(person), dtype=np.int64),
        country=np.zeros(len(person), dtype=np.int64),
        form=form,
        person=person,
    )


def live(rng: np.random.Generator, parameters: Parameters, calendar: Calendar, people: People) -> Journey:
    """Run every person through up to three times with sales."""
    has_consent = people.consent == 0
    never = np.full(len(people), NEVER)
    start_at, is_mql, is_hand_raise = _first_starts(rng, parameters, calendar, people)
    form = np.where(is_hand_raise, people.form, NO_FORM)
    free_from = np.where((start_at == NEVER) & (people.source != COLLEAGUE), calendar.day_of(people.created_at), NEVER)
    was_disqualified = np.zeros(len(people), dtype=bool)
    has_lifecycle_mql = is_mql & (start_at < NEVER)
    rounds: list[Rounds] = []
    attempts: list[Attempts] = []
    deals: list[Deals] = []
    sessions: list[Sessions] = []

    def run(number: int, start: tuple[Ints, Ints, Flags, Flags, Ints]) -> Rounds:
        one, tried, opened = _sales_round(rng, parameters, calendar, people, number, start, was_disqualified)
        rounds.append(one)
        attempts.append(tried)
        deals.append(opened)
        was_disqualified[one.person[one.disqualified_at < NEVER]] = True
        return one

    at_once = np.flatnonzero(start_at < NEVER)
    first = run(0, (at_once, start_at[at_once], is_mql[at_once], is_hand_raise[at_once], form[at_once]))
    free_from[at_once] = _released_day(calendar, first.released_at)
    for number in range(1, ROUNDS):
        day = next_mql_day(rng, parameters, calendar, free_from, has_consent)
        person = np.flatnonzero(day < NEVER)
        by_lifecycle = (rng.random(len(person)) < parameters.lifecycle_share_of_nurtured_mqls) & ~has_lifecycle_mql[
            person
        ]
        chosen = np.where(by_lifecycle, 3 + rng.integers(0, 3, len(person)), rng.integers(0, 3, len(person)))
        visit = _form_sessions(rng, calendar, people, person, day[person], chosen)
        sessions.append(visit)
        later = visit.end + np.where(by_lifecycle, rng.integers(300, 3000, len(person)), 0)
        has_lifecycle_mql[person[by_lifecycle]] = True
        mqls = np.ones(len(person), dtype=bool)
        one = run(number, (person, later, mqls, ~by_lifecycle, chosen))
        free_from[:] = never
        free_from[person] = _released_day(calendar, one.released_at)
    joined = Rounds(*(np.concatenate([getattr(part, name) for part in rounds]) for name in Rounds.__slots__))
    all_deals = deal_world.join_deals(deals)
    customer_at = never.copy()
    won = all_deals.stage == WON
    np.minimum.at(customer_at, all_deals.person[won], all_deals.closed_at[won])
    return Journey(
        rounds=joined,
        attempts=Attempts(*(np.concatenate([getattr(part, name) for part in attempts]) for name in Attempts.__slots__)),
        deals=all_deals,
        form_sessions=Sessions.concatenate(sessions),
        customer_at=customer_at,
    )


def _released_day(calendar: Calendar, released_at: Ints) -> Ints:
    known = released_at <= calendar.closes_at
    return np.where(known, calendar.day_of(np.where(known, released_at, calendar.opens_at)), NEVER)


def share_called_same_day(calendar: Calendar, started_at: Ints) -> Floats:
    """Return the joint shares of MQLs by weekday and by whether they came early enough to be called that day.

    Shape (7, 2): Monday first; late, early.
    """
    day = calendar.day_of(started_at)
    second = started_at - calendar.at(day, np.zeros(len(day), dtype=np.int64))
    table = np.zeros((7, 2))
    np.add.at(table, (calendar.weekday[day], (second < LATEST_SAME_DAY).astype(np.int64)), 1.0)
    return table / max(1, len(day))
