"""Export of the CRM, as a French system writes it: contacts, companies, owners, products.

An export is what the CRM knew at an instant (``until``). With ``since`` it holds only what changed after that instant:
the export of one night.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo import contacts, text, vocabulary
from ingestion.demo.clock import DAY, NEVER, Flags, Ints, to_local
from ingestion.demo.parameters import DOMAIN
from ingestion.demo.people import COLLEAGUE, PHONE
from ingestion.demo.text import Text
from ingestion.demo.world import World, stream
from ingestion.demo.writers import FRENCH, Columns, count_rows, take, with_doubles, write_csv

CONSENTS: Final = ("Oui", "Non", "Inconnu")
LIFECYCLES: Final = ("Lead", "MQL", "Client")
_SECOND_RECORD: Final = 900_000
_DELETED_RECORD: Final = 800_000
_TEST_RECORD: Final = 700_000
_SHOWROOM: Final = vocabulary.LEAD_SOURCES.index("Showroom")


@dataclass(frozen=True, slots=True)
class Export:
    """One export: where it is written, up to when, and since when."""

    folder: Path
    until: int
    since: int | None

    def changed(self, created: Ints, updated: Ints) -> Flags:
        """Return the records that belong to the export."""
        known: Flags = created <= self.until
        return known if self.since is None else known & (updated > self.since)


def french(utc: Ints, missing: Flags | None = None) -> Text:
    """Return French local times of UTC instants."""
    return text.french_times(to_local(np.where(utc == NEVER, 0, utc).astype(np.int64)), missing)


def years_of(utc: Ints) -> Ints:
    """Return the local year of UTC instants."""
    dates = (to_local(utc) // DAY).astype("datetime64[D]").astype("datetime64[Y]")
    return dates.astype(np.int64) + 1970


def write_by_year(
    export: Export, name: str, columns: Columns, at: Ints, rng: np.random.Generator, *, doubles: float
) -> int:
    """Write ``crm/<name>_<year>.csv`` (or ``_delta``) with some lines that come twice; return how many do."""
    doubled = 0
    years = years_of(at)
    for year in np.unique(years):
        rows = np.flatnonzero(years == year)
        places, twice = with_doubles(rng, len(rows), doubles)
        doubled += twice
        label = f"{year}" if export.since is None else f"{year}_delta"
        write_csv(export.folder / "crm" / f"{name}_{label}.csv", take(columns, rows[places]), FRENCH)
    return doubled


def owner_ids(owner: Ints) -> Text:
    """Return the ids of owners."""
    return text.pick([row[0] for row in vocabulary.OWNERS], owner)


def company_ids(company: Ints, missing: Flags | None = None) -> Text:
    """Return the ids of companies."""
    ids = text.numbered("S", company)
    return ids if missing is None else text.hide(ids, missing)


@dataclass(slots=True)
class ContactTimes:
    """When the CRM learned things about people; ``NEVER`` if it did not."""

    became_mql: Ints
    disqualified: Ints
    reason_unreachable: Flags


def contact_times(world: World) -> ContactTimes:
    """Return the first lifecycle MQL and the disqualification of each person, as the CRM holds them."""
    rounds, count = world.journey.rounds, len(world.people)
    became, disqualified = np.full(count, NEVER), np.full(count, NEVER)
    unreachable = np.zeros(count, dtype=bool)
    # A hand raise reaches the lifecycle of the CRM a little later, and not always.
    follows = text.scramble(rounds.person, 61) % np.uint64(10) < 7
    copied = np.minimum(rounds.started_at + 900, world.calendar.closes_at)
    at = np.where(rounds.is_hand_raise, np.where(follows, copied, NEVER), rounds.started_at)
    at = np.where(rounds.is_mql & ((rounds.round_number == 0) | ~rounds.is_hand_raise), at, NEVER)
    np.minimum.at(became, rounds.person, at)
    np.minimum.at(disqualified, rounds.person, rounds.disqualified_at)
    gave_up = (rounds.disqualified_at < NEVER) & (rounds.refused_at == NEVER)
    unreachable[rounds.person[gave_up]] = True
    return ContactTimes(became, disqualified, unreachable)


def merged_people(world: World) -> Flags:
    """Return who has a second record that was merged into the first."""
    return text.one_in(text.scramble(np.arange(len(world.people)), 62), 90, 0)


def walk_ins(world: World) -> Flags:
    """Return who came to the showroom instead of calling."""
    people = world.people
    came: Flags = (people.source == PHONE) & text.one_in(text.scramble(np.arange(len(people)), 67), 3, 0)
    return came


def lead_sources(world: World) -> Ints:
    """Return the place in ``vocabulary.LEAD_SOURCES`` of where each person comes from."""
    sources: Ints = np.where(walk_ins(world), _SHOWROOM, world.people.source)
    return sources


def twice_people(world: World) -> Flags:
    """Return who has a second record that nobody merged: only the e-mail tells."""
    hashes = text.scramble(np.arange(len(world.people)), 63)
    ordinary = (world.people.source != COLLEAGUE) & ~merged_people(world)
    found: Flags = text.one_in(hashes, 70, 0) & ordinary
    return found


def merged_ids(person: Ints) -> Text:
    """Return the ids of the second, merged records."""
    return text.numbered("C", person + _SECOND_RECORD)


def _contacts(world: World, until: int) -> tuple[dict[str, Text], Ints, Ints]:
    """Return the contact records as known at ``until``, their creation and last change."""
    people, times = world.people, contact_times(world)
    count = len(people)
    number = np.arange(count)
    hashes = text.scramble(number, 64)
    became = np.where(times.became_mql <= until, times.became_mql, NEVER)
    disqualified = np.where(times.disqualified <= until, times.disqualified, NEVER)
    customer = np.where(world.journey.customer_at <= until, world.journey.customer_at, NEVER)
    updated = people.created_at.copy()
    for instant in (became, disqualified, customer):
        updated = np.where(instant < NEVER, np.maximum(updated, instant), updated)
    lifecycle = np.where(customer < NEVER, 2, np.where(became < NEVER, 1, 0))
    phone = text.join("0", text.integers(100_000_000 + (hashes % np.uint64(899_999_999)).astype(np.int64)))
    knows_visitor = people.has_cookie & ~text.one_in(hashes, 3, 20)
    none = np.ones(count, dtype=bool)
    columns = {
        "Id contact": world.person_ids,
        "Prénom": text.pick(vocabulary.FIRST_NAMES, people.first_name),
        "Nom": text.pick(vocabulary.LAST_NAMES, people.last_name),
        "E-mail": contacts.as_typed(world.emails, text.scramble(number, 65)),
        "Téléphone": text.hide(phone, text.one_in(hashes, 5, 8)),
        "Fonction": text.pick([row[0] for row in vocabulary.FUNCTIONS], people.function),
        "Service": text.pick([row[1] for row in vocabulary.FUNCTIONS], people.function, text.one_in(hashes, 8, 30)),
        "Niveau": text.pick([row[2] for row in vocabulary.FUNCTIONS], people.function),
        # Not those of customers: they would count as prospects ever after.
        "Id société": company_ids(people.company, text.one_in(hashes, 60, 40) & (world.journey.customer_at == NEVER)),
        "Propriétaire": owner_ids(people.owner),
        "Origine": text.pick(vocabulary.LEAD_SOURCES, lead_sources(world), text.one_in(hashes, 25, 44)),
        "Cycle de vie": text.pick(LIFECYCLES, lifecycle),
        "Devenu MQL le": french(became, became == NEVER),
        "Id visiteur": text.hide(text.hex_ids(text.scramble(people.visitor, 41)), ~knows_visitor),
        "Consentement": text.pick(CONSENTS, people.consent),
        "Disqualifié le": french(disqualified, disqualified == NEVER),
        "Motif de disqualification": text.pick(
            ("Refusé par le commercial", "Injoignable"),
            times.reason_unreachable.astype(np.int64),
            disqualified == NEVER,
        ),
        "Test": text.constant("Non", count),
        "Créé le": french(people.created_at),
        "Modifié le": french(updated),
        "Supprimé": text.constant("Non", count),
        "Fusionné dans": text.hide(world.person_ids, none),
    }
    return columns, people.created_at, updated


def _second_records(world: World, base: Columns, until: int) -> tuple[dict[str, Text], Ints, Ints]:
    """Return the second records of people: some merged into the first, some simply there."""
    merged, twice = np.flatnonzero(merged_people(world)), np.flatnonzero(twice_people(world))
    person = np.concatenate([merged, twice])
    is_merged = np.arange(len(person)) < len(merged)
    closes = world.calendar.closes_at
    created = world.people.created_at[person] + np.where(is_merged, 60, 5 * DAY)
    merged_at = np.minimum(created + 10 * DAY, closes)
    known = is_merged & (merged_at <= until)
    updated = np.where(known, merged_at, created)
    columns = take(base, person)
    none = np.ones(len(person), dtype=bool)
    columns |= {
        "Id contact": merged_ids(person),
        "E-mail": pc.utf8_upper(world.emails.take(pa.array(person))),
        "Cycle de vie": text.constant("Lead", len(person)),
        "Devenu MQL le": text.hide(columns["Devenu MQL le"], none),
        "Disqualifié le": text.hide(columns["Disqualifié le"], none),
        "Motif de disqualification": text.hide(columns["Motif de disqualification"], none),
        "Id visiteur": text.hide(columns["Id visiteur"], none),
        "Créé le": french(created),
        "Modifié le": french(updated),
        "Fusionné dans": text.hide(world.person_ids.take(pa.array(person)), ~known),
    }
    inside = created <= closes
    return take(columns, np.flatnonzero(inside)), created[inside], updated[inside]


def _odd_records(world: World) -> tuple[dict[str, Text], Ints, Ints]:
    """Return records that are no leads: deleted ones, tests, and a member of staff."""
    people, calendar = world.people, world.calendar
    deleted = max(3, len(people) // 150)
    tests = 6
    rows = deleted + tests + 1
    number = np.arange(rows)
    created = calendar.opens_at + 40 * DAY + (number * (calendar.closes_at - calendar.opens_at - 60 * DAY)) // rows
    created = np.minimum(created, calendar.closes_at - 2 * DAY)
    is_deleted, is_test = number < deleted, (number >= deleted) & (number < deleted + tests)
    ids = text.numbered("C", number + np.where(is_deleted, _DELETED_RECORD, _TEST_RECORD))
    address = pc.if_else(
        pa.array(is_deleted),
        text.join("efface.", text.integers(number), "@ancien-client.example"),
        pc.if_else(pa.array(is_test), text.join("test", text.integers(number), "@test.example"), f"stagiaire@{DOMAIN}"),
    )
    updated = created + np.where(is_deleted, DAY, 0)
    none = text.constant(None, rows)
    columns = {
        "Id contact": ids,
        "Prénom": pc.if_else(pa.array(is_test), "Test", "Zoé"),
        "Nom": pc.if_else(pa.array(is_test), "TEST", "Effacé"),
        "E-mail": address,
        "Téléphone": none,
        "Fonction": none,
        "Service": none,
        "Niveau": none,
        "Id société": none,
        "Propriétaire": owner_ids(number % 6),
        "Origine": text.constant("Import", rows),
        "Cycle de vie": text.constant("Lead", rows),
        "Devenu MQL le": none,
        "Id visiteur": none,
        "Consentement": text.constant("Inconnu", rows),
        "Disqualifié le": none,
        "Motif de disqualification": none,
        "Test": text.pick(("Non", "Oui"), is_test.astype(np.int64)),
        "Créé le": french(created),
        "Modifié le": french(updated),
        "Supprimé": text.pick(("Non", "Oui"), is_deleted.astype(np.int64)),
        "Fusionné dans": none,
    }
    return columns, created, updated


def _older_versions(world: World, base: Columns, export: Export, rng: np.random.Generator) -> int:
    """Write an old export that holds earlier versions of some contacts: ``Modifié le`` decides."""
    created = world.people.created_at
    rows = np.flatnonzero((rng.random(len(created)) < 0.03) & (created <= export.until))
    old = take(base, rows)
    none = np.ones(len(rows), dtype=bool)
    old |= {
        "Fonction": text.hide(old["Fonction"], none),
        "Origine": text.constant("Inconnue", len(rows)),
        "Cycle de vie": text.constant("Lead", len(rows)),
        "Devenu MQL le": text.hide(old["Devenu MQL le"], none),
        "Disqualifié le": text.hide(old["Disqualifié le"], none),
        "Motif de disqualification": text.hide(old["Motif de disqualification"], none),
        "Modifié le": french(created[rows] - 30),
    }
    write_csv(export.folder / "crm" / "contacts_ancien_export.csv", old, FRENCH)
    return len(rows)


def write_contacts(world: World, export: Export) -> dict[str, int]:
    """Write the contact files of an export and return the counts of what is hostile in them."""
    rng = stream(world.seed, f"contacts {export.since}")
    base, created, updated = _contacts(world, export.until)
    parts = [(base, created, updated), _second_records(world, base, export.until), _odd_records(world)]
    joined = {name: pa.concat_arrays([part[0][name] for part in parts]) for name in base}
    created = np.concatenate([part[1] for part in parts])
    updated = np.concatenate([part[2] for part in parts])
    rows = np.flatnonzero(export.changed(created, updated))
    doubled = write_by_year(export, "contacts", take(joined, rows), created[rows], rng, doubles=0.004)
    if export.since is not None:
        return {}
    return {
        "contacts_in_two_versions": _older_versions(world, base, export, rng),
        "contact_lines_doubled": doubled,
        "merged_contacts": int(merged_people(world).sum()),
        "unmerged_second_contacts": count_rows(parts[1][0]) - int(merged_people(world).sum()),
        "deleted_contacts": count_rows(parts[2][0]) - 7,
        "test_contacts": 6,
        "staff_contacts": 1,
        "shared_mailbox_contacts": int(world.people.is_role.sum()),
    }


def write_companies(world: World, export: Export) -> None:
    """Write the companies, the owners and the products of the CRM."""
    people = world.people
    firms = len(people.size)
    created = np.full(firms, NEVER)
    np.minimum.at(created, people.company, people.created_at)
    number = np.arange(firms)
    hashes = text.scramble(number, 66)
    region = [row[0] for row in vocabulary.REGIONS]
    owner = np.zeros(firms, dtype=np.int64)
    owner[people.company[::-1]] = people.owner[::-1]
    siren = text.integers(300_000_000 + (hashes % np.uint64(599_999_999)).astype(np.int64))
    revenue = people.employees * 14_000_000 + (hashes % np.uint64(900_000)).astype(np.int64)
    postal = text.join(text.pick([row[1] for row in vocabulary.REGIONS], people.region), "000")
    columns = {
        "Id société": company_ids(number),
        "Raison sociale": contacts.company_names(number),
        "Domaine": text.hide(contacts.company_domains(number), text.one_in(hashes, 12, 4)),
        "SIREN": text.hide(siren, text.one_in(hashes, 3, 8)),
        "Secteur": text.pick(vocabulary.SECTORS, people.sector, text.one_in(hashes, 30, 12)),
        "Pays": text.pick(("FR", "CH", "GB"), people.currency),
        "Région": text.pick(region, people.region, people.currency > 0),
        "Code postal": text.hide(postal, people.currency > 0),
        "Effectif": text.integers(people.employees, text.one_in(hashes, 25, 16)),
        "Chiffre d'affaires": text.decimals(revenue, ",", text.one_in(hashes, 6, 20)),
        "Propriétaire": owner_ids(owner),
        "Créée le": french(created),
        "Modifiée le": french(created),
    }
    rows = np.flatnonzero(export.changed(created, created))
    label = "" if export.since is None else "_delta"
    if len(rows):
        write_csv(export.folder / "crm" / f"societes{label}.csv", take(columns, rows), FRENCH)
    if export.since is not None:
        return
    owners = vocabulary.OWNERS
    owner_columns = {
        "Id": pa.array([row[0] for row in owners]),
        "Nom": pa.array([row[1] for row in owners]),
        "E-mail": pa.array([f"{row[0].lower()}@{DOMAIN}" for row in owners]),
        "Équipe": pa.array([row[2] for row in owners]),
        "Agence": pa.array([row[3] for row in owners]),
        "Actif": pa.array(["Non" if row[0] == "U08" else "Oui" for row in owners]),
    }
    write_csv(export.folder / "crm" / "proprietaires.csv", owner_columns, FRENCH)
    products = {
        "Id produit": pa.array([row[0] for row in vocabulary.PRODUCTS]),
        "Produit": pa.array([row[1] for row in vocabulary.PRODUCTS]),
        "Famille": pa.array([row[2] for row in vocabulary.PRODUCTS]),
        "Prix HT": text.decimals(np.array([row[3] for row in vocabulary.PRODUCTS]), ","),
    }
    write_csv(export.folder / "crm" / "produits.csv", products, FRENCH)
