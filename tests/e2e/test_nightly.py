"""The nightly job on the demo company, through the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1", "", "None"}


def _checksums(database: Path) -> dict[str, tuple[int, int]]:
    """Rows and an order-free hash of each published table, without what names the publication itself."""
    with duckdb.connect(database, read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        return {
            table: connection.execute(
                f'select count(*), coalesce(sum(hash(t)::hugeint), 0) from marts."{table}" as t'
            ).fetchone()
            for (table,) in tables
            if table != "publication"
        }


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


def test_second_night_changes_no_row(demo, demo_copy: Path, pilotage: Callable) -> None:
    before = _checksums(demo_copy / "published" / "pilotage.duckdb")
    result = pilotage("run", "--home", str(demo_copy), "--as-of", "2026-06-30", "--json")
    assert result.code == 0, result.err[-3000:]
    assert json.loads(result.out)["is_success"]
    after = _checksums(demo_copy / "published" / "pilotage.duckdb")
    assert before == after
    assert sum(count for count, _ in after.values()) > 1000
    assert len(list((demo_copy / "published").glob("pilotage_*.duckdb"))) == 2


def test_zone_of_the_process_changes_nothing_and_a_rebuild_equals_the_increments(
    demo_copy: Path, pilotage: Callable
) -> None:
    before = _checksums(demo_copy / "published" / "pilotage.duckdb")
    # Without its record of builds, the next run rebuilds everything.
    with duckdb.connect(demo_copy / "build" / "warehouse.duckdb") as build:
        build.execute("delete from raw_quality.builds")
    result = pilotage("run", "--home", str(demo_copy), "--as-of", "2026-06-30", environment={"TZ": "America/New_York"})
    assert result.code == 0, result.err[-3000:]
    assert _checksums(demo_copy / "published" / "pilotage.duckdb") == before


def test_killed_run_changes_nothing_that_readers_see_and_the_next_one_recovers(
    demo_copy: Path, pilotage: Callable
) -> None:
    published = demo_copy / "published" / "pilotage.duckdb"
    before, target = _checksums(published), published.resolve()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("pilotage"), "run", "--home", demo_copy, "--as-of", "2026-06-30"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if ".. facts" in line:
            break
    time.sleep(1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert published.resolve() == target
    assert _checksums(published) == before
    result = pilotage("run", "--home", str(demo_copy), "--as-of", "2026-06-30")
    assert result.code == 0, result.err[-3000:]
    assert _checksums(published) == before


def test_second_run_at_once_is_refused_naming_the_process(demo_copy: Path, pilotage: Callable) -> None:
    from ingestion.locking import exclusive_lock

    with exclusive_lock(demo_copy / "run.lock"):
        result = pilotage("run", "--home", str(demo_copy))
    assert result.code == 75
    assert str(os.getpid()) in result.err


def test_file_over_its_quarantine_share_stops_the_run_before_publication(demo_copy: Path, pilotage: Callable) -> None:
    orders = next((demo_copy / "inbox" / "erp").glob("*order*.csv"))
    header = orders.read_text(encoding="utf-8").splitlines()[0]
    bad = orders.with_name(orders.name.replace(".csv", "_zz.csv"))
    bad.write_text("\n".join([header, *["not,an,order"] * 20]) + "\n", encoding="utf-8")
    os.utime(bad, (1_700_000_000, 1_700_000_000))
    target = (demo_copy / "published" / "pilotage.duckdb").resolve()
    result = pilotage("run", "--home", str(demo_copy), "--as-of", "2026-06-30")
    assert result.code == 1
    assert "loaded_files" in result.err
    assert (demo_copy / "published" / "pilotage.duckdb").resolve() == target
    quarantined = json.loads(pilotage("sources", "--home", str(demo_copy), "--json").out)
    assert sum(mapping["count_quarantined"] for mapping in quarantined["mappings"]) >= 20


def test_broken_settings_are_refused_before_anything_runs(demo_copy: Path, pilotage: Callable) -> None:
    settings = demo_copy / "pilotage.yml"
    settings.write_text(settings.read_text(encoding="utf-8") + "\ncolour: red\n", encoding="utf-8")
    logs = sorted((demo_copy / "logs").iterdir())
    result = pilotage("run", "--home", str(demo_copy))
    assert result.code == 2
    assert "pilotage.yml: colour = 'red': no such setting" in result.err
    assert sorted((demo_copy / "logs").iterdir()) == logs


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


def test_doctor_is_content_with_a_fresh_demo_and_finds_damage(demo_copy: Path, pilotage: Callable) -> None:
    assert pilotage("doctor", "--home", str(demo_copy)).code == 0
    published = (demo_copy / "published" / "pilotage.duckdb").resolve()
    published.chmod(0o600)
    size = published.stat().st_size
    with published.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\x55" * 4096)
        file.seek(12_288)
        file.write(b"\x55" * 4096)
    result = pilotage("doctor", "--home", str(demo_copy), "--json")
    assert result.code == 1
    damaged = [finding for finding in json.loads(result.out) if not finding["is_fine"]]
    assert [finding["subject"] for finding in damaged] == ["published database"]
    assert damaged[0]["remedy"]


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


def test_commands_show_help_with_an_example(pilotage: Callable) -> None:
    for command in ("init", "demo", "run", "kpis", "sources", "doctor"):
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


def test_refused_and_unmatched_files_are_told_by_name(demo_copy: Path, pilotage: Callable) -> None:
    inbox = demo_copy / "inbox"
    (inbox / "erp" / "orders_without_header.csv").write_text("1,2,canary@example.com\n", encoding="utf-8")
    (inbox / "stray.txt").write_text("hello", encoding="utf-8")
    for path in (inbox / "erp" / "orders_without_header.csv", inbox / "stray.txt"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    result = pilotage("run", "--home", str(demo_copy), "--as-of", "2026-06-30")
    assert result.code == 0, result.err[-3000:]
    logs = "".join(path.read_text(encoding="utf-8") for path in (demo_copy / "logs").glob("*.jsonl"))
    for told in (result.err, logs):
        assert "erp/orders_without_header.csv" in told
        assert "stray.txt" in told
        assert "canary" not in told


def test_reader_of_the_build_database_is_waited_for(demo_copy: Path, pilotage: Callable) -> None:
    reader = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys, time\n"
            f"connection = duckdb.connect({str(demo_copy / 'build' / 'warehouse.duckdb')!r}, read_only=True)\n"
            "print('open', flush=True)\ntime.sleep(12)\n",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "open\n"
    result = pilotage("run", "--home", str(demo_copy), "--as-of", "2026-06-30")
    assert result.code == 0, result.err[-3000:]
    assert reader.wait() == 0
