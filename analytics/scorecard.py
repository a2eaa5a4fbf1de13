"""Points suggested by data: a scorecard whose bands follow the weight of evidence.

The weight of evidence of a band is the logarithm of its odds of the outcome over those of all cases (Good 1950). What
is unknown scores 0 in the confirmed score, so a band is worth what it has beyond the unknown ones, and nothing where it
has less. Criteria tell partly the same thing: a logistic regression on these weights says how much of each is its own
(Siddiqi 2006). Points are whole and the maxima sum to 100.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from analytics.discrimination import Flags
from analytics.errors import NoFitError, OneOutcomeError
from analytics.likelihood import Floats

ANY_VALUE: Final = "*"
TOTAL: Final = 100
MINIMUM_CASES: Final = 50
"""A band of fewer cases is none of its own."""
FINEST: Final = 12
"""Bands of a number before those are merged that do not differ."""
_DIFFERS: Final = 1.959964

Texts = NDArray[np.str_]
Evidence = Floats | Texts
"""One value for each case: numbers, NaN where unknown, or texts, empty where unknown."""


@dataclass(frozen=True, slots=True)
class PointBand:
    """Points of the numbers in [low, high) or of one text; ``*`` stands for every other text."""

    low: float | None
    high: float | None
    match: str | None
    points: float


@dataclass(frozen=True, slots=True)
class Criterion:
    """Bands of one criterion and the points of the best one."""

    code: str
    max_points: float
    bands: tuple[PointBand, ...]


def suggest_scorecard(evidence: Mapping[str, Evidence], outcomes: Flags) -> list[Criterion]:
    """Return the criteria that are worth points, with their bands, the weightiest first.

    Raises ``OneOutcomeError`` where all cases or none have the outcome, ``NoFitError`` where no criterion is worth a
    point.
    """
    if outcomes.all() or not outcomes.any():
        raise OneOutcomeError("all cases or none have the outcome; points need both")
    banded = {code: _banded(values, outcomes) for code, values in evidence.items()}
    codes = [code for code in banded if banded[code][1].max() > 0]
    while codes:
        worth = np.column_stack([banded[code][1][banded[code][2]] for code in codes])
        weights = LogisticRegression(C=10.0, max_iter=1_000, tol=1e-8).fit(worth, outcomes).coef_[0]
        if (weights <= 0).any():
            # A negative weight would punish what by itself speaks for the outcome: another criterion says it already.
            codes = [code for code, weight in zip(codes, weights, strict=True) if weight > 0]
            continue
        most = np.array([weight * banded[code][1].max() for code, weight in zip(codes, weights, strict=True)])
        whole = _whole_points(most)
        if (whole > 0).all():
            return [
                _criterion(codes[place], int(whole[place]), *banded[codes[place]][:2])
                for place in np.lexsort((np.arange(len(codes)), -whole))
            ]
        codes = [code for code, points in zip(codes, whole, strict=True) if points > 0]
    raise NoFitError("no criterion tells the outcomes apart")


def points_of(criterion: Criterion, values: Evidence) -> Floats:
    """Return the points of each case, 0 where the value is unknown or in no band, as the warehouse gives them.

    A text that is named has its own band; a number that lies in one has that; everything else that is known has the
    band ``*``.
    """
    is_number = np.issubdtype(values.dtype, np.floating)
    is_known = ~np.isnan(values.astype(np.float64)) if is_number else values.astype(np.str_) != ""
    fallback = next((band.points for band in criterion.bands if band.match == ANY_VALUE), 0.0)
    points = np.where(is_known, fallback, 0.0)
    for band in criterion.bands:
        if band.match is None and is_number:
            numbers = values.astype(np.float64)
            inside = (numbers >= (-np.inf if band.low is None else band.low)) & (
                numbers < (np.inf if band.high is None else band.high)
            )
            points[inside & is_known] = band.points
        elif band.match not in (None, ANY_VALUE):
            points[values.astype(np.str_) == band.match] = band.points
    return points


def score_of(criteria: Sequence[Criterion], evidence: Mapping[str, Evidence]) -> Floats:
    """Return the confirmed score of each case, 0 to 100."""
    points = [points_of(criterion, evidence[criterion.code]) for criterion in criteria]
    return np.asarray(np.sum(points, axis=0), dtype=np.float64)


Spans = list[tuple[float | None, float | None, str | None]]


def _banded(values: Evidence, outcomes: Flags) -> tuple[Spans, Floats, NDArray[np.int64]]:
    """Return the bands, what each is worth beyond the unknown, and the band of each case.

    The last place is that of the unknown, which is worth 0.
    """
    spans, band = _numbers(values, outcomes) if np.issubdtype(values.dtype, np.floating) else _texts(values)
    count = np.bincount(band, minlength=len(spans) + 1)
    reached = np.bincount(band, weights=outcomes, minlength=len(spans) + 1)
    odds = (reached + 0.5) / (count - reached + 0.5)
    evidence = np.log(odds) - np.log(outcomes.sum() / (~outcomes).sum())
    if not spans:
        return spans, np.zeros(1), band
    nothing = evidence[-1] if count[-1] >= MINIMUM_CASES else evidence[:-1].min()
    worth = np.maximum(evidence - nothing, 0.0)
    worth[-1] = 0.0
    return spans, worth, band


def _texts(values: Evidence) -> tuple[Spans, NDArray[np.int64]]:
    texts = values.astype(np.str_)
    levels, counts = np.unique(texts[texts != ""], return_counts=True)
    own = levels[counts >= MINIMUM_CASES]
    rest = levels[counts < MINIMUM_CASES]
    spans: Spans = [(None, None, str(level)) for level in own]
    unknown = len(own) + bool(len(rest))
    band = np.full(len(texts), unknown, dtype=np.int64)
    place = np.searchsorted(own, texts) if len(own) else np.zeros(len(texts), dtype=np.int64)
    is_own = np.isin(texts, own)
    band[is_own] = place[is_own]
    if len(rest):
        spans.append((None, None, ANY_VALUE))
        band[np.isin(texts, rest)] = len(own)
    return spans, band


def _numbers(values: Evidence, outcomes: Flags) -> tuple[Spans, NDArray[np.int64]]:
    numbers = values.astype(np.float64)
    is_known = ~np.isnan(numbers)
    known, reached = numbers[is_known], outcomes[is_known]
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, FINEST + 1)[1:-1])) if len(known) else np.empty(0)
    cuts = cuts[cuts > known.min()] if len(known) else cuts
    while len(cuts):
        band = np.searchsorted(cuts, known, side="right")
        count = np.bincount(band, minlength=len(cuts) + 1).astype(np.float64)
        rate = np.bincount(band, weights=reached, minlength=len(cuts) + 1) / np.maximum(count, 1)
        pooled = (count[:-1] * rate[:-1] + count[1:] * rate[1:]) / (count[:-1] + count[1:])
        variance = pooled * (1 - pooled) * (1 / np.maximum(count[:-1], 1) + 1 / np.maximum(count[1:], 1))
        apart = np.abs(np.diff(rate)) / np.sqrt(np.maximum(variance, 1e-300))
        apart[(count[:-1] < MINIMUM_CASES) | (count[1:] < MINIMUM_CASES) | (variance == 0)] = 0.0
        if apart.min() >= _DIFFERS:
            break
        cuts = np.delete(cuts, int(np.argmin(apart)))
    bounds: list[float | None] = [None, *(float(cut) for cut in cuts), None]
    spans: Spans = [(low, high, None) for low, high in pairwise(bounds)] if len(cuts) else [(None, None, ANY_VALUE)]
    if not len(known):
        spans = []
    band = np.full(len(numbers), len(spans), dtype=np.int64)
    band[is_known] = np.searchsorted(cuts, known, side="right")
    return spans, band


def _whole_points(most: Floats) -> NDArray[np.int64]:
    """Return whole maxima that sum to 100, by the largest remainder."""
    exact = TOTAL * most / most.sum()
    whole = np.floor(exact).astype(np.int64)
    whole[np.argsort(whole - exact, kind="stable")[: TOTAL - int(whole.sum())]] += 1
    return np.asarray(whole, dtype=np.int64)


def _criterion(code: str, most: int, spans: Spans, worth: Floats) -> Criterion:
    points = np.round(most * worth[:-1] / worth.max())
    bands = [PointBand(*span, float(value)) for span, value in zip(spans, points, strict=True)]
    return Criterion(code, float(most), tuple(bands))
