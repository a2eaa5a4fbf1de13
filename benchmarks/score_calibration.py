"""The calibration of the score against the truth of many demo companies.

``python -m benchmarks.score_calibration --seeds 20``: for each seed a demo company is simulated and one night is run.
All companies have the same true parameters, so the true rate of a band is that of the same band in all the other
companies together, 19 times as many leads. Printed for each outcome, over the bands with 50 leads or more: mean error
of the observed and of the calibrated rate with its standard error over the companies, and share of the bands whose 95 %
interval holds the true rate. The base rate of the company, which a firm without a score takes for every lead, is the
baseline.

``--only-bands`` loads the same files, builds the same models and judges the scores by the same code, but only what the
bands are made of: no checks, no data tests, no KPIs, no publication. The bands are those of a whole night.
"""

from __future__ import annotations

import argparse
import os
import shutil
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
from typing import Final

import duckdb
import numpy as np

from analytics.calibration import Observations, band_of
from benchmarks.models import build_models
from benchmarks.nightly import run_night, settle
from ingestion.demo import simulate
from orchestration.lib.calibration import write_calibrations
from orchestration.lib.environment import be_quiet_and_private

END: Final = date(2026, 7, 5)
FEWEST_LEADS: Final = 50
OUTCOMES: Final = ("sql", "order")
PUBLISHED: Final = "marts.fct_score_performance"
WRITTEN: Final = "raw_analytics.score_performances"

Cell = tuple[str, int, int]
"""Outcome, days of its window, number of the band."""


@dataclass(frozen=True, slots=True)
class Band:
    """A published band of one company."""

    cell: Cell
    count: int
    rate: float
    low: float
    high: float
    calibrated: float
    base_rate: float


@dataclass(frozen=True, slots=True)
class Company:
    """What one company published, and the leads behind it by outcome."""

    bands: list[Band]
    leads: dict[str, Observations]


def company(seed: int, *, base: Path, scale: float, is_only_bands: bool) -> Company:
    """Simulate a company, run one night on it, or what makes its bands, and return its bands and leads."""
    # The same place for every company of a process: dbt parses the project once.
    folder = base / str(os.getpid())
    home = folder / "demo"
    try:
        simulate(home, seed=seed, scale=scale, end=END)
        settle(home)
        if not is_only_bands:
            run_night(home, END)
            return read_company(home / "published" / "pilotage.duckdb", "marts.fct_score_calibration", PUBLISHED)
        warehouse = build_models(home, folder / "dbt", END, "+fct_score_outcomes", "+fct_lead_score_contributions")
        write_calibrations(warehouse)
        return read_company(warehouse, "raw_analytics.score_calibrations", WRITTEN)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def read_company(database: Path, bands: str, performances: str) -> Company:
    """Return the bands of the rule on all leads, and these leads."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            f"""
            select outcome_name, bands.window_days, cast(band_low / 10 as integer), bands.count_leads, observed_rate,
                bands.ci_low, bands.ci_high, calibrated_rate, performance.value
            from {bands} as bands
            inner join {performances} as performance
                using (model_name, model_version, outcome_name, sample_name, estimator)
            where sample_name = 'all' and estimator = 'rule' and observed_rate is not null
                and input_name = 'score' and metric_name = 'base_rate'
            """
        ).fetchall()
        leads = {}
        for outcome in OUTCOMES:
            found = connection.execute(
                "select score_confirmed, date_diff('day', date '1970-01-01', observed_date) as observed_day,"
                " days_to_outcome, days_to_end, days_watched from marts.fct_score_outcomes where outcome_name = ?",
                [outcome],
            ).fetchnumpy()
            columns = [np.ma.filled(np.ma.asarray(found[name], dtype=np.float64), np.nan) for name in found]
            leads[outcome] = Observations(columns[0], columns[1].astype(np.int64), *columns[2:])
    return Company([Band((row[0], row[1], row[2]), *row[3:]) for row in rows], leads)


def true_rates(companies: list[Company], without: int) -> Iterator[tuple[Cell, float]]:
    """Yield the rate of each band in all companies but one."""
    others = [each for number, each in enumerate(companies) if number != without]
    for outcome, window in {band.cell[:2] for each in companies for band in each.bands}:
        parts = [each.leads[outcome] for each in others]
        together = Observations(
            np.concatenate([part.score for part in parts]),
            np.concatenate([part.day for part in parts]),
            np.concatenate([part.days_to_outcome for part in parts]),
            np.concatenate([part.days_to_end for part in parts]),
            np.concatenate([part.days_watched for part in parts]),
        )
        bands = band_of(together.score)
        for band in np.unique(bands):
            yield (outcome, window, int(band)), together.only(bands == band).incidence(window).rate


def print_coverage(companies: list[Company]) -> None:
    """Print one line an outcome and estimate."""
    errors: dict[tuple[str, str], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    inside: dict[str, list[bool]] = defaultdict(list)
    for number, each in enumerate(companies):
        truth = dict(true_rates(companies, number))
        for band in each.bands:
            true_rate = truth.get(band.cell, float("nan"))
            if band.count < FEWEST_LEADS or np.isnan(true_rate):
                continue
            outcome = band.cell[0]
            inside[outcome].append(band.low <= true_rate <= band.high)
            for name, value in (
                ("observed", band.rate),
                ("calibrated", band.calibrated),
                ("base rate", band.base_rate),
            ):
                errors[outcome, name][number].append(value - true_rate)
    print("\n| outcome | rate | bands | mean error | standard error | root mean squared error | ratio to base rate |")
    print("|---|---|---|---|---|---|---|")
    for (outcome, name), by_company in errors.items():
        means = [fmean(values) for values in by_company.values()]
        standard_error = stdev(means) / sqrt(len(means)) if len(means) > 1 else float("nan")
        size, baseline = (
            sqrt(fmean(error**2 for values in errors[outcome, which].values() for error in values))
            for which in (name, "base rate")
        )
        print(
            f"| {outcome} | {name} | {sum(map(len, by_company.values()))} | {fmean(means):+.2%} | {standard_error:.2%}"
            f" | {size:.2%} | {size / baseline if baseline else float('nan'):.2f} |"
        )
    print("\n| outcome | bands of 50 leads or more | true rate in the 95 % interval |")
    print("|---|---|---|")
    for outcome, held in inside.items():
        print(f"| {outcome} | {len(held)} | {fmean(held):.1%} |")


def main() -> None:
    """Simulate, run a night, compare; for every seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=2, help="Companies at a time.")
    parser.add_argument("--only-bands", action="store_true", help="Build no more than the bands need.")
    arguments = parser.parse_args()
    be_quiet_and_private()
    companies = []
    with (
        tempfile.TemporaryDirectory(prefix="pilotage_bench_") as base,
        ProcessPoolExecutor(arguments.jobs) as pool,
    ):
        work = partial(company, base=Path(base), scale=arguments.scale, is_only_bands=arguments.only_bands)
        for done, found in enumerate(pool.map(work, range(1, arguments.seeds + 1)), start=1):
            companies.append(found)
            print(f"  company {done} of {arguments.seeds} done", flush=True)
    print_coverage(companies)


if __name__ == "__main__":
    main()
