"""All that is said of one score and one outcome: bands and measures, of the rule and of a logistic model beside it.

Samples: ``all`` leads, whose bands are those in use; and the ``later`` ones, judged by what the earlier ones taught.
The logistic model is judged out of fold where the sample is ``all``, out of time where it is ``later``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.calibration import (
    BANDS,
    Band,
    Observations,
    band_of,
    bands_of,
    calibrated_rates,
    discrimination,
    probability_errors,
    require_enough,
    split_day,
)
from analytics.discrimination import Flags, Measure, area_under_curve
from analytics.errors import ModelRefusedError
from analytics.likelihood import Floats
from analytics.logistic import Matrix, candidates_of, fit_logistic, out_of_fold, probabilities_of
from analytics.proportions import wilson

ALL: Final = "all"
LATER: Final = "later"
RULE: Final = "rule"
LOGISTIC: Final = "logistic"
SCORE: Final = "score"
"""Name of the whole score among the inputs; the others are its criteria."""
OK: Final = "ok"
NO_EVIDENCE: Final = "no_evidence"
OPPOSITE: Final = "opposite"
HARDLY_KNOWN: Final = "hardly_known"

HARDLY_KNOWN_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class BandRow:
    """A band of one sample and estimator."""

    sample: str
    estimator: str
    band: Band


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A measure of one sample, estimator and input, or why there is none."""

    sample: str
    estimator: str
    input_name: str
    metric: str
    status: str
    measure: Measure | None
    count_leads: int
    count_outcomes: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is said of one score and one outcome."""

    bands: list[BandRow]
    measures: list[MeasureRow]


def evaluate(
    observations: Observations,
    points: Matrix,
    is_known: NDArray[np.bool_],
    criteria: Sequence[str],
    *,
    window: int,
) -> Evaluation:
    """Return bands and measures of a score for the outcome within ``window`` days.

    ``points`` and ``is_known`` are leads x criteria: what each criterion gave to the score and whether it was known.
    What cannot be said has a row with the reason as its status; nothing is raised for it.
    """
    result = Evaluation([], [])
    over = observations.is_over(window)
    outcomes = observations.has_outcome(window)[over]
    finished = observations.only(over)
    candidates = candidates_of(points, is_known)
    _rule_on_all(result, observations, finished, outcomes, window)
    _logistic_on_all(result, finished, candidates[over], outcomes, window)
    _later(result, observations, candidates, window)
    for number, criterion in enumerate(criteria):
        _criterion(result, criterion, points[over, number], is_known[over, number], outcomes)
    return result


def _rule_on_all(
    result: Evaluation, observations: Observations, finished: Observations, outcomes: Flags, window: int
) -> None:
    total = observations.incidence(window)
    row = MeasureRow(
        ALL,
        RULE,
        SCORE,
        "base_rate",
        OK if np.isfinite(total.rate) else "too_short",
        Measure(total.rate, total.low, total.high) if np.isfinite(total.rate) else None,
        total.count,
        total.count_reached,
    )
    result.measures.append(row)
    try:
        calibrated = calibrated_rates(observations, window)
    except ModelRefusedError:
        calibrated = np.full(BANDS, np.nan)
    result.bands.extend(BandRow(ALL, RULE, band) for band in bands_of(observations, window, calibrated))
    _measure(result, ALL, RULE, outcomes, ("auc", "lift_top_20"), lambda: discrimination(finished.score, outcomes))


def _logistic_on_all(
    result: Evaluation, finished: Observations, candidates: Matrix, outcomes: Flags, window: int
) -> None:
    def judged() -> dict[str, Measure]:
        require_enough(outcomes)
        probabilities = out_of_fold(candidates, outcomes)
        result.bands.extend(_bands_of_probabilities(ALL, finished, probabilities, window))
        return discrimination(probabilities, outcomes) | probability_errors(probabilities, outcomes, len(outcomes))

    _measure(result, ALL, LOGISTIC, outcomes, _PROBABILITY_METRICS, judged)


def _later(result: Evaluation, observations: Observations, candidates: Matrix, window: int) -> None:
    """Judge on the later leads what could be learned on the last day of the earlier ones."""
    try:
        last = split_day(observations, window)
        earlier = observations.known_on(last)
        calibrated = calibrated_rates(earlier, window)
    except ModelRefusedError as refusal:
        for estimator in (RULE, LOGISTIC):
            _refused(result, LATER, estimator, _PROBABILITY_METRICS, refusal.code, 0, 0)
        return
    is_later = observations.day > last
    later = observations.only(is_later)
    result.bands.extend(BandRow(LATER, RULE, band) for band in bands_of(later, window, calibrated))
    over = later.is_over(window)
    finished, outcomes = later.only(over), later.has_outcome(window)[over]

    def by_rule() -> dict[str, Measure]:
        probabilities = calibrated[band_of(finished.score)]
        return discrimination(finished.score, outcomes) | probability_errors(probabilities, outcomes, len(earlier))

    def by_model() -> dict[str, Measure]:
        learned = earlier.is_over(window)
        fitted = fit_logistic(candidates[~is_later][learned], earlier.has_outcome(window)[learned])
        probabilities = probabilities_of(fitted, candidates[is_later])
        found = discrimination(probabilities[over], outcomes)
        found |= probability_errors(probabilities[over], outcomes, int(learned.sum()))
        result.bands.extend(_bands_of_probabilities(LATER, later, probabilities, window))
        return found

    _measure(result, LATER, RULE, outcomes, _PROBABILITY_METRICS, by_rule)
    _measure(result, LATER, LOGISTIC, outcomes, _PROBABILITY_METRICS, by_model)


_PROBABILITY_METRICS: Final = ("auc", "lift_top_20", "brier", "brier_skill", "log_loss")


def _bands_of_probabilities(
    sample: str, observations: Observations, probabilities: Floats, window: int
) -> list[BandRow]:
    """Return bands of the probability in percent; the calibrated rate is the mean that the model gave."""
    scored = observations.scored(np.clip(100 * probabilities, 0.0, 100.0))
    band = band_of(scored.score)
    count = np.bincount(band, minlength=BANDS)
    with np.errstate(invalid="ignore"):
        given = np.bincount(band, weights=probabilities, minlength=BANDS) / count
    return [BandRow(sample, LOGISTIC, each) for each in bands_of(scored, window, given)]


def _criterion(result: Evaluation, code: str, points: Floats, is_known: Flags, outcomes: Flags) -> None:
    """Say whether the points of a criterion tell outcomes apart among the leads of which it is known."""
    count = len(outcomes)
    known = int(is_known.sum())
    share: Measure | None = None
    if count:
        low, high = wilson(np.array([known / count]), np.array([float(count)]))
        share = Measure(known / count, float(low[0]), float(high[0]))
    status = OK if count else "too_few_leads"
    result.measures.append(MeasureRow(ALL, RULE, code, "known_share", status, share, count, int(outcomes.sum())))
    area: Measure | None = None
    try:
        require_enough(outcomes)
        if known < HARDLY_KNOWN_SHARE * count:
            status = HARDLY_KNOWN
        else:
            require_enough(outcomes[is_known])
            area = area_under_curve(points[is_known], outcomes[is_known])
            status = NO_EVIDENCE if area.low <= 0.5 <= area.high else OPPOSITE if area.high < 0.5 else OK
    except ModelRefusedError as refusal:
        status = refusal.code
    result.measures.append(MeasureRow(ALL, RULE, code, "auc", status, area, known, int(outcomes[is_known].sum())))


def _measure(
    result: Evaluation,
    sample: str,
    estimator: str,
    outcomes: Flags,
    metrics: Sequence[str],
    found: Callable[[], dict[str, Measure]],
) -> None:
    count, reached = len(outcomes), int(outcomes.sum())
    try:
        measures = found()
    except ModelRefusedError as refusal:
        _refused(result, sample, estimator, metrics, refusal.code, count, reached)
        return
    result.measures.extend(
        MeasureRow(sample, estimator, SCORE, metric, OK, measures[metric], count, reached) for metric in metrics
    )


def _refused(
    result: Evaluation, sample: str, estimator: str, metrics: Sequence[str], code: str, count: int, reached: int
) -> None:
    result.measures.extend(
        MeasureRow(sample, estimator, SCORE, metric, code, None, count, reached) for metric in metrics
    )
