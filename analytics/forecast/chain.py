"""What is expected of an item from a day on: a backward recursion over the days ahead, exact for given hazards.

Two kinds of orders are kept apart: the order of a deal, of which an item has at most one, so that its expectation is a
probability; and the repeat orders of customers, also of those that the deal has yet to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics.forecast.hazards import COUNT_BINS, Families, Hazards
from analytics.forecast.history import Calendar, Floats, Ints
from analytics.forecast.months import COUNT_HORIZONS, Ahead
from analytics.forecast.sojourns import ADVANCE, States

OF_DEAL: Final = 0
REPEAT: Final = 1
COUNT_KINDS: Final = 2
"""Kinds of orders."""


@dataclass(frozen=True, slots=True)
class Expectations:
    """Expected orders by kind and horizon."""

    of_cell: Floats
    """Of who is in a state at an age at the end of the origin; shape (draws, cells, kinds, horizons)."""
    of_entry: Floats
    """Of who enters a state on a day ahead; shape (draws, days, states, kinds, horizons)."""
    first_cell: Ints
    """Cell of age 0 of each state; shape (states,)."""
    oldest: Ints
    """Highest age with a cell of its own; shape (states,)."""

    def of_items(self, state: Ints, age: Ints) -> Floats:
        """Return the expectations of items; shape (draws, items, kinds, horizons)."""
        return self.of_cell[:, self.first_cell[state] + np.minimum(age, self.oldest[state])]


def expect_orders(
    hazards: Hazards, states: States, families: Families, calendar: Calendar, horizons: Ahead
) -> Expectations:
    """Propagate backwards from the end of M+3 to the origin.

    On each day every item is at risk once at its age; who enters a state may leave it on the same day with the hazards
    of age 0, and from there again.
    """
    oldest = families.oldest
    first_cell = np.cumsum(oldest + 1) - (oldest + 1)
    cell_state = np.repeat(np.arange(states.count), oldest + 1)
    age = np.arange(len(cell_state)) - first_cell[cell_state]
    # A day later the item is one day older, and at risk at that age.
    next_cell = first_cell[cell_state] + np.minimum(age + 1, oldest[cell_state])
    risk = cell_state * COUNT_BINS + families.bin_of(cell_state, age + 1)
    # Draws stand last, so that what is taken from a cell is one piece of memory.
    rate = np.ascontiguousarray(np.moveaxis(hazards.rate, 0, -1))
    destination = np.ascontiguousarray(np.moveaxis(hazards.destination, 0, -1))
    at_once, leaves = rate[:, 0], rate.sum(axis=2)
    returns = np.einsum("sck,sctk->kst", at_once, destination)
    through = np.ascontiguousarray(np.moveaxis(np.linalg.inv(np.eye(states.count) - returns), 0, -1))
    emits = np.flatnonzero(states.emits)
    kind = np.where(emits >= states.first_customer, REPEAT, OF_DEAL)
    days, horizon = horizons.days, horizons.horizon
    works = calendar.working(days)
    # Where more happens on days not worked than on others, no more can leave than there are.
    most = 1 / np.maximum(leaves, 1e-12)
    factors = {
        True: np.minimum(1.0, most),
        False: np.minimum(hazards.rest_factor[families.of_state][:, None, None], most),
    }
    keeps = {
        is_worked: (1 - leaves * factor).reshape(len(leaves) * COUNT_BINS, -1)[risk]
        for is_worked, factor in factors.items()
    }
    draws = rate.shape[-1]
    values = np.zeros((COUNT_KINDS, COUNT_HORIZONS, len(cell_state), draws))
    of_entry = np.zeros((len(days), COUNT_KINDS, COUNT_HORIZONS, states.count, draws))
    for place in range(len(days) - 1, -1, -1):
        is_worked, now = bool(works[place]), int(horizon[place])
        for of_kind in range(COUNT_KINDS):
            # Of a horizon that is over nothing is expected any more; what happens today falls into the first one left.
            ahead = values[of_kind, now:]
            emitted = emits[kind == of_kind]
            settled = (1 - leaves[:, 0]) * ahead[:, first_cell]
            settled[0, emitted] += at_once[emitted, ADVANCE]
            entry = np.einsum("stk,htk->hsk", through, settled)
            of_entry[place, of_kind, now:] = entry
            moved = np.einsum("sctk,htk->hsck", destination, entry)
            moved[0, emitted, ADVANCE] += 1.0
            gained = np.einsum("sbck,hsck->hsbk", rate, moved) * factors[is_worked]
            later = np.take(ahead, next_cell, axis=1)
            later *= keeps[is_worked]
            later += np.take(gained.reshape(len(gained), -1, draws), risk, axis=1)
            values[of_kind, now:] = later
    return Expectations(
        np.ascontiguousarray(np.transpose(values, (3, 2, 0, 1))),
        np.ascontiguousarray(np.transpose(of_entry, (4, 0, 3, 1, 2))),
        first_cell,
        oldest,
    )
