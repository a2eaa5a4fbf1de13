"""What tests of the PostgreSQL publication share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.throwaway_postgres import Server
from ingestion.config.settings import Postgres

PASSWORD = "canary d'une \\ clé"  # noqa: S105 - of a server that lives for a test
Make = Callable[..., Path]
_NUMBERS = count(1)


@dataclass(frozen=True)
class Place:
    """A database of the server, with a role that may publish into it and nothing more."""

    server: Server
    database: str
    user: str
    reader: str

    def target(self, **changes: Any) -> Postgres:
        given = {
            "host": "127.0.0.1",
            "port": self.server.port,
            "database": self.database,
            "user": self.user,
            "reader_role": self.reader,
            "schema": "pilotage",
            "sslmode": "disable",
            "password_env": "PILOTAGE_TEST_PASSWORD",
        }
        return Postgres.model_validate({**given, **changes})

    def psql(self, sql: str, *, user: str | None = None) -> str:
        """Run SQL through the socket, which trusts: as the superuser, or as another role."""
        return self.server.psql(sql, database=self.database, options=("-U", user) if user else ())

    def rows(self, sql: str, *, user: str | None = None) -> list[list[str]]:
        return [line.split("|") for line in self.psql(sql, user=user).splitlines()]


def new_place(server: Server) -> Place:
    """Make a database, and a role that may publish into it; the reader's role is made by the publication."""
    number = next(_NUMBERS)
    made = Place(server, f"bi_{number}", f"publisher_{number}", f"reader_{number}")
    literal = PASSWORD.replace("'", "''")
    server.psql(
        f"create role {made.user} login createrole password '{literal}';\ncreate database {made.database};\n"
        f"grant create on database {made.database} to {made.user};"
    )
    return made
