"""The contacts file: whom it names, what it withholds, who can read it, and what a fault changes (nothing)."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import pytest

from orchestration.lib import contacts as module
from orchestration.lib.contacts import Contact, ContactsUnavailableError, prepare_contacts, read_contacts
from orchestration.lib.publish import PublishedVersion, PublishError, publish

AS_OF = date(2026, 6, 14)


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A build as the models leave it, as far as the contacts read it: six persons, five on the call list."""
    path = tmp_path / "build" / "warehouse.duckdb"
    path.parent.mkdir()
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema raw_files; create schema staging; create schema intermediate")
        connection.execute("create schema marts")
        connection.execute(
            "create table raw_files.persons as from (values "
            "('crm:1', 'Zoé', 'Lefèvre', 'DAF', 'zoe@one.test', null, timestamp '2026-01-01'), "
            "('web:1', 'Z', 'L', null, 'zoe.other@one.test', '0102030405', timestamp '2025-01-01'), "
            "('crm:2', 'Léo', 'Refus', null, 'leo@two.test', '0200000002', timestamp '2026-01-01'), "
            "('crm:3', null, null, null, 'hello@three.test', null, timestamp '2026-01-01'), "
            "('crm:4', 'Ann', 'Deleted', null, 'ann@four.test', '0400000004', timestamp '2026-01-01'), "
            "('crm:5', 'Not', 'Listed', null, 'not@five.test', '0500000005', timestamp '2026-01-01'), "
            "('crm:6', 'Test', 'Person', null, 'test@six.test', '0600000006', timestamp '2026-01-01')) "
            "as persons(person_id, first_name, last_name, job_title, email, phone, created_at)"
        )
        connection.execute("create view staging.stg_files__persons as select * from raw_files.persons")
        connection.execute(
            "create view staging.stg_files__owners as from (values ('crm:o1', 'Élise Owner', false), "
            "('crm:o2', 'Gone Owner', true), ('crm:o3', 'Idle Owner', false)) "
            "as owners(owner_id, owner_name, is_deleted)"
        )
        connection.execute(
            "create table intermediate.int_identity__persons as from (values ('crm:1', 'crm:1', false), "
            "('web:1', 'crm:1', false), ('crm:2', 'crm:2', false), ('crm:3', 'crm:3', false), "
            "('crm:4', 'crm:4', true), ('crm:5', 'crm:5', false), ('crm:6', 'crm:6', false)) "
            "as records(source_person_id, person_id, is_deleted)"
        )
        connection.execute(
            "create table intermediate.int_identity__profiles as "
            "select person_id, person_id as source_person_id from range(1, 7) as ids(i), "
            "lateral (select 'crm:' || i as person_id)"
        )
        connection.execute(
            "create table marts.dim_persons as select person_id, 'c1' as company_id, "
            "person_id <> 'crm:6' as is_reportable from intermediate.int_identity__profiles"
        )
        connection.execute("create table marts.dim_companies as select 'c1' as company_id, 'One SARL' as company_name")
        connection.execute(
            "create table marts.kpi_next_actions as from (values ('a1', 'crm:1', 'crm:o1', true), "
            "('a2', 'crm:2', 'crm:o2', false), ('a3', 'crm:3', null, true), ('a4', 'crm:4', 'crm:o1', true), "
            "('a5', null, 'crm:o1', true), ('a6', 'crm:6', 'crm:o1', true)) "
            "as actions(action_id, person_id, owner_id, is_callable)"
        )
    return path


def publish_now(build: Path, directory: Path, *, run_id: str = "r1") -> PublishedVersion:
    alongside = partial(prepare_contacts, build, directory / "contacts.duckdb")
    return publish(build, directory, run_id=run_id, as_of=AS_OF, keep=3, alongside=alongside)


@pytest.fixture
def published(build: Path, tmp_path: Path) -> Path:
    """The folder with one published version."""
    publish_now(build, tmp_path / "published")
    return tmp_path / "published"


def live_version(published: Path) -> str:
    return (published / "pilotage.duckdb").readlink().name.removesuffix(".duckdb")


def test_file_names_who_is_on_the_call_list_and_nobody_else(published: Path) -> None:
    found = read_contacts(published / "contacts.duckdb", live_version(published))
    assert found.persons == {
        # The record that speaks for the person names it; what it lacks another record knows.
        "crm:1": Contact("Zoé Lefèvre", "DAF", "One SARL", "zoe@one.test", "0102030405"),
        # Named, so that nobody calls by mistake, but neither address nor number.
        "crm:2": Contact("Léo Refus", None, "One SARL", None, None),
        "crm:3": Contact("", None, "One SARL", "hello@three.test", None),
    }
    assert found.owners == {"crm:o1": "Élise Owner"}


def test_file_is_for_its_owner_alone_and_holds_no_byte_of_who_may_not_be_contacted(published: Path) -> None:
    file = published / "contacts.duckdb"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {path.name for path in published.iterdir()} == {
        "contacts.duckdb", "pilotage.duckdb", f"{live_version(published)}.duckdb"
    }  # fmt: skip
    content = file.read_bytes()
    assert b"0102030405" in content
    for withheld in (b"leo@two.test", b"0200000002", b"ann@four.test", b"not@five.test", b"test@six.test"):
        assert withheld not in content


def test_main_file_holds_none_of_it(published: Path) -> None:
    content = (published / "pilotage.duckdb").read_bytes()
    for value in ("zoe@one.test", "Lefèvre", "0102030405", "Élise"):
        assert value.encode() not in content


def test_file_is_of_the_version_that_is_live(build: Path, published: Path) -> None:
    file = published / "contacts.duckdb"
    before = live_version(published)
    publish_now(build, published, run_id="r2")
    assert read_contacts(file, live_version(published)).persons
    with pytest.raises(ContactsUnavailableError, match="other_version"):
        read_contacts(file, before)


def test_erased_person_is_gone_with_the_next_publication_and_no_old_copy_stays(build: Path, published: Path) -> None:
    with duckdb.connect(str(build)) as connection:
        connection.execute("delete from raw_files.persons where person_id in ('crm:1', 'web:1')")
        connection.execute("delete from intermediate.int_identity__persons where person_id = 'crm:1'")
        connection.execute("delete from marts.kpi_next_actions where person_id = 'crm:1'")
    publish_now(build, published, run_id="r2")
    assert set(read_contacts(published / "contacts.duckdb", live_version(published)).persons) == {"crm:2", "crm:3"}
    for path in published.rglob("*"):
        assert b"zoe@one.test" not in path.read_bytes(), path


def test_reader_is_told_why_there_are_no_names(published: Path, tmp_path: Path) -> None:
    version = live_version(published)
    with pytest.raises(ContactsUnavailableError, match="missing"):
        read_contacts(tmp_path / "contacts.duckdb", version)
    damaged = tmp_path / "contacts.duckdb"
    damaged.write_bytes(b"zoe@one.test" * 1000)
    with pytest.raises(ContactsUnavailableError, match=r"^unreadable$"):
        read_contacts(damaged, version)


def _drop_rows(unfinished: Path) -> None:
    with duckdb.connect(str(unfinished)) as connection:
        connection.execute("delete from people.persons where person_id = 'crm:2'")


def _truncate(unfinished: Path) -> None:
    os.truncate(unfinished, unfinished.stat().st_size // 2)


@pytest.mark.parametrize(
    ("damage", "message"), [(_drop_rows, r"persons \(2 rows, the build has 3\)"), (_truncate, "cannot be read back")]
)
def test_nothing_is_published_when_the_contacts_differ_from_the_build(
    build: Path, published: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None], message: str
) -> None:
    write = module.write_contacts

    def write_and_damage(build_db: Path, unfinished: Path, *arguments: object, **options: object) -> object:
        checksums = write(build_db, unfinished, *arguments, **options)  # type: ignore[arg-type]
        damage(unfinished)
        return checksums

    before = live_version(published), (published / "contacts.duckdb").read_bytes()
    monkeypatch.setattr(module, "write_contacts", write_and_damage)
    with pytest.raises(PublishError, match=message) as error:
        publish_now(build, published, run_id="r2")
    assert not any(value in str(error.value) for value in ("Zoé", "@one.test", "0102030405"))
    assert (live_version(published), (published / "contacts.duckdb").read_bytes()) == before


@pytest.mark.parametrize(
    ("step", "moment"),
    [("write_contacts", "after"), ("verify_in_new_process", "after"), ("seal", "after"), ("sync", "before")],
)
def test_file_is_the_old_or_the_new_one_when_the_run_is_killed(
    build: Path, published: Path, step: str, moment: str
) -> None:
    old = (published / "contacts.duckdb").read_bytes()
    with duckdb.connect(str(build)) as connection:
        connection.execute("update raw_files.persons set phone = '0999999999'")
    code = textwrap.dedent(
        """
        import os, signal, sys
        from datetime import date
        from functools import partial
        from pathlib import Path
        from orchestration.lib import contacts as module
        from orchestration.lib.publish import publish

        build, directory, name, moment = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
        step = getattr(module, name)

        def dying(*arguments, **options):
            if moment == "after":
                step(*arguments, **options)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(module, name, dying)
        alongside = partial(module.prepare_contacts, build, directory / "contacts.duckdb")
        publish(build, directory, run_id="r2", as_of=date(2026, 6, 15), keep=3, alongside=alongside)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(build), str(published), step, moment], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    if step == "sync":
        assert b"0999999999" in (published / "contacts.duckdb").read_bytes()
        assert read_contacts(published / "contacts.duckdb", live_version(published)).persons
    else:
        assert (published / "contacts.duckdb").read_bytes() == old
    for path in published.glob(".contacts*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    publish_now(build, published, run_id="r3")
    assert read_contacts(published / "contacts.duckdb", live_version(published)).persons["crm:1"].phone == "0999999999"
    assert not list(published.glob(".*"))
