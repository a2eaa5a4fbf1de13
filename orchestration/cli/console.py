"""How the command line speaks: results on standard output, everything else on standard error, exit codes."""

from __future__ import annotations

import json
from enum import IntEnum
from typing import NoReturn

import typer
from rich.console import Console

out = Console()
err = Console(stderr=True)


class Exit(IntEnum):
    """Exit codes."""

    OK = 0
    FAILED = 1
    USAGE = 2
    LOCKED = 75


def fail(message: str, code: Exit = Exit.FAILED) -> NoReturn:
    """Print ``message`` as an error and leave with ``code``."""
    err.print(f"[bold red]error:[/] {message}", highlight=False, soft_wrap=True)
    raise typer.Exit(int(code))


def print_json(value: object) -> None:
    """Print ``value`` for a program."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
