"""Numbers and dates as each language writes them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from dashboard.lib import format as write

NBSP, THIN, MINUS = "\u00a0", "\u202f", "\u2212"


@pytest.mark.parametrize(
    ("value", "unit", "english", "french"),
    [
        (None, "orders", "–", "–"),
        (0.0, "orders", "0", "0"),
        (1234567.0, "leads", "1,234,567", f"1{THIN}234{THIN}567"),
        (28.4736, "orders", "28.5", "28,5"),
        (0.153, "ratio", "15.3%", f"15,3{NBSP}%"),
        (0.00042, "ratio", "0.04%", f"0,04{NBSP}%"),
        (94158.72, "EUR", "€94,159", f"94{THIN}159{NBSP}€"),
        (-94158.72, "EUR", f"{MINUS}€94,159", f"{MINUS}94{THIN}159{NBSP}€"),
        (1200.0, "CHF", f"1,200{NBSP}CHF", f"1{THIN}200{NBSP}CHF"),
        (12.34, "days", f"12.3{NBSP}d", f"12,3{NBSP}j"),
        (3.0, "business_hours", f"3{NBSP}h", f"3{NBSP}h"),
        (0.0218, "rate_points", f"2.2{NBSP}pts", f"2,2{NBSP}pts"),
    ],
)
def test_quantity_is_written_as_its_unit_and_language_ask(
    value: float | None, unit: str, english: str, french: str
) -> None:
    assert write.quantity(value, unit, "en") == english
    assert write.quantity(value, unit, "fr") == french


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(17755.47, "EUR", "+€17,755"), (-2.0, "deals", f"{MINUS}2"), (-0.0000001, "ratio", "0.00%"), (0.2, "EUR", "€0")],
)
def test_signed_quantity_has_a_sign_and_zero_has_none(value: float, unit: str, expected: str) -> None:
    assert write.quantity(value, unit, "en", is_signed=True) == expected


def test_interval_shows_ends_that_differ_and_nothing_where_an_end_is_unknown() -> None:
    assert write.interval(0.0002, 0.0019, "ratio", "en") == f"0.02%{NBSP}–{NBSP}0.19%"
    assert write.interval(3386.1, 7092.9, "EUR", "fr") == f"3{THIN}386{NBSP}€{NBSP}–{NBSP}7{THIN}093{NBSP}€"
    assert write.interval(None, 1.0, "ratio", "en") == write.NOTHING


def test_dates_are_words_of_the_language() -> None:
    assert write.month(date(2026, 8, 1), "fr") == "août 2026"
    assert write.full_date(date(2026, 8, 1), "fr") == "1er août 2026"
    assert write.full_date(date(2026, 8, 1), "en") == "1 August 2026"
    assert [write.short_month(date(2026, month, 1), "fr") for month in (2, 7, 12)] == [
        "févr. 26",
        "juil. 26",
        "déc. 26",
    ]


def test_instant_is_shown_in_the_readers_zone_and_in_utc_where_that_is_unknown() -> None:
    moment = datetime(2026, 10, 25, 0, 30)
    assert write.instant(moment, "en", "Europe/Paris") == "25 October 2026, 02:30"
    assert write.instant(moment, "fr", None) == f"25 octobre 2026, 00{NBSP}h{NBSP}30 UTC"
    assert write.instant(moment, "en", "Mars/Olympus").endswith("00:30 UTC")
