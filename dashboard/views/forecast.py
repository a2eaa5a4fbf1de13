"""*Forecast*: what is expected, how sure that is, what it is made of, and how near it has been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from dashboard.lib import charts, filters, markup
from dashboard.lib.figures import Figure, kpi_figure
from dashboard.lib.format import NOTHING
from dashboard.lib.markup import Cell
from dashboard.lib.page import View, show_chart, show_csv, show_origins
from dashboard.lib.texts import MODELS, WHY, Pair
from dashboard.queries import forecast as queries
from dashboard.queries.board import read_forecast

TEXTS: Final[dict[str, Pair]] = {
    "forecast_title": ("Order forecast as of {day}", "Prévision de commandes au {day}"),
    "forecast_empty": ("There is no order forecast yet.", "Il n’y a pas encore de prévision de commandes."),
    "measure": ("Measure", "Mesure"),
    "measure_orders_count": ("Orders", "Commandes"),
    "measure_orders_amount": ("Order amount", "Montant"),
    "fan_title": ("What came and what is expected, by month", "Ce qui est venu et ce qui est attendu, par mois"),
    "fan_note": (
        (
            "Line: orders of the months that are over. Bands, from dark to light: the month falls into them with 50, "
            "80 and 95% probability."
        ),
        (
            "Ligne~: commandes des mois terminés. Bandes, du foncé au clair~: le mois y tombe avec 50, 80 et 95~% de "
            "probabilité."
        ),
    ),
    "actual": ("actual", "réalisé"),
    "expected": ("Expected", "Attendu"),
    "model_line": ("{months}: {model}; {why}.", "{months}~: {model}~; {why}."),
    "model_title": ("Which model is shown", "Quel modèle est affiché"),
    "month_column": ("Month", "Mois"),
    "interval_50": ("50%", "50~%"),
    "interval_80": ("80%", "80~%"),
    "interval_95": ("95%", "95~%"),
    "already": ("Already there", "Déjà acquis"),
    "to_come": ("To come, median", "À venir, médiane"),
    "gap_projected": ("Projected gap", "Écart projeté"),
    "noise_level": ("Noise of chance alone", "Bruit du seul hasard"),
    "noise_note": (
        (
            "Noise: what chance alone does to what is still to come (standard deviation). No forecast can be nearer "
            "than that."
        ),
        (
            "Bruit~: l’effet du seul hasard sur ce qui est encore à venir (écart-type). Aucune prévision ne peut être "
            "plus juste."
        ),
    ),
    "parts_title": ("What the expected orders are made of", "De quoi sont faites les commandes attendues"),
    "part_actual": ("Already there", "Déjà acquis"),
    "part_existing": ("Open leads and deals", "Leads et affaires ouverts"),
    "part_future": ("Leads still to come", "Leads à venir"),
    "part": ("Part", "Part"),
    "error_title": ("How far off each model has been (WAPE)", "L’erreur de chaque modèle jusqu’ici (WAPE)"),
    "error_note": (
        "Sum of errors over sum of actuals, origins of the last twelve months: lower is better.",
        "Somme des erreurs sur somme du réalisé, origines des douze derniers mois~: plus bas est mieux.",
    ),
    "horizon": ("Horizon", "Horizon"),
    "horizon_rest_of_month": ("Rest of the month", "Fin du mois"),
    "horizon_m1": ("Next month", "Mois suivant"),
    "horizon_m2": ("In two months", "Dans deux mois"),
    "horizon_m3": ("In three months", "Dans trois mois"),
    "model": ("Model", "Modèle"),
    "error": ("Error (WAPE)", "Erreur (WAPE)"),
    "coverage_title": ("How often the 80% interval held", "L’intervalle à 80~% a-t-il tenu~?"),
    "coverage_note": (
        "Share of past months whose orders fell into the interval; dashed line: the 80% that it promises.",
        "Part des mois passés dont les commandes sont tombées dans l’intervalle~; trait pointillé~: les 80~% promis.",
    ),
    "coverage": ("Held", "Tenu"),
    "past_title": (
        "What was said a month ahead, and what came",
        "Ce qui était prévu un mois avant, et ce qui est venu",
    ),
    "past_note": (
        "Line: actual orders; bands: what the model said at the end of the month before.",
        "Ligne~: commandes réalisées~; bandes~: ce que le modèle disait à la fin du mois précédent.",
    ),
    "came": ("Came", "Venu"),
}
MEASURES: Final = ("orders_count", "orders_amount")
_SUFFIX: Final = {"orders_count": "", "orders_amount": "_amount"}
_METRIC: Final = {"orders_count": "orders_forecast_count", "orders_amount": "orders_forecast_amount"}
_QUANTILES: Final = ("p025", "p10", "p25", "p75", "p90", "p975")


def render(view: View) -> None:
    """Show the forecast of the measure that the reader chose."""
    view = view.also(TEXTS)
    say = view.say
    st.title(say("forecast_title", day=view.day(view.data.publication.as_of)), anchor=False)
    measure = filters.choose(
        "measure", MEASURES, label=say("measure"), shown=lambda code: say(f"measure_{code}"), is_flat=True
    )
    shown = [row for row in read_forecast(view.rows) if row["metric_id"] == _METRIC[measure]]
    if not shown:
        st.info(say("forecast_empty"))
        return
    figures = _expected(view, measure, shown)
    _models(view, shown)
    figures += _parts(view, measure)
    st.divider()
    left, right = st.columns(2)
    with left:
        figures += _errors(view, measure)
    with right:
        figures += _coverage(view, measure)
    _past(view, measure, str(shown[-1]["model_name"]))
    rows = queries.read_expected(view.rows, measure)
    if rows:
        show_csv(view, f"pilotage_forecast_{measure}", rows, list(rows[0]))
    show_origins(view, figures)


def _unit(shown: Sequence[Mapping[str, Any]]) -> str:
    return str(shown[0]["unit"])


def _expected(view: View, measure: str, shown: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Show the fan: months that are over, and 50, 80 and 95 % intervals of those to come."""
    say, unit = view.say, _unit(shown)
    quantiles = {row["month_start_date"]: row for row in queries.read_expected(view.rows, measure)}
    actuals = queries.read_actuals(view.rows, measure)
    bands: list[charts.Band] = []
    lines: list[list[Cell | str]] = []
    figures: list[Figure] = []
    for row in shown:
        month = quantiles.get(row["month"])
        kpi = _kpi_figure(view, row)
        figures.append(kpi)
        # Of a running month what is there already comes on top of what may come.
        ends = {name: _on_top(month, name) for name in _QUANTILES}
        if month is not None:
            bands.append(charts.Band(row["month"], row["value"], view.quantity(row["value"], unit), **ends))
            figures.append(_quantile_figure(view, month, unit))
        lines.append(_month_line(view, row, kpi, ends, unit))
    if not bands:
        st.info(say("forecast_empty"))
        return figures
    names = ["month_column", "expected", "interval_50", "interval_80", "interval_95", "target", "gap_projected",
             "noise_level"]  # fmt: skip
    table = markup.table(say("fan_title"), [say(name) for name in names], lines, is_caption_hidden=True)
    points = [charts.Point(row["period_start"], row["value"], view.quantity(row["value"], unit)) for row in actuals]
    targets = [
        charts.Point(month, value, view.quantity(value, unit))
        for month, value in [
            *((row["period_start"], row["target"]) for row in actuals),
            *((row["month"], row["target"]) for row in shown),
        ]
        if value is not None
    ]
    chart = view.draw(
        charts.fan,
        points,
        bands,
        target=targets,
        words={"actual": say("actual"), "target": say("target").lower()},
    )
    show_chart(view, say("fan_title"), chart, table, note=say("fan_note"))
    st.caption(say("noise_note"))
    return figures


def _on_top(month: Mapping[str, Any] | None, quantile: str) -> float | None:
    if month is None or month[quantile] is None:
        return None
    return float(month["actual_to_date"] or 0) + float(month[quantile])


def _month_line(
    view: View, row: Mapping[str, Any], figure: Figure, ends: Mapping[str, float | None], unit: str
) -> list[Cell | str]:
    between = [
        view.interval({"ci_low": ends[low], "ci_high": ends[high]}, unit)
        for low, high in (("p25", "p75"), ("p10", "p90"), ("p025", "p975"))
    ]
    noise = NOTHING if row["noise_level"] is None else f"± {view.quantity(row['noise_level'], 'ratio')}"
    return [
        view.month(row["month"]),
        Cell(view.quantity(row["value"], unit), figure),
        *between,
        Cell(view.quantity(row["target"], unit), figure, "target"),
        Cell(view.difference(row["gap_projected"], unit), figure, "gap_projected"),
        noise,
    ]


def _kpi_figure(view: View, row: Mapping[str, Any]) -> Figure:
    key = {
        **row,
        "period_grain": "month",
        "period_start": row["month"],
        "dimension_name": "total",
        "dimension_value": "all",
        "window_days": 0,
        "as_of": view.data.publication.as_of,
    }
    columns = [name for name in ("value", "ci_low", "ci_high", "target", "gap_projected") if row[name] is not None]
    return kpi_figure(f"{view.label(row)}, {view.month(row['month'])}", key, columns)


def _quantile_figure(view: View, row: Mapping[str, Any], unit: str) -> Figure:
    say = view.say
    return Figure(
        label=f"{say('measure_' + row['measure'])}, {say('to_come')}, {view.month(row['month_start_date'])}",
        table="fct_order_forecast",
        key=tuple((column, row[column]) for column in queries.KEY),
        columns=("expected", "p025", "p10", "p25", "p50", "p75", "p90", "p975", "actual_to_date", "noise_level"),
        row=row,
        unit=unit,
        metric_id=_METRIC[row["measure"]],
    )


def _models(view: View, shown: Sequence[Mapping[str, Any]]) -> None:
    """Say which model each month comes from, and why not a better one."""
    say = view.say
    st.subheader(say("model_title"), anchor=False)
    months: dict[tuple[str, str], list[str]] = {}
    for row in shown:
        months.setdefault((row["model_name"], row["forecast_label"]), []).append(view.month(row["month"]))
    for (model, label), names in months.items():
        text = say("model_line", months=", ".join(names), model=say.name(MODELS, model), why=say.name(WHY, label))
        st.markdown(text)


def _parts(view: View, measure: str) -> list[Figure]:
    """Show what exists against what is still to come."""
    say = view.say
    rows = queries.read_parts(view.rows, _METRIC[measure])
    if not rows:
        return []
    names = [say(f"part_{part}") for part in ("actual", "existing", "future")]
    figures: list[Figure] = []
    lines: list[list[Cell | str]] = []
    values: list[dict[str, Any]] = []
    for row in rows:
        part, month = say(f"part_{row['dimension_value']}"), view.month(row["period_start"])
        figure = kpi_figure(f"{part}, {month}", row)
        figures.append(figure)
        shown = view.quantity(row["value"], row["unit"])
        lines.append([f"{month}: {part}", Cell(shown, figure)])
        values.append({"label": month, "part": part, "value": row["value"] or 0, "shown": shown})
    present = [name for name in names if any(value["part"] == name for value in values)]
    table = markup.table(say("parts_title"), [say("part"), say("value")], lines, is_caption_hidden=True)
    chart = view.draw(charts.parts, values, present)
    show_chart(view, say("parts_title"), chart, table)
    return figures


def _errors(view: View, measure: str) -> list[Figure]:
    """Show how far off each model has been at the horizon that the reader chose."""
    say = view.say
    rows = queries.read_accuracy(view.rows, f"forecast_wape{_SUFFIX[measure]}")
    known = [row for row in rows if row["value"] is not None]
    if not known:
        st.subheader(say("error_title"), anchor=False)
        st.caption(say("too_early"))
        return []
    horizons = [name for name in queries.HORIZONS if any(_horizon(row) == name for row in known)]
    horizon = filters.choose(
        "horizon",
        horizons,
        label=say("horizon"),
        shown=lambda code: say(f"horizon_{code}"),
        default="m1",
    )
    figures: list[Figure] = []
    lines: list[list[Cell | str]] = []
    marks: list[charts.Mark] = []
    for row in known:
        model = say.name(MODELS, row["dimension_value"])
        where = say(f"horizon_{_horizon(row)}")
        figure = kpi_figure(f"{say('error')}: {model}, {where}", row)
        figures.append(figure)
        shown = view.quantity(row["value"], "ratio")
        lines.append([f"{where}: {model}", Cell(shown, figure)])
        if _horizon(row) == horizon:
            marks.append(charts.Mark(model, row["value"], shown))
    table = markup.table(say("error_title"), [say("model"), say("error")], lines, is_caption_hidden=True)
    chart = view.draw(charts.bars, marks, is_ratio=True)
    show_chart(view, say("error_title"), chart, table, note=say("error_note"))
    return figures


def _horizon(row: Mapping[str, Any]) -> str:
    return str(row["dimension_name"]).partition(":")[2]


def _coverage(view: View, measure: str) -> list[Figure]:
    """Show how often the 80 % interval held, by horizon, of the model that has one."""
    say = view.say
    rows = [
        row
        for row in queries.read_accuracy(view.rows, f"forecast_coverage_80{_SUFFIX[measure]}")
        if row["value"] is not None
    ]
    if not rows:
        st.subheader(say("coverage_title"), anchor=False)
        st.caption(say("too_early"))
        return []
    figures: list[Figure] = []
    lines: list[list[Cell | str]] = []
    marks: list[charts.Mark] = []
    for row in rows:
        horizon = say(f"horizon_{_horizon(row)}")
        model = say.name(MODELS, row["dimension_value"])
        figure = kpi_figure(f"{say('coverage_title')}: {horizon}, {model}", row, ("value", "ci_low", "ci_high"))
        figures.append(figure)
        shown = view.quantity(row["value"], "ratio")
        lines.append([f"{horizon}: {model}", Cell(shown, figure), view.interval(row, "ratio")])
        marks.append(charts.Mark(horizon, row["value"], shown, row["ci_low"], row["ci_high"]))
    names = [say("horizon"), say("coverage"), say("interval")]
    table = markup.table(say("coverage_title"), names, lines, is_caption_hidden=True)
    chart = view.draw(charts.dots, marks, is_ratio=True, reference=0.8)
    show_chart(view, say("coverage_title"), chart, table, note=say("coverage_note"))
    return figures


def _past(view: View, measure: str, model: str) -> None:
    """Show what the model said a month ahead of past months, and what came."""
    say = view.say
    rows = queries.read_past(view.rows, measure=measure, horizon="m1", model_name=model)
    if not rows:
        return
    unit = str(
        view.rows("select unit from marts.kpi_catalog where metric_id = $metric", metric=_METRIC[measure])[0]["unit"]
    )
    bands = [
        charts.Band(
            row["month_start_date"],
            row["expected"],
            "",
            **{name: row[name] for name in _QUANTILES},
        )
        for row in rows
    ]
    points = [charts.Point(row["month_start_date"], row["actual"], view.quantity(row["actual"], unit)) for row in rows]
    lines: list[list[Cell | str]] = []
    for row in rows:
        key = (("forecast_backtest_id", row["forecast_backtest_id"]),)
        figure = Figure(view.month(row["month_start_date"]), "fct_forecast_backtest", key, ("expected",), row, unit)
        lines.append(
            [
                view.month(row["month_start_date"]),
                Cell(view.quantity(row["expected"], unit), figure, "expected"),
                view.interval(row, unit, "p10", "p90"),
                Cell(view.quantity(row["actual"], unit), figure, "actual"),
            ]
        )
    names = [say(name) for name in ("month_column", "expected", "interval_80", "came")]
    table = markup.table(say("past_title"), names, lines, is_caption_hidden=True)
    chart = view.draw(charts.fan, points, bands, words={"actual": say("actual")})
    show_chart(view, say("past_title"), chart, table, note=say("past_note"))
