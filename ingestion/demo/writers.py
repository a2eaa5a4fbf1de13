"""Files of the demo company: JSON lines and CSV in the dialects of the systems that export them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo import text
from ingestion.demo.clock import Ints
from ingestion.demo.text import Text

_BLOCK_ROWS: Final = 200_000
INBOX: Final = "inbox"
HELD_BACK: Final = "held_back"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a system writes CSV."""

    delimiter: str
    encoding: str
    line_end: str


FRENCH: Final = Dialect(";", "cp1252", "\r\n")
INTERNATIONAL: Final = Dialect(",", "utf-8", "\n")

Columns = Mapping[str, Text]
"""Header -> texts of one length. NULL becomes an empty field."""


def take(columns: Columns, rows: Ints) -> dict[str, Text]:
    """Return the columns with the rows at the given places, in that order; a place may come twice."""
    places = pa.array(rows)
    return {name: values.take(places) for name, values in columns.items()}


def count_rows(columns: Columns) -> int:
    """Return the number of rows."""
    return len(next(iter(columns.values())))


def _quoted(values: Text, delimiter: str) -> Text:
    needs = pc.fill_null(pc.match_substring_regex(values, f'[{delimiter}"\r\n]'), False)
    if not pc.any(needs).as_py():
        return values
    return pc.if_else(needs, text.join('"', pc.replace_substring(values, '"', '""'), '"'), values)


def csv_lines(columns: Columns, dialect: Dialect) -> Text:
    """Return one text per row, with its line end."""
    parts: list[Text] = []
    for values in columns.values():
        parts += [_quoted(values, dialect.delimiter), dialect.delimiter]
    parts[-1] = dialect.line_end
    return text.join(*parts)


def write_csv(path: Path, columns: Columns, dialect: Dialect, *, tail: Sequence[str] = ()) -> None:
    """Write a CSV file with a header, then ``tail``: lines as they are, such as a total."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = dialect.delimiter.join(columns) + dialect.line_end
    rows = count_rows(columns)
    with path.open("wb") as file:
        file.write(header.encode(dialect.encoding))
        for start in range(0, rows, _BLOCK_ROWS):
            block = {name: values.slice(start, _BLOCK_ROWS) for name, values in columns.items()}
            body = text.line_bytes(csv_lines(block, dialect))
            if dialect.encoding == "utf-8":
                file.write(body)
            else:
                file.write(bytes(body).decode("utf-8").encode(dialect.encoding))
        for line in tail:
            file.write(line.encode(dialect.encoding))


class LinesFile:
    """A file of JSON lines, plain or (by its name) compressed. The same lines give the same bytes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._raw = path.open("wb")
        # A fixed time and no name: gzip would write both into its header. Level 1: this is bound by the processor.
        self._zipped = (
            gzip.GzipFile("", "wb", compresslevel=1, fileobj=self._raw, mtime=0) if path.suffix == ".gz" else None
        )

    def write(self, lines: Text) -> None:
        """Append lines, each with its line end."""
        (self._zipped or self._raw).write(text.line_bytes(lines))

    def write_raw(self, fragment: str) -> None:
        """Append text as it is."""
        (self._zipped or self._raw).write(fragment.encode())

    def close(self) -> None:
        """Finish the file."""
        if self._zipped is not None:
            self._zipped.close()
        self._raw.close()


def with_doubles(rng: np.random.Generator, rows: int, share: float) -> tuple[Ints, int]:
    """Return places of all rows with some that come twice, a few places later, and the number of those."""
    doubled = np.flatnonzero(rng.random(rows) < share)
    order = np.concatenate([np.arange(rows) * 4, doubled * 4 + 9])
    places = np.concatenate([np.arange(rows), doubled])
    return places[np.argsort(order, kind="stable")].astype(np.int64), len(doubled)
