"""A real PostgreSQL server for the session, a database and its roles for each test, and small published files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from benchmarks.throwaway_postgres import Server, find_binaries, throwaway_server
from tests.serving.support import PASSWORD, Make, Place, new_place


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A server of the session, or a skip with the reason."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL: Debian's package postgresql is not installed")
    with throwaway_server(
        binaries,
        settings=("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"),
    ) as server:
        yield server


@pytest.fixture
def place(postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A new database and roles of this test alone."""
    made = new_place(postgres_server)
    monkeypatch.setenv("PILOTAGE_TEST_PASSWORD", PASSWORD)
    yield made
    postgres_server.psql(f"drop database {made.database} with (force)")


@pytest.fixture
def published(tmp_path: Path) -> Make:
    """A function that writes a published file of a generation: a few tables with keys, comments and odd values."""

    def make(generation: int = 1, *, count: int = 500, also: str = "") -> Path:
        path = tmp_path / f"pilotage_{generation}.duckdb"
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            connection.execute(
                f"""
                create schema marts;
                create table marts.dim_owners (owner_id varchar primary key, team_name varchar);
                insert into marts.dim_owners values ('o1', 'Équipe Nord'), ('o2', 'Sud'), ('o''3', null);
                create table marts.fct_deals (
                    deal_id varchar primary key,
                    owner_id varchar references marts.dim_owners (owner_id),
                    amount decimal(18, 4),
                    created_at timestamp not null,
                    created_date date,
                    score double,
                    is_won boolean,
                    tags varchar[],
                    generation bigint not null
                );
                insert into marts.fct_deals
                select
                    'd' || i, case i % 3 when 0 then 'o1' when 1 then 'o2' end, i * 1.5,
                    timestamp '2026-01-01' + to_hours(i), date '2026-01-01' + i::integer,
                    case i % 4 when 1 then 'nan'::double when 2 then '-infinity'::double when 3 then sqrt(i) end,
                    case i % 3 when 0 then true when 1 then false end,
                    case i % 3 when 0 then ['été', null, 'a"b,{{}}\\'] when 1 then []::varchar[] end,
                    {generation}
                from range({count}) as numbers(i);
                create table marts.fct_milestones (
                    deal_id varchar not null, milestone_code varchar not null, generation bigint not null,
                    primary key (deal_id, milestone_code)
                );
                insert into marts.fct_milestones
                select 'd' || i, 'm' || (i % 2), {generation} from range({count}) as numbers(i);
                create table marts.kpi_empty (metric_id varchar primary key, value double);
                comment on table marts.fct_deals is 'Deals; l''état, "own" \\ $1. One row per deal.';
                comment on column marts.fct_deals.amount is 'Montant; 100 % d''accord.';
                create table marts.publication (
                    version varchar primary key, published_at timestamp not null, as_of date not null,
                    run_id varchar not null
                );
                insert into marts.publication
                select 'v{generation}', timestamp '2026-06-15 03:30:00' + to_seconds({generation}), '2026-06-14', 'r';
                {also}
                """
            )
        return path

    return make
