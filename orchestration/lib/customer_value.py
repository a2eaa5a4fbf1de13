"""What customers are expected to buy: from ``intermediate.int_customers__histories`` to ``raw_analytics``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from analytics.customer_value import forecast_customers
from analytics.errors import ModelRefusedError

DAYS_A_WEEK: Final = 7.0
HORIZON_WEEKS: Final = 365 / DAYS_A_WEEK
SCHEMA: Final = pa.schema(
    [
        ("customer_id", pa.string()),
        ("model_status", pa.string()),
        ("p_alive", pa.float64()),
        ("expected_purchases_12m", pa.float64()),
        ("expected_average_amount", pa.float64()),
        ("predicted_ltv_12m", pa.float64()),
    ]
)
"""Of ``raw_analytics.customer_values``."""

_DIGITS: Final = 9
"""Beyond them the end of the search shows, not the data."""

_HISTORIES: Final = """
    select customer_id, count_repeat_days, recency_days, age_days, mean_repeat_amount
    from intermediate.int_customers__histories
    order by customer_id
"""


def forecast_histories(histories: pa.Table) -> pa.Table:
    """Return the expectations for customers with their frequency, recency, age and mean repeat amount."""

    def numbers(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.asarray(histories[name].cast(pa.float64()).to_numpy(), dtype=np.float64)

    count = histories.num_rows
    try:
        forecast = forecast_customers(
            numbers("count_repeat_days"),
            numbers("recency_days") / DAYS_A_WEEK,
            numbers("age_days") / DAYS_A_WEEK,
            numbers("mean_repeat_amount"),
            horizon=HORIZON_WEEKS,
        )
    except ModelRefusedError as refusal:
        nothing = pa.nulls(count, pa.float64())
        return pa.table([histories["customer_id"], pa.repeat(refusal.code, count), *[nothing] * 4], schema=SCHEMA)
    columns = [
        pa.array(np.round(column, _DIGITS), mask=np.isnan(column))
        for column in (
            forecast.probability_alive,
            forecast.expected_purchases,
            forecast.expected_average_amount,
            forecast.expected_amount,
        )
    ]
    return pa.table([histories["customer_id"], pa.repeat("bg_nbd", count), *columns], schema=SCHEMA)


def write_customer_values(warehouse: Path) -> dict[str, int]:
    """Replace ``raw_analytics.customer_values``; return the number of customers of each status."""
    with duckdb.connect(str(warehouse)) as connection:
        values = forecast_histories(connection.sql(_HISTORIES).to_arrow_table())
        connection.execute("create schema if not exists raw_analytics")
        connection.register("customer_values", values)
        connection.execute("create or replace table raw_analytics.customer_values as select * from customer_values")
        connection.unregister("customer_values")
    return dict(Counter(values["model_status"].to_pylist()))
