"""Publication: what a version holds, what is refused, what readers may do, and what a fault changes (nothing)."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from orchestration.lib import publish as module
from orchestration.lib.publish import (
    PublishedVersion,
    PublishError,
    connect_published,
    publish,
    require_space,
    table_checksums,
)

AS_OF = date(2026, 6, 14)
COMMENT = "Deals, the company's \"own\"; l'état. One row per deal."


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A build with keys, constraints, comments, hostile names and values, and things that are not marts."""
    path = tmp_path / "build" / "warehouse.duckdb"
    path.parent.mkdir()
    make_build(path, generation=1)
    return path


def make_build(path: Path, *, generation: int, count: int = 3000) -> None:
    path.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as build (storage_version 'v1.5.0')")
        connection.execute("use build")
        connection.execute("create schema raw_files; create schema marts; create schema staging")
        connection.execute("create table raw_files.persons as select 'canary@example.test' as email")
        connection.execute("create view staging.stg_persons as select * from raw_files.persons")
        # The table that is referred to sorts after those that refer to it.
        connection.execute("create table marts.zz_persons (person_id varchar primary key, generation bigint not null)")
        connection.execute(
            f"insert into marts.zz_persons select 'p' || i, {generation} from range({count}) as numbers(i)"
        )
        connection.execute(
            "create table marts.fct_deals ("
            "deal_id varchar, person_id varchar references marts.zz_persons (person_id), "
            "amount decimal(18, 4) check (amount >= 0), created_at timestamp not null, created_date date, "
            'score double, is_won boolean, "hostile "" name; --" varchar, generation bigint not null, '
            "primary key (deal_id))"
        )
        connection.execute(
            "insert into marts.fct_deals select 'd' || i, 'p' || i, i * 1.5, timestamp '2026-01-01' + to_hours(i), "
            "date '2026-01-01', case i % 3 when 0 then null when 1 then 'nan'::double else sqrt(i) end, "
            f"i % 2 = 0, 'été ' || i, {generation} from range({count}) as numbers(i)"
        )
        connection.execute("create table marts.kpi_empty (metric_id varchar not null, value double)")
        literal = COMMENT.replace("'", "''")
        connection.execute(f"comment on table marts.fct_deals is '{literal}'")
        connection.execute(f"comment on column marts.fct_deals.amount is '{literal}'")
        connection.execute('comment on column marts.fct_deals."hostile "" name; --" is \'hostile\'')
        connection.execute("create view marts.v_deals as select * from marts.fct_deals")


def publish_now(build: Path, directory: Path, *, run_id: str = "r1", keep: int = 3) -> PublishedVersion:
    return publish(build, directory, run_id=run_id, as_of=AS_OF, keep=keep)


@pytest.fixture
def published(build: Path, tmp_path: Path) -> Path:
    """The folder with one published version."""
    publish_now(build, tmp_path / "published")
    return tmp_path / "published"


def names_in(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_version_holds_the_marts_and_its_own_description_and_nothing_else(build: Path, tmp_path: Path) -> None:
    moment = datetime(2026, 6, 15, 3, 30, 0, 250, tzinfo=UTC)
    version = publish(build, tmp_path / "published", run_id="run-7", as_of=AS_OF, keep=3, clock=lambda: moment)
    assert version.path.name == "pilotage_20260615T033000000250Z_run-7.duckdb"
    assert names_in(tmp_path / "published") == {"pilotage.duckdb", version.path.name}
    assert (tmp_path / "published" / "pilotage.duckdb").readlink() == Path(version.path.name)
    assert stat.S_IMODE(version.path.stat().st_mode) == 0o440
    with connect_published(tmp_path / "published" / "pilotage.duckdb") as connection:
        tables = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        views = connection.execute("select count(*) from duckdb_views() where not internal").fetchall()
        rows = connection.execute("select version, published_at, as_of, run_id from marts.publication").fetchall()
    assert {name for (name,) in tables} == {
        "marts.zz_persons", "marts.fct_deals", "marts.kpi_empty", "marts.publication"
    }  # fmt: skip
    assert views == [(0,)]
    assert rows == [(version.version, moment.replace(tzinfo=None), AS_OF, "run-7")]
    assert b"canary@example.test" not in version.path.read_bytes()


def test_keys_constraints_and_comments_survive(build: Path, published: Path) -> None:
    structure = (
        "select table_name, constraint_type, constraint_column_names, referenced_table, expression "
        "from duckdb_constraints() where schema_name = 'marts' and table_name <> 'publication' order by all"
    )
    comments = (
        "select table_name, column_name, comment from duckdb_columns() where schema_name = 'marts' "
        "and table_name in ('fct_deals', 'zz_persons', 'kpi_empty') order by all"
    )
    found = []
    for path in (build, published / "pilotage.duckdb"):
        with duckdb.connect(str(path), read_only=True) as connection:
            found.append(
                (
                    connection.execute(structure).fetchall(),
                    connection.execute(comments).fetchall(),
                    connection.execute("select comment from duckdb_tables() where table_name = 'fct_deals'").fetchall(),
                )
            )
    assert found[0] == found[1]
    kinds = {row[1] for row in found[1][0]}
    assert kinds == {"PRIMARY KEY", "FOREIGN KEY", "NOT NULL", "CHECK"}
    assert found[1][2] == [(COMMENT,)]
    # They hold, not only stand there: a writable copy refuses what breaks them.
    copy = published / "copy.duckdb"
    shutil.copy(published / "pilotage.duckdb", copy)
    copy.chmod(0o600)
    with duckdb.connect(str(copy)) as connection:
        for statement in (
            "insert into marts.zz_persons values ('p1', 1)",
            "insert into marts.zz_persons values ('new', null)",
            "update marts.fct_deals set amount = -1",
            "insert into marts.fct_deals (deal_id, person_id, created_at, generation) "
            "values ('x', 'nobody', now()::timestamp, 1)",
        ):
            with pytest.raises(duckdb.ConstraintException):
                connection.execute(statement)


def test_checksums_are_equal_when_the_same_build_is_published_twice(build: Path, tmp_path: Path) -> None:
    first = publish_now(build, tmp_path / "published", run_id="r1")
    second = publish_now(build, tmp_path / "published", run_id="r2")
    assert first.checksums == second.checksums
    assert first.checksums["fct_deals"].count_rows == 3000
    assert first.checksums["kpi_empty"].count_rows == 0
    assert "publication" not in first.checksums
    with duckdb.connect(str(build), read_only=True) as connection:
        assert table_checksums(connection, "marts") == first.checksums


def test_checksum_is_of_the_rows_and_not_of_their_order() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema marts; create table marts.t (a integer, b varchar)")
        connection.execute("insert into marts.t values (1, 'x'), (2, 'y'), (2, 'y'), (null, null)")
        before = table_checksums(connection, "marts")
        connection.execute("create or replace table marts.t as select * from marts.t order by a desc")
        assert table_checksums(connection, "marts") == before
        for change in (
            "update marts.t set b = case b when 'x' then 'y' when 'y' then 'x' end where a in (1, 2)",
            "insert into marts.t values (2, 'y'), (2, 'y')",
            "delete from marts.t where a = 1",
            "alter table marts.t alter a type bigint",
        ):
            connection.execute("begin transaction")
            connection.execute(change)
            assert table_checksums(connection, "marts") != before, change
            connection.execute("rollback")


def test_file_is_in_a_format_that_readers_of_1_5_open(published: Path) -> None:
    with connect_published(published / "pilotage.duckdb") as connection:
        rows = connection.execute(
            "select tags from duckdb_databases() where not internal and path is not null"
        ).fetchall()
    assert rows == [({"storage_version": "v1.5.0+"},)]


def test_older_driver_reads_the_version(published: Path, tmp_path: Path) -> None:
    environment = tmp_path / "older"
    python = environment / "bin" / "python"
    if shutil.which("uv"):
        commands = [
            ["uv", "venv", "--quiet", "--python", sys.executable, str(environment)],
            ["uv", "pip", "install", "--quiet", "--python", str(python), "duckdb==1.5.*"],
        ]
    else:
        commands = [
            [sys.executable, "-m", "venv", str(environment)],
            [str(python), "-m", "pip", "install", "--quiet", "duckdb==1.5.*"],
        ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"DuckDB 1.5 cannot be installed here: {done.stderr.strip()[-200:]}")
    code = (
        "import duckdb, sys\n"
        "connection = duckdb.connect(sys.argv[1], read_only=True)\n"
        "print(duckdb.__version__[:4], *connection.execute('select count(*), sum(amount), min(generation) "
        "from marts.fct_deals').fetchone(), *connection.execute('select run_id from marts.publication').fetchone())"
    )
    done = subprocess.run(
        [str(python), "-c", code, str(published / "pilotage.duckdb")], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["1.5.", "3000", "6747750.0000", "1", "r1"], done.stderr


@pytest.mark.parametrize("run_id", ["", "a/b", "../x", "x y", "x" * 65, "a'b"])
def test_run_id_is_refused_when_it_is_no_part_of_a_file_name(build: Path, tmp_path: Path, run_id: str) -> None:
    with pytest.raises(PublishError, match="file name"):
        publish_now(build, tmp_path / "published", run_id=run_id)
    assert not (tmp_path / "published").exists()


def test_publication_is_refused_when_a_table_is_missing(build: Path, published: Path) -> None:
    before = names_in(published)
    with pytest.raises(PublishError, match=r"no table marts\.dim_dates"):
        publish(build, published, run_id="r2", as_of=AS_OF, keep=3, tables=["zz_persons", "dim_dates"])
    # A view is no table.
    with pytest.raises(PublishError, match=r"no table marts\.v_deals"):
        publish(build, published, run_id="r2", as_of=AS_OF, keep=3, tables=["v_deals"])
    with pytest.raises(PublishError, match="zz_persons, which is not published"):
        publish(build, published, run_id="r2", as_of=AS_OF, keep=3, tables=["fct_deals"])
    with pytest.raises(PublishError, match="no table in nothing"):
        publish(build, published, run_id="r2", as_of=AS_OF, keep=3, schema="nothing")
    with pytest.raises(PublishError, match="run the build first"):
        publish(build.with_name("typo.duckdb"), published, run_id="r2", as_of=AS_OF, keep=3)
    assert not build.with_name("typo.duckdb").exists()
    assert names_in(published) == before


def test_given_tables_are_published_and_no_other(build: Path, tmp_path: Path) -> None:
    version = publish(
        build, tmp_path / "published", run_id="r1", as_of=AS_OF, keep=3, tables=["kpi_empty", "zz_persons"]
    )
    assert set(version.checksums) == {"kpi_empty", "zz_persons"}


def test_publication_is_refused_when_a_mart_has_its_name(build: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(build)) as connection:
        connection.execute("create table marts.publication (x integer)")
    with pytest.raises(PublishError, match="rename the model"):
        publish_now(build, tmp_path / "published")


def _drop_rows(unfinished: Path) -> None:
    with duckdb.connect(str(unfinished)) as connection:
        connection.execute("delete from marts.fct_deals where deal_id = 'd7'")


def _swap_values(unfinished: Path) -> None:
    with duckdb.connect(str(unfinished)) as connection:
        connection.execute(
            "update marts.fct_deals set score = case deal_id when 'd2' then sqrt(5) else sqrt(2) end "
            "where deal_id in ('d2', 'd5')"
        )


def _drop_table(unfinished: Path) -> None:
    with duckdb.connect(str(unfinished)) as connection:
        connection.execute("drop table marts.kpi_empty")


def _change_description(unfinished: Path) -> None:
    with duckdb.connect(str(unfinished)) as connection:
        connection.execute("update marts.publication set as_of = date '1999-01-01'")


def _flip_bytes(unfinished: Path) -> None:
    content = bytearray(unfinished.read_bytes())
    # Past the three header blocks lie the blocks with values and the catalogue.
    for start in range(3 * 4096 + 1000, len(content), 262_144):
        content[start : start + 64] = bytes(255 - byte for byte in content[start : start + 64])
    unfinished.write_bytes(content)


def _truncate(unfinished: Path) -> None:
    os.truncate(unfinished, unfinished.stat().st_size // 2)


def _leave_a_log(unfinished: Path) -> None:
    unfinished.with_name(unfinished.name + ".wal").write_bytes(b"log")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_drop_rows, r"fct_deals \(2,999 rows, the build has 3,000\)"),
        (_swap_values, r"fct_deals \(3,000 rows, the build has 3,000\)"),
        (_drop_table, r"kpi_empty \(no rows, the build has 0\)"),
        (_change_description, "1999-01-01"),
        (_flip_bytes, "cannot be read back"),
        (_truncate, "cannot be read back"),
        (_leave_a_log, "a log lies beside it"),
    ],
)
def test_copy_is_refused_and_the_old_version_stays_when_it_differs_from_the_build(
    build: Path,
    published: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Path], None],
    message: str,
) -> None:
    live = (published / "pilotage.duckdb").readlink()
    copy_tables = module.copy_tables

    def copy_and_damage(build_db: Path, unfinished: Path, **options: object) -> object:
        checksums = copy_tables(build_db, unfinished, **options)  # type: ignore[arg-type]
        damage(unfinished)
        return checksums

    monkeypatch.setattr(module, "copy_tables", copy_and_damage)
    with pytest.raises(PublishError, match=message):
        publish_now(build, published, run_id="r2")
    assert (published / "pilotage.duckdb").readlink() == live
    monkeypatch.undo()
    version = publish_now(build, published, run_id="r3")
    assert names_in(published) == {"pilotage.duckdb", live.name, version.path.name}


def test_publication_is_refused_when_space_is_short(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=r"needs 2,000,000,000,000 MB: free space"):
        require_space(tmp_path, 10**18)
    require_space(tmp_path, 1)


STEPS = (
    "copy_tables",
    "_copy_table",
    "write_publication",
    "verify_in_new_process",
    "seal",
    "give_name",
    "flip",
    "prune",
)


def run_with_fault(build: Path, directory: Path, fault: str) -> subprocess.CompletedProcess[str]:
    """Publish in a child process that runs ``fault`` first; it sees the module as ``module``."""
    code = textwrap.dedent(
        """
        import os, resource, signal, sys
        from datetime import date
        from pathlib import Path
        from orchestration.lib import publish as module

        def die(*_arguments, **_options):
            os.kill(os.getpid(), signal.SIGKILL)

        def dying_after(step):
            def run(*arguments, **options):
                step(*arguments, **options)
                die()
            return run

        FAULT
        module.publish(Path(sys.argv[1]), Path(sys.argv[2]), run_id="r2", as_of=date(2026, 6, 15), keep=3)
        """
    ).replace("FAULT", fault)
    return subprocess.run(
        [sys.executable, "-c", code, str(build), str(directory)], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_live_version_is_old_or_new_and_opens_when_the_run_is_killed(
    build: Path, published: Path, step: str, moment: str
) -> None:
    make_build(build, generation=2)
    fault = f"module.{step} = die" if moment == "before" else f"module.{step} = dying_after(module.{step})"
    assert run_with_fault(build, published, fault).returncode == -signal.SIGKILL
    is_flipped = step == "prune" or (step == "flip" and moment == "after")
    assert generations(published) == {2 if is_flipped else 1}
    version = publish_now(build, published, run_id="r3")
    assert generations(published) == {2}
    assert (published / "pilotage.duckdb").readlink().name == version.path.name
    assert not [name for name in names_in(published) if "unfinished" in name]
    assert len(names_in(published)) <= 4


def test_old_version_stays_when_the_disk_is_full(build: Path, published: Path) -> None:
    make_build(build, generation=2, count=60_000)
    fault = (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))"
    )
    done = run_with_fault(build, published, fault)
    assert done.returncode == 1
    assert "Error" in done.stderr
    assert generations(published) == {1}
    publish_now(build, published, run_id="r3")
    assert generations(published) == {2}


def generations(directory: Path) -> set[int]:
    """Return the generations of the rows that a reader sees: one, or it sees a mixture."""
    with connect_published(directory / "pilotage.duckdb") as connection:
        rows = connection.execute(
            "select generation from marts.fct_deals union select generation from marts.zz_persons"
        ).fetchall()
    return {int(generation) for (generation,) in rows}


READER = """
import sys, time
from pathlib import Path
from orchestration.lib.publish import connect_published
link, stop = Path(sys.argv[1]), Path(sys.argv[2])
reads = errors = mixed = 0
seen = set()
print("ready", flush=True)
while not stop.exists():
    try:
        with connect_published(link) as connection:
            # Several statements, as a dashboard does: one connection sees one version.
            found = set(connection.execute("select distinct generation from marts.fct_deals").fetchall())
            time.sleep(0.002)
            found |= set(connection.execute("select distinct generation from marts.zz_persons").fetchall())
            run = connection.execute("select run_id from marts.publication").fetchone()[0]
        reads += 1
        mixed += len(found) != 1 or run != f"r{max(found)[0]}"
        seen |= found
    except Exception as error:
        errors += 1
        print(type(error).__name__, error, file=sys.stderr)
print(reads, errors, mixed, len(seen))
"""


def test_readers_see_no_error_and_no_mixture_during_ten_publications(build: Path, published: Path) -> None:
    stop = published.parent / "stop"
    command = [sys.executable, "-c", READER, str(published / "pilotage.duckdb"), str(stop)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline().strip() == "ready"
        for generation in range(2, 12):
            make_build(build, generation=generation)
            publish_now(build, published, run_id=f"r{generation}", keep=2)
    finally:
        stop.touch()
        outputs = [reader.communicate(timeout=60) for reader in readers]
    for out, error in outputs:
        reads, errors, mixed, seen = (int(word) for word in out.split())
        assert (errors, mixed) == (0, 0), error
        assert reads > 20
        assert seen >= 5


def test_new_connection_sees_the_new_version_while_an_old_one_keeps_its_own(build: Path, published: Path) -> None:
    query = "select max(generation) from marts.fct_deals"
    with connect_published(published / "pilotage.duckdb") as held:
        make_build(build, generation=2)
        publish_now(build, published, run_id="r2")
        with connect_published(published / "pilotage.duckdb") as fresh:
            assert fresh.execute(query).fetchall() == [(2,)]
        assert held.execute(query).fetchall() == [(1,)]


def test_last_versions_are_kept_and_the_rest_is_pruned(build: Path, published: Path) -> None:
    versions = [publish_now(build, published, run_id=f"r{number}", keep=3) for number in range(2, 7)]
    assert names_in(published) == {"pilotage.duckdb", *(version.path.name for version in versions[-3:])}
    assert versions[-1].pruned == (versions[1].path.name,)
    assert all(earlier.path.name < later.path.name for earlier, later in pairwise(versions))
    # Files of others are nobody's to remove.
    (published / "contacts.duckdb").touch()
    publish_now(build, published, run_id="r9", keep=1)
    assert len(names_in(published)) == 3
    assert "contacts.duckdb" in names_in(published)


def test_live_version_is_kept_when_the_clock_goes_back(build: Path, published: Path) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    version = publish(build, published, run_id="r2", as_of=AS_OF, keep=1, clock=lambda: past)
    assert (published / "pilotage.duckdb").resolve() == version.path
    assert names_in(published) == {"pilotage.duckdb", version.path.name}


@pytest.fixture
def held_open(published: Path) -> Iterator[Path]:
    """The first version, open in another process."""
    path = (published / "pilotage.duckdb").resolve()
    code = (
        "import sys, duckdb; connection = duckdb.connect(sys.argv[1], read_only=True); print('open', flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline().strip() == "open"
        yield path
        process.stdin.close()
        process.wait(timeout=30)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are only visible in /proc")
def test_version_is_not_pruned_while_another_process_has_it_open(build: Path, published: Path, held_open: Path) -> None:
    second = publish_now(build, published, run_id="r2", keep=1)
    assert second.kept_open == (held_open.name,)
    assert held_open.exists()


def test_version_is_pruned_by_the_next_publication_when_it_was_closed(build: Path, published: Path) -> None:
    first = (published / "pilotage.duckdb").resolve()
    assert publish_now(build, published, run_id="r2", keep=1).pruned == (first.name,)


def test_name_is_refused_when_the_version_exists(build: Path, tmp_path: Path) -> None:
    moment = datetime(2026, 6, 15, tzinfo=UTC)
    for attempt in range(2):
        if attempt:
            with pytest.raises(PublishError, match="never written twice"):
                publish(build, tmp_path / "p", run_id="r1", as_of=AS_OF, keep=3, clock=lambda: moment)
        else:
            publish(build, tmp_path / "p", run_id="r1", as_of=AS_OF, keep=3, clock=lambda: moment)
    assert generations(tmp_path / "p") == {1}


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_text('{secret}')",
        "select * from read_blob('{secret}')",
        "select * from read_csv('{secret}')",
        "select * from read_json('{secret}')",
        "select * from read_parquet('{secret}')",
        "select * from '{secret}.csv'",
        "select * from glob('{folder}/*')",
        "copy (select 1) to '{folder}/stolen.csv'",
        "copy marts.fct_deals from '{secret}'",
        "export database '{folder}/stolen'",
        "import database '{folder}/stolen'",
        "attach '{build}' as stolen",
        "attach '{build}' as stolen (read_only)",
        "install httpfs",
        "install spatial from community",
        "load httpfs",
        "load '{folder}/evil.duckdb_extension'",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "set memory_limit = '100GB'",
        "reset memory_limit",
        "set temp_directory = '{folder}'",
        "pragma temp_directory = '{folder}'",
        "pragma profiling_output = '{folder}/profile.json'",
        "set global home_directory = '{folder}'",
        "call enable_logging(storage = 'file', storage_path = '{folder}')",
        "create persistent secret stolen (type s3, key_id 'x', secret 'y')",
        "insert into marts.kpi_empty values ('x', 1)",
        "update marts.zz_persons set generation = 9",
        "delete from marts.fct_deals",
        "create table marts.mine (x integer)",
        "create view marts.mine as select 1",
        "drop table marts.fct_deals",
        "alter table marts.fct_deals add column x integer",
        "comment on table marts.fct_deals is 'mine'",
    ],
)
def test_statement_of_a_stranger_is_blocked(build: Path, published: Path, tmp_path: Path, statement: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    secret = folder / "secret.txt"
    secret.write_text("canary")
    Path(f"{secret}.csv").write_text("a\n1\n")
    before = names_in(folder)
    text = statement.format(secret=secret, folder=folder, build=build)
    with connect_published(published / "pilotage.duckdb") as connection:
        with pytest.raises(duckdb.Error):
            connection.execute(text).fetchall()
        # Reading goes on, a temporary table included, and spilling nowhere.
        connection.execute("create temp table mine as select * from marts.fct_deals")
        assert connection.execute("select count(*) from mine").fetchall() == [(3000,)]
        assert connection.execute("select current_setting('temp_directory')").fetchall() == [("",)]
    assert names_in(folder) == before


def test_connecting_says_what_to_do_when_nothing_is_published(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="pilotage run"):
        connect_published(tmp_path / "pilotage.duckdb")
    assert not (tmp_path / "pilotage.duckdb").exists()


def test_module_does_not_import_dagster() -> None:
    code = "import sys, orchestration.lib.publish; print('dagster' in sys.modules, 'pandas' in sys.modules)"
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
    # The verification starts such a process in every run.
    assert time.monotonic() - started < 20
