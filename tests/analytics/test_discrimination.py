"""Ranking and probabilities by hand, against scikit-learn, and at their edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sk_log_loss

from analytics.discrimination import area_under_curve, brier, brier_skill, lift_at, log_loss
from analytics.errors import OneOutcomeError


def test_area_by_hand_with_ties() -> None:
    # Pairs: 3 above 1, 3 above 2, 2 above 1, 2 ties 2: 3.5 of 4.
    scores, outcomes = np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, False, True, True])
    assert area_under_curve(scores, outcomes).value == pytest.approx(3.5 / 4)


def test_area_of_equal_scores_is_a_half_and_of_separated_ones_is_one_with_an_interval() -> None:
    outcomes = np.array([True] * 10 + [False] * 10)
    level = area_under_curve(np.full(20, 7.0), outcomes)
    assert level.value == 0.5
    assert level.low + level.high == pytest.approx(1)
    apart = area_under_curve(np.arange(20.0)[::-1], outcomes)
    assert (apart.value, apart.high) == (1.0, 1.0)
    assert 0.7 < apart.low < 0.95
    against = area_under_curve(np.arange(20.0), outcomes)
    assert (against.value, against.low) == (0.0, 0.0)
    assert against.high == pytest.approx(1 - apart.low)


def test_area_has_the_coverage_that_it_states() -> None:
    random = np.random.default_rng(3)
    truth = 0.7602499389  # Of two normal laws one standard deviation apart: Phi(1 / sqrt 2).
    outcomes = np.array([True] * 30 + [False] * 90)
    found = [area_under_curve(random.normal(outcomes, 1.0), outcomes) for _ in range(1_000)]
    covered = np.mean([measure.low <= truth <= measure.high for measure in found])
    assert 0.925 <= covered <= 0.985


def test_one_outcome_and_no_number_are_refused() -> None:
    for outcomes in (np.ones(5, dtype=bool), np.zeros(5, dtype=bool), np.zeros(0, dtype=bool)):
        with pytest.raises(OneOutcomeError):
            area_under_curve(np.arange(float(len(outcomes))), outcomes)
        with pytest.raises(OneOutcomeError):
            lift_at(np.arange(float(len(outcomes))), outcomes, 0.2)
        with pytest.raises(OneOutcomeError):
            brier_skill(np.full(len(outcomes), 0.5), outcomes)
    with pytest.raises(ValueError, match="score 1"):
        area_under_curve(np.array([1.0, np.nan]), np.array([True, False]))
    with pytest.raises(ValueError, match="probability"):
        brier(np.array([1.2]), np.array([True]))


def test_lift_by_hand_and_with_a_tie_at_the_cut() -> None:
    scores = np.array([9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0])
    outcomes = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 0], dtype=bool)
    assert lift_at(scores, outcomes, 0.2).value == pytest.approx((1 / 2) / 0.2)
    # The top fifth takes 2 of the 4 that tie, with half of their 2 outcomes.
    tied = np.array([9.0, 9.0, 9.0, 9.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    assert lift_at(tied, outcomes, 0.2).value == pytest.approx(1 / 2 / 0.2)
    assert lift_at(np.zeros(10), outcomes, 0.2).value == pytest.approx(1.0)


def test_errors_of_probabilities_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(5)
    probabilities, outcomes = random.random(200), random.random(200) < 0.3
    assert brier(probabilities, outcomes).value == pytest.approx(brier_score_loss(outcomes, probabilities))
    assert log_loss(probabilities, outcomes, floor=1e-9).value == pytest.approx(sk_log_loss(outcomes, probabilities))


def test_skill_of_the_base_rate_is_none_and_of_the_truth_is_one() -> None:
    outcomes = np.array([True, True, False, False, False, False, False, False])
    assert brier_skill(np.full(8, 0.25), outcomes).value == pytest.approx(0.0)
    assert brier_skill(outcomes.astype(float), outcomes).value == pytest.approx(1.0)
    assert log_loss(outcomes.astype(float), ~outcomes, floor=0.01).value == pytest.approx(-np.log(0.01))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=60))
def test_area_and_lift_stay_in_their_ranges(cases: list[tuple[int, bool]]) -> None:
    scores = np.array([float(score) for score, _ in cases])
    outcomes = np.array([outcome for _, outcome in cases])
    if outcomes.all() or not outcomes.any():
        return
    area = area_under_curve(scores, outcomes)
    assert area.value == pytest.approx(roc_auc_score(outcomes, scores))
    assert 0 <= area.low <= area.value + 1e-9
    assert area.value - 1e-9 <= area.high <= 1
    mirrored = area_under_curve(-scores, outcomes)
    assert (mirrored.value, mirrored.low) == pytest.approx((1 - area.value, 1 - area.high), abs=1e-8)
    lift = lift_at(scores, outcomes, 0.2)
    assert -1e-12 <= lift.low <= lift.value + 1e-9
    assert lift.value - 1e-9 <= lift.high <= 5 + 1e-9
