"""A logistic model beside the points of a score: it weighs the same criteria as the data would have it.

It is fitted where there are ten events for each parameter (Peduzzi et al. 1996), never replaces the rule score, and is
only ever judged on cases that it was not fitted to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from analytics.discrimination import Flags
from analytics.errors import OneOutcomeError, TooFewEventsError
from analytics.likelihood import Floats

EVENTS_A_PARAMETER: Final = 10
FOLDS: Final = 5
_FLAT: Final = 1e-12
"""A variance below it, beside the squared mean, is rounding."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Design:
    """Which columns of the points and of what is known a model uses, and how they are scaled."""

    columns: NDArray[np.intp]
    centre: Floats
    scale: Floats

    def apply(self, candidates: Matrix) -> Matrix:
        """Return the scaled columns, cases x parameters."""
        return np.asarray((candidates[:, self.columns] - self.centre) / self.scale, dtype=np.float64)


def candidates_of(points: Matrix, is_known: NDArray[np.bool_]) -> Matrix:
    """Return what a model may use, cases x (2 x criteria): the points, 0 where unknown, then what is known."""
    return np.hstack([np.where(is_known, points, 0.0), is_known.astype(np.float64)])


def fit_logistic(candidates: Matrix, outcomes: Flags) -> tuple[Design, LogisticRegression]:
    """Fit on points and on what is known, where the events allow it on both, else on the points alone.

    Columns that do not vary, or repeat another one, are no parameters. Coefficients are shrunk as by one standard
    normal prior each on the scaled columns, so that perfectly separated cases have an end. Raises ``OneOutcomeError``,
    ``TooFewEventsError``.
    """
    rarer = int(min(outcomes.sum(), (~outcomes).sum()))
    if rarer == 0:
        raise OneOutcomeError("all cases or none have the outcome; a model needs both")
    half = candidates.shape[1] // 2
    both = _distinct(candidates, np.arange(candidates.shape[1]))
    columns = both if rarer >= EVENTS_A_PARAMETER * len(both) else _distinct(candidates, np.arange(half))
    if rarer < EVENTS_A_PARAMETER * len(columns) or not len(columns):
        raise TooFewEventsError(
            f"{rarer} events for {len(columns)} parameters; the model needs {EVENTS_A_PARAMETER} for each"
        )
    used = candidates[:, columns]
    design = Design(columns, used.mean(axis=0), used.std(axis=0))
    model = LogisticRegression(C=1.0, solver="lbfgs", max_iter=1_000, tol=1e-8)
    return design, model.fit(design.apply(candidates), outcomes)


def probabilities_of(fitted: tuple[Design, LogisticRegression], candidates: Matrix) -> Floats:
    """Return the probability of the outcome for each case."""
    design, model = fitted
    return np.asarray(model.predict_proba(design.apply(candidates))[:, 1], dtype=np.float64)


def out_of_fold(candidates: Matrix, outcomes: Flags) -> Floats:
    """Return for each case the probability that a model gives it which was fitted to the other four fifths.

    Cases are dealt to the folds in turn, those with the outcome and those without apart. Raises as ``fit_logistic``.
    """
    folds = folds_of(outcomes)
    probabilities = np.empty(len(outcomes))
    for fold in range(FOLDS):
        held = folds == fold
        probabilities[held] = probabilities_of(fit_logistic(candidates[~held], outcomes[~held]), candidates[held])
    return probabilities


def folds_of(outcomes: Flags) -> NDArray[np.int64]:
    """Return the fold of each case: the same for the same order, with the same share of outcomes in each."""
    folds = np.empty(len(outcomes), dtype=np.int64)
    for kind in (True, False):
        of_kind = np.flatnonzero(outcomes == kind)
        folds[of_kind] = np.arange(len(of_kind)) % FOLDS
    return folds


def _distinct(candidates: Matrix, columns: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the columns that vary and are no copy of an earlier one, nor of its complement."""
    if not len(candidates):
        return columns[:0]
    mean = candidates.mean(axis=0)[columns]
    used = candidates[:, columns]
    covariance = used.T @ used / len(candidates) - np.outer(mean, mean)
    is_varying = np.diag(covariance) > _FLAT * (1 + mean**2)
    spread = np.sqrt(np.where(is_varying, np.diag(covariance), 1.0))
    alike = np.abs(covariance / np.outer(spread, spread)) > 1 - 1e-9
    repeats = (np.triu(alike, 1) & is_varying[:, None]).any(axis=0)
    return np.asarray(columns[is_varying & ~repeats], dtype=np.intp)
