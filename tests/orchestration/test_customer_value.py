"""What customers are expected to buy: there and back, the same every time, with a reason where nothing is."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from orchestration.lib.customer_value import write_customer_values


def _warehouse(path: Path, count: int, repeaters: int) -> Path:
    rng = np.random.default_rng(4)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_customers__histories (customer_id varchar, count_repeat_days bigint,"
            " recency_days bigint, age_days bigint, mean_repeat_amount double)"
        )
        rows = []
        for number in range(count):
            frequency = int(rng.integers(1, 6)) if number < repeaters else 0
            recency = int(rng.integers(20, 700)) if frequency else 0
            amount = float(rng.gamma(5.0, 40.0)) if frequency and number % 10 else (-5.0 if frequency else None)
            rows.append((f"crm:{number:04}", frequency, recency, 730, amount))
        rng.shuffle(rows)
        if rows:
            connection.executemany("insert into intermediate.int_customers__histories values (?, ?, ?, ?, ?)", rows)
    return path


def _values(warehouse: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute("select * from raw_analytics.customer_values order by customer_id").fetchall()


def test_customers_have_expectations_and_a_second_run_the_same_ones(tmp_path: Path) -> None:
    warehouse = _warehouse(tmp_path / "w.duckdb", 400, 150)
    assert write_customer_values(warehouse) == {"bg_nbd": 400}
    values = _values(warehouse)
    for number, (customer, status, alive, purchases, average, amount) in enumerate(values):
        assert (customer, status) == (f"crm:{number:04}", "bg_nbd")
        assert 0 <= alive <= 1
        assert purchases > 0
        if number < 150 and number % 10 == 0:
            assert average is None, "who was refunded more than they paid has no expected amount"
            assert amount is None
        else:
            assert amount == pytest.approx(purchases * average, abs=1e-4)
    assert write_customer_values(warehouse) == {"bg_nbd": 400}
    assert _values(warehouse) == values


@pytest.mark.parametrize(("count", "repeaters"), [(0, 0), (1, 1), (199, 199), (400, 49)])
def test_customers_have_a_reason_where_there_is_no_model(tmp_path: Path, count: int, repeaters: int) -> None:
    warehouse = _warehouse(tmp_path / "w.duckdb", count, repeaters)
    assert write_customer_values(warehouse) == ({"too_few_customers": count} if count else {})
    assert {row[1:] for row in _values(warehouse)} <= {("too_few_customers", None, None, None, None)}
