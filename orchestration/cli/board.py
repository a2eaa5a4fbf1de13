"""The KPI board: one month of the published KPI tables, on a terminal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
from rich.console import Console
from rich.table import Table

from dashboard.lib.format import Language
from dashboard.lib.texts import MODELS, WHY, in_language
from dashboard.queries.board import read_conversions, read_forecast, read_last_complete_month, read_lines
from dashboard.queries.reads import Reads
from orchestration.lib.publish import connect_published

_TEXTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "month": "%m/%Y",
        "title": "Commercial dashboard, {month}",
        "conversions": "The three conversions",
        "losses": "Losses, stage by stage",
        "caption": "as of {as_of}, published {published_at:%Y-%m-%d %H:%M} UTC",
        "line": "Line",
        "value": "Value",
        "previous": "vs month before",
        "elapsed": "vs month before, same working days",
        "year": "vs last year",
        "target": "Target",
        "gap": "Gap",
        "paced": "Gap so far",
        "signal": "signal",
        "noise": "noise",
        "kpi": "KPI",
        "window": "Within",
        "days": "days",
        "this_month": "Month",
        "fiscal_year": "Fiscal year",
        "interval": "95 % interval",
        "cases": "Cases",
        "early": "too early",
        "stage": "Lost in",
        "count": "Deals",
        "share": "Of those that reached it",
        "amount": "Amount",
        "forecast": "{metric}, forecast as of {origin}",
        "no_forecast": "There is no order forecast yet.",
        "to_date": "So far",
        "existing": "Open now",
        "future": "Leads to come",
        "expected": "Expected",
        "prediction": "80 % interval",
        "gap_projected": "Projected gap",
        "chance": "Noise",
        "model": "{metric}, {months}: {model}; {why}",
        "noise_means": "Noise: what chance alone does to what is still to come (standard deviation).",
        "all": "All",
    },
    "fr": {
        "month": "%m/%Y",
        "title": "Tableau de bord commercial, {month}",
        "conversions": "Les trois conversions",
        "losses": "Pertes, étape par étape",
        "caption": "au {as_of}, publié le {published_at:%d/%m/%Y %H:%M} UTC",
        "line": "Ligne",
        "value": "Valeur",
        "previous": "/ mois précédent",
        "elapsed": "/ mois précédent, mêmes jours ouvrés",
        "year": "/ an dernier",
        "target": "Objectif",
        "gap": "Écart",
        "paced": "Écart à date",
        "signal": "signal",
        "noise": "bruit",
        "kpi": "KPI",
        "window": "Sous",
        "days": "jours",
        "this_month": "Mois",
        "fiscal_year": "Exercice",
        "interval": "Intervalle à 95 %",
        "cases": "Cas",
        "early": "trop tôt",
        "stage": "Perdus à",
        "count": "Affaires",
        "share": "De celles qui l'ont atteinte",
        "amount": "Montant",
        "forecast": "{metric}, prévision au {origin}",
        "no_forecast": "Il n'y a pas encore de prévision de commandes.",
        "to_date": "Acquis",
        "existing": "Ouvert à ce jour",
        "future": "Leads à venir",
        "expected": "Attendu",
        "prediction": "Intervalle à 80 %",
        "gap_projected": "Écart projeté",
        "chance": "Bruit",
        "model": "{metric}, {months} : {model} ; {why}",
        "noise_means": "Bruit : l'effet du seul hasard sur ce qui est encore à venir (écart-type).",
        "all": "Total",
    },
}

_SMALL_RATE: Final = 0.01


class NothingPublishedError(Exception):
    """There is no published database, or it has no such month."""


@dataclass(frozen=True, slots=True)
class Board:
    """One month: the three conversions, the lines of the dashboard, and the losses a stage; and what is to come.

    The forecast is that of ``as_of``, whatever the month.
    """

    month: date
    as_of: date
    published_at: datetime
    conversions: list[dict[str, Any]]
    lines: list[dict[str, Any]]
    forecast: list[dict[str, Any]]

    @property
    def is_running(self) -> bool:
        """Whether the month was not over at the build's day."""
        following = self.month.replace(day=28) + timedelta(days=4)
        return self.as_of < following.replace(day=1) - timedelta(days=1)

    def as_dict(self) -> dict[str, object]:
        """Return the board for a program."""
        return asdict(self)


def read_board(database: Path, month: date | None) -> Board:
    """Read the board of ``month`` (default: the last month that was complete at the build's day).

    Raises ``NothingPublishedError``.
    """
    if not database.exists():
        raise NothingPublishedError(f"nothing is published in {database.parent}; run `pilotage run --home ...` first")
    with connect_published(database) as connection:
        publication = connection.execute("select as_of, published_at from marts.publication").fetchone()
        if publication is None:
            raise NothingPublishedError(f"{database} says nothing of its publication; publish again")
        as_of, published_at = publication
        rows = _reads(connection)
        chosen = month or _last_complete_month(rows, as_of)
        lines = read_lines(rows, chosen)
        conversions = read_conversions(rows, chosen)
        forecast = read_forecast(rows)
    if not lines:
        raise NothingPublishedError(f"{database} has no month {chosen:%Y-%m}; its build is of {as_of}")
    return Board(chosen, as_of, published_at, conversions, lines, forecast)


def _reads(connection: duckdb.DuckDBPyConnection) -> Reads:
    def rows(sql: str, **parameters: object) -> list[dict[str, Any]]:
        cursor = connection.execute(sql, parameters)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    return rows


def _last_complete_month(rows: Reads, as_of: date) -> date:
    month = read_last_complete_month(rows, as_of)
    if month is None:
        raise NothingPublishedError("the published dashboard is empty; were any files loaded? see `pilotage sources`")
    return month


def render_board(board: Board, language: Language, console: Console) -> None:
    """Print the board as tables, in the order in which a director reads them."""
    text = _TEXTS[language]
    console.rule(text["title"].format(month=board.month.strftime(text["month"])))
    console.print(_lines(board, language, text))
    console.print(_conversions(board, language, text))
    console.print(_losses(board, language, text))
    _print_forecast(board, language, text, console)
    console.print(text["caption"].format(as_of=board.as_of, published_at=board.published_at), style="dim")


def _table(title: str, first: str, others: list[str], *, is_whole: bool = False) -> Table:
    """Return a table without rows. ``is_whole``: its first column is never shortened, other columns wrap before."""
    table = Table(title=title, title_justify="left", collapse_padding=True)
    table.add_column(first, no_wrap=is_whole)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _lines(board: Board, language: Language, text: dict[str, str]) -> Table:
    # A month that is not over is not held against whole ones, nor against the whole target.
    previous, gap = ("elapsed", "paced") if board.is_running else ("previous", "gap")
    table = _table("", text["line"], [text[name] for name in ("value", previous, "year", "target", gap)])
    for row in board.lines:
        if row["line_id"] != "losses_by_stage":
            table.add_row(
                row[f"label_{language}"],
                _number(row["value"], row["unit"]),
                _evolution(row, previous, text),
                "-" if board.is_running else _evolution(row, "year_ago", text),
                _number(row["target"], row["unit"]),
                _number(_gap(row, board), row["unit"], is_signed=True),
            )
    return table


def _gap(row: dict[str, Any], board: Board) -> float | None:
    # Rates and means are not paced.
    paced: float | None = row.get("gap_paced")
    gap: float | None = row.get("gap_abs")
    return paced if board.is_running and paced is not None else gap


def _conversions(board: Board, language: Language, text: dict[str, str]) -> Table:
    names = ("window", "this_month", "fiscal_year", "interval", "cases", "target")
    table = _table(text["conversions"], text["kpi"], [text[name] for name in names])
    previous = None
    for row in board.conversions:
        if row["metric_id"] != previous:
            table.add_section()
            table.add_row(row[f"label_{language}"], style="bold")
        previous = row["metric_id"]
        table.add_row(
            f" {row[f'dimension_label_{language}']}",
            f"{row['window_days']} {text['days']}" if row["window_days"] else text["this_month"].lower(),
            _number(row["value_month"], "ratio") if row["value_month"] is not None else text["early"],
            _number(row["value_fiscal_year"], "ratio") if row["value_fiscal_year"] is not None else text["early"],
            _interval(row["ci_low"], row["ci_high"]),
            _number(row["denominator"], "count"),
            _number(row["target"], "ratio"),
        )
    return table


def _losses(board: Board, language: Language, text: dict[str, str]) -> Table:
    names = ("count", "target", "paced" if board.is_running else "gap", "share", "amount")
    table = _table(text["losses"], text["stage"], [text[name] for name in names])
    stages: dict[str, dict[str, dict[str, Any]]] = {}
    for row in board.lines:
        if row["line_id"] == "losses_by_stage":
            stages.setdefault(row["stage_id"], {})[row["metric_id"]] = row
    for stage_id, metrics in stages.items():
        count, rate, amount = (metrics.get(f"losses_{name}", {}) for name in ("count", "rate", "amount"))
        table.add_row(
            text["all"] if stage_id == "all" else (count or amount).get(f"stage_label_{language}"),
            _number(count.get("value"), "count"),
            _number(count.get("target"), "count"),
            _number(_gap(count, board), "count", is_signed=True),
            _number(rate.get("value"), "ratio"),
            _number(amount.get("value"), amount.get("unit", "")),
        )
    return table


def _print_forecast(board: Board, language: Language, text: dict[str, str], console: Console) -> None:
    """Print what is expected of each month, and below it what the figures are made of."""
    if not board.forecast:
        console.print(text["no_forecast"])
        return
    names = ("to_date", "existing", "future", "expected", "prediction", "target", "gap_projected", "chance")
    tables: dict[str, Table] = {}
    months: dict[tuple[str, str, str], list[str]] = {}
    for row in board.forecast:
        metric, unit = row[f"label_{language}"], row["unit"]
        if metric not in tables:
            title = text["forecast"].format(metric=metric, origin=board.as_of)
            title = f"{title} ({unit})" if unit.isupper() else title
            tables[metric] = _table(title, text["this_month"], [text[name] for name in names], is_whole=True)
        month = row["month"].strftime(text["month"])
        has_interval = row["ci_low"] is not None and row["ci_high"] is not None
        tables[metric].add_row(
            month,
            *(_expected(row[f"value_{part}"], unit) for part in ("to_date", "existing", "future")),
            _expected(row["value"], unit),
            f"{_number(row['ci_low'], '')} - {_number(row['ci_high'], '')}" if has_interval else "-",
            _expected(row["target"], unit),
            _expected(row["gap_projected"], unit, is_signed=True),
            "-" if row["noise_level"] is None else f"± {row['noise_level']:.0%}",
        )
        months.setdefault((metric, row["model_name"], row["forecast_label"]), []).append(month)
    for table in tables.values():
        console.print(table)
    for (metric, model, label), shown in months.items():
        words, why = (
            in_language(names[code], language) if code in names else code
            for names, code in ((MODELS, model), (WHY, label))
        )
        line = text["model"].format(metric=metric, months=", ".join(shown), model=words, why=why)
        console.print(line, style="dim", highlight=False)
    console.print(text["noise_means"], style="dim", highlight=False)


def _expected(value: float | None, unit: str, *, is_signed: bool = False) -> str:
    """Return an amount in whole units, and a number of orders with the tenth that an expectation has."""
    if value is None or unit.isupper():
        return _number(value, "", is_signed=is_signed)
    return f"{value:{'+' if is_signed else ''},.1f}".replace(",", " ")


def _evolution(row: dict[str, Any], against: str, text: dict[str, str]) -> str:
    relative = row.get(f"evolution_rel_{against}")
    signal = row.get(f"evolution_signal_{against}")
    shown = "-" if relative is None else f"{relative:+.0%}"
    return f"{shown} {text[signal]}" if signal in text and relative is not None else shown


def _interval(low: float | None, high: float | None) -> str:
    """Show an interval of a rate, so that its ends differ: a bound of 0.02 % is not 0 %."""
    if low is None or high is None:
        return "-"
    digits = 2 if high < _SMALL_RATE else 1
    return f"{100 * low:.{digits}f}-{high:.{digits}%}"


def _number(value: float | None, unit: str, *, is_signed: bool = False) -> str:
    if value is None:
        return "-"
    sign = "+" if is_signed else ""
    if unit == "ratio":
        return f"{value:{sign}.1%}"
    shown = f"{value:{sign},.0f}".replace(",", " ")
    return f"{shown} {unit}" if unit.isupper() else shown
