"""Intervals of proportions and of their differences, as the macros of the warehouse compute them."""

from __future__ import annotations

from typing import Final

import numpy as np

from analytics.likelihood import Floats

Z95: Final = 1.959964
"""97.5 % point of the normal distribution, to the digits of the macros."""


def wilson(proportion: Floats, trials: Floats) -> tuple[Floats, Floats]:
    """Return the bounds of Wilson's 95 % interval (Brown, Cai & DasGupta 2001), element by element.

    ``trials`` may be an effective number. NaN where there is none.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = proportion + Z95**2 / (2 * trials)
        spread = Z95 * np.sqrt(proportion * (1 - proportion) / trials + Z95**2 / (4 * trials**2))
        scale = 1 + Z95**2 / trials
        low, high = np.maximum(0.0, (centre - spread) / scale), np.minimum(1.0, (centre + spread) / scale)
    is_known = (trials > 0) & np.isfinite(proportion)
    return np.where(is_known, low, np.nan), np.where(is_known, high, np.nan)


def newcombe(first: float, trials_first: float, second: float, trials_second: float) -> tuple[float, float]:
    """Return the bounds of the 95 % interval of ``first - second`` (Newcombe 1998, method 10)."""
    rates = np.array([first, second])
    (low_1, low_2), (high_1, high_2) = wilson(rates, np.array([trials_first, trials_second]))
    difference = first - second
    return (
        float(difference - np.hypot(first - low_1, high_2 - second)),
        float(difference + np.hypot(high_1 - first, second - low_2)),
    )
