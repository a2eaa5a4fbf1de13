"""Dagster's record of runs, kept in SQLite without a flush to the disk for each of a night's thousand events.

SQLite with a write-ahead log needs no flush a commit to stay whole: with ``synchronous = normal`` a power failure costs
the last events of the record, never the record. The warehouse is not concerned: DuckDB writes it.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

import sqlalchemy
from sqlalchemy import event

_HELD: Final[dict[str, sqlite3.Connection]] = {}


def relax_run_history() -> None:
    """Apply to every SQLite file below ``DAGSTER_HOME`` that this process opens from now on."""
    if not event.contains(sqlalchemy.Engine, "connect", _relax):
        event.listen(sqlalchemy.Engine, "connect", _relax)


def _relax(connection: object, _record: object) -> None:
    home = os.environ.get("DAGSTER_HOME")
    if not home or not isinstance(connection, sqlite3.Connection):
        return
    file = str(connection.execute("pragma database_list").fetchall()[0][2])
    if not file or not Path(file).is_relative_to(Path(home).resolve()):
        return
    connection.execute("pragma synchronous = normal")
    # Dagster closes its connection after every event, and the last one to close folds the log into the file and flushes
    # both. One that stays open spares that.
    if file not in _HELD and connection.execute("pragma journal_mode").fetchall()[0][0] == "wal":
        held = sqlite3.connect(file, check_same_thread=False)
        held.execute("select count(*) from sqlite_master").fetchall()
        _HELD[file] = held
