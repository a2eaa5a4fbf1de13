"""Write examples/superset: a dashboard that Superset imports, made of the questions in examples/bi.

``python -m benchmarks.superset.assets DATABASE`` takes the types of the columns from a published DuckDB file. A test
holds the files to the questions.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb
import yaml

from orchestration.lib.publish import connect_published

ROOT: Final = Path(__file__).resolve().parents[2]
QUESTIONS: Final = ROOT / "examples" / "bi"
FOLDER: Final = ROOT / "examples" / "superset"
DATABASE_NAME: Final = "Pilotage"
TITLE: Final = "Commercial dashboard"
SLUG: Final = "pilotage"
URI: Final = "postgresql+psycopg2://superset:XXXXXXXXXX@db.example.com:5432/bi"
"""Superset shows a password as XXXXXXXXXX, and asks for it at the import."""

SEEN: Final = "#1F77B4"
AIM: Final = "#7F7F7F"
BOUND: Final = "#9ECAE1"
COLOURS: Final = {
    **dict.fromkeys(("New leads", "Orders", "Amount", "Average basket", "Rate", "Repurchase rate"), SEEN),
    "Target": AIM,
    "Low": BOUND,
    "High": BOUND,
}
"""By label: what was seen, what was aimed at, the interval. Else Superset gives them by chance."""

_VERSION: Final = "1.0.0"
_ROW_WIDTH: Final = 12
_TYPES: Final = {"DATE": "DATE", "TIMESTAMP": "TIMESTAMP", "VARCHAR": "TEXT", "BOOLEAN": "BOOLEAN", "BIGINT": "BIGINT"}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its title, the question it draws, and how."""

    title: str
    question: str
    viz_type: str
    width: int
    """Twelfths of a row."""

    params: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of its file."""
        return re.sub(r"[^a-z0-9]+", "_", self.title.lower()).strip("_")


def _measure(expression: str, label: str) -> dict[str, Any]:
    return {
        "expressionType": "SQL",
        "sqlExpression": expression,
        "label": label,
        "optionName": f"metric_{label.lower().replace(' ', '_')}",
        "hasCustomLabel": True,
    }


def _over_time(x_axis: str, measures: dict[str, str], *, grain: str = "P1M", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "x_axis": x_axis,
        "time_grain_sqla": grain,
        "metrics": [_measure(f"max({column})", label) for column, label in measures.items()],
        "adhoc_filters": [],
        "groupby": [],
        "row_limit": 10_000,
        "truncate_metric": True,
        "show_empty_columns": False,
        "x_axis_sort_asc": True,
        "rich_tooltip": True,
        "show_legend": True,
        "legendType": "scroll",
        "legendOrientation": "top",
        "markerEnabled": True,
        "markerSize": 4,
        **more,
    }


def _table(columns: tuple[str, ...], *, rows: int, days: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "query_mode": "raw",
        "all_columns": list(columns),
        "adhoc_filters": [],
        "order_by_cols": [],
        "row_limit": rows,
        "server_page_length": 10,
        "table_timestamp_format": "%Y-%m-%d %H:%M",
        "column_config": {day: {"d3TimeFormat": "%Y-%m-%d"} for day in days},
    }


CHARTS: Final = (
    Chart(
        "Figures as of",
        "freshness",
        "table",
        12,
        _table(("as_of", "published_at", "version"), rows=10, days=("as_of",)),
    ),
    Chart(
        "New leads",
        "new_leads",
        "echarts_timeseries_line",
        4,
        _over_time("month", {"new_leads": "New leads", "target": "Target"}),
    ),
    Chart(
        "Orders of the month",
        "orders",
        "echarts_timeseries_bar",
        4,
        _over_time("month", {"count_orders": "Orders", "target_count": "Target"}),
    ),
    Chart(
        "Amount of the orders",
        "orders",
        "echarts_timeseries_bar",
        4,
        _over_time("month", {"amount_orders": "Amount", "target_amount": "Target"}, y_axis_format="~s"),
    ),
    Chart(
        "Average basket",
        "average_basket",
        "echarts_timeseries_line",
        4,
        _over_time("month", {"average_basket": "Average basket", "target": "Target"}, y_axis_format="~s"),
    ),
    Chart(
        "Losses by stage",
        "losses_by_stage",
        "echarts_timeseries_bar",
        4,
        _over_time("month", {"count_losses": "Deals lost"}, groupby=["stage"], stack="Stack"),
    ),
    Chart(
        "Order forecast, 80 % interval",
        "order_forecast",
        "echarts_timeseries_line",
        4,
        _over_time("month", {"count_orders": "Orders", "low_80": "Low", "high_80": "High"}),
    ),
    Chart(
        "Repurchase rate",
        "loyalty",
        "echarts_timeseries_line",
        4,
        _over_time(
            "month",
            {"value": "Value"},
            groupby=["metric"],
            y_axis_format=".0%",
            adhoc_filters=[
                {
                    "expressionType": "SIMPLE",
                    "clause": "WHERE",
                    "subject": "unit",
                    "operator": "==",
                    "comparator": "ratio",
                }
            ],
        ),
    ),
    Chart(
        "KPI 1, MQL by target",
        "kpi1_lead_conversion",
        "echarts_timeseries_line",
        4,
        _over_time("quarter", {"mql_rate": "Rate"}, grain="P3M", groupby=["audience"], y_axis_format=".1%"),
    ),
    Chart(
        "KPI 2, SQL by MQL",
        "kpi2_sql_conversion",
        "echarts_timeseries_line",
        4,
        _over_time(
            "month",
            {"sql_rate": "Rate", "ci_low": "Low", "ci_high": "High", "target": "Target"},
            y_axis_format=".0%",
        ),
    ),
    Chart(
        "KPI 3, stage to stage",
        "kpi3_stage_conversion",
        "echarts_timeseries_line",
        6,
        _over_time("quarter", {"conversion": "Conversion"}, grain="P3M", groupby=["stage"], y_axis_format=".0%"),
    ),
    Chart(
        "From lead to order",
        "funnel",
        "funnel",
        6,
        {
            "groupby": ["step_name"],
            "metric": _measure("sum(count_entered)", "People"),
            "adhoc_filters": [],
            "row_limit": 10,
            "sort_by_metric": True,
            "show_legend": False,
            "percent_calculation_type": "first_step",
        },
    ),
    Chart(
        "Whom to call",
        "call_list",
        "table",
        12,
        _table(("action_rank", "owner_id", "action_type", "person_id", "due_at", "is_overdue", "reason_en"), rows=100),
    ),
)
"""In the order of the dashboard."""


def written_files(database: Path) -> dict[str, str]:
    """Return the files of the export, by their path below its folder. ``database`` is a published DuckDB file."""
    questions = {chart.question: chart for chart in CHARTS}
    with connect_published(database) as connection:
        datasets = {
            f"datasets/{DATABASE_NAME}/{question}.yaml": _dataset(connection, question) for question in questions
        }
    contents: dict[str, dict[str, Any]] = {
        "metadata.yaml": {"version": _VERSION, "type": "Dashboard", "timestamp": "2026-01-01T00:00:00+00:00"},
        f"databases/{DATABASE_NAME}.yaml": {
            "database_name": DATABASE_NAME,
            "sqlalchemy_uri": URI,
            "cache_timeout": 0,
            "expose_in_sqllab": True,
            "allow_run_async": False,
            "allow_ctas": False,
            "allow_cvas": False,
            "allow_dml": False,
            "allow_file_upload": False,
            "extra": {"allows_virtual_table_explore": True},
            "uuid": identity("database"),
            "version": _VERSION,
        },
        **datasets,
        **{f"charts/{chart.name}.yaml": _chart(chart) for chart in CHARTS},
        f"dashboards/{SLUG}.yaml": _dashboard(),
    }
    return {
        path: yaml.dump(content, sort_keys=False, allow_unicode=True, width=120, Dumper=_Readable)
        for path, content in contents.items()
    }


class _Readable(yaml.SafeDumper):
    """SQL as blocks."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _text)


def identity(name: str) -> str:
    """Return the id of a part of the export: the same in every version, so that an import replaces what it made."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"pilotage/superset/{name}"))


def _dataset(connection: duckdb.DuckDBPyConnection, question: str) -> dict[str, Any]:
    sql = (QUESTIONS / f"{question}.sql").read_text(encoding="utf-8")
    columns = connection.execute(f"describe {sql}").fetchall()
    days = [str(name) for name, kind, *_ in columns if kind in {"DATE", "TIMESTAMP"}]
    return {
        "table_name": question,
        "main_dttm_col": days[0] if days else None,
        "description": sql.splitlines()[0].removeprefix("-- "),
        "cache_timeout": 0,
        "schema": "marts",
        "sql": sql,
        "params": None,
        "template_params": None,
        "filter_select_enabled": True,
        "extra": None,
        "uuid": identity(f"dataset/{question}"),
        "metrics": [],
        "columns": [
            {
                "column_name": str(name),
                "is_dttm": name in days,
                "is_active": True,
                "type": _TYPES.get(str(kind), "NUMERIC"),
                "groupby": True,
                "filterable": True,
            }
            for name, kind, *_ in columns
        ],
        "version": _VERSION,
        "database_uuid": identity("database"),
    }


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "slice_name": chart.title,
        "viz_type": chart.viz_type,
        "params": {"viz_type": chart.viz_type, "time_range": "No filter", **chart.params},
        "cache_timeout": None,
        "uuid": identity(f"chart/{chart.name}"),
        "version": _VERSION,
        "dataset_uuid": identity(f"dataset/{chart.question}"),
    }


def _dashboard() -> dict[str, Any]:
    rows: list[list[Chart]] = []
    for chart in CHARTS:
        if not rows or sum(other.width for other in rows[-1]) + chart.width > _ROW_WIDTH:
            rows.append([])
        rows[-1].append(chart)
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {
            "type": "GRID",
            "id": "GRID_ID",
            "children": [f"ROW-{number}" for number in range(len(rows))],
            "parents": ["ROOT_ID"],
        },
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": TITLE}},
    }
    for number, charts in enumerate(rows):
        parents = ["ROOT_ID", "GRID_ID"]
        position[f"ROW-{number}"] = {
            "type": "ROW",
            "id": f"ROW-{number}",
            "children": [f"CHART-{chart.name}" for chart in charts],
            "parents": parents,
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        for chart in charts:
            position[f"CHART-{chart.name}"] = {
                "type": "CHART",
                "id": f"CHART-{chart.name}",
                "children": [],
                "parents": [*parents, f"ROW-{number}"],
                "meta": {
                    "chartId": CHARTS.index(chart) + 1,
                    "uuid": identity(f"chart/{chart.name}"),
                    "sliceName": chart.title,
                    "width": chart.width,
                    "height": 20 if chart.title == CHARTS[0].title else 50,
                },
            }
    return {
        "dashboard_title": TITLE,
        "description": "The six lines of the commercial dashboard, the three KPIs and the call list.",
        "css": "",
        "slug": SLUG,
        "published": True,
        "uuid": identity("dashboard"),
        "position": position,
        "metadata": {
            "refresh_frequency": 0,
            "color_scheme": "supersetColors",
            "label_colors": COLOURS,
            "cross_filters_enabled": False,
        },
        "version": _VERSION,
    }


def main() -> None:
    """Write the files."""
    for path, text in written_files(Path(sys.argv[1])).items():
        file = FOLDER / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    print(json.dumps({"charts": len(CHARTS), "folder": str(FOLDER)}))


if __name__ == "__main__":
    main()
