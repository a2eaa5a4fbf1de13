"""The pictures of the documentation as SVG: ``python -m docs.images.draw`` writes them beside itself.

Boxes and arrows stand on a grid of pixels; curves come from the product's own functions. A test draws them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

import numpy as np

from analytics.incidence import aalen_johansen, ending_of

INK, GREY, BLUE, ORANGE, GREEN = "#1f2933", "#7b8794", "#2a5db0", "#c2570c", "#2f7d4f"
"""Dark enough on white to be read (4.5:1), and told apart by the colour-blind."""
_FONT: Final = "font-family='system-ui, sans-serif'"


class Picture:
    """An SVG in the making."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.width, self.height = width, height
        self.parts = [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' role='img'>",
            f"<title>{escape(title)}</title>",
            "<defs><marker id='tip' viewBox='0 0 8 8' refX='8' refY='4' markerWidth='8' markerHeight='8'",
            " orient='auto'>",
            f"<path d='M0 0L8 4L0 8z' fill='{GREY}'/></marker></defs>",
            f"<rect width='{width}' height='{height}' fill='#fff'/>",
        ]

    def text(self, x: float, y: float, text: str, *, size: int = 13, fill: str = INK, anchor: str = "middle") -> None:
        """Write ``text`` with its baseline at ``y``."""
        self.parts.append(
            f"<text x='{x:g}' y='{y:g}' font-size='{size}' {_FONT} fill='{fill}' text-anchor='{anchor}'>"
            f"{escape(text)}</text>"
        )

    def box(self, x: float, y: float, width: float, height: float, lines: Sequence[str], *, stroke: str = BLUE) -> None:
        """Draw a box with a heading and smaller lines below it."""
        self.parts.append(
            f"<rect x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}' rx='6' fill='#f5f8fd' stroke='{stroke}'/>"
        )
        top = y + height / 2 - (len(lines) - 1) * 8 + 5
        for number, line in enumerate(lines):
            self.text(
                x + width / 2, top + 16 * number, line, size=12 if number else 14, fill=GREY_TEXT if number else INK
            )

    def arrow(self, *points: tuple[float, float], text: str = "") -> None:
        """Draw an arrow through ``points`` with a word above its middle."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        self.parts.append(
            f"<polyline points='{path}' fill='none' stroke='{GREY}' stroke-width='1.5' marker-end='url(#tip)'/>"
        )
        if text:
            (left, top), (right, bottom) = points[0], points[-1]
            self.text((left + right) / 2, (top + bottom) / 2 - 6, text, size=11, fill=GREY_TEXT)

    def line(self, points: Sequence[tuple[float, float]], *, stroke: str, dashes: str = "", width: float = 2) -> None:
        """Draw a line through ``points``."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        style = f" stroke-dasharray='{dashes}'" if dashes else ""
        self.parts.append(f"<polyline points='{path}' fill='none' stroke='{stroke}' stroke-width='{width:g}'{style}/>")

    def area(self, points: Sequence[tuple[float, float]], *, fill: str) -> None:
        """Fill the polygon of ``points``."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f"<polygon points='{path}' fill='{fill}'/>")

    def bar(self, x: float, y: float, width: float, height: float, *, fill: str) -> None:
        """Draw a filled bar."""
        self.parts.append(f"<rect x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}' fill='{fill}'/>")

    def svg(self) -> str:
        """Return the text of the file."""
        return "\n".join([*self.parts, "</svg>"]) + "\n"


GREY_TEXT: Final = "#52606d"


def data() -> Picture:
    """From files to readers."""
    picture = Picture(
        880, 250, "Files are loaded, checked, modelled and published; readers open only the published version"
    )
    steps = [
        ("inbox/", "CSV, JSON lines,", "Parquet, XLSX"),
        ("raw", "every version,", "typed, dated"),
        ("staging", "one to one,", "named alike"),
        ("marts", "persons, leads,", "deals, orders"),
        ("KPIs", "value, interval,", "evolution, gap"),
        ("published", "a new file,", "flipped in at once"),
    ]
    for number, lines in enumerate(steps):
        picture.box(10 + number * 147, 30, 122, 74, lines, stroke=GREEN if number == 5 else BLUE)
        if number:
            picture.arrow((10 + number * 147 - 25, 67), (10 + number * 147 - 2, 67))
    picture.box(10, 150, 122, 66, ["quarantine", "line and reason", "of each bad row"], stroke=ORANGE)
    picture.arrow((71, 104), (71, 148))
    picture.box(157, 150, 122, 66, ["checks", "bad data stops", "the night here"], stroke=ORANGE)
    picture.arrow((218, 104), (218, 148))
    picture.box(
        598, 150, 270, 66, ["readers", "dashboard, BI tools, SQL, notebook:", "they never see a build"], stroke=GREEN
    )
    picture.arrow((806, 104), (806, 148))
    picture.text(440, 240, "A failed night leaves the version of yesterday where it is.", size=12, fill=GREY_TEXT)
    return picture


def chain() -> Picture:
    """One dated chain from audience to order."""
    picture = Picture(880, 230, "One dated chain: audience, lead, MQL, SQL, stages, order")
    steps = [
        ("audience", "2 March", "gets an e-mail"),
        ("lead", "4 March", "first capture"),
        ("MQL", "10 March", "asks for a demo"),
        ("SQL", "12 March", "valid call"),
        ("stages", "15 March on", "deal moves"),
        ("order", "2 May", "signature"),
    ]
    for number, lines in enumerate(steps):
        picture.box(10 + number * 147, 60, 122, 74, lines)
        if number:
            picture.arrow((10 + number * 147 - 25, 97), (10 + number * 147 - 2, 97))
    for left, right, text in [
        (71, 365, "KPI 1: MQL / audience"),
        (365, 512, "KPI 2"),
        (659, 806, "KPI 3, stage by stage"),
    ]:
        picture.line([(left, 48), (left, 38), (right, 38), (right, 48)], stroke=BLUE, width=1.5)
        picture.text((left + right) / 2, 30, text, size=12, fill=BLUE)
    for number, text in [(2, "disqualified"), (3, "refused"), (4, "lost at a stage")]:
        picture.arrow((71 + number * 147, 134), (71 + number * 147, 172))
        picture.text(71 + number * 147, 190, text, size=12, fill=ORANGE)
    picture.text(
        440,
        218,
        "Each step has its own instant and counts in its own month; none is ever counted twice.",
        size=12,
        fill=GREY_TEXT,
    )
    return picture


def cycle() -> Picture:
    """The life of a lead cycle."""
    picture = Picture(
        880,
        230,
        "A lead cycle opens with a signal and closes won, lost, disqualified or inactive; a new one opens the next",
    )
    picture.box(20, 80, 150, 64, ["cycle 1 opens", "first capture"])
    picture.box(250, 80, 180, 64, ["open", "signals, score, MQL, SQL"])
    for number, text in enumerate(["won", "lost", "disqualified", "180 days without a signal"]):
        picture.box(520, 14 + number * 52, 180, 40, [text], stroke=GREEN if text == "won" else ORANGE)
        picture.arrow((430, 112), (470, 112), (470, 34 + number * 52), (518, 34 + number * 52))
    picture.arrow((170, 112), (248, 112))
    picture.box(750, 80, 120, 64, ["cycle 2", "is_recycled"])
    picture.arrow((700, 112), (748, 112))
    picture.text(726, 132, "new signal", size=11, fill=GREY_TEXT)
    return picture


def rates() -> Picture:
    """The curve of the eight deals of docs/how-it-is-computed.md beside two plain ratios."""
    nan = np.nan
    advanced = np.array([10, 20, nan, 40, nan, nan, nan, nan])
    lost = np.array([nan, nan, 25, nan, 60, nan, nan, nan])
    watched = np.array([162, 155, 147, 134, 126, 30, 50, 120], dtype=float)
    picture = Picture(
        880, 330, "Aalen-Johansen, 41 percent, between the plain ratio, 38, and the ratio of the resolved deals, 60"
    )
    left, bottom, wide, high = 70, 280, 560, 240

    def at(day: float, rate: float) -> tuple[float, float]:
        return left + wide * day / 90, bottom - high * rate / 0.7

    for rate in (0.0, 0.2, 0.4, 0.6):
        picture.line([at(0, rate), at(90, rate)], stroke="#d9dee3", width=1)
        picture.text(
            left - 10, at(0, rate)[1] + 4, f"{rate:.0%}".replace("%", " %"), size=12, anchor="end", fill=GREY_TEXT
        )
    for day in (0, 30, 60, 90):
        picture.text(at(day, 0)[0], bottom + 20, f"{day}", size=12, fill=GREY_TEXT)
    picture.text(left + wide / 2, bottom + 40, "days since the deal reached the stage", size=12, fill=GREY_TEXT)
    curve, before = [at(0, 0)], 0.0
    for day in (10, 20, 40, 90):
        now = aalen_johansen(*ending_of(advanced, lost, watched), float(day)).rate
        curve += [at(day, before), at(day, now)]
        before = now
    picture.line([at(0, 0.6), at(90, 0.6)], stroke=ORANGE, dashes="6 4")
    picture.line([at(0, 0.375), at(90, 0.375)], stroke=GREY, dashes="2 4")
    picture.line(curve, stroke=BLUE, width=3)
    x = left + wide + 10
    picture.text(x, at(0, 0.6)[1] + 4, "advanced / resolved: 60 %", anchor="start", fill=ORANGE)
    picture.text(x, at(0, before)[1] - 4, f"Aalen-Johansen: {before:.0%}".replace("%", " %"), anchor="start", fill=BLUE)
    picture.text(x, at(0, 0.375)[1] + 14, "advanced / entered: 38 %", anchor="start", fill=GREY_TEXT)
    return picture


def score() -> Picture:
    """Confirmed and potential score of the example of docs/how-it-is-computed.md."""
    picture = Picture(
        880,
        170,
        "Score of 16 confirmed and 81 potential points: 16 that are known, 19 known to be missing, 65 unknown",
    )
    left, wide = 40, 8
    for start, points, fill, text in [
        (0, 16, BLUE, "16"),
        (16, 65, "#cfdcf2", "65 unknown: full in the potential score"),
        (81, 19, ORANGE, "19"),
    ]:
        picture.bar(left + start * wide, 50, points * wide, 44, fill=fill)
        picture.text(left + (start + points / 2) * wide, 77, text, fill=INK if points == 65 else "#fff")
    picture.text(left, 36, "known, and right: confirmed 16", size=12, anchor="start", fill=BLUE)
    picture.text(left + 100 * wide, 36, "known, and not the ideal", size=12, anchor="end", fill=ORANGE)
    for points in (0, 16, 81, 100):
        picture.text(left + points * wide, 114, f"{points}", size=12, fill=GREY_TEXT)
    picture.text(
        440,
        148,
        "Completeness 35 %. The next best question is the heaviest one without an answer.",
        size=12,
        fill=GREY_TEXT,
    )
    return picture


def forecast() -> Picture:
    """What an order forecast is made of."""
    picture = Picture(
        880,
        300,
        "The forecast of a month: what it has, what open deals bring, what leads to come bring, with its interval",
    )
    bottom, scale = 250, 6.0
    months = [
        ("this month", 14, 9, 1, (20, 28)),
        ("next month", 0, 22, 4, (18, 34)),
        ("in 2 months", 0, 15, 11, (15, 38)),
        ("in 3 months", 0, 9, 17, (12, 40)),
    ]
    for number, (name, has, existing, future, (low, high)) in enumerate(months):
        x, y = 60 + number * 140, float(bottom)
        for value, fill in ((has, GREEN), (existing, BLUE), (future, "#9db8e3")):
            picture.bar(x, y - value * scale, 70, value * scale, fill=fill)
            y -= value * scale
        middle = x + 35
        picture.line([(middle, bottom - low * scale), (middle, bottom - high * scale)], stroke=INK)
        for end in (low, high):
            picture.line([(middle - 8, bottom - end * scale), (middle + 8, bottom - end * scale)], stroke=INK)
        picture.text(middle, bottom + 22, name, size=12, fill=GREY_TEXT)
    picture.line([(40, bottom), (600, bottom)], stroke=GREY, width=1)
    for number, (text, fill) in enumerate(
        [
            ("orders it has already", GREEN),
            ("from deals and leads that exist", BLUE),
            ("from leads still to come", "#9db8e3"),
        ]
    ):
        picture.bar(640, 70 + number * 30, 16, 16, fill=fill)
        picture.text(664, 83 + number * 30, text, anchor="start")
    picture.line([(648, 158), (648, 178)], stroke=INK)
    picture.text(664, 173, "80 % prediction interval", anchor="start")
    picture.text(664, 205, "The further, the less is known", size=12, anchor="start", fill=GREY_TEXT)
    picture.text(664, 222, "of who will order.", size=12, anchor="start", fill=GREY_TEXT)
    return picture


PICTURES: Final = {"data": data, "chain": chain, "cycle": cycle, "rates": rates, "score": score, "forecast": forecast}


def main() -> None:
    """Write every picture."""
    for name, draw in PICTURES.items():
        Path(__file__).with_name(f"{name}.svg").write_text(draw().svg(), encoding="utf-8")


if __name__ == "__main__":
    main()
