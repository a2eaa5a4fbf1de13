"""What scores are worth: there and back, the same every time, with a reason where nothing is known."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from orchestration.lib.calibration import CALIBRATIONS, PERFORMANCES, write_calibrations

_SUBJECT = "model_name, model_version, outcome_name, sample_name, estimator"


def _warehouse(path: Path, count: int, models: tuple[tuple[str, int], ...] = (("default", 1),)) -> Path:
    """Leads with a score of two criteria, a heat one that only version 2 has; the score foretells the SQL."""
    random = np.random.default_rng(6)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_score_outcomes (lead_score_id varchar, outcome_name varchar, lead_cycle_id varchar,"
            " model_name varchar, model_version bigint, window_days bigint, observed_date date, score_confirmed double,"
            " days_to_outcome bigint, days_to_end bigint, days_watched bigint)"
        )
        connection.execute(
            "create table marts.fct_lead_score_contributions (lead_score_id varchar, criterion_code varchar,"
            " points decimal(9, 4), is_known boolean)"
        )
        outcomes, contributions = [], []
        for number in range(count):
            size, day, draw = int(random.integers(0, 50)), int(random.integers(0, 700)), random.random()
            reached = int(random.integers(1, 60)) if draw < size / 60 else None
            watched = 720 - day
            for model, version in models:
                key = f"{model}/{version}/{number:05}"
                heat = int(random.integers(0, 50)) if version == 2 else 0
                outcomes.append(
                    (key, "sql", f"crm:{number:05}#1", model, version, 60, date(2024, 1, 1) + timedelta(days=day),
                     size + heat, reached if reached and reached <= watched else None, None, watched)
                )  # fmt: skip
                contributions.append((key, "company_size", Decimal(size), number % 5 != 0 or size > 0))
                if version == 2:
                    contributions.append((key, "purchase_intent", Decimal(heat), True))
        random.shuffle(outcomes)
        random.shuffle(contributions)
        for name, rows in (("fct_score_outcomes", outcomes), ("fct_lead_score_contributions", contributions)):
            schema = connection.sql(f"from marts.{name}").to_arrow_table().schema
            named = [dict(zip(schema.names, row, strict=True)) for row in rows]
            connection.register("incoming", pa.Table.from_pylist(named, schema=schema))
            connection.execute(f"insert into marts.{name} select * from incoming")
            connection.unregister("incoming")
    return path


def _rows(warehouse: Path, table: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(f"select * from raw_analytics.{table} order by all").fetchall()


def test_scores_are_calibrated_and_a_second_run_says_the_same(tmp_path: Path) -> None:
    warehouse = _warehouse(tmp_path / "w.duckdb", 1_500, (("default", 1), ("default", 2), ("shop", 1)))
    known = write_calibrations(warehouse)
    assert known["measures_unknown"] == 0
    first = {name: _rows(warehouse, name) for name in ("score_calibrations", "score_performances")}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        # Two samples and two estimators of ten bands each for the three models.
        assert connection.execute(
            f"select count(*), count(distinct ({_SUBJECT})), sum(count_leads) filter (sample_name = 'all' and"
            " estimator = 'rule') from raw_analytics.score_calibrations"
        ).fetchone() == (120, 12, 4_500)
        # A criterion belongs to the version that has it.
        assert connection.execute(
            "select model_name, model_version, input_name from raw_analytics.score_performances"
            " where metric_name = 'known_share' order by all"
        ).fetchall() == [
            ("default", 1, "company_size"),
            ("default", 2, "company_size"),
            ("default", 2, "purchase_intent"),
            ("shop", 1, "company_size"),
        ]
        statuses = connection.execute(
            "select model_version, input_name, measure_status from raw_analytics.score_performances"
            " where metric_name = 'auc' and input_name <> 'score' and model_name = 'default' order by all"
        ).fetchall()
        assert statuses == [(1, "company_size", "ok"), (2, "company_size", "ok"), (2, "purchase_intent", "no_evidence")]
        # Version 1 and the other model scored the same leads alike.
        same = "select * exclude (model_name) from raw_analytics.score_performances"
        same += " where model_name = '{}' and model_version = 1"
        assert connection.execute(f"{same.format('default')} except {same.format('shop')}").fetchall() == []
    assert write_calibrations(warehouse) == known
    assert {name: _rows(warehouse, name) for name in first} == first


@pytest.mark.parametrize("count", [0, 1, 30])
def test_too_few_leads_have_a_reason_and_an_empty_company_has_empty_tables(tmp_path: Path, count: int) -> None:
    warehouse = _warehouse(tmp_path / "w.duckdb", count)
    write_calibrations(warehouse)
    bands, measures = _rows(warehouse, "score_calibrations"), _rows(warehouse, "score_performances")
    assert bool(bands) == bool(measures) == bool(count)
    status = [field.name for field in PERFORMANCES].index("measure_status")
    value = [field.name for field in PERFORMANCES].index("value")
    metric = [field.name for field in PERFORMANCES].index("metric_name")
    for row in measures:
        if row[metric] not in ("base_rate", "known_share"):
            assert row[status] in ("too_few_leads", "no_later_leads", "too_short", "one_outcome", "too_few_events")
            assert row[value] is None
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for name, schema in (("score_calibrations", CALIBRATIONS), ("score_performances", PERFORMANCES)):
            found = connection.sql(f"from raw_analytics.{name}").to_arrow_table()
            assert found.schema.names == schema.names
            assert found.schema.types == schema.types
