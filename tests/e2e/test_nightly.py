"""The nightly job on the demo company, through the command line."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.lib.contacts import read_contacts
from tests.e2e.support import checksums

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1", "", "None"}


def test_demo_ends_with_the_board_and_what_to_do_next(demo) -> None:
    assert "Commercial dashboard, 06/2026" in demo.out
    for line in ("New leads", "KPI 2", "Negotiation", "What to do next", "published/pilotage.duckdb"):
        assert line in demo.out, demo.out
    for step in ("raw_files", "facts", "kpis", "published__pilotage"):
        assert step in demo.err, demo.err


def test_no_foreign_host_is_looked_up_in_a_full_run(demo) -> None:
    import socket

    assert demo.lookups <= LOCAL_HOSTS | {socket.gethostname()}


def test_the_spy_sees_a_lookup(tmp_path: Path, lookup_spy: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(lookup_spy)
    seen = tmp_path / "seen.txt"
    subprocess.run(
        [sys.executable, "-c", "import socket\ntry: socket.getaddrinfo('nowhere.invalid', 80)\nexcept OSError: pass"],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PILOTAGE_TEST_LOOKUPS": str(seen)},
        check=True,
    )
    assert seen.read_text() == "nowhere.invalid\n"


def test_second_night_changes_no_row_whatever_the_zone_of_the_process(
    demo, demo_copy: Path, pilotage: Callable
) -> None:
    before = checksums(demo_copy / "published" / "pilotage.duckdb")
    zone = {"TZ": "America/New_York"}
    result = pilotage("run", "--home", str(demo_copy), "--as-of", "2026-06-30", "--json", environment=zone)
    assert result.code == 0, result.err[-3000:]
    assert json.loads(result.out)["is_success"]
    after = checksums(demo_copy / "published" / "pilotage.duckdb")
    assert before == after
    assert sum(count for count, _ in after.values()) > 1000
    assert len(list((demo_copy / "published").glob("pilotage_*.duckdb"))) == 2


@pytest.mark.parametrize("language", ["en", "fr"])
def test_kpis_shows_the_board_in_both_languages(demo, pilotage: Callable, language: str) -> None:
    result = pilotage("kpis", "--home", str(demo.home), "--month", "2026-05", "--lang", language)
    assert result.code == 0, result.err
    assert {"en": "New leads", "fr": "Nouveaux leads"}[language] in result.out
    rows = json.loads(pilotage("kpis", "--home", str(demo.home), "--month", "2026-05", "--json").out)["lines"]
    leads = next(row for row in rows if row["metric_id"] == "new_leads")
    assert (
        leads["value"]
        == demo.query(
            "select count(*) from marts.fct_leads where date_trunc('month', opened_date) = date '2026-05-01'"
        )[0][0]
    )


def test_kpis_without_a_publication_says_what_to_do(tmp_path: Path, pilotage: Callable) -> None:
    result = pilotage("kpis", "--home", str(tmp_path))
    assert result.code == 1
    assert "pilotage run" in result.err


def test_sources_tells_what_was_loaded_and_why_rows_are_in_quarantine(demo, pilotage: Callable) -> None:
    status = json.loads(pilotage("sources", "--home", str(demo.home), "--json").out)
    assert all(mapping["count_files"] for mapping in status["mappings"])
    assert status["quarantine"]
    assert pilotage("sources", "--home", str(demo.home)).code == 0


def test_published_file_holds_no_personal_data_and_logs_neither(demo) -> None:
    with duckdb.connect(demo.home / "build" / "warehouse.duckdb", read_only=True) as build:
        email, surname = build.execute(
            "select email, last_name from raw_files.persons where email is not null and length(last_name) > 6 limit 1"
        ).fetchone()
    columns = demo.query(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and data_type = 'VARCHAR'"
    )
    assert len(columns) > 50
    for table, column in columns:
        found = demo.query(f"""select count(*) from marts."{table}" where "{column}" like '%@%.%'""")
        assert found == [(0,)], (table, column)
    texts = [path for folder in ("logs", "quality", "dagster") for path in (demo.home / folder).rglob("*")]
    assert any(path.suffix == ".jsonl" for path in texts)
    for path in texts:
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            assert email.encode() not in content, path
            assert surname.encode() not in content, path


def test_contacts_of_the_call_list_lie_in_a_file_of_their_own(demo) -> None:
    file = demo.home / "published" / "contacts.duckdb"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir() if "contacts" in path.name] == [file.name]
    ((version,),) = demo.query("select version from marts.publication")
    contacts = read_contacts(file, version)
    callable_persons = dict(demo.query("select person_id, is_callable from marts.kpi_next_actions"))
    assert set(contacts.persons) == set(callable_persons)
    with duckdb.connect(demo.home / "build" / "warehouse.duckdb", read_only=True) as build:
        emails = build.execute("select email, person_id from intermediate.int_identity__addresses").fetchall()
    addresses = set(emails)
    count_reachable = 0
    for person_id, contact in contacts.persons.items():
        if callable_persons[person_id]:
            count_reachable += (contact.email, person_id) in addresses
        else:
            assert (contact.email, contact.phone) == (None, None)
    assert count_reachable > 100
    assert set(contacts.owners) == {
        owner_id for (owner_id,) in demo.query("select distinct owner_id from marts.kpi_next_actions") if owner_id
    }


def test_commands_show_help_with_an_example(pilotage: Callable) -> None:
    for command in ("init", "demo", "run", "kpis", "report", "sources", "doctor"):
        result = pilotage(command, "--help")
        assert result.code == 0
        assert "Example: pilotage" in result.out


def test_interface_page_lists_every_published_table_key_column_and_metric(demo) -> None:
    from orchestration.lib.reference import DOCS, interface_page

    published = demo.home / "published" / "pilotage.duckdb"
    assert (DOCS / "interface.md").read_text(encoding="utf-8") == interface_page(published), (
        "run python -m orchestration.lib.reference on a published demo, and write the change into CHANGELOG.md"
    )


def test_metrics_page_is_the_catalogue(demo) -> None:
    from orchestration.lib.reference import DOCS, metrics_page

    published = demo.home / "published" / "pilotage.duckdb"
    assert (DOCS / "metrics.md").read_text(encoding="utf-8") == metrics_page(published), (
        "run python -m orchestration.lib.reference on a published demo"
    )


def test_targets_may_name_exactly_the_metrics_of_the_catalogue(demo) -> None:
    from orchestration.lib.catalogue import metric_ids

    assert metric_ids() == {metric_id for (metric_id,) in demo.query("select metric_id from marts.kpi_catalog")}
