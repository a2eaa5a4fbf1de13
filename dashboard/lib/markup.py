"""Cards and tables as HTML: one text a block, readable by a screen reader, a test and a printer. Pure.

Every figure carries what it is: ``data-figure`` (table and key), ``data-column`` and ``data-value`` (as published).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from dashboard.lib.figures import Figure
from dashboard.lib.format import NOTHING
from dashboard.lib.theme import Theme


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what is read, and what it is. ``figure`` and ``column`` stand together."""

    shown: str
    figure: Figure | None = None
    column: str = "value"
    note: str = ""
    """Smaller, beneath."""

    is_quiet: bool = False

    def html(self) -> str:
        """Return the content of the cell."""
        note = f'<span class="note">{escape(self.note)}</span>' if self.note else ""
        shown = f'<span class="quiet">{escape(self.shown)}</span>' if self.is_quiet else escape(self.shown)
        if self.figure is None:
            return f"{shown}{note}"
        return f"{tagged(shown, self.figure, self.column)}{note}"


def tagged(html: str, figure: Figure, column: str) -> str:
    """Return ``html`` in an element that carries the figure's reference, column and published value."""
    value = figure.row.get(column)
    published = "" if value is None else escape(str(value))
    return (
        f'<span data-figure="{escape(figure.reference)}" data-column="{escape(column)}" '
        f'data-value="{published}">{html}</span>'
    )


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell | str]],
    *,
    is_caption_hidden: bool = False,
    is_prose: bool = False,
) -> str:
    """Return a table whose first column names the rows. It scrolls within itself on a narrow screen.

    ``is_prose``: its cells are sentences, which wrap, and its columns need no names.
    """
    names = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    head = "" if is_prose else f"<thead><tr>{names}</tr></thead>"
    body = "".join(
        "<tr>"
        f'<th scope="row">{_content(first)}</th>' + "".join(f"<td>{_content(cell)}</td>" for cell in others) + "</tr>"
        for first, *others in rows
    )
    hidden = ' class="unseen"' if is_caption_hidden else ""
    prose = " prose" if is_prose else ""
    return (
        f'<div class="pilotage scroll{prose}" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption{hidden}>{escape(caption)}</caption>{head}<tbody>{body}</tbody></table></div>"
    )


def _content(cell: Cell | str) -> str:
    return escape(cell) if isinstance(cell, str) else cell.html()


def folded(summary: str, html: str) -> str:
    """Return ``html`` behind a line that opens it."""
    return f'<details class="pilotage"><summary>{escape(summary)}</summary>{html}</details>'


def sparkline(values: Sequence[float | None], *, alt: str, theme: Theme, width: int = 220, height: int = 44) -> str:
    """Return the course of a figure as an image, oldest first, its last point marked; empty below two values."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    span, steps, edge = (high - low) or 1.0, max(len(values) - 1, 1), 4
    points = [
        (
            edge + place * (width - 2 * edge) / steps,
            height - edge - (value - low) * (height - 2 * edge) / span,
        )
        for place, value in known
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    image = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<polyline points="{path}" fill="none" stroke="{theme.muted}" stroke-width="1.6"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{theme.accent}"/></svg>'
    )
    data = base64.b64encode(image.encode()).decode()
    return f'<img class="spark" alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}">'


def card(title: str, value: Cell, lines: Iterable[tuple[str, Cell]], *, status: str = "", spark: str = "") -> str:
    """Return a card: the figure large, below it named lines. ``status`` and ``spark`` are HTML of this module."""
    details = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{cell.html()}</dd></div>" for name, cell in lines if cell.shown != NOTHING
    )
    note = f'<p class="note">{escape(value.note)}</p>' if value.note else ""
    shown = value.html() if not value.note else Cell(value.shown, value.figure, value.column).html()
    return (
        f'<section class="pilotage card"><h3>{escape(title)}</h3><p class="big">{shown}</p>{note}{status}{spark}'
        f"<dl>{details}</dl></section>"
    )


def status(text: str, *, is_good: bool) -> str:
    """Return a line that says good or bad by sign, word and colour."""
    sign = "✓" if is_good else "✗"
    return f'<p class="status {"good" if is_good else "bad"}"><span aria-hidden="true">{sign}</span> {escape(text)}</p>'


_STYLE: Final = """
.pilotage {{ color: {text}; font-variant-numeric: tabular-nums; }}
.pilotage .quiet, .pilotage .note, .pilotage dt {{ color: {quiet}; }}
.pilotage .note {{ display: block; font-size: 0.8rem; margin: 0; }}
.pilotage.card h3 {{ font-size: 1rem; font-weight: 600; margin: 0; padding: 0; }}
.pilotage.card .big {{ font-size: 2rem; font-weight: 650; line-height: 1.2; margin: 0.1rem 0; }}
.pilotage.card .status {{ font-size: 0.9rem; margin: 0.2rem 0 0; font-weight: 600; }}
.pilotage .good {{ color: {good}; }}
.pilotage .bad {{ color: {bad}; }}
.pilotage.card .spark {{ display: block; width: auto; max-width: 100%; height: 44px; margin: 0.4rem 0;
    object-fit: contain; object-position: left; }}
.pilotage.card dl {{ margin: 0.3rem 0 0; padding: 0; font-size: 0.85rem; }}
.pilotage.card dl div {{ display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 0.8rem;
    border-top: 1px solid {rule}; padding: 0.2rem 0; }}
.pilotage.card dd {{ margin: 0; text-align: right; }}
.pilotage.scroll {{ overflow-x: auto; max-width: 100%; }}
.pilotage table {{ border-collapse: collapse; font-size: 0.875rem; width: 100%; }}
.pilotage caption {{ text-align: left; font-weight: 600; padding: 0.3rem 0; color: {text}; }}
.pilotage th, .pilotage td {{ border-bottom: 1px solid {rule}; padding: 0.35rem 0.6rem; text-align: right;
    vertical-align: top; white-space: nowrap; }}
.pilotage thead th {{ min-width: 4.5rem; white-space: normal; vertical-align: bottom; font-weight: 600;
    color: {quiet}; }}
.pilotage tbody th {{ font-weight: 500; }}
.pilotage th:first-child {{ text-align: left; }}
.pilotage.prose td, .pilotage.prose th {{ text-align: left; white-space: normal; }}
@media (max-width: 640px) {{ .pilotage tbody th {{ white-space: normal; min-width: 7.5rem; }} }}
.pilotage .unseen {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }}
.stMainBlockContainer {{ padding-top: 3.2rem; }}
@media (min-width: 900px) {{ .stMainBlockContainer {{ padding-left: 2rem; padding-right: 2rem; }} }}
div[data-testid="stCaptionContainer"], div[data-testid="stCaptionContainer"] p {{ color: {quiet}; opacity: 1; }}
.pilotage summary {{ cursor: pointer; font-size: 0.9rem; }}
"""


def style(theme: Theme) -> str:
    """Return the style of the cards and tables in ``theme``, to stand once on a page."""
    colours = {name: getattr(theme, name) for name in ("text", "quiet", "rule", "good", "bad")}
    return f"<style>{_STYLE.format(**colours)}</style>"
