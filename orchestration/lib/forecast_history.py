"""Reads the history of the forecast from ``intermediate.int_forecast__*``: every place and day as an integer."""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from analytics.forecast.history import (
    LOST,
    NEVER,
    OPEN,
    WON,
    Calendar,
    Cycles,
    Deals,
    Flags,
    History,
    Ints,
    Orders,
    Stages,
)

_NEVER: Final = int(NEVER)
_STAGE_TYPES: Final = {"open": OPEN, "won": WON, "lost": LOST}
_WEEKDAY_OF_EPOCH: Final = 3
"""1970-01-01 was a Thursday."""
_DAYS_AHEAD: Final = 150
"""More than the rest of a month and three more."""
_DAYS_BEFORE: Final = 31
"""The month of the first fact, in full."""

_DAYS: Final = """
    select date_day - date '1970-01-01' as day, is_working_day
    from intermediate.int_lifecycle__days
    order by day
"""
_STAGES: Final = """
    with seed as (
        select pipeline_name || ':' || stage_name as stage_id, pipeline_name, stage_rank, stage_type
        from staging.stg_workspace__stages
    ),
    -- A stage that the seed does not know is open; nobody knows its place.
    unknown as (
        select distinct stage_id, 'unknown:' || stage_id as pipeline_name, 0 as stage_rank, 'open' as stage_type
        from intermediate.int_forecast__deal_changes
        where stage_id not in (select stage_id from seed)
    ),
    final as (select * from seed union all select * from unknown)
    select
        stage_id,
        dense_rank() over (order by pipeline_name) - 1 as pipeline,
        coalesce(stage_rank, 0) as stage_rank,
        stage_type
    from final
    order by stage_id
"""
_DEAL_CHANGES: Final = f"""
    with cycles as (
        select lead_cycle_id, row_number() over (order by lead_cycle_id) - 1 as cycle
        from intermediate.int_forecast__lead_cycles
    )
    select
        dense_rank() over (order by changes.deal_id) - 1 as deal,
        coalesce(cycles.cycle, -1) as cycle,
        dense_rank() over (order by changes.company_size) - 1 as segment,
        changes.stage_id,
        changes.change_date - date '1970-01-01' as day,
        coalesce(changes.recorded_date - date '1970-01-01', {_NEVER}) as recorded_day,
        cast(changes.amount_base as double) as amount
    from intermediate.int_forecast__deal_changes as changes
    left join cycles using (lead_cycle_id)
    order by changes.deal_id, changes.change_number
"""
_CYCLES: Final = f"""
    select
        opened_date - date '1970-01-01' as opened,
        opened_recorded_date - date '1970-01-01' as opened_recorded,
        coalesce(mql_date - date '1970-01-01', {_NEVER}) as mql,
        coalesce(sql_date - date '1970-01-01', {_NEVER}) as sql,
        coalesce(sql_recorded_date - date '1970-01-01', {_NEVER}) as sql_recorded,
        coalesce(closed_date - date '1970-01-01', {_NEVER}) as closed
    from intermediate.int_forecast__lead_cycles
    order by lead_cycle_id
"""
_ORDERS: Final = f"""
    with deals as (
        select deal_id, row_number() over (order by deal_id) - 1 as deal
        from (select distinct deal_id from intermediate.int_forecast__deal_changes)
    ),
    customers as (
        select customer_id, row_number() over (order by customer_id) - 1 as customer
        from (select distinct customer_id from intermediate.int_forecast__orders where customer_id is not null)
    )
    select
        orders.order_date - date '1970-01-01' as day,
        orders.recorded_date - date '1970-01-01' as recorded_day,
        coalesce(orders.cancelled_date - date '1970-01-01', {_NEVER}) as cancelled_day,
        coalesce(deals.deal, -1) as deal,
        coalesce(customers.customer, -1) as customer,
        cast(orders.amount_base as double) as amount
    from intermediate.int_forecast__orders as orders
    left join deals using (deal_id)
    left join customers using (customer_id)
    order by orders.order_date, orders.order_id
"""


def read_history(connection: duckdb.DuckDBPyConnection, as_of: int) -> History:
    """Return everything that the warehouse knows on day ``as_of`` (days since 1970-01-01)."""

    def columns(query: str) -> dict[str, NDArray[np.generic]]:
        # Only amounts are ever missing.
        found = connection.execute(query).fetchnumpy()
        return {
            name: np.ma.filled(values, np.nan) if values.dtype.kind == "f" else np.asarray(values)
            for name, values in found.items()
        }

    stages, changes, cycles, orders = (columns(query) for query in (_STAGES, _DEAL_CHANGES, _CYCLES, _ORDERS))
    first = np.flatnonzero(np.diff(_whole(changes["deal"]), prepend=-1) != 0)
    days = [_whole(changes["day"]), _whole(orders["day"]), _whole(cycles["opened"]), np.array([as_of])]
    earliest = min(int(column.min()) for column in days if len(column))
    return History(
        calendar=_calendar(columns(_DAYS), earliest - _DAYS_BEFORE, as_of + _DAYS_AHEAD),
        stages=Stages(
            pipeline=_whole(stages["pipeline"]),
            rank=_whole(stages["stage_rank"]),
            stage_type=np.array([_STAGE_TYPES[str(name)] for name in stages["stage_type"]], dtype=np.int64),
            # No source delivers what its CRM believes of a stage.
            probability=np.full(len(stages["stage_id"]), np.nan),
        ),
        deals=Deals(
            cycle=_whole(changes["cycle"])[first],
            segment=_whole(changes["segment"])[first],
            change_deal=_whole(changes["deal"]),
            change_stage=np.searchsorted(stages["stage_id"].astype(str), changes["stage_id"].astype(str)).astype(
                np.int64
            ),
            change_day=_whole(changes["day"]),
            change_recorded_day=_whole(changes["recorded_day"]),
            change_amount=changes["amount"].astype(np.float64),
        ),
        cycles=Cycles(
            opened_day=_whole(cycles["opened"]),
            opened_recorded_day=_whole(cycles["opened_recorded"]),
            mql_day=_whole(cycles["mql"]),
            mql_recorded_day=_whole(cycles["mql"]),
            sql_day=_whole(cycles["sql"]),
            sql_recorded_day=_whole(cycles["sql_recorded"]),
            closed_day=_whole(cycles["closed"]),
            closed_recorded_day=_whole(cycles["closed"]),
        ),
        orders=Orders(
            day=_whole(orders["day"]),
            recorded_day=_whole(orders["recorded_day"]),
            cancelled_day=_whole(orders["cancelled_day"]),
            deal=_whole(orders["deal"]),
            customer=_whole(orders["customer"]),
            amount=orders["amount"].astype(np.float64),
        ),
    )


def _whole(values: NDArray[np.generic]) -> Ints:
    return values.astype(np.int64)


def _calendar(days: dict[str, NDArray[np.generic]], earliest: int, latest: int) -> Calendar:
    """Return the days from the earliest to the latest; one that the warehouse's calendar lacks goes by its weekday."""
    span = np.arange(earliest, latest + 1)
    is_working: Flags = (span + _WEEKDAY_OF_EPOCH) % 7 < 5
    known, works = _whole(days["day"]), days["is_working_day"].astype(bool)
    inside = (known >= earliest) & (known <= latest)
    is_working[known[inside] - earliest] = works[inside]
    return Calendar(earliest, is_working)
