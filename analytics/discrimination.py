"""How well scores tell those who reach an outcome from the others, and how good probabilities are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import rankdata, t

from analytics.errors import OneOutcomeError
from analytics.likelihood import Floats
from analytics.proportions import Z95, wilson

Flags = NDArray[np.bool_]

_APART: Final = 1e-9
"""The spread is 0 at an area of 0 or 1, where the bound that is wanted is the other root."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its 95 % interval; NaN where there is none."""

    value: float
    low: float
    high: float


def area_under_curve(scores: Floats, outcomes: Flags) -> Measure:
    """Return the probability that a case with the outcome scores above one without; ties count half.

    The interval is the score-type one of Newcombe (2006, part 2, method 5), which stays in [0, 1] and does not vanish
    where the two are perfectly separated. Raises ``OneOutcomeError`` where all cases or none have the outcome,
    ``ValueError`` for a score that is no number.
    """
    if not np.isfinite(scores).all():
        raise ValueError(f"score {int(np.argmin(np.isfinite(scores)))} is no finite number")
    positives, negatives = _both(outcomes)
    ranks = rankdata(scores)
    value = float((ranks[outcomes].sum() - positives * (positives + 1) / 2) / (positives * negatives))
    return Measure(value, *_area_bounds(value, positives, negatives))


def lift_at(scores: Floats, outcomes: Flags, share: float) -> Measure:
    """Return the outcomes among the top ``share`` of the scores over what chance would find there.

    Of the cases that tie at the cut the top holds its part, as if drawn. The interval is Wilson's of the share of all
    outcomes that the top holds. Raises as ``area_under_curve``.
    """
    positives, _ = _both(outcomes)
    wanted = share * len(scores)
    levels, of = np.unique(-scores, return_inverse=True)
    cases = np.bincount(of, minlength=len(levels)).astype(np.float64)
    found = np.bincount(of, weights=outcomes, minlength=len(levels))
    before = np.concatenate([[0.0], np.cumsum(cases)[:-1]])
    captured = float((found * np.clip((wanted - before) / cases, 0.0, 1.0)).sum()) / positives
    low, high = wilson(np.array([captured]), np.array([float(positives)]))
    return Measure(captured / share, float(low[0]) / share, float(high[0]) / share)


def brier(probabilities: Floats, outcomes: Flags) -> Measure:
    """Return the mean squared error of probabilities (Brier 1950), with Student's interval."""
    return _mean(_squared_errors(probabilities, outcomes))


def brier_skill(probabilities: Floats, outcomes: Flags) -> Measure:
    """Return 1 - Brier score over that of the base rate of these very cases, which nobody knew beforehand.

    The interval is that of the ratio by linearisation. Raises ``OneOutcomeError`` where the base rate makes no error.
    """
    _both(outcomes)
    errors = _squared_errors(probabilities, outcomes)
    reference = _squared_errors(np.full(len(outcomes), outcomes.mean()), outcomes)
    ratio = float(errors.mean() / reference.mean())
    residual = _mean(errors - ratio * reference)
    spread = (residual.high - residual.low) / 2 / float(reference.mean())
    return Measure(1 - ratio, 1 - ratio - spread, 1 - ratio + spread)


def log_loss(probabilities: Floats, outcomes: Flags, *, floor: float) -> Measure:
    """Return the mean negative log-likelihood; probabilities are kept ``floor`` away from 0 and 1."""
    kept = np.clip(probabilities, floor, 1 - floor)
    return _mean(-np.log(np.where(outcomes, kept, 1 - kept)))


def _both(outcomes: Flags) -> tuple[int, int]:
    positives = int(outcomes.sum())
    if positives in (0, len(outcomes)):
        raise OneOutcomeError(f"{positives} of {len(outcomes)} cases have the outcome; both kinds are needed")
    return positives, len(outcomes) - positives


def _squared_errors(probabilities: Floats, outcomes: Flags) -> Floats:
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("a probability lies outside [0, 1]")
    return np.asarray((probabilities - outcomes) ** 2, dtype=np.float64)


def _mean(values: Floats) -> Measure:
    mean = float(values.mean())
    if len(values) < 2:
        return Measure(mean, float("nan"), float("nan"))
    spread = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return Measure(mean, mean - spread, mean + spread)


def _area_bounds(value: float, positives: int, negatives: int) -> tuple[float, float]:
    star = (positives + negatives) / 2 - 1

    def spread(area: float) -> float:
        factor = 1 + star * (1 - area) / (2 - area) + star * area / (1 + area)
        return Z95 * float(np.sqrt(area * (1 - area) * factor / (positives * negatives)))

    def bound(sign: float, end: float) -> float:
        if abs(value - end) <= 2 * _APART:
            return end
        start = value + sign * _APART
        return float(brentq(lambda area: area - value - sign * spread(area), start, end, xtol=1e-12))

    return bound(-1.0, 0.0), bound(1.0, 1.0)
