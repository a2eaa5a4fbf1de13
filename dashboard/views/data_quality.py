"""*Data quality*: how fresh, checked, matched and complete the data is, and how the last nights went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import streamlit as st

from dashboard.lib import charts, filters, markup
from dashboard.lib.figures import Figure, kpi_figure
from dashboard.lib.format import NOTHING, instant, number
from dashboard.lib.markup import Cell
from dashboard.lib.page import View, show_chart, show_csv, show_origins
from dashboard.lib.runs import Run, read_runs
from dashboard.lib.texts import Pair
from dashboard.lib.vocabulary import in_words
from dashboard.lib.words import ENTITIES, MATCHES, OUTCOMES, REFUSALS
from dashboard.queries import quality as queries

TEXTS: Final[dict[str, Pair]] = {
    "quality_title": ("Data quality", "Qualité des données"),
    "quality_note": (
        "The figures are worth what the data is worth: how fresh it is, what was refused, and what could be matched.",
        (
            "Les chiffres valent ce que valent les données~: leur fraîcheur, ce qui a été refusé, ce qui a pu être "
            "rattaché."
        ),
    ),
    "deliveries_title": ("What was delivered", "Ce qui a été livré"),
    "data": ("Data", "Données"),
    "source": ("Source", "Source"),
    "source_all": ("all", "toutes"),
    "delivered": ("Records", "Enregistrements"),
    "newest": ("Newest record", "Enregistrement le plus récent"),
    "age_today": ("on the last day", "le dernier jour"),
    "age_one": ("1 day before", "1 jour avant"),
    "age_days": ("{count} days before", "{count} jours avant"),
    "quarantined": ("In quarantine", "En quarantaine"),
    "checks_title": ("Checks before the build", "Contrôles avant la construction"),
    "checks": ("Checks passed", "Contrôles réussis"),
    "checks_all": ("All checks passed.", "Tous les contrôles ont réussi."),
    "refusals_title": ("Why rows are in quarantine", "Pourquoi des lignes sont en quarantaine"),
    "quarantine_note": (
        "Each is kept with its file and line: pilotage sources lists them.",
        "Chacune est gardée avec son fichier et sa ligne~: pilotage sources les liste.",
    ),
    "contacts_quarantined": (
        "Contact records that join too many others, by reason",
        "Fiches contact qui en rattachent trop d’autres, par motif",
    ),
    "by_reason": ("Reason", "Motif"),
    "reason_all": ("In all", "Au total"),
    "reason_oversized": ("one key joins too many records", "une clé rattache trop de fiches"),
    "reason_chain_too_long": ("the chain of shared keys is too long", "la chaîne de clés partagées est trop longue"),
    "matches_title": ("What could be matched", "Ce qui a pu être rattaché"),
    "matches_note": (
        "Share of the records that belong to somebody or something known.",
        "Part des enregistrements qui appartiennent à quelqu’un ou quelque chose de connu.",
    ),
    "cases": ("Cases", "Cas"),
    "courses_title": ("Match rate of web visits by month", "Taux de rattachement des visites web par mois"),
    "reconciliation_title": (
        "The sources against the warehouse, {month}",
        "Les sources face à l’entrepôt, {month}",
    ),
    "no_date": ("without a date", "sans date"),
    "in_source": ("In the source", "Dans la source"),
    "in_warehouse": ("Counted", "Comptées"),
    "difference": ("Difference", "Écart"),
    "why": ("Why", "Pourquoi"),
    "records_title": ("Records that differ", "Fiches qui diffèrent"),
    "outcome": ("What became of it", "Ce qu’il en est advenu"),
    "count": ("Records", "Fiches"),
    "ids": ("Ids (the first 100)", "Identifiants (les 100 premiers)"),
    "runs_title": ("The last nights", "Les dernières nuits"),
    "run_began": ("Began", "Début"),
    "run_end": ("Outcome", "Issue"),
    "run_seconds": ("Length", "Durée"),
    "run_checks": ("Checks failed", "Contrôles en échec"),
    "run_warnings": ("Warnings", "Avertissements"),
    "run_ok": ("✓ published", "✓ publiée"),
    "run_failed_short": ("✗ failed", "✗ échec"),
    "run_unfinished": ("not finished", "non terminée"),
    "run_id": ("Run", "Exécution"),
    "no_runs": ("There is no log of a run here.", "Aucun journal d’exécution ici."),
    "minutes": ("{minutes}\u00a0min {seconds}\u00a0s", "{minutes}~min {seconds}~s"),
}
# Ids are many: they wrap.
_STYLE: Final = """<style>
.differing .pilotage td:last-child { white-space: normal; text-align: left; min-width: 14rem; }
</style>"""
_UNDATED: Final = date(1900, 1, 1)
_COUNT_RUNS: Final = 14
_REFUSED: Final = "count_quarantined_"


def render(view: View) -> None:
    """Show the quality of the data of the published version."""
    view = view.also(TEXTS)
    say = view.say
    st.title(say("quality_title"), anchor=False)
    st.caption(say("quality_note"))
    measures = queries.read_measures(view.rows)
    if not measures:
        st.info(say("no_rows"))
        return
    figures = _deliveries(view, measures)
    figures += _refusals(view, measures)
    figures += _checks(view, measures)
    figures += _quarantined_contacts(view)
    figures += _matches(view, measures)
    figures += _reconciliation(view)
    _runs(view)
    show_origins(view, figures)


def _entity(view: View, code: str) -> str:
    return view.say.name(ENTITIES, code)


def _source(view: View, name: str) -> str:
    return view.say("source_all") if name == "all" else name


def _figure(view: View, row: Mapping[str, Any], words: str) -> Figure:
    return Figure(
        label=f"{_entity(view, row['entity_name'])}, {words}",
        table="kpi_data_quality",
        key=tuple((name, row[name]) for name in queries.KEY),
        columns=("value", "numerator", "denominator"),
        row=row,
        unit=row["unit"],
    )


def _age(view: View, days: float) -> str:
    count = int(days)
    if count <= 1:
        return view.say("age_one" if count == 1 else "age_today")
    return view.say("age_days", count=number(count, view.language))


def _deliveries(view: View, measures: Mapping[tuple[str, str], Mapping[str, Mapping[str, Any]]]) -> list[Figure]:
    say = view.say
    figures: list[Figure] = []
    lines: list[list[Cell | str]] = []
    exported: list[Mapping[str, Any]] = []
    for (entity, source), found in measures.items():
        if not found.keys() & {"count_delivered", "count_quarantined"}:
            continue
        line: list[Cell | str] = [_entity(view, entity), _source(view, source)]
        for measure, words in (
            ("count_delivered", "delivered"),
            ("days_since_last_record", "newest"),
            ("count_quarantined", "quarantined"),
        ):
            row = found.get(measure)
            if row is None or row["value"] is None:
                line.append(NOTHING)
                continue
            figure = _figure(view, row, say(words))
            figures.append(figure)
            exported.append(row)
            is_age = measure == "days_since_last_record"
            line.append(Cell(_age(view, row["value"]) if is_age else number(row["value"], view.language), figure))
        lines.append(line)
    st.subheader(say("deliveries_title"), anchor=False)
    names = ("data", "source", "delivered", "newest", "quarantined")
    st.html(markup.table(say("deliveries_title"), [say(name) for name in names], lines, is_caption_hidden=True))
    if exported:
        show_csv(view, "pilotage_data_quality", exported, list(exported[0]))
    return figures


def _refusals(view: View, measures: Mapping[tuple[str, str], Mapping[str, Mapping[str, Any]]]) -> list[Figure]:
    """Show why rows are in quarantine."""
    say = view.say
    figures: list[Figure] = []
    lines: list[list[Cell | str]] = []
    for (entity, source), found in measures.items():
        for measure, row in found.items():
            reason = measure.removeprefix(_REFUSED)
            if reason == measure:
                continue
            words = say.name(REFUSALS, reason) if reason in REFUSALS else in_words(reason)
            figure = _figure(view, row, words)
            figures.append(figure)
            count = Cell(number(row["value"], view.language), figure)
            lines.append([f"{_entity(view, entity)} ({source})", words, count])
    if figures:
        names = [say("data"), say("by_reason"), say("quarantined")]
        st.subheader(say("refusals_title"), anchor=False)
        st.html(markup.table(say("refusals_title"), names, lines, is_caption_hidden=True))
        st.caption(say("quarantine_note"))
    return figures


def _checks(view: View, measures: Mapping[tuple[str, str], Mapping[str, Mapping[str, Any]]]) -> list[Figure]:
    say = view.say
    rows = [found["share_checks_passed"] for found in measures.values() if "share_checks_passed" in found]
    if not rows:
        return []
    st.subheader(say("checks_title"), anchor=False)
    figures = [_figure(view, row, say("checks")) for row in rows]
    is_all = all(row["numerator"] == row["denominator"] for row in rows)
    lines: list[list[Cell | str]] = [
        [
            _entity(view, row["entity_name"]),
            Cell(
                f"{number(row['numerator'], view.language)} / {number(row['denominator'], view.language)}",
                figure,
                "numerator",
            ),
            Cell(view.quantity(row["value"], "ratio"), figure),
        ]
        for row, figure in zip(rows, figures, strict=True)
    ]
    table = markup.table(say("checks_title"), [say("data"), say("checks"), say("value")], lines, is_caption_hidden=True)
    if is_all:
        st.html(f'<div class="pilotage">{markup.status(say("checks_all"), is_good=True)}</div>')
        st.html(markup.folded(say("as_table"), table))
    else:
        st.html(table)
    return figures


def _quarantined_contacts(view: View) -> list[Figure]:
    say = view.say
    rows = [row for row in queries.read_quarantined_contacts(view.rows) if row["value"]]
    if not rows:
        return []
    st.subheader(say("contacts_quarantined"), anchor=False)
    figures = [kpi_figure(f"{view.label(row)}, {_reason(view, row)}", row) for row in rows]
    lines: list[list[Cell | str]] = [
        [_reason(view, row), Cell(number(row["value"], view.language), figure)]
        for row, figure in zip(rows, figures, strict=True)
    ]
    names = [say("by_reason"), say("count")]
    st.html(markup.table(say("contacts_quarantined"), names, lines, is_caption_hidden=True))
    return figures


def _reason(view: View, row: Mapping[str, Any]) -> str:
    code = row["dimension_value"]
    return view.say(f"reason_{code}") if code in {"all", "oversized", "chain_too_long"} else str(code)


def _matches(view: View, measures: Mapping[tuple[str, str], Mapping[str, Mapping[str, Any]]]) -> list[Figure]:
    say = view.say
    rows = [
        row
        for found in measures.values()
        for measure, row in found.items()
        if measure in MATCHES and row["value"] is not None
    ]
    if not rows:
        return []
    st.divider()
    names = [f"{_entity(view, row['entity_name'])}, {say.name(MATCHES, row['measure_id'])}" for row in rows]
    figures = [_figure(view, row, say.name(MATCHES, row["measure_id"])) for row in rows]
    lines: list[list[Cell | str]] = [
        [
            name,
            Cell(view.quantity(row["value"], "ratio"), figure),
            Cell(number(row["denominator"], view.language), figure, "denominator"),
        ]
        for name, row, figure in zip(names, rows, figures, strict=True)
    ]
    table = markup.table(
        say("matches_title"), [say("matches_title"), say("value"), say("cases")], lines, is_caption_hidden=True
    )
    marks = [
        charts.Mark(name, row["value"], view.quantity(row["value"], "ratio"))
        for name, row in zip(names, rows, strict=True)
    ]
    chart = view.draw(charts.bars, marks, is_ratio=True)
    show_chart(view, say("matches_title"), chart, table, note=say("matches_note"))
    return figures + _match_course(view)


def _match_course(view: View) -> list[Figure]:
    say = view.say
    rows = [
        row for row in queries.read_match_rates(view.rows).get("identity_match_rate", []) if row["value"] is not None
    ][-24:]
    if len(rows) < 2:
        return []
    figures = [kpi_figure(f"{view.label(row)}, {view.month(row['period_start'])}", row) for row in rows]
    lines: list[list[Cell | str]] = [
        [
            view.month(row["period_start"]),
            Cell(view.quantity(row["value"], "ratio"), figure),
            view.interval(row, "ratio"),
            number(row["denominator"], view.language),
        ]
        for row, figure in zip(rows, figures, strict=True)
    ]
    names = ("month", "value", "origin_interval", "cases")
    table = markup.table(say("courses_title"), [say(name) for name in names], lines, is_caption_hidden=True)
    points = [
        charts.Point(
            row["period_start"], row["value"], view.quantity(row["value"], "ratio"), row["ci_low"], row["ci_high"]
        )
        for row in rows
    ]
    show_chart(view, say("courses_title"), view.draw(charts.trend, points, is_ratio=True), table)
    return figures[-1:]


def _month(view: View, month: date) -> str:
    return view.say("no_date") if month == _UNDATED else view.month(month)


def _reconciliation(view: View) -> list[Figure]:
    """Show what the sources hold and the warehouse counts in a month, and which records differ."""
    say = view.say
    months = queries.read_reconciled_months(view.rows)
    if not months:
        return []
    st.divider()
    title = st.empty()
    code = filters.choose(
        "reconciled",
        [month.isoformat() for month in months],
        label=say("month"),
        shown=lambda code: _month(view, date.fromisoformat(code)),
    )
    month = date.fromisoformat(code)
    title.subheader(say("reconciliation_title", month=_month(view, month)), anchor=False)
    found = queries.read_reconciliation(view.rows, month)
    figures: list[Figure] = []
    lines: list[list[Cell | str]] = []
    differing: list[list[Cell | str]] = []
    for (entity, source), outcomes in found.items():
        of_outcome = [_outcome_figure(view, row) for row in outcomes]
        figures += of_outcome
        counts = [
            Cell(number(outcomes[0][name], view.language), of_outcome[0], name)
            for name in ("count_source", "count_warehouse", "count_difference")
        ]
        why = [
            f"{say.name(OUTCOMES, row['outcome_code'])} ({number(row['count_records'], view.language)})"
            for row in outcomes
            if row["outcome_code"] != "counted"
        ]
        lines.append([_entity(view, entity), _source(view, source), *counts, ", ".join(why) or NOTHING])
        differing += [
            [
                f"{_entity(view, entity)} ({source})",
                say.name(OUTCOMES, row["outcome_code"]),
                Cell(number(row["count_records"], view.language), figure, "count_records"),
                row["record_ids"],
            ]
            for row, figure in zip(outcomes, of_outcome, strict=True)
            if row["record_ids"]
        ]
    names = ("data", "source", "in_source", "in_warehouse", "difference", "why")
    caption = say("reconciliation_title", month=_month(view, month))
    st.html(markup.table(caption, [say(name) for name in names], lines, is_caption_hidden=True))
    if differing:
        columns = [say("data"), say("outcome"), say("count"), say("ids")]
        table = markup.table(say("records_title"), columns, differing, is_caption_hidden=True)
        st.html(_STYLE)
        st.html(markup.folded(say("records_title"), f'<div class="differing">{table}</div>'))
    rows = [row for outcomes in found.values() for row in outcomes]
    if rows:
        show_csv(view, f"pilotage_reconciliation_{month}", rows, list(rows[0]))
    return figures


def _outcome_figure(view: View, row: Mapping[str, Any]) -> Figure:
    return Figure(
        label=f"{_entity(view, row['entity_name'])} ({row['source_name']}), "
        f"{view.say.name(OUTCOMES, row['outcome_code'])}",
        table="kpi_reconciliation",
        key=tuple((name, row[name]) for name in queries.RECONCILIATION_KEY),
        columns=("count_records", "count_source", "count_warehouse", "count_difference", "record_ids"),
        row=row,
        unit="records",
    )


def _runs(view: View) -> None:
    """Show how the last nights ended, as their logs say."""
    if view.workspace is None:
        return
    say = view.say
    st.divider()
    st.subheader(say("runs_title"), anchor=False)
    runs = read_runs(view.workspace.logs, _COUNT_RUNS)
    if not runs:
        st.caption(say("no_runs"))
        return
    lines: Sequence[Sequence[Cell | str]] = [
        [
            instant(run.began_at, view.language, view.zone),
            _end(view, run),
            _length(view, run),
            number(run.count_failed_checks, view.language),
            number(run.count_warnings, view.language),
            run.run_id,
        ]
        for run in runs
    ]
    names = ("run_began", "run_end", "run_seconds", "run_checks", "run_warnings", "run_id")
    st.html(markup.table(say("runs_title"), [say(name) for name in names], lines, is_caption_hidden=True))


def _end(view: View, run: Run) -> str:
    return view.say({True: "run_ok", False: "run_failed_short", None: "run_unfinished"}[run.is_success])


def _length(view: View, run: Run) -> str:
    if run.ended_at is None:
        return NOTHING
    minutes, seconds = divmod(round((run.ended_at - run.began_at).total_seconds()), 60)
    return view.say("minutes", minutes=number(minutes, view.language), seconds=seconds)
