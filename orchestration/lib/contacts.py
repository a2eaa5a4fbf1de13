"""The contacts of the call list, in a file of their own: ``published/contacts.duckdb``, for its owner alone (0600).

The published database names nobody. This file does, for one purpose: that somebody can be called. So it holds
the persons of ``kpi_next_actions`` and no others, and an address or number only where the call list says that
the person may be contacted. It carries the description of the version that it belongs to: a reader that finds
another one is told so. Every publication replaces it, and no earlier copy is kept, so that an erasure is
complete with the next one.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from ingestion.config.workspace import STORAGE_VERSION
from orchestration.lib.publish import (
    UNFINISHED,
    Stamp,
    TableChecksum,
    connect_published,
    connect_to_build,
    seal,
    sync,
    table_checksums,
    verify_in_new_process,
    write_publication,
)

SCHEMA: Final = "people"

_TABLES: Final[dict[str, str]] = {
    "persons": "create table people.persons (person_id varchar primary key, first_name varchar, last_name varchar, "
    "job_title varchar, company_name varchar, email varchar, phone varchar, is_contactable boolean not null)",
    "owners": "create table people.owners (owner_id varchar primary key, owner_name varchar)",
}
_COMMENTS: Final[dict[str, str]] = {
    "persons": "Who is on the call list. One row per person. Personal data: no copy may be kept.",
    "owners": "Who owns an action of the call list. One row per owner. Personal data: no copy may be kept.",
}
_ROWS: Final[dict[str, str]] = {
    # The living records of the person, the one that speaks for the person first: what it lacks another may know.
    "persons": """
        with listed as (
            select person_id, bool_or(is_callable) as is_contactable
            from build.marts.kpi_next_actions
            where person_id is not null
            group by person_id
        ),
        records as (
            select
                records.person_id,
                contacts.first_name,
                contacts.last_name,
                contacts.job_title,
                contacts.email,
                contacts.phone,
                row_number() over (
                    partition by records.person_id
                    order by records.source_person_id <> profiles.source_person_id, contacts.created_at,
                        records.source_person_id
                ) as record_choice
            from build.intermediate.int_identity__persons as records
            inner join build.intermediate.int_identity__profiles as profiles using (person_id)
            inner join build.staging.stg_files__persons as contacts
                on records.source_person_id = contacts.person_id
            where not records.is_deleted
        )
        select
            listed.person_id,
            any_value(records.first_name) filter (where records.record_choice = 1),
            any_value(records.last_name) filter (where records.record_choice = 1),
            first(records.job_title order by records.record_choice) filter (where records.job_title is not null),
            any_value(companies.company_name),
            first(records.email order by records.record_choice)
                filter (where records.email is not null and listed.is_contactable),
            first(records.phone order by records.record_choice)
                filter (where records.phone is not null and listed.is_contactable),
            any_value(listed.is_contactable)
        from listed
        inner join records on listed.person_id = records.person_id
        inner join build.marts.dim_persons as persons on listed.person_id = persons.person_id
        left join build.marts.dim_companies as companies on persons.company_id = companies.company_id
        where persons.is_reportable
        group by listed.person_id
    """,
    "owners": """
        select owner_id, owner_name
        from build.staging.stg_files__owners
        where owner_id in (select owner_id from build.marts.kpi_next_actions) and not is_deleted
    """,
}


@dataclass(frozen=True, slots=True)
class Contact:
    """How to name and to reach a person; a number or an address only where the person may be contacted."""

    name: str
    job_title: str | None
    company_name: str | None
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Contacts:
    """Who is on the call list of a version."""

    version: str
    persons: dict[str, Contact]
    owners: dict[str, str]


class ContactsUnavailableError(Exception):
    """The names cannot be shown; the ids still can."""


def prepare_contacts(build_db: Path, live: Path, stamp: Stamp, *, memory_limit: str = "4GB") -> Callable[[], None]:
    """Write and verify the contacts of ``build_db`` beside the ``live`` file, and return what replaces it.

    Raises ``PublishError`` when the file cannot be read back as it was written; ``duckdb.Error`` and
    ``OSError`` when reading or writing fails. In every case the live file is still the old one.
    """
    # A folder that nobody else can enter: DuckDB makes files, and their logs, readable for the group.
    folder = Path(tempfile.mkdtemp(prefix=".contacts", suffix=UNFINISHED, dir=live.parent))
    unfinished = folder / live.name
    try:
        expected = write_contacts(build_db, unfinished, stamp, memory_limit=memory_limit)
        verify_in_new_process(unfinished, SCHEMA, expected, stamp)
        seal(unfinished, mode=0o600)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise

    def make_live() -> None:
        unfinished.replace(live)
        sync(live.parent)
        folder.rmdir()

    return make_live


def write_contacts(build_db: Path, file: Path, stamp: Stamp, *, memory_limit: str) -> dict[str, TableChecksum]:
    """Write the contacts into the new ``file`` and return the checksums of what the build holds."""
    with connect_to_build(build_db, memory_limit=memory_limit) as connection:
        _make_tables(connection)
        # The views of staging name schemas without a database.
        connection.execute("use build")
        for table, rows in _ROWS.items():
            connection.execute(f"insert into memory.people.{table} {rows}")
        connection.execute("use memory")
        checksums = table_checksums(connection, SCHEMA)
        connection.execute(f"attach ? as published (storage_version '{STORAGE_VERSION}')", [str(file)])
        connection.execute("use published")
        _make_tables(connection)
        for table in _TABLES:
            connection.execute(f"insert into people.{table} select * from memory.people.{table}")
            connection.execute(f"comment on table people.{table} is '{_COMMENTS[table]}'")
        write_publication(connection, SCHEMA, stamp)
        connection.execute("checkpoint published")
        connection.execute("use memory")
        connection.execute("detach published")
        connection.execute("detach build")
    return checksums


def _make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema people")
    for statement in _TABLES.values():
        connection.execute(statement)


def read_contacts(file: Path, version: str) -> Contacts:
    """Read the contacts that belong to the published ``version``, and close the file.

    Raises ``ContactsUnavailableError`` that says why there are none: the file is missing, not for this
    reader, damaged, or of another version, whose consents may be out of date.
    """
    try:
        with connect_published(file) as connection:
            rows = connection.execute(f"select version from {SCHEMA}.publication").fetchall()
            persons = connection.execute(
                "select person_id, first_name, last_name, job_title, company_name, email, phone from people.persons"
            ).fetchall()
            owners = connection.execute("select owner_id, owner_name from people.owners").fetchall()
    except FileNotFoundError as error:
        raise ContactsUnavailableError("missing") from error
    except (OSError, duckdb.Error) as error:
        # The message of the driver is left out: it may quote what the file holds.
        raise ContactsUnavailableError("unreadable") from error
    if rows != [(version,)]:
        raise ContactsUnavailableError("other_version")
    return Contacts(
        version,
        {
            person_id: Contact(" ".join(part for part in (first, last) if part), *others)
            for person_id, first, last, *others in persons
        },
        {owner_id: name for owner_id, name in owners if name},
    )
