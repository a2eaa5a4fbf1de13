"""One demo company for all end-to-end tests, made and run through the command line as a user does."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
END = "2026-06-30"

# Loaded by every Python process of the run, dbt's included: writes down each host that is looked up.
_SPY = """
import os, socket
_look_up = socket.getaddrinfo
def getaddrinfo(host, *args, **kwargs):
    with open(os.environ["PILOTAGE_TEST_LOOKUPS"], "a") as file:
        file.write(f"{host}\\n")
    return _look_up(host, *args, **kwargs)
socket.getaddrinfo = getaddrinfo
"""


@dataclass(frozen=True)
class Demo:
    home: Path
    out: str
    err: str
    lookups: set[str]

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(self.home / "published" / "pilotage.duckdb", read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="session")
def lookup_spy() -> str:
    """The text of the module that writes down each host that is looked up."""
    return _SPY


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, pilotage: Callable[..., Any], worker_id: str) -> Demo:
    """Make the demo company at scale 1 and run its first night; once, whichever test process comes first."""
    shared = tmp_path_factory.getbasetemp() if worker_id == "master" else tmp_path_factory.getbasetemp().parent
    base = shared / "demo"
    base.mkdir(exist_ok=True)
    told = base / "told.json"
    with (base / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            spy, lookups = base / "spy", base / "lookups.txt"
            spy.mkdir()
            (spy / "sitecustomize.py").write_text(_SPY)
            lookups.touch()
            environment = {"PYTHONPATH": str(spy), "PILOTAGE_TEST_LOOKUPS": str(lookups)}
            result = pilotage("demo", "--home", str(base / "home"), "--end", END, environment=environment)
            assert result.code == 0, result.err[-5000:]
            told.write_text(json.dumps([result.out, result.err, sorted(set(lookups.read_text().split()))]))
    out, err, hosts = json.loads(told.read_text())
    return Demo(base / "home", out, err, set(hosts))


@pytest.fixture
def demo_copy(demo: Demo, tmp_path: Path) -> Path:
    """Return a copy of the demo workspace, to be changed."""
    shutil.copytree(demo.home, tmp_path / "home", symlinks=True)
    return tmp_path / "home"


@pytest.fixture
def example(tmp_path: Path, real_data: Callable[[str], Path]) -> Callable[[str, list[str]], Path]:
    """Return a function that makes an example's workspace with real files in its inbox."""

    def make(name: str, files: list[str]) -> Path:
        source = real_data(name)
        home = tmp_path / name
        shutil.copytree(ROOT / "examples" / name, home)
        (home / "inbox").mkdir()
        for file in files:
            shutil.copyfile(source / file, home / "inbox" / file)
            os.utime(home / "inbox" / file, (1_700_000_000, 1_700_000_000))
        return home

    return make
