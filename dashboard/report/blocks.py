"""What a report is made of. Both renderers know these blocks and nothing of KPIs; all words are in them already."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import altair as alt

from dashboard.lib.format import Language

Tone = Literal["", "good", "bad"]
"""Said by a sign and a word too, never by colour alone."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure or a word, and what stands smaller beneath it."""

    text: str
    note: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A headline figure with the lines that judge it."""

    label: str
    value: str
    lines: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Cards:
    """Headline figures side by side."""

    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows whose first cell names them; a row of one cell is the heading of those that follow.

    ``is_prose``: its cells are sentences and wrap.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    note: str = ""
    is_prose: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart under its title; ``words`` say what it shows to who cannot see it."""

    title: str
    words: str
    chart: alt.TopLevelMixin = field(compare=False)


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph."""

    text: str


Block = Cards | Table | Picture | Prose


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The report of a month in a language. ``published_at`` is naive UTC."""

    company_name: str
    title: str
    caption: str
    language: Language
    month: date
    version: str
    published_at: datetime
    sections: tuple[Section, ...]
    page_words: str
    """Of the foot of a page, with ``{page}`` and ``{count}``."""
