"""A PostgreSQL server of this process alone: Debian's binaries, a folder in /tmp, a free port, gone at the end."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ACCOUNT: Final = "postgres"
_START_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. Over TCP a password is needed (SCRAM), through the socket none."""

    binaries: Path
    folder: Path
    """Also that of the socket."""

    port: int
    superuser: str
    password: str

    def psql(self, sql: str, *, database: str = "postgres", options: Sequence[str] = ()) -> str:
        """Run ``sql`` as the superuser and return what it prints, unaligned and without headers.

        Raises ``RuntimeError`` with the server's message.
        """
        done = subprocess.run(
            [
                self.binaries / "psql", "-XqtA", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p", str(self.port),
                "-U", self.superuser, "-d", database, *options,
            ],
            input=sql,
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()


def find_binaries() -> Path | None:
    """Return the folder of ``initdb`` and ``postgres``, the newest version's; None where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    candidates = [*folders, *([Path(on_path).resolve().parent] if on_path else [])]
    return next((folder for folder in candidates if (folder / "postgres").exists()), None)


def free_port() -> int:
    """Return a TCP port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def throwaway_server(binaries: Path, *, settings: Sequence[str] = ()) -> Iterator[Server]:
    """Start a server with ``settings`` (``name=value``) and stop and remove it at the end.

    Raises ``RuntimeError`` with the server's words when it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="pilotage-pg-", dir="/tmp") as made:
        folder = Path(made)
        # initdb refuses root.
        account = pwd.getpwnam(_ACCOUNT) if os.geteuid() == 0 else None
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        secret = secrets.token_hex(16)
        secret_file = folder / "password"
        secret_file.write_text(secret, encoding="utf-8")
        if account:
            os.chown(secret_file, account.pw_uid, account.pw_gid)
        server = Server(binaries, folder, free_port(), "admin", secret)
        _call(
            account,
            [
                str(binaries / "initdb"), "-D", str(folder / "data"), "-U", server.superuser,
                f"--pwfile={secret_file}", "--auth-local=trust", "--auth-host=scram-sha-256",
                "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
            ],
        )  # fmt: skip
        log = folder / "log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [
                    str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder), "-p", str(server.port),
                    "-c", "listen_addresses=127.0.0.1",
                    *(part for setting in settings for part in ("-c", setting)),
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )  # fmt: skip
            try:
                _wait(server, process, log)
                yield server
            finally:
                # At once, clients or not: nothing of it is kept.
                process.send_signal(signal.SIGQUIT)
                process.wait(30)


def _call(account: pwd.struct_passwd | None, command: list[str]) -> None:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            server.psql("select 1")
        except RuntimeError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
