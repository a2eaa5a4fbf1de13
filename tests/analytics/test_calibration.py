"""Calibration of a score: by hand, hostile, hypothetical, and on simulated leads whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.calibration import (
    BANDS,
    Observations,
    band_of,
    bands_of,
    calibrated_rates,
    require_enough,
    rising,
    split_day,
)
from analytics.errors import ModelRefusedError, NoLaterLeadsError, OneOutcomeError, TooFewLeadsError, TooShortError
from analytics.score_evaluation import Evaluation, MeasureRow, evaluate

NAN = np.nan
WINDOW = 60
Floats = npt.NDArray[np.float64]


def _leads(
    score: list[float],
    outcome: list[float],
    end: list[float] | None = None,
    watched: float = 400.0,
    day: list[int] | None = None,
) -> Observations:
    count = len(score)
    return Observations(
        np.array(score, dtype=float),
        np.array(day if day is not None else [0] * count, dtype=np.int64),
        np.array(outcome, dtype=float),
        np.array(end if end is not None else [NAN] * count, dtype=float),
        np.full(count, watched),
    )


def _simulated(seed: int, count: int, truth: Floats, days: int = 900) -> Observations:
    """Leads with the ``truth`` of their band as their rate at the window, some ruled out, the last ones censored."""
    random = np.random.default_rng(seed)
    score = random.uniform(0, 100, count)
    day = random.integers(0, days, count)
    watched = (days - day).astype(float)
    # Who reaches it does so within the window; half of the others are ruled out within it.
    reaches = random.random(count) < truth[band_of(score)]
    at = random.integers(1, WINDOW + 1, count).astype(float)
    ruled_out = random.random(count) < 0.5
    outcome = np.where(reaches, at, NAN)
    end = np.where(~reaches & ruled_out, at, NAN)
    return Observations(
        score, day, np.where(outcome <= watched, outcome, NAN), np.where(end <= watched, end, NAN), watched
    )


def test_a_score_belongs_to_the_band_that_it_opens_and_a_full_one_to_the_last() -> None:
    assert list(band_of(np.array([0.0, 9.999, 10.0, 89.99, 90.0, 100.0]))) == [0, 0, 1, 8, 9, 9]


def test_adjacent_violators_are_pooled_by_their_weights() -> None:
    # 0.4 (1 trial) and 0.1 (3) pool to 0.175; the band without a rate lies between its neighbours.
    rates = rising(np.array([0.05, 0.4, 0.1, NAN, 0.575]), np.array([10.0, 1.0, 3.0, 0.0, 4.0]))
    assert rates == pytest.approx([0.05, 0.175, 0.175, 0.375, 0.575])
    assert np.isnan(rising(np.full(3, NAN), np.zeros(3))).all()
    assert rising(np.array([NAN, 0.3, NAN]), np.array([0.0, 5.0, 0.0])) == pytest.approx([0.3, 0.3, 0.3])


def test_bands_and_thresholds_by_hand() -> None:
    # Band 0: 1 of 4; band 5: 1 of 2; band 9: 2 of 2, one exactly 100.
    leads = _leads([0, 5, 5, 9, 50, 59, 95, 100], [3, NAN, NAN, NAN, 60, 61, 1, 2])
    bands = bands_of(leads, WINDOW, calibrated_rates(leads, WINDOW))
    assert [band.seen.count for band in bands] == [4, 0, 0, 0, 0, 2, 0, 0, 0, 2]
    assert [bands[place].seen.rate for place in (0, 5, 9)] == pytest.approx([1 / 4, 1 / 2, 1.0])
    assert [bands[place].calibrated_rate for place in (0, 5, 9)] == pytest.approx([1 / 4, 1 / 2, 1.0])
    assert np.isnan(bands[3].seen.rate)
    assert bands[3].calibrated_rate == pytest.approx(1 / 4 + 3 / 5 * 1 / 4)
    assert [bands[place].from_here.rate for place in (0, 1, 6)] == pytest.approx([4 / 8, 3 / 4, 1.0])
    assert [bands[place].from_here.count for place in (0, 1, 6)] == [8, 4, 2]
    assert [bands[place].recall.value for place in (0, 1, 6)] == pytest.approx([1.0, 3 / 4, 2 / 4])


def test_who_is_still_open_is_censored_and_who_is_closed_competes() -> None:
    # Two of four reach it; one is ruled out; the fourth was watched for ten days only.
    leads = replace(
        _leads([50] * 4, [20, 30, NAN, NAN], [NAN, NAN, 5, NAN]), days_watched=np.array([400.0, 400.0, 400.0, 10.0])
    )
    # At risk 4 on day 5 (ruled out), 2 on day 20 and 1 on day 30: 3/4 x (1/2 + 1/2 x 1).
    assert leads.incidence(WINDOW).rate == pytest.approx(3 / 4)
    # Nobody is left on day 60 here, so it is the share of the three whose window is over.
    open_still = replace(leads, days_to_outcome=np.array([20.0, NAN, NAN, NAN]), days_to_end=np.array([NAN, 3, 5, NAN]))
    assert open_still.incidence(WINDOW).rate == pytest.approx(2 / 4)
    nobody = replace(
        open_still,
        days_to_outcome=np.array([2.0, NAN, NAN, NAN]),
        days_to_end=np.array([NAN, 3.0, 5.0, NAN]),
    )
    assert nobody.incidence(WINDOW).rate == pytest.approx(1 / 3)
    assert nobody.incidence(WINDOW).count == 4


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("score", NAN, "between 0 and 100"),
        ("score", 101.0, "between 0 and 100"),
        ("days_watched", -1.0, "0 days or more"),
        ("days_watched", NAN, "0 days or more"),
        ("days_to_outcome", 0.0, "outcome comes after"),
        ("days_to_end", -3.0, "end comes after"),
    ],
)
def test_what_cannot_be_is_refused(field: str, value: float, rule: str) -> None:
    with pytest.raises(ValueError, match=f"observation 1 .*{rule}"):
        replace(_leads([1, 2, 3], [1, 1, 1]), **{field: np.array([1.0, value, 1.0])})


def test_what_was_known_on_a_day_holds_nothing_later() -> None:
    leads = _leads([10, 20, 30], [5, 50, NAN], [NAN, NAN, 40], day=[0, 0, 30])
    then = leads.known_on(20)
    assert list(then.score) == [10, 20]
    assert list(then.days_watched) == [20, 20]
    assert then.days_to_outcome[0] == 5
    assert np.isnan(then.days_to_outcome[1]), "day 50 was not seen on day 20"
    assert len(leads.known_on(-1)) == 0


def test_the_split_leaves_three_tenths_of_what_is_over_for_later() -> None:
    assert split_day(_leads([1] * 10, [NAN] * 10, day=list(range(10))), WINDOW) == 6
    # The most of them came on the last day: the day before ends the earlier ones.
    assert split_day(_leads([1] * 10, [NAN] * 10, day=[3] + [7] * 9), WINDOW) == 3
    with pytest.raises(NoLaterLeadsError):
        split_day(_leads([1] * 10, [NAN] * 10), WINDOW)
    with pytest.raises(TooFewLeadsError):
        split_day(_leads([1] * 10, [NAN] * 10, watched=5.0), WINDOW)


def test_too_few_and_too_alike_are_refused() -> None:
    for outcomes, error in (
        (np.zeros(49, dtype=bool), TooFewLeadsError),
        (np.zeros(50, dtype=bool), OneOutcomeError),
        (np.arange(50) < 9, TooFewLeadsError),
        (np.arange(50) < 41, TooFewLeadsError),
    ):
        with pytest.raises(error):
            require_enough(outcomes)
    require_enough(np.arange(50) < 10)
    with pytest.raises(TooShortError):
        calibrated_rates(_leads([5.0] * 9, [NAN] * 9, watched=3.0), WINDOW)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 100),
            st.one_of(st.none(), st.integers(1, 90)),
            st.one_of(st.none(), st.integers(1, 90)),
            st.integers(0, 120),
            st.integers(0, 40),
        ),
        max_size=60,
    )
)
def test_rates_rise_and_nothing_leaves_its_range(
    cases: list[tuple[int, int | None, int | None, int, int]],
) -> None:
    columns = list(zip(*cases, strict=True)) or [()] * 5
    observations = Observations(
        np.array(columns[0], dtype=float),
        np.array(columns[4], dtype=np.int64),
        np.array([NAN if day is None else day for day in columns[1]], dtype=float),
        np.array([NAN if day is None else day for day in columns[2]], dtype=float),
        np.array(columns[3], dtype=float),
    )
    points = np.column_stack([observations.score, observations.score // 7])
    found = evaluate(observations, points, points > 3, ["a", "b"], window=WINDOW)
    for sample in ("all", "later"):
        bands = [row.band for row in found.bands if (row.sample, row.estimator) == (sample, "rule")]
        assert len(bands) in ((BANDS,) if sample == "all" else (0, BANDS))
        rates = np.array([band.calibrated_rate for band in bands])
        assert np.isnan(rates).all() or (np.diff(rates) >= -1e-12).all()
        assert np.isnan(rates).all() or ((rates >= 0) & (rates <= 1)).all()
        assert all(band.seen.count_reached <= band.seen.count for band in bands)
        volumes = [band.from_here.count for band in bands]
        assert volumes == sorted(volumes, reverse=True)
        for band in bands:
            for share in (band.seen.rate, band.from_here.rate, band.recall.value):
                assert np.isnan(share) or -1e-12 <= share <= 1 + 1e-12
    assert all((row.measure is None) == (row.status not in {"ok", "no_evidence", "opposite"}) for row in found.measures)


def _measures(found: Evaluation, **wanted: str) -> dict[str, MeasureRow]:
    return {
        row.metric: row for row in found.measures if all(getattr(row, name) == value for name, value in wanted.items())
    }


TRUTH = np.array([0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.45, 0.6, 0.8])


def test_bands_hold_the_true_rate_as_often_as_they_say() -> None:
    inside = cells = 0
    errors = []
    for seed in range(20):
        leads = _simulated(seed, 3_000, TRUTH)
        bands = bands_of(leads, WINDOW, calibrated_rates(leads, WINDOW))
        for band, truth in zip(bands, TRUTH, strict=True):
            if band.seen.count >= 50:
                cells += 1
                inside += band.seen.low <= truth <= band.seen.high
                errors.append(band.calibrated_rate - truth)
    assert cells == 20 * BANDS
    assert 0.9 <= inside / cells <= 0.99
    assert abs(np.mean(errors)) < 0.005


def test_a_good_score_is_found_good_out_of_time_and_a_blind_one_blind() -> None:
    leads = _simulated(7, 4_000, TRUTH)
    random = np.random.default_rng(8)
    noise = random.uniform(0, 10, len(leads))
    points = np.column_stack([leads.score, noise])
    known = np.ones_like(points, dtype=bool)
    found = evaluate(leads, points, known, ["good", "blind"], window=WINDOW)
    for estimator in ("rule", "logistic"):
        later = _measures(found, sample="later", estimator=estimator, input_name="score")
        assert {row.status for row in later.values()} == {"ok"}
        assert later["auc"].measure.low > 0.75
        assert later["lift_top_20"].measure.low > 1.8
        assert later["brier_skill"].measure.low > 0.15
    later = [row.band for row in found.bands if (row.sample, row.estimator) == ("later", "rule")]
    assert sum(band.seen.low <= band.calibrated_rate <= band.seen.high for band in later) >= 8
    assert _measures(found, input_name="good")["auc"].status == "ok"
    assert _measures(found, input_name="blind")["auc"].status == "no_evidence"
    # The world turned: what earlier leads taught is wrong for the later ones, and the skill says so.
    turned = replace(leads, score=np.where(leads.day > 600, 100 - leads.score, leads.score))
    after = _measures(
        evaluate(turned, points, known, ["good", "blind"], window=WINDOW),
        sample="later", estimator="rule", input_name="score",
    )  # fmt: skip
    assert after["auc"].measure.high < 0.5
    assert after["brier_skill"].measure.high < 0


def test_criteria_are_flagged_that_do_the_opposite_or_are_hardly_known() -> None:
    leads = _simulated(9, 2_000, TRUTH)
    points = np.column_stack([100 - leads.score, leads.score, np.full(len(leads), 5.0), leads.score])
    known = np.ones_like(points, dtype=bool)
    known[40:, 1] = False
    found = evaluate(leads, points, known, ["against", "rare", "flat", "ok"], window=WINDOW)
    status = {name: _measures(found, input_name=name)["auc"].status for name in ("against", "rare", "flat", "ok")}
    assert status == {"against": "opposite", "rare": "hardly_known", "flat": "no_evidence", "ok": "ok"}
    assert _measures(found, input_name="rare")["known_share"].measure.value < 0.05


@pytest.mark.parametrize(
    ("leads", "statuses"),
    [
        (_leads([], []), {"too_few_leads", "too_short"}),
        (_leads([50.0], [NAN]), {"ok", "too_few_leads", "no_later_leads"}),
        (_leads([50.0] * 80, [5.0] * 80), {"ok", "one_outcome", "no_later_leads"}),
        (_leads([50.0] * 80, [NAN] * 80), {"ok", "one_outcome", "no_later_leads"}),
        (_leads([50.0] * 80, [NAN] * 80, watched=2.0), {"too_short", "too_few_leads"}),
        (
            _leads([50.0] * 80, ([5.0] * 40) + [NAN] * 40, day=list(range(0, 320, 4))),
            {"ok", "too_few_leads", "no_evidence", "too_few_events"},
        ),
        (
            _leads([10.0] * 100 + [90.0] * 100, [NAN] * 100 + [5.0] * 100, day=list(range(100)) * 2),
            {"ok"},
        ),
    ],
    ids=["nobody", "one_lead", "all", "none", "too_short", "one_score", "perfectly_separated"],
)
def test_what_cannot_be_said_has_its_reason(leads: Observations, statuses: set[str]) -> None:
    points = leads.score.reshape(-1, 1)
    found = evaluate(leads, points, np.ones_like(points, dtype=bool), ["only"], window=WINDOW)
    assert {row.status for row in found.measures} == statuses
    assert all((row.measure is None) == (row.status not in {"ok", "no_evidence"}) for row in found.measures)
    assert not any(np.isnan(row.measure.value) for row in found.measures if row.measure)


def test_perfectly_separated_leads_have_an_end() -> None:
    leads = _leads([10.0] * 100 + [90.0] * 100, [NAN] * 100 + [5.0] * 100, day=list(range(100)) * 2)
    points = leads.score.reshape(-1, 1)
    found = evaluate(leads, points, np.ones_like(points, dtype=bool), ["only"], window=WINDOW)
    for estimator in ("rule", "logistic"):
        later = _measures(found, sample="later", estimator=estimator, input_name="score")
        assert later["auc"].measure.value == 1.0
        assert later["auc"].measure.low < 1.0
        assert later["log_loss"].measure.value < 0.2
        assert np.isfinite(later["log_loss"].measure.high)


def test_the_logistic_model_needs_ten_events_for_each_parameter() -> None:
    random = np.random.default_rng(4)
    points = random.uniform(0, 20, (300, 5))
    outcome = np.where(np.arange(300) % 10 == 0, 5.0, NAN)
    leads = _leads(list(points.sum(axis=1)), list(outcome), day=list(range(300)))
    found = evaluate(leads, points, np.ones_like(points, dtype=bool), list("abcde"), window=WINDOW)
    assert _measures(found, sample="all", estimator="logistic")["auc"].status == "too_few_events"
    assert _measures(found, sample="all", estimator="rule", input_name="score")["auc"].status == "ok"
    fewer = evaluate(leads, points[:, :2], np.ones((300, 2), dtype=bool), list("ab"), window=WINDOW)
    assert _measures(fewer, sample="all", estimator="logistic")["auc"].status == "ok"


def test_every_reason_has_a_code_of_its_own() -> None:
    codes = [error.code for error in ModelRefusedError.__subclasses__()]
    assert len(set(codes)) == len(codes)
