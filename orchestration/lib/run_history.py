"""Dagster's record of runs, kept in SQLite without opening the file and flushing the disk for each of a night's events.

Dagster opens the file, writes one event and closes it, a thousand times and more a night. Here its SQLite connections
stay open, one a file and thread, until the process ends. SQLite with a write-ahead log needs no flush a commit to stay
whole: with ``synchronous = normal`` a power failure costs the last events of the record, never the record. The
warehouse is not concerned: DuckDB writes it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from sqlalchemy import event

_OPEN: Final = threading.local()
"""``connections``: of this thread, by file."""


class _KeptConnection(sqlite3.Connection):
    """A connection that is handed out again instead of being closed."""

    is_lent = False

    def close(self) -> None:
        """End the transaction; the file stays open."""
        self.rollback()
        self.is_lent = False


def relax_run_history() -> None:
    """Apply to every SQLite file below ``DAGSTER_HOME`` that this process opens from now on."""
    if not event.contains(sqlalchemy.Engine, "do_connect", _connect):
        event.listen(sqlalchemy.Engine, "do_connect", _connect)


def _connect(
    _dialect: sqlalchemy.Dialect, _record: object, arguments: list[Any], parameters: dict[str, Any]
) -> sqlite3.Connection | None:
    """Return the open connection to the file that is asked for; None leaves it to SQLAlchemy."""
    home = os.environ.get("DAGSTER_HOME")
    file = str(arguments[0]) if arguments else ""
    if not home or not file.endswith(".db") or not Path(file).is_relative_to(Path(home).resolve()):
        return None
    connections: dict[str, _KeptConnection] = _OPEN.__dict__.setdefault("connections", {})
    if file not in connections or not Path(file).exists():
        connections[file] = sqlite3.connect(*arguments, **parameters, factory=_KeptConnection)
        connections[file].execute("pragma synchronous = normal")
    if connections[file].is_lent:
        # Whoever asks inside a transaction on the same file must not end it.
        return None
    connections[file].is_lent = True
    return connections[file]
