"""Charts: pure functions from rows to Altair, for the pages and for the report.

Each shows one idea on one axis, draws the interval where there is one, and labels its marks directly instead of by a
legend. Rows carry their words (``label``, ``shown``): formatting stands in ``format``, labels in the tables. Every
chart is shown with the same figures as a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from textwrap import wrap
from typing import Any, Final

import altair as alt

from dashboard.lib.format import Language, short_month
from dashboard.lib.theme import Theme

_FONT: Final = "'Source Sans', system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
_ROW_HEIGHT: Final = 34
_AXIS_HEIGHT: Final = 40
_LEGEND_HEIGHT: Final = 28
_LABEL_WIDTH: Final = 30
_NUMBERS: Final[dict[Language, dict[str, Any]]] = {
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""]},
    "fr": {"decimal": ",", "thousands": "\u202f", "grouping": [3], "currency": ["", "\u00a0€"], "percent": "\u00a0%"},
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that is shown: its label, value, interval, and the words beside it."""

    label: str
    value: float | None
    shown: str
    low: float | None = None
    high: float | None = None
    is_unfinished: bool = False
    """Not all cases have had the time: drawn hollow and quiet."""


@dataclass(frozen=True, slots=True)
class Point:
    """A month of a course: value and interval, in the units of the axis."""

    month: date
    value: float | None
    shown: str
    low: float | None = None
    high: float | None = None
    is_unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A month of a forecast: what is expected, and the ends of three intervals. None where there is no interval."""

    month: date
    expected: float
    shown: str
    p025: float | None = None
    p10: float | None = None
    p25: float | None = None
    p75: float | None = None
    p90: float | None = None
    p975: float | None = None


def finished(chart: alt.LayerChart | alt.FacetChart, theme: Theme, language: Language) -> alt.LayerChart:
    """Return ``chart`` in the colours of ``theme`` and with the numbers of ``language``."""
    axis = {
        "labelColor": theme.quiet,
        "titleColor": theme.quiet,
        "domainColor": theme.rule,
        "tickColor": theme.rule,
        "gridColor": theme.rule,
        "gridOpacity": 0.6,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 190,
    }
    done: alt.LayerChart = chart.configure(
        background="transparent",
        font=_FONT,
        view={"stroke": None},
        axis=axis,
        text={"color": theme.text, "fontSize": 12},
        range={"category": list(theme.categories)},
        locale={"number": _NUMBERS[language]},
        padding={"left": 4, "right": 12, "top": 6, "bottom": 4},
    )
    return done


def dots(
    marks: Sequence[Mark],
    *,
    theme: Theme,
    language: Language,
    is_ratio: bool,
    reference: float | None = None,
    axis_title: str = "",
) -> alt.LayerChart:
    """Return one row a mark: a point at its value, a line over its interval, its words to the right.

    ``reference``: a vertical line to compare with, 0 of a difference say.
    """
    values = _values(marks)
    data = alt.InlineData(values=values)
    # Room for the words beyond the last point.
    ends = [end for mark in marks for end in (mark.value, mark.low, mark.high) if end is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    scale = alt.Scale(domain=[low, high + (high - low or 1) * 0.14], nice=False)
    # Said to the axis: the layer of the intervals leaves out a mark that has none.
    rows = _rows([str(value["label"]) for value in values], is_ruled=True)
    measure = alt.X("value:Q", scale=scale, title=axis_title or None, axis=_number_axis(is_ratio))
    base = alt.Chart().encode(y=rows)
    lines = base.mark_rule(color=theme.muted, strokeWidth=3, opacity=0.75).encode(
        x=alt.X("low:Q", scale=scale, title=axis_title or None, axis=_number_axis(is_ratio)), x2="high:Q"
    )
    points = base.mark_point(size=90, strokeWidth=2, color=theme.accent, opacity=1).encode(
        x=measure, fill=_fill(theme), tooltip=_tooltip()
    )
    layers: list[alt.Chart] = [lines, points]
    # Beyond the middle the words stand to the left: on a phone there is no room to the right.
    middle = (low + high) / 2
    for condition, align, dx in ((f"datum.value <= {middle}", "left", 6), (f"datum.value > {middle}", "right", -6)):
        here = base.transform_filter(condition)
        text = here.mark_text(align=align, baseline="bottom", dx=dx, dy=-4, color=theme.text)  # type: ignore[arg-type]
        layers.append(text.encode(x=measure, text="shown:N"))
    if reference is not None:
        there = alt.InlineData(values=[{"at": reference}])
        layers.insert(0, alt.Chart(there).mark_rule(color=theme.quiet, strokeDash=[4, 3]).encode(x="at:Q"))
    chart = alt.layer(*layers, data=data).properties(width="container", height=_height(len(marks), _ROW_HEIGHT + 8))
    return finished(chart, theme, language)


def bars(
    marks: Sequence[Mark], *, theme: Theme, language: Language, is_ratio: bool = False, axis_title: str = ""
) -> alt.LayerChart:
    """Return one horizontal bar a mark with its words at the end; unfinished ones quiet and outlined."""
    data = alt.InlineData(values=_values(marks))
    rows = _rows()
    most = max((mark.value or 0 for mark in marks), default=0)
    scale = alt.Scale(domain=[0, (most or 1) * _room([mark.shown for mark in marks])], nice=False)
    measure = alt.X("value:Q", scale=scale, title=axis_title or None, axis=_number_axis(is_ratio))
    base = alt.Chart().encode(y=rows, x=measure)
    shapes = base.mark_bar(height=20, stroke=theme.accent, strokeWidth=1).encode(
        color=alt.condition("datum.is_unfinished", alt.value(theme.background), alt.value(theme.accent)),
        strokeDash=alt.condition("datum.is_unfinished", alt.value([4, 3]), alt.value([1, 0])),
        tooltip=_tooltip(),
    )
    words = base.mark_text(align="left", dx=6, color=theme.text).encode(text="shown:N")
    chart = alt.layer(shapes, words, data=data).properties(width="container", height=_height(len(marks), _ROW_HEIGHT))
    return finished(chart, theme, language)


def trend(
    points: Sequence[Point],
    *,
    theme: Theme,
    language: Language,
    is_ratio: bool,
    target: float | None = None,
    target_label: str = "",
    height: int = 240,
) -> alt.LayerChart:
    """Return the course of one figure by month with its interval as a band; the last known value is labelled."""
    rows = [
        asdict(point) | {"month": point.month.isoformat(), "label": short_month(point.month, language)}
        for point in points
    ]
    known = [row for row in rows if row["value"] is not None]
    months = _months([point.month for point in points], language)
    value = alt.Y("value:Q", title=None, scale=alt.Scale(zero=True), axis=_number_axis(is_ratio))
    base = alt.Chart(alt.InlineData(values=known)).encode(x=months)
    band = base.mark_area(color=theme.accent, opacity=0.18).encode(
        y=alt.Y("low:Q", title=None, axis=_number_axis(is_ratio)), y2="high:Q"
    )
    line = base.mark_line(color=theme.accent, strokeWidth=2).encode(y=value)
    dots_ = base.mark_point(size=50, strokeWidth=1.8, color=theme.accent, opacity=1).encode(
        y=value, fill=_fill(theme), tooltip=_tooltip()
    )
    # Above the band, where no line runs through it.
    ends = [row | {"top": row["value"] if row["high"] is None else row["high"]} for row in known[-1:]]
    last = alt.Chart(alt.InlineData(values=ends)).mark_text(align="right", dy=-8, fontWeight=600, color=theme.text)
    layers: list[alt.Chart] = [band, line, dots_, last.encode(x=months, y="top:Q", text="shown:N")]
    if target is not None and points:
        here = alt.InlineData(values=[{"at": target, "label": target_label, "month": rows[0]["month"]}])
        rule = alt.Chart(here).mark_rule(color=theme.contrast, strokeDash=[6, 4]).encode(y="at:Q")
        name = (
            alt.Chart(here)
            .mark_text(align="left", baseline="bottom", dy=-3, color=theme.contrast)
            .encode(x=months, y="at:Q", text="label:N")
        )
        layers += [rule, name]
    return finished(alt.layer(*layers).properties(width="container", height=height), theme, language)


def fan(
    actuals: Sequence[Point],
    forecast: Sequence[Band],
    *,
    theme: Theme,
    language: Language,
    target: Sequence[Point] = (),
    words: Mapping[str, str] | None = None,
    height: int = 300,
) -> alt.LayerChart:
    """Return what came and what is expected, by month, with 50, 80 and 95 % intervals as bands that widen.

    ``words``: ``actual``, ``expected`` and ``target``, the labels of the three courses.
    """
    words = words or {}
    months = _months([*(point.month for point in actuals), *(band.month for band in forecast)], language)
    axis = alt.Y("value:Q", title=None, scale=alt.Scale(zero=True), axis=_number_axis(is_ratio=False))
    bands = alt.Chart(alt.InlineData(values=[_band_row(place, band) for place, band in enumerate(forecast)])).encode(
        x=months
    )
    layers: list[alt.Chart] = [
        bands.mark_bar(width={"band": 0.62}, color=theme.accent, opacity=opacity).encode(
            y=alt.Y(f"{low}:Q", title=None, axis=_number_axis(is_ratio=False)), y2=f"{high}:Q"
        )
        for low, high, opacity in (("p025", "p975", 0.18), ("p10", "p90", 0.25), ("p25", "p75", 0.4))
    ]
    layers.append(
        bands.mark_tick(thickness=3, width={"band": 0.62}, color=theme.text).encode(y=axis, tooltip="shown:N")
    )
    # Two heights in turn: on a phone the words of neighbours would touch.
    for remainder, dy in ((0, -4), (1, -17)):
        words_of = bands.transform_filter(f"datum.place % 2 === {remainder}")
        text = words_of.mark_text(baseline="bottom", dy=dy, fontWeight=600, color=theme.text)
        layers.append(text.encode(y="top:Q", text="shown:N"))
    came = alt.Chart(
        alt.InlineData(values=[asdict(p) | {"month": p.month.isoformat()} for p in actuals if p.value is not None])
    ).encode(x=months, y=axis)
    layers += [
        came.mark_line(color=theme.text, strokeWidth=2),
        came.mark_point(size=45, color=theme.text, filled=True, opacity=1).encode(tooltip="shown:N"),
    ]
    if target:
        aims = alt.Chart(alt.InlineData(values=[asdict(p) | {"month": p.month.isoformat()} for p in target]))
        layers.append(aims.mark_line(color=theme.contrast, strokeDash=[6, 4], strokeWidth=1.5).encode(x=months, y=axis))
        layers.append(_name(target[-1], words.get("target", ""), months, theme.contrast, is_below=True))
    if actuals:
        layers.append(_name(actuals[0], words.get("actual", ""), months, theme.text))
    return finished(alt.layer(*layers).properties(width="container", height=height), theme, language)


def parts(
    rows: Iterable[Mapping[str, Any]], names: Sequence[str], *, theme: Theme, language: Language, axis_title: str = ""
) -> alt.LayerChart:
    """Return stacked bars: rows of ``label``, ``part`` (one of ``names``, in order), ``value`` and ``shown``."""
    data = [dict(row) | {"order": list(names).index(row["part"])} for row in rows]
    ends: dict[str, dict[str, Any]] = {}
    for row in data:
        end = ends.setdefault(row["label"], {"label": row["label"], "value": 0.0, "words": []})
        end["value"] += row["value"]
        end["words"].append(row["shown"])
    sums = [end | {"words": " + ".join(end["words"])} for end in ends.values()]
    most = max((end["value"] for end in sums), default=0)
    scale = alt.Scale(domain=[0, (most or 1) * _room([str(end["words"]) for end in sums])], nice=False)
    base = alt.Chart(alt.InlineData(values=data)).encode(
        y=_rows(),
        x=alt.X("value:Q", stack="zero", scale=scale, title=axis_title or None, axis=_number_axis(is_ratio=False)),
        order="order:O",
    )
    colours = [theme.categories[place % len(theme.categories)] for place in range(len(names))]
    shapes = base.mark_bar(height=22, stroke=theme.background, strokeWidth=1).encode(
        color=alt.Color(
            "part:N",
            sort=list(names),
            scale=alt.Scale(domain=list(names), range=colours),
            legend=alt.Legend(
                orient="top", title=None, labelColor=theme.text, labelFontSize=12, symbolStrokeWidth=0, labelLimit=0
            ),
        ),
        tooltip=["label:N", "part:N", "shown:N"],
    )
    texts = alt.Chart(alt.InlineData(values=sums)).mark_text(align="left", dx=6, color=theme.text)
    words = texts.encode(y=_rows(), x=alt.X("value:Q", scale=scale), text="words:N")
    chart = alt.layer(shapes, words).properties(
        width="container", height=_height(len(sums), _ROW_HEIGHT) + _LEGEND_HEIGHT
    )
    return finished(chart, theme, language)


def _name(point: Point, words: str, months: alt.X, colour: str, *, is_below: bool = False) -> alt.Chart:
    here = alt.InlineData(values=[{"month": point.month.isoformat(), "value": point.value, "words": words}])
    chart = alt.Chart(here)
    if is_below:
        text = chart.mark_text(color=colour, fontStyle="italic", align="right", baseline="top", dy=6)
    else:
        text = chart.mark_text(color=colour, fontStyle="italic", align="left", dy=-10)
    named: alt.Chart = text.encode(x=months, y="value:Q", text="words:N")
    return named


def _band_row(place: int, band: Band) -> dict[str, Any]:
    top = band.expected if band.p975 is None else band.p975
    return asdict(band) | {"month": band.month.isoformat(), "value": band.expected, "top": top, "place": place}


def _months(days: Sequence[date], language: Language) -> alt.X:
    """Return the axis of months: as many names as there is room for."""
    every = sorted(set(days))
    names = {day.isoformat(): short_month(day, language) for day in every}
    return alt.X(
        "month:O",
        title=None,
        scale=alt.Scale(domain=[day.isoformat() for day in every]),
        axis=alt.Axis(
            labelAngle=0,
            labelOverlap="greedy",
            labelSeparation=10,
            labelExpr=f"({_as_expression(names)})[datum.value]",
            ticks=False,
            grid=False,
        ),
    )


def _as_expression(names: Mapping[str, str]) -> str:
    pairs = ", ".join(f"'{code}': '{words}'" for code, words in names.items())
    return f"{{{pairs}}}"


def _number_axis(is_ratio: bool) -> alt.Axis:
    return alt.Axis(
        format=".0%" if is_ratio else ",.6~g", tickCount=5, labelOverlap="greedy", labelSeparation=6, labelFlush=True
    )


def _rows(order: Sequence[str] | None = None, *, is_ruled: bool = False) -> alt.Y:
    """Return the axis of named rows, in the order of the data; a long name takes two lines, and no more."""
    axis = alt.Axis(
        domain=False, ticks=False, grid=is_ruled, labelExpr=r"split(datum.value, '\n')", labelLimit=260, labelPadding=9
    )
    return alt.Y("label:N", sort=None if order is None else list(order), title=None, axis=axis)


def _height(count_rows: int, row_height: int) -> int:
    """Return the height of a chart of rows with its axis, in pixels."""
    return max(count_rows, 1) * row_height + _AXIS_HEIGHT


def _room(words: Sequence[str]) -> float:
    """Return how much longer than its longest bar an axis must be for the words at its end, on a phone, too."""
    return 1.1 + 0.035 * max((len(text) for text in words), default=0)


def _wrapped(label: str) -> str:
    return "\n".join(wrap(label, _LABEL_WIDTH, max_lines=2, placeholder="…")) or label


def _fill(theme: Theme) -> alt.FillValue:
    unfinished = {"test": "datum.is_unfinished", "value": theme.background}
    return alt.FillValue(theme.accent, condition=unfinished)


def _tooltip() -> list[alt.Tooltip]:
    return [alt.Tooltip("label:N", title=" "), alt.Tooltip("shown:N", title=" ")]


def _values(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    return [asdict(mark) | {"label": _wrapped(mark.label)} for mark in marks]
