"""Text by the million: ids, timestamps, decimals and joined lines as Arrow strings, without a loop over rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ingestion.demo.clock import DAY, Flags, Ints

Text = Any
"""A ``pyarrow.StringArray``: pyarrow ships no types."""
Bytes = NDArray[np.uint8]
Hashes = NDArray[np.uint64]

_HEX: Final[Bytes] = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint8).reshape(256, 2)
_TWO_DIGITS: Final[Bytes] = np.frombuffer("".join(f"{n:02d}" for n in range(100)).encode(), np.uint8).reshape(100, 2)
_FIRST_DATE: Final = np.datetime64("1995-01-01", "D")
_DATES: Final = np.arange(_FIRST_DATE, np.datetime64("2070-01-01", "D"))
_ISO_DATES: Final[Bytes] = np.frombuffer("".join(_DATES.astype(str)).encode(), np.uint8).reshape(-1, 10)
_SLASHES: Final[Bytes] = np.full((len(_DATES), 1), ord("/"), np.uint8)
_FRENCH_DATES: Final[Bytes] = np.hstack(
    [_ISO_DATES[:, 8:10], _SLASHES, _ISO_DATES[:, 5:7], _SLASHES, _ISO_DATES[:, 0:4]]
)
_FIRST_DAY: Final = int(_FIRST_DATE.astype(np.int64))


def scramble(values: Ints | Hashes, salt: int) -> Hashes:
    """Return well mixed 64-bit numbers that depend on ``values`` and ``salt`` alone (splitmix64)."""
    mixed = values.astype(np.uint64) + np.uint64((salt * 0x9E3779B97F4A7C15 + 0x1234567) % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def one_in(hashes: Hashes, count: int, shift: int) -> Flags:
    """Return true for one of ``count`` hashes; another ``shift`` chooses others."""
    chosen: Flags = (hashes >> np.uint64(shift)) % np.uint64(count) == 0
    return chosen


def _strings(matrix: Bytes, missing: Flags | None = None) -> Text:
    rows, width = matrix.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(width)
    array = pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(matrix)))
    return array if missing is None else hide(array, missing)


def hide(values: Text, missing: Flags) -> Text:
    """Return ``values`` with NULL where ``missing``."""
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), values)


def hex_ids(hashes: Hashes) -> Text:
    """Return 16 hexadecimal digits for each number."""
    octets = np.ascontiguousarray(hashes.astype(">u8")).view(np.uint8).reshape(-1, 8)
    return _strings(_HEX[octets].reshape(-1, 16))


def numbered(prefix: str, numbers: Ints) -> Text:
    """Return ``prefix`` followed by each number with at least six digits."""
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), 6, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def _times_of_day(matrix: Bytes, first: int, seconds: Ints) -> None:
    matrix[:, first : first + 2] = _TWO_DIGITS[seconds // 3600]
    matrix[:, first + 2] = ord(":")
    matrix[:, first + 3 : first + 5] = _TWO_DIGITS[seconds // 60 % 60]
    matrix[:, first + 5] = ord(":")
    matrix[:, first + 6 : first + 8] = _TWO_DIGITS[seconds % 60]


def iso_instants(utc: Ints, missing: Flags | None = None) -> Text:
    """Return ``2024-05-03T09:12:33Z`` for UTC seconds; NULL where ``missing``."""
    utc = utc if missing is None else np.where(missing, 0, utc).astype(np.int64)
    day, second = np.divmod(np.maximum(utc, _FIRST_DAY * DAY), DAY)
    matrix = np.empty((len(utc), 20), np.uint8)
    matrix[:, :10] = _ISO_DATES[day - _FIRST_DAY]
    matrix[:, 10] = ord("T")
    _times_of_day(matrix, 11, second)
    matrix[:, 19] = ord("Z")
    return _strings(matrix, missing)


def french_times(local: Ints, missing: Flags | None = None) -> Text:
    """Return ``03/05/2024 11:12:33`` for local seconds; NULL where ``missing``."""
    local = local if missing is None else np.where(missing, 0, local).astype(np.int64)
    day, second = np.divmod(np.maximum(local, _FIRST_DAY * DAY), DAY)
    matrix = np.empty((len(local), 19), np.uint8)
    matrix[:, :10] = _FRENCH_DATES[day - _FIRST_DAY]
    matrix[:, 10] = ord(" ")
    _times_of_day(matrix, 11, second)
    return _strings(matrix, missing)


def iso_dates(days: Ints) -> Text:
    """Return ``2024-05-03`` for days since 1970."""
    return _strings(_ISO_DATES[days - _FIRST_DAY])


def french_dates(days: Ints, missing: Flags | None = None) -> Text:
    """Return ``03/05/2024`` for days since 1970; NULL where ``missing``."""
    days = days if missing is None else np.where(missing, _FIRST_DAY, days).astype(np.int64)
    return _strings(_FRENCH_DATES[days - _FIRST_DAY], missing)


def decimals(hundredths: Ints, separator: str, missing: Flags | None = None) -> Text:
    """Return amounts given in hundredths as text with two decimals; NULL where ``missing``."""
    hundredths = hundredths if missing is None else np.where(missing, 0, hundredths).astype(np.int64)
    sign = pick(("", "-"), (hundredths < 0).astype(np.int64))
    whole, rest = np.divmod(np.abs(hundredths), 100)
    digits = pc.utf8_lpad(pc.cast(pa.array(rest), pa.string()), 2, "0")
    text = join(sign, pc.cast(pa.array(whole), pa.string()), separator, digits)
    return text if missing is None else hide(text, missing)


def integers(values: Ints, missing: Flags | None = None) -> Text:
    """Return numbers as text; NULL where ``missing``."""
    text = pc.cast(pa.array(values), pa.string())
    return text if missing is None else hide(text, missing)


def pick(labels: Sequence[str | None], codes: Ints, missing: Flags | None = None) -> Text:
    """Return the label of each code; NULL where ``missing`` or where the label is ``None``."""
    text = pa.array(list(labels), pa.string()).take(pa.array(codes))
    return text if missing is None else hide(text, missing)


def join(*parts: Text) -> Text:
    """Return the parts joined row by row; a plain ``str`` stands in every row. NULL counts as empty."""
    return pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")


def constant(label: str | None, rows: int) -> Text:
    """Return ``label`` in each of ``rows`` rows."""
    return pa.repeat(pa.scalar(label, pa.string()), rows)


def line_bytes(lines: Text) -> memoryview:
    """Return the text of all lines as one block of memory, without copying: each line ends as it was joined."""
    offsets = np.frombuffer(lines.buffers()[1], np.int32)
    first, last = int(offsets[lines.offset]), int(offsets[lines.offset + len(lines)])
    return memoryview(lines.buffers()[2])[first:last] if len(lines) else memoryview(b"")
