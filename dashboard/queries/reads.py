"""How queries ask for rows."""

from __future__ import annotations

from typing import Any, Protocol


class Reads(Protocol):
    """Answers SQL on the schema ``marts`` with one dictionary a row; ``$name`` in the SQL is a keyword argument."""

    def __call__(self, sql: str, **parameters: object) -> list[dict[str, Any]]:
        """Return the rows of ``sql``."""
        ...
