"""Export of the CRM, second half: deals with their change log, activities, milestone checks, recommendations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo import text, vocabulary
from ingestion.demo.clock import DAY, NEVER, Calendar, Flags, Ints, draw_office_seconds
from ingestion.demo.crm import (
    Export,
    company_ids,
    french,
    lead_sources,
    merged_ids,
    merged_people,
    owner_ids,
    walk_ins,
    write_by_year,
)
from ingestion.demo.deals import REOPENED, WENT_BACK
from ingestion.demo.journey import NO_ANSWER, REFUSED, VALID
from ingestion.demo.parameters import BANT, LOST, MILESTONE_STAGES, OTHER_MILESTONES, WON
from ingestion.demo.text import Text
from ingestion.demo.world import World, stream
from ingestion.demo.writers import FRENCH, Columns, count_rows, take, write_csv

STAGE_LABELS: Final = (
    "Découverte", "Besoin validé", "Démonstration", "Proposition", "Négociation", "Gagné", "Perdu",
)  # fmt: skip
ACTIVITY_LABELS: Final = ("Appel", "Rendez-vous", "Visite showroom", "Démonstration", "E-mail", "Tâche")
OUTCOME_LABELS: Final = ("Sans réponse", "Répondu", "Tenu", "Absent", "Envoyé")
DIRECTION_LABELS: Final = ("Sortant", "Entrant")
VERDICT_LABELS: Final = ("Valide", "Refusé")
STATUS_LABELS: Final = ("Validé", "Refusé", "En attente")


def _concatenate(parts: list[dict[str, Text]]) -> dict[str, Text]:
    return {name: pa.concat_arrays([part[name] for part in parts]) for name in parts[0]}


@dataclass(slots=True)
class ChangeLog:
    """Change log of the deals as the CRM keeps it, in order of deal and time."""

    deal: Ints
    at: Ints
    recorded: Ints
    stage: Ints
    amount: Ints
    """-1 unknown."""
    sequence: Ints


def change_log(world: World) -> ChangeLog:
    """Return the change log: the moves of the deals, and amounts that changed within a proposal."""
    deals, amounts = world.journey.deals, world.amounts
    deal, at, stage = deals.change_deal, deals.change_at, deals.change_stage
    lasts = np.diff(at, append=0)
    same = np.diff(deal, append=-1) == 0
    hashes = text.scramble(deal * 1000 + stage, 71)
    revised = (stage == 4) & same & (lasts > 3 * DAY) & text.one_in(hashes, 3, 0)
    extra = np.flatnonzero(revised)
    deal = np.concatenate([deal, deal[extra]])
    at = np.concatenate([at, at[extra] + DAY])
    stage = np.concatenate([stage, stage[extra]])
    is_revision = np.arange(len(deal)) >= len(revised)
    order = np.lexsort((is_revision, at, deal))
    deal, at, stage, is_revision = deal[order], at[order], stage[order], is_revision[order]
    open_stage = np.where(stage < LOST, stage, 0)
    best = np.maximum.accumulate(deal * 16 + open_stage) - deal * 16
    settled = np.maximum.accumulate(deal * 2 + (is_revision | (open_stage >= 5))) - deal * 2
    amount = np.where(best >= 4, amounts.proposed[deal], amounts.first[deal])
    amount = np.where(settled > 0, amounts.final[deal], amount)
    starts = np.flatnonzero(np.diff(deal, prepend=-1))
    sequence = np.arange(len(deal)) - np.repeat(starts, np.diff(starts, append=len(deal)))
    late = text.one_in(text.scramble(np.arange(len(deal)), 72), 30, 0)
    recorded = np.minimum(at + np.where(late, 2 * DAY, 5), world.calendar.closes_at)
    return ChangeLog(deal, at, recorded, stage, amount, sequence)


def _deal_columns(world: World, log: ChangeLog, until: int) -> tuple[dict[str, Text], Ints, Ints]:
    """Return the deals in their state at ``until``, their creation and last change."""
    deals, people = world.journey.deals, world.people
    count = len(deals)
    last = np.full(count, -1, dtype=np.int64)
    known = np.flatnonzero(log.recorded <= until)
    np.maximum.at(last, log.deal[known], known)
    there = np.maximum(last, 0)
    stage, amount = log.stage[there], log.amount[there]
    is_closed = stage >= WON
    number = np.arange(count)
    hashes = text.scramble(number, 73)
    person = deals.person
    expected = (deals.created_at + 75 * DAY) // DAY
    columns = {
        "Id affaire": text.numbered("A", number),
        "Nom de l'affaire": text.join("Équipement ", text.pick(vocabulary.LAST_NAMES, people.last_name[person])),
        "Pipeline": text.constant("Ventes", count),
        "Étape": text.pick(STAGE_LABELS, stage - 1),
        "Montant HT": text.decimals(amount, ",", amount < 0),
        "Devise": text.pick(vocabulary.CURRENCIES, people.currency[people.company[person]]),
        "Id contact": world.person_ids.take(pa.array(person)),
        "Id société": company_ids(people.company[person]),
        "Propriétaire": owner_ids(people.owner[person]),
        "Produit": text.pick([row[0] for row in vocabulary.PRODUCTS], number % 8, text.one_in(hashes, 9, 3)),
        "Origine": text.pick(vocabulary.LEAD_SOURCES, lead_sources(world)[person]),
        "Créée le": french(deals.created_at),
        "Fermée le": french(log.at[there], ~is_closed),
        "Clôture prévue": text.french_dates(expected, text.one_in(hashes, 7, 9)),
        "Motif de perte": text.pick(
            vocabulary.LOSS_REASONS,
            number % len(vocabulary.LOSS_REASONS),
            (stage != LOST) | text.one_in(hashes, 6, 13),
        ),
        "Test": text.constant("Non", count),
        "Modifiée le": french(log.recorded[there]),
        "Supprimée": text.constant("Non", count),
        "Fusionnée dans": text.constant(None, count),
    }
    created = np.where(last >= 0, deals.created_at, NEVER)
    return columns, created, log.recorded[there]


def _odd_deals(base: Columns, created: Ints, closes_at: int) -> tuple[dict[str, Text], Ints, Ints, dict[str, int]]:
    """Return copies of deals that must not count: deleted, merged into the original, tests."""
    number = np.flatnonzero(created < closes_at - 3 * DAY)
    # A small company has its share of them too.
    one_of = min(40, max(1, len(created) // 8))
    chosen = number[text.one_in(text.scramble(number, 74), one_of, 0)]
    kind = np.arange(len(chosen)) % 3
    at = created[chosen] + 7200
    columns = take(base, chosen)
    columns |= {
        "Id affaire": text.numbered("A", chosen + 900_000),
        "Étape": text.constant(STAGE_LABELS[0], len(chosen)),
        "Fermée le": text.constant(None, len(chosen)),
        "Motif de perte": text.constant(None, len(chosen)),
        "Créée le": french(at),
        "Modifiée le": french(at + DAY),
        "Supprimée": text.pick(("Oui", "Non", "Non"), kind),
        "Fusionnée dans": text.hide(text.numbered("A", chosen), kind != 1),
        "Test": text.pick(("Non", "Non", "Oui"), kind),
    }
    counts = {
        name: int((kind == place).sum()) for place, name in enumerate(("deleted_deals", "merged_deals", "test_deals"))
    }
    return columns, at, at + DAY, counts


def write_deals(world: World, export: Export, log: ChangeLog) -> dict[str, int]:
    """Write the deals and their change log; return the counts of what is hostile in them."""
    rng = stream(world.seed, f"deals {export.since}")
    base, created, updated = _deal_columns(world, log, export.until)
    odd, odd_created, odd_updated, counts = _odd_deals(base, created, export.until)
    joined = _concatenate([base, odd])
    all_created = np.concatenate([created, odd_created])
    all_updated = np.concatenate([updated, odd_updated])
    rows = np.flatnonzero(export.changed(all_created, all_updated))
    doubled = write_by_year(export, "affaires", take(joined, rows), all_created[rows], rng, doubles=0.01)
    if export.since is None:
        earlier, was_created, _ = _deal_columns(world, log, export.until - 45 * DAY)
        old = np.flatnonzero(was_created > export.until - 200 * DAY)
        old = old[was_created[old] < NEVER]
        write_csv(export.folder / "crm" / "affaires_ancien_export.csv", take(earlier, old), FRENCH)
        counts["deals_in_two_versions"] = len(old)
    changes = {
        "Id changement": text.join("H", text.numbered("", log.deal), "-", text.integers(log.sequence)),
        "Id affaire": text.numbered("A", log.deal),
        "Pipeline": text.constant("Ventes", len(log.deal)),
        "Étape": text.pick(STAGE_LABELS, log.stage - 1),
        "Montant HT": text.decimals(log.amount, ",", log.amount < 0),
        "Date": french(log.at),
        "Enregistré le": french(log.recorded),
        "Ordre": text.integers(log.sequence),
    }
    rows = np.flatnonzero(export.changed(log.recorded, log.recorded))
    # Exports of change logs come in no order at all.
    rows = rng.permutation(rows)
    doubled += write_by_year(export, "historique_affaires", take(changes, rows), log.at[rows], rng, doubles=0.005)
    if export.since is not None:
        return {}
    deals = world.journey.deals
    day = world.calendar.day_of(deals.change_at)
    created_day = world.calendar.day_of(deals.created_at)[deals.change_deal]
    before = np.where(np.diff(deals.change_deal, prepend=-1) == 0, np.roll(deals.change_stage, 1), 0)
    forward = (deals.change_stage < LOST) & (before > 0) & (before < WON)
    stage_of_deal = deals.change_deal * 10 + deals.change_stage
    seen = np.zeros(len(deals) * 10 + 10, dtype=np.int64)
    np.add.at(seen, stage_of_deal, 1)
    return counts | {
        "deal_lines_doubled": doubled,
        "skipped_stages": int((forward & (deals.change_stage - before > 1)).sum()),
        "back_moves": int((deals.change_kind == WENT_BACK).sum()),
        "stage_re_entries": int(np.maximum(seen.reshape(-1, 10)[:, 1:6] - 1, 0).sum()),
        "reopened_deals": int((deals.change_kind == REOPENED).sum()),
        "created_and_closed_same_day": int(((deals.change_stage >= WON) & (day == created_day)).sum()),
        "lost_deals": int((deals.stage == LOST).sum()),
        "late_change_records": int((log.recorded - log.at > DAY).sum()),
        "deals_without_first_amount": int((world.amounts.first < 0).sum()),
    }


def _activity(world: World, export: Export) -> tuple[dict[str, Text], Ints, Ints]:
    """Return the contact attempts as known at ``until``, their time and last change."""
    attempts, people = world.journey.attempts, world.people
    count = len(attempts.at)
    number = np.arange(count)
    hashes = text.scramble(number, 75)
    late = text.one_in(hashes, 40, 0)
    recorded = np.minimum(attempts.at + np.where(late, 2 * DAY, 120), world.calendar.closes_at)
    verdict_at = np.where(attempts.result >= REFUSED, np.maximum(attempts.verdict_at, recorded), NEVER)
    knows = verdict_at <= export.until
    spoke = attempts.result != NO_ANSWER
    place = (hashes >> np.uint64(8)) % np.uint64(20)
    kind = np.where(place < 15, 0, np.where(place < 18, 1, 2))
    kind = np.where(attempts.is_inbound | (~spoke & (place < 18)), 0, np.where(spoke, kind, 1))
    kind = np.where(attempts.is_inbound & walk_ins(world)[attempts.person], 2, kind)
    outcome = np.where(kind == 0, np.where(spoke, 1, 0), np.where(spoke, 2, 3))
    # What was done before a merge stays on the record that was merged away.
    elsewhere = merged_people(world)[attempts.person] & (attempts.number == 1)
    person = pa.array(attempts.person)
    contact = pc.if_else(pa.array(elsewhere), merged_ids(attempts.person), world.person_ids.take(person))
    columns = {
        "Id activité": text.numbered("T", number),
        "Type": text.pick(ACTIVITY_LABELS, kind),
        "Sens": text.pick(DIRECTION_LABELS, attempts.is_inbound.astype(np.int64)),
        "Résultat": text.pick(OUTCOME_LABELS, outcome),
        "Avis": text.pick(VERDICT_LABELS, (attempts.result == REFUSED).astype(np.int64), ~knows),
        "Avis rendu le": french(verdict_at, ~knows),
        "Motif de refus": text.pick(
            vocabulary.REFUSAL_REASONS,
            number % len(vocabulary.REFUSAL_REASONS),
            ~knows | (attempts.result == VALID),
        ),
        "Date": french(attempts.at),
        "Enregistrée le": french(recorded),
        "Durée (s)": text.integers((hashes % np.uint64(1500)).astype(np.int64) + 30, ~spoke),
        "Id contact": contact,
        "Id société": company_ids(people.company[attempts.person]),
        "Id affaire": text.constant(None, count),
        "Propriétaire": owner_ids(people.owner[attempts.person]),
        "Modifiée le": french(np.where(knows, np.maximum(recorded, verdict_at), recorded)),
    }
    return columns, recorded, np.where(knows, np.maximum(recorded, verdict_at), recorded)


def _deal_activities(world: World, log: ChangeLog) -> tuple[dict[str, Text], Ints, Ints]:
    """Return demonstrations and e-mails of deals, and a task in the hour that comes twice in autumn."""
    deals, people = world.journey.deals, world.people
    rows = np.flatnonzero((log.stage == 3) | (log.stage == 4))
    at = np.minimum(log.recorded[rows] + 1800, world.calendar.closes_at)
    deal = log.deal[rows]
    is_demo = log.stage[rows] == 3
    night = _nights(world.calendar)
    at = np.concatenate([at, night])
    deal = np.concatenate([deal, np.zeros(len(night), dtype=np.int64)])
    kind = np.concatenate([np.where(is_demo, 3, 4), np.full(len(night), 5)])
    person = deals.person[deal] if len(deals) else deal
    number = np.arange(len(at))
    count = len(at)
    columns = {
        "Id activité": text.numbered("T", number + 5_000_000),
        "Type": text.pick(ACTIVITY_LABELS, kind),
        "Sens": text.constant(DIRECTION_LABELS[0], count),
        "Résultat": text.pick(OUTCOME_LABELS, np.where(kind == 3, 2, 4)),
        "Avis": text.constant(None, count),
        "Avis rendu le": text.constant(None, count),
        "Motif de refus": text.constant(None, count),
        "Date": french(at),
        "Enregistrée le": french(at),
        "Durée (s)": text.integers(np.full(count, 2400), kind != 3),
        "Id contact": world.person_ids.take(pa.array(person)),
        "Id société": company_ids(people.company[person]),
        "Id affaire": text.numbered("A", deal),
        "Propriétaire": owner_ids(people.owner[person]),
        "Modifiée le": french(at),
    }
    return columns, at, at


def _nights(calendar: Calendar) -> Ints:
    """Return 02:30 local time of the nights in which that hour comes twice."""
    days = np.arange(calendar.count_days - 1, dtype=np.int64)
    noon = np.full(len(days), 43_200, dtype=np.int64)
    twice = days[(calendar.at(days + 1, noon) - calendar.at(days, noon)) == DAY + 3600] + 1
    return calendar.at(twice, np.full(len(twice), 9000, dtype=np.int64))


def write_activities(world: World, export: Export, log: ChangeLog) -> dict[str, int]:
    """Write the activities; return the counts of what is hostile in them."""
    rng = stream(world.seed, f"activities {export.since}")
    parts = [_activity(world, export), _deal_activities(world, log)]
    columns = _concatenate([part[0] for part in parts])
    recorded = np.concatenate([part[1] for part in parts])
    updated = np.concatenate([part[2] for part in parts])
    rows = np.flatnonzero(export.changed(recorded, updated))
    doubled = write_by_year(export, "activites", take(columns, rows), recorded[rows], rng, doubles=0.004)
    if export.since is not None:
        return {}
    first = take(columns, rows[:5])
    # An export that broke off in the middle of a row.
    tail = f"T999999;Appel;Sortant;Répo{FRENCH.line_end}"
    write_csv(export.folder / "crm" / "activites_reprise.csv", _repeat(first, 60), FRENCH, tail=[tail])
    return {
        "activity_lines_doubled": doubled + 60 * count_rows(first),
        "activities_in_repeated_hour": len(_nights(world.calendar)),
        "cut_csv_rows": 1,
    }


def _repeat(columns: Columns, times: int) -> dict[str, Text]:
    rows = count_rows(columns)
    return take(columns, np.tile(np.arange(rows), times))


def write_milestones(world: World, export: Export) -> None:
    """Write the milestone checks: one when the deal has been in the stage of the milestone, some not at all."""
    deals = world.journey.deals
    rng = stream(world.seed, "milestones")
    parts: list[dict[str, Text]] = []
    recorded: list[Ints] = []
    entry = np.full((len(deals), 6), NEVER)
    leave = np.full((len(deals), 6), world.calendar.closes_at)
    ends = np.append(deals.change_at[1:], world.calendar.closes_at)
    ends = np.where(np.diff(deals.change_deal, append=-1) == 0, ends, world.calendar.closes_at)
    is_open = deals.change_stage < WON
    # The last entry wins, so go backwards: the first visit of a stage is kept.
    back = np.flatnonzero(is_open)[::-1]
    entry[deals.change_deal[back], deals.change_stage[back]] = deals.change_at[back]
    leave[deals.change_deal[back], deals.change_stage[back]] = ends[back]
    for place, code in enumerate((*BANT, *OTHER_MILESTONES)):
        stage = MILESTONE_STAGES[code]
        here = np.flatnonzero((entry[:, stage] < NEVER) & (rng.random(len(deals)) < 0.92))
        came, left = entry[here, stage], leave[here, stage]
        at = came + ((left - came) * rng.uniform(0.1, 0.9, len(here))).astype(np.int64)
        at = world.calendar.at(world.calendar.day_of(at), draw_office_seconds(rng, len(here)))
        at = np.clip(at, came, left)
        if place < len(BANT):
            status = np.where(deals.bant[here] >> place & 1, 0, rng.integers(1, 3, len(here)))
        else:
            status = np.where(rng.random(len(here)) < 0.8, 0, rng.integers(1, 3, len(here)))
        answer = ("Oui, confirmé par le contact", "Non", None)
        parts.append(
            {
                "Id contrôle": text.join("J", text.integers(np.full(len(here), place)), text.numbered("", here)),
                "Id affaire": text.numbered("A", here),
                "Jalon": text.constant(code, len(here)),
                "Statut": text.pick(STATUS_LABELS, status),
                "Réponse": text.pick(answer, status),
                "Date": french(at),
                "Propriétaire": owner_ids(world.people.owner[deals.person[here]]),
            }
        )
        recorded.append(at)
    columns, at = _concatenate(parts), np.concatenate(recorded)
    rows = np.flatnonzero(export.changed(at, at))
    label = "" if export.since is None else "_delta"
    if len(rows):
        write_csv(export.folder / "crm" / f"jalons{label}.csv", take(columns, rows), FRENCH)


def write_recommendations(world: World, export: Export) -> None:
    """Write the recommendations: customers speak of the company on networks."""
    calendar = world.calendar
    rng = stream(world.seed, "recommendations")
    count = max(6, round(len(world.orders) * 0.25))
    at = np.sort(calendar.at(calendar.draw_office_days(rng, count), draw_office_seconds(rng, count)))
    customers = np.unique(world.orders.person)
    person = customers[rng.integers(0, len(customers), count)] if len(customers) else np.zeros(count, dtype=np.int64)
    is_known: Flags = (rng.random(count) < 0.7) & (len(customers) > 0)
    columns = {
        "Id": text.numbered("R", np.arange(count)),
        "Date": french(at),
        "Réseau": text.pick(vocabulary.NETWORKS, rng.integers(0, len(vocabulary.NETWORKS), count)),
        "Nombre": text.integers(rng.integers(1, 4, count)),
        "Id contact": text.hide(world.person_ids.take(pa.array(person)), ~is_known),
        "Id société": company_ids(world.people.company[person], ~is_known),
    }
    rows = np.flatnonzero(export.changed(at, at))
    label = "" if export.since is None else "_delta"
    if len(rows):
        write_csv(export.folder / "crm" / f"recommandations{label}.csv", take(columns, rows), FRENCH)
