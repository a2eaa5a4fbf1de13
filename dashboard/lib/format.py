"""Numbers, money, percentages and dates as each language writes them. Pure; nothing here rounds what is published."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Language = Literal["en", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

NOTHING: Final = "–"
"""Where there is no figure: never a zero."""
RATE_POINTS: Final = "rate_points"
"""Unit of a difference of two rates: 0.02 is 2 points, and never 2 %."""
_NBSP: Final = "\u00a0"
_THIN: Final = "\u202f"
_SMALL_RATE: Final = 0.01
_FRENCH_MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_SHORT_FRENCH_MONTHS: Final = (
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.",
)  # fmt: skip
_ENGLISH_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SYMBOLS: Final = {"EUR": "€", "USD": "$", "GBP": "£"}
_SUFFIXES: Final[dict[str, tuple[str, str]]] = {
    "days": ("d", "j"),
    "hours": ("h", "h"),
    "business_hours": ("h", "h"),
    "points": ("points", "points"),
}
"""English and French abbreviation of the units that follow a number."""


def number(value: float | None, language: Language, *, digits: int = 0, is_signed: bool = False) -> str:
    """Return ``value`` with ``digits`` decimals and thousands apart; ``NOTHING`` for None."""
    if value is None:
        return NOTHING
    shown = f"{value:{'+' if is_signed else ''},.{digits}f}"
    if float(shown.replace(",", "")) == 0:
        shown = f"{0:.{digits}f}"
    if language == "fr":
        shown = shown.replace(",", _THIN).replace(".", ",")
    return shown.replace("-", "\u2212")


def percent(value: float | None, language: Language, *, digits: int = 1, is_signed: bool = False) -> str:
    """Return a ratio as a percentage: 0.153 is 15.3 %."""
    if value is None:
        return NOTHING
    return number(100 * value, language, digits=digits, is_signed=is_signed) + (
        f"{_NBSP}%" if language == "fr" else "%"
    )


def money(value: float | None, currency: str, language: Language, *, digits: int = 0, is_signed: bool = False) -> str:
    """Return an amount in whole units with its currency (an ISO code)."""
    if value is None:
        return NOTHING
    shown, symbol = number(value, language, digits=digits, is_signed=is_signed), _SYMBOLS.get(currency)
    if language == "fr":
        return f"{shown}{_NBSP}{symbol or currency}"
    if symbol is None:
        return f"{shown}{_NBSP}{currency}"
    sign = shown[0] if shown[0] in "+\u2212" else ""
    return f"{sign}{symbol}{shown.removeprefix(sign)}"


def thousands(value: float, currency: str, language: Language) -> str:
    """Return an amount in whole thousands, where there is room for no more: €177k, 177 k€."""
    shown, symbol = number(value / 1000, language), _SYMBOLS.get(currency, currency)
    if language == "fr" or symbol == currency:
        return f"{shown}{_NBSP}k{symbol}"
    return f"{symbol}{shown}k"


def quantity(value: float | None, unit: str, language: Language, *, is_signed: bool = False) -> str:
    """Return ``value`` as its unit asks: ``ratio``, an ISO currency, days, hours, points, or things counted."""
    if value is None:
        return NOTHING
    if unit == "ratio":
        return percent(value, language, digits=_rate_digits(value), is_signed=is_signed)
    if unit == RATE_POINTS:
        return f"{number(100 * value, language, digits=1, is_signed=is_signed)}{_NBSP}pts"
    if unit.isupper():
        return money(value, unit, language, is_signed=is_signed)
    # An expectation has a tenth; a number of things has none.
    digits = 0 if float(value).is_integer() else 1
    shown = number(value, language, digits=2 if unit == "score" else digits, is_signed=is_signed)
    suffix = _SUFFIXES.get(unit)
    return f"{shown}{_NBSP}{suffix[language == 'fr']}" if suffix else shown


def unit_of_difference(unit: str) -> str:
    """Return the unit of the difference of two figures of ``unit``, a gap to target say."""
    return RATE_POINTS if unit == "ratio" else unit


def interval(low: float | None, high: float | None, unit: str, language: Language) -> str:
    """Return an interval so that its ends differ: a bound of 0.02 % is not 0 %. ``NOTHING`` where an end is unknown."""
    if low is None or high is None:
        return NOTHING
    joint = f"{_NBSP}–{_NBSP}"
    if unit == "ratio":
        digits = _rate_digits(high)
        ends = (percent(end, language, digits=digits) for end in (low, high))
        return joint.join(ends)
    return joint.join(quantity(end, unit, language) for end in (low, high))


def _rate_digits(value: float) -> int:
    return 2 if 0 < abs(value) < _SMALL_RATE else 1


def month(day: date, language: Language) -> str:
    """Return the month of ``day``: June 2026, juin 2026."""
    return f"{(_FRENCH_MONTHS if language == 'fr' else _ENGLISH_MONTHS)[day.month - 1]} {day.year}"


def short_month(day: date, language: Language) -> str:
    """Return the month of ``day`` for an axis: Jun 26, juin 26."""
    short = _SHORT_FRENCH_MONTHS[day.month - 1] if language == "fr" else _ENGLISH_MONTHS[day.month - 1][:3]
    return f"{short} {day:%y}"


def full_date(day: date, language: Language) -> str:
    """Return a day: 30 June 2026, 30 juin 2026, 1er juillet 2026."""
    number_of_day = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{number_of_day} {month(day, language)}"


def instant(moment: datetime, language: Language, zone: str | None) -> str:
    """Return a naive UTC time in ``zone`` (a name of the tz database; UTC where it is None or unknown)."""
    try:
        there = ZoneInfo(zone) if zone else UTC
    except (ZoneInfoNotFoundError, ValueError):
        there = UTC
    local = moment.replace(tzinfo=UTC).astimezone(there)
    suffix = " UTC" if there is UTC else ""
    at = f"{local:%H}{_NBSP}h{_NBSP}{local:%M}" if language == "fr" else f"{local:%H:%M}"
    return f"{full_date(local.date(), language)}, {at}{suffix}"
