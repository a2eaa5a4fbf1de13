"""The simulated world in one place: drawn in a fixed order, each part from its own stream of random numbers."""

from __future__ import annotations

import csv
import zlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from ingestion.demo import journey as journeys
from ingestion.demo import orders as order_world
from ingestion.demo import people as crowd
from ingestion.demo import text
from ingestion.demo.clock import Calendar, Ints
from ingestion.demo.contacts import emails
from ingestion.demo.journey import Journey
from ingestion.demo.orders import Amounts, Orders, Rates
from ingestion.demo.parameters import Parameters
from ingestion.demo.people import People, Sessions
from ingestion.demo.text import Text

TEMPLATE_SEEDS: Final = Path(__file__).resolve().parent.parent / "config" / "template" / "seeds"


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the stream of random numbers of one part of the world: a change in one part leaves the others alone."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


@dataclass(slots=True)
class World:
    """The clean world: what truly happened."""

    seed: int
    parameters: Parameters
    calendar: Calendar
    people: People
    journey: Journey
    amounts: Amounts
    rates: Rates
    orders: Orders
    visits: Sessions
    person_ids: Text
    emails: Text


def _holidays() -> frozenset[date]:
    with (TEMPLATE_SEEDS / "holidays.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(date.fromisoformat(row["holiday_date"]) for row in csv.DictReader(file))


def person_ids(places: Ints) -> Text:
    """Return the CRM ids of people."""
    return text.numbered("C", places)


def draw_world(seed: int, scale: float, end: date, months: int) -> World:
    """Draw everything but the e-mails, which are written while they are drawn."""
    parameters = Parameters()
    calendar = Calendar(end, months, _holidays())
    visits = crowd.draw_visits(stream(seed, "visits"), parameters, calendar, scale)
    people = crowd.draw_people(stream(seed, "people"), parameters, calendar, visits, scale)
    journey = journeys.live(stream(seed, "journey"), parameters, calendar, people)
    amounts = order_world.draw_amounts(stream(seed, "amounts"), people, journey.deals)
    rates = order_world.draw_rates(stream(seed, "rates"), calendar)
    orders = order_world.draw_orders(
        stream(seed, "orders"),
        parameters=parameters,
        calendar=calendar,
        people=people,
        deals=journey.deals,
        amounts=amounts,
        rates=rates,
    )
    return World(
        seed=seed,
        parameters=parameters,
        calendar=calendar,
        people=people,
        journey=journey,
        amounts=amounts,
        rates=rates,
        orders=orders,
        visits=visits,
        person_ids=person_ids(np.arange(len(people))),
        emails=emails(people),
    )
