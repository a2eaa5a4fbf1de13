"""What goes wrong in a night changes nothing that readers see, and is told by name."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingestion.locking import exclusive_lock
from tests.e2e.support import checksums


@dataclass(frozen=True)
class Recovery:
    """A night that was killed, and the next one: with a reader in its way, and files that cannot be loaded."""

    home: Path
    published_before: Path
    published_after_kill: Path
    before: dict[str, Any]
    after_kill: dict[str, Any]
    after: dict[str, Any]
    code: int
    err: str
    reader_code: int | None


@pytest.fixture(scope="module")
def recovery(small_demo, tmp_path_factory: pytest.TempPathFactory, pilotage: Callable) -> Recovery:
    home = Path(shutil.copytree(small_demo.home, tmp_path_factory.mktemp("recovery") / "home", symlinks=True))
    published = home / "published" / "pilotage.duckdb"
    before, live = checksums(published), published.resolve()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("pilotage"), "run", "--home", home, "--as-of", "2026-06-30"],
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
    killed, after_kill = published.resolve(), checksums(published)

    unloadable = (home / "inbox" / "erp" / "orders_without_header.csv", home / "inbox" / "stray.txt")
    unloadable[0].write_text("1,2,canary@example.com\n", encoding="utf-8")
    unloadable[1].write_text("hello", encoding="utf-8")
    for path in unloadable:
        os.utime(path, (1_700_000_000, 1_700_000_000))
    reader = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys, time\n"
            f"connection = duckdb.connect({str(home / 'build' / 'warehouse.duckdb')!r}, read_only=True)\n"
            "print('open', flush=True)\ntime.sleep(12)\n",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "open\n"
    # The process lives in another zone than the company, by a day at midnight.
    result = pilotage("run", "--home", str(home), "--as-of", "2026-06-30", environment={"TZ": "America/New_York"})
    return Recovery(
        home, live, killed, before, after_kill, checksums(published), result.code, result.err, reader.poll()
    )


def test_killed_run_changes_nothing_that_readers_see(recovery: Recovery) -> None:
    assert recovery.published_after_kill == recovery.published_before
    assert recovery.after_kill == recovery.before


def test_run_after_a_killed_one_recovers_and_changes_no_row_whatever_the_zone_of_its_process(
    recovery: Recovery,
) -> None:
    assert recovery.code == 0, recovery.err[-3000:]
    assert (recovery.home / "published" / "pilotage.duckdb").resolve() != recovery.published_before
    assert len(list((recovery.home / "published").glob("pilotage_*.duckdb"))) == 2
    assert sum(count for count, _ in recovery.after.values()) > 1000
    # It tells of the files that could not be loaded.
    assert {name for name, rows in recovery.after.items() if rows != recovery.before[name]} <= {"kpi_data_quality"}


def test_refused_and_unmatched_files_are_told_by_name(recovery: Recovery) -> None:
    logs = "".join(path.read_text(encoding="utf-8") for path in (recovery.home / "logs").glob("*.jsonl"))
    for told in (recovery.err, logs):
        assert "erp/orders_without_header.csv" in told
        assert "stray.txt" in told
        assert "canary" not in told


def test_reader_of_the_build_database_is_waited_for(recovery: Recovery) -> None:
    assert recovery.code == 0, recovery.err[-3000:]
    assert recovery.reader_code == 0


def test_second_run_at_once_is_refused_naming_the_process(small_copy: Path, pilotage: Callable) -> None:
    with exclusive_lock(small_copy / "run.lock"):
        result = pilotage("run", "--home", str(small_copy))
    assert result.code == 75
    assert str(os.getpid()) in result.err


def test_file_over_its_quarantine_share_stops_the_run_before_publication(small_copy: Path, pilotage: Callable) -> None:
    orders = next((small_copy / "inbox" / "erp").glob("*order*.csv"))
    header = orders.read_text(encoding="utf-8").splitlines()[0]
    bad = orders.with_name(orders.name.replace(".csv", "_zz.csv"))
    bad.write_text("\n".join([header, *["not,an,order"] * 20]) + "\n", encoding="utf-8")
    os.utime(bad, (1_700_000_000, 1_700_000_000))
    target = (small_copy / "published" / "pilotage.duckdb").resolve()
    result = pilotage("run", "--home", str(small_copy), "--as-of", "2026-06-30")
    assert result.code == 1
    assert "loaded_files" in result.err
    assert (small_copy / "published" / "pilotage.duckdb").resolve() == target
    quarantined = json.loads(pilotage("sources", "--home", str(small_copy), "--json").out)
    assert sum(mapping["count_quarantined"] for mapping in quarantined["mappings"]) >= 20


def test_broken_settings_are_refused_before_anything_runs(small_copy: Path, pilotage: Callable) -> None:
    settings = small_copy / "pilotage.yml"
    settings.write_text(settings.read_text(encoding="utf-8") + "\ncolour: red\n", encoding="utf-8")
    logs = sorted((small_copy / "logs").iterdir())
    result = pilotage("run", "--home", str(small_copy))
    assert result.code == 2
    assert "pilotage.yml: colour = 'red': no such setting" in result.err
    assert sorted((small_copy / "logs").iterdir()) == logs


def test_doctor_is_content_with_a_fresh_demo_and_finds_damage(small_copy: Path, pilotage: Callable) -> None:
    assert pilotage("doctor", "--home", str(small_copy)).code == 0
    published = (small_copy / "published" / "pilotage.duckdb").resolve()
    published.chmod(0o600)
    size = published.stat().st_size
    with published.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\x55" * 4096)
        file.seek(12_288)
        file.write(b"\x55" * 4096)
    result = pilotage("doctor", "--home", str(small_copy), "--json")
    assert result.code == 1
    damaged = [finding for finding in json.loads(result.out) if not finding["is_fine"]]
    assert [finding["subject"] for finding in damaged] == ["published database"]
    assert damaged[0]["remedy"]
