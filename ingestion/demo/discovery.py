"""Answers of the discovery record: from forms, from the first call with its script, and looked up later."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo import text
from ingestion.demo.clock import DAY, Flags, Ints, to_local
from ingestion.demo.crm import Export, company_ids, french, owner_ids
from ingestion.demo.journey import NO_ANSWER
from ingestion.demo.parameters import BANT
from ingestion.demo.people import WEB
from ingestion.demo.world import TEMPLATE_SEEDS, World, stream
from ingestion.demo.writers import FRENCH, take, write_csv

METHOD_LABELS: Final = ("Formulaire", "Appel", "Enrichissement")
SECTION_LABELS: Final = ("Profil", "Historique", "Besoins", "Contraintes", "Attentes")
SECTIONS: Final = ("profile", "history", "needs", "constraints", "expectations")
_FORM: Final = 0
_CALL: Final = 1
_LOOKED_UP: Final = 2
_DEADLINE: Final = "deadline"
_DEADLINE_DAYS: Final = (30, 400)
_KNOWN_DEADLINE_DAYS: Final = (20, 120)
"""Days to the day on which it is needed: of anybody, and of those with whom a timeframe is agreed later."""
_ANSWERS: Final = ("Oui", "Industrie", "Une machine de 2012", "Avant l'été", "Moins de rebuts", "À confirmer")


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of the template, in order."""

    codes: tuple[str, ...]
    section: Ints
    is_script: Flags


@dataclass(slots=True)
class Answers:
    """Answers that truly were given, one place each."""

    person: Ints
    question: Ints
    at: Ints
    method: Ints
    attempt: Ints
    """Contact attempt in which it was given; -1 for none."""


def questions() -> Questions:
    """Return the questions of the template's discovery record."""
    with (TEMPLATE_SEEDS / "discovery_questions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Questions(
        tuple(row["question_code"] for row in rows),
        np.array([SECTIONS.index(row["section_code"]) for row in rows], dtype=np.int64),
        np.array([row["is_script_question"] == "true" for row in rows]),
    )


def first_calls(world: World) -> tuple[Ints, Ints]:
    """Return who was ever spoken to, and the place of the first attempt that was answered."""
    attempts = world.journey.attempts
    answered = np.flatnonzero(attempts.result != NO_ANSWER)
    ordered = answered[np.lexsort((answered, attempts.at[answered], attempts.person[answered]))]
    person, first = np.unique(attempts.person[ordered], return_index=True)
    return person.astype(np.int64), ordered[first].astype(np.int64)


def draw_answers(world: World) -> Answers:
    """Draw the answers of all people."""
    rng = stream(world.seed, "discovery")
    parameters, people, asked = world.parameters, world.people, questions()
    everybody = np.arange(len(people))
    is_profile = asked.section == 0
    spoken_to, attempt = first_calls(world)
    shares = np.where(asked.is_script, parameters.discovery_script_probability, parameters.discovery_other_probability)
    in_form = (
        (rng.random((len(people), len(asked.codes))) < parameters.discovery_form_probability)
        & is_profile
        & (people.source == WEB)[:, None]
    )
    in_call = rng.random((len(spoken_to), len(asked.codes))) < shares
    looked_up = (rng.random((len(people), len(asked.codes))) < parameters.discovery_enrichment_probability) & is_profile
    form_person, form_question = np.nonzero(in_form)
    call_place, call_question = np.nonzero(in_call)
    looked_person, looked_question = np.nonzero(looked_up)
    found = Answers(
        person=np.concatenate([everybody[form_person], spoken_to[call_place], everybody[looked_person]]),
        question=np.concatenate([form_question, call_question, looked_question]),
        at=np.concatenate(
            [
                people.captured_at[form_person],
                world.journey.attempts.at[attempt[call_place]] + rng.integers(1, 30, len(call_place)),
                people.created_at[looked_person] + rng.integers(DAY, 20 * DAY, len(looked_person)),
            ]
        ),
        method=np.repeat([_FORM, _CALL, _LOOKED_UP], [len(form_person), len(call_place), len(looked_person)]),
        attempt=np.concatenate(
            [
                np.full(len(form_person), -1, dtype=np.int64),
                attempt[call_place],
                np.full(len(looked_person), -1, dtype=np.int64),
            ]
        ),
    )
    known = found.at <= world.calendar.closes_at
    return Answers(*(getattr(found, name)[known] for name in Answers.__slots__))


def draw_deadlines(world: World, answers: Answers) -> Ints:
    """Return the day, since 1970, that each answer would name if it were asked for one; shape of ``answers``."""
    rng = stream(world.seed, "deadlines")
    deals = world.journey.deals
    agreed = np.zeros(len(world.people), dtype=bool)
    agreed[deals.person[(deals.bant >> BANT.index("timeframe_known") & 1) == 1]] = True
    count = len(answers.at)
    days = np.where(
        agreed[answers.person], rng.integers(*_KNOWN_DEADLINE_DAYS, count), rng.integers(*_DEADLINE_DAYS, count)
    )
    return to_local(answers.at) // DAY + days


def write_answers(world: World, export: Export) -> None:
    """Write ``crm/decouverte.csv`` (or ``_delta``)."""
    answers, asked, people = draw_answers(world), questions(), world.people
    count = len(answers.at)
    recorded = np.minimum(answers.at + 60, world.calendar.closes_at)
    columns = {
        "Id réponse": text.numbered("Q", np.arange(count)),
        "Id contact": world.person_ids.take(pa.array(answers.person)),
        "Id société": company_ids(people.company[answers.person]),
        "Rubrique": text.pick(SECTION_LABELS, asked.section[answers.question]),
        "Question": text.pick(asked.codes, answers.question),
        "Réponse": pc.if_else(
            pa.array(answers.question == asked.codes.index(_DEADLINE)),
            text.iso_dates(draw_deadlines(world, answers)),
            text.pick(_ANSWERS, answers.question % len(_ANSWERS)),
        ),
        "Méthode": text.pick(METHOD_LABELS, answers.method),
        "Id activité": text.hide(text.numbered("T", np.maximum(answers.attempt, 0)), answers.attempt < 0),
        "Date": french(answers.at),
        "Enregistrée le": french(recorded),
        "Propriétaire": owner_ids(people.owner[answers.person]),
    }
    rows = np.flatnonzero(export.changed(recorded, recorded))
    label = "" if export.since is None else "_delta"
    if len(rows):
        write_csv(export.folder / "crm" / f"decouverte{label}.csv", take(columns, rows), FRENCH)


def discovery_truth(world: World) -> dict[str, float]:
    """Return what share of the script was known at the end of the first call with each person, and of how many."""
    answers, asked = draw_answers(world), questions()
    person, attempt = first_calls(world)
    called_at = np.full(len(world.people), -1, dtype=np.int64)
    called_at[person] = world.journey.attempts.at[attempt]
    in_time = asked.is_script[answers.question] & (answers.at <= called_at[answers.person] + 30)
    known = np.unique(answers.person[in_time] * len(asked.codes) + answers.question[in_time])
    possible = len(person) * int(asked.is_script.sum())
    return {
        "persons_spoken_to": len(person),
        "script_coverage": round(len(known) / possible, 6) if possible else 0.0,
    }
