"""Small companies for the tests of the forecast, written by hand or drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.forecast.history import LOST, NEVER, OPEN, WON, Calendar, Cycles, Deals, History, Ints, Orders, Stages

START = int(np.datetime64("2023-01-02", "D").astype(int))
"""A Monday."""
TWO_STAGES = Stages(
    pipeline=np.zeros(4, dtype=np.int64),
    rank=np.array([1, 2, 3, 0]),
    stage_type=np.array([OPEN, OPEN, WON, LOST]),
    probability=np.full(4, np.nan),
)
ONE, TWO, IS_WON, IS_LOST = range(4)

Change = tuple[int, int, float]
"""Day, stage, amount."""


def day(text: str) -> int:
    """The number of a date."""
    return int(np.datetime64(text, "D").astype(int))


def calendar(first: int = START - 400, days: int = 2_600) -> Calendar:
    """Days of which Saturdays and Sundays are not worked."""
    return Calendar(first, (np.arange(first, first + days) + 3) % 7 < 5)


def _ints(values: Sequence[float]) -> Ints:
    return np.array(values, dtype=np.int64)


def company(
    deals: Sequence[Sequence[Change]] = (),
    cycles: Sequence[tuple[int, int, int, int]] = (),
    orders: Sequence[tuple[int, int, int, float]] = (),
    *,
    cycle_of_deal: Sequence[int] | None = None,
    segment: Sequence[int] | None = None,
    cancelled: Sequence[int] | None = None,
    recorded_after: int = 0,
    stages: Stages = TWO_STAGES,
) -> History:
    """Return a company of deals (changes), cycles (opened, MQL, SQL, closed) and orders (day, deal, customer, amount).

    Changes and orders are recorded ``recorded_after`` days after they happened.
    """
    changes = [(deal, *change) for deal, of_deal in enumerate(deals) for change in of_deal]
    moments = _ints(cycles).reshape(-1, 4)
    by_day = sorted(range(len(orders)), key=lambda place: orders[place][0])
    rows = [orders[place] for place in by_day]
    return History(
        calendar(),
        stages,
        Deals(
            cycle=_ints(cycle_of_deal if cycle_of_deal is not None else [-1] * len(deals)),
            segment=_ints(segment if segment is not None else [0] * len(deals)),
            change_deal=_ints([change[0] for change in changes]),
            change_stage=_ints([change[2] for change in changes]),
            change_day=_ints([change[1] for change in changes]),
            change_recorded_day=_ints([change[1] + recorded_after for change in changes]),
            change_amount=np.array([change[3] for change in changes], dtype=np.float64),
        ),
        Cycles(moments[:, 0], moments[:, 0], *(moments[:, place] for place in (1, 1, 2, 2, 3, 3))),
        Orders(
            day=_ints([row[0] for row in rows]),
            recorded_day=_ints([row[0] + recorded_after for row in rows]),
            cancelled_day=_ints([cancelled[place] if cancelled is not None else NEVER for place in by_day]),
            deal=_ints([row[1] for row in rows]),
            customer=_ints([row[2] for row in rows]),
            amount=np.array([row[3] for row in rows], dtype=np.float64),
        ),
    )


def drawn_company(seed: int, days: int = 1_000, deals_a_day: float = 0.5, *, with_deals: bool = True) -> History:
    """Return a company whose deals advance, go back and are lost, with leads before them and repeat orders after."""
    rng = np.random.default_rng(seed)
    never = int(NEVER)
    deals: list[list[Change]] = []
    cycles: list[tuple[int, int, int, int]] = []
    cycle_of_deal: list[int] = []
    orders: list[tuple[int, int, int, float]] = []
    for opened in np.flatnonzero(rng.random(days) < deals_a_day):
        start = START + int(opened)
        mql = start + int(rng.integers(0, 10)) if rng.random() < 0.7 else never
        sql = mql + int(rng.integers(0, 8)) if mql < never and rng.random() < 0.6 else never
        cycles.append((start, mql, sql, start + 180))
        if sql == never or not with_deals:
            continue
        at, stage, amount = sql + int(rng.integers(0, 5)), ONE, float(rng.lognormal(8, 0.5))
        changes: list[Change] = [(at, stage, amount if rng.random() < 0.9 else np.nan)]
        while stage in (ONE, TWO):
            at += int(rng.geometric(0.08))
            draw = rng.random()
            stage = IS_LOST if draw < 0.3 else ONE if draw < 0.35 and stage == TWO else stage + 1
            changes.append((at, stage, amount))
        if stage == IS_WON:
            orders.append((at + int(rng.integers(0, 4)), len(deals), len(deals), amount * 0.95))
        deals.append(changes)
        cycle_of_deal.append(len(cycles) - 1)
    if not with_deals:
        orders = [
            (START + int(place), -1, number, 100.0)
            for number, place in enumerate(np.flatnonzero(rng.random(days) < 0.2))
        ]
    for first, _, customer, amount in list(orders):
        at = first
        while (at := at + int(rng.geometric(1 / 150))) < START + days and rng.random() < 0.9:
            orders.append((at, -1, customer, amount * float(rng.lognormal(-0.1, 0.3))))
    return company(deals, cycles, orders, cycle_of_deal=cycle_of_deal, recorded_after=1)
