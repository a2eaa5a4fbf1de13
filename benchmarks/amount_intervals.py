"""Coverage of the 95 % intervals of amounts, means and medians, by simulation, beside what they were chosen over.

The intervals are those of the warehouse: the dbt macros, run by DuckDB on simulated sums. Orders come as a Poisson
number of lognormal amounts, a share of them cancelled; the truth is known. A cell is the share of worlds whose
interval holds it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

import duckdb
import jinja2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MACROS: Final = Path(__file__).resolve().parents[1] / "dbt_project" / "macros" / "kpi" / "statistics.sql"
Floats = NDArray[np.float64]
_Z: Final = 1.959964


def interval(kind: str, columns: dict[str, Floats], arguments: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Return the bounds that the macros ``<kind>_low`` and ``<kind>_high`` give for rows of ``columns``."""
    environment = jinja2.Environment(autoescape=False)  # noqa: S701  SQL, not HTML.
    macros: Any = environment.from_string(MACROS.read_text(encoding="utf-8")).module
    low, high = (getattr(macros, f"{kind}_{side}")(*arguments) for side in ("low", "high"))
    with duckdb.connect() as connection:
        connection.register("worlds", pa.table(columns | {"row_number": np.arange(len(next(iter(columns.values()))))}))
        rows = connection.execute(f"select {low} as low, {high} as high from worlds order by row_number").fetchnumpy()
    return tuple(np.ma.filled(np.ma.asarray(rows[side], dtype=np.float64), np.nan) for side in ("low", "high"))  # type: ignore[return-value]


def draw(
    rng: np.random.Generator, worlds: int, mean_count: float, variation: float, cancelled: float
) -> tuple[list[Floats], list[Floats]]:
    """Draw the amounts of the orders and of the cancellations of each world; the mean amount is 1."""
    sigma = float(np.sqrt(np.log1p(variation**2)))
    orders, cancellations = (
        [rng.lognormal(-(sigma**2) / 2, sigma, count) for count in rng.poisson(mean, worlds)]
        for mean in (mean_count, mean_count * cancelled)
    )
    return orders, cancellations


def _covers(low: Floats, high: Floats, truth: float) -> float:
    known = np.isfinite(low)
    return float(((low <= truth) & (truth <= high))[known].mean())


def coverage_of_sums(
    rng: np.random.Generator, worlds: int, mean_count: float, variation: float, cancelled: float, replicates: int
) -> tuple[float, float, float]:
    """Return the coverage of the warehouse's interval of a sum, of the normal one and of the percentile bootstrap."""
    orders, cancellations = draw(rng, worlds, mean_count, variation, cancelled)
    signed = [np.concatenate([plus, -minus]) for plus, minus in zip(orders, cancellations, strict=True)]
    signed = [amounts for amounts in signed if len(amounts)]
    total = np.array([amounts.sum() for amounts in signed])
    variance = np.array([amounts @ amounts for amounts in signed])
    truth = mean_count * (1 - cancelled)
    ours = interval("amount", {"total": total, "variance": variance}, ("total", "variance"))
    spread = _Z * np.sqrt(variance)
    drawn = np.array(
        [np.quantile(rng.poisson(1, (replicates, len(amounts))) @ amounts, [0.025, 0.975]) for amounts in signed]
    )
    return (
        _covers(*ours, truth),
        _covers(total - spread, total + spread, truth),
        _covers(drawn[:, 0], drawn[:, 1], truth),
    )


def coverage_of_means(
    rng: np.random.Generator, worlds: int, mean_count: float, variation: float
) -> tuple[float, float, float]:
    """Return the coverage of the warehouse's interval of a mean, of the normal one, and of that of a median."""
    amounts = [world for world in draw(rng, worlds, mean_count, variation, 0.0)[0] if len(world) > 1]
    count = np.array([float(len(world)) for world in amounts])
    mean = np.array([world.mean() for world in amounts])
    variance = np.array([world.var(ddof=1) / len(world) for world in amounts])
    ours = interval("mean", {"mean": mean, "variance": variance, "n": count}, ("mean", "variance", "n"))
    spread = _Z * np.sqrt(variance)
    rank = np.floor((count - _Z * np.sqrt(count)) / 2).astype(int)
    ordered = [np.sort(world) for world in amounts]
    width = np.array(
        [world[-low] - world[low - 1] if low else np.nan for world, low in zip(ordered, rank, strict=True)]
    )
    median = np.array([np.median(world) for world in amounts])
    known = np.isfinite(width)
    columns = {"median": median[known], "variance": (width[known] / (2 * _Z)) ** 2, "n": count[known]}
    of_median = interval("mean", columns, ("median", "variance", "n"))
    true_median = float(np.exp(-np.log1p(variation**2) / 2))
    return (
        _covers(*ours, 1.0),
        _covers(mean - spread, mean + spread, 1.0),
        _covers(*of_median, true_median) if known.any() else float("nan"),
    )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=4_000)
    parser.add_argument("--replicates", type=int, default=200, help="of the bootstrap")
    options = parser.parse_args()
    rng = np.random.default_rng(20260601)
    print("| orders | cv | cancelled | sum | normal | bootstrap | mean | normal mean | median |")
    print("|---|---|---|---|---|---|---|---|---|")
    for cancelled in (0.0, 0.1):
        for variation in (0.0, 0.5, 1.0, 2.0):
            for mean_count in (5.0, 10.0, 20.0, 50.0, 200.0):
                cells = coverage_of_sums(rng, options.worlds, mean_count, variation, cancelled, options.replicates)
                if cancelled or not variation:
                    means: tuple[float, ...] = ()
                else:
                    means = coverage_of_means(rng, options.worlds, mean_count, variation)
                shown = " | ".join(f"{100 * cell:.1f}" for cell in (*cells, *means)) + " | -" * (3 - len(means))
                print(f"| {mean_count:.0f} | {variation:g} | {cancelled:.0%} | {shown} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
