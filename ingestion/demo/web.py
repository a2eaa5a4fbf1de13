"""Export of the web tracker: monthly files of JSON lines, ordered by the time of recording.

Events are computed from their session month by month, so that memory does not grow with the history. Every choice about
an event comes from a hash of its session and place: two runs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo import text, vocabulary
from ingestion.demo.clock import DAY, Calendar, Flags, Ints, month_name, to_local, to_utc
from ingestion.demo.contacts import as_typed, staff_emails
from ingestion.demo.people import BOT_VISITOR, PERSON_VISITOR, STAFF_VISITOR, Sessions
from ingestion.demo.text import Hashes, Text
from ingestion.demo.writers import HELD_BACK, INBOX, LinesFile

_BLOCK_ROWS: Final = 250_000
_MAX_EVENTS: Final = 64
_GZIPPED_EVERY: Final = 9
_LATE_EVERY: Final = 8
"""Every so many months a file is compressed, a late file comes."""
_LATE_LAG: Final = 25 * DAY
_CUT_LINE: Final = '{"id":"0000000000000000","cookie_id":null,"ts":"20\n'
"""What is left where the tracker died in the middle of a line."""


@dataclass(slots=True)
class Events:
    """Events of some sessions, one place each."""

    session: Ints
    place: Ints
    occurred: Ints
    recorded: Ints
    hashes: Hashes

    def take(self, places: Ints | Flags) -> Events:
        """Return the events at some places."""
        return Events(*(getattr(self, field.name)[places] for field in fields(Events)))

    def __len__(self) -> int:
        return len(self.session)


@dataclass(slots=True)
class WebCounts:
    """What the web files hold."""

    events: int = 0
    lines: int = 0
    bot_events: int = 0
    staff_events: int = 0
    events_without_visitor: int = 0
    recorded_hours_later: int = 0
    redelivered_in_next_file: int = 0
    doubled_lines: int = 0
    events_in_late_files: int = 0
    cut_lines: int = 0
    repeated_hour_events: int = 0


def _events(sessions: Sessions, seed: int, first: int, last: int) -> Events:
    counts = sessions.count[first:last]
    session = np.repeat(np.arange(first, last), counts)
    place = np.arange(len(session)) - np.repeat(np.cumsum(counts) - counts, counts)
    hashes = text.scramble(session * _MAX_EVENTS + place, seed * 1000 + 31)
    occurred = sessions.start[session] + place * sessions.gap[session]
    delay = 1 + (hashes % np.uint64(3)).astype(np.int64)
    offline = text.one_in(hashes, 100, 8)
    hours = ((hashes >> np.uint64(16)) % np.uint64(6 * 3600)).astype(np.int64)
    return Events(session, place, occurred, occurred + delay + np.where(offline, hours, 0), hashes)


def _concatenate(parts: list[Events]) -> Events:
    return Events(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Events)))


def _json(value: str | None) -> str:
    return "null" if value is None else f'"{value}"'


def _traffic_fragments() -> list[str]:
    """Return the fragments of source fields: by traffic and campaign, then the empty one of later pages."""
    found = []
    for _, source, medium, referrer in vocabulary.TRAFFIC:
        for campaign in vocabulary.CAMPAIGNS:
            name = None if medium is None else campaign
            content = None if medium is None else "bannière-a"
            found.append(
                f'"referrer":{_json(referrer)},"utm_source":{_json(source)},"utm_medium":{_json(medium)},'
                f'"utm_campaign":{_json(name)},"utm_content":{_json(content)}'
            )
    empty = '"referrer":null,"utm_source":null,"utm_medium":null,"utm_campaign":null,"utm_content":null'
    return [*found, empty]


def _agent_fragments() -> list[str]:
    """Return the fragments of consent, browser and country, in this order."""
    return [
        f'"consent":"{consent}","user_agent":"{agent}","country":"{country}","device":"{device}"}}\n'
        for consent in vocabulary.CONSENTS
        for agent, device in vocabulary.BROWSERS
        for country in vocabulary.COUNTRIES
    ]


def _page_fragments() -> list[str]:
    views = [f'"event":"page_view","url":"https://www.mecatech-demo.fr{page}",' for page in vocabulary.PAGES]
    forms = [
        f'"event":"form_submit","url":"https://www.mecatech-demo.fr{vocabulary.PAGES[page]}",'
        for page in vocabulary.FORM_PAGES
    ]
    return [*views, *forms]


_TRAFFIC: Final = _traffic_fragments()
_AGENTS: Final = _agent_fragments()
_PAGES: Final = _page_fragments()
_FORMS: Final = [f',"form":"{form}","email":"' for form in vocabulary.FORMS]
_NO_FORM: Final = ',"form":null,"email":null,'


class _Lines:
    """Writes events as JSON lines."""

    def __init__(self, sessions: Sessions, emails: Text, staff: list[str]) -> None:
        self._sessions = sessions
        self._emails = pa.concat_arrays([emails, pa.array(staff, pa.string())])
        self._count_people = len(emails)

    def _form_fragments(self, events: Events, is_form: Flags) -> Text:
        fragments = text.constant(_NO_FORM, len(events))
        if not is_form.any():
            return fragments
        session = events.session[is_form]
        person = self._sessions.person[session]
        address = self._emails.take(
            pa.array(np.where(person < -1, self._count_people - 2 - person, person), pa.int64())
        )
        filled = text.join(
            text.pick(_FORMS, self._sessions.form[session]), as_typed(address, events.hashes[is_form]), '",'
        )
        return pc.replace_with_mask(fragments, pa.array(is_form), filled)

    def of(self, events: Events) -> Text:
        """Return one JSON line per event."""
        sessions, session = self._sessions, events.session
        is_form = (sessions.form[session] >= 0) & (events.place == sessions.count[session] - 1)
        is_landing = events.place == 0
        page = ((events.hashes >> np.uint64(24)) % np.uint64(len(vocabulary.PAGES))).astype(np.int64)
        page = np.where(is_form, len(vocabulary.PAGES) + sessions.form[session], page)
        traffic = sessions.traffic[session] * len(vocabulary.CAMPAIGNS) + sessions.campaign[session]
        traffic = np.where(is_landing, traffic, len(_TRAFFIC) - 1)
        agent = (sessions.consent[session] * len(vocabulary.BROWSERS) + sessions.browser[session]) * len(
            vocabulary.COUNTRIES
        ) + sessions.country[session]
        visitor = text.join('"', text.hex_ids(text.scramble(sessions.visitor[session], 41)), '"')
        visitor = pc.if_else(pa.array(sessions.consent[session] == 0), visitor, "null")
        clicked = is_landing & (sessions.traffic[session] == vocabulary.PAID_SEARCH)
        click = pc.if_else(
            pa.array(clicked), text.join('"gclid-', text.hex_ids(text.scramble(session, 42)), '"'), "null"
        )
        return pc.binary_join_element_wise(
            '{"id":"',
            text.hex_ids(events.hashes),
            '","cookie_id":',
            visitor,
            ',"ts":"',
            text.iso_instants(events.occurred),
            '","received_at":"',
            text.iso_instants(events.recorded),
            '",',
            text.pick(_PAGES, page),
            text.pick(_TRAFFIC, traffic),
            ',"click_id":',
            click,
            self._form_fragments(events, is_form),
            text.pick(_AGENTS, agent),
            "",
        )


class _Exporter:
    """Spreads events over the files that the tracker delivers."""

    def __init__(self, home: Path, calendar: Calendar, cutoff: int, lines: _Lines, counts: WebCounts) -> None:
        self._home, self._calendar, self._cutoff = home, calendar, cutoff
        self._lines, self._counts = lines, counts

    def _write(self, path: Path, events: Events, tail: str = "") -> None:
        if not len(events):
            return
        file = LinesFile(path)
        for start in range(0, len(events), _BLOCK_ROWS):
            block = events.take(np.arange(start, min(start + _BLOCK_ROWS, len(events))))
            file.write(self._lines.of(block))
        file.write_raw(tail)
        file.close()
        self._counts.lines += len(events)

    def deliver(self, name: str, events: Events, tail: str = "") -> None:
        """Write a file to the inbox, and what was recorded after the cutoff beside it to what is held back."""
        held = events.recorded > self._cutoff
        self._write(self._home / INBOX / "web" / name, events.take(~held), tail)
        self._write(self._home / HELD_BACK / "web" / f"held_{name}", events.take(held))


def _month_limits(sessions: Sessions, calendar: Calendar) -> Ints:
    """Return the first place of each month among the sessions, which are in order of start, and their number."""
    month = calendar.month_of(sessions.start)
    numbers = calendar.month_numbers
    return np.searchsorted(month, np.arange(numbers[0], numbers[-1] + 2)).astype(np.int64)


def write_web(
    home: Path,
    *,
    calendar: Calendar,
    sessions: Sessions,
    emails: Text,
    count_staff: int,
    cutoff: int,
    seed: int,
    tell: Callable[[str], None],
) -> WebCounts:
    """Write all web files below ``home`` and return what they hold. ``sessions`` are in order of start."""
    counts = WebCounts()
    lines = _Lines(sessions, emails, staff_emails(count_staff))
    exporter = _Exporter(home, calendar, cutoff, lines, counts)
    limits = _month_limits(sessions, calendar)
    carried = _events(sessions, seed, 0, 0)
    months = list(calendar.month_numbers)
    for index, month in enumerate(months):
        fresh = _events(sessions, seed, int(limits[index]), int(limits[index + 1]))
        fresh = fresh.take(fresh.occurred <= calendar.closes_at)
        fresh.recorded = np.minimum(fresh.recorded, calendar.closes_at)
        _count(counts, sessions, fresh)
        is_last = index == len(months) - 1
        comes_late = np.zeros(len(fresh), dtype=bool)
        if index % _LATE_EVERY == 4 and not is_last:
            comes_late = text.one_in(fresh.hashes, 150, 32) & (fresh.occurred + _LATE_LAG <= calendar.closes_at)
        late, fresh = fresh.take(comes_late), fresh.take(~comes_late)
        late.recorded = late.occurred + _LATE_LAG
        doubled = fresh.take(text.one_in(fresh.hashes, 1500, 40))
        delivered_again = fresh.take(text.one_in(fresh.hashes, 700, 48) & (not is_last))
        events = _concatenate([carried, fresh, doubled])
        belongs = is_last | (calendar.month_of(events.recorded) <= month)
        now, carried = events.take(belongs), _concatenate([events.take(~belongs), delivered_again])
        tail = _CUT_LINE if index == 1 else ""
        name = f"events_{month_name(month)}.jsonl" + (".gz" if index % _GZIPPED_EVERY == 0 else "")
        exporter.deliver(name, now.take(np.lexsort((now.hashes, now.recorded))), tail)
        exporter.deliver(f"late_{month_name(month)}.jsonl", late)
        counts.events_in_late_files += len(late)
        counts.doubled_lines += len(doubled)
        counts.redelivered_in_next_file += len(delivered_again)
        counts.cut_lines += bool(tail)
        if index % 12 == 11 or is_last:
            tell(f"web events: {index + 1} of {len(months)} months")
    return counts


def _count(counts: WebCounts, sessions: Sessions, events: Events) -> None:
    visitor = sessions.visitor[events.session]
    counts.events += len(events)
    counts.bot_events += int(((visitor >= BOT_VISITOR) & (visitor < PERSON_VISITOR)).sum())
    counts.staff_events += int(((visitor >= STAFF_VISITOR) & (visitor < BOT_VISITOR)).sum())
    counts.events_without_visitor += int((sessions.consent[events.session] != 0).sum())
    local = to_local(events.occurred)
    comes_twice = (to_utc(local) != events.occurred) | (to_local(events.occurred + 3600) == local)
    counts.repeated_hour_events += int(comes_twice.sum())
    counts.recorded_hours_later += int((events.recorded - events.occurred > 3600).sum())
