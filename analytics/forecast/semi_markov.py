"""The semi-Markov forecast: everybody who is in the chain, and who will come, by draws from the posterior.

For each draw of the hazards and arrival rates the expectations are exact; paths then draw the deals that are won one by
one, all other orders as Poisson counts (many rare, independent ones), and amounts from those of the past.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.forecast.amounts import Amounts, known_amounts
from analytics.forecast.arrivals import fit_arrivals
from analytics.forecast.chain import OF_DEAL, REPEAT, expect_orders
from analytics.forecast.hazards import count_risks, draw_hazards, families_of, fit_hazards
from analytics.forecast.history import Floats, History, Ints
from analytics.forecast.months import COUNT_HORIZONS, ahead
from analytics.forecast.sojourns import FIRST_STAGE, build_journey

COUNT_PATHS: Final = 2_000
COUNT_DRAWS: Final = 40
QUANTILES: Final = (0.025, 0.10, 0.25, 0.50, 0.75, 0.90, 0.975)
COUNT_COMPONENTS: Final = 3
TOTAL: Final = 0
EXISTING: Final = 1
FUTURE: Final = 2
"""Components: everything; from who was known at the origin; from who comes after it."""
COUNT: Final = 0
AMOUNT: Final = 1
"""Measures."""
_PATHS_AT_ONCE: Final = 250
_SEED: Final = 4_711


@dataclass(frozen=True, slots=True)
class Forecast:
    """Orders ahead of an origin."""

    expected: Floats
    """Shape (measures, components, horizons)."""
    quantiles: Floats
    """Of ``QUANTILES``; shape (measures, components, horizons, quantiles)."""
    deal: Ints
    """Deals that were open at the origin."""
    deal_probability: Floats
    """Of their order by horizon; shape (deals, horizons)."""
    is_pooled: bool
    """Whether a stage takes the rates of all stages, for want of exits."""
    count_paths: int


def forecast_orders(
    history: History, origin: int, *, count_paths: int = COUNT_PATHS, count_draws: int = COUNT_DRAWS
) -> Forecast:
    """Forecast the orders after ``origin`` from a history of which everything is visible then.

    The draws depend on the origin and the data alone.

    Args:
        history: as ``visible`` returns it. Its calendar ends no earlier than M+3.
        origin: last day known.
        count_paths: paths from which the quantiles are taken.
        count_draws: draws of the parameters, each shared by as many paths.
    """
    rng = np.random.default_rng([_SEED, origin])
    journey = build_journey(history, origin)
    states, families = journey.states, families_of(journey.states)
    horizons = ahead(origin)
    risks = count_risks(journey.sojourns, states, families, history.calendar, origin)
    posterior = fit_hazards(risks, families)
    hazards = draw_hazards(posterior, journey.new_customer_share, states, rng, count_draws)
    expectations = expect_orders(hazards, states, families, history.calendar, horizons)
    amounts = known_amounts(history, journey, origin)
    first_day = history.first_day()
    begins = origin if first_day is None else first_day

    # Everybody who comes after the origin.
    new = np.zeros((count_draws + 1, 2, COUNT_HORIZONS))
    for state in np.unique(journey.arrivals.state):
        days = journey.arrivals.day[journey.arrivals.state == state]
        rate = fit_arrivals(days, history.calendar, begins, origin, horizons.days).draw(rng, count_draws)
        new += np.einsum("kd,kdjh->kjh", rate, expectations.of_entry[:, :, state])
    direct = fit_arrivals(journey.direct_day, history.calendar, begins, origin, horizons.days).draw(rng, count_draws)
    if not len(journey.direct_day):
        direct = np.zeros_like(direct)
    of_horizon = horizons.horizon[:, None] == np.arange(COUNT_HORIZONS)
    direct_orders = direct @ of_horizon
    new[:, REPEAT] += np.einsum("kd,kdh->kh", direct, expectations.of_entry[:, :, states.first_customer, REPEAT])

    # Everybody who is known: deals one by one, all others together.
    items = journey.items
    is_deal = (items.state >= FIRST_STAGE) & (items.state <= states.won)
    of_items = expectations.of_items(items.state, items.age)
    deal_probability = of_items[:, is_deal, OF_DEAL]
    known = of_items[:, ~is_deal].sum(axis=1)
    known[:, REPEAT] += of_items[:, is_deal, REPEAT].sum(axis=1)
    deals = items.deal[is_deal]

    paths = _Paths(rng, amounts, count_paths, count_draws)
    existing = paths.of_deals(deals, deal_probability[1:])
    existing += paths.poisson(known[1:, OF_DEAL], amounts.of_deals)
    existing += paths.poisson(known[1:, REPEAT], amounts.repeat)
    future = paths.poisson(new[1:, OF_DEAL], amounts.of_deals)
    future += paths.poisson(new[1:, REPEAT], amounts.repeat)
    future += paths.poisson(direct_orders[1:], amounts.direct)
    drawn = np.stack([existing + future, existing, future], axis=1)

    kept = 1 - amounts.cancelled_share
    worth = amounts.expected_of_deals()[deals] @ deal_probability[0]
    expected = np.zeros((2, COUNT_COMPONENTS, COUNT_HORIZONS))
    expected[COUNT, EXISTING] = deal_probability[0].sum(axis=0) + known[0].sum(axis=0)
    expected[COUNT, FUTURE] = new[0].sum(axis=0) + direct_orders[0]
    pool = np.array([amounts.of_deals.mean(), amounts.repeat.mean()])
    expected[AMOUNT, EXISTING] = kept * (worth + pool @ known[0])
    expected[AMOUNT, FUTURE] = kept * (pool @ new[0] + amounts.direct.mean() * direct_orders[0])
    expected[:, TOTAL] = expected[:, EXISTING] + expected[:, FUTURE]
    return Forecast(
        expected=expected,
        quantiles=np.moveaxis(np.quantile(drawn, QUANTILES, axis=-1), 0, -1),
        deal=deals,
        deal_probability=deal_probability[0],
        is_pooled=bool(posterior.is_pooled[FIRST_STAGE : states.won].any()),
        count_paths=count_paths,
    )


class _Paths:
    """Draws counts and amounts; results have shape (measures, horizons, paths)."""

    def __init__(self, rng: np.random.Generator, amounts: Amounts, count_paths: int, count_draws: int) -> None:
        self._rng = rng
        self._amounts = amounts
        self._count = count_paths
        self._draw_of_path = np.arange(count_paths) % count_draws

    def of_deals(self, deals: Ints, probability: Floats) -> Floats:
        """Draw the orders of open deals; ``probability`` has shape (draws, deals, horizons)."""
        result = np.zeros((2, COUNT_HORIZONS, self._count))
        if not len(deals):
            return result
        bounds = np.cumsum(probability, axis=-1)
        parts: list[tuple[Ints, Ints, Ints]] = []
        for first in range(0, self._count, _PATHS_AT_ONCE):
            draws = self._draw_of_path[first : first + _PATHS_AT_ONCE]
            uniform = self._rng.random((len(draws), len(deals)))
            path, place = np.nonzero(uniform < bounds[draws, :, -1])
            drawn = uniform[path, place]
            horizon = (drawn[:, None] >= bounds[draws[path], place, :-1]).sum(axis=1)
            parts.append((path + first, place, horizon))
        path, place, horizon = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        deal = deals[place]
        amounts = self._amounts
        value = amounts.entry[deal] * amounts.ratios.draw(self._rng, amounts.pool[deal])
        value = np.where(np.isnan(value), self._rng.choice(amounts.of_deals, len(deal)), value)
        return self._sums(path, horizon, value)

    def poisson(self, mean: Floats, pool: Floats) -> Floats:
        """Draw Poisson counts and amounts from a pool; ``mean`` has shape (draws, horizons)."""
        counts = self._rng.poisson(mean[self._draw_of_path])
        path, horizon = (np.repeat(part.ravel(), counts.ravel()) for part in np.indices(counts.shape))
        return self._sums(path, horizon, self._rng.choice(pool, len(path)))

    def _sums(self, path: Ints, horizon: Ints, value: Floats) -> Floats:
        # A cancelled order still counts and is worth nothing in the end.
        holds = self._rng.random(len(value)) >= self._amounts.cancelled_share
        place = horizon * self._count + path
        size = COUNT_HORIZONS * self._count
        sums = np.stack([np.bincount(place, minlength=size), np.bincount(place, value * holds, minlength=size)])
        return np.asarray(sums.reshape(2, COUNT_HORIZONS, self._count), dtype=np.float64)
