"""Rows as CSV that a spreadsheet opens without running anything that stands in a cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

_STARTS_OF_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(value: object) -> object:
    """Return ``value`` as a cell. Text that a spreadsheet takes for a formula gets an apostrophe before it.

    Numbers stay numbers, negative ones too; dates are ISO 8601; None is an empty cell.
    """
    if value is None:
        return ""
    if isinstance(value, bool | int | float | Decimal):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    text = str(value)
    # Spreadsheets skip leading blanks before they look for a formula.
    return f"'{text}" if text.startswith(_STARTS_OF_FORMULAS) or text.lstrip().startswith(_STARTS_OF_FORMULAS) else text


def to_csv(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> bytes:
    """Return ``rows`` as UTF-8 CSV with a byte order mark, so that accents survive a double click.

    ``columns``: keys of the rows, in order; they are the header. A key that a row lacks is an empty cell.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(safe_cell(column) for column in columns)
    for row in rows:
        writer.writerow(safe_cell(row.get(column)) for column in columns)
    return text.getvalue().encode("utf-8-sig")
