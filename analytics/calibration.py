"""What a score is worth: outcome rates by band, and how well the score tells outcomes apart.

A score is no probability. The rate of each band of ten points is the Aalen-Johansen incidence of its leads at the end
of the window; pool adjacent violators (Barlow et al. 1972), weighted with the effective trials of each band, make the
rates rise with the score. Rates learned from earlier leads, from what was known of them then, are judged on later ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from sklearn.isotonic import IsotonicRegression

from analytics.discrimination import Flags, Measure, area_under_curve, brier, brier_skill, lift_at, log_loss
from analytics.errors import NoLaterLeadsError, OneOutcomeError, TooFewLeadsError, TooShortError
from analytics.incidence import REACHED, Incidence, Whole, aalen_johansen, ending_of
from analytics.likelihood import Floats
from analytics.proportions import wilson

BANDS: Final = 10
TOP_SHARE: Final = 0.2
LATER_SHARE: Final = 0.3
"""Of the leads whose window is over, the part that came last judges what the others taught."""
MINIMUM_LEADS: Final = 50
MINIMUM_OUTCOMES: Final = 10


@dataclass(frozen=True, slots=True)
class Observations:
    """Leads scored at one moment, and what became of them. Arrays of one length; days are whole days."""

    score: Floats
    """0 to 100, as it was at the end of the observed day."""
    day: Whole
    """Number of the observed day."""
    days_to_outcome: Floats
    """Days from then to the outcome; NaN where none was seen."""
    days_to_end: Floats
    """Days to what rules the outcome out; NaN where nothing did."""
    days_watched: Floats
    """Days from the observed day to the last one that is known."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        problems = {
            "a score lies between 0 and 100": (self.score >= 0) & (self.score <= 100),
            "a lead is watched for 0 days or more": self.days_watched >= 0,
            "an outcome comes after the observation": ~(self.days_to_outcome <= 0),
            "an end comes after the observation": ~(self.days_to_end <= 0),
        }
        for rule, holds in problems.items():
            if not holds.all():
                raise ValueError(f"observation {int(np.argmin(holds))} cannot be: {rule}")

    def __len__(self) -> int:
        """Return the number of leads."""
        return len(self.score)

    def only(self, chosen: Flags) -> Observations:
        """Return the chosen leads."""
        return Observations(
            self.score[chosen],
            self.day[chosen],
            self.days_to_outcome[chosen],
            self.days_to_end[chosen],
            self.days_watched[chosen],
        )

    def scored(self, score: Floats) -> Observations:
        """Return the same leads with another score."""
        return Observations(score, self.day, self.days_to_outcome, self.days_to_end, self.days_watched)

    def known_on(self, day: int) -> Observations:
        """Return the leads observed up to ``day``, with what had been seen of them by then."""
        then = self.only(self.day <= day)
        watched = np.minimum(then.days_watched, (day - then.day).astype(np.float64))
        return Observations(
            then.score,
            then.day,
            np.where(then.days_to_outcome <= watched, then.days_to_outcome, np.nan),
            np.where(then.days_to_end <= watched, then.days_to_end, np.nan),
            watched,
        )

    def is_over(self, window: int) -> Flags:
        """Return whether each lead was watched through its whole window, so that its outcome is known."""
        return np.asarray(self.days_watched >= window, dtype=np.bool_)

    def has_outcome(self, window: int) -> Flags:
        """Return whether each lead reached the outcome within the window, before anything ruled it out."""
        days, ending = ending_of(self.days_to_outcome, self.days_to_end, self.days_watched)
        return np.asarray((ending == REACHED) & (days <= window), dtype=np.bool_)

    def incidence(self, window: int) -> Incidence:
        """Return the share that reaches the outcome within the window, by Aalen-Johansen.

        Where nobody is left to be watched at the end of the window, its curve does not reach that far: then it is the
        plain share of the leads whose window is over, as long as there are any.
        """
        days, ending = ending_of(self.days_to_outcome, self.days_to_end, self.days_watched)
        found = aalen_johansen(days, ending, window)
        over = self.is_over(window)
        if np.isfinite(found.rate) or not over.any():
            return found
        plain = aalen_johansen(days[over], ending[over], window)
        return replace(plain, count=found.count, count_reached=found.count_reached)


@dataclass(frozen=True, slots=True)
class Band:
    """One band of the score, [low, high), the last one closed, and what becomes of its leads."""

    low: float
    high: float
    seen: Incidence
    calibrated_rate: float
    """NaN where nothing is known of any band."""
    from_here: Incidence
    """Of all leads of this band or a higher one: its rate is the precision of a threshold at ``low``."""
    recall: Measure
    """Share of all outcomes that lies at or above ``low``."""


def edges() -> Floats:
    """Return the bounds of the bands, one more than there are bands."""
    return np.linspace(0.0, 100.0, BANDS + 1)


def band_of(score: Floats) -> Whole:
    """Return the number of the band of each score, from 0."""
    return np.clip(np.searchsorted(edges(), score, side="right") - 1, 0, BANDS - 1).astype(np.int64)


def rates_by_band(observations: Observations, window: int) -> list[Incidence]:
    """Return the incidence of each band, also of those without a lead."""
    band = band_of(observations.score)
    return [observations.only(band == number).incidence(window) for number in range(BANDS)]


def rising(rates: Floats, weights: Floats) -> Floats:
    """Return the rates, made to rise by pooling adjacent violators; weights count trials.

    A band without a rate lies on the line between its neighbours, beyond the last one level with it. All NaN where no
    band has a rate.
    """
    is_known = np.isfinite(rates) & (weights > 0)
    if not is_known.any():
        return np.full(len(rates), np.nan)
    places = np.arange(len(rates), dtype=np.float64)
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, increasing=True, out_of_bounds="clip").fit(
        places[is_known], rates[is_known], sample_weight=weights[is_known]
    )
    return np.clip(np.asarray(fitted.predict(places), dtype=np.float64), 0.0, 1.0)


def calibrated_rates(observations: Observations, window: int) -> Floats:
    """Return the rising rate of each band. Raises ``TooShortError`` where no band has one."""
    seen = rates_by_band(observations, window)
    rates = rising(np.array([each.rate for each in seen]), np.array([each.trials for each in seen]))
    if np.isnan(rates).all():
        raise TooShortError(f"no lead was watched for the {window} days of the window")
    return rates


def bands_of(observations: Observations, window: int, calibrated: Floats) -> list[Band]:
    """Return the bands of ``observations`` beside the rates that were ``calibrated``, one for each band."""
    seen = rates_by_band(observations, window)
    bounds = edges()
    total = observations.incidence(window)
    bands = []
    for number in range(BANDS):
        above = observations.only(observations.score >= bounds[number]).incidence(window)
        bands.append(
            Band(
                float(bounds[number]),
                float(bounds[number + 1]),
                seen[number],
                float(calibrated[number]),
                above,
                _recall(above, total),
            )
        )
    return bands


def split_day(observations: Observations, window: int) -> int:
    """Return the last day of the earlier leads: of those whose window is over, seven tenths lie before its end.

    Raises ``NoLaterLeadsError`` where all of them came on one day, ``TooFewLeadsError`` where there are none.
    """
    days = np.sort(observations.day[observations.is_over(window)])
    if not len(days):
        raise TooFewLeadsError("no lead has its window behind it")
    last = int(days[int(np.ceil((1 - LATER_SHARE) * len(days))) - 1])
    if last == days[-1]:
        earlier = days[days < last]
        if not len(earlier):
            raise NoLaterLeadsError("all leads whose window is over were observed on one day")
        last = int(earlier[-1])
    return last


def require_enough(outcomes: Flags) -> None:
    """Raise ``TooFewLeadsError`` or ``OneOutcomeError`` where a figure on these leads would say nothing."""
    if len(outcomes) < MINIMUM_LEADS:
        raise TooFewLeadsError(f"{len(outcomes)} leads have their window behind them; {MINIMUM_LEADS} are needed")
    count = int(outcomes.sum())
    if count in (0, len(outcomes)):
        raise OneOutcomeError(f"{count} of {len(outcomes)} leads have the outcome; both kinds are needed")
    if min(count, len(outcomes) - count) < MINIMUM_OUTCOMES:
        raise TooFewLeadsError(
            f"{count} of {len(outcomes)} leads have the outcome; {MINIMUM_OUTCOMES} with and without are needed"
        )


def discrimination(score: Floats, outcomes: Flags) -> dict[str, Measure]:
    """Return how well a score ranks. Raises as ``require_enough``."""
    require_enough(outcomes)
    return {"auc": area_under_curve(score, outcomes), "lift_top_20": lift_at(score, outcomes, TOP_SHARE)}


def probability_errors(probabilities: Floats, outcomes: Flags, count_learned: int) -> dict[str, Measure]:
    """Return how far probabilities are off. Raises as ``require_enough``.

    The logarithm takes no probability nearer to 0 or 1 than half a case of the ``count_learned`` that taught it.
    """
    require_enough(outcomes)
    return {
        "brier": brier(probabilities, outcomes),
        "brier_skill": brier_skill(probabilities, outcomes),
        "log_loss": log_loss(probabilities, outcomes, floor=0.5 / max(count_learned, 2)),
    }


def _recall(above: Incidence, total: Incidence) -> Measure:
    expected = total.rate * total.count
    if not (np.isfinite(above.rate) and expected > 0):
        return Measure(0.0 if above.count == 0 and expected > 0 else float("nan"), float("nan"), float("nan"))
    share = min(above.rate * above.count / expected, 1.0)
    low, high = wilson(np.array([share]), np.array([expected]))
    return Measure(share, float(low[0]), float(high[0]))
