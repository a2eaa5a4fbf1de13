"""The oracle that the forecast is held against: the simulator's true parameters, applied to who is open at an origin.

It knows BANT and fit of every deal, how often each person was called, and the intensity with which people come; it does
not know the future, nor who of the customers buys again (only how probable that is after what they bought). Deals go
through the same recursion as the forecast's, which its tests check against another one; what precedes a deal is a
recursion of its own over the simulator's rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.forecast.chain import OF_DEAL, Expectations, expect_orders
from analytics.forecast.hazards import COUNT_BINS, Families, Hazards, families_of
from analytics.forecast.history import Flags, Floats, History, Ints
from analytics.forecast.months import COUNT_HORIZONS, Ahead, ahead
from analytics.forecast.sojourns import ADVANCE, COUNT_CAUSES, FIRST_STAGE, GO_BACK, LOSE, States, states_of
from ingestion.demo.clock import NEVER
from ingestion.demo.journey import share_called_same_day
from ingestion.demo.parameters import LOST, OPEN_STAGES, WON, Parameters
from ingestion.demo.people import COLLEAGUE, PHONE, RECOMMENDATION, TRADE_SHOW, WEB, show_days
from ingestion.demo.world import World

_UNUSED: Final = 2**30
_FITS: Final = 3
_BANTS: Final = 5
_DAYS_A_YEAR: Final = 365
_LOST_AGES: Final = (7, 38, 120, 300)
"""Days since the loss in the middle of the bins of the lost state."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the oracle expects."""

    orders: Floats
    """By horizon; shape (horizons,)."""
    deal: Ints
    """Deals open at the origin."""
    deal_probability: Floats
    """Shape (deals, horizons)."""


class Oracle:
    """Knows a world's parameters and everything that happened in it up to an origin."""

    def __init__(self, world: World, history: History) -> None:
        self._world = world
        self._parameters: Parameters = world.parameters
        self._calendar = history.calendar
        self._states = states_of(history.stages)
        self._families, self._hazards = _true_chain(world.parameters, self._states)

    def expect(self, origin: int) -> Truth:
        """Return what is expected of the days after ``origin`` (days since 1970-01-01)."""
        horizons = ahead(origin)
        chain = expect_orders(self._hazards, self._states, self._families, self._calendar, horizons)
        deal, state, age, kind = self._open_deals(origin)
        of_items = chain.of_items(state, age)[kind, np.arange(len(kind))]
        of_horizon = horizons.horizon[:, None] == np.arange(COUNT_HORIZONS)
        orders = of_items.sum(axis=(0, 1)) + self._repeats(origin, of_horizon)
        orders += self._new_deals(origin, horizons, chain)
        is_open = (state >= FIRST_STAGE) & (state <= self._states.won)
        return Truth(orders, deal[is_open], of_items[is_open, OF_DEAL])

    def _day(self, utc: Ints) -> Ints:
        """Return simulated days since 1970; those that do not come lie after all others."""
        known = utc < NEVER
        inside = np.where(known, utc, self._world.calendar.opens_at)
        return np.where(known, self._world.calendar.day_of(inside) + self._world.calendar.origin, _UNUSED)

    def _open_deals(self, origin: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Return deals without an order at the origin, their state, age and class (BANT x fit)."""
        deals, orders = self._world.journey.deals, self._world.orders
        day = self._day(deals.change_at)
        seen = np.flatnonzero(day <= origin)
        stage, since = np.zeros(len(deals), dtype=np.int64), np.zeros(len(deals), dtype=np.int64)
        stage[deals.change_deal[seen]] = deals.change_stage[seen]
        since[deals.change_deal[seen]] = day[seen]
        ordered = np.full(len(deals), _UNUSED)
        with_deal = orders.deal >= 0
        ordered[orders.deal[with_deal]] = self._day(orders.ordered_at[with_deal])
        place = np.flatnonzero((stage > 0) & (ordered > origin))
        states = self._states
        state = np.where(stage == WON, states.won, np.where(stage == LOST, states.lost, FIRST_STAGE + stage - 1))
        answers = np.array([bits.bit_count() for bits in range(16)])[deals.bant]
        return place, state[place], origin - since[place], answers[place] * _FITS + deals.fit[place]

    def _repeats(self, origin: int, of_horizon: Flags) -> Floats:
        """Return the repeat orders of those who are customers at the origin."""
        orders, parameters = self._world.orders, self._parameters
        day = self._day(orders.ordered_at)
        known = day <= origin
        people, first, count = np.unique(orders.person[known], return_index=True, return_counts=True)
        del people
        rate = parameters.repeat_orders_per_year / _DAYS_A_YEAR
        silent = np.exp(-rate * (origin - day[known][first]))
        share = parameters.repeat_customer_share
        buys = np.where(count > 1, 1.0, share * silent / (share * silent + 1 - share))
        return np.asarray(buys.sum() * rate * of_horizon.sum(axis=0), dtype=np.float64)

    def _new_deals(self, origin: int, horizons: Ahead, chain: Expectations) -> Floats:
        """Return the orders of deals that are created after the origin."""
        created = self._created(origin, horizons)
        parameters = self._parameters
        bant = parameters.bant_shares()
        of_class = (bant[:, None, None] * created.T[None]).reshape(_BANTS * _FITS, -1)
        ordinary = 1 - parameters.express_probability - parameters.junk_probability
        entry = ordinary * chain.of_entry[:, :, FIRST_STAGE]
        entry = entry + parameters.express_probability * chain.of_entry[:, :, self._states.won]
        return np.asarray(np.einsum("cd,cdjh->h", of_class, entry), dtype=np.float64)

    def _created(self, origin: int, horizons: Ahead) -> Floats:
        """Return the deals expected to be created on each day ahead, by fit; shape (days, 3)."""
        parameters = self._parameters
        days = horizons.days
        works = self._calendar.working(days)
        waiting, deal_due = self._with_sales(origin)
        starts, direct = self._starts(origin, days)
        early = share_called_same_day(self._world.calendar, self._world.journey.rounds.started_at)
        early = early[:, 1] / np.maximum(early.sum(axis=1), 1e-12)
        weekday = (days + 3) % 7
        answers = parameters.answer_probability
        valid = np.array(parameters.valid_probability_by_fit)
        goes_on = 1 - answers + answers * parameters.undecided_probability
        created = np.zeros((len(days), _FITS))
        for place in range(len(days)):
            sql = np.zeros(_FITS)
            if works[place]:
                created[place] += deal_due * parameters.deal_daily
                deal_due = deal_due * (1 - parameters.deal_daily)
                daily = np.full(len(waiting), parameters.next_attempt_daily)
                daily[0] = parameters.first_attempt_daily
                tried = waiting * daily[:, None]
                waiting = waiting - tried
                waiting[1:] += tried[:-1] * goes_on
                sql += tried.sum(axis=0) * answers * valid
                at_once = starts[place] * early[weekday[place]] * parameters.first_attempt_same_day
                sql += at_once * answers * valid
                waiting[1] += at_once * goes_on
                waiting[0] += starts[place] - at_once
            else:
                waiting[0] += starts[place]
            sql += direct[place] * valid
            waiting[1] += direct[place] * parameters.undecided_probability
            created[place] += sql * parameters.deal_probability * parameters.deal_same_day
            deal_due = deal_due + sql * parameters.deal_probability * (1 - parameters.deal_same_day)
        return created

    def _with_sales(self, origin: int) -> tuple[Floats, Floats]:
        """Return who waits for a call, by calls made and fit (6, 3), and the SQL whose deal is due, by fit (3,)."""
        journey, parameters = self._world.journey, self._parameters
        rounds, fit = journey.rounds, self._world.people.fit
        started, sql = self._day(rounds.started_at), self._day(rounds.sql_at)
        refused = self._day(rounds.refused_at)
        attempt_day = self._day(journey.attempts.at)
        # Attempts of one person and round: those between its start and the next one.
        order = np.lexsort((rounds.started_at, rounds.person))
        key = rounds.person[order] * np.int64(2**34) + rounds.started_at[order]
        tried = np.flatnonzero(attempt_day <= origin)
        of_attempt = journey.attempts.person[tried] * np.int64(2**34) + journey.attempts.at[tried]
        place = order[np.searchsorted(key, of_attempt, side="right") - 1]
        calls = np.bincount(place, minlength=len(started))
        waits = (started <= origin) & (sql > origin) & (refused > origin) & (calls < parameters.max_attempts)
        waiting = np.zeros((parameters.max_attempts, _FITS))
        np.add.at(waiting, (calls[waits], fit[rounds.person[waits]]), 1.0)
        is_sql = np.flatnonzero(sql <= origin)
        deals = journey.deals
        deal_day = self._day(deals.created_at)
        has_deal = np.zeros(len(started), dtype=bool)
        # The deal of an SQL is the next one of the person.
        of_deal = deals.person[deal_day <= origin] * np.int64(2**34) + deals.created_at[deal_day <= origin]
        with_sql = is_sql[np.lexsort((rounds.sql_at[is_sql], rounds.person[is_sql]))]
        sql_key = rounds.person[with_sql] * np.int64(2**34) + rounds.sql_at[with_sql]
        has_deal[with_sql[np.searchsorted(sql_key, of_deal, side="right") - 1]] = True
        pending = is_sql[~has_deal[is_sql]]
        span = np.arange(self._calendar.first_day, origin + 1)
        passed = np.concatenate([[0], np.cumsum(self._calendar.working(span))])
        waited = passed[-1] - passed[sql[pending] - self._calendar.first_day + 1]
        due = parameters.deal_probability * (1 - parameters.deal_same_day) * (1 - parameters.deal_daily) ** waited
        due = due / (due + 1 - parameters.deal_probability)
        return waiting, np.bincount(fit[rounds.person[pending]], due, minlength=_FITS).astype(np.float64)

    def _starts(self, origin: int, days: Ints) -> tuple[Floats, Floats]:
        """Return who becomes MQL, and who calls in, on each day ahead, by fit; shape (days, 3) each."""
        parameters, people = self._parameters, self._world.people
        shares = parameters.fit_shares()
        captured = self._captured(days)
        mql = captured[WEB] * parameters.hand_raise_share_of_web_leads
        mql = mql + captured[TRADE_SHOW] * parameters.mql_share_of_trade_show_leads
        direct = captured[PHONE] * parameters.direct_share_of_phone_leads
        direct = direct + captured[RECOMMENDATION] * parameters.direct_share_of_recommended_leads
        factors = np.array(parameters.mql_weekday_factors)[(days + 3) % 7]
        consent = np.array([parameters.mql_daily_hazard_without_consent, parameters.mql_daily_hazard_with_consent])
        rounds = self._world.journey.rounds
        started, released = self._day(rounds.started_at), self._day(rounds.released_at)
        count = np.bincount(rounds.person[started <= origin], minlength=len(people))
        busy = np.zeros(len(people), dtype=bool)
        busy[rounds.person[(started <= origin) & (released > origin)]] = True
        free = (self._day(people.created_at) <= origin) & ~busy & (count < 3) & (people.source != COLLEAGUE)
        by_fit = np.bincount(people.fit[free], consent[(people.consent[free] == 0).astype(np.int64)], minlength=_FITS)
        others = sum(captured[source] for source in (WEB, TRADE_SHOW, PHONE, RECOMMENDATION)) - mql - direct
        mean = consent[::-1] @ np.array(
            [parameters.contact_consent_shares[0], 1 - parameters.contact_consent_shares[0]]
        )
        arrived = np.concatenate([[0.0], np.cumsum(others)[:-1]]) * mean
        nurtured = factors[:, None] * (by_fit[None, :] + arrived[:, None] * shares)
        return mql[:, None] * shares + nurtured, direct[:, None] * shares

    def _captured(self, days: Ints) -> dict[int, Floats]:
        """Return the people expected to be captured on each day ahead, by source."""
        world, parameters = self._world, self._parameters
        calendar = world.calendar
        place = days - calendar.origin
        inside = place < calendar.count_days
        # The simulator draws days from these cumulative shares; after its last day nobody comes.
        office = _density(calendar.draw_office_days, calendar.count_days)
        web = _density(calendar.draw_web_days, calendar.count_days)
        total = len(world.people)
        shows = np.zeros(calendar.count_days)
        for first in show_days(calendar):
            shows[first : first + 3] += 1.0
        shows /= max(shows.sum(), 1.0)
        weights = {WEB: web, TRADE_SHOW: shows, PHONE: office, RECOMMENDATION: office}
        share = dict(zip((WEB, TRADE_SHOW, PHONE, RECOMMENDATION), parameters.source_shares[:4], strict=True))
        captured = {}
        for source, weight in weights.items():
            found = np.zeros(len(days))
            found[inside] = total * share[source] * weight[place[inside]]
            captured[source] = found
        return captured


class _Even:
    """Stands in for a generator: even quantiles instead of draws."""

    def random(self, count: int) -> Floats:
        return (np.arange(count) + 0.5) / count


def _density(draw: object, count_days: int) -> Floats:
    """Return the share of each day under one of the calendar's ways to draw days."""
    places = draw(_Even(), 200_000)  # type: ignore[operator]
    return np.bincount(places, minlength=count_days) / 200_000


def _true_chain(parameters: Parameters, states: States) -> tuple[Families, Hazards]:
    """Return the true hazards by class of deal: BANT answers (5) x fit (3), as draws of the chain."""
    families = families_of(states)
    edges = families.edges.copy()
    edges[FIRST_STAGE : states.won] = [
        1,
        *parameters.age_bins,
        *[_UNUSED] * (COUNT_BINS - 2 - len(parameters.age_bins)),
    ]
    edges[states.won] = [1, 2, 3, 4, _UNUSED, _UNUSED, _UNUSED]
    edges[states.lost] = [1, 15, 61, 181, _UNUSED, _UNUSED, _UNUSED]
    of_state = families.of_state.copy()
    families = Families(of_state, edges)
    quick, slow = (factor.ravel() for factor in parameters.multipliers())
    classes = len(quick)
    rate = np.zeros((classes, states.count, COUNT_BINS, COUNT_CAUSES))
    destination = np.zeros((classes, states.count, COUNT_CAUSES, states.count))
    worked, rest = parameters.deal_weekday_factors[0], parameters.deal_weekday_factors[-1]
    for stage in range(len(OPEN_STAGES)):
        state = FIRST_STAGE + stage
        for age in range(len(parameters.age_bins) + 1):
            rate[:, state, age + 1, ADVANCE] = parameters.advance[stage][age] * quick * worked
            rate[:, state, age + 1, LOSE] = parameters.lose[stage][age] * slow * worked
            rate[:, state, age + 1, GO_BACK] = parameters.go_back[stage] * worked
        skip = parameters.skip_probability[stage]
        destination[:, state, ADVANCE, min(state + 1, states.won)] += 1 - skip
        destination[:, state, ADVANCE, min(state + 2, states.won)] += skip
        destination[:, state, LOSE, states.lost] = 1.0
        if stage:
            destination[:, state, GO_BACK, state - 1] = 1.0
    rate[:, states.won, :5, ADVANCE] = [0.4, 1 / 3, 1 / 2, 1.0, 1.0]
    destination[:, states.won, ADVANCE, states.first_customer] = 1.0
    for place, age in enumerate(_LOST_AGES):
        rests = parameters.reopen_probability * (1 - parameters.reopen_daily) ** age
        rate[:, states.lost, place + 1, GO_BACK] = (
            parameters.reopen_daily * rests / (rests + 1 - parameters.reopen_probability)
        )
    destination[:, states.lost, GO_BACK, FIRST_STAGE : states.won] = 1 / len(OPEN_STAGES)
    # A customer of the future buys again at the mean rate, whoever they are.
    again = parameters.repeat_customer_share * parameters.repeat_orders_per_year / _DAYS_A_YEAR
    rate[:, states.first_customer :, 1:, ADVANCE] = again
    for state in range(states.first_customer, states.count):
        destination[:, state, ADVANCE, state] = 1.0
    rest_factor = np.ones(families.count)
    rest_factor[families.of_state[FIRST_STAGE]] = rest / worked
    return families, Hazards(rate, destination, rest_factor)
