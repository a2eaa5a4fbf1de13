"""Share of cases that reach something within a window while others are ruled out and some are still watched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.likelihood import Floats
from analytics.proportions import wilson

Whole = NDArray[np.int64]

CENSORED: Final = 0
REACHED: Final = 1
RULED_OUT: Final = 2


@dataclass(frozen=True, slots=True)
class Incidence:
    """A cumulative incidence at the end of a window. NaN where nobody was watched to that end."""

    rate: float
    variance: float
    low: float
    high: float
    trials: float
    """Trials that a plain proportion would need for this variance."""
    count: int
    count_reached: int


def ending_of(reach: Floats, ruled_out: Floats, watched: Floats) -> tuple[Floats, Whole]:
    """Return the day that ended each watch, and how it ended.

    All three are days from the start of the watch; NaN in ``reach`` and ``ruled_out`` is never. On one day the step
    comes before what rules it out, and both before the end of the watch.
    """
    reach, ruled_out = np.nan_to_num(reach, nan=np.inf), np.nan_to_num(ruled_out, nan=np.inf)
    first = np.minimum(reach, ruled_out)
    ending = np.where(first > watched, CENSORED, np.where(reach <= ruled_out, REACHED, RULED_OUT))
    return np.minimum(first, watched), ending.astype(np.int64)


def aalen_johansen(days: Floats, ending: Whole, window: float) -> Incidence:
    """Return the Aalen-Johansen cumulative incidence at ``window`` days (Aalen & Johansen 1978).

    The variance is that of Marubini & Valsecchi (1995, 10.2); the interval is Wilson's on the effective number of
    trials. Without censoring inside the window the rate is the plain ratio.
    """
    count, inside = len(days), days <= window
    reached_inside = int((inside & (ending == REACHED)).sum())
    instants, of = np.unique(days[inside], return_inverse=True)
    ended = np.bincount(of, minlength=len(instants)).astype(np.float64)
    reached = np.bincount(of, weights=ending[inside] == REACHED, minlength=len(instants))
    events = np.bincount(of, weights=ending[inside] != CENSORED, minlength=len(instants))
    at_risk = count - np.concatenate([[0.0], np.cumsum(ended)[:-1]]) if len(instants) else ended
    kept = np.cumprod(1 - events / at_risk) if len(instants) else ended
    before = np.concatenate([[1.0], kept[:-1]])[: len(instants)]
    so_far = np.cumsum(before * reached / at_risk) if len(instants) else ended
    is_identified = count > 0 and (bool((days >= window).any()) or (len(kept) > 0 and kept[-1] <= 1e-12))
    if not is_identified:
        return Incidence(np.nan, np.nan, np.nan, np.nan, 0.0, count, reached_inside)
    rate = float(min(so_far[-1], 1.0)) if len(instants) else 0.0
    rest = rate - so_far
    left = np.where(events < at_risk, at_risk * (at_risk - events), np.inf)
    variance = float(
        np.sum(
            rest**2 * events / left
            + before**2 * (at_risk - reached) * reached / at_risk**3
            - 2 * rest * before * reached / at_risk**2
        )
    )
    variance = max(variance, 0.0)
    is_proper = variance > 1e-15 and 0 < rate < 1
    whole = float(count - np.count_nonzero((days < window) & (ending == CENSORED)))
    trials = rate * (1 - rate) / variance if is_proper else whole
    low, high = wilson(np.array([rate]), np.array([trials]))
    return Incidence(rate, variance, float(low[0]), float(high[0]), trials, count, reached_inside)
