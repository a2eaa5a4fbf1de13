"""CSV: nothing in a cell is run by a spreadsheet, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from dashboard.lib.export import safe_cell, to_csv


@pytest.mark.parametrize(
    "text", ["=1+1", "+33 1", "-1-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =cmd|' /C calc'!A0", "\uff1d1+1"]
)
def test_text_that_a_spreadsheet_would_run_is_led_by_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-3, -0.5, 12, True])
def test_numbers_stay_numbers_negative_ones_too(value: float) -> None:
    assert safe_cell(value) is value


def test_decimal_of_the_database_stays_a_number() -> None:
    assert safe_cell(Decimal("-1.5000")) == Decimal("-1.5000")


def test_csv_opens_with_accents_and_holds_every_cell() -> None:
    rows = [{"reason": "Délai ; budget", "count": -2, "day": date(2026, 6, 30)}, {"reason": "=A1", "count": None}]
    data = to_csv(rows, ["reason", "count", "day"])
    assert data.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(data.decode("utf-8-sig")))) == [
        ["reason", "count", "day"],
        ["Délai ; budget", "-2", "2026-06-30"],
        ["'=A1", "", ""],
    ]
