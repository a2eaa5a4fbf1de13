"""One process writes a workspace."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ingestion.locking import AlreadyRunningError, exclusive_lock

HOLD = """
import sys, time
from pathlib import Path
from ingestion.locking import exclusive_lock
with exclusive_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_second_process_is_told_who_holds_the_lock_and_gets_it_when_that_one_is_killed(tmp_path):
    path = tmp_path / "run.lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(AlreadyRunningError, match=rf"process {holder.pid} .*run\.lock"), exclusive_lock(path):
                pass
        finally:
            holder.kill()
    with exclusive_lock(path):
        assert path.read_text() == f"{os.getpid()}\n"
    assert path.read_text() == ""


def test_lock_is_released_when_the_work_fails(tmp_path):
    path = tmp_path / "run.lock"
    with pytest.raises(RuntimeError), exclusive_lock(path):
        raise RuntimeError
    with exclusive_lock(path):
        pass


def test_lock_file_is_never_followed_out_of_the_workspace(tmp_path):
    (tmp_path / "run.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match=r"run\.lock"), exclusive_lock(tmp_path / "run.lock"):
        pass
    assert not (tmp_path / "precious").exists()
