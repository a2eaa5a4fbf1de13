"""The simpler models and the judges of all, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics.forecast.actuals import complete_months, ordered_between
from analytics.forecast.amounts import known_amounts
from analytics.forecast.backtest import FEWEST_ORIGINS, beats, bias, brier, coverage, mase, pinball, wape
from analytics.forecast.history import NEVER, History, visible
from analytics.forecast.ladder import (
    crm_weighted,
    naive_error,
    naive_mean,
    naive_year_ago,
    stage_history,
    stage_win_rates,
)
from analytics.forecast.months import ahead
from analytics.forecast.semi_markov import AMOUNT, COUNT, EXISTING, FUTURE, QUANTILES, TOTAL
from analytics.forecast.sojourns import build_journey
from tests.analytics.companies import IS_LOST, IS_WON, ONE, START, TWO, TWO_STAGES, company, day

NEVER_DAY = int(NEVER)


def _monthly(counts: dict[str, int], cancelled: dict[str, str] | None = None) -> History:
    """A company with so many orders of 100 on the tenth of each month, known from the first of the first month on."""
    orders, gone = [(day(f"{min(counts)}-01"), -1, -1, 0.0)], [NEVER_DAY]
    for month, count in counts.items():
        for number in range(count - (month == min(counts))):
            orders.append((day(f"{month}-10"), -1, -1, 100.0))
            gone.append(
                day((cancelled or {}).get(month, "")) if not number and month in (cancelled or {}) else NEVER_DAY
            )
    return company(orders=orders, cancelled=gone)


def test_orders_count_gross_and_amounts_net_in_the_month_of_the_cancellation() -> None:
    history = _monthly({"2024-01": 3, "2024-02": 2}, {"2024-01": "2024-02-20"})
    starts, ordered = complete_months(history, day("2024-02-29"))
    assert starts.tolist() == [day("2024-01-01"), day("2024-02-01")]
    assert ordered.tolist() == [[3, 2], [200, 100]]
    part = ordered_between(history, np.array([day("2024-02-10")]), np.array([day("2024-02-20")]))
    assert part.tolist() == [[2], [200]]


def test_a_month_that_began_before_the_history_is_not_complete() -> None:
    history = company(orders=[(day("2024-01-02"), -1, -1, 1.0), (day("2024-02-02"), -1, -1, 1.0)])
    assert complete_months(history, day("2024-03-15"))[0].tolist() == [day("2024-02-01")]
    assert complete_months(company(), day("2024-03-15"))[0].tolist() == []


def test_naive_models_are_the_last_three_months_and_the_year_before() -> None:
    counts = {f"2023-{month:02}": month for month in range(1, 13)} | {"2024-01": 20, "2024-02": 30}
    history = _monthly(counts)
    end = ahead(day("2024-02-29"))
    mean = naive_mean(history, end)
    assert mean[COUNT, TOTAL].tolist() == pytest.approx([0.0, *[(12 + 20 + 30) / 3] * 3])
    assert np.isnan(mean[:, [EXISTING, FUTURE]]).all()
    assert naive_year_ago(history, end)[COUNT, TOTAL].tolist() == [0.0, 3.0, 4.0, 5.0]
    # On the 15th ten of the 21 working days of March are still to come; February is the last complete month.
    middle = ahead(day("2024-03-15"))
    assert naive_mean(history, middle)[COUNT, TOTAL, 0] == pytest.approx((12 + 20 + 30) / 3 * 10 / 21)
    assert naive_year_ago(history, middle)[AMOUNT, TOTAL, 0] == pytest.approx(300 * 10 / 21)
    # A year before there was no such company.
    assert np.isnan(naive_year_ago(history, ahead(day("2023-12-31")))[COUNT, TOTAL, 3]) == np.False_
    assert np.isnan(naive_year_ago(history, ahead(day("2023-06-30")))[:, TOTAL, 1:]).all()


def test_naive_model_of_a_first_month_is_its_pace() -> None:
    history = company(orders=[(day("2024-01-02"), -1, -1, 50.0), (day("2024-01-09"), -1, -1, 50.0)])
    mean = naive_mean(visible(history, day("2024-01-15")), ahead(day("2024-01-15")))
    # Two orders in the ten working days from the 2nd to the 15th.
    assert mean[:, TOTAL, 1].tolist() == pytest.approx([2 / 10 * 21, 100 / 10 * 21])
    assert naive_mean(company(), ahead(day("2024-01-15")))[:, TOTAL].max() == 0


def test_scale_of_mase_is_the_error_of_the_naive_model_in_the_history() -> None:
    history = _monthly({"2024-01": 3, "2024-02": 6, "2024-03": 9, "2024-04": 10, "2024-05": 5})
    # Means of three months before: 6, then 25 / 3.
    assert naive_error(history, day("2024-05-31"))[COUNT] == pytest.approx((4 + 10 / 3) / 2)
    assert np.isnan(naive_error(history, day("2024-03-31"))).all()


def _closed(won: int, lost: int) -> tuple[list[list[tuple[int, int, float]]], list[tuple[int, int, int, float]]]:
    deals = [[(START, ONE, 100.0), (START + 10, TWO, 100.0), (START + 30, IS_WON, 100.0)] for _ in range(won)]
    deals += [[(START, ONE, 100.0), (START + 10, IS_LOST, 100.0)] for _ in range(lost)]
    return deals, [(START + 30, deal, -1, 100.0) for deal in range(won)]


def test_crm_weighting_takes_win_rates_where_the_crm_gives_no_probability() -> None:
    deals, orders = _closed(24, 36)
    origin = day("2023-03-31")
    deals += [[(origin - 5, ONE, 200.0)], [(origin - 60, TWO, 300.0)]]
    history = visible(company(deals, orders=orders), origin)
    rate, wait = stage_win_rates(history)
    assert rate[[ONE, TWO]].tolist() == [0.4, 1.0]
    assert wait[[ONE, TWO]].tolist() == [30.0, 20.0]
    amounts = known_amounts(history, build_journey(history, origin), origin)
    expected, by_crm = crm_weighted(history, amounts, ahead(origin))
    assert not by_crm
    # The first is due 25 days from now, the second is overdue: tomorrow. Both in April; the lost ones count nowhere.
    assert expected[COUNT, TOTAL].tolist() == pytest.approx([0, 1.4, 0, 0])
    assert expected[AMOUNT, TOTAL].tolist() == pytest.approx([0, 0.4 * 200 + 300, 0, 0])
    assert expected[:, FUTURE].max() == 0
    stated = replace(TWO_STAGES, probability=np.array([0.1, 0.5, np.nan, np.nan]))
    expected, by_crm = crm_weighted(replace(history, stages=stated), amounts, ahead(origin))
    assert by_crm
    assert expected[COUNT, TOTAL, 1] == pytest.approx(0.6)


def test_stage_history_is_what_the_stage_brought_at_the_same_distance() -> None:
    # Every tenth day a deal comes and is won 45 days later; one in two is lost instead.
    deals, orders = [], []
    for number in range(60):
        start, won = START + 10 * number, number % 2 == 0
        deals.append([(start, ONE, 100.0), (start + 45, IS_WON if won else IS_LOST, 100.0)])
        if won:
            orders.append((start + 45, number, -1, 100.0))
    origin = day("2024-03-31")
    history = visible(company(deals, orders=orders), origin)
    amounts = known_amounts(history, build_journey(history, origin), origin)
    expected = stage_history(history, amounts, ahead(origin))
    # Four or five deals are open; half are won within 45 days, of which the first 30 bring two thirds.
    assert expected[COUNT, EXISTING, 1:3].sum() == pytest.approx(2.25, abs=0.3)
    assert expected[COUNT, EXISTING, 3] == 0
    # One order in twenty days: what open deals do not bring, others do.
    assert expected[COUNT, TOTAL, 1:] == pytest.approx(np.array([30, 31, 30]) / 20, abs=0.2)
    young = ahead(START + 20)
    assert np.isnan(stage_history(visible(history, START + 20), amounts, young)).all()


def _array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_measures_of_error_by_hand() -> None:
    expected, actual = _array(10, 20, 30), _array(12, 10, 30)
    assert wape(expected, actual) == pytest.approx(12 / 52)
    assert bias(expected, actual) == pytest.approx(8 / 52)
    assert mase(expected, actual, _array(2, 4, np.nan)) == pytest.approx((1 + 2.5) / 2)
    assert np.isnan(wape(expected, _array(0, 0, 0)))
    assert coverage(_array(1, 5, 5), _array(3, 8, 8), _array(3, 4, 8)) == pytest.approx(2 / 3)
    assert brier(_array(0.2, 0.9), _array(0, 1)) == pytest.approx((0.04 + 0.01) / 2)
    assert np.isnan(brier(_array(), _array()))
    quantiles = np.full((1, len(QUANTILES)), 10.0)
    levels = np.array(QUANTILES)
    assert pinball(quantiles, _array(12)) == pytest.approx((2 * levels).mean())
    assert pinball(quantiles, _array(7)) == pytest.approx((3 * (1 - levels)).mean())


def test_a_model_is_promoted_by_beating_every_naive_one_over_six_origins() -> None:
    origins = np.arange(FEWEST_ORIGINS)
    actual = np.full(FEWEST_ORIGINS, 10.0)
    better, worse = actual + 1, actual - 2
    assert beats(better, {"a": worse, "b": worse}, actual, origins)
    assert not beats(better, {"a": worse, "b": better}, actual, origins), "as good is not better"
    assert not beats(better[1:], {"a": worse[1:]}, actual[1:], origins[1:]), "five origins are too few"
    assert not beats(better, {"a": worse}, actual, origins // 2), "two months of one origin are one origin"
    unknown = np.full(FEWEST_ORIGINS, np.nan)
    assert beats(better, {"a": worse, "b": unknown}, actual, origins), "who never forecast is no rival"
    assert not beats(better, {"b": unknown}, actual, origins)
    assert not beats(better, {"a": worse}, unknown, origins), "nothing has come yet"
    with pytest.raises(ValueError, match="at least one"):
        beats(better, {}, actual, origins)
