"""One error for everything that is wrong with a workspace's configuration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what was found, and what to do."""

    file: str
    key: str
    value: str
    remedy: str

    def __str__(self) -> str:
        found = f" = {self.value}" if self.value else ""
        return f"{self.file}: {self.key}{found}: {self.remedy}"


class ConfigurationError(Exception):
    """The configuration is refused. ``problems`` has every problem that was found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))
