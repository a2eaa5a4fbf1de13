"""Cuts UTF-8 text into records with their line numbers, block by block, with numpy and Arrow.

Only files that the strict reader refuses, or whose rows and lines differ, are read this way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.sources.files.report import FileRefusedError
from ingestion.sources.files.settings import BLOCK_BYTES, MAX_RECORD_BYTES

_SPARE_CONTROLS: Final = tuple(bytes([code]) for code in (*range(1, 9), *range(14, 32)))
LINE_FEED: Final = ord("\n")


@dataclass(frozen=True, slots=True)
class Stand:
    """Control characters that stand for others inside a block, none of which occurs in its text."""

    feed: str
    carriage_return: str
    nul: str
    separator: str

    @classmethod
    def not_in(cls, block: bytes, name: str) -> Stand:
        """Choose four control characters that ``block`` does not use. Raises ``FileRefusedError`` when it uses all."""
        spare = [code.decode() for code in _SPARE_CONTROLS if code not in block][:4]
        if len(spare) < 4:
            raise FileRefusedError(
                "unreadable", f"{name}: it is full of control characters; it is no text file of rows"
            )
        return cls(*spare)

    def restored(self, expression: str) -> str:
        """SQL that puts line ends back into a text of the block."""
        return (
            f"replace(replace(replace({expression}, chr({ord(self.feed)}), chr(10)), "
            f"chr({ord(self.carriage_return)}), chr(13)), chr({ord(self.nul)}), '\u2400')"
        )


@dataclass(frozen=True, slots=True)
class RecordBlock:
    """Some records of a file.

    Their columns are ``line_number`` (int64, of the first line), ``raw_text`` (large_string) and ``is_multiline``.
    Line ends inside a record, and NULs, are written as the characters of ``stand``.
    """

    records: pa.Table
    stand: Stand


def record_blocks(path: Path, name: str, quote: str | None, skip_lines: int) -> Iterator[RecordBlock]:
    """Yield the records of the file at ``path`` after its first ``skip_lines`` lines, without blank ones.

    A record ends at a line end outside quotes; ``quote`` None means that every line is a record. Where a quote is never
    closed (no end within ``MAX_RECORD_BYTES``, or at the end of the file) the lines are taken one by one, so that one
    stray quote costs its own line and not the rest of the file.
    """
    line_number = 1
    carry = b""
    with path.open("rb") as stream:
        if skip_lines:
            for _ in range(skip_lines):
                stream.readline()
            line_number += skip_lines
        while True:
            chunk = stream.read(BLOCK_BYTES)
            buffer = carry + chunk
            if not chunk and buffer and not buffer.endswith(b"\n"):
                buffer += b"\n"
            if not buffer:
                return
            ends, feeds = _record_ends(buffer, quote)
            rest = len(buffer) - (int(ends[-1]) + 1 if len(ends) else 0)
            if rest > MAX_RECORD_BYTES or (rest and not chunk):
                ends = np.concatenate([ends, feeds[feeds > ends[-1]]]) if len(ends) else feeds
            used = int(ends[-1]) + 1 if len(ends) else 0
            carry = buffer[used:]
            if len(ends):
                yield _block(buffer, ends, feeds, line_number, name)
                line_number += int(np.searchsorted(feeds, ends[-1], side="right"))
            if not chunk:
                return


def single_lines(block: RecordBlock, multiline: pa.Table) -> RecordBlock:
    """Cut the multi-line records in ``multiline`` (of ``block``) into their lines."""
    pieces = pc.split_pattern(multiline["raw_text"], block.stand.feed)
    lengths = pc.list_value_length(pieces).to_numpy()
    owner = np.repeat(np.arange(len(lengths)), lengths)
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(lengths) else np.zeros(0, dtype=np.int64)
    ordinal = np.arange(len(owner)) - first[owner]
    text = pc.utf8_rtrim(pc.list_flatten(pieces), characters=block.stand.carriage_return)
    numbers = multiline["line_number"].to_numpy()[owner] + ordinal
    lines = pa.table(
        {
            "line_number": pa.array(numbers, pa.int64()),
            "raw_text": text,
            "is_multiline": pa.array(np.zeros(len(owner), dtype=bool)),
        }
    )
    return RecordBlock(lines, block.stand)


def _record_ends(buffer: bytes, quote: str | None) -> tuple[np.ndarray, np.ndarray]:
    content = np.frombuffer(buffer, dtype=np.uint8)
    feeds = np.flatnonzero(content == LINE_FEED)
    if quote is None:
        return feeds, feeds
    quotes = np.flatnonzero(content == ord(quote))
    return feeds[np.searchsorted(quotes, feeds) % 2 == 0], feeds


def _block(buffer: bytes, ends: np.ndarray, feeds: np.ndarray, line_number: int, name: str) -> RecordBlock:
    stand = Stand.not_in(buffer, name)
    offsets = np.concatenate([[0], ends + 1]).astype(np.int64)
    # The records lie one after the other in the buffer: the text is taken over without a copy.
    text = pa.LargeStringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(buffer))
    before = np.concatenate([[0], np.searchsorted(feeds, ends, side="right")])
    text = pc.utf8_rtrim(text, characters="\r\n")
    for character, substitute in (("\n", stand.feed), ("\r", stand.carriage_return), ("\0", stand.nul)):
        text = pc.replace_substring(text, character, substitute)
    table = pa.table(
        {
            "line_number": pa.array(before[:-1] + line_number, pa.int64()),
            "raw_text": text,
            "is_multiline": pa.array(np.diff(before) > 1),
        }
    )
    return RecordBlock(table, stand)
