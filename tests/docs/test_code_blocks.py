"""What the documentation tells people to type exists: commands, options, targets, SQL, settings, Python."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import sqlfluff
import typer.main
import yaml
from pydantic import ValidationError

from ingestion.config.settings import FileMapping, Settings
from orchestration.cli.main import app
from orchestration.cli.sql import open_shell, statements_of
from tests.docs.blocks import PAGES, ROOT, Block, blocks_of, commands

BLOCKS = [block for page in PAGES for block in blocks_of(page)]
SHELL = {"", "sh", "bash", "shell"}
SHOWN = {"text", "csv", "mermaid", "json", "ini", "toml"}
"""Not to be run: output, data, drawings, settings of other programs."""
CHECKED = {"sql", "yaml", "python"}
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
VARIABLES = set(re.findall(r"^([A-Z]+) \?=", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))


def _of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


def _typed() -> list[tuple[str, str]]:
    """Every command that a page shows, in a block or in a line, with its place."""
    found = [(block.place, line) for block in BLOCKS if block.language in SHELL for line in commands(block)]
    for page in PAGES:
        text = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        found += [(page.name, line) for line in re.findall(r"`((?:\.venv/bin/)?(?:pilotage|make|python) [^`]+)`", text)]
    return found


def _of_pilotage(words: list[str]) -> str | None:
    if not words or words[0].startswith("-"):
        return None
    if words[0] not in COMMANDS:
        return f"there is no command {words[0]}"
    known = {name for option in COMMANDS[words[0]].params for name in (*option.opts, *option.secondary_opts)}
    options = {word.partition("=")[0] for word in words[1:] if word.startswith("--")} - known - {"--help"}
    return f"{words[0]} has no option {options}" if options else None


def _of_make(words: list[str]) -> str | None:
    unknown = {word for word in words if word not in TARGETS and word.partition("=")[0] not in VARIABLES}
    return f"the Makefile has no {unknown}" if unknown else None


def _of_python(words: list[str]) -> str | None:
    is_module = words[:1] == ["-m"]
    return f"there is no module {words[1]}" if is_module and not importlib.util.find_spec(words[1]) else None


def _problem(line: str) -> str | None:
    """What is wrong with a command; of those that are not ours nothing is known."""
    found = re.match(r"(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(pilotage|make|python)(?: |$)", line)
    if not found:
        return None
    check = {"pilotage": _of_pilotage, "make": _of_make, "python": _of_python}[found[1]]
    return check(shlex.split(line[found.end() :], comments=True))


def test_the_check_of_commands_can_fail():
    assert _problem("pilotage walk --home demo") == "there is no command walk"
    assert _problem("pilotage run --house demo") == "run has no option {'--house'}"
    assert _problem("make tea") == "the Makefile has no {'tea'}"
    assert _problem("make demo SIZE=2") == "the Makefile has no {'SIZE=2'}"
    assert _problem("python -m benchmarks.tea") == "there is no module benchmarks.tea"
    assert _problem(".venv/bin/pilotage kpis --home acme --lang fr  # in French") is None


def test_every_block_is_of_a_kind_that_is_checked_or_only_shown():
    assert {block.language for block in BLOCKS} <= SHELL | SHOWN | CHECKED
    assert all(_of(language) for language in CHECKED)


def test_commands_have_the_options_that_the_pages_give_them():
    typed = _typed()
    assert len([line for _, line in typed if "pilotage" in line]) > 25
    assert {place: problem for place, line in typed if (problem := _problem(line))} == {}


def _is_of_postgres(block: Block) -> bool:
    return block.title.startswith("PostgreSQL")


@pytest.mark.parametrize("block", [block for block in _of("sql") if not _is_of_postgres(block)], ids=lambda b: b.place)
def test_sql_runs_on_the_published_demo(demo, block):
    with open_shell(demo.home / "published" / "pilotage.duckdb") as connection:
        statements = statements_of(connection, block.body)
        assert statements
        for statement in statements:
            connection.execute(statement.text)
            assert connection.description
            assert connection.fetchmany(1), statement.text


@pytest.mark.parametrize("block", [block for block in _of("sql") if _is_of_postgres(block)], ids=lambda b: b.place)
def test_sql_for_postgres_parses(block):
    """What needs a server is run by the tests of the publication; here every statement is at least one."""
    sqlfluff.parse(block.body, dialect="postgres")


@pytest.mark.parametrize("block", _of("yaml"), ids=lambda b: b.place)
def test_settings_are_valid(block):
    """A page may show a part of the settings: what it shows must be right, what it leaves out need not be there."""
    given = yaml.safe_load(block.body)
    model, values = (FileMapping, given) if "entity" in given else (Settings, {"company_name": "any", **given})
    problems = []
    try:
        model.model_validate(values)
    except ValidationError as error:
        problems = [problem for problem in error.errors() if problem["type"] != "missing"]
    assert problems == []


@pytest.mark.parametrize("block", _of("python"), ids=lambda b: b.place)
def test_python_runs_on_the_demo(demo, block, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", block.body],
        cwd=tmp_path,
        env={**os.environ, "PILOTAGE_HOME": str(demo.home), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
