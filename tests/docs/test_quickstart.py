"""The quickstart, walked command by command in an empty folder.

Replaced are the clone and the installation, by the checkout under test and its environment, and the run of the demo
company, by the one that all tests share. Everything else is typed as it stands on the page.
"""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, Block, blocks_of, commands

PAGE = ROOT / "docs" / "quickstart.md"
REPLACED = ("git clone ", "cd pilotage", "make demo")
FAILS = "ends with an error"
EXECUTED = ("sh", "csv", "yaml", "text")


class Walk:
    """A newcomer's folder, and what the last shell block printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed = ""

    def shell(self, command: str) -> int:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env={**os.environ, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        self.printed += done.stdout + done.stderr
        return done.returncode

    def serve(self, command: str) -> None:
        """Start a server that would run until it is stopped, and see that it answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with (self.folder / "server.log").open("wb") as log:
            server = subprocess.Popen(
                [*shlex.split(command), "--no-browser", "--port", str(port)],
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                assert _answers(f"http://127.0.0.1:{port}/_stcore/health", server) == "ok"
                assert "<title>" in _answers(f"http://127.0.0.1:{port}/", server)
            finally:
                server.terminate()
                server.wait(timeout=30)


def _answers(address: str, server: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - The server of this test.
                return answer.read().decode()
        except OSError:
            assert server.poll() is None, "the server has ended"
            assert time.monotonic() < deadline, f"{address} does not answer"
            time.sleep(0.5)


@pytest.fixture
def walk(tmp_path: Path, demo) -> Walk:
    """A folder that looks like the clone after `make demo`."""
    (tmp_path / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
    (tmp_path / "demo").symlink_to(demo.home, target_is_directory=True)
    return Walk(tmp_path)


def _type(walk: Walk, block: Block) -> None:
    """Run the commands of a shell block; where the title says so, the last one must fail."""
    walk.printed = ""
    *earlier, last = [line for line in commands(block) if not line.startswith(REPLACED)] or [":"]
    for command in (*earlier, last):
        if " serve " in command:
            walk.serve(command)
            continue
        code = walk.shell(command)
        must_fail = block.title == FAILS and command == last
        assert (code != 0) == must_fail, f"{block.place}: {command} ended with {code}\n{walk.printed[-4000:]}"
        assert "Traceback" not in walk.printed


@pytest.mark.timeout(1800)  # A whole night, two broken ones and two servers.
def test_a_newcomer_gets_from_the_clone_to_their_own_figures(walk: Walk) -> None:
    blocks = blocks_of(PAGE)
    assert {block.language for block in blocks} <= set(EXECUTED)
    for block in blocks:
        if block.language in {"csv", "yaml"}:
            file = walk.folder / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.body, encoding="utf-8")
        elif block.language == "sh":
            _type(walk, block)
        else:
            for line in filter(None, block.body.splitlines()):
                assert line in walk.printed, f"{block.place}: {line!r} is not in\n{walk.printed[-4000:]}"
    # What failed changed nothing that readers see.
    assert walk.shell(".venv/bin/pilotage sql --home acme --csv 'select as_of from publication'") == 0
    assert "2026-05-31" in walk.printed
