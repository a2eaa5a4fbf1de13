"""One exclusive lock of the operating system around everything that writes a workspace.

Neither dlt nor Dagster covers it: two commands started by hand would load the same files twice. The lock goes with the
process that holds it, however that ends, so that it never has to be removed by hand.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunningError(Exception):
    """Another process holds the lock; the message names it."""


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold the lock file at ``path`` (made if absent).

    Raises ``AlreadyRunningError`` at once when another process has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            raise AlreadyRunningError(
                f"process {holder} is writing this workspace (lock {path}); wait until it ends, or stop it"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
        # Emptied, not removed: whoever waits has this very file open.
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
