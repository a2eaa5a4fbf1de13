"""Connections to the PostgreSQL database of the settings: how they are protected, and what to do when there is none.

The password comes from the environment variable or the file that the settings name, else from libpq's own places
(``~/.pgpass``, the identity of the process on a socket). It stands in no setting, message or log.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import adbc_driver_manager
from adbc_driver_manager import dbapi
from adbc_driver_postgresql import dbapi as postgresql

from ingestion.config.settings import Postgres

_CONNECT_SECONDS: Final = 10

_SAID: Final = re.compile(r"\b(?:ERROR|PANIC): +(.*)")
_DRIVER: Final = re.compile(r"^(?:[A-Z_]+: )?(?:\[libpq\] )?(?:Failed to connect: )?")

_REMEDIES: Final = (
    ("password authentication failed", "correct the password or publication.postgres.user"),
    ("no password supplied", "name the password's source: publication.postgres.password_env or password_file"),
    ("Peer authentication failed", "run as the system user of that name, or connect over TCP with a password"),
    ("no pg_hba.conf entry", "allow this user, database and address in the server's pg_hba.conf"),
    ("does not support SSL", "switch TLS on in the server, or set publication.postgres.sslmode: disable"),
    ("certificate", "give libpq the authority's certificate (PGSSLROOTCERT or ~/.postgresql/root.crt)"),
    ("role", "create the role, or correct publication.postgres.user"),
    ("database", "create the database, or correct publication.postgres.database"),
    ("Connection refused", "start the server, or correct publication.postgres.host and port"),
    ("No such file or directory", "start the server, or correct publication.postgres.host and port"),
    ("could not translate host name", "correct publication.postgres.host"),
    ("timeout expired", "let this machine reach the server, or correct publication.postgres.host and port"),
    ("too many clients", "close connections, or raise the server's max_connections"),
)


class PostgresError(Exception):
    """PostgreSQL did not get or give what was asked for; what readers saw, they still see."""


def where(target: Postgres) -> str:
    """Return who connects to what, for people: never a secret."""
    return f"{target.user}@{target.host}:{target.port}/{target.database}"


def password(target: Postgres, home: Path) -> str | None:
    """Return the password that the settings point to, None where libpq finds its own.

    Raises ``PostgresError`` when the variable is not set, or the file is missing or readable by others.
    """
    if target.password_env:
        value = os.environ.get(target.password_env)
        if not value:
            raise PostgresError(
                f"publication.postgres.password_env = {target.password_env!r}: this variable is not set; "
                "set it where the run starts"
            )
    elif target.password_file:
        value = _password_of_file(target.password_file, home)
    else:
        return None
    if "\x00" in value:
        raise PostgresError("the password holds a NUL character, which no PostgreSQL password has: correct it")
    return value


def _password_of_file(name: str, home: Path) -> str:
    key = f"publication.postgres.password_file = {name!r}"
    path = home / name
    try:
        mode = path.stat().st_mode
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8"
        raise PostgresError(f"{key}: {reason}; write the password into {path}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise PostgresError(f"{key}: others may read it; `chmod 600 {path}`")
    if not lines or not lines[0]:
        raise PostgresError(f"{key}: the first line is empty; write the password there")
    return lines[0]


def connection_text(target: Postgres, secret: str | None) -> str:
    """Return libpq's connection string. It holds the password: it is never shown."""
    parts = {
        "host": target.host,
        "port": str(target.port),
        "dbname": target.database,
        "user": target.user,
        "sslmode": target.sslmode.value,
        "connect_timeout": str(_CONNECT_SECONDS),
        "application_name": "pilotage",
        "client_encoding": "UTF8",
        # A server or a network that is gone must not hold the night.
        "keepalives_idle": "30",
        "tcp_user_timeout": "60000",
        **({} if secret is None else {"password": secret}),
    }
    return " ".join(f"{key}='{_escaped(value)}'" for key, value in parts.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


class Session:
    """One connection. Every statement stands alone until ``transaction`` opens a transaction."""

    def __init__(self, connection: dbapi.Connection, place: str) -> None:
        self._connection = connection
        self.place = place

    def run(self, sql: str) -> None:
        """Execute a statement that gives no rows. Raises ``adbc_driver_manager.Error``."""
        with self._connection.cursor() as cursor:
            # The driver reads results through COPY, which only queries allow.
            cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
            cursor.execute(sql)

    def run_script(self, sql: str) -> None:
        """Execute several statements at once. Raises ``adbc_driver_manager.Error``."""
        with self._connection.cursor() as cursor:
            cursor.executescript(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query. Raises ``adbc_driver_manager.Error``."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def ingest(self, schema: str, table: str, batches: Any) -> int:  # noqa: ANN401 - pyarrow ships no types
        """Append Arrow record batches to a table by binary COPY, one batch in memory at a time; return the rows."""
        with self._connection.cursor() as cursor:
            return cursor.adbc_ingest(table, batches, mode="append", db_schema_name=schema)

    @contextmanager
    def reader(self, sql: str) -> Iterator[Any]:
        """Give the rows of a query as a stream of Arrow record batches."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            yield cursor.fetch_record_batch()

    @contextmanager
    def transaction(self, *settings: str) -> Iterator[None]:
        """Commit what the block does, or undo it when it raises. ``settings`` hold within it, as ``name = value``."""
        self.run("begin")
        try:
            for setting in settings:
                self.run(f"set local {setting}")
            yield
        except BaseException:
            self._undo()
            raise
        self.run("commit")

    def _undo(self) -> None:
        try:
            self.run("rollback")
        except adbc_driver_manager.Error:
            # The connection is gone, and the server has undone it. What was raised first says why.
            return


@contextmanager
def connect_postgres(target: Postgres, home: Path, *, settings: Sequence[str] = ()) -> Iterator[Session]:
    """Open a connection to the database of the settings; close it at the end.

    ``settings`` hold for the session, as ``name = value``. Raises ``PostgresError`` that says what to do when the
    server cannot be reached or refuses the connection.
    """
    secret = password(target, home)
    try:
        connection = postgresql.connect(connection_text(target, secret), autocommit=True)
    except adbc_driver_manager.Error as error:
        raise PostgresError(_refused(target, secret, error)) from None
    with connection:
        session = Session(connection, where(target))
        for setting in settings:
            session.run(f"set {setting}")
        yield session


def _refused(target: Postgres, secret: str | None, error: adbc_driver_manager.Error) -> str:
    text = first_line(error)
    if secret:
        text = text.replace(secret, "***")
    remedy = next((remedy for part, remedy in _REMEDIES if part in text), "correct publication.postgres")
    return f"cannot connect to PostgreSQL as {where(target)}: {text}; {remedy}"


def first_line(error: BaseException) -> str:
    """Return what the server said: without the statement and without details, which may show values of rows."""
    text = str(error)
    if said := _SAID.findall(text):
        return str(said[-1]).strip()
    line = next((line for line in text.splitlines() if line.strip()), type(error).__name__)
    return _DRIVER.sub("", line.strip())
