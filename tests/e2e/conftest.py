"""Workspaces of the public data sets, made through the command line as a user does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


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
