"""The order forecast against what came, against the naive one, and against an oracle, over many demo companies.

``python -m benchmarks.forecast --seeds 20``: for each seed the demo world is drawn (36 months) and its history handed
to the forecast at the ends and the 15ths of twelve months, as it was known then. Printed: WAPE and bias by horizon, the
ratios to the naive model and to the oracle (which knows the simulator's parameters and everybody open at the origin),
the share of actuals in the 80 % intervals, and over cells of every company the calibration of the deals' probabilities;
at last how long 2,000 paths for 5,000 open deals take, relative to drawing a number for each deal and path.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from analytics.forecast.actuals import ordered_between
from analytics.forecast.history import NEVER, Deals, Floats, History, Ints, visible
from analytics.forecast.months import HORIZONS, ahead, month_of, month_starts
from analytics.forecast.outlook import MODELS, NAIVE_MEAN, SEMI_MARKOV, look_ahead
from analytics.forecast.semi_markov import AMOUNT, COUNT, QUANTILES, TOTAL, forecast_orders
from benchmarks.forecast_oracle import Oracle
from benchmarks.forecast_worlds import world_history
from ingestion.demo.world import draw_world

END: Final = date(2026, 6, 30)
MONTHS: Final = 36
JUDGED_MONTHS: Final = 12
_CELL_BOUNDS: Final = np.array([0.03, 0.06, 0.10, 0.15, 0.20, 0.30, 0.40, 0.55])
"""Bounds of the predicted probabilities of a cell of calibration."""
_FEWEST_CASES: Final = 50
_Z: Final = 1.959964
_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Judged:
    """Forecasts and what came, one row an origin."""

    expected: Floats
    """Shape (origins, models, measures, horizons)."""
    quantiles: Floats
    """Shape (origins, measures, horizons, quantiles)."""
    actual: Floats
    """Shape (origins, measures, horizons)."""
    oracle: Floats
    """Expected counts; shape (origins, horizons)."""
    is_month_end: Floats
    cells: Floats
    """Calibration: cases, mean prediction, mean truth, share that came; shape (cells, 4)."""


def _origins(last_day: int) -> list[int]:
    """Return month ends and 15ths from which M+3 ends no later than ``last_day``."""
    last = int(month_of(np.array([last_day + 1]))[0])
    starts = month_starts(last - 3 - JUDGED_MONTHS, JUDGED_MONTHS + 1)
    days = np.sort(np.concatenate([starts - 1, starts[:-1] + 14]))
    return [int(day) for day in days if ahead(int(day)).end_day[-1] - 1 <= last_day]


def judge(seed: int, scale: float, paths: int) -> Judged:
    """Draw a company and forecast it from every origin."""
    world = draw_world(seed, scale, END, MONTHS)
    history = world_history(world)
    oracle = Oracle(world, history)
    ordered_day = np.full(len(history.deals), NEVER)
    with_deal = history.orders.deal >= 0
    ordered_day[history.orders.deal[with_deal]] = history.orders.day[with_deal]
    changes = history.deals
    rows: list[tuple[Floats, Floats, Floats, Floats, bool]] = []
    cases: list[Floats] = []
    for origin in _origins(END.toordinal() - _EPOCH):
        known = visible(history, origin)
        outlook = look_ahead(known, origin, count_paths=paths)
        horizons = outlook.horizons
        truth = oracle.expect(origin)
        actual = ordered_between(history, horizons.first_day, horizons.end_day)
        rows.append(
            (
                np.stack([outlook.expected[model][:, TOTAL] for model in MODELS]),
                outlook.forecast.quantiles[:, TOTAL],
                actual,
                truth.orders,
                bool(horizons.first_day[0] == horizons.end_day[0]),
            )
        )
        if rows[-1][-1]:
            # Deals are numbered among those known; the oracle numbers all.
            deal = np.unique(changes.change_deal[changes.change_day <= origin])[outlook.forecast.deal]
            if not np.array_equal(deal, truth.deal):
                raise AssertionError(f"seed {seed}: forecast and oracle see other open deals on day {origin}")
            came = (ordered_day[deal][:, None] >= horizons.first_day) & (ordered_day[deal][:, None] < horizons.end_day)
            columns = [outlook.forecast.deal_probability, truth.deal_probability, came]
            cases += [np.stack([column[:, place] for column in columns], axis=1) for place in range(1, len(HORIZONS))]
    expected, quantiles, actual, expected_by_oracle, is_end = (
        np.stack(column).astype(np.float64) for column in zip(*rows, strict=True)
    )
    return Judged(expected, quantiles, actual, expected_by_oracle, is_end, _cells(np.concatenate(cases)))


def _cells(cases: Floats) -> Floats:
    """Return cases, mean prediction, mean truth and share that came, by bin of the prediction."""
    place = np.searchsorted(_CELL_BOUNDS, cases[:, 0], side="right")
    count = np.bincount(place, minlength=len(_CELL_BOUNDS) + 1)
    sums = np.stack([np.bincount(place, column, minlength=len(count)) for column in cases.T], axis=1)
    return np.column_stack([count, sums / np.maximum(count, 1)[:, None]])


def _wilson(share: Floats, count: Floats) -> tuple[Floats, Floats]:
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z / (1 + _Z**2 / count) * np.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    return middle - half, middle + half


def _errors(expected: Floats, actual: Floats) -> tuple[float, float]:
    known = ~np.isnan(expected)
    gap, total = (expected - actual)[known], actual[known].sum()
    return float(np.abs(gap).sum() / total), float(gap.sum() / total)


def print_errors(found: list[Judged]) -> None:
    """Print WAPE, bias, ratios and coverage, by measure and horizon, and over the three months after month ends."""
    expected, actual = (np.concatenate([getattr(one, name) for one in found]) for name in ("expected", "actual"))
    quantiles, oracle = (np.concatenate([getattr(one, name) for one in found]) for name in ("quantiles", "oracle"))
    at_end = np.concatenate([one.is_month_end for one in found]) > 0
    semi, naive = MODELS.index(SEMI_MARKOV), MODELS.index(NAIVE_MEAN)
    low, high = QUANTILES.index(0.10), QUANTILES.index(0.90)
    for measure, title in ((COUNT, "orders_count"), (AMOUNT, "orders_amount")):
        print(f"\n{title}: {len(expected)} origins of {len(found)} companies\n")
        names = " | ".join(MODELS)
        print(f"| horizon | mean | {names} | oracle | to naive | to oracle | bias | bias of oracle | 80 % holds |")
        print("|---" * (len(MODELS) + 9) + "|")
        cases = [(name, ~at_end if not place else at_end | ~at_end, [place]) for place, name in enumerate(HORIZONS)]
        cases.append(("90 days", at_end, [1, 2, 3]))
        for name, rows, places in cases:
            came = actual[rows][:, measure][:, places].sum(axis=1)
            of_model = [expected[rows][:, model, measure][:, places].sum(axis=1) for model in range(len(MODELS))]
            errors = [_errors(values, came) for values in of_model]
            cells = [f"{error[0]:.1%}" for error in errors]
            of_oracle = ["-", "-", "-"]
            if measure == COUNT:
                truth = _errors(oracle[rows][:, places].sum(axis=1), came)
                of_oracle = [f"{truth[0]:.1%}", f"{errors[semi][0] / truth[0]:.2f}", f"{truth[1]:+.1%}"]
            inside = "-"
            if len(places) == 1:
                bounds = quantiles[rows][:, measure, places[0]]
                inside = f"{((bounds[:, low] <= came) & (came <= bounds[:, high])).mean():.0%}"
            print(
                f"| {name} | {came.mean():,.1f} | {' | '.join(cells)} | {of_oracle[0]}"
                f" | {errors[semi][0] / errors[naive][0]:.2f} | {of_oracle[1]}"
                f" | {errors[semi][1]:+.1%} | {of_oracle[2]} | {inside} |"
            )


def print_calibration(found: list[Judged]) -> None:
    """Print how often the 95 % band of what came holds the true rate and the predicted one, over cells of companies."""
    cells = np.concatenate([one.cells for one in found])
    cells = cells[cells[:, 0] >= _FEWEST_CASES]
    low, high = _wilson(cells[:, 3], cells[:, 0])
    holds = [float(((low <= cells[:, column]) & (cells[:, column] <= high)).mean()) for column in (2, 1)]
    gap = np.abs(cells[:, 1] - cells[:, 2])
    print("\n| cells of 50 cases or more | true rate in the band | predicted rate in the band | mean distance |")
    print("|---|---|---|---|")
    print(f"| {len(cells)} | {holds[0]:.0%} | {holds[1]:.0%} | {gap.mean():.3f} |")


def _repeated(history: History, times: int) -> History:
    """Return a history with its open deals many times over, for the clock."""
    deals = history.deals
    ordered = np.zeros(len(deals), dtype=bool)
    ordered[history.orders.deal[history.orders.deal >= 0]] = True
    is_copied = ~ordered[deals.change_deal]
    parts: list[tuple[str, Ints | Floats]] = []
    for name in ("change_deal", "change_stage", "change_day", "change_recorded_day", "change_amount"):
        column = getattr(deals, name)
        copies = [
            column[is_copied] + (len(deals) * (turn + 1) if name == "change_deal" else 0) for turn in range(times)
        ]
        parts.append((name, np.concatenate([column, *copies])))
    columns = dict(parts)
    _, columns["change_deal"] = np.unique(columns["change_deal"], return_inverse=True)
    count = int(columns["change_deal"].max()) + 1
    more = np.resize(deals.segment, count - len(deals))
    return History(
        history.calendar,
        history.stages,
        Deals(
            cycle=np.concatenate([deals.cycle, np.full(len(more), -1)]),
            segment=np.concatenate([deals.segment, more]),
            **columns,  # type: ignore[arg-type]
        ),
        history.cycles,
        history.orders,
    )


def print_speed(scale: float) -> None:
    """Print the time of one forecast with 5,000 open deals, and of the random numbers it cannot do without."""
    history = world_history(draw_world(1, scale, END, MONTHS))
    origin = END.toordinal() - _EPOCH - 91
    known = visible(history, origin)
    open_deals = len(forecast_orders(known, origin, count_paths=10).deal)
    large = _repeated(known, -(-5_000 // open_deals))
    began = time.perf_counter()
    forecast = forecast_orders(large, origin)
    took = time.perf_counter() - began
    began = time.perf_counter()
    np.random.default_rng(1).random((forecast.count_paths, len(forecast.deal)))
    baseline = time.perf_counter() - began
    print("\n| paths | open deals | seconds | seconds of as many uniform numbers | ratio |\n|---|---|---|---|---|")
    print(f"| {forecast.count_paths} | {len(forecast.deal)} | {took:.2f} | {baseline:.2f} | {took / baseline:.1f} |")


def main() -> None:
    """Judge all seeds and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--paths", type=int, default=1_000)
    parser.add_argument("--jobs", type=int, default=2, help="Companies at a time.")
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    with ProcessPoolExecutor(arguments.jobs) as pool:
        found = list(pool.map(judge, seeds, [arguments.scale] * len(seeds), [arguments.paths] * len(seeds)))
    print_errors(found)
    print_calibration(found)
    print_speed(arguments.scale)


if __name__ == "__main__":
    main()
