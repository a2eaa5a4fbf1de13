"""The SQL of KPI 3 by amount against the definition: weighted Aalen-Johansen and the variance of its bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from tests.dbt.support import create_warehouse, dbt_ok, raw_tables

DAY = 86_400
WINDOW = 90 * DAY
NEVER = np.iinfo(np.int64).max
START = date(2024, 1, 1)

Weights = npt.NDArray[np.float64] | npt.NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Cohort:
    """Deals of one cohort: seconds to the next stage, to the loss, to the end of the watch, and their amounts."""

    reach: npt.NDArray[np.int64]
    compete: npt.NDArray[np.int64]
    followup: npt.NDArray[np.int64]
    amount: npt.NDArray[np.float64]

    @property
    def weighed(self) -> npt.NDArray[np.bool_]:
        """Deals with an amount above 0."""
        return np.nan_to_num(self.amount) > 0


def weighted_incidence(cohort: Cohort, weights: Weights) -> Weights:
    """Aalen-Johansen at the window, from the definition, every count replaced by a sum of weights."""
    first = np.minimum(cohort.reach, cohort.compete)
    time = np.minimum(first, cohort.followup)
    is_event = first <= cohort.followup
    is_reached = is_event & (cohort.reach <= cohort.compete)
    kept = cohort.weighed
    survival, incidence = 1.0, 0.0
    for instant in np.unique(time[kept & (time <= WINDOW)]):
        at_risk = weights[kept & (time >= instant)].sum()
        here = kept & (time == instant)
        incidence = incidence + survival * weights[here & is_reached].sum() / at_risk
        survival = survival * (1 - weights[here & is_event].sum() / at_risk)
    return incidence


def influences(cohort: Cohort) -> npt.NDArray[np.float64]:
    """How far each deal moves the incidence when it counts a little more: complex steps are exact to the last digit."""
    step = 1e-30
    found = np.zeros(len(cohort.amount))
    for deal in np.flatnonzero(cohort.weighed):
        weights = cohort.amount.astype(complex)
        weights[deal] *= 1 + 1j * step
        found[deal] = np.imag(weighted_incidence(cohort, weights)) / step
    return found


def _drawn(seed: int, size: int, *, unit: int, censored: bool = True, spread: float = 1.0) -> Cohort:
    random = np.random.default_rng(seed)
    days = 120 * DAY // unit

    def times(share_of_never: float) -> npt.NDArray[np.int64]:
        return np.where(random.random(size) < share_of_never, NEVER, random.integers(0, days, size) * unit)

    followup = random.integers(0, days, size) * unit if censored else np.full(size, 400 * DAY)
    amount = np.round(np.exp(random.normal(8, spread, size)), 4)
    amount[random.random(size) < 0.1] = np.nan
    amount[random.random(size) < 0.05] = 0
    amount[0] = 12_345.6789
    return Cohort(times(0.4), times(0.5), followup, amount)


COHORTS = {
    "ties_by_day": _drawn(1, 300, unit=DAY),
    "ties_by_week": _drawn(2, 150, unit=7 * DAY),
    "seconds": _drawn(3, 200, unit=1),
    "few": _drawn(4, 9, unit=DAY),
    "one_large_deal": _drawn(5, 120, unit=DAY, spread=3),
    "uncensored": _drawn(6, 200, unit=DAY, censored=False),
    "uncensored_few": _drawn(7, 8, unit=10 * DAY, censored=False),
    "one": Cohort(np.array([10]), np.array([NEVER]), np.array([400 * DAY]), np.array([5.0])),
    "hazard_of_one": Cohort(
        np.array([10, NEVER, 40]), np.array([NEVER, 20, NEVER]), np.full(3, 400 * DAY), np.array([0.1, 0.2, 0.3])
    ),
    "nobody_watched_to_the_end": Cohort(
        np.array([10, NEVER]), np.array([NEVER, NEVER]), np.array([20 * DAY] * 2), np.array([5.0, 7.0])
    ),
}
UNCENSORED = [name for name, cohort in COHORTS.items() if np.all(cohort.followup == 400 * DAY)]


def _items() -> pa.Table:
    tables = []
    for name, cohort in COHORTS.items():
        size = len(cohort.reach)
        amounts = [None if np.isnan(one) else Decimal(str(one)) for one in cohort.amount]
        tables.append(
            pa.table(
                {
                    "metric_id": ["kpi3_stage_conversion"] * size,
                    "dimension_name": ["stage"] * size,
                    "dimension_value": [name] * size,
                    "period_grain": ["month"] * size,
                    "period_start": pa.array([START] * size, pa.date32()),
                    "item_id": [str(number) for number in range(size)],
                    "reach_seconds": pa.array(cohort.reach, mask=cohort.reach == NEVER),
                    "compete_seconds": pa.array(cohort.compete, mask=cohort.compete == NEVER),
                    "followup_seconds": pa.array(cohort.followup),
                    "item_amount": pa.array(amounts, pa.decimal128(18, 4)),
                }
            )
        )
    return pa.concat_tables(tables)


Values = dict[tuple[str, str], tuple[float | None, float | None, float | None, float, float]]


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Values:
    """Value, variance, effective trials, denominator and count by case and basis, as the models compute them."""
    warehouse = tmp_path_factory.mktemp("amounts") / "warehouse.duckdb"
    periods = pa.table({"period_grain": ["month"], "period_start": [START], "last_date": [date(2024, 1, 31)]})
    given = {("intermediate", "int_kpi__cohort_stage_items"): _items(), ("intermediate", "int_kpi__periods"): periods}
    create_warehouse(warehouse, raw_tables() | given)
    dbt_ok(
        "run",
        "--select",
        "int_kpi__cohort_amount_curves",
        "int_kpi__cohort_amount_values",
        warehouse=warehouse,
        variables={"as_of": "2026-01-01"},
    )
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select dimension_value, basis, value, value_variance, count_effective_trials, denominator, count_observed "
            "from intermediate.int_kpi__cohort_amount_values"
        ).fetchall()
    return {
        (case, basis): (value, variance, trials, float(entered), float(count))
        for case, basis, value, variance, trials, entered, count in rows
    }


@pytest.mark.parametrize("case", sorted(set(COHORTS) - {"nobody_watched_to_the_end"}))
def test_incidence_by_amount_and_its_variance_equal_the_definition(values: Values, case: str) -> None:
    cohort = COHORTS[case]
    value, variance, _, entered, count = values[case, "cohort_aj"]
    assert value == pytest.approx(weighted_incidence(cohort, cohort.amount), abs=1e-9)
    assert variance == pytest.approx(np.sum(influences(cohort) ** 2), abs=1e-9)
    assert entered == pytest.approx(np.sum(cohort.amount[cohort.weighed]))
    assert count == np.sum(cohort.weighed)


@pytest.mark.parametrize("case", UNCENSORED)
def test_incidence_by_amount_equals_the_plain_ratio_when_nothing_is_censored(values: Values, case: str) -> None:
    cohort = COHORTS[case]
    value, variance, trials, _, _ = values[case, "cohort_aj"]
    ratio, ratio_variance, ratio_trials, _, _ = values[case, "cohort_window"]
    assert value is not None
    assert value == pytest.approx(ratio, abs=1e-9)
    assert variance == pytest.approx(ratio_variance, abs=1e-9)
    amount = cohort.amount[cohort.weighed]
    reached = ((cohort.reach <= cohort.compete) & (cohort.reach <= WINDOW))[cohort.weighed]
    assert ratio == pytest.approx(amount[reached].sum() / amount.sum(), abs=1e-9)
    assert ratio_variance == pytest.approx(np.sum((amount * (reached - ratio)) ** 2) / amount.sum() ** 2, abs=1e-9)
    if 0 < value < 1:
        assert trials == pytest.approx(ratio_trials)
    else:
        assert trials == pytest.approx(amount.sum() ** 2 / np.sum(amount**2))


def test_incidence_by_amount_is_unknown_when_nobody_was_watched_to_the_end_of_the_window(values: Values) -> None:
    assert values["nobody_watched_to_the_end", "cohort_aj"][:3] == (None, None, None)


@pytest.mark.parametrize("case", ["ties_by_week", "uncensored"])
def test_variance_is_that_of_a_bootstrap_over_deals(values: Values, case: str) -> None:
    cohort = COHORTS[case]
    random = np.random.default_rng(11)
    replicates = [
        weighted_incidence(cohort, cohort.amount * random.poisson(1, len(cohort.amount))) for _ in range(2_000)
    ]
    _, variance, _, _, _ = values[case, "cohort_aj"]
    # The spread of 2,000 replicates is itself known to some 3 %; the first order misses the curvature, a little more.
    assert np.sqrt(variance) == pytest.approx(np.std(replicates), rel=0.1)
