"""The whole published demo company in PostgreSQL: every table, every key, every question of the BI tools."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
import yaml

from benchmarks.superset.assets import CHARTS, FOLDER, QUESTIONS, written_files
from benchmarks.throwaway_postgres import Server
from ingestion.config.workspace import Workspace
from orchestration.definitions import build_defs
from orchestration.defs.publish import POSTGRES
from orchestration.lib.postgres import PostgresVersion, publish_to_postgres
from orchestration.lib.postgres_ddl import INDEXES, Reference, proven_references
from orchestration.lib.project import dbt_project
from orchestration.lib.publish import connect_published
from orchestration.lib.run import NightlyRun
from tests.serving.support import PASSWORD, Place, new_place

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def references() -> list[Reference]:
    return proven_references(dbt_project().manifest_path)


@pytest.fixture(scope="module")
def place(postgres_server: Server) -> Iterator[Place]:
    made = new_place(postgres_server)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PILOTAGE_TEST_PASSWORD", PASSWORD)
        yield made


@pytest.fixture(scope="module")
def version(demo: Any, place: Place, references: list[Reference]) -> PostgresVersion:
    """The demo company, published into the schema that the settings have by default."""
    file = Workspace(demo.home).published_database
    return publish_to_postgres(file, place.target(schema="marts"), demo.home, references=references)


@pytest.fixture(scope="module")
def file(demo: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect_published(Workspace(demo.home).published_database) as connection:
        yield connection


def test_every_table_has_the_rows_and_the_sums_of_the_file(
    version: PostgresVersion, place: Place, file: duckdb.DuckDBPyConnection
) -> None:
    tables = [name for (name,) in file.execute("select table_name from duckdb_tables()").fetchall()]
    assert len(tables) > 40
    assert version.count_tables == len(tables)
    assert version.nul_values == {}
    for table in tables:
        columns = file.execute(
            "select column_name, data_type from duckdb_columns() where table_name = ? order by column_index", [table]
        ).fetchall()
        asked = ["count(*)::varchar"]
        for name, kind in columns:
            asked.append(f'count("{name}")::varchar')
            if kind == "VARCHAR":
                asked += [f'count(distinct "{name}")::varchar', f'sum(length("{name}"))::varchar']
            elif kind in {"DATE", "TIMESTAMP"}:
                asked += [f'min("{name}")::varchar', f'max("{name}")::varchar']
            elif kind == "BIGINT" or kind.startswith("DECIMAL"):
                asked.append(f'sum("{name}"::decimal(38, 4))::varchar')
            elif kind == "DOUBLE":
                # Rounded first, so that the sum does not depend on the order of the rows.
                asked.append(f'sum(round("{name}"::decimal(38, 6), 2))::varchar')
            else:
                assert kind == "BOOLEAN"
                asked.append(f'sum(case when "{name}" then 1 else 0 end)::varchar')
        query = f"select {', '.join(asked)} from marts.{table}"
        (expected,) = file.execute(query).fetchall()
        (found,) = place.rows(query, user=place.reader)
        assert found == ["" if item is None else item for item in expected], table


def test_every_key_of_the_file_and_every_tested_reference_is_there(
    version: PostgresVersion, place: Place, file: duckdb.DuckDBPyConnection, references: list[Reference]
) -> None:
    primary = {
        (table, tuple(columns))
        for table, columns in file.execute(
            "select table_name, constraint_column_names from duckdb_constraints() where constraint_type = 'PRIMARY KEY'"
        ).fetchall()
    }
    rows = place.rows(
        "select contype, conrelid::regclass, (select string_agg(attname, ',' order by position) "
        "from unnest(conkey) with ordinality as keys (number, position) "
        "inner join pg_attribute on attrelid = conrelid and attnum = number), confrelid::regclass "
        "from pg_constraint where connamespace = 'marts'::regnamespace"
    )
    found = {
        kind: {
            (table.removeprefix("marts."), tuple(columns.split(",")))
            for type_, table, columns, _ in rows
            if type_ == kind
        }
        for kind in ("p", "f")
    }
    assert found["p"] == primary
    assert len(references) > 25
    assert found["f"] == {(reference.table, reference.columns) for reference in references}
    assert version.count_foreign_keys == len(references)
    ((missing,),) = place.rows(
        "select count(*) from pg_attribute inner join pg_class on attrelid = pg_class.oid "
        "where relnamespace = 'marts'::regnamespace and relkind = 'r' and attnum > 0 "
        "and col_description(attrelid, attnum) is null"
    )
    assert missing == "0"


def test_every_declared_index_names_columns_that_are_published(file: duckdb.DuckDBPyConnection) -> None:
    columns = set(file.execute("select table_name, column_name from duckdb_columns()").fetchall())
    assert [
        (table, name) for table, keys in INDEXES.items() for key in keys for name in key if (table, name) not in columns
    ] == []


QUESTION_FILES = sorted(QUESTIONS.glob("*.sql"))


@pytest.mark.parametrize("question", QUESTION_FILES, ids=lambda path: path.stem)
def test_question_has_the_same_answer_in_the_file_and_in_postgresql(
    version: PostgresVersion, place: Place, file: duckdb.DuckDBPyConnection, question: Path
) -> None:
    assert version.schema == "marts"
    sql = question.read_text(encoding="utf-8")
    expected = file.execute(sql).fetchall()
    names = [column[0] for column in file.description or []]
    assert expected, "the question has no answer"
    text = place.server.psql(
        f"copy ({sql}) to stdout with (format csv, header, null '\\N', force_quote *)",
        database=place.database,
        options=("-U", place.reader),
    )
    with duckdb.connect() as connection:
        csv = place.server.folder / "answer.csv"
        csv.write_text(text, encoding="utf-8")
        answer = connection.execute(
            f"select * from read_csv('{csv}', header = true, all_varchar = true, nullstr = '\\N', delim = ',', "
            "quote = '\"', escape = '\"')"
        )
        found_names, found = [column[0] for column in answer.description or []], answer.fetchall()
    assert found_names == names
    assert sorted(map(_as_words, found)) == sorted(map(_as_words, expected))
    # Not only rows, but figures: no column is empty from top to bottom, save those that the demo has no use for.
    empty = {name for number, name in enumerate(names) if all(row[number] is None for row in expected)}
    assert empty <= {"deal_id", "model_name", "target", "gap_abs", "target_amount"}, empty


def _as_words(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(_word(item) for item in row)


def _word(item: Any) -> str:
    """The same for what one engine gives as a value and the other as text."""
    if item is None:
        return ""
    if isinstance(item, bool):
        return "t" if item else "f"
    text = str(item)
    if re.fullmatch(r"[-\d]{10} [:\d]{8}\.\d+", text):
        # PostgreSQL writes no zeros at the end of a second.
        return text.rstrip("0").rstrip(".")
    try:
        return str(Decimal(text).normalize() + 0)
    except ArithmeticError:
        return text


def test_there_is_a_question_for_each_line_of_the_dashboard(file: duckdb.DuckDBPyConnection) -> None:
    lines = {line for (line,) in file.execute("select distinct line_id from marts.kpi_commercial_dashboard").fetchall()}
    asked = "\n".join(path.read_text(encoding="utf-8") for path in QUESTION_FILES)
    metrics = {
        "new_leads": "new_leads", "orders_month": "orders_count", "average_basket": "average_basket",
        "losses_by_stage": "losses_count", "order_forecast": "orders_forecast_count", "loyalty": "loyalty",
    }  # fmt: skip
    assert lines == set(metrics)
    for name in (*metrics.values(), "kpi1_mql_rate", "kpi2_sql_rate", "kpi3_stage_conversion"):
        assert f"'{name}'" in asked
    listed = set(re.findall(r"examples/bi/(\w+)\.sql", (ROOT / "docs" / "metabase.md").read_text(encoding="utf-8")))
    assert listed == {path.stem for path in QUESTION_FILES}


def test_files_for_superset_are_made_of_the_questions(demo: Any) -> None:
    files = written_files(Workspace(demo.home).published_database)
    found = {path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.yaml")}
    assert found == files, "run `python -m benchmarks.superset.assets DATABASE` with a published file of the demo"
    dashboard = yaml.safe_load(files["dashboards/pilotage.yaml"])
    shown = {
        item["meta"]["uuid"]
        for item in dashboard["position"].values()
        if isinstance(item, dict) and item["type"] == "CHART"
    }
    charts = [yaml.safe_load(text) for path, text in files.items() if path.startswith("charts/")]
    datasets = [yaml.safe_load(text) for path, text in files.items() if path.startswith("datasets/")]
    assert shown == {chart["uuid"] for chart in charts}
    assert len(charts) == len(CHARTS)
    assert {chart["dataset_uuid"] for chart in charts} == {dataset["uuid"] for dataset in datasets}


def test_policies_of_the_documentation_give_each_team_its_rows(
    small_demo: Any,
    postgres_server: Server,
    references: list[Reference],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = (ROOT / "docs" / "postgresql.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r'```sql title="PostgreSQL: (\w+)"\n(.*?)```', page, re.DOTALL))
    fresh = new_place(postgres_server)
    monkeypatch.setenv("PILOTAGE_TEST_PASSWORD", PASSWORD)

    def told(sql: str) -> str:
        return sql.replace("pilotage_reader", fresh.reader).replace("pilotage_director", f"{fresh.reader}_director")

    (tmp_path / "policies.sql").write_text(told(blocks["policies"]), encoding="utf-8")
    fresh.psql(f"create role {fresh.reader} login")
    fresh.psql(told(blocks["setup"]), user=fresh.user)
    publish_to_postgres(
        Workspace(small_demo.home).published_database,
        fresh.target(schema="marts", policy_file="policies.sql"),
        tmp_path,
        references=references,
    )
    ((owner, *_), *_) = fresh.rows(
        "select owner_id from marts.kpi_next_actions inner join marts.fct_deals using (owner_id) "
        "group by owner_id order by count(*) desc, owner_id"
    )
    paul, claire, nobody = (f"{name}_{fresh.database}" for name in ("paul", "claire", "nobody"))
    fresh.psql(
        f"create role {paul} login in role {fresh.reader}; create role {nobody} login in role {fresh.reader}; "
        f"create role {claire} login in role {fresh.reader}, {fresh.reader}_director; "
        f"insert into access.role_owners values ('{paul}', '{owner}')"
    )
    for table in ("kpi_next_actions", "fct_deals", "fct_orders", "fct_leads"):
        ask = f"select count(*), count(distinct owner_id) from marts.{table}"
        whole = fresh.psql(ask)
        mine = fresh.psql(f"select count(*) from marts.{table} where owner_id = '{owner}'")
        assert int(whole.partition("|")[0]) > int(mine) > 0
        assert fresh.psql(ask, user=paul) == f"{mine}|1"
        assert fresh.psql(ask, user=claire) == whole
        assert fresh.psql(ask, user=nobody) == "0|0"
    figures = "select distinct dimension_value from marts.kpi_values where dimension_name = 'owner'"
    assert fresh.psql(figures, user=paul) == owner
    assert fresh.psql(figures, user=nobody) == ""
    assert len(fresh.psql(figures, user=claire).splitlines()) > 2
    total = "select count(*) from marts.kpi_values where dimension_name = 'total'"
    assert fresh.psql(total, user=nobody) == fresh.psql(total)


def test_asset_is_there_where_it_is_configured_and_its_failure_leaves_the_file_live(
    small_copy: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PILOTAGE_HOME", raising=False)
    assert POSTGRES not in build_defs().resolve_asset_graph().get_all_asset_keys()
    fresh = new_place(postgres_server)
    monkeypatch.setenv("PILOTAGE_TEST_PASSWORD", PASSWORD)
    workspace = Workspace(small_copy)
    settings = yaml.safe_load(workspace.settings_file.read_text(encoding="utf-8"))

    def materialize(**changes: Any) -> dg.ExecuteInProcessResult:
        target = fresh.target(**changes).model_dump(mode="json", by_alias=True, exclude_none=True)
        settings["publication"] = {**settings.get("publication", {}), "postgres": target}
        workspace.settings_file.write_text(yaml.safe_dump(settings), encoding="utf-8")
        monkeypatch.setenv("PILOTAGE_HOME", str(small_copy))
        defs = build_defs()
        graph = defs.resolve_asset_graph()
        assert graph.get(POSTGRES).parent_keys == {dg.AssetKey(["published", "pilotage"])}
        (asset,) = [
            item for item in defs.assets or [] if isinstance(item, dg.AssetsDefinition) and POSTGRES in item.keys
        ]
        return dg.materialize([asset], resources={"run": NightlyRun(home=str(small_copy))}, raise_on_error=False)

    live = workspace.published_database.readlink()
    result = materialize()
    assert result.success
    ((told, count),) = fresh.rows(
        "select version, (select count(*) from kpi_values) from publication", user=fresh.reader
    )
    assert f"{told}.duckdb" == live.name
    assert int(count) > 10_000
    failed = materialize(host="127.0.0.1", port=1)
    assert not failed.success
    (event,) = [event for event in failed.all_events if event.is_step_failure]
    error = event.step_failure_data.error
    while error.cause is not None:
        error = error.cause
    assert re.search("cannot connect to PostgreSQL as .*start the server", error.message)
    assert PASSWORD not in str(failed.all_events)
    assert workspace.published_database.readlink() == live
    with connect_published(workspace.published_database) as connection:
        assert connection.execute("select version from marts.publication").fetchall() == [(told,)]
