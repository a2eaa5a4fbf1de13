"""Read and check the configuration of a workspace: ``pilotage.yml`` and the seeds, before anything runs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ingestion.config.errors import ConfigurationError, Problem
from ingestion.config.scoring_rules import models_without_mql_threshold
from ingestion.config.seeds import read_seeds
from ingestion.config.settings import MqlAuthority, Settings
from ingestion.config.workspace import Workspace

_SECRET: Final = re.compile(r"pass(?!word_(?:env|file)$)|secret|token", re.IGNORECASE)
_REMEDIES: Final[dict[str, str]] = {
    "extra_forbidden": "no such setting; remove it or correct its spelling",
    "missing": "is required; add it",
    "too_short": "is empty; give at least one",
}


@dataclass(frozen=True, slots=True)
class Configuration:
    """A workspace whose settings and seeds are valid."""

    workspace: Workspace
    settings: Settings
    seeds: Mapping[str, pa.Table]


def load_configuration(home: Path, metric_ids: Collection[str] | None = None) -> Configuration:
    """Read the workspace at ``home``; its targets may only name ``metric_ids``, where these are given.

    Raises ``ConfigurationError`` that names file, key, value and remedy.
    """
    workspace = Workspace(home.resolve())
    problems: list[Problem] = []
    settings: Settings | None = None
    seeds: dict[str, pa.Table] = {}
    try:
        settings = load_settings(workspace)
    except ConfigurationError as error:
        problems += error.problems
    try:
        seeds = read_seeds(workspace.seeds, metric_ids)
    except ConfigurationError as error:
        problems += error.problems
    if settings is not None and seeds and MqlAuthority.SCORE in settings.method.mql_authority:
        problems += models_without_mql_threshold(seeds)
    if settings is None or problems:
        raise ConfigurationError(problems)
    return Configuration(workspace, settings, seeds)


def load_settings(workspace: Workspace) -> Settings:
    """Read ``pilotage.yml``. Raises ``ConfigurationError``."""
    file = workspace.settings_file.name
    try:
        content = yaml.safe_load(workspace.settings_file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        remedy = f"there is no workspace in {workspace.home}; `pilotage init {workspace.home}` makes one"
        raise ConfigurationError([Problem(file, "file", "", remedy)]) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            [Problem(file, f"byte {error.start}", "", "is not UTF-8; save it as UTF-8")]
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark is not None else "content"
        what = getattr(error, "problem", None) or str(error)
        raise ConfigurationError([Problem(file, where, "", f"is no valid YAML: {what}")]) from error
    if not isinstance(content, dict):
        raise ConfigurationError([Problem(file, "content", "", "must be a mapping of settings; see docs/workspace.md")])
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError(_problems(file, error.errors())) from error


def _problems(file: str, items: list[ErrorDetails]) -> list[Problem]:
    # Faulty members are not counted as members; the list that holds only such is not empty for that.
    holders = {item["loc"][:depth] for item in items for depth in range(len(item["loc"]))}
    return [_problem(file, item) for item in items if item["type"] != "too_short" or item["loc"] not in holders]


def _problem(file: str, item: ErrorDetails) -> Problem:
    kind = item["type"]
    message = item["msg"].removeprefix("Value error, ")
    key = ".".join(map(str, item["loc"]))
    # A password that was written where none belongs is not repeated in a log.
    is_hidden = kind == "missing" or isinstance(item["input"], dict | list) or _SECRET.search(key)
    value = "" if is_hidden else repr(item["input"])
    return Problem(file, key, value, _REMEDIES.get(kind, message))
