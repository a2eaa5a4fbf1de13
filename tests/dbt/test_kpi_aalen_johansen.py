"""The SQL of the cohort metrics against the textbook and scikit-survival: Aalen-Johansen at a window, and its interval.

scikit-survival counts ties exactly. It is a tool of the tests and no part of what is delivered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import NormalDist

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from sksurv.nonparametric import cumulative_incidence_competing_risks

from tests.dbt.support import create_warehouse, dbt_ok, raw_tables

DAY = 86_400
WINDOWS = (30, 60, 90)
METRIC = "kpi2_sql_rate"
START = date(2024, 1, 1)

Times = npt.NDArray[np.int64]
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Cohort:
    """Items of one cohort: seconds to the step, to what rules it out, and to the end of the watch."""

    reach: Times
    compete: Times
    followup: Times

    def observed(self) -> tuple[Times, npt.NDArray[np.str_]]:
        """Time that ended each watch, and how: the step before what competes, both before the end of the watch."""
        first = np.minimum(self.reach, self.compete)
        time = np.minimum(first, self.followup)
        ending = np.where(
            first > self.followup, "censored", np.where(self.reach <= self.compete, "reached", "competed")
        )
        return time, ending


def textbook(cohort: Cohort, window: int) -> tuple[float | None, float | None]:
    """Aalen-Johansen cumulative incidence at ``window`` seconds and its delta-method variance.

    From the definition, instant by instant: F(t) = sum of S(t-) d1 / n (Aalen & Johansen 1978), variance by Marubini &
    Valsecchi (1995, 10.2). None where the curve is not known to the end of the window.
    """
    time, ending = cohort.observed()
    survival, incidence = 1.0, 0.0
    steps: list[tuple[int, int, int, float, float]] = []
    for instant in np.unique(time[time <= window]):
        at_risk = int(np.sum(time >= instant))
        reached = int(np.sum((time == instant) & (ending == "reached")))
        events = int(np.sum((time == instant) & (ending != "censored")))
        incidence += survival * reached / at_risk
        steps.append((at_risk, reached, events, survival, incidence))
        survival *= 1 - events / at_risk
    if survival > 0 and not np.any(time >= window):
        return None, None
    variance = 0.0
    for at_risk, reached, events, before, so_far in steps:
        rest = incidence - so_far
        if events < at_risk:
            variance += rest**2 * events / (at_risk * (at_risk - events))
        variance += before**2 * (at_risk - reached) * reached / at_risk**3
        variance -= 2 * rest * before * reached / at_risk**2
    return incidence, max(variance, 0.0)


def _drawn(seed: int, size: int, *, unit: int, censored: bool) -> Cohort:
    """A random cohort; with a coarse ``unit`` of seconds many instants are shared, by all kinds of endings."""
    random = np.random.default_rng(seed)
    days = 120 * DAY // unit

    def times(share_of_never: float) -> Times:
        drawn = random.integers(0, days, size) * unit
        return np.where(random.random(size) < share_of_never, NEVER, drawn)

    followup = random.integers(0, days, size) * unit if censored else np.full(size, 400 * DAY)
    return Cohort(times(0.4), times(0.5), followup)


def _cohort(reach: list[int], compete: list[int], followup: list[int]) -> Cohort:
    return Cohort(np.array(reach), np.array(compete), np.array(followup))


COHORTS = {
    "ties_by_day": _drawn(1, 300, unit=DAY, censored=True),
    "ties_by_week": _drawn(2, 150, unit=7 * DAY, censored=True),
    "seconds": _drawn(3, 500, unit=1, censored=True),
    "few": _drawn(4, 6, unit=DAY, censored=True),
    "large": _drawn(5, 3_000, unit=60, censored=True),
    "uncensored": _drawn(6, 400, unit=DAY, censored=False),
    "uncensored_few": _drawn(7, 5, unit=10 * DAY, censored=False),
    "hazard_of_one": _cohort([10, 10, 10], [NEVER] * 3, [400 * DAY] * 3),
    "hazard_of_one_at_the_end": _cohort([10, NEVER, 40], [NEVER, 20, NEVER], [400 * DAY] * 3),
    "all_ruled_out": _cohort([NEVER] * 4, [5, 5, 6, 7], [400 * DAY] * 4),
    "nothing_happened": _cohort([NEVER] * 4, [NEVER] * 4, [400 * DAY] * 4),
    "nobody_watched_to_the_end": _cohort([10, NEVER, NEVER], [NEVER] * 3, [20 * DAY] * 3),
    "watched_exactly_to_the_end": _cohort([30 * DAY, NEVER], [NEVER, NEVER], [30 * DAY, 30 * DAY]),
    "step_and_loss_at_one_instant": _cohort([10, 50], [10, 40], [400 * DAY] * 2),
    "event_after_the_watch": _cohort([50, 10], [NEVER, NEVER], [40, 400 * DAY]),
    "one": _cohort([10], [NEVER], [400 * DAY]),
}
# Sizes from 5 to 900 and instants shared by the fortnight, week, day, hour and second.
COHORTS |= {
    f"random_{seed}": _drawn(
        100 + seed, 5 + seed * seed * 4, unit=(15 * DAY, 7 * DAY, DAY, 3600, 1)[seed % 5], censored=True
    )
    for seed in range(16)
}
MUST_COMPARE = {
    "ties_by_day",
    "ties_by_week",
    "seconds",
    "large",
    "uncensored",
    *(f"random_{seed}" for seed in range(3, 16)),
}
UNCENSORED = [name for name, cohort in COHORTS.items() if np.all(cohort.followup == 400 * DAY)]


def _items() -> pa.Table:
    tables = []
    for name, cohort in COHORTS.items():
        size = len(cohort.reach)
        tables.append(
            pa.table(
                {
                    "metric_id": [METRIC] * size,
                    "dimension_name": ["case"] * size,
                    "dimension_value": [name] * size,
                    "period_grain": ["month"] * size,
                    "period_start": pa.array([START] * size, pa.date32()),
                    "item_id": [str(number) for number in range(size)],
                    "reach_seconds": pa.array(cohort.reach, mask=cohort.reach == NEVER),
                    "compete_seconds": pa.array(cohort.compete, mask=cohort.compete == NEVER),
                    "followup_seconds": pa.array(cohort.followup),
                }
            )
        )
    return pa.concat_tables(tables)


Row = tuple[float | None, float | None, float]
Values = dict[tuple[str, int, str], Row]


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Values:
    """Value, variance and number entered by case, window and basis, as the models compute them."""
    warehouse = tmp_path_factory.mktemp("aalen_johansen") / "warehouse.duckdb"
    periods = pa.table({"period_grain": ["month"], "period_start": [START], "last_date": [date(2024, 1, 31)]})
    create_warehouse(
        warehouse,
        raw_tables()
        | {("intermediate", "int_kpi__cohort_items"): _items(), ("intermediate", "int_kpi__periods"): periods},
    )
    dbt_ok(
        "run",
        "--select",
        "int_kpi__cohort_windows",
        "int_kpi__cohort_curves",
        "int_kpi__cohort_values",
        warehouse=warehouse,
        variables={"as_of": "2026-01-01", "sql_window_days": list(WINDOWS)},
    )
    return _read(warehouse)


def _read(warehouse: Path) -> Values:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select dimension_value, window_days, basis, value, value_variance, denominator "
            "from intermediate.int_kpi__cohort_values"
        ).fetchall()
    return {(case, window, basis): (value, variance, float(n)) for case, window, basis, value, variance, n in rows}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("case", COHORTS)
def test_aalen_johansen_equals_the_textbook(values: Values, case: str, window: int) -> None:
    value, variance, entered = values[case, window, "cohort_aj"]
    expected, expected_variance = textbook(COHORTS[case], window * DAY)
    assert entered == len(COHORTS[case].reach)
    if expected is None:
        assert value is None
        assert variance is None
    else:
        assert value == pytest.approx(expected, abs=1e-9)
        assert variance == pytest.approx(expected_variance, abs=1e-9)


def scikit_survival(cohort: Cohort, window: int) -> tuple[float, tuple[float, float] | None] | None:
    """Cumulative incidence at ``window`` seconds with its published 95 % interval; None where it has none to give.

    Its variance divides by zero at a hazard of 1, which stands in the window when everybody has ended by then.
    """
    time, ending = cohort.observed()
    # What comes after the window cannot move the curve inside it.
    event = np.select([(ending == "reached") & (time <= window), (ending == "competed") & (time <= window)], [1, 2])
    time = np.minimum(time, window + 1)
    if {1, 2} - set(event):
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        instants, incidence, interval = cumulative_incidence_competing_risks(
            event, time.astype(float), conf_type="log-log", var_type="Dinse_Approx"
        )
    last = int(np.searchsorted(instants, window, side="right")) - 1
    low, high = interval[1, :, last]
    return float(incidence[1, last]), (float(low), float(high)) if np.any(time > window) else None


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("case", COHORTS)
def test_aalen_johansen_equals_scikit_survival_with_its_interval(values: Values, case: str, window: int) -> None:
    value, variance, _ = values[case, window, "cohort_aj"]
    expected = scikit_survival(COHORTS[case], window * DAY)
    if expected is None or value is None or variance is None:
        assert case not in MUST_COMPARE
        return
    assert value == pytest.approx(expected[0], abs=1e-9)
    interval = expected[1]
    if interval is None:
        assert case not in MUST_COMPARE
        return
    # The log-log interval that scikit-survival publishes, from the variance that the models publish.
    spread = NormalDist().inv_cdf(0.975) * np.sqrt(variance) / (value * np.log(value))
    assert value ** np.exp(-spread) == pytest.approx(interval[0], abs=1e-9)
    assert value ** np.exp(spread) == pytest.approx(interval[1], abs=1e-9)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("case", UNCENSORED)
def test_aalen_johansen_equals_the_plain_ratio_when_nothing_is_censored(values: Values, case: str, window: int) -> None:
    value, variance, entered = values[case, window, "cohort_aj"]
    ratio, _, _ = values[case, window, "cohort_window"]
    assert value is not None
    assert value == pytest.approx(ratio, abs=1e-9)
    assert variance == pytest.approx(value * (1 - value) / entered, abs=1e-9)


def test_the_curve_is_unknown_when_nobody_was_watched_to_the_end_of_the_window(values: Values) -> None:
    assert values["nobody_watched_to_the_end", 30, "cohort_aj"][0] is None
    assert values["watched_exactly_to_the_end", 30, "cohort_aj"][0] == 0.5
    assert values["watched_exactly_to_the_end", 60, "cohort_aj"][0] is None


def test_the_curve_reaches_one_when_the_last_hazard_is_one(values: Values) -> None:
    assert values["hazard_of_one", 30, "cohort_aj"][:2] == (1.0, 0.0)
    assert values["all_ruled_out", 30, "cohort_aj"][:2] == (0.0, 0.0)


def test_the_cases_cover_ties_of_every_kind() -> None:
    time, ending = COHORTS["ties_by_week"].observed()
    shared = [set(ending[time == instant]) for instant in np.unique(time)]
    assert {"reached", "competed", "censored"} in shared
