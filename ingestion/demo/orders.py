"""Amounts of deals, orders with lines, and the repeat orders of customers. Money is in hundredths, rates in floats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ingestion.demo import vocabulary
from ingestion.demo.clock import DAY, NEVER, Calendar, Flags, Floats, Ints, draw_office_seconds
from ingestion.demo.deals import Deals
from ingestion.demo.parameters import WON, Parameters
from ingestion.demo.people import People

RATE_EVERY_DAYS: Final = 28


@dataclass(slots=True)
class Amounts:
    """Amounts of each deal at three moments, in hundredths of its currency."""

    first: Ints
    """As entered; -1 unknown."""
    proposed: Ints
    final: Ints


@dataclass(slots=True)
class Orders:
    """Orders of the clean world, one place each, in order of time."""

    person: Ints
    deal: Ints
    """-1 for a repeat order."""
    ordered_at: Ints
    cancelled_at: Ints
    """``NEVER`` if it holds."""
    amount: Ints
    amount_base: Floats
    """In the company's currency (not hundredths), at the rate of the order date."""
    is_repeat: Flags
    # lines
    line_order: Ints
    line_number: Ints
    line_product: Ints
    line_quantity: Ints
    line_price: Ints
    line_amount: Ints

    def __len__(self) -> int:
        return len(self.person)

    def customer_since(self, count_people: int) -> Ints:
        """Return the first order of each person that was not cancelled; ``NEVER`` if none."""
        since = np.full(count_people, NEVER)
        holds = self.cancelled_at == NEVER
        np.minimum.at(since, self.person[holds], self.ordered_at[holds])
        return since


@dataclass(slots=True)
class Rates:
    """Exchange rates: one unit of each foreign currency from a day on; shape (days, currencies but the first)."""

    day: Ints
    rate: Floats

    def at(self, day: Ints, currency: Ints) -> Floats:
        """Return the rate of currency codes on days; 1 for the company's own."""
        place = np.searchsorted(self.day, day, side="right") - 1
        foreign = self.rate[place, np.maximum(currency - 1, 0)]
        return np.where(currency == 0, 1.0, foreign)


def draw_rates(rng: np.random.Generator, calendar: Calendar) -> Rates:
    """Draw rates that change every four weeks, with four decimals."""
    day = np.arange(0, calendar.count_days, RATE_EVERY_DAYS, dtype=np.int64)
    walk = np.cumsum(rng.normal(0.0, 0.004, (len(day), 2)), axis=0)
    return Rates(day, np.round(np.array([1.04, 1.17]) * np.exp(walk), 4))


def draw_amounts(rng: np.random.Generator, people: People, deals: Deals) -> Amounts:
    """Draw what deals are worth: more at large companies; a proposal corrects the first guess, a discount follows."""
    size = people.size[people.company[deals.person]]
    middle = np.array([2_800.0, 5_200.0, 9_500.0])[size]
    first = middle * np.exp(rng.normal(0.0, 0.6, len(deals)))
    proposed = first * np.exp(rng.normal(0.0, 0.15, len(deals)))
    final = proposed * (1 - np.where(rng.random(len(deals)) < 0.5, rng.random(len(deals)) * 0.12, 0.0))
    unknown = rng.random(len(deals)) < 0.12
    return Amounts(
        np.where(unknown, -1, np.round(first * 100)).astype(np.int64),
        np.round(proposed * 100).astype(np.int64),
        np.round(final * 100).astype(np.int64),
    )


def _repeats(
    rng: np.random.Generator, parameters: Parameters, calendar: Calendar, person: Ints, first_at: Ints
) -> tuple[Ints, Ints]:
    """Return person and time of repeat orders: a Poisson process after the first order, for a share of customers."""
    years = (calendar.closes_at - first_at) / (365 * DAY)
    repeats = rng.random(len(person)) < parameters.repeat_customer_share
    counts = np.where(repeats, rng.poisson(parameters.repeat_orders_per_year * years), 0)
    start = np.repeat(first_at, counts)
    at = start + (rng.random(len(start)) * (calendar.closes_at - start)).astype(np.int64)
    moved = calendar.at(calendar.day_of(at), draw_office_seconds(rng, len(at)))
    return np.repeat(person, counts), np.clip(moved, start + 60, calendar.closes_at)


def _lines(rng: np.random.Generator, amount: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
    """Split amounts into one to three lines that sum to them exactly."""
    counts = rng.choice(np.array([1, 2, 3]), len(amount), p=[0.45, 0.35, 0.2])
    order = np.repeat(np.arange(len(amount)), counts)
    number = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    quantity = rng.integers(1, 6, len(order))
    price = amount[order] // counts[order] // quantity
    line_amount = price * quantity
    rest = amount - np.bincount(order, weights=line_amount, minlength=len(amount)).astype(np.int64)
    # What division leaves goes to the first line, which then has a quantity of one.
    first = number == 0
    line_amount[first] += rest
    quantity[first], price[first] = 1, line_amount[first]
    return order, number + 1, rng.integers(0, len(vocabulary.PRODUCTS), len(order)), quantity, price, line_amount


def draw_orders(
    rng: np.random.Generator,
    *,
    parameters: Parameters,
    calendar: Calendar,
    people: People,
    deals: Deals,
    amounts: Amounts,
    rates: Rates,
) -> Orders:
    """Draw the orders of won deals (minutes to three days after) and repeat orders, some cancelled later."""
    won = np.flatnonzero(deals.stage == WON)
    closed_at = deals.closed_at[won]
    day = calendar.day_of(closed_at) + rng.integers(1, 4, len(won))
    later = calendar.at(day, draw_office_seconds(rng, len(won)))
    at = np.where(rng.random(len(won)) < 0.4, closed_at + rng.integers(600, 5400, len(won)), later)
    won, at = won[at <= calendar.closes_at], at[at <= calendar.closes_at]
    customer, first_place = np.unique(deals.person[won][np.argsort(at, kind="stable")], return_index=True)
    first_at = np.sort(at, kind="stable")[first_place]
    again, again_at = _repeats(rng, parameters, calendar, customer, first_at)
    usual = np.zeros(len(people), dtype=np.int64)
    usual[deals.person[won]] = amounts.final[won]
    repeat_amount = np.round(usual[again] * np.exp(rng.normal(-0.35, 0.45, len(again)))).astype(np.int64)

    person = np.concatenate([deals.person[won], again])
    deal = np.concatenate([won, np.full(len(again), -1)])
    ordered_at = np.concatenate([at, again_at])
    amount = np.concatenate([amounts.final[won], np.maximum(repeat_amount, 5_000)])
    order = np.lexsort((deal, person, ordered_at))
    person, deal, ordered_at, amount = person[order], deal[order], ordered_at[order], amount[order]
    cancelled_at = ordered_at + rng.integers(2 * DAY, 40 * DAY, len(person))
    is_cancelled = (rng.random(len(person)) < parameters.cancel_probability) & (cancelled_at <= calendar.closes_at)
    currency = people.currency[people.company[person]]
    rate = rates.at(calendar.day_of(ordered_at), currency)
    return Orders(
        person,
        deal,
        ordered_at,
        np.where(is_cancelled, cancelled_at, NEVER),
        amount,
        amount / 100 * rate,
        deal < 0,
        *_lines(rng, amount),
    )
