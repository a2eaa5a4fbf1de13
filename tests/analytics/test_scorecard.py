"""Points from data: by hand, hostile, and hypothetical."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import NoFitError, OneOutcomeError
from analytics.scorecard import Criterion, PointBand, points_of, score_of, suggest_scorecard

NAN = np.nan


def _drawn(seed: int, count: int = 2_000) -> tuple[dict[str, np.ndarray], np.ndarray]:
    random = np.random.default_rng(seed)
    sector = random.choice(["industry", "services", "other", ""], count)
    size = np.where(random.random(count) < 0.3, NAN, random.lognormal(3, 1, count))
    noise = random.choice(["a", "b", "c"], count)
    logit = (
        -2 + 1.5 * (sector == "industry") + np.where(np.isnan(size), 0, np.clip((np.nan_to_num(size) - 20) / 40, 0, 2))
    )
    return {"sector": sector, "size": size, "noise": noise}, random.random(count) < 1 / (1 + np.exp(-logit))


def test_points_are_those_of_the_band_and_nothing_where_unknown() -> None:
    size = Criterion(
        "size", 10, (PointBand(None, 10, None, 2), PointBand(10, 50, None, 6), PointBand(50, None, None, 10))
    )
    assert list(points_of(size, np.array([-5.0, 9.99, 10.0, 50.0, NAN]))) == [2, 2, 6, 10, 0]
    gaps = Criterion("size", 10, (PointBand(0, 10, None, 10), PointBand(None, None, "*", 1)))
    assert list(points_of(gaps, np.array([-1.0, 0.0, 10.0, NAN]))) == [1, 10, 1, 0]
    sector = Criterion("sector", 9, (PointBand(None, None, "industry", 9), PointBand(None, None, "*", 3)))
    assert list(points_of(sector, np.array(["industry", "Industry", "", "x"]))) == [9, 3, 0, 3]


def test_evidence_that_counts_has_points_and_noise_has_none() -> None:
    evidence, outcomes = _drawn(1)
    card = {criterion.code: criterion for criterion in suggest_scorecard(evidence, outcomes)}
    assert set(card) >= {"sector", "size"}
    assert card.get("noise", Criterion("noise", 0, ())).max_points <= 5
    points = {band.match: band.points for band in card["sector"].bands}
    assert points["industry"] == card["sector"].max_points > max(points["services"], points["other"])
    sizes = [band.points for band in card["size"].bands]
    assert sizes == sorted(sizes), "in this world larger is better"


def test_the_unknown_is_worth_nothing_and_a_value_below_it_no_less() -> None:
    # Unknown: half reach it. "bad": a tenth. "good": nine in ten.
    values = np.array([""] * 100 + ["bad"] * 100 + ["good"] * 100)
    outcomes = np.concatenate([np.arange(100) % 2 == 0, np.arange(100) % 10 == 0, np.arange(100) % 10 != 0])
    (criterion,) = suggest_scorecard({"only": values}, outcomes)
    assert criterion == Criterion(
        "only", 100.0, (PointBand(None, None, "bad", 0.0), PointBand(None, None, "good", 100.0))
    )


def test_a_rare_text_is_no_band_of_its_own_and_a_number_that_only_has_to_be_known_is_one_band() -> None:
    values = np.array(["often"] * 100 + ["rare"] * 20 + ["other"] * 20 + [""] * 100)
    outcomes = np.concatenate([np.arange(100) % 4 != 0, np.ones(40, dtype=bool), np.arange(100) % 4 == 0])
    (criterion,) = suggest_scorecard({"only": values}, outcomes)
    assert [band.match for band in criterion.bands] == ["often", "*"]
    numbers = np.where(values == "", NAN, 7.0)
    (criterion,) = suggest_scorecard({"only": numbers}, outcomes)
    assert criterion.bands == (PointBand(None, None, "*", 100.0),)


def test_what_repeats_another_criterion_is_not_paid_twice() -> None:
    evidence, outcomes = _drawn(2)
    card = suggest_scorecard(evidence | {"copy": evidence["sector"]}, outcomes)
    alone = {criterion.code: criterion.max_points for criterion in suggest_scorecard(evidence, outcomes)}
    both = sum(criterion.max_points for criterion in card if criterion.code in ("sector", "copy"))
    assert both == pytest.approx(alone["sector"], abs=3)


def test_nothing_to_tell_apart_is_refused() -> None:
    values = np.array(["a", "b"] * 100)
    with pytest.raises(OneOutcomeError):
        suggest_scorecard({"only": values}, np.ones(200, dtype=bool))
    with pytest.raises(NoFitError, match="no criterion"):
        suggest_scorecard({"only": np.full(200, "same")}, np.arange(200) % 2 == 0)
    with pytest.raises(NoFitError):
        suggest_scorecard({"only": np.full(200, NAN)}, np.arange(200) % 2 == 0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 400))
def test_every_scorecard_is_a_valid_configuration(seed: int, count: int) -> None:
    evidence, outcomes = _drawn(seed, count)
    try:
        card = suggest_scorecard(evidence, outcomes)
    except (OneOutcomeError, NoFitError):
        return
    assert sum(criterion.max_points for criterion in card) == 100
    for criterion in card:
        points = [band.points for band in criterion.bands]
        assert max(points) == criterion.max_points
        assert all(0 <= value == int(value) for value in points)
        spans = [(band.low, band.high) for band in criterion.bands if band.match is None]
        assert all(high == low for (_, high), (low, _) in pairwise(spans))
        for band in criterion.bands:
            assert (band.match is None) != (band.low is None and band.high is None)
    score = score_of(card, evidence)
    assert ((score >= 0) & (score <= 100)).all()
