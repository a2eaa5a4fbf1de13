"""The page docs/how-it-is-computed.md: its rows give its figures when they are built, and its arithmetic is right."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from analytics.forecast.outlook import _noise
from analytics.incidence import aalen_johansen, ending_of
from analytics.proportions import wilson
from ingestion.contracts import ARROW_TYPES, ENTITIES, METADATA_COLUMNS
from tests.dbt.support import create_warehouse, dbt_ok, raw_tables

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-it-is-computed.md"
AS_OF = "2026-06-15"

Rows = list[dict[str, str]]
OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}


def computed(expression: str) -> float:
    """Value of a line of arithmetic, as the page writes it."""

    def value(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return node.value
        if isinstance(node, ast.BinOp):
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp):
            return OPERATORS[type(node.op)](value(node.operand))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sqrt":
            return math.sqrt(value(node.args[0]))
        raise ValueError(f"no arithmetic: {ast.dump(node)}")

    return value(ast.parse(re.sub(r" x ", " * ", expression).replace("^", "**").strip(), mode="eval").body)


def _sections() -> dict[str, str]:
    text = PAGE.read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


SECTIONS = _sections()
LINES = [
    (section, line)
    for section, text in SECTIONS.items()
    for block in re.findall(r"^```text\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]


def section(start: str) -> str:
    """The text of the one section whose heading begins with ``start``."""
    (text,) = [text for heading, text in SECTIONS.items() if heading.startswith(start)]
    return text


def rows(start: str) -> Rows:
    """The first table of a section, by its headings."""
    lines = section(start).split("\n\n| ", 1)[1].splitlines()
    table = [lines[0], *[line.removeprefix("| ") for line in lines[1:] if line.startswith("|")]]
    cells = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in table]
    first_end = next((number for number, line in enumerate(lines) if number and not line.startswith("|")), len(lines))
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:first_end]]


def figures(start: str) -> dict[str, float]:
    """What the lines of arithmetic of a section say, by name."""
    found = {}
    for heading, line in LINES:
        if heading.startswith(start):
            name, *_, said = line.split(" = ")
            found[name] = float(said)
    assert found
    return found


@pytest.mark.parametrize(("heading", "line"), LINES)
def test_the_arithmetic_is_right(heading, line):
    _, *expressions, said = line.split(" = ")
    digits = len(said.partition(".")[2])
    for expression in expressions:
        assert round(computed(expression), digits) == float(said), f"{heading}: {line}"


# ---- the rows of the page as raw tables


def _at(day: str, hours: int = 0) -> datetime | None:
    """A time in UTC: midnight in Paris of a day, and so many hours later."""
    if not day:
        return None
    local = datetime.fromisoformat(day)
    is_summer = "03-29" <= local.strftime("%m-%d") < "10-25"
    return local - timedelta(hours=2 if is_summer else 1) + timedelta(hours=hours)


def _raw(entity_name: str, source: str, records: Sequence[Mapping[str, object]]) -> pa.Table:
    metadata = {
        "source_name": source,
        "references_source_name": "crm",
        "source_file_name": f"{source}/file.csv",
        "source_file_hash": "hash",
        "source_file_modified_at": datetime(2026, 6, 16),
    }
    columns = {}
    for column in (*ENTITIES[entity_name].columns, *METADATA_COLUMNS):
        values = [{**metadata, "row_hash": str(n), **record}.get(column.name) for n, record in enumerate(records)]
        columns[column.name] = pa.array(values, ARROW_TYPES[column.type])
    return pa.table(columns | {"_dlt_load_id": pa.array(["1"] * len(records))})


def _people() -> list[dict[str, object]]:
    mqls = {row["person"]: row["became MQL"] for row in rows("KPI 1")}
    mqls |= {row["MQL"]: row["became MQL"] for row in rows("KPI 2")}
    return [
        {
            "person_id": name,
            "email": f"{name}@{name}.example",
            "company_id": f"firm-{name}",
            "lifecycle_stage": "mql" if mql else "lead",
            "became_mql_at": _at(mql, 9),
            "created_at": _at("2026-01-05", 9),
        }
        for name, mql in mqls.items()
    ]


def _companies() -> list[dict[str, object]]:
    firms: list[dict[str, object]] = [
        {"company_id": f"firm-{person['person_id']}", "company_name": person["person_id"]} for person in _people()
    ]
    known = {row["criterion"]: row["known value"] for row in rows("Score")}
    for firm in firms:
        if firm["company_id"] == "firm-fay":
            firm |= {
                "count_employees": int(known["company_size"]),
                "region_name": known["geographic_zone"],
                "sector": known["activity_sector"],
            }
    firms += [{"company_id": f"firm-{name}", "company_name": name} for name in ("kay", "lou", "new")]
    return [{"created_at": _at("2024-01-01"), **firm} for firm in firms]


def _activities() -> list[dict[str, object]]:
    contacts: list[dict[str, object]] = [
        {
            "activity_id": f"call-{row['MQL']}",
            "activity_type": "call",
            "direction": "outbound",
            "outcome": row["outcome"],
            "verdict": row["verdict"] or None,
            "verdict_at": _at(row["contact"], 12) if row["verdict"] else None,
            "refusal_reason": "budget" if row["verdict"] == "refused" else None,
            "occurred_at": _at(row["contact"], 11),
            "person_id": row["MQL"],
        }
        for row in rows("KPI 2")
    ]
    for row in rows("Evolution"):
        contacts += [
            {
                "activity_id": f"meeting-{row['month']}-{number}",
                "activity_type": "meeting",
                "outcome": "held",
                "occurred_at": _at(f"{row['month']}-{number + 1:02d}", 10),
                "company_id": "firm-new",
            }
            for number in range(int(row["appointments held"]))
        ]
    return contacts


def _orders() -> list[dict[str, object]]:
    listed = [
        {**row, "customer": row.get("customer", "new")}
        for start in ("Average basket", "Gap to target", "Customer lifetime")
        for row in rows(start)
    ]
    # What makes bob a customer before his e-mail came.
    listed.append({"order": "B1", "customer": "bob", "date": "2025-03-03", "amount": "100"})
    return [
        {
            "order_id": row["order"],
            "order_status": "cancelled" if row.get("cancelled") else "confirmed",
            "amount": int(row["amount"]),
            "company_id": f"firm-{row['customer']}",
            "ordered_at": _at(row["date"], 10),
            "cancelled_at": _at(row.get("cancelled", ""), 10),
        }
        for row in listed
    ]


def _deals() -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    deals, history = [], []
    for row in rows("KPI 3"):
        changes = [(stage, _at(row[stage])) for stage in ("proposal", "negotiation", "lost") if row[stage]]
        deals.append(
            {
                "deal_id": row["deal"],
                "pipeline_name": "sales",
                "stage_name": changes[-1][0],
                "amount": 1000,
                "company_id": "firm-new",
                "created_at": changes[0][1],
                "closed_at": _at(row["lost"]),
            }
        )
        history += [
            {
                "change_id": f"{row['deal']}-{stage}",
                "deal_id": row["deal"],
                "pipeline_name": "sales",
                "stage_name": stage,
                "amount": 1000,
                "occurred_at": occurred_at,
            }
            for stage, occurred_at in changes
        ]
    return deals, history


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of the page's company."""
    deals, history = _deals()
    mails = [
        {
            "event_id": f"mail-{row['person']}",
            "message_id": f"message-{row['person']}",
            "campaign_id": "spring",
            "campaign_name": "Spring",
            "person_id": row["person"],
            "email": f"{row['person']}@{row['person']}.example",
            "event_type": "delivered",
            "occurred_at": _at(row["e-mail delivered"], 9),
        }
        for row in rows("KPI 1")
    ]
    targets = pa.Table.from_pylist(
        [
            {
                "metric_id": "orders_count",
                "target_month": date(2026, 6, 1),
                "stage_name": "all",
                "target_value": 8.0,
                "valid_from": date(2026, 1, 1),
                "target_high": None,
            }
        ],
        schema=raw_tables()["raw_workspace", "targets"].schema,
    )
    path = tmp_path_factory.mktemp("computed") / "warehouse.duckdb"
    create_warehouse(
        path,
        raw_tables()
        | {
            ("raw_files", "persons"): _raw("persons", "crm", _people()),
            ("raw_files", "companies"): _raw("companies", "crm", _companies()),
            ("raw_files", "email_events"): _raw("email_events", "newsletter", mails),
            ("raw_files", "activities"): _raw("activities", "crm", _activities()),
            ("raw_files", "deals"): _raw("deals", "crm", deals),
            ("raw_files", "deal_history"): _raw("deal_history", "crm", history),
            ("raw_files", "orders"): _raw("orders", "erp", _orders()),
            ("raw_workspace", "targets"): targets,
            ("raw_files", "_dlt_loads"): pa.table(
                {"load_id": ["1"], "schema_name": ["files"], "status": pa.array([0], pa.int64())}
            ),
        },
    )
    dbt_ok(
        "run", "--select", "+kpi_values", "+fct_lead_score_contributions", warehouse=path, variables={"as_of": AS_OF}
    )
    return path


@pytest.fixture(scope="module")
def query(warehouse) -> Callable[[str], list[tuple[Any, ...]]]:
    """Return a function that asks the marts."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            connection.execute("use marts")
            return connection.execute(sql).fetchall()

    return ask


@pytest.fixture(scope="module")
def kpi(query) -> Callable[..., Any]:
    """Return a function that gives one column of one row of ``kpi_values``."""

    def value(
        metric: str,
        start: str,
        *,
        column: str = "value",
        grain: str = "month",
        dimension: str = "total:all",
        basis: str = "period",
        window: int = 0,
    ) -> Any:
        name, _, member = dimension.partition(":")
        found = query(
            f"select {column} from kpi_values where metric_id = '{metric}' and period_start = '{start}' "
            f"and period_grain = '{grain}' and dimension_name = '{name}' and dimension_value = '{member}' "
            f"and basis = '{basis}' and window_days = {window}"
        )
        assert len(found) == 1, f"{metric} {start}: {found}"
        return found[0][0]

    return value


def near(number: float, digits: int = 4) -> Any:
    return pytest.approx(number, abs=0.6 * 10**-digits)


def test_kpi_1_and_its_interval(kpi):
    said = figures("KPI 1")
    email = {"dimension": "audience_type:email", "basis": "cohort_aj", "window": 30}
    assert kpi("kpi1_mql_rate", "2026-03-01", **email) == said["kpi_1"]
    assert kpi("kpi1_mql_rate", "2026-03-01", column="denominator", **email) == said["eligible"]
    assert kpi("kpi1_mql_rate", "2026-03-01", column="ci_low", **email) == near(said["ci_low"])
    assert kpi("kpi1_mql_rate", "2026-03-01", column="ci_high", **email) == near(said["ci_high"])
    assert kpi("kpi1_mql_rate", "2026-03-01", column="is_low_n", **email)
    low, high = wilson(np.array([0.25]), np.array([4.0]))
    assert (low[0], high[0]) == (near(said["ci_low"]), near(said["ci_high"]))


def test_kpi_2_and_the_gap(kpi):
    said = figures("KPI 2")
    year = {"grain": "fiscal_year"}
    assert kpi("kpi2_sql_rate", "2026-01-01", basis="cohort_aj", window=30, **year) == said["kpi_2"]
    assert kpi("mql_sql_gap", "2026-01-01", **year) == said["gap"]
    for state in ("refused", "attempted"):
        assert kpi("mql_sql_gap", "2026-01-01", dimension=f"contact_state:{state}", **year) == 1


def test_kpi_3_by_the_models_and_by_the_library(kpi):
    said = figures("KPI 3")
    year = {"grain": "fiscal_year", "dimension": "stage:sales:proposal"}
    assert kpi("kpi3_stage_conversion", "2026-01-01", basis="cohort_aj", window=90, **year) == near(said["kpi_3"], 9)
    assert kpi("losses_count", "2026-01-01", **year) == said["losses"]
    assert kpi("losses_rate", "2026-01-01", **year) == said["losses_rate"]
    deals = rows("KPI 3")

    def days(column: str) -> np.ndarray:
        spans = [
            (date.fromisoformat(deal[column]) - date.fromisoformat(deal["proposal"])).days if deal[column] else np.nan
            for deal in deals
        ]
        return np.array(spans, dtype=float)

    watched = np.array([(date(2026, 6, 16) - date.fromisoformat(deal["proposal"])).days for deal in deals], dtype=float)
    incidence = aalen_johansen(*ending_of(days("negotiation"), days("lost"), watched), 90)
    assert incidence.rate == said["kpi_3"]
    assert incidence.count_reached / incidence.count == said["plain"]
    assert said["resolved_only"] == incidence.count_reached / np.sum(
        ~np.isnan(days("negotiation")) | ~np.isnan(days("lost"))
    )


def test_the_average_basket(kpi):
    said = figures("Average basket")
    assert kpi("average_basket", "2026-05-01") == said["basket"]
    assert kpi("median_basket", "2026-05-01") == said["basket_median"]


def test_the_gap_so_far(kpi, query):
    said = figures("Gap to target")
    assert kpi("orders_count", "2026-06-01", column="gap_abs") == said["gap"]
    assert kpi("orders_count", "2026-06-01", column="gap_paced") == said["gap_paced"]
    assert query(
        "select count(*), count(*) filter (where date_day <= '2026-06-15') from dim_dates "
        "where month_start_date = '2026-06-01' and is_working_day"
    ) == [(22, 11)]


def test_signal_and_noise(kpi):
    said = figures("Evolution")
    for month, name in (("2026-04-01", "april"), ("2026-05-01", "may")):
        expected = "signal" if said[f"{name}_square"] > said[f"{name}_limit"] else "noise"
        assert kpi("appointments_held", month, column="evolution_signal_previous") == expected
    assert [int(row["appointments held"]) for row in rows("Evolution")] == [
        kpi("appointments_held", f"{row['month']}-01") for row in rows("Evolution")
    ]


def test_the_score(query):
    said = figures("Score")
    (score,) = query(
        "select score_confirmed, score_potential, completeness from fct_lead_scores "
        "where person_id = 'crm:fay' and model_name = 'default' and is_current"
    )
    assert [float(value) for value in score] == [said["score_confirmed"], said["score_potential"], said["completeness"]]
    points = query(
        "select fct_lead_score_contributions.criterion_code, points, max_points from fct_lead_score_contributions "
        "inner join fct_lead_scores using (lead_score_id) "
        "where fct_lead_scores.person_id = 'crm:fay' and model_name = 'default' and is_current and is_known"
    )
    assert {code: (float(got), float(most)) for code, got, most in points} == {
        row["criterion"]: (float(row["points"]), float(row["of at most"])) for row in rows("Score")
    }
    assert said["known"] == sum(float(most) for _, _, most in points)


def test_the_customer_lifetime_value(kpi, query):
    said = figures("Customer lifetime")
    assert kpi("customer_ltv", "2025-01-01", basis="cohort_window", window=365) == said["ltv_12m"]
    assert kpi("repurchase_rate", "2025-01-01", basis="cohort_window", window=365) == said["repurchase_rate"]
    assert query("select ltv_12m from fct_customer_value where customer_id = 'crm:firm-kay'") == [(said["kay"],)]


def test_the_noise_of_the_forecast():
    said = figures("Noise")
    noise = _noise(np.full((2, 1, 1), 25.0), SimpleNamespace(variation=0.8))
    assert noise.ravel() == pytest.approx([said["noise_count"], said["noise_amount"]], abs=0.6e-4)
