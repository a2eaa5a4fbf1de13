"""The truth, computed from the parameters alone: an exact recursion over days, independent of the simulation.

The simulation draws; this module multiplies probabilities. Tests compare both, and the pipeline's KPIs with this.
Windows are counted in business dates: *within W days* means on a date at most W after the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ingestion.demo.clock import Floats, share_of_web_after
from ingestion.demo.deals import hazard_tables
from ingestion.demo.parameters import OPEN_STAGES, Parameters

STAGE_WINDOWS: Final = (30, 60, 90, 180)
SQL_WINDOWS: Final = (30, 60, 90)
_HORIZON_DAYS: Final = 600
_COUNT_OPEN: Final = len(OPEN_STAGES)


@dataclass(slots=True)
class _StageChain:
    """Hazards by class of deal. A class is BANT answers (5) x fit (3) x weekday of the start (7)."""

    advance: Floats
    """Shape (classes, stages, ages)."""
    lose: Floats
    back: Floats
    """Shape (stages,)."""
    weekday: Floats
    """Factor on day t after the start; shape (7, classes): row t % 7."""
    shares: Floats
    """Shape (classes,)."""


def _chain(parameters: Parameters, fit_shares: Floats, weekday_shares: Floats) -> _StageChain:
    advance, lose = hazard_tables(parameters)
    advance_factor, lose_factor = parameters.multipliers()
    classes = np.multiply.outer(np.multiply.outer(parameters.bant_shares(), fit_shares), weekday_shares)
    quick = np.repeat(advance_factor.ravel(), 7)
    slow = np.repeat(lose_factor.ravel(), 7)
    factors = np.array(parameters.deal_weekday_factors)
    start = np.tile(np.arange(7), 15)
    return _StageChain(
        advance=advance[None] * quick[:, None, None],
        lose=lose[None] * slow[:, None, None],
        back=np.array(parameters.go_back),
        weekday=np.array([factors[(start + day) % 7] for day in range(7)]),
        shares=classes.ravel(),
    )


def _aged(state: Floats) -> Floats:
    """Return the state one day older: the last age keeps what has reached it."""
    older = np.zeros_like(state)
    older[..., 1:] = state[..., :-1]
    older[..., -1] += state[..., -1]
    return older


def _reach_next(parameters: Parameters, chain: _StageChain, stage: int, days: int) -> Floats:
    """Return P(reached beyond ``stage`` by day t | entered it on day 0) by day and class; shape (days + 1, classes).

    ``stage`` counts from 0. Losing competes; a deal that went back can come again; so can a reopened one.
    """
    classes, ages = len(chain.shares), chain.advance.shape[2]
    state = np.zeros((classes, stage + 1, ages))
    resting = np.zeros((classes, stage + 1))
    state[:, stage, 0] = 1.0
    skip = np.array(parameters.skip_probability)
    reached = np.zeros((days + 1, classes))
    for day in range(1, days + 1):
        state = _aged(state)
        weekday = chain.weekday[day % 7][:, None, None]
        forward = (state * chain.advance[:, : stage + 1] * weekday).sum(axis=2)
        lost = (state * chain.lose[:, : stage + 1] * weekday).sum(axis=2)
        back = (state * chain.back[None, : stage + 1, None] * weekday).sum(axis=2)
        leave = chain.advance[:, : stage + 1] + chain.lose[:, : stage + 1] + chain.back[None, : stage + 1, None]
        state *= 1 - leave * weekday
        reopened = resting * parameters.reopen_daily
        resting += lost * parameters.reopen_probability - reopened
        state[:, :, 0] += reopened
        beyond = forward[:, stage].copy()
        if stage:
            state[:, :-1, 0] += back[:, 1:]
            state[:, 1:, 0] += forward[:, :-1] * (1 - skip[:stage])
            if stage > 1:
                state[:, 2:, 0] += forward[:, :-2] * skip[: stage - 1]
            beyond += forward[:, stage - 1] * skip[stage - 1]
        reached[day] = reached[day - 1] + beyond
    return reached


@dataclass(slots=True)
class _Flows:
    """Expected first entries per created deal, by stage, class of BANT and fit (15) and weekday (7)."""

    entered: Floats
    """Shape (stages, 15, 7): deals that held the stage."""
    skipped: Floats
    """Shape (stages,): deals that passed it without holding it."""
    won: float


def _flows(parameters: Parameters, chain: _StageChain) -> _Flows:
    classes, ages = len(chain.shares), chain.advance.shape[2]
    ordinary = 1 - parameters.express_probability - parameters.junk_probability
    # By highest stage reached, and stage now.
    state = np.zeros((classes, _COUNT_OPEN, _COUNT_OPEN, ages))
    resting = np.zeros((classes, _COUNT_OPEN, _COUNT_OPEN))
    state[:, 0, 0, 0] = chain.shares * ordinary
    skip = np.array(parameters.skip_probability)
    entered = np.zeros((_COUNT_OPEN, 15, 7))
    skipped = np.zeros(_COUNT_OPEN)
    entered[0] = chain.shares.reshape(15, 7)
    won = parameters.express_probability
    skipped[1:] += parameters.express_probability
    start = np.tile(np.arange(7), 15)
    kind = np.repeat(np.arange(15), 7)
    for day in range(1, _HORIZON_DAYS):
        state = _aged(state)
        weekday = chain.weekday[day % 7][:, None, None, None]
        forward = (state * chain.advance[:, None] * weekday).sum(axis=3)
        lost = (state * chain.lose[:, None] * weekday).sum(axis=3)
        back = (state * chain.back[None, None, :, None] * weekday).sum(axis=3)
        state *= 1 - (chain.advance[:, None] + chain.lose[:, None] + chain.back[None, None, :, None]) * weekday
        reopened = resting * parameters.reopen_daily
        resting += lost * parameters.reopen_probability - reopened
        state[..., 0] += reopened
        state[:, :, :-1, 0] += back[:, :, 1:]
        today = (kind, (start + day) % 7)
        for high in range(_COUNT_OPEN):
            for now in range(high + 1):
                flow = forward[:, high, now]
                for step, share in ((1, 1 - skip[now]), (2, skip[now])):
                    target, part = now + step, flow * share
                    if target >= _COUNT_OPEN:
                        won += float(part.sum())
                        skipped[high + 1 :] += float(part.sum())
                        continue
                    state[:, max(high, target), target, 0] += part
                    if target > high:
                        np.add.at(entered[target], today, part)
                        skipped[high + 1 : target] += float(part.sum())
    return _Flows(entered, skipped, won)


def deal_fit_shares(parameters: Parameters) -> Floats:
    """Return the fit of deals: that of people whose contact was judged valid; shape (3,)."""
    shares = parameters.fit_shares() * contact_within(parameters, np.full((7, 2), 1 / 14), 365)[1]
    return np.asarray(shares / shares.sum())


def stage_truth(parameters: Parameters, weekday_shares: Floats) -> dict[str, dict[str, object]]:
    """Return, by stage, the exact probabilities of reaching the next stage and what deals enter it.

    Args:
        parameters: the world.
        weekday_shares: shares of the weekdays on which deals are created; shape (7,).
    """
    chain = _chain(parameters, deal_fit_shares(parameters), weekday_shares)
    flows = _flows(parameters, chain)
    found: dict[str, dict[str, object]] = {}
    for stage, name in enumerate(OPEN_STAGES):
        reached = _reach_next(parameters, chain, stage, max(STAGE_WINDOWS))
        weights = flows.entered[stage].ravel()
        at_once = 0.0
        ordinary = 1.0
        if stage == 0:
            at_once = parameters.express_probability
            ordinary = 1 - parameters.express_probability - parameters.junk_probability
        entered = float(weights.sum())
        passing = float(flows.skipped[stage])
        by_day = reached @ weights / entered * ordinary + at_once
        found[name] = {
            "entered_per_deal": entered,
            "skipped_per_deal": passing,
            "entered": {str(days): float(by_day[days]) for days in STAGE_WINDOWS},
            "reached": {
                str(days): float((by_day[days] * entered + passing) / (entered + passing)) for days in STAGE_WINDOWS
            },
        }
    found["won"] = {"reached_per_deal": flows.won}
    return found


def _wait(daily: float, days: int) -> Floats:
    """Return P(next trial on day d' | last on day d) by weekday of day 0; shape (7, days, days)."""
    table = np.zeros((7, days, days))
    for weekday in range(7):
        works = (weekday + np.arange(days)) % 7 < 5
        hazard = np.where(works, daily, 0.0)
        for day in range(days):
            stays = np.concatenate([[1.0], np.cumprod(1 - hazard[day + 1 :])])
            table[weekday, day, day + 1 :] = hazard[day + 1 :] * stays[:-1]
    return table


def contact_within(parameters: Parameters, start_shares: Floats, days: int) -> tuple[float, Floats, float]:
    """Return, within ``days`` of the MQL: P(human contact), P(valid contact) by fit (3,), P(an attempt).

    Args:
        parameters: the world.
        start_shares: joint shares of MQLs by weekday and by early enough to be called that day; shape (7, 2).
        days: the window in days.
    """
    length = days + 1
    first = _wait(parameters.first_attempt_daily, length)[:, 0, :]
    following = _wait(parameters.next_attempt_daily, length)
    answers = parameters.answer_probability
    valid = np.array(parameters.valid_probability_by_fit)
    goes_on = (1 - answers) + answers * parameters.undecided_probability
    contacted, attempted = 0.0, 0.0
    is_valid = np.zeros(3)
    for weekday in range(7):
        for early in range(2):
            share = float(start_shares[weekday, early])
            at_once = parameters.first_attempt_same_day if early and weekday < 5 else 0.0
            density = first[weekday] * (1 - at_once)
            density[0] += at_once
            untouched = 1.0
            attempted += share * float(density.sum())
            for _ in range(parameters.max_attempts):
                total = float(density.sum())
                is_valid += share * total * answers * valid
                contacted += share * total * answers * untouched
                untouched *= (1 - answers) / goes_on
                density = density @ following[weekday] * goes_on
    return contacted, is_valid, attempted


def sql_truth(parameters: Parameters, start_shares: Floats) -> dict[str, dict[str, float]]:
    """Return, by window, the exact P(SQL | MQL), P(human contact | MQL) and P(SQL | human contact, MQL)."""
    found = {}
    for days in SQL_WINDOWS:
        contacted, valid, attempted = contact_within(parameters, start_shares, days)
        reached = float(parameters.fit_shares() @ valid)
        found[str(days)] = {
            "sql": reached,
            "human_contact": contacted,
            "attempted": attempted,
            "sql_low_fit": float(valid[0]),
            "sql_middle_fit": float(valid[1]),
            "sql_high_fit": float(valid[2]),
        }
    return found


def mql_after_email(parameters: Parameters, days: int) -> float:
    """Return P(MQL on a date at most ``days`` after an e-mail that came on a Tuesday at 9:31 | eligible)."""
    hazards = parameters.mql_daily_hazard_with_consent * np.array(parameters.mql_weekday_factors)
    weekdays = (1 + np.arange(days + 1)) % 7
    stays = 1 - hazards[weekdays]
    stays[0] = 1 - hazards[1] * share_of_web_after(9 * 3600 + 1860)
    return float(1 - np.prod(stays))


def repurchase_within_a_year(parameters: Parameters) -> float:
    """Return P(a second order within 365 days of the first)."""
    return float(parameters.repeat_customer_share * (1 - np.exp(-parameters.repeat_orders_per_year)))
