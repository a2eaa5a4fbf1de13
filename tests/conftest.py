"""What every test shares: silence towards the network, real data where it lies, one demo company."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.lib.environment import be_quiet_and_private

be_quiet_and_private()
if not hasattr(sys.modules["__main__"], "__file__"):
    # In a worker of a parallel run. Spark's client takes a main module without a file for doctests and exits when
    # Great Expectations imports it.
    sys.modules["__main__"].__file__ = __file__
ROOT = Path(__file__).resolve().parents[1]
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that none of them keeps one process busy when the other is done."""
    long = ("parity", "e2e", "dbt", "docs")
    items.sort(key=lambda item: min((long.index(part) for part in item.path.parts if part in long), default=len(long)))


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Return a function that gives a folder of the real data, or skips the test with a reason."""
    base = Path(os.environ.get("PILOTAGE_REAL_DATA", ROOT.parent / "shared" / "data"))

    def folder(name: str) -> Path:
        path = base / name
        if not path.is_dir():
            pytest.skip(f"no real data: {name} is not in PILOTAGE_REAL_DATA or shared/data beside the repository")
        return path

    return folder


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def pilotage() -> Callable[..., Result]:
    """Return a function that runs the command ``pilotage`` and gives exit code and output."""

    def call(*arguments: str, environment: dict[str, str] | None = None) -> Result:
        done = subprocess.run(
            [Path(sys.executable).with_name("pilotage"), *arguments],
            env={**os.environ, "COLUMNS": "160", **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return call


@dataclass(frozen=True)
class Demo:
    home: Path
    out: str
    err: str
    lookups: frozenset[str] = frozenset()

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(self.home / "published" / "pilotage.duckdb", read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="session")
def lookup_spy() -> str:
    """The text of the module that writes down each host that is looked up."""
    return _SPY


def _made_once(
    base: Path, pilotage: Callable[..., Any], arguments: tuple[str, ...], environment: dict[str, str] | None = None
) -> Demo:
    """Make a demo company and run its first night; once, whichever test process comes first."""
    base.mkdir(exist_ok=True)
    told = base / "told.json"
    with (base / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            home = str(base / "home")
            result = pilotage("demo", "--home", home, "--end", END, *arguments, environment=environment)
            assert result.code == 0, result.err[-5000:]
            told.write_text(json.dumps([result.out, result.err]))
    out, err = json.loads(told.read_text())
    return Demo(base / "home", out, err)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return the folder that all test processes share."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def demo(shared_folder: Path, pilotage: Callable[..., Any]) -> Demo:
    """Return the demo company at scale 1 after its first night, its lookups of hosts on record."""
    spy = shared_folder / "spy"
    spy.mkdir(exist_ok=True)
    (spy / "sitecustomize.py").write_text(_SPY)
    lookups = shared_folder / "lookups.txt"
    lookups.touch()
    environment = {"PYTHONPATH": str(spy), "PILOTAGE_TEST_LOOKUPS": str(lookups)}
    made = _made_once(shared_folder / "demo", pilotage, (), environment)
    return replace(made, lookups=frozenset(lookups.read_text().split()))


@pytest.fixture(scope="session")
def small_demo(shared_folder: Path, pilotage: Callable[..., Any]) -> Demo:
    """Return a demo company for tests of what goes wrong in a night: a fifth of the rows."""
    return _made_once(shared_folder / "small", pilotage, ("--scale", "0.2"))


@pytest.fixture
def small_copy(small_demo: Demo, tmp_path: Path) -> Path:
    """Return a copy of the small demo workspace, to be changed."""
    return Path(shutil.copytree(small_demo.home, tmp_path / "home", symlinks=True))
