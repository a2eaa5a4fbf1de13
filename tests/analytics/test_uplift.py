"""Uplift of a randomised test: by hand, against SciPy, and Hillstrom's published figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from analytics.uplift import uplift_of_mean, uplift_of_rate


def test_the_interval_of_a_difference_is_that_of_newcombes_paper() -> None:
    # Newcombe 1998, table II, example (a) of method 10: 56/70 - 48/80 = 0.2, 0.0524 to 0.3339.
    arms = np.array(["a"] * 70 + ["b"] * 80)
    outcomes = np.array([True] * 56 + [False] * 14 + [True] * 48 + [False] * 32)
    (uplift,) = uplift_of_rate(arms, outcomes, "b")
    assert (uplift.arm, uplift.count, uplift.count_control) == ("a", 70, 80)
    assert uplift.difference.value == pytest.approx(0.2)
    assert (uplift.difference.low, uplift.difference.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_a_difference_has_an_interval_where_nothing_happened() -> None:
    arms = np.array(["a"] * 10 + ["b"] * 20)
    (uplift,) = uplift_of_rate(arms, np.zeros(30, dtype=bool), "b")
    # Newcombe's table, example (g) 0/10 - 0/20: -0.1611 to 0.2775.
    assert (uplift.difference.low, uplift.difference.high) == pytest.approx((-0.1611, 0.2775), abs=5e-5)


def test_the_interval_of_a_mean_is_welchs() -> None:
    random = np.random.default_rng(1)
    arms = np.array(["a"] * 40 + ["b"] * 15 + ["c"] * 30)
    amounts = np.concatenate([random.gamma(2, 10, 40), random.gamma(2, 30, 15), random.gamma(1, 5, 30)])
    for uplift in uplift_of_mean(arms, amounts, "c"):
        interval = ttest_ind(amounts[arms == uplift.arm], amounts[arms == "c"], equal_var=False).confidence_interval(
            0.95
        )
        assert (uplift.difference.low, uplift.difference.high) == pytest.approx((interval.low, interval.high))


def test_an_arm_of_one_case_has_no_interval_and_what_cannot_be_is_refused() -> None:
    arms = np.array(["a", "b", "b"])
    (uplift,) = uplift_of_mean(arms, np.array([3.0, 1.0, 2.0]), "b")
    assert uplift.difference.value == 1.5
    assert np.isnan(uplift.difference.low)
    with pytest.raises(ValueError, match=r"'none'.*'a', 'b'"):
        uplift_of_rate(arms, np.array([True, False, True]), "none")
    with pytest.raises(ValueError, match="amount 1"):
        uplift_of_mean(arms, np.array([1.0, np.nan, 2.0]), "b")


PUBLISHED = {"Mens E-Mail": (21_307, 18.2757, 1.2531), "Womens E-Mail": (21_387, 15.1400, 0.8837)}
CONTROL = (21_306, 10.6167, 0.5726)


@pytest.mark.realdata
def test_uplift_of_hillstrom_is_the_published_one(real_data: Callable[[str], Path]) -> None:
    data = pd.read_csv(real_data("hillstrom") / "hillstrom_data.csv")
    arms = data["segment"].to_numpy(dtype=np.str_)
    assert (len(data), data["visit"].sum(), data["conversion"].sum()) == (64_000, 9_394, 578)
    for place, column in ((1, "visit"), (2, "conversion")):
        found = uplift_of_rate(arms, data[column].to_numpy() == 1, "No E-Mail")
        assert [uplift.arm for uplift in found] == list(PUBLISHED)
        for uplift in found:
            figures = PUBLISHED[uplift.arm]
            assert (uplift.count, uplift.count_control) == (figures[0], CONTROL[0])
            assert 100 * uplift.mean == pytest.approx(figures[place], abs=5e-5)
            assert 100 * uplift.mean_control == pytest.approx(CONTROL[place], abs=5e-5)
            assert 100 * uplift.difference.value == pytest.approx(figures[place] - CONTROL[place], abs=1e-4)
            # 21,000 cases an arm: Newcombe's interval is that of the normal law to a hundredth of a point.
            spread = 1.959964 * np.sqrt(
                uplift.mean * (1 - uplift.mean) / uplift.count
                + uplift.mean_control * (1 - uplift.mean_control) / uplift.count_control
            )
            assert uplift.difference.low == pytest.approx(uplift.difference.value - spread, abs=1e-4)
            assert uplift.difference.high == pytest.approx(uplift.difference.value + spread, abs=1e-4)
            assert uplift.difference.low > 0
    spend = uplift_of_mean(arms, data["spend"].to_numpy(), "No E-Mail")
    total = sum(uplift.mean * uplift.count for uplift in spend) + spend[0].mean_control * spend[0].count_control
    assert total == pytest.approx(67_258.13, abs=0.005)
    for uplift in spend:
        interval = ttest_ind(
            data.loc[data["segment"] == uplift.arm, "spend"],
            data.loc[data["segment"] == "No E-Mail", "spend"],
            equal_var=False,
        ).confidence_interval(0.95)
        assert (uplift.difference.low, uplift.difference.high) == pytest.approx((interval.low, interval.high))
        assert uplift.difference.low > 0
