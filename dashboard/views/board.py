"""*Tableau de bord*: the six lines of R-56 to R-61 of one month.

Every line has value, evolution, target, gap and its course; of a running month also what is due so far. The switch
shows each value as it was first published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import streamlit as st

from dashboard.lib import filters, markup
from dashboard.lib.figures import Figure, kpi_figure
from dashboard.lib.format import NOTHING
from dashboard.lib.markup import Cell
from dashboard.lib.page import View, open_origin, show_csv, show_origins
from dashboard.lib.texts import MODELS, WHY, Pair
from dashboard.queries.board import (
    read_courses,
    read_forecast,
    read_last_complete_month,
    read_lines,
    read_months,
)

TEXTS: Final[dict[str, Pair]] = {
    "board_title": ("Commercial dashboard, {month}", "Tableau de bord commercial, {month}"),
    "board_running": (
        (
            "This month is still running: it is held against the same working days and the share of the target that is "
            "due so far."
        ),
        "Ce mois est en cours~: il est comparé aux mêmes jours ouvrés et à la part d’objectif due à date.",
    ),
    "board_reported_note": (
        "Values as they were first published. Evolution and gap are those of the latest values and are not shown.",
        (
            "Valeurs telles que publiées la première fois. Évolutions et écarts portent sur les valeurs à jour et ne "
            "sont pas affichés."
        ),
    ),
    "board_empty": ("The published dashboard has no month yet.", "Le tableau de bord publié n’a encore aucun mois."),
    "line_month": ("Leads, orders and basket", "Leads, commandes et panier"),
    "line_losses_by_stage": ("Losses, stage by stage", "Pertes, étape par étape"),
    "line_order_forecast": ("Order forecast", "Prévision de commandes"),
    "line_loyalty": ("Loyalty", "Fidélité"),
    "versus_previous": ("vs {month}", "/ {month}"),
    "versus_year_ago": ("vs {month}", "/ {month}"),
    "versus_elapsed": ("vs {month}, same working days", "/ {month}, mêmes jours ouvrés"),
    "latest_value": ("Latest value", "Valeur à jour"),
    "gap_paced": ("Gap so far (working days)", "Écart à date (jours ouvrés)"),
    "gap_projected": ("Projected gap", "Écart projeté"),
    "on_target": ("on target", "objectif tenu"),
    "off_target": ("off target", "objectif manqué"),
    "course": (
        "Course of {name} over {count} months up to {month}",
        "Évolution de {name} sur {count} mois, jusqu’à {month}",
    ),
    "stage": ("Lost in", "Perdues à"),
    "losses_count": ("Deals", "Affaires"),
    "losses_rate": ("Of those that reached it", "De celles qui l’ont atteinte"),
    "losses_amount": ("Amount", "Montant"),
    "forecast_interval": ("80% prediction interval {interval}", "intervalle de prévision à 80~% {interval}"),
    "forecast_none": ("There is no order forecast yet.", "Il n’y a pas encore de prévision de commandes."),
    "forecast_of": ("{metric}, {month}", "{metric}, {month}"),
    "forecast_model": ("Model shown: {model}; {why}.", "Modèle affiché~: {model}~; {why}."),
    "noise_level": ("Noise of chance alone", "Bruit du seul hasard"),
    "explain": ("Where does this come from?", "D’où vient ce chiffre~?"),
}
SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "month": ("new_leads", "orders_month", "average_basket"),
    "losses_by_stage": ("losses_by_stage",),
    "order_forecast": ("order_forecast",),
    "loyalty": ("loyalty",),
}
"""Lines of the dashboard, R-56 to R-61, as they stand together on the page."""
_COUNT_COURSE: Final = 14
_MONTHS_AHEAD: Final = 4


@dataclass(frozen=True, slots=True)
class _Choice:
    month: date
    is_running: bool
    is_reported: bool

    @property
    def column(self) -> str:
        return "value_as_reported" if self.is_reported else "value"


def render(view: View) -> None:
    """Show the dashboard of the month that the reader chose."""
    view = view.also(TEXTS)
    months = read_months(view.rows)
    if not months:
        st.title(view.say("navigation_board"), anchor=False)
        st.info(view.say("board_empty"))
        return
    title = st.empty()
    choice = _choice(view, months)
    title.title(view.say("board_title", month=view.month(choice.month)), anchor=False)
    if choice.is_reported:
        st.caption(view.say("board_reported_note"))
    elif choice.is_running:
        st.caption(view.say("board_running"))
    rows = read_lines(view.rows, choice.month)
    figures: list[Figure] = []
    for section, lines in SECTIONS.items():
        if section == "order_forecast":
            figures += _forecast(view)
        else:
            of_section = [row for row in rows if row["line_id"] in lines]
            figures += _section(view, choice, section, of_section) if of_section else []
    show_csv(view, f"pilotage_dashboard_{choice.month:%Y-%m}", rows, list(rows[0]) if rows else [])
    show_origins(view, figures)


def _choice(view: View, months: Sequence[date]) -> _Choice:
    say, as_of = view.say, view.data.publication.as_of
    codes = [f"{month:%Y-%m}" for month in months]
    default = read_last_complete_month(view.rows, as_of) or months[0]
    left, right = st.columns(2)
    code = filters.choose(
        "month",
        codes,
        label=say("month"),
        shown=lambda code: view.month(date.fromisoformat(f"{code}-01")),
        default=f"{default:%Y-%m}",
        where=left,
    )
    values = filters.choose(
        "values",
        ("latest", "reported"),
        label=say("values"),
        shown=lambda code: say(f"values_{code}"),
        where=right,
        is_flat=True,
    )
    month = date.fromisoformat(f"{code}-01")
    return _Choice(month, as_of < _last_day(month), values == "reported")


def _last_day(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def figure_of(view: View, row: Mapping[str, Any], columns: Sequence[str] = ("value",)) -> Figure:
    """Return the figure of a row of kpi_commercial_dashboard as kpi_values holds it."""
    stage = row["stage_id"]
    name = view.label(row)
    label = f"{name}, {_stage(view, row)}" if stage != "all" else name
    return kpi_figure(
        f"{label}, {view.month(row['month'])}",
        {
            **row,
            "period_grain": "month",
            "period_start": row["month"],
            "dimension_name": "total" if stage == "all" else "stage",
            "dimension_value": stage,
            "window_days": 0,
            "as_of": view.data.publication.as_of,
        },
        columns,
    )


def _stage(view: View, row: Mapping[str, Any]) -> str:
    if row["stage_id"] == "unknown":
        return view.say("stage_unknown")
    return view.say("all") if row["stage_id"] == "all" else view.label(row, "stage_label")


def _section(view: View, choice: _Choice, section: str, rows: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Show the cards of some lines, and of the losses their stages; return the figures shown."""
    st.header(view.say(f"line_{section}"), anchor=False, divider="gray")
    courses = read_courses(view.rows, choice.month, _COUNT_COURSE)
    totals = [row for row in rows if row["stage_id"] == "all"]
    # The rate of a stage has no total; everything else has.
    figures = _cards(view, choice, totals, courses)
    if section == "losses_by_stage":
        figures += _losses(view, choice, [row for row in rows if row["stage_id"] != "all"])
    return figures


def _cards(
    view: View,
    choice: _Choice,
    rows: Sequence[Mapping[str, Any]],
    courses: Mapping[str, Sequence[Mapping[str, Any]]],
) -> list[Figure]:
    figures = []
    columns = st.columns(max(len(rows), 2)) if rows else []
    for place, row in zip(columns, rows, strict=False):
        figure = figure_of(view, row, _columns_shown(row, choice))
        with place, st.container(border=True):
            st.html(_card(view, choice, row, figure, courses.get(row["metric_id"], ())))
            _explain_button(view, figure)
        figures.append(figure)
    return figures


def _explain_button(view: View, figure: Figure) -> None:
    if st.button(view.say("explain"), key=f"explain {figure.reference}", type="tertiary", help=figure.label):
        open_origin(view, figure)


def _evolutions(choice: _Choice) -> tuple[str, ...]:
    # A running month is not held against whole ones.
    return ("elapsed",) if choice.is_running else ("previous", "year_ago")


def _gaps(choice: _Choice) -> tuple[str, ...]:
    return ("gap_paced", "gap_projected") if choice.is_running else ("gap_abs",)


def _columns_shown(row: Mapping[str, Any], choice: _Choice) -> tuple[str, ...]:
    if choice.is_reported:
        return ("value_as_reported", "value")
    wanted = (
        "value",
        "ci_low",
        "ci_high",
        *(f"evolution_{kind}_{against}" for against in _evolutions(choice) for kind in ("rel", "signal")),
        "target",
        *_gaps(choice),
    )
    return tuple(column for column in wanted if column == "value" or row[column] is not None)


def _card(
    view: View,
    choice: _Choice,
    row: Mapping[str, Any],
    figure: Figure,
    course: Sequence[Mapping[str, Any]],
) -> str:
    say, unit, name = view.say, row["unit"], view.label(row)
    spark = markup.sparkline(
        [month[choice.column] for month in course],
        alt=say("course", name=name, count=len(course), month=view.month(choice.month)),
        theme=view.theme,
    )
    if choice.is_reported:
        value = Cell(view.quantity(row["value_as_reported"], unit), figure, "value_as_reported")
        latest = (say("latest_value"), Cell(view.quantity(row["value"], unit), figure))
        return markup.card(name, value, [latest], spark=spark)
    interval = view.interval(row, unit)
    note = say("interval_95", interval=interval) if interval != NOTHING else ""
    if row["is_low_n"]:
        note = f"{note} · {say('low_n')}" if note else say("low_n")
    lines = [_evolution(view, choice, row, figure, against) for against in _evolutions(choice)]
    lines.append((say("target"), Cell(view.quantity(row["target"], unit), figure, "target")))
    lines += [
        (say(gap.removesuffix("_abs")), Cell(view.difference(row[gap], unit), figure, gap)) for gap in _gaps(choice)
    ]
    return markup.card(
        name,
        Cell(view.quantity(row["value"], unit), figure, note=note),
        lines,
        status=_status(view, row),
        spark=spark,
    )


def _status(view: View, row: Mapping[str, Any]) -> str:
    if row["is_on_target"] is None or row["target"] is None:
        return ""
    is_good = bool(row["is_on_target"])
    return markup.status(view.say("on_target" if is_good else "off_target"), is_good=is_good)


def _evolution(view: View, choice: _Choice, row: Mapping[str, Any], figure: Figure, against: str) -> tuple[str, Cell]:
    other = _year_before(choice.month) if against == "year_ago" else _month_before(choice.month)
    relative, signal = row[f"evolution_rel_{against}"], row[f"evolution_signal_{against}"]
    shown = view.quantity(relative, "ratio", is_signed=True)
    if relative is not None and signal:
        shown = f"{shown} · {view.say(signal)}"
    name = view.say(f"versus_{against}", month=view.month(other))
    return name, Cell(shown, figure, f"evolution_rel_{against}", is_quiet=signal == "noise")


def _month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def _year_before(month: date) -> date:
    return month.replace(year=month.year - 1)


def _losses(view: View, choice: _Choice, rows: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Show the losses of each stage, in absolute value and as a share, with the gap to target."""
    say, figures = view.say, []
    stages: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        stages.setdefault(row["stage_id"], {})[row["metric_id"]] = row
    gap = "gap_paced" if choice.is_running else "gap_abs"
    lines: list[list[Cell | str]] = []
    for metrics in stages.values():
        line: list[Cell | str] = [_stage(view, next(iter(metrics.values())))]
        for metric in ("losses_count", "losses_rate", "losses_amount"):
            found = metrics.get(metric)
            figure = figure_of(view, found, _columns_shown(found, choice)) if found else None
            figures += [figure] if figure else []
            columns = [choice.column] if metric == "losses_amount" or choice.is_reported else ["value", "target", gap]
            line += [
                Cell(_shown(view, found, column), figure, column) if found and figure else NOTHING for column in columns
            ]
        lines.append(line)
    more = [] if choice.is_reported else [say("target"), say(gap.removesuffix("_abs"))]
    names = [say("stage"), say("losses_count"), *more, say("losses_rate"), *more, say("losses_amount")]
    st.html(markup.table(say("line_losses_by_stage"), names, lines, is_caption_hidden=True))
    return figures


def _shown(view: View, row: Mapping[str, Any], column: str) -> str:
    if column.startswith("gap"):
        return view.difference(row[column], row["unit"])
    return view.quantity(row[column], row["unit"])


def _forecast(view: View) -> list[Figure]:
    """Show what is expected of the running month and the three after it."""
    say = view.say
    st.header(say("line_order_forecast"), anchor=False, divider="gray")
    rows = read_forecast(view.rows)[: 2 * _MONTHS_AHEAD]
    if not rows:
        st.info(say("forecast_none"))
        return []
    figures = []
    metrics: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        metrics.setdefault(row["metric_id"], []).append(row)
    for place, months in zip(st.columns(2), metrics.values(), strict=False):
        first = months[0]
        shown = ("value", "ci_low", "ci_high", "target", "gap_projected")
        of_metric = [figure_of(view, row, [name for name in shown if row[name] is not None]) for row in months]
        with place, st.container(border=True):
            st.html(_forecast_card(view, months, of_metric))
            st.caption(
                say(
                    "forecast_model",
                    model=say.name(MODELS, first["model_name"]),
                    why=say.name(WHY, first["forecast_label"]),
                )
            )
            _explain_button(view, of_metric[0])
        figures += of_metric
    return figures


def _forecast_card(view: View, months: Sequence[Mapping[str, Any]], figures: Sequence[Figure]) -> str:
    say, first, unit = view.say, months[0], months[0]["unit"]
    interval = view.interval(first, unit)
    note = say("forecast_interval", interval=interval) if interval != NOTHING else ""
    lines = [
        (say("target"), Cell(view.quantity(first["target"], unit), figures[0], "target")),
        (
            say("gap_projected"),
            Cell(view.difference(first["gap_projected"], unit), figures[0], "gap_projected"),
        ),
    ]
    for row, figure in zip(months[1:], figures[1:], strict=True):
        between = view.interval(row, unit)
        lines.append(
            (
                view.month(row["month"]),
                Cell(view.quantity(row["value"], unit), figure, note="" if between == NOTHING else between),
            )
        )
    title = say("forecast_of", metric=view.label(first), month=view.month(first["month"]))
    return markup.card(title, Cell(view.quantity(first["value"], unit), figures[0], note=note), lines)
