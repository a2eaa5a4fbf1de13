"""What a campaign brought over no campaign, by the arms of a randomised test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from analytics.discrimination import Flags, Measure
from analytics.likelihood import Floats
from analytics.proportions import newcombe


@dataclass(frozen=True, slots=True)
class Uplift:
    """One arm against the control: what its cases did, what the control's did, and the difference with its interval."""

    arm: str
    count: int
    mean: float
    count_control: int
    mean_control: float
    difference: Measure


def uplift_of_rate(arms: NDArray[np.str_], outcomes: Flags, control: str) -> list[Uplift]:
    """Return for each arm but ``control`` the difference of its share of outcomes, in order of the arms' names.

    The interval is that of two independent proportions (Newcombe 1998, method 10). Raises ``ValueError`` where no case
    is in the control.
    """
    base = outcomes[_control(arms, control)]
    found = []
    for arm in np.unique(arms[arms != control]):
        own = outcomes[arms == arm]
        low, high = newcombe(float(own.mean()), len(own), float(base.mean()), len(base))
        found.append(_uplift(str(arm), own.astype(np.float64), base.astype(np.float64), low, high))
    return found


def uplift_of_mean(arms: NDArray[np.str_], amounts: Floats, control: str) -> list[Uplift]:
    """Return for each arm but ``control`` the difference of its mean amount, in order of the arms' names.

    The interval is Welch's (1947), for unequal variances; NaN where an arm has fewer than two cases or nothing varies.
    Raises ``ValueError`` where no case is in the control or an amount is no number.
    """
    if not np.isfinite(amounts).all():
        raise ValueError(f"amount {int(np.argmin(np.isfinite(amounts)))} is no finite number")
    base = amounts[_control(arms, control)]
    found = []
    for arm in np.unique(arms[arms != control]):
        own = amounts[arms == arm]
        spread = _welch_spread(own, base)
        difference = float(own.mean() - base.mean())
        found.append(_uplift(str(arm), own, base, difference - spread, difference + spread))
    return found


def _control(arms: NDArray[np.str_], control: str) -> Flags:
    is_control = np.asarray(arms == control, dtype=np.bool_)
    if not is_control.any():
        raise ValueError(
            f"no case is in the control {control!r}; the arms are {', '.join(map(repr, np.unique(arms).tolist()))}"
        )
    return is_control


def _welch_spread(first: Floats, second: Floats) -> float:
    if min(len(first), len(second)) < 2:
        return float("nan")
    parts = np.array([first.var(ddof=1) / len(first), second.var(ddof=1) / len(second)])
    if parts.sum() == 0:
        return float("nan")
    degrees = parts.sum() ** 2 / (parts**2 / (np.array([len(first), len(second)]) - 1)).sum()
    return float(t.ppf(0.975, degrees) * np.sqrt(parts.sum()))


def _uplift(arm: str, own: Floats, base: Floats, low: float, high: float) -> Uplift:
    mean, mean_control = float(own.mean()), float(base.mean())
    return Uplift(arm, len(own), mean, len(base), mean_control, Measure(mean - mean_control, low, high))
