"""What scores are worth: from ``marts.fct_score_outcomes`` and the contributions of its scores to ``raw_analytics``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analytics.calibration import Observations
from analytics.discrimination import Measure
from analytics.score_evaluation import OK, SCORE, BandRow, Evaluation, MeasureRow, evaluate

_SUBJECT: Final = [
    ("model_name", pa.string()),
    ("model_version", pa.int64()),
    ("outcome_name", pa.string()),
    ("window_days", pa.int64()),
    ("sample_name", pa.string()),
    ("estimator", pa.string()),
]
CALIBRATIONS: Final = pa.schema(
    [
        *_SUBJECT,
        ("band_low", pa.float64()),
        ("band_high", pa.float64()),
        ("count_leads", pa.int64()),
        ("count_outcomes", pa.int64()),
        ("observed_rate", pa.float64()),
        ("ci_low", pa.float64()),
        ("ci_high", pa.float64()),
        ("calibrated_rate", pa.float64()),
        ("count_leads_above", pa.int64()),
        ("precision_rate", pa.float64()),
        ("precision_low", pa.float64()),
        ("precision_high", pa.float64()),
        ("recall_rate", pa.float64()),
        ("recall_low", pa.float64()),
        ("recall_high", pa.float64()),
    ]
)
"""Of ``raw_analytics.score_calibrations``."""
PERFORMANCES: Final = pa.schema(
    [
        *_SUBJECT,
        ("input_name", pa.string()),
        ("metric_name", pa.string()),
        ("measure_status", pa.string()),
        ("value", pa.float64()),
        ("ci_low", pa.float64()),
        ("ci_high", pa.float64()),
        ("count_leads", pa.int64()),
        ("count_outcomes", pa.int64()),
    ]
)
"""Of ``raw_analytics.score_performances``."""

_DIGITS: Final = 6
"""Beyond them the end of the search shows, not the data."""

_OUTCOMES: Final = """
    create or replace temp table observed as
    select
        row_number() over (
            order by model_name, model_version, outcome_name, observed_date, lead_cycle_id
        ) - 1 as place,
        *
    from marts.fct_score_outcomes
"""
_OBSERVED: Final = """
    select
        place, model_name, model_version, outcome_name, window_days,
        cast(date_diff('day', date '1970-01-01', observed_date) as bigint) as observed_day,
        cast(score_confirmed as double) as score, days_to_outcome, days_to_end, days_watched
    from observed
    order by place
"""
_CONTRIBUTIONS: Final = """
    select observed.place, contributions.criterion_code, cast(contributions.points as double) as points,
        contributions.is_known
    from observed
    inner join marts.fct_lead_score_contributions as contributions using (lead_score_id)
    order by observed.place, contributions.criterion_code
"""


@dataclass(frozen=True, slots=True)
class _Subject:
    """A version of a model and an outcome, with the rows of its leads."""

    name: tuple[str, int, str, int]
    rows: slice


def evaluate_scores(observed: pa.Table, contributions: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return the bands and the measures of every version of a model and outcome.

    ``observed`` holds the leads in order of ``place``, those of one version and outcome together; ``contributions``
    what each criterion gave to the score at a place.
    """
    codes = pc.unique(contributions["criterion_code"]).sort()
    shape = (observed.num_rows, len(codes))
    points, is_known, is_used = np.zeros(shape), np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    places = contributions["place"].to_numpy()
    columns = pc.index_in(contributions["criterion_code"], codes).to_numpy()
    points[places, columns] = contributions["points"].to_numpy()
    is_known[places, columns] = contributions["is_known"].to_numpy()
    is_used[places, columns] = True
    names = codes.to_pylist()
    bands: list[dict[str, Any]] = []
    measures: list[dict[str, Any]] = []
    for subject in _subjects(observed):
        leads = observed.slice(subject.rows.start, subject.rows.stop - subject.rows.start)
        used = np.flatnonzero(is_used[subject.rows].any(axis=0))
        found = evaluate(
            Observations(
                _numbers(leads, "score"),
                leads["observed_day"].to_numpy(),
                _numbers(leads, "days_to_outcome"),
                _numbers(leads, "days_to_end"),
                _numbers(leads, "days_watched"),
            ),
            points[subject.rows][:, used],
            is_known[subject.rows][:, used],
            [names[place] for place in used],
            window=subject.name[3],
        )
        bands += _band_rows(subject, found)
        measures += _measure_rows(subject, found)
    return pa.Table.from_pylist(bands, schema=CALIBRATIONS), pa.Table.from_pylist(measures, schema=PERFORMANCES)


def write_calibrations(warehouse: Path) -> dict[str, int]:
    """Replace ``raw_analytics.score_calibrations`` and ``score_performances``; return how many measures are known."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(_OUTCOMES)
        tables = evaluate_scores(
            connection.sql(_OBSERVED).to_arrow_table(), connection.sql(_CONTRIBUTIONS).to_arrow_table()
        )
        connection.execute("create schema if not exists raw_analytics")
        for name, table in zip(("score_calibrations", "score_performances"), tables, strict=True):
            connection.register("incoming", table)
            connection.execute(f"create or replace table raw_analytics.{name} as select * from incoming")
            connection.unregister("incoming")
    of_scores = tables[1].filter(pc.equal(tables[1]["input_name"], SCORE))
    count_known = pc.sum(pc.equal(of_scores["measure_status"], OK).cast(pa.int64())).as_py() or 0
    return {"measures_known": count_known, "measures_unknown": of_scores.num_rows - count_known}


def _subjects(observed: pa.Table) -> Iterator[_Subject]:
    columns = [observed[name].to_pylist() for name in ("model_name", "model_version", "outcome_name", "window_days")]
    names = list(zip(*columns, strict=True))
    starts = [place for place, name in enumerate(names) if place == 0 or name != names[place - 1]]
    for start, stop in pairwise([*starts, len(names)]):
        yield _Subject(names[start], slice(start, stop))


def _numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column, NaN where it is NULL."""
    return np.asarray(table[name].cast(pa.float64()).to_numpy(), dtype=np.float64)


def _rounded(number: float) -> float | None:
    return None if np.isnan(number) else round(float(number), _DIGITS)


def _labels(subject: _Subject, row: BandRow | MeasureRow) -> dict[str, Any]:
    values = (*subject.name, row.sample, row.estimator)
    return {name: value for (name, _), value in zip(_SUBJECT, values, strict=True)}


def _band_rows(subject: _Subject, found: Evaluation) -> Iterator[dict[str, Any]]:
    for row in found.bands:
        band = row.band
        yield _labels(subject, row) | {
            "band_low": band.low,
            "band_high": band.high,
            "count_leads": band.seen.count,
            "count_outcomes": band.seen.count_reached,
            "observed_rate": _rounded(band.seen.rate),
            "ci_low": _rounded(band.seen.low),
            "ci_high": _rounded(band.seen.high),
            "calibrated_rate": _rounded(band.calibrated_rate),
            "count_leads_above": band.from_here.count,
            "precision_rate": _rounded(band.from_here.rate),
            "precision_low": _rounded(band.from_here.low),
            "precision_high": _rounded(band.from_here.high),
            "recall_rate": _rounded(band.recall.value),
            "recall_low": _rounded(band.recall.low),
            "recall_high": _rounded(band.recall.high),
        }


def _measure_rows(subject: _Subject, found: Evaluation) -> Iterator[dict[str, Any]]:
    nothing = Measure(float("nan"), float("nan"), float("nan"))
    for row in found.measures:
        measure = row.measure or nothing
        yield _labels(subject, row) | {
            "input_name": row.input_name,
            "metric_name": row.metric,
            "measure_status": row.status,
            "value": _rounded(measure.value),
            "ci_low": _rounded(measure.low),
            "ci_high": _rounded(measure.high),
            "count_leads": row.count_leads,
            "count_outcomes": row.count_outcomes,
        }
