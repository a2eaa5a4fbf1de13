"""What every test shares: silence towards the network, real data where it lies, workspaces."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.lib.environment import be_quiet_and_private

be_quiet_and_private()
if not hasattr(sys.modules["__main__"], "__file__"):
    # In a worker of a parallel run. Spark's client takes a main module without a file for doctests and exits when
    # Great Expectations imports it.
    sys.modules["__main__"].__file__ = __file__
ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that none of them keeps one process busy when the other is done."""
    long = ("parity", "e2e", "dbt")
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
