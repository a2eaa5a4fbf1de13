"""The forecast from the warehouse and back: its rows, the promotion rule, and nights that equal a rebuild."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa
import pytest

from analytics.forecast.history import NEVER, History
from orchestration.defs.forecast import build_forecast
from orchestration.lib import forecast as forecast_lib
from orchestration.lib.forecast import BACKTEST_SCHEMA, FORECAST_SCHEMA, write_forecasts
from orchestration.lib.run import NightlyRun
from tests.analytics.companies import START, company, drawn_company

EPOCH = date(1970, 1, 1)
FIRST = EPOCH + timedelta(days=START)
STAGES = ("one", "two", "won", "lost")


@pytest.fixture(autouse=True)
def _few_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few origins and paths: what is tested does not depend on their number."""
    monkeypatch.setattr(forecast_lib, "BACKTEST_MONTHS", 4)
    monkeypatch.setattr(forecast_lib, "BACKTEST_DRAWS", 2)
    monkeypatch.setattr(forecast_lib, "BACKTEST_PATHS", 20)


def _date(day: int) -> date | None:
    return None if day >= int(NEVER) else EPOCH + timedelta(days=int(day))


def write_warehouse(path: Path, history: History, until: date) -> Path:
    """Write what a company has recorded until a day, as the models give it, in an order of no meaning."""
    limit = (until - EPOCH).days
    deals, cycles, orders = history.deals, history.cycles, history.orders
    changes: list[dict[str, Any]] = []
    number: dict[int, int] = {}
    for place in range(len(deals.change_deal)):
        deal = int(deals.change_deal[place])
        if deals.change_recorded_day[place] <= limit:
            number[deal] = number.get(deal, 0) + 1
            changes.append(
                {
                    "deal_id": f"d{deal:05}",
                    "change_number": number[deal],
                    "lead_cycle_id": f"c{int(deals.cycle[deal]):05}" if deals.cycle[deal] >= 0 else None,
                    "company_size": "small",
                    "stage_id": f"s:{STAGES[int(deals.change_stage[place])]}",
                    "change_date": _date(deals.change_day[place]),
                    "recorded_date": _date(deals.change_recorded_day[place]),
                    "amount_base": float(deals.change_amount[place]),
                }
            )
    leads = [
        {
            "lead_cycle_id": f"c{place:05}",
            **{
                f"{name}_date": _date(day if day <= limit else int(NEVER))
                for name, day in (
                    ("opened", cycles.opened_day[place]),
                    ("opened_recorded", cycles.opened_recorded_day[place]),
                    ("mql", cycles.mql_day[place]),
                    ("sql", cycles.sql_day[place]),
                    ("sql_recorded", cycles.sql_recorded_day[place]),
                    ("closed", cycles.closed_day[place]),
                )
            },
        }
        for place in range(len(cycles))
        if cycles.opened_recorded_day[place] <= limit
    ]
    bought = [
        {
            "order_id": f"o{place:05}",
            "order_date": _date(orders.day[place]),
            "recorded_date": _date(orders.recorded_day[place]),
            "cancelled_date": None,
            "deal_id": f"d{int(orders.deal[place]):05}" if orders.deal[place] >= 0 else None,
            "customer_id": f"k{int(orders.customer[place]):05}" if orders.customer[place] >= 0 else None,
            "amount_base": float(orders.amount[place]),
        }
        for place in range(len(orders))
        if orders.recorded_day[place] <= limit
    ]
    kinds = {"date": pa.date32(), "number": pa.int64(), "base": pa.float64()}
    columns = {
        "int_forecast__deal_changes": "deal_id change_number lead_cycle_id company_size stage_id change_date"
        " recorded_date amount_base",
        "int_forecast__lead_cycles": "lead_cycle_id opened_date opened_recorded_date mql_date sql_date"
        " sql_recorded_date closed_date",
        "int_forecast__orders": "order_id order_date recorded_date cancelled_date deal_id customer_id amount_base",
    }
    schemas = {
        table: pa.schema([(name, kinds.get(name.split("_")[-1], pa.string())) for name in names.split()])
        for table, names in columns.items()
    }
    rows = dict(zip(schemas, (changes, leads, bought), strict=True))
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema if not exists intermediate")
        connection.execute("create schema if not exists staging")
        for name, schema in schemas.items():
            table = pa.Table.from_pylist(rows[name], schema=schema)
            connection.register("given", table)
            connection.execute(
                f"create or replace table intermediate.{name} as select * from given order by hash(given)"
            )
            connection.unregister("given")
        connection.execute(
            "create or replace table intermediate.int_lifecycle__days as select cast(unnest(generate_series("
            "date '2022-01-01', date '2028-12-31', interval 1 day)) as date) as date_day, isodow(date_day) <= 5 as"
            " is_working_day"
        )
        connection.execute(
            "create or replace table staging.stg_workspace__stages as select 's' as pipeline_name, * from (values"
            " ('one', 1, 'open'), ('two', 2, 'open'), ('won', 3, 'won'), ('lost', null, 'lost'))"
            " as stages (stage_name, stage_rank, stage_type)"
        )
    return path


def _rows(warehouse: Path, table: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.sql(f"select * from raw_analytics.{table}").to_arrow_table()
    assert rows.schema.names == (FORECAST_SCHEMA if table == "order_forecasts" else BACKTEST_SCHEMA).names
    return list(rows.to_pylist())


def test_nights_equal_a_rebuild_and_compute_only_what_is_new(tmp_path: Path) -> None:
    history = drawn_company(3)
    warehouse = tmp_path / "w.duckdb"
    first, last = FIRST + timedelta(days=700), FIRST + timedelta(days=702)
    computed = []
    for offset in range((last - first).days + 1):
        night = first + timedelta(days=offset)
        write_warehouse(warehouse, history, night)
        computed.append(write_forecasts(warehouse, night)["origins_computed"])
        known = {row["origin_date"] for row in _rows(warehouse, "forecast_backtests")}
        assert max(known) <= night
    assert first == date(2024, 12, 2)
    assert computed[0] == 8
    assert sum(computed[1:]) <= 2 * len(computed), "late records of one day touch no other origin"
    again = tmp_path / "again.duckdb"
    write_forecasts(write_warehouse(again, history, last), last)
    for table in ("order_forecasts", "forecast_backtests"):
        assert _rows(warehouse, table) == _rows(again, table)
    assert write_forecasts(warehouse, last)["origins_computed"] == 0


def test_a_month_that_ends_brings_its_actuals_and_the_score_of_its_deals(tmp_path: Path) -> None:
    history = drawn_company(3)
    before, after = date(2024, 12, 30), date(2024, 12, 31)
    warehouse = write_warehouse(tmp_path / "w.duckdb", history, before)
    write_forecasts(warehouse, before)
    key = ("origin_date", "model_name", "horizon", "measure")
    then = {tuple(row[name] for name in key): row for row in _rows(warehouse, "forecast_backtests")}
    write_warehouse(warehouse, history, after)
    write_forecasts(warehouse, after)
    now = {tuple(row[name] for name in key): row for row in _rows(warehouse, "forecast_backtests")}
    december = [name for name in now if now[name]["month_start_date"] == date(2024, 12, 1) and name in then]
    assert len(december) > 30
    for name in december:
        assert then[name]["actual"] is None
        orders = history.orders
        if name[3] == "orders_count" and name[2] != "rest_of_month":
            start, end = (date(2024, 12, 1) - EPOCH).days, (date(2024, 12, 31) - EPOCH).days
            came = (orders.day >= start) & (orders.day <= end) & (orders.recorded_day <= end)
            assert now[name]["actual"] == came.sum()
        assert now[name]["expected"] == then[name]["expected"], "what came does not move what was expected"
        judged = name[1] == "semi_markov" and name[3] == "orders_count" and name[2] != "rest_of_month"
        assert (now[name]["deal_brier"] is not None) == judged
        if judged:
            assert 0 <= now[name]["deal_brier"] <= 1
            assert now[name]["count_deals"] > 0


def test_one_model_is_shown_and_it_is_the_naive_one_until_the_other_has_earned_it(tmp_path: Path) -> None:
    history = drawn_company(3)
    warehouse = tmp_path / "w.duckdb"
    shown = {}
    for night in (FIRST + timedelta(days=300), FIRST + timedelta(days=740)):
        write_warehouse(warehouse, history, night)
        write_forecasts(warehouse, night)
        rows = _rows(warehouse, "order_forecasts")
        for measure in ("orders_count", "orders_amount"):
            models = {row["model_name"] for row in rows if row["is_shown"] and row["measure"] == measure}
            assert len(models) == 1
            total = [
                row for row in rows if row["is_shown"] and row["measure"] == measure and row["component"] == "total"
            ]
            assert {row["horizon"] for row in total} == {"rest_of_month", "m1", "m2", "m3"}
            shown[night, measure] = (*models, {row["label"] for row in total}.pop())
        parts = [row for row in rows if row["model_name"] == "semi_markov"]
        for row in parts:
            same = [other for other in parts if all(other[name] == row[name] for name in ("horizon", "measure"))]
            by_component = {other["component"]: other["expected"] for other in same}
            assert by_component["total"] == pytest.approx(by_component["existing"] + by_component["future"], abs=1e-5)
    assert shown[FIRST + timedelta(days=300), "orders_count"] == ("naive_mean_3m", "naive_short_history")
    model, label = shown[FIRST + timedelta(days=740), "orders_count"]
    promoted = {
        row["is_promoted"]
        for row in _rows(warehouse, "forecast_backtests")
        if row["origin_date"] == date(2024, 12, 31) and row["measure"] == "orders_count"
    }
    assert len(promoted) == 1
    assert (model == "semi_markov") == (label in {"semi_markov", "pooled"})
    if model != "semi_markov":
        assert label == "naive_not_better_than_naive"


@pytest.mark.parametrize(
    ("make", "night", "label"),
    [
        (company, FIRST, "naive_short_history"),
        (lambda: drawn_company(5, days=31), FIRST + timedelta(days=31), "naive_short_history"),
        (lambda: drawn_company(5, days=800, with_deals=False), FIRST + timedelta(days=790), "naive_few_closed_deals"),
    ],
)
def test_simple_companies_have_a_forecast_with_a_reason(
    make: Callable[[], History], night: date, label: str, tmp_path: Path
) -> None:
    warehouse = write_warehouse(tmp_path / "w.duckdb", make(), night)
    write_forecasts(warehouse, night)
    rows = [row for row in _rows(warehouse, "order_forecasts") if row["is_shown"]]
    assert {row["label"] for row in rows} == {label}
    assert all(row["expected"] is not None for row in rows)
    if make is company:
        assert {row["expected"] for row in rows} == {0.0}
        assert _rows(warehouse, "forecast_backtests") == []


class _RunOnAWarehouse(NightlyRun):
    """A run whose workspace is its warehouse alone."""

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Take no lock and read no settings."""

    @property
    def configuration(self) -> Any:
        """Knows where the warehouse is."""
        return SimpleNamespace(workspace=SimpleNamespace(warehouse=Path(self.home)))

    @property
    def day(self) -> date:
        """The day given."""
        return date.fromisoformat(self.as_of)


def test_assets_say_what_they_wrote(tmp_path: Path) -> None:
    night = FIRST + timedelta(days=120)
    warehouse = write_warehouse(tmp_path / "w.duckdb", drawn_company(5, days=130), night)
    run = _RunOnAWarehouse(home=str(warehouse), as_of=night.isoformat())
    with dg.instance_for_test() as instance:
        result = dg.materialize([build_forecast()], resources={"run": run}, instance=instance)
    assert result.success
    told = {
        event.asset_key.path[-1]: {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    backtests = _rows(warehouse, "forecast_backtests")
    shown = [row for row in _rows(warehouse, "order_forecasts") if row["is_shown"]]
    assert told["order_forecasts"] == {"rows_shown_naive_mean_3m": len(shown)}
    origins = len({row["origin_date"] for row in backtests})
    assert told["forecast_backtests"] == {"origins": origins, "origins_computed": origins}
    assert origins > 3
