"""The logistic model beside the rule: which columns it uses, when it is refused, and that no case judges itself."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.errors import OneOutcomeError, TooFewEventsError
from analytics.logistic import FOLDS, candidates_of, fit_logistic, folds_of, out_of_fold, probabilities_of


def test_what_is_unknown_gives_no_points() -> None:
    candidates = candidates_of(np.array([[5.0, 3.0]]), np.array([[False, True]]))
    assert candidates.tolist() == [[0.0, 3.0, 0.0, 1.0]]


def test_columns_that_do_not_vary_or_repeat_another_are_no_parameters() -> None:
    random = np.random.default_rng(1)
    first, second = random.random(400), random.random(400)
    points = np.column_stack([first, np.full(400, 7.0), second, 3 * first, 10 - second])
    design, _ = fit_logistic(candidates_of(points, np.ones_like(points, dtype=bool)), random.random(400) < 0.4)
    assert design.columns.tolist() == [0, 2]


def test_what_is_known_is_used_where_the_events_allow_it_and_else_the_points_alone() -> None:
    random = np.random.default_rng(2)
    points, known = random.random((400, 3)) + 1, random.random((400, 3)) < 0.5
    candidates = candidates_of(points, known)
    for events, columns in ((60, 6), (59, 3), (30, 3)):
        assert len(fit_logistic(candidates, np.arange(400) < events)[0].columns) == columns
    with pytest.raises(TooFewEventsError, match="29 events for 3 parameters"):
        fit_logistic(candidates, np.arange(400) < 29)
    # The rarer kind counts, whichever it is.
    with pytest.raises(TooFewEventsError):
        fit_logistic(candidates, np.arange(400) >= 29)
    with pytest.raises(OneOutcomeError):
        fit_logistic(candidates, np.ones(400, dtype=bool))
    with pytest.raises(TooFewEventsError, match="0 parameters"):
        fit_logistic(np.ones((400, 6)), np.arange(400) < 200)


def test_folds_share_the_outcomes_evenly() -> None:
    outcomes = np.random.default_rng(3).random(203) < 0.2
    folds = folds_of(outcomes)
    counts = [int(outcomes[folds == fold].sum()) for fold in range(FOLDS)]
    assert max(counts) - min(counts) <= 1
    assert {int((folds == fold).sum()) for fold in range(FOLDS)} <= {40, 41, 42}


def test_no_case_is_judged_by_a_model_that_saw_it() -> None:
    random = np.random.default_rng(4)
    candidates, outcomes = (
        candidates_of(random.random((200, 1)), np.ones((200, 1), dtype=bool)),
        np.arange(200) % 2 == 0,
    )
    found, folds = out_of_fold(candidates, outcomes), folds_of(outcomes)
    for fold in range(FOLDS):
        learned = folds != fold
        alone = probabilities_of(fit_logistic(candidates[learned], outcomes[learned]), candidates[~learned])
        assert found[~learned] == pytest.approx(alone)
