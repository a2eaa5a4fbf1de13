"""Cards and tables: what stands in the data is text, never markup, and every figure says what it is."""

from __future__ import annotations

import base64
import re

from dashboard.lib import markup
from dashboard.lib.figures import Figure
from dashboard.lib.markup import Cell
from dashboard.lib.theme import DARK, LIGHT, Theme

FIGURE = Figure("x", "kpi_funnel", (("step", '"><script>'),), ("value",), {"value": 0.5}, "ratio")


def test_table_shows_markup_of_the_data_as_text() -> None:
    html = markup.table("<b>Pertes</b>", ["<i>a</i>", "b"], [["<script>alert(1)</script>", Cell("50 %", FIGURE)]])
    assert "<script" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_figure_in_a_table_carries_reference_column_and_published_value() -> None:
    html = markup.table("t", ["a", "b"], [["row", Cell("50 %", FIGURE)]])
    (found,) = re.findall(r'data-figure="([^"]*)" data-column="value" data-value="([^"]*)"', html)
    assert found == ("kpi_funnel?step=%22%3E%3Cscript%3E", "0.5")


def test_row_of_a_table_is_named_by_its_first_cell_and_the_region_can_be_reached_by_keyboard() -> None:
    html = markup.table("t", ["a", "b"], [["row", "1"]])
    assert '<th scope="row">row</th>' in html
    assert '<th scope="col">b</th>' in html
    assert 'tabindex="0"' in html


def test_card_leaves_out_lines_without_a_figure() -> None:
    html = markup.card("t", Cell("1"), [("Target", Cell("–")), ("Gap", Cell("+2"))])
    assert "Target" not in html
    assert "Gap" in html


def test_sparkline_goes_through_its_values_and_says_what_it_shows() -> None:
    html = markup.sparkline([1.0, None, 3.0, 2.0], alt='Leads "x"', theme=LIGHT)
    assert 'alt="Leads &quot;x&quot;"' in html
    svg = base64.b64decode(html.split("base64,")[1].split('"')[0]).decode()
    heights = [float(point.split(",")[1]) for point in re.findall(r'points="([^"]*)"', svg)[0].split()]
    assert len(heights) == 3
    assert heights[0] > heights[2] > heights[1]
    assert markup.sparkline([None, 1.0], alt="x", theme=LIGHT) == ""


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, second: str) -> float:
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _least_contrasts(theme: Theme) -> dict[str, float]:
    texts = (theme.text, theme.quiet, theme.good, theme.bad, theme.contrast)
    marks = (theme.accent, theme.muted, *theme.categories)
    return {
        "text": min(_contrast(colour, theme.background) for colour in texts),
        "marks": min(_contrast(colour, theme.background) for colour in marks),
    }


def test_palette_is_read_in_light_and_in_dark() -> None:
    for theme in (LIGHT, DARK):
        least = _least_contrasts(theme)
        assert least["text"] >= 4.5, theme.name
        assert least["marks"] >= 3, theme.name
