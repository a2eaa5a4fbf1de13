"""The settings of the PostgreSQL publication: what is refused, and what never gets into a message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ingestion.config.errors import ConfigurationError
from ingestion.config.load import load_settings
from ingestion.config.scaffold import create_workspace
from ingestion.config.settings import Postgres
from orchestration.lib.paths import ROOT
from orchestration.lib.postgres_connection import connection_text

GIVEN = {"host": "db.example.test", "database": "bi", "user": "pilotage"}


def test_defaults_protect_the_connection_and_keep_to_a_schema_of_their_own() -> None:
    target = Postgres.model_validate(GIVEN)
    assert (target.schema_name, target.reader_role, target.sslmode.value, target.port) == (
        "marts",
        "pilotage_reader",
        "require",
        5432,
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"password": "canary"}, "password"),
        ({"schema": "public"}, "choose one of its own"),
        ({"schema": "pg_marts"}, "choose one of its own"),
        ({"schema": "marts__new_x"}, "leave it out"),
        ({"schema": 'x"; drop schema y; --'}, "schema"),
        ({"schema": "x" * 32}, "schema"),
        ({"reader_role": "pilotage"}, "readers need another one"),
        ({"sslmode": "on"}, "sslmode"),
        ({"port": 0}, "port"),
        ({"host": "a b"}, "host"),
        ({"password_env": "A", "password_file": "b"}, "keep one"),
        ({"password_env": "not a name"}, "password_env"),
        ({"policy_file": "../elsewhere.sql"}, "must lie in the workspace"),
        ({"policy_file": "/etc/policies.sql"}, "must lie in the workspace"),
    ],
)
def test_settings_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Postgres.model_validate({**GIVEN, **changes})


def test_error_of_the_workspace_names_file_key_and_remedy_and_hides_a_password(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "home", ROOT / "dagster.yaml")
    with workspace.settings_file.open("a", encoding="utf-8") as file:
        file.write("\npublication:\n  postgres: {host: h, database: d, user: u, password: canary, schema: public}\n")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(workspace)
    told = str(caught.value)
    assert "pilotage.yml: publication.postgres.password: no such setting" in told
    assert "canary" not in told
    assert "no such setting; remove it" in told
    assert "pilotage.yml: publication.postgres.schema = 'public': the publication replaces its whole schema" in told


def test_connection_text_quotes_what_a_person_may_write() -> None:
    target = Postgres.model_validate({**GIVEN, "database": "it's \\ here"})
    text = connection_text(target, "p'w \\ x")
    assert r"dbname='it\'s \\ here'" in text
    assert r"password='p\'w \\ x'" in text
    assert "password" not in connection_text(target, None)
