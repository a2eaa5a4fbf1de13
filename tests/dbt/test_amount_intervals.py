"""The intervals of amounts, means and medians, as DuckDB computes them from the macros of the project."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from benchmarks.amount_intervals import coverage_of_means, coverage_of_sums, interval


def _array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_amount_of_equal_orders_has_the_interval_of_their_count() -> None:
    count = _array(1, 2, 9, 400)
    low, high = interval("amount", {"v": count * 250.0, "s": count * 250.0**2}, ("v", "s"))
    root = 1.959964 * np.sqrt(count + 0.9603647)
    np.testing.assert_allclose(low, 250 * (count + 1.9207294 - root), rtol=1e-8)
    np.testing.assert_allclose(high, 250 * (count + 1.9207294 + root), rtol=1e-8)


def test_amount_that_cancellations_outweigh_has_an_interval_around_it_and_nothing_has_none() -> None:
    low, high = interval("amount", {"v": _array(-40, 10, 0, 0), "s": _array(1600, 20_000, 5_000, 0)}, ("v", "s"))
    assert (low[:3] < _array(-40, 10, 0)).all()
    assert (high[:3] > _array(-40, 10, 0)).all()
    assert np.isnan([low[3], high[3]]).all()


@pytest.mark.parametrize("degrees", [3, 5, 19, 500])
def test_mean_has_students_interval_on_the_logarithm(degrees: int) -> None:
    columns = {"m": _array(100.0), "v": _array(4.0), "n": _array(degrees + 1.0)}
    low, high = interval("mean", columns, ("m", "v", "n"))
    exact = student.ppf(0.975, degrees) * 2.0 / 100.0
    assert np.log(high[0] / 100) == pytest.approx(exact, rel=5e-3)
    assert np.log(100 / low[0]) == pytest.approx(exact, rel=5e-3)


def test_mean_of_one_or_of_equal_amounts_has_no_interval_and_a_loss_has_one() -> None:
    columns = {"m": _array(100, 100, -5), "v": _array(4, 0, 4), "n": _array(1, 9, 9)}
    low, high = interval("mean", columns, ("m", "v", "n"))
    assert np.isnan([low[0], low[1], high[0], high[1]]).all()
    assert low[2] < -5 < high[2]


@pytest.mark.parametrize(("count", "variation", "at_least"), [(10, 0.5, 0.92), (20, 1.0, 0.91), (200, 1.0, 0.93)])
def test_intervals_hold_the_truth_no_less_often_than_the_bootstrap(
    count: float, variation: float, at_least: float
) -> None:
    ours, normal, bootstrap = coverage_of_sums(np.random.default_rng(1), 2_000, count, variation, 0.0, 100)
    assert at_least <= ours <= 0.97
    assert ours >= max(normal, bootstrap) - 0.01
    mean, normal_mean, median = coverage_of_means(np.random.default_rng(2), 2_000, count, variation)
    assert at_least - 0.02 <= mean <= 0.97
    assert mean >= normal_mean - 0.01
    assert median >= 0.94
