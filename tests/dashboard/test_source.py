"""The published data from PostgreSQL: the same figures as from the file, on a real server."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import streamlit as st
from adbc_driver_postgresql import dbapi
from streamlit.testing.v1 import AppTest

from benchmarks.throwaway_postgres import Server, find_binaries, throwaway_server
from dashboard.lib.source import (
    TABLES,
    NothingPublishedError,
    SourceError,
    open_postgres,
    postgres_version,
)
from orchestration.lib.publish import connect_published


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[Server]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL: Debian's package postgresql is not installed")
    with throwaway_server(binaries, settings=("fsync=off", "synchronous_commit=off", "autovacuum=off")) as server:
        yield server


@pytest.fixture(scope="module")
def dsn(postgres_server: Server, small_demo: Any) -> str:
    """Return the address of a database that holds, in the schema ``shown``, the tables that the dashboard reads."""
    server = postgres_server
    server.psql("create schema shown")
    address = f"postgresql://{server.superuser}:{server.password}@127.0.0.1:{server.port}/postgres"
    published = (small_demo.home / "published" / "pilotage.duckdb").resolve()
    with connect_published(published) as file, dbapi.connect(address) as connection, connection.cursor() as cursor:
        for table, condition in TABLES.items():
            where = f" where {condition.format(schema='marts')}" if condition else ""
            rows = file.execute(f"select * from marts.{table}{where}").to_arrow_table()
            cursor.adbc_ingest(table, rows, mode="create", db_schema_name="shown")
        connection.commit()
    return address


def test_tables_of_postgresql_are_those_of_the_file(dsn: str, small_demo: Any) -> None:
    data = open_postgres(dsn, "shown")
    assert data.publication.version == postgres_version(dsn, "shown")
    published = (small_demo.home / "published" / "pilotage.duckdb").resolve()
    sql = "select count(*), sum(value), min(period_start) from marts.kpi_values where period_grain = 'month'"
    with connect_published(published) as file:
        (expected,) = file.execute(sql).fetchall()
    assert tuple(data.rows(sql)[0].values()) == pytest.approx(expected)


def test_data_of_postgresql_reach_no_file_of_the_machine(dsn: str) -> None:
    data = open_postgres(dsn, "shown")
    with pytest.raises(Exception, match=r"disabled|locked"):
        data.rows("select * from read_text('/etc/hostname')")
    with pytest.raises(Exception, match="locked"):
        data.rows("set enable_external_access = true")


@pytest.mark.parametrize("path", ["", "prospects", "loyalty", "quality"])
def test_page_from_postgresql_shows_what_the_page_from_the_file_shows(
    dsn: str, small_demo: Any, page_of: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def cards(app: AppTest) -> list[str]:
        assert not app.exception
        return [block.proto.body for block in app.get("html") if "data-figure" in block.proto.body]

    from_file = cards(page_of(small_demo.home, path, lang="fr"))
    assert from_file
    monkeypatch.setenv("PILOTAGE_DASHBOARD_DSN", dsn)
    monkeypatch.setenv("PILOTAGE_DASHBOARD_SCHEMA", "shown")
    app = AppTest.from_function(_page, args=(path,), default_timeout=60)
    app.query_params["lang"] = "fr"
    assert cards(app.run()) == from_file
    st.cache_resource.clear()
    gc.collect()


def _page(path: str) -> None:
    from dashboard import app

    app.show(next(page for page in app.PAGES if page.path == path), app.open_view())


def test_schema_without_a_publication_is_nothing_published_and_a_wrong_login_tells_no_password(dsn: str) -> None:
    with pytest.raises(NothingPublishedError):
        postgres_version(dsn, "elsewhere")
    wrong = dsn.replace("postgresql://", "postgresql://nobody:secret@").split("@")[0] + "@127.0.0.1:1/postgres"
    with pytest.raises(SourceError) as error:
        postgres_version(wrong, "shown")
    assert "secret" not in str(error.value)
    assert "PILOTAGE_DASHBOARD_DSN" in str(error.value)
