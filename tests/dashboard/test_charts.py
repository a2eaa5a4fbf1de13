"""Charts are valid Vega-Lite, in both themes and languages, with what they must show, also of little data."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import altair as alt
import pytest
import vl_convert

from dashboard.lib import charts
from dashboard.lib.theme import DARK, LIGHT, Theme

MONTHS = [date(2026, month, 1) for month in (3, 4, 5)]
MARKS = [
    charts.Mark("Découverte", 0.76, "76,1 %", 0.66, 0.83),
    charts.Mark("Une étape au nom vraiment très long", 0.5, "50,0 %", 0.2, 0.8, is_unfinished=True),
]
POINTS = [charts.Point(month, 0.1 * month.month, "x", 0.05, 0.9, month.month == 5) for month in MONTHS]
BANDS = [
    charts.Band(date(2026, 6, 1), 28.5, "28,5", 18.0, 21.0, 25.0, 32.0, 35.0, 39.0),
    charts.Band(date(2026, 7, 1), 30.0, "30"),
]
PARTS = [
    {"label": "juin 2026", "part": "ouverts", "value": 27.7, "shown": "27,7"},
    {"label": "juin 2026", "part": "à venir", "value": 0.8, "shown": "0,8"},
]
DRAWN: dict[str, Callable[..., alt.LayerChart]] = {
    "dots": lambda **kw: charts.dots(MARKS, is_ratio=True, reference=0, **kw),
    "bars": lambda **kw: charts.bars(MARKS, is_ratio=True, **kw),
    "bars of nothing": lambda **kw: charts.bars([], **kw),
    "trend": lambda **kw: charts.trend(POINTS, is_ratio=True, target=0.4, target_label="objectif", **kw),
    "trend of one point": lambda **kw: charts.trend(POINTS[:1], is_ratio=True, **kw),
    "trend of nothing": lambda **kw: charts.trend([], is_ratio=True, **kw),
    "fan": lambda **kw: charts.fan(POINTS, BANDS, target=POINTS, words={"actual": "a", "target": "t"}, **kw),
    "fan without past": lambda **kw: charts.fan([], BANDS, **kw),
    "parts": lambda **kw: charts.parts(PARTS, ["ouverts", "à venir"], **kw),
}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_chart_is_valid_and_can_be_drawn(draw: Callable[..., alt.LayerChart], theme: Theme) -> None:
    # The schema is checked here, and not at every view of a page.
    spec = draw(theme=theme, language="fr").to_dict(validate=True)
    svg = vl_convert.vegalite_to_svg(json.dumps(spec))
    assert svg.startswith("<svg")


def _svg(chart: alt.LayerChart) -> str:
    spec: dict[str, Any] = chart.to_dict()
    return str(vl_convert.vegalite_to_svg(json.dumps(spec | {"width": 500})))


def test_chart_says_its_values_its_names_and_its_numbers_in_the_language() -> None:
    svg = _svg(charts.dots(MARKS, theme=LIGHT, language="fr", is_ratio=True))
    assert "76,1 %" in svg
    assert "Découverte" in svg
    # A long name takes two lines; the axis writes its per cent sign as French does.
    assert "vraiment très<" in svg
    assert "20\u00a0%" in svg
    assert "20%" in _svg(charts.dots(MARKS, theme=LIGHT, language="en", is_ratio=True))


def test_what_is_not_finished_is_drawn_hollow() -> None:
    chart = charts.dots(MARKS, theme=LIGHT, language="en", is_ratio=True)
    assert _svg(chart).count(f'fill="{LIGHT.background}"') >= 1
    finished = charts.dots(MARKS[:1], theme=LIGHT, language="en", is_ratio=True)
    assert f'fill="{LIGHT.background}"' not in _svg(finished)


def test_fan_has_three_bands_and_names_what_came() -> None:
    svg = _svg(charts.fan(POINTS, BANDS[:1], theme=LIGHT, language="fr", words={"actual": "réalisé"}))
    assert "réalisé" in svg
    assert "28,5" in svg
    assert "juin 26" in svg
