"""Publication to PostgreSQL: what arrives, what readers see while it is swapped, and what a fault changes (nothing)."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from adbc_driver_postgresql import dbapi

from orchestration.lib import postgres as module
from orchestration.lib.postgres import PostgresVersion, publish_to_postgres
from orchestration.lib.postgres_connection import PostgresError
from orchestration.lib.postgres_ddl import Reference
from tests.serving.support import PASSWORD, Make, Place

MILESTONES = Reference("fct_milestones", ("deal_id",), "fct_deals", ("deal_id",))


def publish(
    place: Place, file: Path, *, home: Path = Path("/nowhere"), patience: float = 30, **changes: Any
) -> PostgresVersion:
    target = place.target(**changes)
    return publish_to_postgres(file, target, home, references=[MILESTONES], patience_seconds=patience)


def schemas(place: Place) -> list[str]:
    rows = place.rows("select nspname from pg_namespace where nspname like 'pilotage%' order by 1")
    return [name for (name,) in rows]


def generations(place: Place) -> set[str]:
    return {
        value
        for (value,) in place.rows(
            "select distinct generation from fct_deals union select distinct generation from fct_milestones",
            user=place.reader,
        )
    }


@contextmanager
def reader(place: Place, begin: str) -> Iterator[Any]:
    """A connection of the reader's role with an open transaction, as a function that runs a query."""
    uri = f"postgresql://{place.reader}@/{place.database}?host={place.server.folder}&port={place.server.port}"
    with dbapi.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(begin)

        def query(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        yield query


def test_every_value_arrives(place: Place, published: Make) -> None:
    file = published(count=501)
    version = publish(place, file)
    assert version.version == "v1"
    assert (version.count_tables, version.count_rows, version.count_foreign_keys) == (5, 501 * 2 + 3 + 1, 2)
    # Each side says it in its own words, and another program reads them than the one that wrote.
    asked = {
        "fct_deals": "deal_id, owner_id, amount::text, created_at::text, created_date::text, is_won::text, generation",
        "fct_milestones": "deal_id, milestone_code, generation",
        "dim_owners": "owner_id, team_name",
        "kpi_empty": "metric_id",
        "publication": "version, published_at::text, as_of::text, run_id",
    }
    with duckdb.connect(str(file), read_only=True) as connection:
        for table, columns in asked.items():
            first = columns.split(",")[0]
            expected = connection.execute(f"select {columns} from marts.{table}").fetchall()
            found = place.rows(f"select {columns} from {table} order by {first}", user=place.reader)
            assert sorted(found) == sorted(["" if item is None else str(item) for item in row] for row in expected)
        odd = "select count(*) filter (score = 'nan'::{0}), count(*) filter (score = '-infinity'::{0}), count(score)"
        expected_odd = connection.execute(
            f"{odd.replace('filter (', 'filter (where ').format('double')} from marts.fct_deals"
        ).fetchall()[0]
        total = connection.execute("select sum(score) from marts.fct_deals where isfinite(score)").fetchall()[0][0]
    where = odd.replace("filter (", "filter (where ").format("float8")
    (found_odd,) = place.rows(f"select {where[7:]} from fct_deals", user=place.reader)
    assert found_odd == [str(count) for count in expected_odd]
    assert int(found_odd[0]) > 100
    ((found_total,),) = place.rows(
        "select sum(score) from fct_deals where score not in ('nan', 'infinity', '-infinity')", user=place.reader
    )
    assert float(found_total) == pytest.approx(total, rel=1e-12)
    lists = place.rows("select tags, count(*) from fct_deals group by 1 order by 1", user=place.reader)
    assert sorted(lists) == sorted([["", "167"], ["{}", "167"], ['{été,NULL,"a\\"b,{}\\\\"}', "167"]])


def test_keys_constraints_indexes_and_comments_are_there(place: Place, published: Make) -> None:
    publish(place, published())
    constraints = place.rows(
        "select conrelid::regclass, contype, pg_get_constraintdef(oid) from pg_constraint "
        "where connamespace = 'pilotage'::regnamespace order by 1, 2, 3",
    )
    assert constraints == [
        ["pilotage.dim_owners", "p", "PRIMARY KEY (owner_id)"],
        ["pilotage.fct_deals", "f", "FOREIGN KEY (owner_id) REFERENCES pilotage.dim_owners(owner_id)"],
        ["pilotage.fct_deals", "p", "PRIMARY KEY (deal_id)"],
        ["pilotage.fct_milestones", "f", "FOREIGN KEY (deal_id) REFERENCES pilotage.fct_deals(deal_id)"],
        ["pilotage.fct_milestones", "p", "PRIMARY KEY (deal_id, milestone_code)"],
        ["pilotage.kpi_empty", "p", "PRIMARY KEY (metric_id)"],
        ["pilotage.publication", "p", "PRIMARY KEY (version)"],
    ]
    types = place.rows(
        "select attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum) "
        "from pg_attribute where attrelid = 'pilotage.fct_deals'::regclass and attnum > 0 order by attnum"
    )
    assert types == [
        ["deal_id", "text", "t", ""],
        ["owner_id", "text", "f", ""],
        ["amount", "numeric(18,4)", "f", "Montant; 100 % d'accord."],
        ["created_at", "timestamp without time zone", "t", ""],
        ["created_date", "date", "f", ""],
        ["score", "double precision", "f", ""],
        ["is_won", "boolean", "f", ""],
        ["tags", "text[]", "f", ""],
        ["generation", "bigint", "t", ""],
    ]
    ((comment,),) = place.rows("select obj_description('pilotage.fct_deals'::regclass)")
    assert comment == 'Deals; l\'état, "own" \\ $1. One row per deal.'
    ((mark,),) = place.rows("select obj_description('pilotage'::regnamespace)")
    assert mark == "Pilotage publication v1"
    indexed = place.rows(
        "select indexdef from pg_indexes where schemaname = 'pilotage' and tablename = 'fct_deals' order by 1"
    )
    assert {re.sub(r".*USING btree ", "", definition) for (definition,) in indexed} == {
        "(deal_id)",
        "(owner_id)",
        "(created_date)",
    }
    ((estimated, is_analysed),) = place.rows(
        "select reltuples::bigint, exists (select from pg_stats where schemaname = 'pilotage') from pg_class "
        "where oid = 'pilotage.fct_deals'::regclass"
    )
    assert (estimated, is_analysed) == ("500", "t")


def test_readers_role_reads_and_does_nothing_else(
    place: Place, published: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    swap = module.swap

    def look_then_swap(*arguments: Any) -> None:
        (building,) = [name for name in schemas(place) if "__new_" in name]
        for sql in (f"select * from {building}.fct_deals", f"create table {building}.mine (x integer)"):
            with pytest.raises(RuntimeError, match="permission denied for schema"):
                place.psql(sql, user=place.reader)
            looked.append(sql)
        swap(*arguments)

    monkeypatch.setattr(module, "swap", look_then_swap)
    publish(place, published())
    publish(place, published(2))
    assert len(looked) == 4
    assert generations(place) == {"2"}
    for sql in (
        "insert into fct_deals (deal_id, created_at, generation) values ('x', now(), 1)",
        "update fct_deals set amount = 0",
        "delete from fct_deals",
        "truncate fct_deals",
        "drop table fct_deals",
        "create table pilotage.mine (x integer)",
        "create schema mine",
        "alter table fct_deals disable trigger all",
        "create policy p on fct_deals",
        f"set role {place.user}",
    ):
        with pytest.raises(RuntimeError, match=r"permission denied|must be owner"):
            place.psql(sql, user=place.reader)
    ((attributes,),) = place.rows(
        "select (rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication)::text "
        f"from pg_roles where rolname = '{place.reader}'"
    )
    assert attributes == "false"


def test_readers_in_a_transaction_see_one_version_and_no_error_while_many_are_published(
    place: Place, published: Make
) -> None:
    publish(place, published(1))
    stop = threading.Event()
    seen: list[int] = []
    problems: list[str] = []

    def read(level: str) -> None:
        try:
            while not stop.is_set():
                with reader(place, f"begin isolation level {level}") as query:
                    first = query("select min(generation), max(generation), count(*) from fct_deals")
                    for table in ("fct_milestones", "fct_deals"):
                        again = query(f"select min(generation), max(generation), count(*) from {table}")
                        if again != first or again[0][2] != 500:
                            problems.append(f"{level}: {first} then {again}")
                    seen.append(first[0][0])
        except Exception as error:  # noqa: BLE001 - whatever a reader is told is a failure
            problems.append(f"{level}: {error!r}")

    threads = [
        threading.Thread(target=read, args=(level,))
        for level in ("read committed", "repeatable read", "serializable", "read committed")
    ]
    for thread in threads:
        thread.start()
    try:
        for generation in range(2, 6):
            publish(place, published(generation))
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert problems == []
    assert len(set(seen)) >= 3
    assert generations(place) == {"5"}
    assert schemas(place) == ["pilotage"]


def test_publication_waits_for_a_reader_and_gives_up_without_killing_it(place: Place, published: Make) -> None:
    publish(place, published(1))
    with reader(place, "begin") as query:
        assert query("select distinct generation from fct_deals") == [(1,)]
        outcome: list[object] = []

        def attempt() -> None:
            try:
                outcome.append(publish(place, published(2), patience=3))
            except PostgresError as error:
                outcome.append(error)

        thread = threading.Thread(target=attempt)
        thread.start()
        reads = 0
        while thread.is_alive():
            # A table that this transaction has not read yet, and that the swap wants too: no deadlock, no mixture.
            assert query("select count(*), min(generation), max(generation) from fct_milestones") == [(500, 1, 1)]
            assert query("select count(*) from dim_owners") == [(3,)]
            reads += 1
            time.sleep(0.02)
        thread.join()
        (error,) = outcome
        assert isinstance(error, PostgresError)
        ((pid,),) = query("select pg_backend_pid()")
        assert re.search(rf"transactions open .*server processes {pid}\).*end them", str(error))
        assert reads > 20
        assert query("select distinct generation from fct_deals") == [(1,)]
    assert schemas(place) == ["pilotage"]
    assert publish(place, published(2)).version == "v2"
    assert generations(place) == {"2"}


def test_snapshot_from_before_the_copy_never_sees_an_empty_table(
    place: Place, published: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(place, published(1))
    with reader(place, "begin isolation level repeatable read") as query:
        # The snapshot is taken, and no table of ours is locked.
        query("select count(*) from pg_class")
        with pytest.raises(PostgresError, match="have kept transactions open"):
            publish(place, published(2), patience=1)
        assert query("select count(*), min(generation) from fct_deals") == [(500, 1)]
    assert schemas(place) == ["pilotage"]
    # That this is what the wait is for: without it the reader sees nothing.
    monkeypatch.setattr(module, "wait_for_old_snapshots", lambda *_: None)
    with reader(place, "begin isolation level repeatable read") as query:
        query("select count(*) from pg_class")
        publish(place, published(2), patience=1)
        assert query("select count(*) from fct_deals") == [(0,)]


STEPS = ("remove_leftovers", "build_schema", "copy_table", "verify", "wait_for_old_snapshots", "swap", "drop_old")


@pytest.mark.parametrize("step", STEPS)
def test_readers_see_the_old_or_the_new_version_when_the_run_is_killed(
    place: Place, published: Make, step: str
) -> None:
    publish(place, published(1))
    code = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from ingestion.config.settings import Postgres
        from orchestration.lib import postgres as module

        step = getattr(module, sys.argv[3])

        def dying(*arguments):
            step(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(module, sys.argv[3], dying)
        target = Postgres.model_validate_json(sys.argv[2])
        module.publish_to_postgres(Path(sys.argv[1]), target, Path("/nowhere"), references=[])
        """
    )
    target = place.target().model_dump_json(by_alias=True)
    done = subprocess.run(
        [sys.executable, "-c", code, published(2), target, step],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert generations(place) == {"2" if step in {"swap", "drop_old"} else "1"}
    assert publish(place, published(3)).version == "v3"
    assert generations(place) == {"3"}
    assert schemas(place) == ["pilotage"]


def test_second_publication_into_a_schema_is_refused_while_one_works(
    place: Place, published: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, told = published(1), []
    build = module.build_schema

    def publish_twice(*arguments: Any) -> None:
        monkeypatch.setattr(module, "build_schema", build)
        with pytest.raises(PostgresError, match="another publication into schema pilotage is at work") as caught:
            publish(place, file)
        told.append(caught)
        publish(place, file, schema="another")
        build(*arguments)

    monkeypatch.setattr(module, "build_schema", publish_twice)
    publish(place, file)
    assert len(told) == 1
    assert generations(place) == {"1"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"port": 1}, r"Connection refused.*start the server, or correct publication\.postgres\.host and port"),
        ({"host": "/nowhere/sockets"}, "No such file or directory.*start the server"),
        ({"host": "host.invalid"}, r"translate host name.*correct publication\.postgres\.host"),
        ({"database": "no'such db"}, "no'such db.* does not exist.*create the database"),
        ({"user": "nobody_here"}, "nobody_here"),
        ({"sslmode": "require"}, "does not support SSL.*sslmode: disable"),
        ({"password_env": "PILOTAGE_TEST_UNSET"}, "PILOTAGE_TEST_UNSET.*this variable is not set"),
        ({"password_env": None}, "no password supplied.*password_env or password_file"),
    ],
)
def test_failed_connection_says_where_and_what_to_do(
    place: Place, published: Make, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(PostgresError, match=message) as caught:
        publish(place, published(), **changes)
    assert PASSWORD not in str(caught.value)
    assert schemas(place) == []


def test_wrong_password_is_told_and_never_shown(place: Place, published: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILOTAGE_TEST_PASSWORD", "canary-of-the-wrong-one")
    with pytest.raises(PostgresError, match=f"{place.user}@127.0.0.1:.*password authentication failed") as caught:
        publish(place, published())
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_password_comes_from_a_file_that_only_its_owner_reads(place: Place, published: Make, tmp_path: Path) -> None:
    file = published()
    changes = {"password_env": None, "password_file": "secrets/postgres"}
    with pytest.raises(
        PostgresError, match=r"password_file = 'secrets/postgres': No such file.*write the password into"
    ):
        publish(place, file, home=tmp_path, **changes)
    secret = tmp_path / "secrets" / "postgres"
    secret.parent.mkdir()
    secret.write_text("\n")
    secret.chmod(0o640)
    with pytest.raises(PostgresError, match="others may read it; `chmod 600"):
        publish(place, file, home=tmp_path, **changes)
    secret.chmod(0o600)
    with pytest.raises(PostgresError, match="first line is empty"):
        publish(place, file, home=tmp_path, **changes)
    secret.write_text(PASSWORD + "\n")
    assert publish(place, file, home=tmp_path, **changes).version == "v1"


def test_missing_rights_are_told_with_the_command_that_gives_them(place: Place, published: Make) -> None:
    file = published()
    place.psql(f"revoke create on database {place.database} from {place.user}")
    with pytest.raises(PostgresError, match="may not make a schema: `grant create on database"):
        publish(place, file)
    place.psql(f"grant create on database {place.database} to {place.user}; alter role {place.user} nocreaterole")
    with pytest.raises(PostgresError, match=f'permission denied.*run `create role "{place.reader}" login` once'):
        publish(place, file)
    place.psql(f"create role {place.reader} login")
    with pytest.raises(PostgresError, match=r"run `alter role .* set search_path = \"pilotage\"` once"):
        publish(place, file)
    place.psql(f"alter role {place.reader} in database {place.database} set search_path = pilotage")
    assert publish(place, file).version == "v1"
    assert generations(place) == {"1"}


def test_schema_and_role_of_others_are_left_alone(place: Place, published: Make) -> None:
    file = published()
    place.psql("create schema pilotage; create table pilotage.precious (x integer)", user=place.user)
    with pytest.raises(PostgresError, match="holds tables and is no publication"):
        publish(place, file)
    place.psql("drop table pilotage.precious; alter schema pilotage owner to admin")
    with pytest.raises(PostgresError, match="schema pilotage belongs to admin"):
        publish(place, file)
    place.psql("drop schema pilotage; create schema pilotage__new_of_somebody_else; create role mighty login bypassrls")
    with pytest.raises(PostgresError, match="reader_role = 'mighty': this role may do more than read"):
        publish(place, file, reader_role="mighty")
    place.psql(f"create role insider login; grant {place.user} to insider")
    with pytest.raises(PostgresError, match="reader_role = 'insider': this role may do more than read"):
        publish(place, file, reader_role="insider")
    publish(place, file)
    assert schemas(place) == ["pilotage", "pilotage__new_of_somebody_else"]


HOSTILE = """
create table marts."a ""b""; drop table x; --" (
    "select" varchar primary key, "Größe %s $1" hugeint, wide decimal(38, 10), unsigned ubigint, small utinyint,
    bytes blob, at_zone timestamptz, at_time time, real_number float, whole integer[], "nul" varchar, long_text varchar
);
insert into marts."a ""b""; drop table x; --" values
    ('', 99999999999999999999999999999999999999, 9999999999999999999999999999.9999999999, 18446744073709551615, 255,
     '\\x00\\xFF'::blob, '2026-10-25 01:30:00+00', '23:59:59.999999', 'infinity', [1, null, -2147483648],
     'a' || chr(0) || 'b', repeat('é', 500000)),
    ('''; --', -99999999999999999999999999999999999999, -0.0000000001, 0, 0, ''::blob, '1900-01-01 00:00:00+00',
     '00:00:00', 'nan', [], chr(0), E'\\t\\n\\\\N\\\\.'),
    ('null', null, null, null, null, null, null, null, null, null, null, '\\N');
create table marts.fct_days (day_id date primary key, instant timestamp);
insert into marts.fct_days values
    ('4713-01-01 (BC)', '4713-01-01 (BC) 00:00:00'), ('0001-01-01', '0044-03-15 (BC) 12:00:00.000001'),
    ('9999-12-31', '9999-12-31 23:59:59.999999'), ('5874897-12-31', null), ('1582-10-10', '1970-01-01');
"""


def test_hostile_names_and_values_arrive_as_they_are(place: Place, published: Make) -> None:
    version = publish(place, published(also=HOSTILE))
    assert version.nul_values == {'a "b"; drop table x; --': 2}
    table = 'pilotage."a ""b""; drop table x; --"'
    found = place.rows(
        "select \"select\", \"Größe %s $1\", wide, unsigned, small, encode(bytes, 'hex'), at_zone at time zone 'utc', "
        f'at_time, real_number, whole, "nul", length(long_text) from {table} order by wide'
    )
    assert found == [
        ["'; --", "-99999999999999999999999999999999999999", "-0.0000000001", "0", "0", "", "1900-01-01 00:00:00",
         "00:00:00", "NaN", "{}", "�", "6"],
        ["", "99999999999999999999999999999999999999", "9999999999999999999999999999.9999999999",
         "18446744073709551615", "255", "00ff", "2026-10-25 01:30:00", "23:59:59.999999", "Infinity",
         "{1,NULL,-2147483648}", "a�b", "500000"],
        ["null", "", "", "", "", "", "", "", "", "", "", "2"],
    ]  # fmt: skip
    days = place.rows("select day_id, instant from pilotage.fct_days order by day_id")
    assert days == [
        ["4713-01-01 BC", "4713-01-01 00:00:00 BC"],
        ["0001-01-01", "0044-03-15 12:00:00.000001 BC"],
        ["1582-10-10", "1970-01-01 00:00:00"],
        ["9999-12-31", "9999-12-31 23:59:59.999999"],
        ["5874897-12-31", ""],
    ]


@pytest.mark.parametrize(
    ("also", "message"),
    [
        (
            "create table marts.t (d date); insert into marts.t values ('infinity')",
            r"t\.d has 1 values that are infinite",
        ),
        ("create table marts.t (d timestamp); insert into marts.t values ('-infinity')", r"t\.d has 1 values"),
        ("create table marts.t (d date); insert into marts.t values ('4714-12-31 (BC)')", r"t\.d has 1 .*outside"),
        ("create table marts.t (d date); insert into marts.t values ('5874898-01-01')", r"t\.d has 1 .*outside"),
        ("create table marts.t (s struct(a integer))", r"t\.s has the type STRUCT.*cast it in the model"),
        ("create table marts.t (l integer[][])", r"t\.l has the type INTEGER\[\]\[\].*cast it"),
        (f'create table marts.t ("{"é" * 32}" integer)', "names of up to 63 bytes; shorten it"),
    ],
)
def test_what_postgresql_cannot_hold_is_refused_by_table_and_column(
    place: Place, published: Make, also: str, message: str
) -> None:
    publish(place, published(1))
    with pytest.raises(PostgresError, match=message):
        publish(place, published(2, also=also))
    assert generations(place) == {"1"}
    assert schemas(place) == ["pilotage"]


def test_foreign_key_that_does_not_hold_is_told_without_values_and_changes_nothing(
    place: Place, published: Make
) -> None:
    publish(place, published(1))
    orphan = "insert into marts.fct_milestones values ('canary-orphan', 'm1', 2);"
    with pytest.raises(PostgresError, match=r"the copy failed .*violates foreign key.*although dbt tested") as caught:
        publish(place, published(2, also=orphan))
    assert "canary" not in str(caught.value)
    assert generations(place) == {"1"}
    assert schemas(place) == ["pilotage"]


@pytest.mark.parametrize(
    "damage",
    [
        "update {}.fct_deals set amount = amount + 0.0001 where deal_id = 'd7'",
        "update {}.fct_deals set score = 0 where deal_id = 'd1'",
        "delete from {}.fct_milestones where deal_id = 'd7'",
        "insert into {}.kpi_empty values ('new', 1)",
        "update {}.fct_deals set tags = array['été', 'NULL'] where deal_id = 'd0'",
    ],
)
def test_copy_is_refused_when_it_differs_from_the_file(
    place: Place, published: Make, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    publish(place, published(1))
    verify = module.verify

    def damage_then_verify(session: Any, source: Any, names: Any) -> None:
        place.psql(damage.format(names.new))
        verify(session, source, names)

    monkeypatch.setattr(module, "verify", damage_then_verify)
    table = damage.partition(".")[2].partition(" ")[0]
    with pytest.raises(PostgresError, match=rf"differs from the published file: {table} \(.*was not published"):
        publish(place, published(2))
    assert generations(place) == {"1"}
    assert schemas(place) == ["pilotage"]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ("create view mine.big_deals as select * from pilotage.fct_deals", r"mine\.big_deals rest on tables"),
        ("create view pilotage.inside as select * from pilotage.fct_deals", r"pilotage\.inside rest on"),
        ("create materialized view mine.m as select count(*) from pilotage.fct_deals", r"mine\.m rest on"),
        (
            "create function mine.f() returns bigint begin atomic select count(*) from pilotage.fct_deals; end",
            r"mine\.f\(\) rest on",
        ),
        (
            "create table mine.notes (deal_id text references pilotage.fct_deals (deal_id))",
            r"mine\.notes rest on",
        ),
    ],
)
def test_objects_that_rest_on_published_tables_are_named_and_not_dropped(
    place: Place, published: Make, made: str, message: str
) -> None:
    publish(place, published(1))
    place.psql(f"create schema mine authorization {place.user}")
    place.psql(made, user=place.user)
    with pytest.raises(PostgresError, match=message):
        publish(place, published(2))
    assert generations(place) == {"1"}
    assert schemas(place) == ["pilotage"]


def test_policy_file_runs_in_the_new_schema_and_its_failure_publishes_nothing(
    place: Place, published: Make, tmp_path: Path
) -> None:
    file = tmp_path / "policies.sql"
    file.write_text(
        "create view won_deals as select * from fct_deals where is_won;\n"
        f"grant select on won_deals to {place.reader}; -- a comment; with a semicolon\n"
        f"revoke select on fct_milestones from {place.reader};\n"
    )
    for generation in (1, 2):
        publish(place, published(generation), home=tmp_path, policy_file="policies.sql")
        assert place.rows("select distinct generation from won_deals", user=place.reader) == [[str(generation)]]
        with pytest.raises(RuntimeError, match="permission denied"):
            place.psql("select * from fct_milestones", user=place.reader)
    for text, message in (
        ("select 1 / 0", "policy_file failed: .*division by zero"),
        ("commit", "ended the transaction: leave out commit"),
        ("rollback; begin", "ended the transaction"),
        ("delete from fct_milestones where deal_id = 'd1'", "differs from the published file"),
    ):
        file.write_text(text)
        with pytest.raises(PostgresError, match=message):
            publish(place, published(3), home=tmp_path, policy_file="policies.sql")
    with pytest.raises(PostgresError, match=r"policy_file = 'gone\.sql': No such file"):
        publish(place, published(3), home=tmp_path, policy_file="gone.sql")
    assert place.rows("select distinct generation from won_deals", user=place.reader) == [["2"]]


def test_row_policies_are_never_lost(place: Place, published: Make, tmp_path: Path) -> None:
    file = tmp_path / "policies.sql"
    file.write_text(
        "alter table fct_deals enable row level security; create policy own on fct_deals using (owner_id = 'o1')"
    )
    publish(place, published(1), home=tmp_path, policy_file="policies.sql")
    own = "select distinct owner_id, generation from fct_deals"
    assert place.rows(own, user=place.reader) == [["o1", "1"]]
    with pytest.raises(PostgresError, match=r"has row policies that the new version has not \(own on fct_deals\)"):
        publish(place, published(2))
    assert place.rows(own, user=place.reader) == [["o1", "1"]]
    place.psql("alter table pilotage.fct_deals disable row level security", user=place.user)
    publish(place, published(2))
    assert len(place.rows(own, user=place.reader)) == 3
