"""How good forecasts were: errors over rolling origins, and whether the semi-Markov model has earned to be shown.

Measures as in Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 5.8 to 5.10. Never MAPE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from analytics.forecast.history import Floats, Ints
from analytics.forecast.semi_markov import QUANTILES

FEWEST_ORIGINS: Final = 6


def wape(expected: Floats, actual: Floats) -> float:
    """Return the sum of absolute errors over the sum of actuals; NaN where nothing was ordered."""
    total = float(np.abs(actual).sum())
    return float(np.abs(expected - actual).sum()) / total if total > 0 else float("nan")


def bias(expected: Floats, actual: Floats) -> float:
    """Return the sum of errors over the sum of actuals; positive where too much was expected."""
    total = float(np.abs(actual).sum())
    return float((expected - actual).sum()) / total if total > 0 else float("nan")


def mase(expected: Floats, actual: Floats, scale: Floats) -> float:
    """Return the mean absolute error, each over the naive model's error at its origin; origins without are left out."""
    known = scale > 0
    return float((np.abs(expected - actual)[known] / scale[known]).mean()) if known.any() else float("nan")


def pinball(quantiles: Floats, actual: Floats) -> float:
    """Return the mean quantile score; ``quantiles`` has shape (cases, QUANTILES)."""
    level = np.array(QUANTILES)
    under = actual[:, None] - quantiles
    return float(np.maximum(level * under, (level - 1) * under).mean())


def coverage(low: Floats, high: Floats, actual: Floats) -> float:
    """Return the share of actuals in [low, high]."""
    return float(((low <= actual) & (actual <= high)).mean())


def brier(probability: Floats, happened: Floats) -> float:
    """Return the mean squared error of probabilities; NaN of none."""
    return float(((probability - happened) ** 2).mean()) if len(probability) else float("nan")


def beats(candidate: Floats, rivals: Mapping[str, Floats], actual: Floats, origin: Ints) -> bool:
    """Return whether a model has a smaller WAPE than every rival, over six origins or more.

    All arrays have one place per origin and horizon whose month is over. A rival is compared where it had a forecast;
    one that never had any is no rival.

    Raises ``ValueError`` where there is no rival at all.
    """
    if not rivals:
        raise ValueError("a model is promoted by beating others; name at least one")
    compared = False
    for expected in rivals.values():
        both = ~np.isnan(candidate) & ~np.isnan(expected) & ~np.isnan(actual)
        if not both.any():
            continue
        if len(np.unique(origin[both])) < FEWEST_ORIGINS:
            return False
        if not wape(candidate[both], actual[both]) < wape(expected[both], actual[both]):
            return False
        compared = True
    return compared
