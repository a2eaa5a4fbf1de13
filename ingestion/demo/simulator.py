"""The demo company: draws a world and writes it as a complete workspace."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from ingestion.demo import crm, crm_sales, discovery, erp, mailing, people, web, workspace_files
from ingestion.demo.mailing import Mailing
from ingestion.demo.parameters import OPEN_STAGES
from ingestion.demo.people import PERSON_VISITOR, STAFF_VISITOR, Sessions
from ingestion.demo.truth import truth
from ingestion.demo.web import WebCounts
from ingestion.demo.world import World, draw_world, stream
from ingestion.demo.writers import HELD_BACK, INBOX

Progress = Callable[[str], None]
"""Told in words what is being done."""

_TARGET_MONTH: Final = {"new_leads": 83.0, "orders_count": 12.0, "orders_amount": 66_000.0}
_RATE_TARGETS: Final = {"average_basket": 5_500.0, "kpi1_mql_rate": 0.012, "kpi2_sql_rate": 0.45}
_CONVERSION_TARGETS: Final = (0.80, 0.85, 0.88, 0.80, 0.85)


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What was written."""

    home: Path
    first_day: date
    last_day: date
    count_web_events: int
    count_email_events: int
    count_visitors: int
    count_persons: int
    count_mqls: int
    count_deals: int
    count_orders: int
    count_files: int
    count_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.count_web_events:,} web events of {self.count_visitors:,} visitors, "
            f"{self.count_email_events:,} e-mail events, {self.count_persons:,} leads, {self.count_mqls:,} MQL, "
            f"{self.count_deals:,} deals, {self.count_orders:,} orders, {self.first_day} to {self.last_day}, "
            f"in {self.count_files} files ({self.count_bytes / 1e6:,.0f} MB)"
        )


def simulate(
    workspace_home: Path,
    *,
    seed: int = 7,
    scale: float = 1.0,
    end: date,
    months: int = 36,
    hold_back_days: int = 0,
    progress: Progress | None = None,
) -> DemoReport:
    """Write the demo company into ``workspace_home``: settings, seeds, inbox and ``truth.json``.

    The same ``seed``, ``scale``, ``end`` and ``months`` give the same bytes.

    Args:
        workspace_home: folder of the workspace; made when it is missing. Its settings and seeds are replaced.
        seed: seed of all random numbers.
        scale: 1 is about 250,000 web events in 36 months.
        end: last simulated day.
        months: length of the history.
        hold_back_days: what became known in so many last days is written to ``held_back/`` instead of ``inbox/``,
            as files of their own in the same folders: moving them into the inbox is the export of a night. The
            settings' ``as_of`` is then the last day of the inbox.
        progress: told what is being written.

    Raises:
        ValueError: when an argument makes no sense, or the folder already holds a company's files.
    """
    _check(workspace_home, scale, months, hold_back_days)
    tell = progress or _silent
    tell("drawing the world")
    world = draw_world(seed, scale, end, months)
    calendar = world.calendar
    workspace_home.mkdir(parents=True, exist_ok=True)
    as_of = end - timedelta(days=hold_back_days)
    cutoff = calendar.end_of_day(calendar.count_days - 1 - hold_back_days)
    workspace_files.write_settings(workspace_home, as_of)
    workspace_files.write_seeds(workspace_home, calendar, _targets(scale))

    tell("sending the newsletter")
    sent = mailing.send_campaigns(
        workspace_home,
        stream(seed, "mailing"),
        parameters=world.parameters,
        calendar=calendar,
        people=world.people,
        journey=world.journey,
        orders=world.orders,
        person_ids=world.person_ids,
        emails=world.emails,
        cutoff=cutoff,
        seed=seed,
    )
    tell("writing the exports of CRM, ERP and events")
    hostile = _write_records(world, workspace_home, cutoff, hold_back_days)
    tell("web events")
    sessions = _all_sessions(world, sent)
    counts = web.write_web(
        workspace_home,
        calendar=calendar,
        sessions=sessions,
        emails=world.emails,
        count_staff=world.parameters.count_staff_visitors,
        cutoff=cutoff,
        seed=seed,
        tell=tell,
    )
    tell("computing the truth")
    visitors = _count_visitors(sessions)
    content = truth(world, sent, {**asdict(counts), "visitors": visitors}, hostile | _stream_faults(counts, sent))
    content = {"scale": scale, "months": months, "hold_back_days": hold_back_days, **content}
    (workspace_home / "truth.json").write_text(
        json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    files = [path for path in (workspace_home / INBOX).rglob("*") if path.is_file()]
    return DemoReport(
        home=workspace_home,
        first_day=calendar.first_day,
        last_day=end,
        count_web_events=counts.events,
        count_email_events=sent.events,
        count_visitors=visitors,
        count_persons=len(world.people),
        count_mqls=int(world.journey.rounds.is_mql.sum()),
        count_deals=len(world.journey.deals),
        count_orders=len(world.orders),
        count_files=len(files),
        count_bytes=sum(path.stat().st_size for path in files),
    )


def _silent(_text: str) -> None:
    """Tell nobody."""


def _check(home: Path, scale: float, months: int, hold_back_days: int) -> None:
    if scale <= 0:
        raise ValueError(f"scale must be above 0, not {scale}")
    if not 3 <= months <= 120:
        raise ValueError(f"months must be 3 to 120, not {months}")
    if not 0 <= hold_back_days <= 28:
        raise ValueError(f"hold_back_days must be 0 to 28, not {hold_back_days}")
    if (home / "truth.json").exists() or any((home / INBOX).glob("*")):
        raise ValueError(f"{home} already holds a company; choose an empty folder")


def _targets(scale: float) -> dict[str, float]:
    """Return usual monthly targets: what a sales director would write, not what the world will bring."""
    found = {metric: value * scale for metric, value in _TARGET_MONTH.items()} | _RATE_TARGETS
    for stage, conversion in zip(OPEN_STAGES, _CONVERSION_TARGETS, strict=True):
        found[f"kpi3_stage_conversion:{stage}"] = conversion
        found[f"losses_rate:{stage}"] = round(1 - conversion, 2)
        found[f"losses_count:{stage}"] = max(1.0, round(11 * scale * (1 - conversion)))
    return found


def _write_records(world: World, home: Path, cutoff: int, hold_back_days: int) -> dict[str, int]:
    exports = [crm.Export(home / INBOX, cutoff, None)]
    if hold_back_days:
        exports.append(crm.Export(home / HELD_BACK, world.calendar.closes_at, cutoff))
    log = crm_sales.change_log(world)
    hostile: dict[str, int] = {}
    for export in exports:
        crm.write_companies(world, export)
        hostile |= crm.write_contacts(world, export)
        hostile |= crm_sales.write_deals(world, export, log)
        hostile |= crm_sales.write_activities(world, export, log)
        crm_sales.write_milestones(world, export)
        discovery.write_answers(world, export)
        crm_sales.write_recommendations(world, export)
        hostile |= erp.write_orders(world, export)
        erp.write_reference(world, export)
        hostile |= erp.write_shows(world, export)
    return hostile


def _all_sessions(world: World, sent: Mailing) -> Sessions:
    """Return all web sessions of people, staff and bots, in order of start. The world gives its visits away."""
    seed, calendar = world.seed, world.calendar
    others = people.draw_robots_and_staff(stream(seed, "robots"), world.parameters, calendar, len(world.visits))
    return Sessions.concatenate(
        [
            world.visits,
            world.journey.form_sessions,
            mailing.click_sessions(stream(seed, "clicks"), calendar, world.people, sent),
            others,
            people.draw_night_sessions(stream(seed, "nights"), calendar),
        ]
    )


def _count_visitors(sessions: Sessions) -> int:
    """Return the number of people's cookies."""
    is_human = (sessions.visitor < STAFF_VISITOR) | (sessions.visitor >= PERSON_VISITOR)
    return len(np.unique(sessions.visitor[is_human & (sessions.consent == 0)]))


def _stream_faults(counts: WebCounts, sent: Mailing) -> dict[str, int]:
    return {
        "web_bot_events": counts.bot_events,
        "web_staff_events": counts.staff_events,
        "web_events_without_visitor": counts.events_without_visitor,
        "web_events_recorded_hours_later": counts.recorded_hours_later,
        "web_events_redelivered_in_next_file": counts.redelivered_in_next_file,
        "web_lines_doubled": counts.doubled_lines,
        "web_events_in_late_files": counts.events_in_late_files,
        "web_cut_lines": counts.cut_lines,
        "web_events_in_repeated_hour": counts.repeated_hour_events,
        "email_scanner_clicks": sent.scanner_clicks,
        "email_proxy_opens": sent.proxy_opens,
        "email_hard_bounces": sent.hard_bounces,
        "email_events_redelivered": sent.redelivered_events,
    }
