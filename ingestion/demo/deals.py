"""How deals move: day by day, by cause-specific hazards that depend on the stage, the days in it, BANT and fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ingestion.demo.clock import NEVER, Calendar, Floats, Ints, draw_office_seconds
from ingestion.demo.parameters import LOST, WON, Parameters

CREATED: Final = 0
MOVED: Final = 1
WENT_BACK: Final = 2
REOPENED: Final = 3
"""Kinds of changes."""


@dataclass(slots=True)
class Deals:
    """Deals of the clean world, one place per deal, and their changes, in order of deal and time."""

    person: Ints
    created_at: Ints
    bant: Ints
    """BANT answers that are validated, as four bits."""
    fit: Ints
    # changes
    change_deal: Ints
    change_at: Ints
    change_stage: Ints
    """Stage after the change."""
    change_kind: Ints
    # state at the end
    stage: Ints
    closed_at: Ints
    """``NEVER`` while open."""

    def __len__(self) -> int:
        return len(self.person)


def hazard_tables(parameters: Parameters) -> tuple[Floats, Floats]:
    """Return advance and lose hazards by stage and days in stage (0 to 60, the last also for more); shape (5, 61)."""
    bins = np.digitize(np.arange(parameters.age_bins[-1] + 1), parameters.age_bins)
    return np.array(parameters.advance)[:, bins], np.array(parameters.lose)[:, bins]


class _Moves:
    """Collects what happened."""

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, int, Ints, int]] = []

    def add(self, deal: Ints, day: int, stage: Ints, kind: int) -> None:
        if len(deal):
            self._parts.append((deal, day, stage, kind))

    def columns(self) -> tuple[Ints, Ints, Ints, Ints]:
        if not self._parts:
            empty = np.zeros(0, dtype=np.int64)
            return empty, empty, empty, empty
        sizes = [len(part[0]) for part in self._parts]
        return (
            np.concatenate([part[0] for part in self._parts]),
            np.repeat(np.array([part[1] for part in self._parts], dtype=np.int64), sizes),
            np.concatenate([part[2] for part in self._parts]),
            np.repeat(np.array([part[3] for part in self._parts], dtype=np.int64), sizes),
        )


def _run_days(
    rng: np.random.Generator, parameters: Parameters, calendar: Calendar, created_day: Ints, bant: Ints, fit: Ints
) -> _Moves:
    advance, lose = hazard_tables(parameters)
    advance_factor, lose_factor = parameters.multipliers()
    answers = np.array([bits.bit_count() for bits in range(16)])[bant]
    quick, slow = advance_factor[answers, fit], lose_factor[answers, fit]
    back, skip = np.array(parameters.go_back), np.array(parameters.skip_probability)
    oldest = advance.shape[1] - 1
    stage = np.ones(len(created_day), dtype=np.int64)
    entered = created_day.copy()
    resting = np.zeros(len(created_day), dtype=bool)
    arrivals = np.split(
        np.argsort(created_day, kind="stable"),
        np.searchsorted(np.sort(created_day), np.arange(1, calendar.count_days)),
    )
    active = np.zeros(0, dtype=np.int64)
    moves = _Moves()
    for day in range(calendar.count_days):
        weekday = parameters.deal_weekday_factors[calendar.weekday[day]]
        draw = rng.random(len(active))
        here, age = stage[active] - 1, np.minimum(day - entered[active], oldest)
        is_resting = resting[active]
        to_advance = advance[here, age] * quick[active] * weekday
        to_lose = to_advance + lose[here, age] * slow[active] * weekday
        to_back = to_lose + back[here] * weekday
        reopens = is_resting & (draw < parameters.reopen_daily)
        advances = ~is_resting & (draw < to_advance)
        loses = ~is_resting & (draw >= to_advance) & (draw < to_lose)
        goes_back = ~is_resting & (draw >= to_lose) & (draw < to_back)

        moved = active[advances]
        step = 1 + (rng.random(len(moved)) < skip[stage[moved] - 1])
        stage[moved] = np.minimum(stage[moved] + step, WON)
        entered[moved] = day
        moves.add(moved, day, stage[moved], MOVED)
        lost = active[loses]
        moves.add(lost, day, np.full(len(lost), LOST), MOVED)
        resting[lost] = rng.random(len(lost)) < parameters.reopen_probability
        gone_back = active[goes_back]
        stage[gone_back] -= 1
        entered[gone_back] = day
        moves.add(gone_back, day, stage[gone_back], WENT_BACK)
        reopened = active[reopens]
        resting[reopened] = False
        entered[reopened] = day
        moves.add(reopened, day, stage[reopened], REOPENED)

        created = arrivals[day]
        moves.add(created, day, np.ones(len(created), dtype=np.int64), CREATED)
        fate = rng.random(len(created))
        express = created[fate < parameters.express_probability]
        junk = created[fate >= 1 - parameters.junk_probability]
        moves.add(express, day, np.full(len(express), WON), MOVED)
        moves.add(junk, day, np.full(len(junk), LOST), MOVED)
        stage[express], stage[junk] = WON, LOST
        keeps = (stage[active] < WON) & ~(loses & ~resting[active])
        active = np.concatenate([active[keeps], created[stage[created] < WON]])
    return moves


def draw_deals(
    rng: np.random.Generator, parameters: Parameters, calendar: Calendar, person: Ints, created_at: Ints, fit: Ints
) -> Deals:
    """Run deals from their creation to the end of the history. At most one change a day, office hours."""
    bits = rng.random((len(person), 4)) < np.array(parameters.bant_probabilities)
    bant = (bits * np.array([1, 2, 4, 8])).sum(axis=1).astype(np.int64)
    moves = _run_days(rng, parameters, calendar, calendar.day_of(created_at), bant, fit)
    deal, day, stage, kind = moves.columns()
    at = calendar.at(day, draw_office_seconds(rng, len(day)))
    same_day = (day == calendar.day_of(created_at)[deal]) & (kind != CREATED)
    at = np.where(kind == CREATED, created_at[deal], at)
    soon = created_at[deal] + rng.integers(600, 7200, len(day))
    at = np.where(same_day, np.minimum(soon, calendar.closes_at), at)
    order = np.lexsort((kind != CREATED, at, deal))
    deal, at, stage, kind = deal[order], at[order], stage[order], kind[order]
    last = np.searchsorted(deal, np.arange(len(person)), side="right") - 1
    final = stage[last] if len(person) else np.zeros(0, dtype=np.int64)
    return Deals(
        person=person,
        created_at=created_at,
        bant=bant,
        fit=fit,
        change_deal=deal,
        change_at=at,
        change_stage=stage,
        change_kind=kind,
        stage=final,
        closed_at=np.where(final >= WON, at[last] if len(person) else final, NEVER),
    )


def join_deals(parts: list[Deals]) -> Deals:
    """Return the deals of several rounds as one, in order of creation."""
    offsets = np.cumsum([0, *(len(part) for part in parts)])
    joined = Deals(*(np.concatenate([getattr(part, name) for part in parts]) for name in Deals.__slots__))
    joined.change_deal = np.concatenate(
        [part.change_deal + offset for part, offset in zip(parts, offsets, strict=False)]
    )
    order = np.lexsort((joined.person, joined.created_at))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    for name in ("person", "created_at", "bant", "fit", "stage", "closed_at"):
        setattr(joined, name, getattr(joined, name)[order])
    joined.change_deal = place[joined.change_deal]
    changes = np.argsort(joined.change_deal, kind="stable")
    for name in ("change_deal", "change_at", "change_stage", "change_kind"):
        setattr(joined, name, getattr(joined, name)[changes])
    return joined
