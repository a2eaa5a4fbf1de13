"""BG/NBD and Gamma-Gamma: published figures, recovery of known parameters, properties, refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln, hyp2f1

from analytics.customer_value import BgNbd, GammaGamma, fit_bg_nbd, fit_gamma_gamma, forecast_customers
from analytics.errors import NoFitError, TooFewCustomersError

PUBLISHED = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=-9582.4)
WEEKS = 52.0


def _array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def _cdnow(path: Path, until: date) -> tuple[np.ndarray, ...]:
    """Frequency, recency, age in weeks and mean repeat amount of the sample's customers; a day is one purchase."""
    days: dict[str, dict[date, float]] = {}
    for line in path.read_text().splitlines():
        _, customer, day, _, amount = line.split()
        bought = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        if bought <= until:
            of_customer = days.setdefault(customer, {})
            of_customer[bought] = of_customer.get(bought, 0.0) + float(amount)
    histories = [sorted(bought.items()) for bought in days.values()]
    return (
        _array(*(len(history) - 1 for history in histories)),
        _array(*((history[-1][0] - history[0][0]).days / 7 for history in histories)),
        _array(*((until - history[0][0]).days / 7 for history in histories)),
        _array(*(np.mean([amount for _, amount in history[1:]] or [np.nan]) for history in histories)),
    )


@pytest.mark.realdata
def test_cdnow_meets_the_published_parameters(real_data: Callable[[str], Path]) -> None:
    frequency, recency, age, mean = _cdnow(real_data("cdnow") / "CDNOW_sample.txt", date(1997, 9, 30))
    assert (len(frequency), frequency.sum(), (frequency > 0).sum()) == (2357, 2457, 946)
    purchases = fit_bg_nbd(frequency, recency, age)
    fitted = (purchases.r, purchases.alpha, purchases.a, purchases.b)
    assert fitted == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=6e-4)
    assert purchases.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    amounts = fit_gamma_gamma(frequency, mean)
    assert (amounts.p, amounts.q, amounts.v) == pytest.approx((6.25, 3.74, 15.44), abs=6e-3)
    # Fader, Hardie & Lee: customer 1 of the sample is expected to buy 1.226 times in the 39 weeks that follow.
    expected = purchases.expected_purchases(39.0, _array(2), _array(30.43), _array(38.86))
    assert expected[0] == pytest.approx(1.226, abs=5e-4)


def _simulate(
    seed: int, count: int, r: float, alpha: float, a: float, b: float, weeks: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequency, recency and age of customers drawn from BG/NBD."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(weeks / 2, weeks, count)
    rate, drop = rng.gamma(r, 1 / alpha, count), rng.beta(a, b, count)
    frequency, recency = np.zeros(count), np.zeros(count)
    for customer in range(count):
        at = 0.0
        while True:
            at += rng.exponential(1 / rate[customer])
            if at > age[customer]:
                break
            frequency[customer] += 1
            recency[customer] = at
            if rng.random() < drop[customer]:
                break
    return frequency, recency, age


def test_known_parameters_are_recovered() -> None:
    truth = (0.8, 6.0, 0.7, 2.5)
    histories = _simulate(7, 6_000, *truth, weeks=104)
    fitted = fit_bg_nbd(*histories)
    assert (fitted.r, fitted.alpha, fitted.a, fitted.b) == pytest.approx(truth, rel=0.15)
    rng = np.random.default_rng(8)
    frequency = rng.integers(1, 7, 40_000).astype(np.float64)
    means = rng.gamma(6.0 * frequency) / frequency / rng.gamma(4.0, 1 / 15.0, 40_000)
    amounts = fit_gamma_gamma(frequency, means)
    assert (amounts.p, amounts.q, amounts.v) == pytest.approx((6.0, 4.0, 15.0), rel=0.1)
    assert amounts.population_mean == pytest.approx(6.0 * 15.0 / 3.0, rel=0.02)


def test_purchases_of_the_following_year_are_those_that_were_expected() -> None:
    rng = np.random.default_rng(11)
    count, horizon = 20_000, 52.0
    frequency, recency, age, later = (np.zeros(count) for _ in range(4))
    rate, drop = rng.gamma(0.9, 1 / 8.0, count), rng.beta(0.8, 3.0, count)
    age[:] = 78.0
    for customer in range(count):
        at = 0.0
        while (at := at + rng.exponential(1 / rate[customer])) <= age[customer] + horizon:
            if at <= age[customer]:
                frequency[customer], recency[customer] = frequency[customer] + 1, at
            else:
                later[customer] += 1
            if rng.random() < drop[customer]:
                break
    expected = fit_bg_nbd(frequency, recency, age).expected_purchases(horizon, frequency, recency, age)
    for low, high in ((0, 0), (1, 2), (3, 5), (6, 1_000)):
        group = (frequency >= low) & (frequency <= high)
        error = 3 * later[group].std() / np.sqrt(group.sum())
        assert expected[group].mean() == pytest.approx(later[group].mean(), abs=error), (low, high)


@given(
    parameters=st.tuples(*[st.floats(0.05, 20.0)] * 4),
    frequency=st.integers(0, 500),
    share=st.floats(0.001, 1.0),
    age=st.floats(0.2, 500.0),
    horizon=st.floats(0.1, 200.0),
)
@settings(max_examples=150, deadline=None)
def test_expectations_stay_within_what_is_possible(
    parameters: tuple[float, float, float, float], frequency: int, share: float, age: float, horizon: float
) -> None:
    model = BgNbd(*parameters, log_likelihood=0.0)
    x, old = _array(frequency, frequency), _array(age, age)
    recent = _array(share * age, age) if frequency else _array(0, 0)
    alive = model.probability_alive(x, recent, old)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert alive[0] <= alive[1] + 1e-12, "who bought more recently is likelier to be alive"
    soon, late = (model.expected_purchases(time, x, recent, old) for time in (horizon, horizon * 2))
    assert np.isfinite(late).all()
    assert ((soon >= 0) & (late >= soon * (1 - 1e-9))).all(), "more time brings no fewer purchases"
    nobody_leaves = (model.r + frequency) / (model.alpha + age) * horizon
    assert (soon <= nobody_leaves * (1 + 1e-9)).all()


@pytest.mark.parametrize("frequency", [0, 1, 3, 12])
@pytest.mark.parametrize("a", [0.02, 0.3, 0.999999, 1.0, 2.5, 800.0])
def test_expected_purchases_equal_the_integral_over_the_probability_to_leave(frequency: int, a: float) -> None:
    model = replace(PUBLISHED, a=a)
    age, recency, horizon = 40.0, 30.0 if frequency else 0.0, 39.0
    stays, rate, shift = model.b + frequency, model.r + frequency, model.alpha + age

    def density(drop: float) -> float:
        bought = -np.expm1(-rate * np.log1p(drop * horizon / shift)) / drop
        return float(bought * np.exp((a - 1) * np.log(drop) + (stays - 1) * np.log1p(-drop) - betaln(a, stays)))

    alive = model.probability_alive(_array(frequency), _array(recency), _array(age))[0]
    found = model.expected_purchases(horizon, _array(frequency), _array(recency), _array(age))[0]
    # In the root of the probability, so that the integral has no pole at 0.
    wanted = quad(lambda root: density(root**8) * 8 * root**7, 0, 1, epsabs=1e-12, epsrel=1e-11, limit=400)[0]
    assert found == pytest.approx(alive * wanted, rel=1e-8)
    if 0.1 < a < 10 and abs(a - 1) > 0.1:
        closed = (a + stays - 1) / (a - 1) * (1 - hyp2f1(rate, a - 1, a + stays - 1, -horizon / shift))
        assert found == pytest.approx(alive * closed, rel=1e-9)


def test_mean_amount_lies_between_that_of_the_customer_and_that_of_all() -> None:
    model = GammaGamma(p=6.25, q=3.74, v=15.44, log_likelihood=0.0)
    found = model.expected_average_amount(_array(0, 1, 40, 40), _array(np.nan, 100, 100, 5))
    assert found[0] == pytest.approx(6.25 * 15.44 / 2.74)
    assert model.population_mean < found[1] < found[2] < 100
    assert 5 < found[3] < model.population_mean


def test_amount_is_not_known_where_nothing_was_paid_or_the_mean_is_infinite() -> None:
    heavy_tail = GammaGamma(p=2.0, q=0.9, v=10.0, log_likelihood=0.0)
    found = heavy_tail.expected_average_amount(_array(0, 3, 3, 3), _array(np.nan, 50, -20, np.nan))
    assert np.isnan(found[[0, 2, 3]]).all()
    assert np.isfinite(found[1])


@pytest.mark.parametrize(("count", "repeaters"), [(0, 0), (199, 199), (200, 49), (5_000, 49), (60, 60)])
def test_model_is_refused_where_there_are_too_few_customers(count: int, repeaters: int) -> None:
    frequency = np.where(np.arange(count) < repeaters, 1.0, 0.0)
    with pytest.raises(TooFewCustomersError, match=f"{count} customers of whom {repeaters} came back"):
        fit_bg_nbd(frequency, frequency * 3, np.full(count, WEEKS))


def test_model_is_fitted_at_the_least_number_of_customers() -> None:
    frequency = np.where(np.arange(200) < 50, np.arange(200) % 4 + 1.0, 0.0)
    recency = np.where(frequency > 0, frequency * 5 + np.arange(200) % 7, 0.0)
    fitted = fit_bg_nbd(frequency, recency, np.full(200, WEEKS))
    assert np.isfinite([fitted.r, fitted.alpha, fitted.a, fitted.b, fitted.log_likelihood]).all()


@pytest.mark.parametrize(
    ("frequency", "recency", "age", "rule"),
    [(1.5, 1, 9, "count"), (-1, 0, 9, "count"), (2, 10, 9, "between"), (2, 0, 9, "exactly"), (0, 3, 9, "exactly")],
)
def test_impossible_history_is_refused_by_its_rule(frequency: float, recency: float, age: float, rule: str) -> None:
    good = np.ones(300)
    with pytest.raises(ValueError, match=rf"customer 300 .*{rule}"):
        fit_bg_nbd(np.append(good, frequency), np.append(good, recency), np.append(good * 9, age))


def test_order_and_unit_of_the_data_change_nothing() -> None:
    histories = _simulate(3, 600, 0.8, 6.0, 0.7, 2.5, weeks=104)
    shuffled = np.random.default_rng(1).permutation(600)
    fitted, again = fit_bg_nbd(*histories), fit_bg_nbd(*(column[shuffled] for column in histories))
    assert fitted == again
    in_days = fit_bg_nbd(histories[0], histories[1] * 7, histories[2] * 7)
    assert in_days.alpha == pytest.approx(fitted.alpha * 7, rel=1e-4)
    assert (in_days.r, in_days.a, in_days.b) == pytest.approx((fitted.r, fitted.a, fitted.b), rel=1e-4)


def test_everybody_who_stays_for_ever_has_a_finite_forecast() -> None:
    rng = np.random.default_rng(5)
    frequency = rng.poisson(4.0, 400).astype(np.float64)
    forecast = forecast_customers(
        frequency, np.where(frequency > 0, 100.0, 0.0), np.full(400, 104.0), np.full(400, np.nan), horizon=WEEKS
    )
    assert forecast.expected_purchases.mean() == pytest.approx(2.0, rel=0.1)
    assert np.isnan(forecast.expected_amount).all(), "without a known amount there is none"


def test_equal_amounts_are_no_distribution() -> None:
    with pytest.raises(NoFitError, match="the same"):
        fit_gamma_gamma(np.full(100, 3.0), np.full(100, 25.0))
