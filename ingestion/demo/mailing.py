"""E-mail campaigns and the export of the newsletter tool: monthly files of JSON lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo import text, vocabulary
from ingestion.demo.clock import DAY, NEVER, Calendar, Flags, Ints, month_name
from ingestion.demo.journey import Journey
from ingestion.demo.orders import Orders
from ingestion.demo.parameters import Parameters
from ingestion.demo.people import NO_FORM, PERSON_VISITOR, People, Sessions, make_sessions
from ingestion.demo.text import Text
from ingestion.demo.writers import HELD_BACK, INBOX, LinesFile

_TYPES: Final = ("sent", "delivered", "bounce", "bounce", "open", "click", "unsubscribe")
SENT, DELIVERED, HARD_BOUNCE, SOFT_BOUNCE, OPEN, CLICK, UNSUBSCRIBE = range(7)
_PROXY: Final = 2
_SCANNER: Final = 3
_BROWSER: Final = 4
_LONGEST_DELAY: Final = 20 * DAY


@dataclass(slots=True)
class MailEvents:
    """E-mail events, one place each."""

    campaign: Ints
    person: Ints
    kind: Ints
    occurred: Ints
    recorded: Ints
    link: Ints
    client: Ints
    number: Ints
    """Running number: events never share one."""

    def take(self, places: Ints | Flags) -> MailEvents:
        """Return the events at some places."""
        return MailEvents(*(getattr(self, field.name)[places] for field in fields(MailEvents)))

    def __len__(self) -> int:
        return len(self.person)


@dataclass(slots=True)
class Exposure:
    """E-mail audience of one month: distinct eligible people who got an e-mail, and how many became MQL after it."""

    month: int
    people: int
    mql_within_30_days: int


@dataclass(slots=True)
class Mailing:
    """What the campaigns did."""

    click_person: Ints
    click_at: Ints
    exposures: list[Exposure]
    deliveries: int = 0
    clicked_deliveries: int = 0
    scanner_clicks: int = 0
    proxy_opens: int = 0
    hard_bounces: int = 0
    events: int = 0
    lines: int = 0
    redelivered_events: int = 0


def _concatenate(parts: list[MailEvents]) -> MailEvents:
    return MailEvents(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(MailEvents)))


def campaign_days(calendar: Calendar) -> Ints:
    """Return the days of campaigns: a Tuesday each month (the letter), a Thursday each quarter (the promotion)."""
    days = np.arange(calendar.count_days, dtype=np.int64)
    dates = (days + calendar.origin).astype("datetime64[D]")
    of_month = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    letter = (calendar.weekday == 1) & (of_month > 4) & (of_month <= 11)
    promotion = (calendar.weekday == 3) & (of_month > 18) & (of_month <= 25) & (calendar.month_of_day(days) % 3 == 1)
    chosen: Ints = days[letter | promotion]
    return chosen


class _Campaigns:
    """Sends campaign after campaign and remembers who bounced or unsubscribed."""

    def __init__(
        self,
        rng: np.random.Generator,
        parameters: Parameters,
        calendar: Calendar,
        people: People,
        journey: Journey,
    ) -> None:
        self._rng, self._parameters, self._calendar = rng, parameters, calendar
        self._people, self._journey = people, journey
        self._gone_at = np.full(len(people), NEVER)
        self._count = 0

    def _recipients(self, sent_at: int) -> Ints:
        rounds = self._journey.rounds
        with_sales = np.zeros(len(self._people), dtype=bool)
        with_sales[rounds.person[(rounds.started_at <= sent_at) & (sent_at < rounds.released_at)]] = True
        with_sales &= self._journey.customer_at > sent_at
        return np.flatnonzero(
            (self._people.consent == 0)
            & (self._people.created_at + 3 * DAY < sent_at)
            & ~with_sales
            & (self._gone_at > sent_at)
        )

    def part(
        self, campaign: int, kind: int, person: Ints, at: Ints, client: int = 0, link: Ints | None = None
    ) -> MailEvents:
        """Return one kind of event of some recipients, each with a number of its own."""
        rows = len(person)
        numbers = self._count + np.arange(rows)
        self._count += rows
        late = text.one_in(text.scramble(numbers, 51), 200, 0)
        return MailEvents(
            np.full(rows, campaign),
            person,
            np.full(rows, kind),
            at,
            at + 1 + numbers % 4 + np.where(late, 7200 + numbers % 50_000, 0),
            np.full(rows, -1) if link is None else link,
            np.full(rows, client),
            numbers,
        )

    def send(self, campaign: int, day: int) -> MailEvents:
        """Send one campaign at 9:30 and return what happens to its messages within 20 days."""
        rng, parameters = self._rng, self._parameters
        sent_at = int(self._calendar.at(np.array([day]), np.array([34_200]))[0])
        person = self._recipients(sent_at)
        rows = len(person)
        sent = sent_at + rng.integers(0, 900, rows)
        arrived = sent + rng.integers(2, 40, rows)
        fate = rng.random(rows)
        hard = fate < parameters.hard_bounce_probability
        soft = ~hard & (fate < parameters.hard_bounce_probability + parameters.soft_bounce_probability)
        there = ~hard & ~soft
        opens = there & (rng.random(rows) < parameters.human_open_probability)
        proxied = there & (rng.random(rows) < parameters.proxy_open_probability)
        clicks = there & (rng.random(rows) < parameters.human_click_probability)
        leaves = there & (rng.random(rows) < parameters.unsubscribe_probability)
        scanned = there & self._people.has_scanner[person]
        self._gone_at[person[hard]] = arrived[hard]
        left_at = arrived + 300 + np.minimum(rng.exponential(20_000.0, rows), _LONGEST_DELAY).astype(np.int64)
        self._gone_at[person[leaves]] = left_at[leaves]
        read_at = arrived + 60 + np.minimum(rng.exponential(36_000.0, rows), _LONGEST_DELAY).astype(np.int64)
        click_at = read_at + 30 + rng.integers(0, 300, rows)
        links = len(vocabulary.LINKS)
        scans = np.repeat(np.flatnonzero(scanned), links)
        scan_link = np.tile(np.arange(links), int(scanned.sum()))
        part = self.part
        return _concatenate(
            [
                part(campaign, SENT, person, sent),
                part(campaign, DELIVERED, person[there], arrived[there]),
                part(campaign, HARD_BOUNCE, person[hard], arrived[hard]),
                part(campaign, SOFT_BOUNCE, person[soft], arrived[soft]),
                part(campaign, OPEN, person[opens], read_at[opens], int(campaign % 2)),
                part(campaign, OPEN, person[proxied], arrived[proxied] + 20, _PROXY),
                part(campaign, CLICK, person[clicks], click_at[clicks], _BROWSER, person[clicks] % links),
                part(campaign, CLICK, person[scans], arrived[scans] + 1 + scan_link // 2, _SCANNER, scan_link),
                part(campaign, UNSUBSCRIBE, person[leaves], left_at[leaves], _BROWSER),
            ]
        )


class _Audience:
    """Counts, per month, the distinct eligible people exposed and those who became MQL within 30 days."""

    def __init__(self, calendar: Calendar, people: People, journey: Journey, orders: Orders) -> None:
        self._calendar = calendar
        since = orders.customer_since(len(people))
        # Who orders on the day of the e-mail is a customer on that day.
        known = np.where(since < NEVER, since, calendar.opens_at)
        self._customer_day = np.where(since < NEVER, calendar.day_of(known), NEVER)
        rounds = journey.rounds
        person, at = rounds.person[rounds.is_mql], rounds.started_at[rounds.is_mql]
        order = np.lexsort((at, person))
        self._person, self._day = person[order], calendar.day_of(at[order])
        self._keys = self._person * 2**34 + at[order]
        self._first = np.full(len(people), NEVER)
        self._month = -1
        self.exposures: list[Exposure] = []

    def expose(self, events: MailEvents) -> None:
        """Take in one campaign; campaigns come in order of time."""
        arrived = events.take(events.kind == DELIVERED)
        arrived = arrived.take(arrived.occurred <= self._calendar.closes_at)
        if not len(arrived):
            return
        month = int(self._calendar.month_of(arrived.occurred[:1])[0])
        if month != self._month:
            self.close_month()
            self._month = month
        day = self._calendar.day_of(arrived.occurred)
        eligible = arrived.take(self._customer_day[arrived.person] > day)
        np.minimum.at(self._first, eligible.person, eligible.occurred)

    def close_month(self) -> None:
        """Count the month that is over."""
        if self._month < 0:
            return
        person = np.flatnonzero(self._first < NEVER)
        at = self._first[person]
        place = np.searchsorted(self._keys, person * 2**34 + at)
        follows = np.flatnonzero(place < len(self._keys))
        next_mql, person, at = place[follows], person[follows], at[follows]
        reached = (self._person[next_mql] == person) & (self._day[next_mql] <= self._calendar.day_of(at) + 30)
        self.exposures.append(Exposure(self._month, len(place), int(reached.sum())))
        self._first[:] = NEVER


def _json_lines(events: MailEvents, calendar: Calendar, days: Ints, person_ids: Text, emails: Text, seed: int) -> Text:
    hashes = text.scramble(events.number, seed * 1000 + 52)
    message = text.scramble(events.campaign * 2**32 + events.person, seed * 1000 + 53)
    months = calendar.month_of_day(days)
    campaigns = [
        f'","campaign_id":"C{place:03d}","campaign_name":"Lettre {month_name(int(month))} · énergie","contact_id":'
        for place, month in enumerate(months)
    ]
    kinds = [
        f',"type":"{kind}","bounce_type":'
        + ('"hard"' if code == HARD_BOUNCE else '"soft"' if code == SOFT_BOUNCE else "null")
        for code, kind in enumerate(_TYPES)
    ]
    links = [f"https://www.mecatech-demo.fr{link}?utm_source=newsletter" for link in vocabulary.LINKS]
    place = np.where(events.link < 0, len(links), events.link)
    link = text.pick([*(f'"{link}"' for link in links), "null"], place)
    has_client = np.isin(events.kind, (OPEN, CLICK, UNSUBSCRIBE))
    client = text.pick(
        [*(f'"{agent}"' for agent in vocabulary.MAIL_CLIENTS), "null"],
        np.where(has_client, events.client, len(vocabulary.MAIL_CLIENTS)),
    )
    # The tool does not know the CRM id of everybody.
    knows_id = pa.array(~text.one_in(text.scramble(events.person, 54), 7, 0))
    recipient = pa.array(events.person)
    person = pc.if_else(knows_id, text.join('"', person_ids.take(recipient), '"'), "null")
    return pc.binary_join_element_wise(
        '{"event_id":"m',
        text.hex_ids(hashes),
        '","message_id":"',
        text.hex_ids(message),
        text.pick(campaigns, events.campaign),
        person,
        ',"email":"',
        emails.take(recipient),
        '"',
        text.pick(kinds, events.kind),
        ',"at":"',
        text.iso_instants(events.occurred),
        '","recorded_at":"',
        text.iso_instants(events.recorded),
        '","link":',
        link,
        ',"client":',
        client,
        "}\n",
        "",
    )


def _by_month(
    campaigns: _Campaigns, audience: _Audience, calendar: Calendar, days: Ints
) -> Iterator[tuple[int, MailEvents]]:
    """Yield the events recorded in each month."""
    carried = campaigns.part(0, SENT, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    months = list(calendar.month_numbers)
    for month in months:
        parts = [carried]
        for campaign in np.flatnonzero(calendar.month_of_day(days) == month):
            events = campaigns.send(int(campaign), int(days[campaign]))
            audience.expose(events)
            parts.append(events.take(events.recorded <= calendar.closes_at))
        events = _concatenate(parts)
        belongs = (calendar.month_of(events.recorded) <= month) | (month == months[-1])
        now, carried = events.take(belongs), events.take(~belongs)
        yield month, now.take(np.lexsort((now.number, now.recorded)))
    audience.close_month()


def send_campaigns(
    home: Path,
    rng: np.random.Generator,
    *,
    parameters: Parameters,
    calendar: Calendar,
    people: People,
    journey: Journey,
    orders: Orders,
    person_ids: Text,
    emails: Text,
    cutoff: int,
    seed: int,
) -> Mailing:
    """Send all campaigns and write the files of the newsletter tool below ``home``."""
    days = campaign_days(calendar)
    audience = _Audience(calendar, people, journey, orders)
    campaigns = _Campaigns(rng, parameters, calendar, people, journey)
    clicks: list[MailEvents] = []
    nothing = np.zeros(0, dtype=np.int64)
    mailing = Mailing(nothing, nothing, audience.exposures)
    for month, events in _by_month(campaigns, audience, calendar, days):
        human = events.take((events.kind == CLICK) & (events.client == _BROWSER))
        clicks.append(human)
        mailing.deliveries += int((events.kind == DELIVERED).sum())
        mailing.scanner_clicks += int(((events.kind == CLICK) & (events.client == _SCANNER)).sum())
        mailing.proxy_opens += int(((events.kind == OPEN) & (events.client == _PROXY)).sum())
        mailing.hard_bounces += int((events.kind == HARD_BOUNCE).sum())
        mailing.events += len(events)
        again = events.take(text.one_in(text.scramble(events.number, 55), 400, 0))
        mailing.redelivered_events += len(again)
        everything = _concatenate([events, again])
        held = everything.recorded > cutoff
        for folder, prefix, part in (
            (INBOX, "", everything.take(~held)),
            (HELD_BACK, "held_", everything.take(held)),
        ):
            if len(part):
                file = LinesFile(home / folder / "newsletter" / f"{prefix}events_{month_name(month)}.jsonl")
                file.write(_json_lines(part, calendar, days, person_ids, emails, seed))
                file.close()
                mailing.lines += len(part)
    human = _concatenate(clicks)
    mailing.clicked_deliveries = len(human)
    mailing.click_person, mailing.click_at = human.person, human.occurred
    return mailing


def click_sessions(rng: np.random.Generator, calendar: Calendar, people: People, mailing: Mailing) -> Sessions:
    """Return the web sessions that start with a click in an e-mail."""
    person = mailing.click_person
    rows = len(person)
    knows = (people.visitor[person] >= 0) & (rng.random(rows) < 0.6)
    return make_sessions(
        rng,
        np.where(knows, people.visitor[person], PERSON_VISITOR + person),
        np.minimum(mailing.click_at + 3, calendar.closes_at - 3600),
        count=rng.integers(1, 5, rows),
        traffic=np.full(rows, vocabulary.EMAIL_TRAFFIC),
        consent=np.zeros(rows, dtype=np.int64),
        country=np.zeros(rows, dtype=np.int64),
        form=np.full(rows, NO_FORM),
    )
