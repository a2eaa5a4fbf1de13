"""The order forecast and its backtest: from ``intermediate.int_forecast__*`` to ``raw_analytics``.

Both tables are a function of the warehouse and its day. Origins of the backtest are the ends and the 15ths of the
months of two years; one whose inputs and outcomes are what they were keeps its rows, so that a night computes the
origin that has come, and those of which a month is over since the night before.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa

from analytics.forecast.actuals import ordered_between
from analytics.forecast.backtest import beats, brier, wape
from analytics.forecast.history import NEVER, Floats, History, Ints, visible
from analytics.forecast.months import HORIZONS, Ahead, ahead, month_of, month_starts
from analytics.forecast.outlook import MODELS, NAIVE_MEAN, NAIVE_YEAR_AGO, SEMI_MARKOV, Outlook, look_ahead
from analytics.forecast.semi_markov import COUNT, TOTAL
from orchestration.lib.forecast_history import read_history

MEASURES: Final = ("orders_count", "orders_amount")
COMPONENTS: Final = ("total", "existing", "future")
BACKTEST_MONTHS: Final = 24
BACKTEST_PATHS: Final = 800
BACKTEST_DRAWS: Final = 16
MODEL_VERSION: Final = 1
"""Counted up when a change of the models must compute all origins again."""
_MIDDLE: Final = 15
_DIGITS: Final = 6
"""Beyond them the order of sums shows, not the data."""
_LEVELS: Final = ("p025", "p10", "p25", "p50", "p75", "p90", "p975")
_DISTRIBUTION: Final = [(level, pa.float64()) for level in _LEVELS]
FORECAST_SCHEMA: Final = pa.schema(
    [
        ("origin_date", pa.date32()),
        ("model_name", pa.string()),
        ("horizon", pa.string()),
        ("month_start_date", pa.date32()),
        ("measure", pa.string()),
        ("component", pa.string()),
        ("expected", pa.float64()),
        *_DISTRIBUTION,
        ("is_shown", pa.bool_()),
        ("label", pa.string()),
        ("noise_level", pa.float64()),
        ("count_paths", pa.int64()),
        ("actual_to_date", pa.float64()),
    ]
)
"""Of ``raw_analytics.order_forecasts``."""
BACKTEST_SCHEMA: Final = pa.schema(
    [
        ("origin_date", pa.date32()),
        ("model_name", pa.string()),
        ("horizon", pa.string()),
        ("measure", pa.string()),
        ("month_start_date", pa.date32()),
        ("expected", pa.float64()),
        *_DISTRIBUTION,
        ("actual", pa.float64()),
        ("mase_scale", pa.float64()),
        ("label", pa.string()),
        ("is_promoted", pa.bool_()),
        ("deal_brier", pa.float64()),
        ("count_deals", pa.int64()),
        ("is_admitted", pa.bool_()),
        ("input_fingerprint", pa.string()),
    ]
)
"""Of ``raw_analytics.forecast_backtests``."""

Row = dict[str, Any]
_EPOCH: Final = date(1970, 1, 1).toordinal()


def write_forecasts(warehouse: Path, as_of: date) -> dict[str, int]:
    """Replace both tables; return how many origins the backtest holds and computed, and the rows that are shown."""
    origin = _day(as_of)
    with duckdb.connect(str(warehouse)) as connection:
        history = read_history(connection, origin)
        connection.execute("create schema if not exists raw_analytics")
        kept = _stored(connection)
        backtests, computed = backtest_rows(history, origin, kept)
        forecasts = forecast_rows(history, origin, backtests)
        for name, rows, schema in (
            ("order_forecasts", forecasts, FORECAST_SCHEMA),
            ("forecast_backtests", backtests, BACKTEST_SCHEMA),
        ):
            connection.register("rows_written", pa.Table.from_pylist(rows, schema=schema))
            connection.execute(f"create or replace table raw_analytics.{name} as select * from rows_written")
            connection.unregister("rows_written")
    shown = Counter(row["model_name"] for row in forecasts if row["is_shown"])
    origins = len({row["origin_date"] for row in backtests})
    return {"origins": origins, "origins_computed": computed} | {f"rows_shown_{name}": n for name, n in shown.items()}


def _stored(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Return the rows of the night before; none where the table is missing or of another shape."""
    columns = connection.execute(
        "select column_name from duckdb_columns() where schema_name = 'raw_analytics'"
        " and table_name = 'forecast_backtests' order by column_index"
    ).fetchall()
    if [name for (name,) in columns] != BACKTEST_SCHEMA.names:
        return []
    return list(connection.sql("select * from raw_analytics.forecast_backtests").to_arrow_table().to_pylist())


def due_origins(history: History, as_of: int) -> list[int]:
    """Return the ends and the 15ths of the months of two years up to ``as_of`` that the history has reached."""
    first_day = history.first_day()
    if first_day is None:
        return []
    starts = month_starts(int(month_of(np.array([as_of]))[0]) - BACKTEST_MONTHS, BACKTEST_MONTHS + 2)
    origins = np.sort(np.concatenate([starts - 1, starts + _MIDDLE - 1]))
    return [int(day) for day in origins[(origins >= max(first_day, int(starts[0]))) & (origins <= as_of)]]


def backtest_rows(history: History, as_of: int, kept: list[Row]) -> tuple[list[Row], int]:
    """Return the rows of all due origins, and how many of these had to be computed."""
    by_origin: dict[date, list[Row]] = {}
    for row in kept:
        by_origin.setdefault(row["origin_date"], []).append(row)
    rows: list[Row] = []
    computed = 0
    for origin in due_origins(history, as_of):
        known = visible(history, origin)
        outcome = _outcome(history, known, origin, as_of)
        fingerprint = _fingerprint(known, outcome, ahead(origin))
        stored = by_origin.get(_date(origin), [])
        if stored and stored[0]["input_fingerprint"] == fingerprint:
            rows += stored
            continue
        rows += _origin_rows(known, origin, outcome, fingerprint)
        computed += 1
    _promote(rows)
    rows.sort(key=lambda row: (row["origin_date"], MODELS.index(row["model_name"]), row["measure"], row["horizon"]))
    return rows, computed


def _outcome(history: History, known: History, origin: int, as_of: int) -> tuple[Floats, Ints]:
    """Return what was ordered in each horizon that is over (else NaN), and the day of the order of each known deal."""
    horizons = ahead(origin)
    is_over = horizons.end_day - 1 <= as_of
    actual = np.where(is_over, ordered_between(history, horizons.first_day, horizons.end_day), np.nan)
    # Deals of which nothing was known at the origin are left out, and the others keep their order.
    changes = history.deals
    seen = (changes.change_day <= origin) & (changes.change_recorded_day <= origin)
    places = np.unique(changes.change_deal[seen])
    ordered_day = np.full(len(changes), NEVER)
    with_deal = history.orders.deal >= 0
    np.minimum.at(ordered_day, history.orders.deal[with_deal], history.orders.day[with_deal])
    last = int(horizons.end_day[is_over].max()) if is_over.any() else origin + 1
    ordered_day = np.where(ordered_day < last, ordered_day, NEVER)[places]
    if len(ordered_day) != len(known.deals):
        raise AssertionError("the deals known at an origin are those that had a change recorded by then")
    return actual, ordered_day


def _fingerprint(known: History, outcome: tuple[Floats, Ints], horizons: Ahead) -> str:
    """Return a digest of everything that the rows of an origin are made of."""
    digest = hashlib.sha256(f"{MODEL_VERSION} {BACKTEST_PATHS} {BACKTEST_DRAWS}".encode())
    for part in (known.stages, known.deals, known.cycles, known.orders):
        for field in fields(part):
            digest.update(np.ascontiguousarray(getattr(part, field.name)).tobytes())
            digest.update(b"|")
    first = known.first_day()
    calendar = known.calendar
    begin = max((horizons.origin if first is None else first) - calendar.first_day, 0)
    digest.update(calendar.is_working[begin : int(horizons.end_day[-1]) - calendar.first_day].tobytes())
    for values in outcome:
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _origin_rows(known: History, origin: int, outcome: tuple[Floats, Ints], fingerprint: str) -> list[Row]:
    outlook = look_ahead(known, origin, count_paths=BACKTEST_PATHS, count_draws=BACKTEST_DRAWS)
    actual, ordered_day = outcome
    horizons, forecast = outlook.horizons, outlook.forecast
    rows: list[Row] = []
    for model in MODELS:
        for horizon, name in enumerate(HORIZONS):
            if horizons.first_day[horizon] >= horizons.end_day[horizon]:
                continue
            happened = (ordered_day[forecast.deal] >= horizons.first_day[horizon]) & (
                ordered_day[forecast.deal] < horizons.end_day[horizon]
            )
            for measure, measure_name in enumerate(MEASURES):
                is_judged = model == SEMI_MARKOV and measure == COUNT and not np.isnan(actual[measure, horizon])
                score = brier(forecast.deal_probability[:, horizon], happened.astype(np.float64))
                rows.append(
                    {
                        "origin_date": _date(origin),
                        "model_name": model,
                        "horizon": name,
                        "measure": measure_name,
                        "month_start_date": _date(int(horizons.month_start[horizon])),
                        "expected": _number(outlook.expected[model][measure, TOTAL, horizon]),
                        **_distribution(outlook, model, measure, TOTAL, horizon),
                        "actual": _number(actual[measure, horizon]),
                        "mase_scale": _number(outlook.naive_error[measure]),
                        "label": outlook.label[model],
                        "is_promoted": False,
                        "deal_brier": _number(score) if is_judged and horizon else None,
                        "count_deals": len(forecast.deal) if is_judged and horizon else None,
                        "is_admitted": outlook.is_admitted,
                        "input_fingerprint": fingerprint,
                    }
                )
    return rows


@dataclass(frozen=True, slots=True)
class _Record:
    """Forecasts of one measure beside what came, one place for each origin and horizon that is over."""

    origin: Ints
    last_day: Ints
    """Last day of the month that was forecast."""
    actual: Floats
    expected: dict[str, Floats]
    """By model; NaN where it had nothing to say."""

    def known_at(self, origin: int) -> _Record:
        """Return what could be judged at an origin: made before it, of months that were over."""
        known = (self.origin < origin) & (self.last_day <= origin)
        expected = {model: values[known] for model, values in self.expected.items()}
        return _Record(self.origin[known], self.last_day[known], self.actual[known], expected)

    def has_promoted(self) -> bool:
        """Return whether the semi-Markov model has beaten the naive ones."""
        rivals = {model: self.expected[model] for model in (NAIVE_MEAN, NAIVE_YEAR_AGO)}
        return beats(self.expected[SEMI_MARKOV], rivals, self.actual, self.origin)

    def best_naive(self) -> str:
        """Return the naive model with the smaller WAPE where both can be compared; else the mean of three months."""
        mean, year_ago = self.expected[NAIVE_MEAN], self.expected[NAIVE_YEAR_AGO]
        both = ~np.isnan(mean) & ~np.isnan(year_ago)
        is_year = wape(year_ago[both], self.actual[both]) < wape(mean[both], self.actual[both])
        return NAIVE_YEAR_AGO if is_year else NAIVE_MEAN


def _records(rows: list[Row]) -> dict[str, _Record]:
    """Return the record of each measure."""
    found = {}
    for measure in MEASURES:
        cases = [row for row in rows if row["measure"] == measure and row["actual"] is not None]
        by_model: dict[str, dict[tuple[date, date], Row]] = {model: {} for model in MODELS}
        for row in cases:
            by_model[row["model_name"]][row["origin_date"], row["month_start_date"]] = row
        keys = sorted(by_model[SEMI_MARKOV])
        months = np.array([np.datetime64(month, "M") for _, month in keys], dtype="datetime64[M]")
        found[measure] = _Record(
            origin=np.array([_day(origin) for origin, _ in keys], dtype=np.int64),
            last_day=(months + 1).astype("datetime64[D]").astype(np.int64) - 1,
            actual=np.array([by_model[SEMI_MARKOV][key]["actual"] for key in keys], dtype=np.float64),
            expected={
                model: np.array([of_model[key]["expected"] for key in keys], dtype=np.float64)
                for model, of_model in by_model.items()
            },
        )
    return found


def _promote(rows: list[Row]) -> None:
    """Set ``is_promoted`` by origin and measure."""
    records = _records(rows)
    earned: dict[tuple[date, str], bool] = {}
    for row in rows:
        key = (row["origin_date"], row["measure"])
        if key not in earned:
            earned[key] = bool(row["is_admitted"]) and records[key[1]].known_at(_day(key[0])).has_promoted()
        row["is_promoted"] = earned[key]


def forecast_rows(history: History, origin: int, backtests: list[Row]) -> list[Row]:
    """Return the forecasts of all models at an origin; one model is shown for each measure."""
    outlook = look_ahead(visible(history, origin), origin)
    day = _date(origin)
    records = _records(backtests)
    rows: list[Row] = []
    for measure, measure_name in enumerate(MEASURES):
        record = records[measure_name].known_at(origin)
        shown = SEMI_MARKOV if outlook.is_admitted and record.has_promoted() else record.best_naive()
        refusal = "not_better_than_naive" if outlook.is_admitted else outlook.label[SEMI_MARKOV]
        for model in MODELS:
            label = f"naive_{refusal}" if model == shown != SEMI_MARKOV else outlook.label[model]
            for component, component_name in enumerate(COMPONENTS):
                for horizon, name in enumerate(HORIZONS):
                    expected = outlook.expected[model][measure, component, horizon]
                    if np.isnan(expected) and component != TOTAL:
                        continue
                    rows.append(
                        {
                            "origin_date": day,
                            "model_name": model,
                            "horizon": name,
                            "month_start_date": _date(int(outlook.horizons.month_start[horizon])),
                            "measure": measure_name,
                            "component": component_name,
                            "expected": _number(expected),
                            **_distribution(outlook, model, measure, component, horizon),
                            "is_shown": model == shown,
                            "label": label,
                            "noise_level": _number(outlook.noise[measure, horizon]),
                            "count_paths": outlook.forecast.count_paths if model == SEMI_MARKOV else None,
                            "actual_to_date": 0.0 if horizon else _number(outlook.so_far[measure]),
                        }
                    )
    return rows


def _distribution(outlook: Outlook, model: str, measure: int, component: int, horizon: int) -> dict[str, float | None]:
    if model != SEMI_MARKOV:
        return dict.fromkeys(_LEVELS)
    values = outlook.forecast.quantiles[measure, component, horizon]
    return {level: _number(value) for level, value in zip(_LEVELS, values, strict=True)}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), _DIGITS)


def _day(day: date) -> int:
    return day.toordinal() - _EPOCH


def _date(day: int) -> date:
    return date.fromordinal(day + _EPOCH)
