"""Tables and views on DuckDB: replaced at once, whatever the model was before, and left alone by a build that fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from tests.dbt.support import PROJECT, dbt

MODEL = "{{{{ config(materialized='{kind}') }}}} select {value} as number"
CONTRACT = """
models:
  - name: thing
    description: "It's one thing. One row."
    config:
      contract: {enforced: true}
      persist_docs: {relation: true, columns: true}
    columns:
      - name: number
        data_type: integer
        description: "Its number."
        constraints: [{type: not_null}]
"""


def test_table_replaces_a_view_keeps_its_comments_and_survives_a_failed_build(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(PROJECT / "macros", project / "macros")
    shutil.copy(PROJECT / "dbt_project.yml", project)
    (project / "models").mkdir()
    warehouse = tmp_path / "warehouse.duckdb"

    def run(kind: str, value: str) -> int:
        (project / "models" / "thing.sql").write_text(MODEL.format(kind=kind, value=value), encoding="utf-8")
        return dbt("run", warehouse=warehouse, project=project).returncode

    def stands() -> tuple:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return connection.execute(
                "select table_type, (select number from marts.thing) from information_schema.tables"
                " where table_name = 'thing'"
            ).fetchone()

    assert run("view", "1") == 0
    assert stands() == ("VIEW", 1)
    (project / "models" / "thing.yml").write_text(CONTRACT, encoding="utf-8")
    assert run("table", "2") == 0
    assert stands() == ("BASE TABLE", 2)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        comments = connection.execute("select comment from duckdb_tables() where table_name = 'thing'").fetchall()
        comments += connection.execute("select comment from duckdb_columns() where table_name = 'thing'").fetchall()
    assert comments == [("It's one thing. One row.",), ("Its number.",)]
    # The insert fails after the table was replaced: both are undone.
    assert run("table", "cast(null as integer)") != 0
    assert stands() == ("BASE TABLE", 2)
