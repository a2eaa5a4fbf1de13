"""*Prospects*: whom to call next, why, with what to ask; and whom to give up. The one page that names persons.

The call list is published with ids. Names, addresses and numbers are joined here, from the contacts file, where the
reader of this process may open it and it belongs to the version that is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any, Final
from urllib.parse import quote

import streamlit as st

from dashboard.lib import filters, markup
from dashboard.lib.export import to_csv
from dashboard.lib.figures import Figure, kpi_figure
from dashboard.lib.format import NOTHING, instant, number
from dashboard.lib.markup import Cell
from dashboard.lib.page import View, show_origins
from dashboard.lib.texts import Pair
from dashboard.lib.vocabulary import in_words
from dashboard.lib.words import ACTIONS, CRITERION_GROUPS, MILESTONE_STATES, SECTIONS
from dashboard.queries import prospects as queries
from orchestration.lib.contacts import Contact, Contacts, ContactsUnavailableError, read_contacts

TEXTS: Final[dict[str, Pair]] = {
    "prospects_title": ("Prospects", "Prospects"),
    "prospects_note": (
        "Whom to contact next, in the order of the day. The score ranks; the reason says why.",
        "Qui contacter ensuite, dans l’ordre du jour. Le score classe~; le motif dit pourquoi.",
    ),
    "names_missing": (
        (
            "Prospects are shown by id: there is no contacts file beside the published figures. The next "
            "nightly run writes it."
        ),
        (
            "Les prospects sont désignés par leur identifiant~: aucun fichier de contacts à côté des "
            "chiffres publiés. La prochaine exécution de nuit l’écrira."
        ),
    ),
    "names_unreadable": (
        "Prospects are shown by id: the contacts file cannot be read by the user that runs this dashboard.",
        (
            "Les prospects sont désignés par leur identifiant~: le fichier de contacts n’est pas "
            "lisible par l’utilisateur qui exécute ce tableau de bord."
        ),
    ),
    "names_other_version": (
        (
            "Prospects are shown by id: the contacts file belongs to another publication, so that "
            "its consents may be out of date. The next nightly run replaces it."
        ),
        (
            "Les prospects sont désignés par leur identifiant~: le fichier de contacts appartient à "
            "une autre publication, "
            "ses consentements peuvent être périmés. La prochaine exécution de nuit le remplacera."
        ),
    ),
    "owner": ("Owner", "Commercial"),
    "owner_all": ("Everybody", "Tous"),
    "owner_none": ("Nobody yet", "Personne encore"),
    "shown": ("List", "Liste"),
    "shown_to_do": ("To do", "À faire"),
    "shown_overdue": ("Overdue", "En retard"),
    "shown_give_up": ("Give up", "Renoncer"),
    "shown_all": ("All", "Tous"),
    "action": ("Action", "Action"),
    "action_all": ("Every action", "Toutes les actions"),
    "page": ("Rows", "Lignes"),
    "page_range": ("{first} to {last} of {count}", "{first} à {last} sur {count}"),
    "list_caption": ("Call list", "Liste d’appels"),
    "rank": ("Rank", "Rang"),
    "prospect": ("Prospect", "Prospect"),
    "due": ("Due", "Échéance"),
    "overdue": ("overdue by {hours}", "en retard de {hours}"),
    "score": ("Score", "Score"),
    "score_note": ("at best {potential}, grade {grade}", "au mieux {potential}, note {grade}"),
    "score_note_ungraded": ("at best {potential}", "au mieux {potential}"),
    "ask_first": ("Ask first", "À demander d’abord"),
    "reason": ("Why", "Pourquoi"),
    "detail_choose": ("Open a prospect", "Ouvrir un prospect"),
    "detail_none": ("None", "Aucun"),
    "contact": ("Contact", "Contact"),
    "job": ("Function", "Fonction"),
    "company": ("Company", "Entreprise"),
    "phone": ("Phone", "Téléphone"),
    "email": ("E-mail", "E-mail"),
    "not_callable": (
        "This person may not be contacted: consent was refused, or withdrawn.",
        "Cette personne ne doit pas être contactée~: consentement refusé ou retiré.",
    ),
    "stage": ("Stage", "Étape"),
    "stage_days": ("{stage}, for {days}", "{stage}, depuis {days}"),
    "attempts": ("Attempts", "Tentatives"),
    "attempts_unanswered": (
        "{count}, the last {unanswered} unanswered",
        "{count}, les {unanswered} dernières sans réponse",
    ),
    "last_contact": ("Last contact", "Dernier contact"),
    "last_sign": ("Last sign of the prospect", "Dernier signe du prospect"),
    "milestone": ("Missing milestone", "Jalon manquant"),
    "rule": ("Rule for giving up", "Règle d’abandon"),
    "score_title": ("The score explained: {confirmed} of 100", "Le score expliqué~: {confirmed} sur 100"),
    "score_caption": (
        (
            "Confirmed {confirmed}: what is known. At best {potential}: if all that is unknown were ideal. Known: "
            "{completeness} of the weight. Model {model}, version {version}."
        ),
        (
            "Confirmé {confirmed}~: ce que l’on sait. Au mieux {potential}~: si tout l’inconnu était idéal. Connu~: "
            "{completeness} du poids. Modèle {model}, version {version}."
        ),
    ),
    "no_score": ("This lead has no score.", "Ce lead n’a pas de score."),
    "criterion": ("Criterion", "Critère"),
    "points": ("Points", "Points"),
    "points_of": ("{points} of {most}", "{points} sur {most}"),
    "known_value": ("What is known", "Ce que l’on sait"),
    "evidence": ("Evidence", "Preuve"),
    "unknown": ("not known", "inconnu"),
    "known": ("known", "connu"),
    "questions_title": ("Questions of the script still to ask", "Questions du script restant à poser"),
    "no_questions": ("Every question of the script has an answer.", "Toutes les questions du script ont une réponse."),
    "personal": (
        "The file holds names, addresses and numbers: delete it once it has served.",
        "Le fichier contient des noms, des adresses et des numéros~: supprimez-le après usage.",
    ),
}
# Reasons are sentences: they wrap, and all reads from the left.
_STYLE: Final = """<style>
.calls .pilotage th, .calls .pilotage td { text-align: left; }
.pilotage td a { color: inherit; }
.calls .pilotage td:last-child { white-space: normal; min-width: 18rem; }
</style>"""
_COUNT_ROWS: Final = 50
_NONE: Final = "none"
_PUBLISHED_COLUMNS: Final = (
    "action_rank",
    "action_id",
    "action_type",
    "owner_id",
    "person_id",
    "company_id",
    "company_name",
    "due_at",
    "due_date",
    "is_overdue",
    "overdue_business_hours",
    "score_confirmed",
    "score_potential",
    "grade",
    "completeness",
    "next_best_criterion_code",
    "missing_questions",
    "missing_milestone_code",
    "stage_name",
    "days_in_stage",
    "give_up_rule_code",
    "is_callable",
    "reason_en",
    "reason_fr",
)
_NAMED_COLUMNS: Final = ("owner_name", "person_name", "job_title", "phone", "email")


def render(view: View) -> None:
    """Show the call list that the reader chose, and the prospect that the reader opened."""
    view = view.also(TEXTS)
    say = view.say
    st.html(_STYLE)
    st.title(say("prospects_title"), anchor=False)
    st.caption(say("prospects_note"))
    contacts = _contacts(view)
    owners = {row["owner_id"]: row["team_name"] for row in queries.read_owners(view.rows)}
    if not owners:
        st.info(say("no_rows"))
        return
    owner, shown, action = _choices(view, owners, contacts)
    figures = _totals(view, owner)
    count = queries.count_actions(view.rows, owner=owner, action=action, shown=shown)
    if count == 0:
        st.info(say("no_rows"))
    else:
        left, right = st.columns([2, 5])
        with left:
            first = _first_row(view, count)
        rows = queries.read_actions(
            view.rows, owner=owner, action=action, shown=shown, count_rows=_COUNT_ROWS, first_row=first
        )
        with right:
            opened = _opened(view, rows, contacts)
        if opened is not None:
            _detail(view, opened, contacts)
        st.html(_list(view, rows, contacts))

        def whole() -> list[dict[str, Any]]:
            # Not remembered, as it is long and asked for once.
            return queries.read_actions(view.data.rows, owner=owner, action=action, shown=shown, count_rows=count)

        _export(view, contacts, whole)
    show_origins(view, figures)


def _contacts(view: View) -> Contacts | None:
    """Return the contacts of the version that is shown; None, after saying why, where there are none."""
    if view.workspace is None:
        st.info(view.say("names_missing"))
        return None
    try:
        # Never remembered: an erasure must reach every reader with the publication that makes it.
        return read_contacts(view.workspace.contacts, view.data.publication.version)
    except ContactsUnavailableError as error:
        st.info(view.say(f"names_{error}"))
        return None


def _owner_name(view: View, owner_id: str | None, contacts: Contacts | None, team: str | None = None) -> str:
    if owner_id is None or owner_id == queries.NOBODY:
        return view.say("owner_none")
    name = contacts.owners.get(owner_id, owner_id) if contacts else owner_id
    return f"{name} ({team})" if team else name


def _choices(view: View, owners: Mapping[str, str | None], contacts: Contacts | None) -> tuple[str, queries.Shown, str]:
    say = view.say
    left, middle, right = st.columns([2, 3, 2])
    owner = filters.choose(
        "owner",
        [queries.ALL, *sorted(owners, key=lambda code: _owner_name(view, code, contacts))],
        label=say("owner"),
        shown=lambda code: (
            say("owner_all") if code == queries.ALL else _owner_name(view, code, contacts, owners.get(code))
        ),
        where=left,
    )
    chosen = filters.choose(
        "shown",
        queries.SHOWN,
        label=say("shown"),
        shown=lambda code: say(f"shown_{code}"),
        where=middle,
        is_flat=True,
    )
    shown = next(code for code in queries.SHOWN if code == chosen)
    present = queries.read_action_types(view.rows)
    action = filters.choose(
        "action",
        [
            queries.ALL,
            *sorted(present, key=lambda code: list(ACTIONS).index(code) if code in ACTIONS else len(ACTIONS)),
        ],
        label=say("action"),
        shown=lambda code: say("action_all") if code == queries.ALL else say.name(ACTIONS, code),
        where=right,
    )
    return owner, shown, action


def _totals(view: View, owner: str) -> list[Figure]:
    """Show how much there is to do, as published."""
    name = "" if owner == queries.ALL else f", {owner}"
    rows = queries.read_totals(view.rows, owner)
    figures = [kpi_figure(f"{view.label(row)}{name}", row) for row in rows]
    if figures:
        for column, row, figure in zip(st.columns(len(figures)), rows, figures, strict=True):
            column.html(markup.card(view.label(row), Cell(view.quantity(row["value"], row["unit"]), figure), ()))
    return figures


def _first_row(view: View, count: int) -> int:
    """Return where the page of rows begins that the reader chose."""
    starts = range(0, count, _COUNT_ROWS)

    def shown(code: str) -> str:
        first = (int(code) - 1) * _COUNT_ROWS
        numbers = (first + 1, min(first + _COUNT_ROWS, count), count)
        words = [number(value, view.language) for value in numbers]
        return view.say("page_range", first=words[0], last=words[1], count=words[2])

    code = filters.choose("page", [str(place + 1) for place in range(len(starts))], label=view.say("page"), shown=shown)
    return (int(code) - 1) * _COUNT_ROWS


def _person(row: Mapping[str, Any], contacts: Contacts | None) -> Contact | None:
    return contacts.persons.get(row["person_id"]) if contacts else None


def _prospect_name(row: Mapping[str, Any], contacts: Contacts | None) -> str:
    contact = _person(row, contacts)
    if contact and contact.name:
        return contact.name
    return str(row["person_id"] or row["deal_id"] or row["lead_cycle_id"])


def _figure(row: Mapping[str, Any]) -> Figure:
    return Figure(
        label=str(row["action_id"]),
        table="kpi_next_actions",
        key=(("action_id", row["action_id"]),),
        columns=("score_confirmed", "score_potential", "reason_en", "reason_fr"),
        row=row,
        unit="score",
    )


def _due(view: View, row: Mapping[str, Any]) -> tuple[str, str]:
    if row["due_at"] is None:
        return NOTHING, ""
    hours = view.quantity(row["overdue_business_hours"], "business_hours")
    return view.day(row["due_date"]), view.say("overdue", hours=hours) if row["is_overdue"] else ""


def _points(view: View, value: float | None) -> str:
    return number(None if value is None else float(value), view.language)


def _list(view: View, rows: Sequence[Mapping[str, Any]], contacts: Contacts | None) -> str:
    say = view.say
    lines: list[list[Cell | str]] = []
    for row in rows:
        due, late = _due(view, row)
        figure = _figure(row)
        name = _prospect_name(row, contacts)
        note = ""
        if row["score_potential"] is not None:
            key = "score_note" if row["grade"] else "score_note_ungraded"
            note = say(key, potential=_points(view, row["score_potential"]), grade=row["grade"])
        owner = _owner_name(view, row["owner_id"], contacts)
        lines.append(
            [
                Cell(f"{row['action_rank']}. {name}", note=row["company_name"] or ""),
                Cell(say.name(ACTIONS, row["action_type"]), note=owner),
                Cell(due, note=late),
                Cell(_points(view, row["score_confirmed"]), figure, "score_confirmed", note=note),
                Cell(view.label(row, "reason"), figure, f"reason_{view.language}"),
            ]
        )
    names = ("prospect", "action", "due", "score", "reason")
    table = markup.table(say("list_caption"), [say(name) for name in names], lines, is_caption_hidden=True)
    return f'<div class="calls">{table}</div>'


def _export(view: View, contacts: Contacts | None, rows: Callable[[], list[dict[str, Any]]]) -> None:
    """Offer the whole list that was chosen, not the page alone; names only where the page shows them."""
    columns = [*_PUBLISHED_COLUMNS[:2], *(_NAMED_COLUMNS if contacts else ()), *_PUBLISHED_COLUMNS[2:]]

    def content() -> bytes:
        return to_csv([_with_names(row, contacts) for row in rows()], columns)

    st.download_button(
        view.say("csv"),
        data=content,
        file_name="pilotage_prospects.csv",
        mime="text/csv",
        on_click="ignore",
        key="csv prospects",
        icon=":material/download:",
        help=view.say("personal") if contacts else None,
    )


def _with_names(row: Mapping[str, Any], contacts: Contacts | None) -> dict[str, Any]:
    contact = _person(row, contacts)
    named: dict[str, Any] = {}
    if contacts:
        named["owner_name"] = contacts.owners.get(row["owner_id"])
    if contact:
        named |= {
            "person_name": contact.name,
            "job_title": contact.job_title,
            "phone": contact.phone,
            "email": contact.email,
        }
    return {**row, **named}


def _opened(view: View, rows: Sequence[Mapping[str, Any]], contacts: Contacts | None) -> Mapping[str, Any] | None:
    """Let the reader open one prospect of the rows that are shown, and return its row; None where none is open."""
    say = view.say
    names = {row["action_id"]: f"{row['action_rank']}. {_prospect_name(row, contacts)}" for row in rows}
    chosen = filters.choose(
        "prospect",
        [_NONE, *names],
        label=say("detail_choose"),
        shown=lambda code: say("detail_none") if code == _NONE else names[code],
    )
    return queries.read_action(view.rows, chosen) if chosen != _NONE else None


def _detail(view: View, row: Mapping[str, Any], contacts: Contacts | None) -> None:
    """Show who it is, what to do and why, what to ask, and how the score came about."""
    say = view.say
    with st.container(border=True):
        st.subheader(_prospect_name(row, contacts), anchor=False)
        if not row["is_callable"]:
            st.warning(say("not_callable"))
        left, right = st.columns([2, 3])
        with left:
            st.html(_facts(view, row, contacts))
            _questions(view, row)
        with right:
            _score(view, row)


def _facts(view: View, row: Mapping[str, Any], contacts: Contacts | None) -> str:
    """Return who it is, what to do and why, as a table of sentences."""
    say, contact = view.say, _person(row, contacts)
    lines: list[tuple[str, str]] = [(say("action"), escape(say.name(ACTIONS, row["action_type"])))]
    lines.append((say("reason"), escape(view.label(row, "reason"))))
    if row["due_at"] is not None:
        _, late = _due(view, row)
        when = instant(row["due_at"], view.language, view.zone)
        lines.append((say("due"), escape(f"{when}, {late}" if late else when)))
    company = (contact.company_name if contact else None) or row["company_name"] or row["company_id"]
    if contact and contact.job_title:
        lines.append((say("job"), escape(contact.job_title)))
    if company:
        lines.append((say("company"), escape(str(company))))
    if contact and contact.phone:
        target = quote(contact.phone.replace(" ", ""), safe="+")
        lines.append((say("phone"), f'<a href="tel:{target}">{escape(contact.phone)}</a>'))
    if contact and contact.email:
        lines.append((say("email"), f'<a href="mailto:{quote(contact.email, safe="@")}">{escape(contact.email)}</a>'))
    if row["stage_name"]:
        days = say("day_one") if row["days_in_stage"] == 1 else say("days", count=row["days_in_stage"])
        stage = view.label(row, "stage_label") if row["stage_label_en"] else in_words(row["stage_name"])
        lines.append((say("stage"), escape(say("stage_days", stage=stage, days=days))))
    if row["missing_milestone_code"]:
        state = say.name(MILESTONE_STATES, row["missing_milestone_state"])
        lines.append((say("milestone"), escape(f"{view.label(row, 'missing_milestone_label')} ({state})")))
    lines.append((say("attempts"), escape(_attempts(view, row))))
    lines += [
        (say(name), escape(instant(row[f"{name}_at"], view.language, view.zone)))
        for name in ("last_contact", "last_sign")
        if row[f"{name}_at"] is not None
    ]
    if row["give_up_rule_code"]:
        lines.append((say("rule"), escape(in_words(row["give_up_rule_code"]))))
    body = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{html}</td></tr>' for name, html in lines)
    return f'<div class="pilotage scroll prose"><table><tbody>{body}</tbody></table></div>'


def _attempts(view: View, row: Mapping[str, Any]) -> str:
    count = number(row["count_attempts"], view.language)
    if not row["count_unanswered_attempts"]:
        return count
    unanswered = number(row["count_unanswered_attempts"], view.language)
    return view.say("attempts_unanswered", count=count, unanswered=unanswered)


def _questions(view: View, row: Mapping[str, Any]) -> None:
    say = view.say
    if row["lead_cycle_id"] is None:
        return
    st.markdown(f"**{say('questions_title')}**")
    missing = queries.read_missing_questions(view.rows, row["lead_cycle_id"])
    if not missing:
        st.caption(say("no_questions"))
        return
    lines = [
        (say.name(SECTIONS, question["section_code"]), Cell(view.label(question, "question_label")))
        for question in missing
    ]
    st.html(markup.table(say("questions_title"), (), lines, is_caption_hidden=True, is_prose=True))


def _score(view: View, row: Mapping[str, Any]) -> None:
    """Show what each criterion contributes to the score, with its evidence."""
    say = view.say
    found = queries.read_score(view.rows, row["lead_cycle_id"]) if row["lead_cycle_id"] else None
    if found is None:
        st.caption(say("no_score"))
        return
    score, contributions = found
    confirmed, potential = (_points(view, score[name]) for name in ("score_confirmed", "score_potential"))
    st.markdown(f"**{say('score_title', confirmed=confirmed)}**")
    st.caption(
        say(
            "score_caption",
            confirmed=confirmed,
            potential=potential,
            completeness=view.quantity(score["completeness"], "ratio"),
            model=score["model_name"],
            version=score["model_version"],
        )
    )
    lines: list[list[Cell | str]] = []
    for item in contributions:
        code = item["criterion_code"]
        figure = Figure(
            label=code,
            table="fct_lead_score_contributions",
            key=(("lead_score_id", item["lead_score_id"]), ("criterion_code", code)),
            columns=("points", "max_points"),
            row=item,
            unit="points",
        )
        is_next = code == score["next_best_criterion_code"]
        group = say.name(CRITERION_GROUPS, item["criterion_group"])
        known = _known(view, item["value"]) if item["is_known"] else say("unknown")
        recorded = instant(item["recorded_at"], view.language, view.zone) if item["recorded_at"] is not None else ""
        shown = say("points_of", points=_points(view, item["points"]), most=_points(view, item["max_points"]))
        lines.append(
            [
                Cell(view.label(item, "criterion_label"), note=f"{group}; {say('ask_first')}" if is_next else group),
                Cell(shown, figure, "points"),
                Cell(known, is_quiet=not item["is_known"]),
                Cell(str(item["evidence_id"] or NOTHING), note=recorded),
            ]
        )
    names = ("criterion", "points", "known_value", "evidence")
    title = say("score_title", confirmed=confirmed)
    st.html(markup.table(title, [say(name) for name in names], lines, is_caption_hidden=True))


def _known(view: View, value: str | None) -> str:
    """Return the value that a criterion read as the reader's language writes it; a free answer has none."""
    if not value:
        return view.say("known")
    if value in MILESTONE_STATES:
        return view.say.name(MILESTONE_STATES, value)
    try:
        return view.day(date.fromisoformat(value))
    except ValueError:
        pass
    try:
        amount = float(value)
    except ValueError:
        return value
    return number(amount, view.language, digits=0 if amount.is_integer() or amount >= 100 else 1)
