"""Aalen-Johansen by hand, against scikit-survival, and where it is not known."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sksurv.nonparametric import cumulative_incidence_competing_risks

from analytics.incidence import CENSORED, REACHED, RULED_OUT, aalen_johansen, ending_of
from analytics.proportions import wilson

NAN = np.nan


def test_on_one_day_the_outcome_comes_first_and_the_end_of_the_watch_last() -> None:
    days, ending = ending_of(
        np.array([5.0, 5.0, NAN, 9.0, NAN]), np.array([5.0, 4.0, 7.0, NAN, NAN]), np.array([5.0, 9.0, 7.0, 8.0, 0.0])
    )
    assert list(ending) == [REACHED, RULED_OUT, RULED_OUT, CENSORED, CENSORED]
    assert list(days) == [5, 4, 7, 8, 0]


def test_incidence_by_hand() -> None:
    # At risk 5, 4, 2: one reaches on day 1 (1/5); one is ruled out on day 2 and one censored; one reaches on day 3.
    days = np.array([1.0, 2.0, 2.0, 3.0, 9.0])
    ending = np.array([REACHED, RULED_OUT, CENSORED, REACHED, CENSORED])
    found = aalen_johansen(days, ending, 5)
    assert found.rate == pytest.approx(1 / 5 + (4 / 5) * (3 / 4) * (1 / 2))
    assert (found.count, found.count_reached) == (5, 2)
    assert aalen_johansen(days, ending, 2).rate == pytest.approx(1 / 5)


def test_incidence_is_the_plain_share_when_nothing_is_censored() -> None:
    days = np.array([1.0, 1.0, 4.0, 60.0, 60.0, 60.0])
    ending = np.array([REACHED, RULED_OUT, REACHED, CENSORED, REACHED, CENSORED])
    found = aalen_johansen(days, ending, 60)
    assert found.rate == pytest.approx(3 / 6)
    assert found.variance == pytest.approx(0.5 * 0.5 / 6)
    assert found.trials == pytest.approx(6)
    low, high = wilson(np.array([0.5]), np.array([6.0]))
    assert (found.low, found.high) == pytest.approx((low[0], high[0]))


@pytest.mark.parametrize(
    ("days", "ending", "rate", "trials"),
    [
        ([], [], NAN, 0),
        ([10.0, 10.0], [CENSORED, CENSORED], NAN, 0),  # Nobody was watched through the window.
        ([5.0, 10.0], [REACHED, CENSORED], NAN, 0),
        ([5.0, 10.0], [REACHED, REACHED], 1.0, 2),
        ([5.0, 10.0], [RULED_OUT, RULED_OUT], 0.0, 2),
        ([60.0], [CENSORED], 0.0, 1),
        ([0.0, 60.0, 60.0], [CENSORED, CENSORED, CENSORED], 0.0, 2),
        ([60.0, 61.0], [REACHED, REACHED], 0.5, 2),
    ],
)
def test_incidence_at_its_edges(days: list[float], ending: list[int], rate: float, trials: float) -> None:
    found = aalen_johansen(np.array(days), np.array(ending, dtype=np.int64), 60)
    assert found.rate == pytest.approx(rate, nan_ok=True)
    assert found.trials == pytest.approx(trials)
    assert np.isnan(found.low) == np.isnan(rate)


@pytest.mark.parametrize("seed", range(6))
def test_incidence_is_that_of_scikit_survival_with_its_interval(seed: int) -> None:
    random = np.random.default_rng(seed)
    size = int(random.integers(40, 400))
    reach = np.where(random.random(size) < 0.4, random.integers(1, 120, size), NAN)
    ruled_out = np.where(random.random(size) < 0.5, random.integers(1, 120, size), NAN)
    days, ending = ending_of(reach, ruled_out, random.integers(0, 120, size).astype(float))
    found = aalen_johansen(days, ending, 60)
    inside = days <= 60
    instants, incidence, interval = cumulative_incidence_competing_risks(
        np.where(inside, ending, 0), np.minimum(days, 61), conf_type="log-log", var_type="Dinse_Approx"
    )
    last = int(np.searchsorted(instants, 60, side="right")) - 1
    assert found.rate == pytest.approx(incidence[1, last], abs=1e-12)
    # The log-log interval that scikit-survival publishes, from the variance that is found here.
    spread = NormalDist().inv_cdf(0.975) * np.sqrt(found.variance) / (found.rate * np.log(found.rate))
    assert found.rate ** np.exp(-spread) == pytest.approx(interval[1, 0, last], abs=1e-9)
    assert found.rate ** np.exp(spread) == pytest.approx(interval[1, 1, last], abs=1e-9)
    assert 0 < found.trials <= size + 1e-9


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 80), st.sampled_from([CENSORED, REACHED, RULED_OUT])), max_size=30),
    st.integers(1, 70),
)
def test_incidence_lies_in_its_interval_and_rises_with_the_window(cases: list[tuple[int, int]], window: int) -> None:
    days = np.array([day for day, _ in cases], dtype=float)
    ending = np.array([kind for _, kind in cases], dtype=np.int64)
    found, later = aalen_johansen(days, ending, window), aalen_johansen(days, ending, window + 10)
    if np.isfinite(found.rate):
        assert 0 <= found.low <= found.rate + 1e-12
        assert found.rate - 1e-12 <= found.high <= 1
        if np.isfinite(later.rate):
            assert found.rate <= later.rate + 1e-12
