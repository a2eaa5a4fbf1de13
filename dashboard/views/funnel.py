"""*Funnel*: from audience to order by cohort month, channel, owner, region and campaign, on each of three bases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final

import streamlit as st

from dashboard.lib import charts, filters, markup
from dashboard.lib.figures import Figure, kpi_figure
from dashboard.lib.format import NOTHING, number
from dashboard.lib.markup import Cell
from dashboard.lib.page import View, show_chart, show_csv, show_origins
from dashboard.lib.texts import AUDIENCES, Pair
from dashboard.queries import funnel as queries
from dashboard.queries.board import read_conversions, read_last_complete_month

TEXTS: Final[dict[str, Pair]] = {
    "funnel_title": ("Funnel, cohort of {month}", "Entonnoir, cohorte de {month}"),
    "funnel_title_period": ("Funnel, events of {month}", "Entonnoir, événements de {month}"),
    "funnel_empty": ("The published funnel has no month yet.", "L’entonnoir publié n’a encore aucun mois."),
    "cohort": ("Cohort month", "Mois de la cohorte"),
    "basis_short_period": ("Period", "Période"),
    "basis_short_cohort_window": ("Cohort, plain", "Cohorte, simple"),
    "basis_short_cohort_aj": ("Cohort, Aalen-Johansen", "Cohorte, Aalen-Johansen"),
    "dimension": ("Divided by", "Ventilation"),
    "dimension_total": ("Nothing: the total", "Aucune~: le total"),
    "dimension_campaign": ("Campaign", "Campagne"),
    "dimension_audience_type": ("Kind of audience", "Type d’audience"),
    "dimension_channel": ("Channel", "Canal"),
    "dimension_owner": ("Owner", "Commercial"),
    "dimension_region": ("Region", "Région"),
    "dimension_value": ("Of which", "Valeur"),
    "unfinished": (
        (
            "This cohort has not had its whole window yet. Counts are those so far (dashed), and a share that cannot "
            "be known yet is left out."
        ),
        (
            "Cette cohorte n’a pas encore eu toute sa fenêtre. Les effectifs sont ceux à ce jour (en pointillé), et "
            "une part qui ne peut pas encore être connue est omise."
        ),
    ),
    "funnel_audience": ("Audience to lead", "De l’audience au lead"),
    "funnel_lead": ("Lead to order", "Du lead à la commande"),
    "funnel_deal": ("Deals, stage by stage ({pipeline})", "Affaires, étape par étape ({pipeline})"),
    "step_audience": ("Audience", "Audience"),
    "step_lead": ("Lead", "Lead"),
    "step_mql": ("MQL", "MQL"),
    "step_sql": ("SQL", "SQL"),
    "step_opportunity": ("Opportunity", "Opportunité"),
    "step_order": ("Order", "Commande"),
    "counts": ("How many reach each step", "Combien atteignent chaque étape"),
    "shares": ("Which share goes on to the next step", "Quelle part passe à l’étape suivante"),
    "entered": ("Reached", "Arrivés"),
    "went_on": ("Went on", "Ont continué"),
    "to_next": ("To the next step", "Vers l’étape suivante"),
    "from_start": ("From the start", "Depuis le début"),
    "so_far": ("so far", "à ce jour"),
    "course_title": ("How one step has gone, cohort by cohort", "L’évolution d’une étape, cohorte par cohorte"),
    "course_step": ("Step", "Étape"),
    "course_note": (
        "Line: share that goes on; band: 95% interval; hollow points: cohorts that have not had the whole window.",
        "Ligne~: part qui continue~; bande~: intervalle à 95~%~; points creux~: cohortes sans toute leur fenêtre.",
    ),
    "from_to": ("{start} to {end}", "{start} → {end}"),
    "conversions_title": ("The three conversions", "Les trois conversions"),
    "window": ("Within", "Sous"),
    "window_month": ("month", "mois"),
    "window_days": ("{days} days", "{days} jours"),
    "fiscal_year": ("Fiscal year", "Exercice"),
    "campaigns_title": ("Campaigns of the month", "Campagnes du mois"),
    "campaign": ("Campaign", "Campagne"),
    "campaign_none": ("No campaign", "Sans campagne"),
    "campaigns_empty": ("No campaign brought leads in this month.", "Aucune campagne n’a apporté de leads ce mois-ci."),
    "csv_funnel": ("Funnel", "Entonnoir"),
}
BASES: Final = ("cohort_aj", "cohort_window", "period")
_DIMENSIONS: Final = ("total", "channel", "campaign", "audience_type", "owner", "region")
_METRICS: Final = {"audience": "kpi1_lead_rate", "mql": "kpi2_sql_rate"}
"""Metric that defines what is shown of a step, where kpi_catalog has one."""
_COUNT_CAMPAIGNS: Final = 20


def render(view: View) -> None:
    """Show the funnels of the cohort, basis and dimension that the reader chose."""
    view = view.also(TEXTS)
    say = view.say
    months = queries.read_cohorts(view.rows)
    if not months:
        st.title(say("navigation_funnel"), anchor=False)
        st.info(say("funnel_empty"))
        return
    title = st.empty()
    month, basis, dimension, value = _choice(view, months)
    name = "funnel_title_period" if basis == "period" else "funnel_title"
    title.title(say(name, month=view.month(month)), anchor=False)
    st.caption(say(f"basis_{basis}"))
    funnels = queries.read_steps(view.rows, month=month, basis=basis, dimension_name=dimension, dimension_value=value)
    if not funnels:
        st.info(say("no_rows"))
    if any(_is_unfinished(row) for steps in funnels.values() for row in steps):
        st.info(say("unfinished"), icon=":material/hourglass_top:")
    figures: list[Figure] = []
    for funnel_name, steps in funnels.items():
        figures += _funnel(view, funnel_name, steps)
    if funnels:
        figures += _course(view, funnels, basis, dimension, value)
    figures += _conversions(view, month)
    figures += _campaigns(view, month, basis)
    rows = [row for steps in funnels.values() for row in steps]
    if rows:
        show_csv(view, f"pilotage_funnel_{month:%Y-%m}", rows, [name for name in rows[0] if "label" not in name])
    show_origins(view, figures)


def _choice(view: View, months: Sequence[date]) -> tuple[date, str, str, str]:
    say = view.say
    first, second, third, fourth = st.columns(4)
    basis = filters.choose(
        "basis", BASES, label=say("basis"), shown=lambda code: say(f"basis_short_{code}"), where=second
    )
    default = (
        queries.read_newest_known_cohort(view.rows, basis)
        or read_last_complete_month(view.rows, view.data.publication.as_of)
        or months[0]
    )
    code = filters.choose(
        "cohort",
        [f"{month:%Y-%m}" for month in months],
        label=say("cohort"),
        shown=lambda code: view.month(date.fromisoformat(f"{code}-01")),
        default=f"{default:%Y-%m}",
        where=first,
    )
    found = queries.read_dimensions(view.rows)
    dimension = filters.choose(
        "by",
        [name for name in _DIMENSIONS if name in found],
        label=say("dimension"),
        shown=lambda name: say(f"dimension_{name}"),
        where=third,
    )
    month, values = date.fromisoformat(f"{code}-01"), found[dimension]
    value = values[0]
    if dimension != "total":
        value = filters.choose(
            dimension,
            values,
            label=say("dimension_value"),
            shown=lambda code: _value(view, dimension, code),
            # A campaign has had its month: the first by name may have nobody in this one.
            default=queries.read_largest(view.rows, month=month, basis=basis, dimension_name=dimension),
            where=fourth,
        )
    return month, basis, dimension, value


def _value(view: View, dimension: str, code: str) -> str:
    if dimension == "audience_type":
        return view.say.name(AUDIENCES, code)
    return view.say("campaign_none") if (dimension, code) == ("campaign", "none") else code


def _is_unfinished(row: Mapping[str, Any]) -> bool:
    return not row["is_complete"] or (row["basis"] != "period" and not row["is_mature"])


def _step(view: View, row: Mapping[str, Any]) -> str:
    key = f"step_{row['step_name']}"
    return view.say(key) if key in TEXTS else str(row.get(f"step_label_{view.language}", row["step_name"]))


def _figure(view: View, row: Mapping[str, Any], name: str) -> Figure:
    columns = ("count_entered", "count_reached", "conversion_to_next", "to_next_ci_low", "to_next_ci_high",
               "conversion_from_start", "from_start_ci_low", "from_start_ci_high")  # fmt: skip
    metric = "kpi3_stage_conversion" if row["funnel_name"].startswith("deal:") else _METRICS.get(row["step_name"])
    return Figure(
        label=f"{name}, {view.month(row['cohort_month'])}",
        table="kpi_funnel",
        key=tuple((column, row[column]) for column in queries.KEY),
        columns=tuple(column for column in columns if row[column] is not None),
        row=row,
        unit="ratio",
        metric_id=metric,
    )


def _funnel_name(view: View, funnel_name: str) -> str:
    kind, _, pipeline = funnel_name.partition(":")
    return view.say(f"funnel_{kind}", pipeline=pipeline)


def _funnel(view: View, funnel_name: str, steps: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Show the counts and the shares of one funnel, and both as one table."""
    say = view.say
    title = _funnel_name(view, funnel_name)
    st.header(title, anchor=False, divider="gray")
    names = [_step(view, row) for row in steps]
    figures = [_figure(view, row, f"{title}: {name}") for row, name in zip(steps, names, strict=True)]
    counts = [
        charts.Mark(
            label=name,
            value=row["count_entered"],
            shown=number(row["count_entered"], view.language)
            + (f" ({say('so_far')})" if _is_unfinished(row) and place else ""),
            is_unfinished=_is_unfinished(row) and place > 0,
        )
        for place, (row, name) in enumerate(zip(steps, names, strict=True))
    ]
    shares = [
        charts.Mark(
            label=say("from_to", start=name, end=names[place + 1]),
            value=row["conversion_to_next"],
            shown=say("too_early")
            if row["conversion_to_next"] is None
            else view.quantity(row["conversion_to_next"], "ratio"),
            low=row["to_next_ci_low"],
            high=row["to_next_ci_high"],
            is_unfinished=_is_unfinished(row),
        )
        for place, (row, name) in enumerate(zip(steps[:-1], names[:-1], strict=True))
    ]
    table = _table(view, title, steps, names, figures)
    left, right = st.columns(2)
    with left:
        show_chart(view, say("counts"), view.draw(charts.bars, counts), table)
    with right:
        known = [mark for mark in shares if mark.value is not None]
        if known:
            chart = view.draw(charts.dots, known, is_ratio=True)
            show_chart(view, say("shares"), chart, _shares_table(view, say("shares"), shares))
        else:
            st.subheader(say("shares"), anchor=False)
            st.caption(say("too_early"))
    return figures


def _shares_table(view: View, caption: str, marks: Sequence[charts.Mark]) -> str:
    say = view.say
    interval = [view.interval({"ci_low": mark.low, "ci_high": mark.high}, "ratio") for mark in marks]
    rows = [[mark.label, mark.shown, between] for mark, between in zip(marks, interval, strict=True)]
    return markup.table(caption, [say("step"), say("to_next"), say("interval")], rows, is_caption_hidden=True)


def _table(
    view: View,
    title: str,
    steps: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    figures: Sequence[Figure],
) -> str:
    say = view.say
    lines: list[list[Cell | str]] = []
    for row, name, figure in zip(steps, names, figures, strict=True):
        is_last = row is steps[-1]
        to_next = view.interval(row, "ratio", "to_next_ci_low", "to_next_ci_high")
        start = view.interval(row, "ratio", "from_start_ci_low", "from_start_ci_high")
        lines.append(
            [
                name,
                Cell(number(row["count_entered"], view.language), figure, "count_entered"),
                Cell(number(row["count_reached"], view.language), figure, "count_reached"),
                NOTHING
                if is_last
                else Cell(
                    _share(view, row["conversion_to_next"]),
                    figure,
                    "conversion_to_next",
                    note="" if to_next == NOTHING else to_next,
                ),
                NOTHING
                if row is steps[0]
                else Cell(
                    _share(view, row["conversion_from_start"]),
                    figure,
                    "conversion_from_start",
                    note="" if start == NOTHING else start,
                ),
                say("low_n") if row["is_low_n"] else "",
            ]
        )
    columns = [say("step"), say("entered"), say("went_on"), say("to_next"), say("from_start"), say("cases")]
    return markup.table(title, columns, lines, is_caption_hidden=True)


def _share(view: View, value: float | None) -> str:
    return view.say("too_early") if value is None else view.quantity(value, "ratio")


def _course(
    view: View,
    funnels: Mapping[str, Sequence[Mapping[str, Any]]],
    basis: str,
    dimension: str,
    value: str,
) -> list[Figure]:
    """Show one step over the cohorts."""
    say = view.say
    steps = {
        f"{funnel_name}.{row['step_number']}": (row, following)
        for funnel_name, rows in funnels.items()
        for row, following in pairwise(rows)
    }

    def shown(code: str) -> str:
        row, following = steps[code]
        return say("from_to", start=_step(view, row), end=_step(view, following))

    st.header(say("course_title"), anchor=False, divider="gray")
    default = next((code for code in steps if code == "lead.1"), None)
    code = filters.choose("step", list(steps), label=say("course_step"), shown=shown, default=default)
    row, _ = steps[code]
    course = queries.read_course(
        view.rows,
        funnel_name=row["funnel_name"],
        step_number=row["step_number"],
        basis=basis,
        dimension_name=dimension,
        dimension_value=value,
    )
    points = [
        charts.Point(
            month["cohort_month"],
            month["conversion_to_next"],
            _share(view, month["conversion_to_next"]),
            month["to_next_ci_low"],
            month["to_next_ci_high"],
            _is_unfinished(month),
        )
        for month in course
    ]
    figures = [_figure(view, month, shown(code)) for month in course]
    lines: list[list[Cell | str]] = [
        [
            view.month(month["cohort_month"]),
            Cell(number(month["count_entered"], view.language), figure, "count_entered"),
            Cell(_share(view, month["conversion_to_next"]), figure, "conversion_to_next"),
            view.interval(month, "ratio", "to_next_ci_low", "to_next_ci_high"),
        ]
        for month, figure in zip(course, figures, strict=True)
    ]
    columns = [say("cohort"), say("entered"), say("to_next"), say("interval")]
    table = markup.table(shown(code), columns, lines, is_caption_hidden=True)
    chart = view.draw(charts.trend, points, is_ratio=True)
    show_chart(view, shown(code), chart, table, note=say("course_note"))
    return []


def _conversions(view: View, month: date) -> list[Figure]:
    """Show KPI 1 to 3 of the month and of its fiscal year."""
    say = view.say
    found = read_conversions(view.rows, month)
    if not found:
        return []
    st.header(say("conversions_title"), anchor=False, divider="gray")
    figures: list[Figure] = []
    lines: list[list[Cell | str]] = []
    for row in found:
        name = f"{view.label(row)}, {view.label(row, 'dimension_label')}"
        window = say("window_days", days=row["window_days"]) if row["window_days"] else say("window_month")
        key = {**row, "as_of": view.data.publication.as_of, "unit": "ratio"}
        of_month = {
            **key,
            "period_grain": "month",
            "period_start": month,
            "value": row["value_month"],
            "ci_low": row["ci_low_month"],
            "ci_high": row["ci_high_month"],
            "denominator": row["denominator_month"],
        }
        of_year = {**key, "period_grain": "fiscal_year", "period_start": row["fiscal_year"]}
        of_year |= {"value": row["value_fiscal_year"]}
        cells: list[Cell | str] = [name, window]
        for period, label in ((of_month, view.month(month)), (of_year, say("fiscal_year"))):
            if period["period_start"] is None:
                cells += [NOTHING, NOTHING]
                continue
            figure = kpi_figure(f"{name}, {label}", period, ("value", "ci_low", "ci_high", "denominator"))
            figures.append(figure)
            between = view.interval(period, "ratio")
            cells += [
                Cell(_share(view, period["value"]), figure, note="" if between == NOTHING else between),
                Cell(number(period["denominator"], view.language), figure, "denominator"),
            ]
        lines.append([*cells, view.quantity(row["target"], "ratio")])
    names = ["KPI", say("window"), view.month(month), say("cases"), say("fiscal_year"), say("cases"), say("target")]
    st.html(markup.table(say("conversions_title"), names, lines, is_caption_hidden=True))
    return figures


def _campaigns(view: View, month: date, basis: str) -> list[Figure]:
    """Show what each campaign of the month brought."""
    say = view.say
    campaigns = queries.read_campaigns(view.rows, month=month, basis=basis)
    st.header(say("campaigns_title"), anchor=False, divider="gray")
    if not campaigns:
        st.info(say("campaigns_empty"))
        return []
    figures: list[Figure] = []
    lines: list[list[Cell | str]] = []
    metrics = ("new_leads", "mqls", "sqls", "kpi2_sql_rate")
    labels: dict[str, str] = {}
    for code, found in list(campaigns.items())[:_COUNT_CAMPAIGNS]:
        name = say("campaign_none") if code == "none" else next(iter(found.values()))["campaign_name"]
        line: list[Cell | str] = [name]
        for metric in metrics:
            row = found.get(metric)
            if row is None:
                line.append(NOTHING)
                continue
            labels[metric] = view.label(row)
            figure = kpi_figure(f"{name}: {view.label(row)}", row, ("value", "ci_low", "ci_high"))
            figures.append(figure)
            between = view.interval(row, row["unit"]) if row["unit"] == "ratio" else NOTHING
            shown = _share(view, row["value"]) if row["unit"] == "ratio" else view.quantity(row["value"], row["unit"])
            line.append(Cell(shown, figure, note="" if between == NOTHING else between))
        lines.append(line)
    columns = [say("campaign"), *(labels.get(metric, metric) for metric in metrics)]
    st.html(markup.table(say("campaigns_title"), columns, lines, is_caption_hidden=True))
    return figures
