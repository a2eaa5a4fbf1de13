"""A small company with awkward orders, from raw tables to KPIs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ingestion.contracts import ARROW_TYPES, ENTITIES, METADATA_COLUMNS
from tests.dbt.support import create_warehouse, dbt, dbt_ok, raw_tables

AS_OF = {"as_of": "2025-06-30", "currency_code": "EUR"}


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00")


def _order(order_id: str, ordered: str, amount: float, company: str | None, **more: object) -> dict[str, object]:
    return {
        "order_id": order_id,
        "order_status": "confirmed",
        "ordered_at": _at(ordered),
        "amount": amount,
        "company_id": company,
        **more,
    }


ORDERS = (
    # Bought first by an order that was cancelled two months later, then twice on one day.
    _order("cancelled", "2024-01-10 09:00", 1000, "7", order_status="cancelled", cancelled_at=_at("2024-03-05 09:00")),
    _order("double_a", "2024-02-10 09:00", 100, "7_old"),
    _order("double_b", "2024-02-10 15:00", 60, "7"),
    # The refund is more than was ever paid.
    _order("refunded", "2024-02-11 09:00", 50, "8"),
    _order("refund", "2024-04-11 09:00", -80, "8"),
    # The rate changes with the month, in Paris.
    _order("old_rate", "2024-02-29 22:59", 100, "9", currency_code="USD"),
    _order("new_rate", "2024-02-29 23:00", 100, "9", currency_code="usd"),
    _order("no_rate", "2024-03-01 09:00", 100, "9", currency_code="CHF"),
    # The buyer has the id of a company and none of his own; nobody is known at all; a company nobody delivered.
    _order("person", "2024-02-12 09:00", 30, None, person_id="7"),
    _order("nobody", "2024-02-12 09:00", 20, None),
    _order("elsewhere", "2024-02-12 09:00", 10, "404"),
)
LINES = (
    ("double_a", "machine", 70),
    ("double_a", "service", 40),  # Ten more than the order: a discount of none of them.
    ("double_b", "unheard_of", 60),
    ("old_rate", "machine", 100),
    ("no_rate", "machine", 100),
)


def _raw(entity_name: str, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    metadata = {
        "source_name": "crm",
        "references_source_name": "crm",
        "source_file_name": "crm/file.csv",
        "source_file_hash": "hash",
        "source_file_modified_at": _at("2025-07-01 00:00"),
    }
    columns = {}
    for column in (*ENTITIES[entity_name].columns, *METADATA_COLUMNS):
        values = [{**metadata, "row_hash": str(number), **row}.get(column.name) for number, row in enumerate(rows)]
        columns[column.name] = pa.array(values, ARROW_TYPES[column.type])
    return pa.table(columns | {"_dlt_load_id": pa.array(["1"] * len(rows))})


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with all models built from the small company."""
    path = tmp_path_factory.mktemp("orders") / "warehouse.duckdb"
    tables = {
        "orders": ORDERS,
        "order_lines": [
            {"order_line_id": str(number), "order_id": order, "product_id": product, "amount": amount}
            for number, (order, product, amount) in enumerate(LINES)
        ],
        "products": [
            {"product_id": "machine", "product_family": "machines"},
            {"product_id": "service", "product_family": "services"},
        ],
        "companies": [
            # Created after its orders.
            {"company_id": "7", "sector": "industry", "count_employees": 12, "created_at": _at("2024-12-01 09:00")},
            {"company_id": "7_old", "merged_into_company_id": "7", "created_at": _at("2024-01-01 09:00")},
            {"company_id": "8", "region_name": "Bretagne"},
            {"company_id": "9"},
        ],
        "persons": [
            {"person_id": person, "email": f"{person}@firm.fr", "company_id": company, "created_at": _at(created)}
            for person, company, created in (
                ("7", None, "2023-01-02 09:00"),
                ("first_contact", "7", "2024-02-01 09:00"),
                ("second_contact", "7", "2024-02-02 09:00"),
            )
        ],
        "exchange_rates": [
            {"currency_code": "USD", "rate_date": date(2024, 1, 1), "rate_to_base": 0.5},
            {"currency_code": "USD", "rate_date": date(2024, 3, 1), "rate_to_base": 2},
        ],
    }
    loads = pa.table({"load_id": ["1"], "schema_name": ["files"], "status": pa.array([0], pa.int64())})
    raw = {("raw_files", name): _raw(name, rows) for name, rows in tables.items()}
    create_warehouse(path, raw_tables() | raw | {("raw_files", "_dlt_loads"): loads})
    dbt_ok("run", warehouse=path, variables=AS_OF)
    return path


def _query(warehouse: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def _kpis(warehouse: Path, metric_id: str, month: str, dimension: str = "total") -> dict[str, float | None]:
    rows = _query(
        warehouse,
        f"select dimension_value, value from marts.kpi_values where metric_id = '{metric_id}' and basis = 'period' "
        f"and period_grain = 'month' and period_start = '{month}-01' and dimension_name = '{dimension}'",
    )
    return {str(value): amount for value, amount in rows}


def test_customers_are_merged_and_a_person_is_no_company_of_the_same_id(warehouse: Path) -> None:
    customers = _query(
        warehouse,
        "select customer_id, count_orders, count_repeat_days, amount_net, amount_gross, ltv_12m, has_repurchased_12m,"
        " count_orders_without_amount from marts.fct_customer_value order by 1",
    )
    assert customers == [
        ("crm:404", 1, 0, 10, 10, 10, False, 0),
        ("crm:7", 2, 0, 160, 1160, 160, True, 0),
        ("crm:8", 1, 0, -30, -30, -30, False, 0),
        ("crm:9", 3, 1, 250, 250, 250, True, 1),
        ("person:crm:7", 1, 0, 30, 30, 30, False, 0),
    ]
    assert _query(warehouse, "select company_id from marts.dim_companies where is_customer order by 1") == [
        ("crm:7",),
        ("crm:8",),
        ("crm:9",),
    ]


def test_cancelled_first_order_was_one_of_a_new_customer_and_cancels_in_its_own_month(warehouse: Path) -> None:
    types = dict(_query(warehouse, "select order_id, customer_type from marts.fct_orders"))
    assert (types["crm:cancelled"], types["crm:double_a"], types["crm:double_b"]) == ("new", "new", "repeat")
    assert types["crm:nobody"] is None
    assert _kpis(warehouse, "orders_amount", "2024-01") == {"all": 1000}
    # 200 of the order at the new rate: one minute to midnight in UTC is March in Paris.
    assert _kpis(warehouse, "orders_amount", "2024-03") == {"all": 200 - 1000}
    assert _kpis(warehouse, "orders_count_net", "2024-03") == {"all": 2 - 1}
    assert _kpis(warehouse, "orders_count", "2024-03") == {"all": 2}
    assert _kpis(warehouse, "orders_amount", "2024-03", "customer_type")["new"] == -1000
    assert _kpis(warehouse, "orders_amount_gross", "2024-04") == {"all": -80}


def test_amount_without_a_rate_is_counted_and_never_taken_bare(warehouse: Path) -> None:
    assert _kpis(warehouse, "orders_amount_gross", "2024-03") == {"all": 200}
    assert _kpis(warehouse, "orders_without_amount", "2024-03") == {"all": 1}
    assert _kpis(warehouse, "average_basket", "2024-03") == {"all": 200}
    assert _kpis(warehouse, "median_basket", "2024-02") == {"all": 50}


def test_lines_sum_to_the_orders_and_what_is_not_known_is_named(warehouse: Path) -> None:
    families = _kpis(warehouse, "orders_amount_gross", "2024-02", "product_family")
    # 10 off double_a, 60 of an unheard-of product, and the orders without lines.
    assert families == {"machines": 70 + 50, "services": 40, "unknown": -10 + 60 + 50 + 30 + 20 + 10}
    assert sum(value or 0 for value in families.values()) == _kpis(warehouse, "orders_amount_gross", "2024-02")["all"]
    sectors = _kpis(warehouse, "orders_amount_gross", "2024-02", "sector")
    assert sectors == {"industry": 160, "unknown": 160}
    assert _kpis(warehouse, "orders_amount_gross", "2024-02", "region")["Bretagne"] == 50
    assert _kpis(warehouse, "orders_count", "2024-02", "company_size")["small (10-49)"] == 2


def test_revenue_per_lead_counts_an_order_once_for_all_contacts_of_its_company(warehouse: Path) -> None:
    # Two contacts of one company came in February, and eight orders with 320 in all.
    assert _kpis(warehouse, "new_leads", "2024-02") == {"all": 2}
    assert _kpis(warehouse, "revenue_per_lead", "2024-02") == {"all": 160}


def test_won_deals_in_place_of_orders_give_the_same_figures(warehouse: Path, tmp_path: Path) -> None:
    copy = tmp_path / "warehouse.duckdb"
    copy.write_bytes(warehouse.read_bytes())
    deals = [
        {
            "deal_id": row["order_id"],
            "pipeline_name": "sales",
            "stage_name": "won",
            "amount": row["amount"],
            "currency_code": row.get("currency_code"),
            "company_id": row["company_id"],
            "person_id": row.get("person_id"),
            "created_at": row["ordered_at"],
            "closed_at": row["ordered_at"],
        }
        for row in ORDERS
        if row["order_status"] == "confirmed"
    ]
    with duckdb.connect(str(copy)) as connection:
        connection.register("deals", _raw("deals", deals))
        connection.execute("create or replace table raw_files.deals as select * from deals")
    dbt_ok("run", warehouse=copy, variables=AS_OF | {"orders_from": "won_deals"})
    sums = (
        "select count(*), sum(amount_base), count(distinct customer_id) from marts.fct_orders "
        "where cancelled_date is null"
    )
    assert _query(copy, sums) == _query(warehouse, sums)
    assert _kpis(copy, "orders_amount_gross", "2024-02") == _kpis(warehouse, "orders_amount_gross", "2024-02")
    assert _kpis(copy, "orders_amount", "2024-03") == {"all": 200}


def test_laws_hold_and_fail_when_a_customer_is_forgotten(warehouse: Path, tmp_path: Path) -> None:
    law = "assert_kpis_equal_the_counts_of_their_facts"
    assert dbt("test", "--select", law, warehouse=warehouse, variables=AS_OF).returncode == 0
    broken = tmp_path / "warehouse.duckdb"
    broken.write_bytes(warehouse.read_bytes())
    with duckdb.connect(str(broken)) as connection:
        connection.execute("delete from marts.fct_customer_value where customer_id = 'crm:9'")
    assert dbt("test", "--select", law, warehouse=broken, variables=AS_OF).returncode != 0
