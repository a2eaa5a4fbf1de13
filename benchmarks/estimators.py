"""Every estimator against the truth of many demo companies, and what fresh cohorts read by three estimators.

``python -m benchmarks.estimators --seeds 20``: for each seed a demo company is simulated and one night is run. The
published rates are compared with the true parameters that the simulator wrote to ``truth.json``: mean error (bias) with
its standard error over the companies, share of the yearly cohorts whose 95 % interval holds the truth, and share within
three standard errors.

The second table is the reason for Aalen-Johansen: MQL, and deals that reached a stage, of the last full quarter, five
days after its end. The plain ratio counts those still open as failures, the ratio of the resolved ones forgets them
(baseline).

``--only-rates`` loads the same files and builds the same models, but only those that the rates are made of: no checks,
no data tests, no other KPIs, no publication. The rates are those of a whole night, at about half its cost.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Final

import duckdb

from benchmarks.models import build_models
from benchmarks.nightly import run_night, settle
from ingestion.demo import simulate
from orchestration.lib.environment import be_quiet_and_private

END: Final = date(2026, 7, 5)
FRESH_QUARTER: Final = date(2026, 4, 1)
STAGE_WINDOW: Final = 90
MQL_WINDOW: Final = 60
FEWEST_CASES: Final = 20
RATES: Final = "intermediate.int_kpi__cohort_values"
NORMAL_95: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Estimate:
    """One published rate beside the truth."""

    name: str
    seed: int
    truth: float
    value: float
    count_cases: float
    low: float
    high: float

    @property
    def is_covered(self) -> bool:
        """Whether the 95 % interval holds the truth."""
        return self.low <= self.truth <= self.high

    @property
    def is_near(self) -> bool:
        """Whether the truth is at most three standard errors away."""
        error = max(sqrt(self.truth * (1 - self.truth) / self.count_cases), (self.high - self.low) / (2 * 1.96))
        return abs(self.value - self.truth) <= 3 * error


@dataclass(frozen=True, slots=True)
class FreshRate:
    """A rate of the fresh quarter beside the truth, by estimator."""

    name: str
    truth: float
    readings: dict[str, float]


def rates_with_truth(truth: dict[str, Any]) -> Iterator[tuple[str, str, str, str, int, str, float]]:
    """Yield name, metric, dimension, its value, window in days, grain of the cohorts, and the true rate."""
    rate = truth["email_to_mql_within_30_days"]
    yield "KPI 1, e-mail, 30 days", "kpi1_mql_rate", "audience_type", "email", 30, "month", rate
    for window in (30, 60, 90):
        rate = truth["mql_to_sql"][str(window)]["sql"]
        yield f"KPI 2, {window} days", "kpi2_sql_rate", "total", "all", window, "fiscal_year", rate
    for stage, conversion in truth["stage_conversion"].items():
        if "reached" in conversion:
            rate = conversion["reached"][str(STAGE_WINDOW)]
            name = f"KPI 3, {stage}, {STAGE_WINDOW} days"
            yield name, "kpi3_stage_conversion", "stage", f"sales:{stage}", STAGE_WINDOW, "fiscal_year", rate


def wilson(proportion: float, trials: float) -> tuple[float, float]:
    """Return the 95 % interval of a proportion of ``trials``, as ``kpi_values`` publishes it."""
    square = NORMAL_95**2
    centre = (proportion + square / (2 * trials)) / (1 + square / trials)
    half = NORMAL_95 * sqrt(proportion * (1 - proportion) / trials + square / (4 * trials**2)) / (1 + square / trials)
    return max(0.0, centre - half), min(1.0, centre + half)


def estimates(home: Path, seed: int) -> list[Estimate]:
    """Return the Aalen-Johansen rates of a company's cohorts that have at least ``FEWEST_CASES`` cases."""
    truth = json.loads((home / "truth.json").read_text(encoding="utf-8"))
    found = []
    with duckdb.connect(home / "build" / "warehouse.duckdb", read_only=True) as connection:
        for name, metric, dimension, value, window, grain, rate in rates_with_truth(truth):
            rows = connection.execute(
                f"select value, denominator, count_effective_trials from {RATES} where basis = 'cohort_aj' "
                "and metric_id = ? and dimension_name = ? and dimension_value = ? and window_days = ? "
                "and period_grain = ? and value is not null and denominator >= ? and count_effective_trials > 0",
                [metric, dimension, value, window, grain, FEWEST_CASES],
            ).fetchall()
            found += [
                Estimate(name, seed, rate, float(row[0]), float(row[1]), *wilson(float(row[0]), float(row[2])))
                for row in rows
            ]
    return found


def fresh_rates(home: Path) -> list[FreshRate]:
    """Return the three readings of the rates of the fresh quarter, where all three exist."""
    truth = json.loads((home / "truth.json").read_text(encoding="utf-8"))
    found = []
    with duckdb.connect(home / "build" / "warehouse.duckdb", read_only=True) as connection:
        rows = connection.execute(
            f"""
            select
                rates.metric_id,
                rates.dimension_value,
                any_value(rates.value),
                count(*) filter (where items.reach_seconds <= rates.window_days * 86400),
                count(*) filter (where items.reach_seconds is null and items.compete_seconds is not null),
                count(*)
            from {RATES} as rates
            inner join intermediate.int_kpi__cohort_items as items
                using (metric_id, dimension_name, dimension_value, period_grain, period_start)
            where
                rates.basis = 'cohort_aj' and rates.value is not null
                and period_grain = 'quarter' and period_start = $quarter
                and (
                    (metric_id = 'kpi2_sql_rate' and dimension_name = 'total' and rates.window_days = $mql_window)
                    or (
                        metric_id = 'kpi3_stage_conversion' and dimension_name = 'stage'
                        and rates.window_days = $stage_window
                    )
                )
            group by rates.metric_id, rates.dimension_value
            """,
            {"quarter": FRESH_QUARTER, "mql_window": MQL_WINDOW, "stage_window": STAGE_WINDOW},
        ).fetchall()
    for metric_id, value_of, value, count_reached, count_lost, count_entered in rows:
        if metric_id == "kpi2_sql_rate":
            name, rate = "KPI 2", truth["mql_to_sql"][str(MQL_WINDOW)]["sql"]
        else:
            stage = truth["stage_conversion"][value_of.split(":")[1]]
            if "reached" not in stage:
                continue
            name, rate = "KPI 3", stage["reached"][str(STAGE_WINDOW)]
        if count_entered >= FEWEST_CASES and count_reached + count_lost:
            readings = {
                "Aalen-Johansen": value,
                "reached / entered": count_reached / count_entered,
                "reached / (reached + lost)": count_reached / (count_reached + count_lost),
            }
            found.append(FreshRate(name, rate, readings))
    return found


def company(seed: int, *, base: Path, scale: float, is_only_rates: bool) -> tuple[list[Estimate], list[FreshRate]]:
    """Simulate a company, run one night on it, or what makes its rates, and return its rates and its fresh rates."""
    # The same place for every company of a process: dbt parses the project once.
    folder = base / str(os.getpid())
    home = folder / "demo"
    try:
        simulate(home, seed=seed, scale=scale, end=END)
        settle(home)
        if is_only_rates:
            build_models(home, folder / "dbt", END, f"+{RATES.split('.')[1]}")
        else:
            run_night(home, END)
        return estimates(home, seed), fresh_rates(home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def print_estimates(all_estimates: list[Estimate]) -> None:
    """Print one line an estimator."""
    by_name: dict[str, list[Estimate]] = defaultdict(list)
    for estimate in all_estimates:
        by_name[estimate.name].append(estimate)
    print(
        "\n| estimator | cohorts | true rate | mean error | standard error | truth in the 95 % interval | within 3 se |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, members in by_name.items():
        # Cohorts of one company are not independent of each other; companies are.
        by_seed: dict[int, list[float]] = defaultdict(list)
        for member in members:
            by_seed[member.seed].append(member.value - member.truth)
        errors = [fmean(of_seed) for of_seed in by_seed.values()]
        standard_error = stdev(errors) / sqrt(len(errors)) if len(errors) > 1 else float("nan")
        print(
            f"| {name} | {len(members)} | {fmean(member.truth for member in members):.1%} | {fmean(errors):+.2%}"
            f" | {standard_error:.2%} | {fmean(member.is_covered for member in members):.0%}"
            f" | {fmean(member.is_near for member in members):.0%} |"
        )


def print_fresh(rates: list[FreshRate]) -> None:
    """Print bias and root mean squared error of the three readings, and the ratio to the resolved-only one."""
    print(f"\nCohorts of {FRESH_QUARTER:%B %Y} and the two months after it, read five days after their end\n")
    print("| rate | estimator on a fresh cohort | cohorts | mean error | root mean squared error | ratio |")
    print("|---|---|---|---|---|---|")
    for name in sorted({rate.name for rate in rates}):
        members = [rate for rate in rates if rate.name == name]
        errors = {
            estimator: [member.readings[estimator] - member.truth for member in members]
            for estimator in members[0].readings
        }
        sizes = {estimator: sqrt(fmean(error**2 for error in values)) for estimator, values in errors.items()}
        baseline = sizes["reached / (reached + lost)"]
        for estimator, values in errors.items():
            print(
                f"| {name} | {estimator} | {len(values)} | {fmean(values):+.1%} | {sizes[estimator]:.1%}"
                f" | {sizes[estimator] / baseline:.2f} |"
            )


def main() -> None:
    """Simulate, run a night, compare; for every seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=2, help="Companies at a time.")
    parser.add_argument("--only-rates", action="store_true", help="Build no more than the rates need.")
    arguments = parser.parse_args()
    be_quiet_and_private()
    all_estimates: list[Estimate] = []
    all_fresh: list[FreshRate] = []
    seeds = range(1, arguments.seeds + 1)
    with tempfile.TemporaryDirectory(prefix="pilotage_bench_") as base, ProcessPoolExecutor(arguments.jobs) as pool:
        one = partial(company, base=Path(base), scale=arguments.scale, is_only_rates=arguments.only_rates)
        try:
            for done, (found, fresh) in enumerate(pool.map(one, seeds), start=1):
                all_estimates += found
                all_fresh += fresh
                print(f"  company {done} of {arguments.seeds} done", flush=True)
        except (KeyboardInterrupt, OSError, subprocess.CalledProcessError) as error:
            # What took an hour is not lost with the rest.
            print(f"  stopped ({type(error).__name__}): the tables are of the companies that are done", flush=True)
            pool.shutdown(cancel_futures=True)
    if not all_estimates:
        raise SystemExit("no company was done")
    print_estimates(all_estimates)
    print_fresh(all_fresh)


if __name__ == "__main__":
    main()
