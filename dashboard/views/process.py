"""*Process*: which stages and milestones are hard or slow, what is lost where and why, and whether rules are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import streamlit as st

from dashboard.lib import charts, filters, markup
from dashboard.lib.figures import Figure, kpi_figure
from dashboard.lib.format import NOTHING, RATE_POINTS, number
from dashboard.lib.markup import Cell
from dashboard.lib.page import View, show_chart, show_csv, show_origins
from dashboard.lib.texts import Pair
from dashboard.queries import process as queries

TEXTS: Final[dict[str, Pair]] = {
    "process_title": ("Sales process, {period}", "Processus de vente, {period}"),
    "process_empty": ("The published process has no period yet.", "Le processus publié n’a encore aucune période."),
    "grain": ("Period by", "Période par"),
    "grain_month": ("Month", "Mois"),
    "grain_quarter": ("Quarter", "Trimestre"),
    "grain_fiscal_year": ("Fiscal year", "Exercice"),
    "period": ("Period", "Période"),
    "quarter_from": ("quarter from {month}", "trimestre à partir de {month}"),
    "year_from": ("year from {month}", "exercice à partir de {month}"),
    "hard_title": ("Hard: which share goes on to the next stage", "Difficile~: quelle part passe à l’étape suivante"),
    "hard_note": (
        "Aalen-Johansen, by deals that first reached the stage in the period; line: 95% interval.",
        "Aalen-Johansen, affaires arrivées à l’étape dans la période~; trait~: intervalle à 95~%.",
    ),
    "slow_title": ("Slow: days that a stage adds", "Lent~: jours qu’une étape ajoute"),
    "slow_note": (
        "Mean days to advance of those that do within the window.",
        "Délai moyen de ceux qui avancent dans la fenêtre.",
    ),
    "lost_title": ("Bottleneck: order value lost at a stage", "Goulot~: valeur de commande perdue à une étape"),
    "lost_note": (
        "Amount lost at the stage x share of deals at the next stage that are won in the end.",
        "Montant perdu à l’étape x part des affaires de l’étape suivante gagnées à la fin.",
    ),
    "stages_table": ("Stages in figures", "Les étapes en chiffres"),
    "stage_column": ("Stage", "Étape"),
    "milestone_column": ("Milestone", "Jalon"),
    "entered": ("Entered", "Arrivées"),
    "goes_on": ("Goes on", "Continue"),
    "median_days": ("Median days", "Jours, médiane"),
    "p75_days": ("Third quartile", "Troisième quartile"),
    "days_added": ("Days added", "Jours ajoutés"),
    "open_visits": ("Open", "Ouvertes"),
    "stalled_visits": ("Stalled", "Enlisées"),
    "value_lost": ("Order value lost", "Valeur perdue"),
    "milestones_title": ("Milestones: which share is validated", "Jalons~: quelle part est validée"),
    "milestones_note": (
        "Share of the deals that reached the stage and validated the milestone within the window; line: 95% interval.",
        "Part des affaires arrivées à l’étape qui valident le jalon dans la fenêtre~; trait~: intervalle à 95~%.",
    ),
    "pass_rate": ("Validated", "Validés"),
    "losses_title": ("Losses, stage by stage", "Pertes, étape par étape"),
    "losses_deals": ("Lost deals", "Affaires perdues"),
    "reasons_title": ("Why deals are lost", "Pourquoi les affaires sont perdues"),
    "reason": ("Reason", "Motif"),
    "share": ("Share of all losses", "Part dans les pertes"),
    "no_losses": ("No deal was lost in this period.", "Aucune affaire perdue dans cette période."),
    "rules_title": ("Are the rules of the process kept?", "Les règles du processus sont-elles tenues~?"),
    "rules_note": (
        "Share of the cases in which it is known; what is not known stands apart and is no violation.",
        "Part des cas où on le sait~; ce qu’on ne sait pas est à part et n’est pas une infraction.",
    ),
    "rule": ("Rule", "Règle"),
    "bant_title": ("Is BANT known when a stage is left?", "Le BANT est-il connu quand on quitte une étape~?"),
    "bant_budget": ("Budget", "Budget"),
    "bant_authority": ("Authority", "Autorité"),
    "bant_need": ("Need", "Besoin"),
    "bant_timeframe": ("Timeframe", "Échéance"),
    "bant_known": ("Known", "Connu"),
    "bant_validated": ("Validated", "Validé"),
    "effects_title": ("Milestones and win rate", "Jalons et taux de gain"),
    "effects_note": (
        "Win rate with the milestone validated less the one without, over all closed deals. A comparison, no proof.",
        (
            "Taux de gain avec jalon validé moins celui sans, sur toutes les affaires fermées. Une comparaison, pas "
            "une preuve."
        ),
    ),
    "with_it": ("With it", "Avec"),
    "without_it": ("Without it", "Sans"),
    "difference": ("Difference", "Différence"),
}
GRAINS: Final = ("fiscal_year", "quarter", "month")
_STEP_COLUMNS: Final = (
    "conversion_cohort_aj",
    "conversion_ci_low",
    "conversion_ci_high",
    "count_entered",
    "median_days_when_advanced",
    "p75_days_when_advanced",
    "days_added",
    "count_visits_open",
    "count_visits_stalled",
    "order_value_lost",
)


def render(view: View) -> None:
    """Show the process in the period that the reader chose."""
    view = view.also(TEXTS)
    say = view.say
    left, right = st.columns(2)
    title = left.empty()
    grain = filters.choose(
        "grain", GRAINS, label=say("grain"), shown=lambda code: say(f"grain_{code}"), where=right, is_flat=True
    )
    periods = queries.read_periods(view.rows, grain)
    if not periods:
        title.title(say("navigation_process"), anchor=False)
        st.info(say("process_empty"))
        return
    code = filters.choose(
        grain,
        [period.isoformat() for period in periods],
        label=say("period"),
        shown=lambda code: _period(view, grain, date.fromisoformat(code)),
        where=right,
    )
    period = date.fromisoformat(code)
    title.title(say("process_title", period=_period(view, grain, period)), anchor=False)
    stages = queries.read_steps(view.rows, step_type="stage", grain=grain, period=period)
    milestones = queries.read_steps(view.rows, step_type="milestone", grain=grain, period=period)
    figures = _stages(view, stages)
    figures += _milestones(view, milestones)
    figures += _losses(view, grain, period)
    figures += _rules(view, grain, period)
    figures += _effects(view)
    rows = [*stages, *milestones]
    if rows:
        columns = [name for name in rows[0] if not name.startswith("label_")]
        show_csv(view, f"pilotage_process_{grain}_{period}", rows, columns)
    show_origins(view, figures)


def _period(view: View, grain: str, period: date) -> str:
    if grain == "month":
        return view.month(period)
    if grain == "fiscal_year" and period.month == 1:
        return str(period.year)
    name = "quarter_from" if grain == "quarter" else "year_from"
    return view.say(name, month=view.month(period))


def _name(view: View, row: Mapping[str, Any]) -> str:
    """Return the label of a stage or milestone."""
    return view.say("stage_unknown") if row["step_id"] == "unknown" else view.label(row)


def _step_figure(view: View, row: Mapping[str, Any]) -> Figure:
    return Figure(
        label=f"{_name(view, row)}, {_period(view, row['period_grain'], row['period_start'])}",
        table="kpi_stage_performance",
        key=tuple((column, row[column]) for column in queries.STEP_KEY),
        columns=tuple(column for column in _STEP_COLUMNS if row[column] is not None),
        row=row,
        unit="ratio",
        metric_id="milestone_pass_rate" if row["step_type"] == "milestone" else "kpi3_stage_conversion",
    )


def _conversion_mark(view: View, row: Mapping[str, Any]) -> charts.Mark:
    return charts.Mark(
        label=_name(view, row),
        value=row["conversion_cohort_aj"],
        shown=view.quantity(row["conversion_cohort_aj"], "ratio"),
        low=row["conversion_ci_low"],
        high=row["conversion_ci_high"],
    )


def _bar(view: View, row: Mapping[str, Any], column: str, unit: str) -> charts.Mark:
    return charts.Mark(_name(view, row), row[column], view.quantity(row[column], unit))


def _stages(view: View, stages: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Show which stages are hard, slow and costly, and all of it as one table."""
    say = view.say
    if not stages:
        st.info(say("no_rows"))
        return []
    figures = [_step_figure(view, row) for row in stages]
    table = _stage_table(view, stages, figures)
    left, right = st.columns(2)
    known = [_conversion_mark(view, row) for row in stages if row["conversion_cohort_aj"] is not None]
    with left:
        if known:
            chart = view.draw(charts.dots, known, is_ratio=True)
            show_chart(view, say("hard_title"), chart, table, note=say("hard_note"))
        else:
            st.subheader(say("hard_title"), anchor=False)
            st.caption(say("too_early"))
    with right:
        slow = [_bar(view, row, "days_added", "days") for row in stages if row["days_added"] is not None]
        if slow:
            chart = view.draw(charts.bars, slow)
            show_chart(view, say("slow_title"), chart, table, note=say("slow_note"))
        else:
            st.subheader(say("slow_title"), anchor=False)
            st.caption(say("too_early"))
    costly = [
        _bar(view, row, "order_value_lost", _currency(view)) for row in stages if row["order_value_lost"] is not None
    ]
    if costly:
        chart = view.draw(charts.bars, costly)
        show_chart(view, say("lost_title"), chart, table, note=say("lost_note"))
    return figures


def _currency(view: View) -> str:
    return str(view.rows("select unit from marts.kpi_catalog where metric_id = 'losses_amount'")[0]["unit"])


def _stage_table(view: View, rows: Sequence[Mapping[str, Any]], figures: Sequence[Figure]) -> str:
    say, language = view.say, view.language
    lines: list[list[Cell | str]] = []
    for row, figure in zip(rows, figures, strict=True):
        between = view.interval(row, "ratio", "conversion_ci_low", "conversion_ci_high")
        lines.append(
            [
                _name(view, row),
                Cell(number(row["count_entered"], language), figure, "count_entered"),
                Cell(
                    view.quantity(row["conversion_cohort_aj"], "ratio"),
                    figure,
                    "conversion_cohort_aj",
                    note="" if between == NOTHING else between,
                ),
                *(
                    Cell(view.quantity(row[column], "days"), figure, column)
                    for column in ("median_days_when_advanced", "p75_days_when_advanced", "days_added")
                ),
                Cell(number(row["count_visits_open"], language), figure, "count_visits_open"),
                Cell(number(row["count_visits_stalled"], language), figure, "count_visits_stalled"),
                Cell(view.quantity(row["order_value_lost"], _currency(view)), figure, "order_value_lost"),
            ]
        )
    names = ("stage_column", "entered", "goes_on", "median_days", "p75_days", "days_added", "open_visits",
             "stalled_visits", "value_lost")  # fmt: skip
    return markup.table(say("stages_table"), [say(name) for name in names], lines, is_caption_hidden=True)


def _milestones(view: View, rows: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Show which milestones are hard or slow."""
    say = view.say
    known = [row for row in rows if row["conversion_cohort_aj"] is not None]
    if not known:
        return []
    st.divider()
    known.sort(key=lambda row: row["conversion_cohort_aj"])
    figures = [_step_figure(view, row) for row in rows]
    lines: list[list[Cell | str]] = [
        [
            _name(view, row),
            Cell(number(row["count_entered"], view.language), figure, "count_entered"),
            Cell(view.quantity(row["conversion_cohort_aj"], "ratio"), figure, "conversion_cohort_aj"),
            view.interval(row, "ratio", "conversion_ci_low", "conversion_ci_high"),
            Cell(view.quantity(row["median_days_when_advanced"], "days"), figure, "median_days_when_advanced"),
            Cell(view.quantity(row["p75_days_when_advanced"], "days"), figure, "p75_days_when_advanced"),
        ]
        for row, figure in zip(rows, figures, strict=True)
    ]
    names = ("milestone_column", "entered", "pass_rate", "interval", "median_days", "p75_days")
    table = markup.table(say("milestones_title"), [say(name) for name in names], lines, is_caption_hidden=True)
    marks = [_conversion_mark(view, row) for row in known]
    chart = view.draw(charts.dots, marks, is_ratio=True)
    show_chart(view, say("milestones_title"), chart, table, note=say("milestones_note"))
    return figures


def _kpi(view: View, row: Mapping[str, Any], name: str, period: str) -> Figure:
    columns = [column for column in ("value", "ci_low", "ci_high", "target", "gap_abs") if row[column] is not None]
    return kpi_figure(f"{view.label(row)}, {name}, {period}", row, columns or ["value"])


def _losses(view: View, grain: str, period: date) -> list[Figure]:
    """Show what is lost stage by stage against its target, and for which reasons."""
    say, shown = view.say, _period(view, grain, period)
    st.divider()
    by_stage = queries.read_kpis(
        view.rows, metrics=("losses_count", "losses_rate"), grain=grain, period=period, dimension_name="stage"
    )
    by_reason = queries.read_kpis(
        view.rows, metrics=("losses_count", "losses_share"), grain=grain, period=period, dimension_name="loss_reason"
    )
    lost = [row for row in by_reason if row["metric_id"] == "losses_count" and row["value"]]
    if not lost:
        st.info(say("no_losses"))
        return []
    figures: list[Figure] = []
    lines: list[list[Cell | str]] = []
    for row in by_stage:
        name = say("stage_unknown") if row["dimension_value"] == "unknown" else view.label(row, "dimension_label")
        figure = _kpi(view, row, name, shown)
        figures.append(figure)
        lines.append(
            [
                f"{name}: {view.label(row)}",
                Cell(view.quantity(row["value"], row["unit"]), figure),
                view.interval(row, row["unit"]),
                Cell(view.quantity(row["target"], row["unit"]), figure, "target"),
                Cell(view.difference(row["gap_abs"], row["unit"]), figure, "gap_abs"),
            ]
        )
    names = ("stage_column", "value", "interval", "target", "gap")
    by_stage_table = markup.table(say("losses_title"), [say(name) for name in names], lines, is_caption_hidden=True)
    counts = [
        charts.Mark(
            view.label(row, "dimension_label") if row["dimension_value"] != "unknown" else say("stage_unknown"),
            row["value"],
            view.quantity(row["value"], row["unit"]),
        )
        for row in by_stage
        if row["metric_id"] == "losses_count"
    ]
    left, right = st.columns(2)
    with left:
        chart = view.draw(charts.bars, counts)
        show_chart(view, say("losses_title"), chart, by_stage_table, note=say("losses_deals"))
    with right:
        figures += _reasons(view, by_reason, shown)
    return figures


def _reasons(view: View, rows: Sequence[Mapping[str, Any]], period: str) -> list[Figure]:
    say = view.say
    reasons: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        reasons.setdefault(row["dimension_value"], {})[row["metric_id"]] = row
    figures: list[Figure] = []
    lines: list[list[Cell | str]] = []
    marks: list[charts.Mark] = []
    for reason, found in reasons.items():
        name = say("not_known") if reason == "unknown" else reason
        count = found["losses_count"]
        share = found.get("losses_share")
        of_reason = [_kpi(view, row, name, period) for row in (count, share) if row is not None]
        figures += of_reason
        lines.append(
            [
                name,
                Cell(view.quantity(count["value"], count["unit"]), of_reason[0]),
                Cell(view.quantity(share["value"], "ratio"), of_reason[1]) if share else NOTHING,
            ]
        )
        words = number(count["value"], view.language)
        marks.append(
            charts.Mark(name, count["value"], f"{words} ({view.quantity(share['value'], 'ratio')})" if share else words)
        )
    table = markup.table(
        say("reasons_title"), [say("reason"), say("losses_deals"), say("share")], lines, is_caption_hidden=True
    )
    chart = view.draw(charts.bars, marks)
    show_chart(view, say("reasons_title"), chart, table, note=say("losses_deals"))
    return figures


def _rules(view: View, grain: str, period: date) -> list[Figure]:
    """Show whether milestones, demonstration rules and BANT are respected, and how much of it is not known."""
    say, shown = view.say, _period(view, grain, period)
    rows = queries.read_kpis(view.rows, metrics=queries.RULES + queries.UNKNOWNS, grain=grain, period=period)
    known = [row for row in rows if row["value"] is not None]
    if not known:
        return []
    st.divider()
    figures = [_kpi(view, row, say("all"), shown) for row in known]
    lines: list[list[Cell | str]] = [
        [
            view.label(row),
            Cell(view.quantity(row["value"], "ratio"), figure),
            view.interval(row, "ratio"),
            f"{number(row['numerator'], view.language)} / {number(row['denominator'], view.language)}",
        ]
        for row, figure in zip(known, figures, strict=True)
    ]
    names = ("rule", "value", "interval", "cases")
    table = markup.table(say("rules_title"), [say(name) for name in names], lines, is_caption_hidden=True)
    marks = [
        charts.Mark(view.label(row), row["value"], view.quantity(row["value"], "ratio"), row["ci_low"], row["ci_high"])
        for row in known
        if row["metric_id"] in queries.RULES
    ]
    if marks:
        chart = view.draw(charts.dots, marks, is_ratio=True)
        show_chart(view, say("rules_title"), chart, table, note=say("rules_note"))
    return figures + _bant(view, grain, period)


def _bant(view: View, grain: str, period: date) -> list[Figure]:
    say, shown = view.say, _period(view, grain, period)
    metrics = ("bant_known_rate", "bant_validated_rate")
    rows = queries.read_kpis(view.rows, metrics=metrics, grain=grain, period=period, dimension_name="bant_dimension")
    by_answer = {(row["dimension_value"], row["metric_id"]): row for row in rows}
    figures: list[Figure] = []
    lines: list[list[Cell | str]] = []
    for answer in queries.BANT:
        line: list[Cell | str] = [say(f"bant_{answer}")]
        for metric in metrics:
            row = by_answer.get((answer, metric))
            if row is None:
                line.append(NOTHING)
                continue
            figure = _kpi(view, row, say(f"bant_{answer}"), shown)
            figures.append(figure)
            line.append(Cell(view.quantity(row["value"], "ratio"), figure, note=view.interval(row, "ratio")))
        lines.append(line)
    if figures:
        st.subheader(say("bant_title"), anchor=False)
        names = ["BANT", say("bant_known"), say("bant_validated")]
        st.html(markup.table(say("bant_title"), names, lines, is_caption_hidden=True))
    return figures


def _effects(view: View) -> list[Figure]:
    """Show how the win rates with and without each milestone differ."""
    say = view.say
    rows = [row for row in queries.read_effects(view.rows) if row["win_rate_difference"] is not None]
    if not rows:
        return []
    st.divider()
    columns = ("win_rate_difference", "ci_low", "ci_high", "win_rate_validated", "win_rate_not_validated")
    figures = [
        Figure(
            label=f"{say('effects_title')}: {view.label(row)}",
            table="kpi_milestone_effects",
            key=(("milestone_id", row["milestone_id"]),),
            columns=columns,
            row=row,
            unit="ratio",
        )
        for row in rows
    ]
    lines: list[list[Cell | str]] = [
        [
            view.label(row),
            Cell(view.quantity(row["win_rate_validated"], "ratio"), figure, "win_rate_validated"),
            Cell(view.quantity(row["win_rate_not_validated"], "ratio"), figure, "win_rate_not_validated"),
            Cell(
                view.difference(row["win_rate_difference"], "ratio"),
                figure,
                "win_rate_difference",
                note=view.interval(row, RATE_POINTS),
            ),
            say("low_n") if row["is_low_n"] else "",
        ]
        for row, figure in zip(rows, figures, strict=True)
    ]
    names = ("milestone_column", "with_it", "without_it", "difference", "cases")
    table = markup.table(say("effects_title"), [say(name) for name in names], lines, is_caption_hidden=True)
    marks = [
        charts.Mark(
            view.label(row),
            row["win_rate_difference"],
            view.difference(row["win_rate_difference"], "ratio"),
            row["ci_low"],
            row["ci_high"],
        )
        for row in rows
    ]
    chart = view.draw(charts.dots, marks, is_ratio=True, reference=0)
    show_chart(view, say("effects_title"), chart, table, note=say("effects_note"))
    return figures
