"""*Loyalty*: do customers come back, what are they worth, do they buy more and recommend (R-61, R-65)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import streamlit as st

from dashboard.lib import charts, filters, markup
from dashboard.lib.figures import Figure, kpi_figure
from dashboard.lib.format import NOTHING, number
from dashboard.lib.markup import Cell
from dashboard.lib.page import View, show_chart, show_csv, show_origins
from dashboard.lib.texts import Pair
from dashboard.queries import loyalty as queries

TEXTS: Final[dict[str, Pair]] = {
    "loyalty_title": ("Loyalty, {month}", "Fidélisation, {month}"),
    "loyalty_empty": ("Nothing has been sold long enough ago yet.", "Aucune vente n’est encore assez ancienne."),
    "points": ("{value}\u00a0pt", "{value}~pt"),
    "previous": ("vs month before", "/ mois précédent"),
    "year_ago": ("vs last year", "/ an dernier"),
    "repurchase_title": (
        "Which share of new customers orders again within a year",
        "Quelle part des nouveaux clients commande à nouveau dans l’année",
    ),
    "repurchase_note": (
        "By quarter of the first order, Aalen-Johansen; line: 95% interval.",
        "Par trimestre de la première commande, Aalen-Johansen~; trait~: intervalle à 95~%.",
    ),
    "cross_title": (
        "Which share of customers buys two product families or more",
        "Quelle part des clients achète deux familles de produits ou plus",
    ),
    "cross_note": ("Over the 12 months up to each month.", "Sur les 12 mois qui finissent avec chaque mois."),
    "cohorts_title": (
        "What a customer is worth, by quarter of the first order",
        "Ce que vaut un client, par trimestre de sa première commande",
    ),
    "cohorts_note": (
        "Net amount per customer in the first 12, 24 and 36 months; a cohort whose months are not over has no figure.",
        (
            "Montant net par client sur les 12, 24 et 36 premiers mois~; une cohorte dont les mois "
            "ne sont pas écoulés n’a pas de chiffre."
        ),
    ),
    "cohort": ("First order", "Première commande"),
    "customers": ("Customers", "Clients"),
    "months": ("{count} months", "{count} mois"),
    "networks_title": ("Recommendations and referrals of the year", "Recommandations et parrainages de l’exercice"),
    "network": ("Network", "Réseau"),
    "kind": ("Kind", "Nature"),
    "customers_title": (
        "Customers who are expected to buy most",
        "Clients dont on attend le plus",
    ),
    "customers_bought_title": ("Customers who have bought most", "Clients qui ont le plus acheté"),
    "customers_note": (
        "Expected amount of the 12 months to come, by BG/NBD and Gamma-Gamma. The first {count}.",
        "Montant attendu des 12 mois à venir, par BG/NBD et Gamma-Gamma. Les {count} premiers.",
    ),
    "customers_unmodelled": (
        (
            "There are too few customers, or too few who came back, for a model of what is to come: "
            "the {count} that have bought most stand here."
        ),
        (
            "Trop peu de clients, ou trop peu de retours, pour modéliser ce qui est à venir~: voici "
            "les {count} qui ont le plus acheté."
        ),
    ),
    "customer": ("Customer", "Client"),
    "orders": ("Orders", "Commandes"),
    "bought": ("Bought, net", "Acheté, net"),
    "last_order": ("Last order", "Dernière commande"),
    "alive": ("Still a customer", "Encore client"),
    "expected_12m": ("Expected, 12 months", "Attendu, 12 mois"),
}
_COUNT_CUSTOMERS: Final = 20


def render(view: View) -> None:
    """Show loyalty in the month that the reader chose."""
    view = view.also(TEXTS)
    say = view.say
    left, right = st.columns([3, 1])
    months = queries.read_months(view.rows)
    if not months:
        left.title(say("navigation_loyalty"), anchor=False)
        st.info(say("loyalty_empty"))
        return
    code = filters.choose(
        "month",
        [month.isoformat()[:7] for month in months],
        label=say("month"),
        shown=lambda code: view.month(date.fromisoformat(f"{code}-01")),
        default=_last_complete(months, view.data.publication.as_of),
        where=right,
    )
    month = date.fromisoformat(f"{code}-01")
    left.title(say("loyalty_title", month=view.month(month)), anchor=False)
    totals = queries.read_totals(view.rows, month)
    figures = _cards(view, totals, month)
    first, second = st.columns(2)
    with first:
        figures += _repurchase(view, month)
    with second:
        figures += _cross_sell(view, month)
    figures += _cohorts(view)
    figures += _networks(view, month)
    figures += _customers(view)
    show_origins(view, figures)


def _last_complete(months: Sequence[date], as_of: date) -> str:
    """Return the code of the last month that was over at ``as_of``."""
    over = [month for month in months if date.fromordinal(as_of.toordinal() + 1) >= _after(month)]
    return (over or list(months))[0].isoformat()[:7]


def _after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _kpi(view: View, row: Mapping[str, Any], period: str) -> Figure:
    columns = [name for name in ("value", "ci_low", "ci_high", "target") if row[name] is not None]
    return kpi_figure(f"{view.label(row)}, {period}", row, columns or ["value"])


def _cards(view: View, rows: Sequence[Mapping[str, Any]], month: date) -> list[Figure]:
    say = view.say
    figures = [_kpi(view, row, view.month(month)) for row in rows]
    if not figures:
        st.info(say("no_rows"))
        return []
    for column, row, figure in zip(st.columns(len(figures)), rows, figures, strict=True):
        lines = [(say(against), Cell(_evolution(view, row, against))) for against in ("previous", "year_ago")]
        note = say("low_n") if row["is_low_n"] else ""
        value = Cell(view.quantity(row["value"], row["unit"]), figure, note=note)
        column.html(markup.card(view.label(row), value, lines))
    return figures


def _evolution(view: View, row: Mapping[str, Any], against: str) -> str:
    change = row[f"evolution_abs_{against}"]
    if change is None:
        return NOTHING
    signal = row[f"evolution_signal_{against}"]
    if row["unit"] == "ratio":
        shown = view.say("points", value=number(100 * change, view.language, digits=1, is_signed=True))
    else:
        shown = view.quantity(change, row["unit"], is_signed=True)
    return f"{shown} ({view.say(signal)})" if signal else shown


def _points(view: View, rows: Sequence[Mapping[str, Any]]) -> list[charts.Point]:
    return [
        charts.Point(
            row["period_start"],
            row["value"],
            view.quantity(row["value"], row["unit"]),
            row["ci_low"],
            row["ci_high"],
        )
        for row in rows
    ]


def _course_table(view: View, rows: Sequence[Mapping[str, Any]], figures: Sequence[Figure], title: str) -> str:
    say = view.say
    lines: list[list[Cell | str]] = [
        [
            view.month(row["period_start"]),
            Cell(view.quantity(row["value"], row["unit"]), figure),
            view.interval(row, row["unit"]),
            number(row["denominator"], view.language),
        ]
        for row, figure in zip(rows, figures, strict=True)
    ]
    names = ("month", "value", "origin_interval", "customers")
    return markup.table(title, [say(name) for name in names], lines, is_caption_hidden=True)


def _repurchase(view: View, month: date) -> list[Figure]:
    say = view.say
    rows = queries.read_course(
        view.rows, "repurchase_rate", month=month, grain="quarter", basis="cohort_aj", window_days=365
    )
    known = [row for row in rows if row["value"] is not None]
    if not known:
        st.subheader(say("repurchase_title"), anchor=False)
        st.caption(say("too_early"))
        return []
    figures = [_kpi(view, row, view.month(row["period_start"])) for row in known]
    table = _course_table(view, known, figures, say("repurchase_title"))
    marks = [
        charts.Mark(
            view.month(row["period_start"]),
            row["value"],
            view.quantity(row["value"], "ratio"),
            row["ci_low"],
            row["ci_high"],
        )
        for row in known
    ]
    chart = view.draw(charts.dots, marks, is_ratio=True)
    show_chart(view, say("repurchase_title"), chart, table, note=say("repurchase_note"))
    return figures


def _cross_sell(view: View, month: date) -> list[Figure]:
    say = view.say
    rows = [row for row in queries.read_course(view.rows, "cross_sell_rate", month=month) if row["value"] is not None]
    if not rows:
        return []
    figures = [_kpi(view, row, view.month(row["period_start"])) for row in rows]
    table = _course_table(view, rows, figures, say("cross_title"))
    chart = view.draw(charts.trend, _points(view, rows), is_ratio=True)
    show_chart(view, say("cross_title"), chart, table, note=say("cross_note"))
    return figures[-1:]


def _cohorts(view: View) -> list[Figure]:
    """Show the lifetime value by cohort, one column for each age that is over."""
    say = view.say
    rows = [row for row in queries.read_cohorts(view.rows) if row["value"] is not None]
    if not rows:
        return []
    st.divider()
    ages = sorted({row["window_days"] for row in rows})
    cohorts: dict[date, dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        cohorts.setdefault(row["period_start"], {})[row["window_days"]] = row
    figures: list[Figure] = []
    lines: list[list[Cell | str]] = []
    for cohort, found in cohorts.items():
        customers = next(iter(found.values()))["denominator"]
        line: list[Cell | str] = [view.month(cohort), number(customers, view.language)]
        for age in ages:
            if age not in found:
                line.append(NOTHING)
                continue
            of_age = found[age]
            figure = _kpi(view, of_age, f"{view.month(cohort)}, {_age(view, age)}")
            figures.append(figure)
            note = view.interval(of_age, of_age["unit"])
            shown = view.quantity(of_age["value"], of_age["unit"])
            line.append(Cell(shown, figure, note="" if note == NOTHING else note))
        lines.append(line)
    names = [say("cohort"), say("customers"), *(_age(view, age) for age in ages)]
    table = markup.table(say("cohorts_title"), names, lines, is_caption_hidden=True)
    marks = [
        charts.Mark(
            view.month(cohort),
            found[ages[0]]["value"],
            view.quantity(found[ages[0]]["value"], found[ages[0]]["unit"]),
            found[ages[0]]["ci_low"],
            found[ages[0]]["ci_high"],
        )
        for cohort, found in cohorts.items()
        if ages[0] in found
    ]
    chart = view.draw(charts.dots, marks, is_ratio=False)
    show_chart(view, f"{say('cohorts_title')} ({_age(view, ages[0])})", chart, table, note=say("cohorts_note"))
    show_csv(view, "pilotage_customer_ltv", rows, [name for name in rows[0] if not name.startswith("label_")])
    return figures


def _age(view: View, days: int) -> str:
    return view.say("months", count=round(days / 365 * 12))


def _networks(view: View, month: date) -> list[Figure]:
    say = view.say
    rows = queries.read_networks(view.rows, month)
    if not rows:
        return []
    st.divider()
    figures = [_kpi(view, row, row["dimension_value"]) for row in rows]
    lines: list[list[Cell | str]] = [
        [row["dimension_value"], view.label(row), Cell(view.quantity(row["value"], row["unit"]), figure)]
        for row, figure in zip(rows, figures, strict=True)
    ]
    names = ("network", "kind", "value")
    table = markup.table(say("networks_title"), [say(name) for name in names], lines, is_caption_hidden=True)
    marks = [
        charts.Mark(row["dimension_value"], row["value"], view.quantity(row["value"], row["unit"])) for row in rows
    ]
    show_chart(view, say("networks_title"), view.draw(charts.bars, marks), table)
    return figures


def _customers(view: View) -> list[Figure]:
    """Show the customers of greatest expected value, as the model published them."""
    say = view.say
    rows = queries.read_customers(view.rows, _COUNT_CUSTOMERS)
    if not rows:
        return []
    st.divider()
    is_modelled = rows[0]["predicted_ltv_12m"] is not None
    title = say("customers_title" if is_modelled else "customers_bought_title")
    st.subheader(title, anchor=False)
    st.caption(say("customers_note" if is_modelled else "customers_unmodelled", count=len(rows)))
    currency = str(view.rows("select unit from marts.kpi_catalog where metric_id = 'customer_ltv'")[0]["unit"])
    columns = ("count_orders", "amount_net", "last_order_date", "p_alive", "predicted_ltv_12m")
    figures = [
        Figure(
            label=str(row["company_name"] or row["customer_id"]),
            table="fct_customer_value",
            key=(("customer_id", row["customer_id"]),),
            columns=columns,
            row=row,
            unit=currency,
        )
        for row in rows
    ]
    lines: list[list[Cell | str]] = [
        [
            figure.label,
            Cell(number(row["count_orders"], view.language), figure, "count_orders"),
            Cell(
                view.quantity(None if row["amount_net"] is None else float(row["amount_net"]), currency),
                figure,
                "amount_net",
            ),
            NOTHING if row["last_order_date"] is None else view.day(row["last_order_date"]),
            Cell(view.quantity(row["p_alive"], "ratio"), figure, "p_alive"),
            Cell(view.quantity(row["predicted_ltv_12m"], currency), figure, "predicted_ltv_12m"),
        ]
        for row, figure in zip(rows, figures, strict=True)
    ]
    names = ("customer", "orders", "bought", "last_order", "alive", "expected_12m")
    st.html(markup.table(title, [say(name) for name in names], lines, is_caption_hidden=True))
    show_csv(view, "pilotage_customer_value", rows, list(rows[0]))
    return figures
