"""``truth.json``: the parameters of the world, what they imply exactly, and what truly happened month by month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ingestion.demo import chain, discovery
from ingestion.demo.clock import DAY, NEVER, Calendar, Flags, Floats, Ints, month_name
from ingestion.demo.journey import CYCLE_DAYS, share_called_same_day
from ingestion.demo.mailing import Mailing
from ingestion.demo.parameters import LOST, OPEN_STAGES, WON
from ingestion.demo.people import COLLEAGUE, TRADE_SHOW
from ingestion.demo.world import World

NOTES: Final = {
    "windows": "Within W days means on a business date at most W after the first one (Europe/Paris).",
    "entered": "P(rank above the stage within W days | the deal held the stage), from the first entry. Lost competes; "
    "a deal that went back, and a lost deal that was reopened, can still come.",
    "reached": "The same for deals that reached the stage or a later one: a skipped stage counts as reached at the "
    "moment of the skip, so its next stage is reached at once.",
    "lead_cycles": "Signals of the prospect: form, badge scan, CRM creation, inbound call, human click in an e-mail, "
    "MQL of the CRM. A cycle ends at won, lost (unless reopened), disqualified, or after 180 days without signal.",
    "orders_amount": "In EUR at the rate of the order date; gross, with cancellations apart in their own month.",
    "orders_of_new_customers": "First orders that were not cancelled; a customer is a company.",
}


def _by_month(calendar: Calendar, at: Ints, weights: Floats | None = None) -> dict[str, float]:
    """Return counts, or sums of ``weights``, by business month; every simulated month has a value."""
    first = calendar.month_numbers[0]
    known = at <= calendar.closes_at
    place = calendar.month_of(at[known]) - first
    totals = np.bincount(
        place, weights=None if weights is None else weights[known], minlength=len(calendar.month_numbers)
    )
    return {
        month_name(number): (int(total) if weights is None else round(float(total), 4))
        for number, total in zip(calendar.month_numbers, totals, strict=True)
    }


def lead_cycle_starts(world: World, mailing: Mailing) -> tuple[Ints, Ints, Flags]:
    """Return person, time and whether it is the first, of every lead cycle."""
    people, journey = world.people, world.journey
    count = len(people)
    rounds, deals = journey.rounds, journey.deals
    forms = journey.form_sessions
    everybody = np.arange(count)
    person = np.concatenate([everybody, everybody, mailing.click_person, forms.person, rounds.person])
    at = np.concatenate([people.captured_at, people.created_at, mailing.click_at, forms.end, rounds.started_at])
    closed = deals.stage >= WON
    ends_person = np.concatenate([deals.person[closed], rounds.person[rounds.disqualified_at < NEVER]])
    ends_at = np.concatenate([deals.closed_at[closed], rounds.disqualified_at[rounds.disqualified_at < NEVER]])
    order = np.lexsort((at, person))
    person, at = person[order], at[order]
    is_first = np.diff(person, prepend=-1) != 0
    gap = np.diff(at, prepend=0) > (CYCLE_DAYS - 1) * DAY
    ends = np.sort(ends_person * 2**34 + ends_at)
    passed = np.searchsorted(ends, person * 2**34 + at, side="right")
    was_closed = (np.diff(passed, prepend=0) > 0) & ~is_first
    # An end between two signals of one person; those of other people lie before the first signal.
    starts = is_first | gap | was_closed
    return person[starts], at[starts], is_first[starts]


def _lost_from(world: World) -> Ints:
    """Return the last open stage of each lost deal; 0 for others."""
    deals = world.journey.deals
    is_open = np.flatnonzero(deals.change_stage < WON)
    last = np.zeros(len(deals), dtype=np.int64)
    last[deals.change_deal[is_open]] = deals.change_stage[is_open]
    return np.where(deals.stage == LOST, last, 0)


def expected(world: World, mailing: Mailing) -> dict[str, Any]:
    """Return what the clean world contains, month by month."""
    calendar, people, orders = world.calendar, world.people, world.orders
    rounds, deals = world.journey.rounds, world.journey.deals
    _, cycle_at, is_first = lead_cycle_starts(world, mailing)
    is_sql = rounds.sql_at < NEVER
    lost_from = _lost_from(world)
    won = deals.stage == WON
    holds = np.flatnonzero(orders.cancelled_at == NEVER)
    first = holds[np.unique(orders.person[holds], return_index=True)[1]]
    return {
        "new_leads_first_cycle": _by_month(calendar, cycle_at[is_first]),
        "new_leads_recycled": _by_month(calendar, cycle_at[~is_first]),
        "new_leads_of_shared_mailboxes": _by_month(calendar, people.captured_at[people.is_role]),
        "mqls": _by_month(calendar, rounds.started_at[rounds.is_mql]),
        "mqls_by_hand_raise": _by_month(calendar, rounds.started_at[rounds.is_mql & rounds.is_hand_raise]),
        "sqls": _by_month(calendar, rounds.sql_at[is_sql & rounds.is_mql]),
        "sqls_of_mql_month": _by_month(calendar, rounds.started_at[is_sql & rounds.is_mql]),
        "sqls_sales_direct": _by_month(calendar, rounds.sql_at[is_sql & ~rounds.is_mql]),
        "mqls_refused": _by_month(calendar, rounds.started_at[(rounds.refused_at < NEVER) & rounds.is_mql]),
        "deals_created": _by_month(calendar, deals.created_at),
        "deals_won": _by_month(calendar, deals.closed_at[won]),
        "deals_lost": {
            stage: _by_month(calendar, deals.closed_at[lost_from == number])
            for number, stage in enumerate(OPEN_STAGES, start=1)
        },
        "orders_count": _by_month(calendar, orders.ordered_at),
        "orders_amount": _by_month(calendar, orders.ordered_at, orders.amount_base),
        "orders_of_new_customers": _by_month(calendar, orders.ordered_at[first]),
        "cancellations_count": _by_month(calendar, orders.cancelled_at),
        "cancellations_amount": _by_month(calendar, orders.cancelled_at, orders.amount_base),
        "email_audience": {month_name(item.month): item.people for item in mailing.exposures},
        "email_audience_mql_within_30_days": {
            month_name(item.month): item.mql_within_30_days for item in mailing.exposures
        },
        "trade_show_leads": _by_month(calendar, people.captured_at[people.source == TRADE_SHOW]),
    }


def truth(world: World, mailing: Mailing, web: Mapping[str, int], hostile: Mapping[str, int]) -> dict[str, Any]:
    """Return the whole content of ``truth.json``."""
    parameters, calendar = world.parameters, world.calendar
    deals, rounds = world.journey.deals, world.journey.rounds
    weekdays = np.bincount(calendar.weekday[calendar.day_of(deals.created_at)], minlength=7) / max(1, len(deals))
    starts = share_called_same_day(calendar, rounds.started_at[rounds.is_mql])
    return {
        "seed": world.seed,
        "first_day": calendar.first_day.isoformat(),
        "last_day": calendar.last_day.isoformat(),
        "notes": NOTES,
        "parameters": parameters.as_dict(),
        "stage_conversion": chain.stage_truth(parameters, weekdays),
        "mql_to_sql": chain.sql_truth(parameters, starts),
        "email_to_mql_within_30_days": chain.mql_after_email(parameters, 30),
        "email_human_click_rate": parameters.human_click_probability,
        "repurchase_within_12_months": chain.repurchase_within_a_year(parameters),
        "discovery": discovery.discovery_truth(world),
        "score_effects": {
            "fit_shares": parameters.fit_shares().tolist(),
            "fit_shares_of_deals": chain.deal_fit_shares(parameters).tolist(),
            "valid_probability_by_fit": list(parameters.valid_probability_by_fit),
            "bant_probabilities": list(parameters.bant_probabilities),
            "advance_multiplier_by_bant_and_fit": parameters.multipliers()[0].tolist(),
            "lose_multiplier_by_bant_and_fit": parameters.multipliers()[1].tolist(),
        },
        "counts": {
            "true_persons": len(world.people),
            "companies": len(world.people.size),
            "colleagues": int((world.people.source == COLLEAGUE).sum()),
            "mqls": int(rounds.is_mql.sum()),
            "sqls": int(((rounds.sql_at < NEVER) & rounds.is_mql).sum()),
            "sqls_sales_direct": int(((rounds.sql_at < NEVER) & ~rounds.is_mql).sum()),
            "deals": len(deals),
            "deals_won": int((deals.stage == WON).sum()),
            "deals_lost": int((deals.stage == LOST).sum()),
            "deals_open": int((deals.stage < WON).sum()),
            "orders": len(world.orders),
            "customers": len(np.unique(world.orders.person)),
            "email_deliveries": mailing.deliveries,
            "email_human_clicks": mailing.clicked_deliveries,
            "email_events": mailing.events,
            **{f"web_{name}": value for name, value in web.items() if name in WEB_COUNTS},
        },
        "hostile": dict(hostile),
        "expected": expected(world, mailing),
    }


WEB_COUNTS: Final = ("events", "visitors", "bot_events", "staff_events", "events_without_visitor")
