"""Exports of the ERP (international CSV) and of the events folder: trade shows, stand counters, footfall."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo import text, vocabulary
from ingestion.demo.crm import Export, company_ids, owner_ids, years_of
from ingestion.demo.people import TRADE_SHOW, show_days
from ingestion.demo.world import World, stream
from ingestion.demo.writers import FRENCH, INTERNATIONAL, count_rows, take, with_doubles, write_csv

_ROWS_FOR_A_TOTAL = 40


def write_orders(world: World, export: Export) -> dict[str, int]:
    """Write orders and lines by year; return the counts of what is hostile in them."""
    orders, people = world.orders, world.people
    rng = stream(world.seed, f"orders {export.since}")
    count = len(orders)
    number = np.arange(count)
    hashes = text.scramble(number, 81)
    is_cancelled = orders.cancelled_at <= export.until
    updated = np.where(is_cancelled, orders.cancelled_at, orders.ordered_at + 60)
    linked = (orders.deal >= 0) & ~text.one_in(hashes, 12, 0)
    person = pa.array(orders.person)
    company = people.company[orders.person]
    currency = people.currency[company]
    columns = {
        "order_id": text.numbered("O", number),
        "order_number": text.numbered("00", number),
        "status": text.pick(("confirmed", "cancelled"), is_cancelled.astype(np.int64)),
        "net_amount": text.decimals(orders.amount, "."),
        # The ERP leaves out the company's own currency now and then.
        "currency": text.pick(vocabulary.CURRENCIES, currency, text.one_in(hashes, 15, 8) & (currency == 0)),
        "crm_deal": text.hide(text.numbered("A", np.maximum(orders.deal, 0)), ~linked),
        "crm_contact": text.hide(world.person_ids.take(person), text.one_in(hashes, 20, 16)),
        "crm_account": company_ids(company),
        "sales_rep": owner_ids(people.owner[orders.person]),
        "ordered_at": text.iso_instants(orders.ordered_at),
        "cancelled_at": text.iso_instants(orders.cancelled_at, ~is_cancelled),
        "updated_at": text.iso_instants(updated),
    }
    known = export.changed(orders.ordered_at, updated)
    rows = np.flatnonzero(known)
    delta = "" if export.since is None else "_delta"
    doubled, totals = 0, 0
    years = years_of(orders.ordered_at)
    for year in np.unique(years[rows]):
        places, twice = with_doubles(rng, int((years[rows] == year).sum()), 0.01)
        doubled += twice
        part = take(columns, rows[years[rows] == year][places])
        # In a small file one line would be a large share of bad rows.
        has_total = not delta and count_rows(part) >= _ROWS_FOR_A_TOTAL
        totals += has_total
        total = pc.sum(pc.cast(part["net_amount"], pa.float64())).as_py()
        tail = [f"TOTAL,,,{total:.2f},,,,,,,,\n"] if has_total else []
        write_csv(export.folder / "erp" / f"orders_{year}{delta}.csv", part, INTERNATIONAL, tail=tail)
    lines = {
        "order_line_id": text.join(text.numbered("O", orders.line_order), "-", text.integers(orders.line_number)),
        "order_id": text.numbered("O", orders.line_order),
        "product_id": text.pick([row[0] for row in vocabulary.PRODUCTS], orders.line_product),
        "quantity": text.integers(orders.line_quantity),
        "unit_price": text.decimals(orders.line_price, "."),
        "net_amount": text.decimals(orders.line_amount, "."),
        "updated_at": text.iso_instants(orders.ordered_at[orders.line_order] + 60),
    }
    fresh = export.changed(orders.ordered_at, orders.ordered_at + 60)
    for year in np.unique(years[fresh]):
        wanted = np.flatnonzero((years == year)[orders.line_order] & fresh[orders.line_order])
        write_csv(export.folder / "erp" / f"order_lines_{year}{delta}.csv", take(lines, wanted), INTERNATIONAL)
    if export.since is not None:
        return {}
    before = np.flatnonzero(known & is_cancelled)
    early = take(columns, before)
    early |= {
        "status": text.constant("confirmed", len(before)),
        "cancelled_at": text.constant(None, len(before)),
        "updated_at": text.iso_instants(orders.ordered_at[before] + 60),
    }
    write_csv(export.folder / "erp" / "orders_before_cancellation.csv", early, INTERNATIONAL)
    drafts = take(columns, np.flatnonzero(known)[::100])
    count_drafts = len(drafts["order_id"])
    drafts |= {
        "order_id": text.numbered("O9", np.arange(count_drafts)),
        "status": text.constant("draft", count_drafts),
        "cancelled_at": text.constant(None, count_drafts),
        "crm_deal": text.constant(None, count_drafts),
    }
    write_csv(export.folder / "erp" / "orders_drafts.csv", drafts, INTERNATIONAL)
    return {
        "order_lines_doubled": doubled,
        "orders_in_two_versions": len(before),
        "draft_orders": count_drafts,
        "total_lines": totals,
        "orders_in_foreign_currency": int((currency > 0).sum()),
        "orders_without_deal_link": int(((orders.deal >= 0) & ~linked).sum()),
    }


def write_reference(world: World, export: Export) -> None:
    """Write the products and exchange rates of the ERP."""
    rates, origin = world.rates, world.calendar.origin
    day = np.repeat(rates.day, 2)
    value = text.decimals(np.round(rates.rate.ravel() * 10_000).astype(np.int64) // 100, ".")
    rest = text.integers(np.round(rates.rate.ravel() * 10_000).astype(np.int64) % 100)
    columns = {
        "currency": text.pick(vocabulary.CURRENCIES, 1 + np.arange(len(day)) % 2),
        "valid_from": text.iso_dates(day + origin),
        "rate_to_eur": text.join(value, pc.utf8_lpad(rest, 2, "0")),
    }
    known = world.calendar.at(day, np.zeros(len(day), dtype=np.int64))
    rows = np.flatnonzero(export.changed(known, known))
    if export.since is not None:
        if len(rows):
            write_csv(export.folder / "erp" / "exchange_rates_delta.csv", take(columns, rows), INTERNATIONAL)
        return
    write_csv(export.folder / "erp" / "exchange_rates.csv", take(columns, rows), INTERNATIONAL)
    products = {
        "product_id": pa.array([row[0] for row in vocabulary.PRODUCTS]),
        "name": pa.array([row[1] for row in vocabulary.PRODUCTS]),
        "family": pa.array([row[2] for row in vocabulary.PRODUCTS]),
        "list_price": text.decimals(np.array([row[3] for row in vocabulary.PRODUCTS]), "."),
    }
    write_csv(export.folder / "erp" / "products.csv", products, INTERNATIONAL)


def write_shows(world: World, export: Export) -> dict[str, int]:
    """Write badge scans, stand counters and the footfall of the showroom; return what is hostile in them."""
    people, calendar = world.people, world.calendar
    shows = show_days(calendar)
    month = calendar.month_of_day(shows) % 12 + 1
    names = [dict(vocabulary.SHOWS)[int(number)] for number in month]
    scanned = np.flatnonzero(people.source == TRADE_SHOW)
    folder = export.folder / "events"
    delta = "" if export.since is None else "_delta"
    known = export.changed(people.captured_at[scanned], people.captured_at[scanned])
    scanned = scanned[known]
    if len(scanned):
        scans = {
            "Salon": text.pick(names, people.show[scanned]),
            "Jour": text.french_dates(calendar.day_of(people.captured_at[scanned]) + calendar.origin),
            "E-mail": world.emails.take(pa.array(scanned)),
        }
        write_csv(folder / f"salons_badges{delta}.csv", scans, FRENCH)
    stand_day = np.repeat(shows, 3) + np.tile(np.arange(3), len(shows))
    seen = export.changed(*(calendar.at(stand_day, np.full(len(stand_day), 68_400, dtype=np.int64)),) * 2)
    if seen.any():
        rng = stream(world.seed, "stands")
        stand = {
            "Salon": text.pick(names, np.repeat(np.arange(len(shows)), 3)),
            "Jour": text.french_dates(stand_day + calendar.origin),
            "Passages": text.integers(rng.integers(80, 400, len(stand_day))),
        }
        write_csv(folder / f"salons_compteur{delta}.csv", take(stand, np.flatnonzero(seen)), FRENCH)
    days = np.flatnonzero(calendar.weekday < 6).astype(np.int64)
    rng = stream(world.seed, "footfall")
    visitors = rng.poisson(60, len(days))
    at = calendar.at(days, np.full(len(days), 68_400, dtype=np.int64))
    rows = np.flatnonzero(export.changed(at, at))
    footfall = {
        "Lieu": text.constant("Showroom Lyon", len(days)),
        "Jour": text.french_dates(days + calendar.origin),
        "Entrées": text.integers(visitors),
    }
    years = years_of(at)
    found, per_year = np.unique(years[rows], return_counts=True)
    for year in found:
        tail = []
        if not delta and year == found[np.argmax(per_year)]:
            tail = [f"Showroom Lyon;31/02/{year};12{FRENCH.line_end}"]
        part = rows[years[rows] == year]
        write_csv(folder / f"passage_{year}{delta}.csv", take(footfall, part), FRENCH, tail=tail)
    return {} if delta else {"impossible_dates": 1}
