"""Daily cause-specific hazards by state and age, shrunk towards the pooled rate, with draws from their posterior.

Events of a cell (state, age bin, cause) are Poisson over the days at risk, days not worked counted as the share of a
worked day that they are. The rate of a cell has a Gamma prior around the rate of its state times the shape over the
ages that all states of its family have; the strength of the prior is the one that makes the data most probable
(empirical Bayes: Casella 1985). A state with fewer than 20 exits takes the rate of its family.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import gammaln

from analytics.forecast.history import Calendar, Flags, Floats, Ints
from analytics.forecast.sojourns import (
    ADVANCE,
    CENSORED,
    COUNT_CAUSES,
    FIRST_STAGE,
    LEAD,
    LEFT,
    Sojourns,
    States,
)

FEWEST_EXITS: Final = 20
WINDOW_DAYS: Final = 1_096
"""What ended or was at risk longer ago says nothing about today: three years."""
COUNT_BINS: Final = 8
_UNUSED: Final = 2**30
_EDGES_OF_STAGES: Final = (1, 4, 8, 15, 31, 61, 121)
_EDGES_OF_LEADS: Final = (1, 8, 31, 91, 181, _UNUSED, _UNUSED)
_EDGES_OF_WON: Final = (1, 2, 4, 8, 31, _UNUSED, _UNUSED)
_EDGES_OF_LOST: Final = (1, 15, 61, 181, _UNUSED, _UNUSED, _UNUSED)
_EDGES_OF_CUSTOMERS: Final = (1, 31, 91, 181, 361, 541, _UNUSED)
"""First ages, in days, of the bins after the first; age 0 is the day of the entry and a bin of its own."""
_PRIOR_EVENTS: Final = 5.0
_PRIOR_FACTOR: Final = 0.5
"""What is believed of days not worked before any event was seen: half a worked day, on the weight of five events."""
_STRENGTHS: Final = 2.0 ** np.arange(10)
_WEAK: Final = 0.5
"""Strength, in events, where no other state lends its shape: a flat one is only a guess."""
_LARGEST_EXIT: Final = 0.95


@dataclass(frozen=True, slots=True)
class Families:
    """States that share age bins, working days and a pooled rate."""

    of_state: Ints
    """Shape (states,)."""
    edges: Ints
    """Shape (states, COUNT_BINS - 1)."""

    @property
    def count(self) -> int:
        """Number of families."""
        return int(self.of_state.max()) + 1

    @property
    def oldest(self) -> Ints:
        """Age from which a state's hazards stay the same; shape (states,)."""
        return np.asarray(np.where(self.edges < _UNUSED, self.edges, 0).max(axis=1), dtype=np.int64)

    def bin_of(self, state: Ints, age: Ints) -> Ints:
        """Return the age bin of stays; shape of ``state``."""
        return np.asarray((age[:, None] >= self.edges[state]).sum(axis=1), dtype=np.int64)


def families_of(states: States) -> Families:
    """Return the families: leads, MQL, SQL, open stages, won, lost, customers."""
    stages, customers = states.count_open_stages, states.count - states.first_customer
    of_state = np.array([0, 1, 2, *[3] * stages, 4, 5, *range(6, 6 + customers)], dtype=np.int64)
    edges = [_EDGES_OF_LEADS, *[_EDGES_OF_STAGES] * (FIRST_STAGE - 1 + stages), _EDGES_OF_WON, _EDGES_OF_LOST]
    return Families(of_state, np.array([*edges, *[_EDGES_OF_CUSTOMERS] * customers], dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Risks:
    """What was at risk and what happened, by state and age bin."""

    exposure: Floats
    """Days at risk, worked and not; shape (2, states, bins): worked first. Bin 0 counts entries."""
    events: Floats
    """Shape (2, states, bins, causes)."""
    moves: Floats
    """Ends by state, cause and destination; shape (states, causes, states + 1), the last for who left the chain."""


def count_risks(sojourns: Sojourns, states: States, families: Families, calendar: Calendar, origin: int) -> Risks:
    """Count days at risk and ends in the three years up to the origin.

    A stay is at risk on its first day (bin 0) and on each later day until it ends or, at the latest, the origin.
    """
    since = origin - WINDOW_DAYS
    worked = np.concatenate([[0], np.cumsum(calendar.is_working)]).astype(np.float64)

    def worked_before(day: Ints) -> Floats:
        return worked[np.clip(day - calendar.first_day, 0, len(worked) - 1)]

    state, entered = sojourns.state, sojourns.entered_day
    exited = np.minimum(sojourns.exited_day, origin)
    exposure = np.zeros((2, states.count, COUNT_BINS))
    recent = entered > since
    np.add.at(exposure[0, :, 0], state[recent], 1.0)
    edges = families.edges[state]
    for place in range(COUNT_BINS - 1):
        first = np.maximum(entered + edges[:, place], since + 1)
        last = edges[:, place + 1] if place + 1 < COUNT_BINS - 1 else np.full(len(state), _UNUSED)
        end = np.minimum(entered + last, exited + 1)
        days = np.maximum(end - first, 0)
        on_worked = np.where(days > 0, worked_before(end) - worked_before(first), 0.0)
        np.add.at(exposure[0, :, place + 1], state, on_worked)
        np.add.at(exposure[1, :, place + 1], state, days - on_worked)
    events = np.zeros((2, states.count, COUNT_BINS, COUNT_CAUSES))
    moves = np.zeros((states.count, COUNT_CAUSES, states.count + 1))
    ended = (sojourns.cause != CENSORED) & (sojourns.exited_day <= origin) & (sojourns.exited_day > since)
    age = (sojourns.exited_day - entered)[ended]
    bins = families.bin_of(state[ended], age)
    is_rest = (~calendar.working(sojourns.exited_day[ended])).astype(np.int64) if ended.any() else age
    np.add.at(events, (np.where(bins > 0, is_rest, 0), state[ended], bins, sojourns.cause[ended]), 1.0)
    destination = np.where(sojourns.destination == LEFT, states.count, sojourns.destination)[ended]
    np.add.at(moves, (state[ended], sojourns.cause[ended], destination), 1.0)
    return Risks(exposure, events, moves)


def rest_day_factors(risks: Risks, families: Families) -> Floats:
    """Return by family how much happens on a day not worked, relative to a worked day; shape (families,)."""
    factors = np.empty(families.count)
    for family in range(families.count):
        members = families.of_state == family
        worked, rest = risks.events[:, members, 1:].sum(axis=(1, 2, 3))
        days_worked, days_rest = risks.exposure[:, members, 1:].sum(axis=(1, 2))
        expected = days_rest * worked / days_worked if days_worked and worked else 0.0
        factors[family] = (rest + _PRIOR_EVENTS) / (expected + _PRIOR_EVENTS / _PRIOR_FACTOR)
    return factors


@dataclass(frozen=True, slots=True)
class Posterior:
    """Gamma posteriors of the daily hazards, Beta ones of the first day, Dirichlet ones of the destinations."""

    shape: Floats
    """Events, prior included; shape (states, bins, causes)."""
    days: Floats
    """Effective days at risk, prior included; same shape."""
    moves: Floats
    """Shape (states, causes, states + 1)."""
    rest_factor: Floats
    """Shape (families,)."""
    is_pooled: Flags
    """Whether a state takes the rate of its family for want of exits; shape (states,)."""


def fit_hazards(risks: Risks, families: Families) -> Posterior:
    """Return the posterior of all hazards."""
    factors = rest_day_factors(risks, families)
    exposure = risks.exposure[0] + risks.exposure[1] * factors[families.of_state][:, None]
    events = risks.events.sum(axis=0)
    shape, days = np.zeros_like(events), np.zeros_like(events)
    exits = events.sum(axis=(1, 2))
    is_pooled = exits < FEWEST_EXITS
    for family in range(families.count):
        members = np.flatnonzero(families.of_state == family)
        for cause in range(COUNT_CAUSES):
            for bins in (slice(0, 1), slice(1, COUNT_BINS)):
                cell = (members, bins, cause)
                counts, at_risk = events[cell], exposure[members, bins]
                target = _target(counts, at_risk, is_pooled[members])
                strength = _strength(counts, at_risk * target) if len(members) > 1 else _WEAK
                shape[cell] = np.where(target > 0, counts + strength, 0.0)
                days[cell] = at_risk + np.divide(strength, target, out=np.ones_like(target), where=target > 0)
    return Posterior(shape, days, risks.moves, factors, is_pooled)


def _target(counts: Floats, at_risk: Floats, is_pooled: Flags) -> Floats:
    """Return what the prior expects of each cell; shape (states, bins)."""
    if not counts.sum():
        return np.zeros_like(counts)
    pooled = counts.sum() / at_risk.sum()
    own = np.where(is_pooled, 0.0, 1.0)
    state_counts, state_days = counts.sum(axis=1) * own, at_risk.sum(axis=1) * own
    of_state = pooled * _shrunk(state_counts, state_days * pooled)
    expected = (of_state[:, None] * at_risk).sum(axis=0)
    of_age = _shrunk(counts.sum(axis=0), expected) if len(counts) > 1 else np.ones(counts.shape[1])
    return np.asarray(of_state[:, None] * of_age, dtype=np.float64)


def _shrunk(counts: Floats, expected: Floats) -> Floats:
    """Return counts over expected ones, drawn towards 1 with the most probable strength."""
    strength = _strength(counts, expected)
    return (counts + strength) / (expected + strength)


def _strength(counts: Floats, expected: Floats) -> float:
    """Return the weight, in events, of a Gamma prior around the expected counts.

    Under such a prior the counts are negative binomial. The mean over the logarithms of the strengths, each as probable
    as it makes the counts, is steadier than the one most probable strength where counts are few.
    """
    used = expected > 0
    n, mean = counts[used], expected[used]
    m = _STRENGTHS[:, None]
    log_likelihood = (gammaln(m + n) - gammaln(m) + m * np.log(m / (m + mean)) + n * np.log(mean / (m + mean))).sum(
        axis=1
    )
    weight = np.exp(log_likelihood - log_likelihood.max())
    return float(np.exp((weight * np.log(_STRENGTHS)).sum() / weight.sum()))


@dataclass(frozen=True, slots=True)
class Hazards:
    """Draws of everything that moves the chain; the first is the posterior mean."""

    rate: Floats
    """On a worked day; shape (draws, states, bins, causes)."""
    destination: Floats
    """Shape (draws, states, causes, states): who leaves the chain is what is missing to 1."""
    rest_factor: Floats
    """Shape (families,)."""


def draw_hazards(
    posterior: Posterior, new_customer_share: float, states: States, rng: np.random.Generator, count: int
) -> Hazards:
    """Return the posterior mean and ``count`` draws."""
    mean = posterior.shape / posterior.days
    drawn = rng.gamma(np.broadcast_to(posterior.shape, (count, *posterior.shape.shape))) / posterior.days
    rate = np.concatenate([mean[None], drawn])
    total = rate.sum(axis=-1, keepdims=True)
    rate *= np.minimum(1.0, _LARGEST_EXIT / np.maximum(total, 1e-12))
    weights = posterior.moves
    parts = rng.gamma(np.broadcast_to(weights, (count, *weights.shape)))
    parts = np.concatenate([weights[None], parts])
    sums = parts.sum(axis=-1, keepdims=True)
    destination = np.divide(parts, sums, out=np.zeros_like(parts), where=sums > 0)[..., :-1]
    # Who buys again is a customer of the next class; who buys for the first time becomes one unless known already.
    destination[:, states.won, ADVANCE, :] = 0.0
    destination[:, states.won, ADVANCE, states.first_customer] = new_customer_share
    destination[:, LEAD:FIRST_STAGE, :, states.first_customer :] = 0.0
    return Hazards(rate, destination, posterior.rest_factor)
