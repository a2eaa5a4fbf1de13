"""Who comes: web visitors with their sessions, and the people who become leads, with their companies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ingestion.demo import vocabulary
from ingestion.demo.clock import (
    DAY,
    Calendar,
    Flags,
    Ints,
    draw_office_seconds,
    draw_web_seconds,
)
from ingestion.demo.parameters import Parameters, fit_class
from ingestion.demo.text import scramble

WEB: Final = 0
TRADE_SHOW: Final = 1
PHONE: Final = 2
RECOMMENDATION: Final = 3
COLLEAGUE: Final = 4
NO_FORM: Final = -1
STAFF_VISITOR: Final = 2_000_000_000
BOT_VISITOR: Final = 3_000_000_000
PERSON_VISITOR: Final = 4_000_000_000
"""First visitor keys of staff, bots and of people on another device."""


def shares(rng: np.random.Generator, weights: tuple[float, ...], count: int) -> Ints:
    """Draw ``count`` codes with the given shares."""
    total = np.cumsum(weights)
    codes: Ints = np.searchsorted(total, rng.random(count) * total[-1], side="right")
    return codes.astype(np.int64)


@dataclass(slots=True)
class Sessions:
    """Web sessions, one place per session. An event lies every ``gap`` seconds from ``start``."""

    visitor: Ints
    start: Ints
    gap: Ints
    count: Ints
    traffic: Ints
    campaign: Ints
    browser: Ints
    country: Ints
    consent: Ints
    form: Ints
    """Form that the last event submits, or ``NO_FORM``."""
    person: Ints
    """Person whose e-mail is typed in; -1 nobody; -2 and below a member of staff."""

    def __len__(self) -> int:
        return len(self.visitor)

    def take(self, places: Ints | Flags) -> Sessions:
        """Return the sessions at some places."""
        return Sessions(*(getattr(self, name)[places] for name in self.__slots__))

    @staticmethod
    def concatenate(parts: list[Sessions]) -> Sessions:
        """Return all sessions of the parts, in order of their start."""
        joined = Sessions(*(np.concatenate([getattr(part, name) for part in parts]) for name in Sessions.__slots__))
        return joined.take(np.lexsort((joined.visitor, joined.start)))

    @property
    def end(self) -> Ints:
        """Instant of the last event."""
        return self.start + (self.count - 1) * self.gap


def browsers_of(visitor: Ints) -> Ints:
    """Return the browser of visitors: people keep theirs, bots have those of bots."""
    human = scramble(visitor, 11) % np.uint64(vocabulary.FIRST_BOT_BROWSER)
    robots = len(vocabulary.BROWSERS) - vocabulary.FIRST_BOT_BROWSER
    bot = vocabulary.FIRST_BOT_BROWSER + scramble(visitor, 12) % np.uint64(robots)
    is_bot = (visitor >= BOT_VISITOR) & (visitor < PERSON_VISITOR)
    return np.where(is_bot, bot, human).astype(np.int64)


def make_sessions(
    rng: np.random.Generator,
    visitor: Ints,
    start: Ints,
    *,
    count: Ints,
    traffic: Ints,
    consent: Ints,
    country: Ints,
    form: Ints | None = None,
    person: Ints | None = None,
) -> Sessions:
    """Return sessions with what was not given drawn or derived from the visitor."""
    rows = len(visitor)
    nobody = np.full(rows, -1, dtype=np.int64)
    return Sessions(
        visitor=visitor,
        start=start,
        gap=rng.integers(12, 95, rows),
        count=count,
        traffic=traffic,
        campaign=rng.integers(0, len(vocabulary.CAMPAIGNS), rows),
        browser=browsers_of(visitor),
        country=country,
        consent=consent,
        form=nobody if form is None else form,
        person=nobody.copy() if person is None else person,
    )


def draw_visits(rng: np.random.Generator, parameters: Parameters, calendar: Calendar, scale: float) -> Sessions:
    """Draw all sessions of human visitors, grouped by visitor (0, 1, ...) and in order within each."""
    visitors = max(1, round(parameters.count_visitors * scale * calendar.months / 36))
    first_day = calendar.draw_web_days(rng, visitors)
    per_visitor = np.minimum(rng.geometric(parameters.sessions_per_visitor_stop, visitors), 12)
    visitor = np.repeat(np.arange(visitors), per_visitor)
    wait = rng.exponential(18.0, len(visitor)) + 0.5
    starts = np.cumsum(per_visitor) - per_visitor
    wait[starts] = 0.0
    waited = np.cumsum(wait)
    day = first_day[visitor] + (waited - np.repeat(waited[starts], per_visitor)).astype(np.int64)
    known = day < calendar.count_days
    visitor, day = visitor[known], day[known]
    start = np.minimum(calendar.at(day, draw_web_seconds(rng, len(day))), calendar.closes_at - 7200)
    consent = shares(rng, parameters.consent_shares, visitors)
    country = shares(rng, vocabulary.COUNTRY_SHARES, visitors)
    sessions = make_sessions(
        rng,
        visitor,
        start,
        count=np.minimum(rng.geometric(parameters.events_per_session_stop, len(visitor)), 18),
        traffic=shares(rng, vocabulary.TRAFFIC_SHARES, len(visitor)),
        consent=consent[visitor],
        country=country[visitor],
    )
    return sessions.take(np.lexsort((sessions.start, sessions.visitor)))


def draw_robots_and_staff(
    rng: np.random.Generator, parameters: Parameters, calendar: Calendar, count_sessions: int
) -> Sessions:
    """Draw the sessions of bots and of the company's own staff (who once type in their own address)."""
    bots = round(count_sessions * parameters.bot_session_share)
    visits = max(parameters.count_staff_visitors * 3, round(count_sessions * 0.01))
    bot = BOT_VISITOR + rng.integers(0, max(2, bots // 3), bots)
    member = np.arange(visits) % parameters.count_staff_visitors
    form = np.where(np.arange(visits) < parameters.count_staff_visitors, 4, NO_FORM)
    visitor = np.concatenate([bot, STAFF_VISITOR + member])
    rows = len(visitor)
    start = calendar.at(calendar.draw_web_days(rng, rows), draw_web_seconds(rng, rows))
    return make_sessions(
        rng,
        visitor,
        np.minimum(start, calendar.closes_at - 7200),
        count=np.concatenate([rng.integers(1, 15, bots), rng.integers(1, 10, visits)]),
        traffic=np.zeros(rows, dtype=np.int64),
        consent=np.concatenate([rng.integers(0, 3, bots), np.zeros(visits, dtype=np.int64)]),
        country=np.zeros(rows, dtype=np.int64),
        form=np.concatenate([np.full(bots, NO_FORM), form]),
        person=np.concatenate([np.full(bots, -1), np.where(form >= 0, -2 - member, -1)]),
    )


def draw_night_sessions(rng: np.random.Generator, calendar: Calendar) -> Sessions:
    """Return sessions in the hour that comes twice in autumn and around local midnight of each 15th."""
    days = np.arange(calendar.count_days, dtype=np.int64)
    noon = calendar.at(days, np.full(len(days), 43_200, dtype=np.int64))
    twice = days[1:][np.diff(noon) == DAY + 3600]
    change = calendar.at(twice, np.zeros(len(twice), dtype=np.int64))
    month_starts = np.flatnonzero(np.diff(calendar.month_of_day(days)) > 0)
    midnight = calendar.at(days[month_starts] + 1, np.zeros(len(month_starts), dtype=np.int64))
    start = np.concatenate([change + 2 * 3600 + 1800, change + 3 * 3600 + 1800, midnight - 200, midnight + 20])
    start = start[(start > calendar.opens_at) & (start < calendar.closes_at - 7200)]
    zeros = np.zeros(len(start), dtype=np.int64)
    return make_sessions(
        rng,
        PERSON_VISITOR + 2**40 + np.arange(len(start)),
        start,
        count=zeros + 6,
        traffic=zeros,
        consent=zeros,
        country=zeros,
    )


@dataclass(slots=True)
class People:
    """Leads of the clean world, one place per true person, in order of capture."""

    source: Ints
    captured_at: Ints
    created_at: Ints
    """Creation in the CRM."""
    consent: Ints
    visitor: Ints
    has_cookie: Flags
    """The web visitor accepted the cookie, so that the CRM can know it."""
    company: Ints
    first_name: Ints
    last_name: Ints
    function: Ints
    owner: Ints
    form: Ints
    show: Ints
    """Place of the trade show in the list of shows; -1 none."""
    is_role: Flags
    """Reached at a shared mailbox."""
    has_scanner: Flags
    # companies
    size: Ints
    sector: Ints
    region: Ints
    employees: Ints
    currency: Ints
    fit: Ints
    """Fit of the person's company, 0 to 2."""

    def __len__(self) -> int:
        return len(self.source)


def show_days(calendar: Calendar) -> Ints:
    """Return the first day of each trade show in the simulated months: a Tuesday after the 10th, for three days."""
    days = np.arange(calendar.count_days, dtype=np.int64)
    month = calendar.month_of_day(days) % 12 + 1
    of_month = ((days + calendar.origin).astype("datetime64[D]")).astype(object)
    day_of_month = np.array([day.day for day in of_month])
    in_season = np.isin(month, [month for month, _ in vocabulary.SHOWS])
    found = days[in_season & (calendar.weekday == 1) & (day_of_month >= 10) & (day_of_month <= 16)]
    over: Ints = found[found < calendar.count_days - 5]
    return over


def draw_people(
    rng: np.random.Generator, parameters: Parameters, calendar: Calendar, visits: Sessions, scale: float
) -> People:
    """Draw the leads. The last event of a web lead's session becomes its form: ``visits`` is changed in place."""
    count = max(40, round(parameters.count_leads * scale * calendar.months / 36))
    source = shares(rng, parameters.source_shares, count)
    shows = show_days(calendar)
    source = np.where((source == TRADE_SHOW) & (len(shows) == 0), PHONE, source)
    captured = np.minimum(
        calendar.at(calendar.draw_office_days(rng, count), draw_office_seconds(rng, count)),
        calendar.closes_at - 7200,
    )
    visitor = np.full(count, -1, dtype=np.int64)
    form = np.full(count, NO_FORM, dtype=np.int64)
    show = np.full(count, -1, dtype=np.int64)

    web = np.flatnonzero(source == WEB)
    first_of_visitor = np.flatnonzero(np.diff(visits.visitor, prepend=-1))
    chosen = first_of_visitor[rng.choice(len(first_of_visitor), len(web), replace=False)]
    hand_raise = rng.random(len(web)) < parameters.hand_raise_share_of_web_leads
    visits.form[chosen] = np.where(hand_raise, rng.integers(0, 3, len(web)), rng.integers(3, 6, len(web)))
    visits.count[chosen] += 1
    captured[web], visitor[web], form[web] = visits.end[chosen], visits.visitor[chosen], visits.form[chosen]

    fair = np.flatnonzero(source == TRADE_SHOW)
    if len(shows):
        show[fair] = rng.integers(0, len(shows), len(fair))
        captured[fair] = calendar.at(
            shows[show[fair]] + rng.integers(0, 3, len(fair)), draw_office_seconds(rng, len(fair))
        )

    order = np.lexsort((np.arange(count), captured))
    source, captured, visitor, form, show = (column[order] for column in (source, captured, visitor, form, show))
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    visits.person[chosen] = place[web]
    has_cookie = np.zeros(count, dtype=bool)
    has_cookie[place[web]] = visits.consent[chosen] == 0

    minutes = np.clip(rng.lognormal(3.4, 1.0, count), 2, 360)
    delay = np.where(source == TRADE_SHOW, rng.integers(1, 4, count) * DAY, (minutes * 60).astype(np.int64))
    # Who raises the hand is in the CRM at once: nobody is called before that.
    raised = (form >= 0) & (form < 3)
    delay = np.where(raised, rng.integers(45, 240, count), delay)
    created = np.minimum(captured + delay, calendar.closes_at - 60)

    own = np.flatnonzero(source != COLLEAGUE)
    company = np.full(count, -1, dtype=np.int64)
    company[own] = np.arange(len(own))
    colleagues = np.flatnonzero(source == COLLEAGUE)
    # A colleague belongs to the company of someone who came before.
    before = np.maximum(np.searchsorted(own, colleagues), 1)
    company[colleagues] = (rng.random(len(colleagues)) * before).astype(np.int64)

    firms = len(own)
    size = shares(rng, parameters.size_shares, firms)
    sector = shares(rng, parameters.sector_shares, firms)
    floor, ceiling = np.array([1, 10, 50]), np.array([10, 50, 900])
    fit = fit_class(size + np.array([2, 1, 0, 0])[sector])
    consent = shares(rng, parameters.contact_consent_shares, count)
    consent[colleagues] = 1
    scanned = rng.random(firms) < parameters.scanner_share_of_contacts
    return People(
        source=source,
        captured_at=captured,
        created_at=created,
        consent=consent,
        visitor=visitor,
        has_cookie=has_cookie,
        company=company,
        first_name=rng.integers(0, len(vocabulary.FIRST_NAMES), count),
        last_name=rng.integers(0, len(vocabulary.LAST_NAMES), count),
        function=rng.integers(0, len(vocabulary.FUNCTIONS), count),
        owner=rng.integers(0, len(vocabulary.OWNERS) - 1, count),
        form=form,
        show=show,
        is_role=(source == COLLEAGUE) & (rng.random(count) < 0.12),
        has_scanner=scanned[company],
        size=size,
        sector=sector,
        region=shares(rng, (0.3, 0.2, 0.1, 0.1, 0.1, 0.08, 0.07, 0.05), firms),
        employees=(floor[size] + rng.random(firms) * (ceiling[size] - floor[size])).astype(np.int64),
        currency=shares(rng, (0.93, 0.04, 0.03), firms),
        fit=fit[company],
    )
