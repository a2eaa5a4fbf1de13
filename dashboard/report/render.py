"""The report as one HTML file and as PDF. Neither reaches out: charts are inlined, fonts are at hand or built in."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import altair as alt

from dashboard.lib.theme import LIGHT
from dashboard.report.blocks import Cards, Picture, Prose, Report, Table

_TEMPLATES: Final = Path(__file__).parent / "templates"
_CHART_WIDTH: Final = 620
_PDF_FONT: Final = "Libertinus Serif"
"""Comes with the typesetter, so that the file is the same on every machine."""


def to_html(report: Report) -> str:
    """Return the report as HTML that needs no other file and no script, to be read or printed (A4)."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html.j2")
    return template.render(
        report=report,
        theme=LIGHT,
        # Charts are made here from published rows: markup, unlike every other value of the template.
        svg=lambda picture: Markup(_svg(picture.chart)),  # noqa: S704
        kind=lambda block: type(block).__name__,
    )


def to_pdf(report: Report) -> bytes:
    """Return the report as PDF (A4, tagged for screen readers), the same bytes for the same report.

    The typesetter gets words as data, so that none of them can be markup.
    """
    import typst

    with tempfile.TemporaryDirectory(prefix="pilotage-report-") as name:
        folder = Path(name)
        content = _plain(report, folder)
        (folder / "report.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        (folder / "report.typ").write_text((_TEMPLATES / "report.typ").read_text(encoding="utf-8"), encoding="utf-8")
        compiler = typst.Compiler(
            folder / "report.typ",
            root=folder,
            font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True),
        )
        pdf = compiler.compile(format="pdf", timestamp=report.published_at.replace(microsecond=0, tzinfo=UTC))
    if not isinstance(pdf, bytes):
        raise TypeError("the typesetter gave no document")
    return pdf


def _svg(chart: alt.TopLevelMixin, font: str | None = None) -> str:
    import vl_convert

    spec: dict[str, Any] = chart.to_dict()
    _fix_width(spec)
    if font:
        spec.setdefault("config", {})["font"] = font
    # A chart carries its rows: whatever else it asked for is refused.
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def _fix_width(spec: dict[str, Any]) -> None:
    """Give a chart that fills its container the width of the page."""
    if spec.get("width") == "container":
        spec["width"] = _CHART_WIDTH
    for layer in spec.get("layer", ()):
        _fix_width(layer)


def _plain(report: Report, folder: Path) -> dict[str, Any]:
    """Return the report as JSON and write its charts into ``folder``."""
    sections: list[dict[str, Any]] = []
    for section in report.sections:
        blocks: list[dict[str, Any]] = []
        for block in section.blocks:
            match block:
                case Picture():
                    name = f"chart_{len(sections)}_{len(blocks)}.svg"
                    (folder / name).write_text(_svg(block.chart, _PDF_FONT), encoding="utf-8")
                    blocks.append({"kind": "picture", "title": block.title, "words": block.words, "file": name})
                case Table():
                    blocks.append(
                        {
                            "kind": "table",
                            "columns": block.columns,
                            "rows": [[_cell(cell.text, cell.note, cell.tone) for cell in row] for row in block.rows],
                            "caption": block.caption,
                            "note": block.note,
                            "is_prose": block.is_prose,
                        }
                    )
                case Cards():
                    cards = [
                        {
                            "label": card.label,
                            "value": card.value,
                            "lines": [_cell(line.text, line.note, line.tone) for line in card.lines],
                        }
                        for card in block.cards
                    ]
                    blocks.append({"kind": "cards", "cards": cards})
                case Prose():
                    blocks.append({"kind": "prose", "text": block.text})
        sections.append({"title": section.title, "blocks": blocks})
    colours = {name: getattr(LIGHT, name) for name in ("text", "quiet", "rule", "accent", "good", "bad")}
    return {
        "company_name": report.company_name,
        "title": report.title,
        "caption": report.caption,
        "language": report.language,
        "page_words": report.page_words,
        "font": _PDF_FONT,
        "colours": colours,
        "sections": sections,
    }


def _cell(text: str, note: str, tone: str) -> dict[str, str]:
    return {"text": text, "note": note, "tone": tone}
