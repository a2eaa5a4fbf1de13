"""The board on a terminal: what is expected of the coming months, from published tables made by hand."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from orchestration.cli.board import Board, NothingPublishedError, read_board, render_board

TABLES = """
    create schema marts;
    create table marts.publication as
        select date '2026-11-24' as as_of, timestamp '2026-11-25 02:00:00' as published_at;
    create table marts.dim_stages (
        stage_id text, pipeline_name text, stage_rank bigint, label_en text, label_fr text
    );
    create table marts.dim_dates as
        select day::date as date_day, date '2026-01-01' as fiscal_year_start_date
        from range(date '2026-01-01', date '2028-01-01', interval 1 day) as days (day);
    create table marts.kpi_catalog as
        select * from (values
            ('new_leads', 'New leads', 'Nouveaux leads', 'leads'),
            ('orders_forecast_count', 'Orders expected', 'Commandes attendues', 'orders'),
            ('orders_forecast_amount', 'Order amount expected, net', 'Montant des commandes attendu, net', 'EUR')
        ) as metrics (metric_id, label_en, label_fr, unit);
    create table marts.kpi_values (
        metric_id text, period_grain text, period_start date, dimension_name text, dimension_value text, basis text,
        window_days bigint, value double, ci_low double, ci_high double, denominator decimal(18, 4), target double
    );
    create table marts.kpi_commercial_dashboard (
        line_id text, metric_id text, month date, stage_id text, basis text, as_of date, value double, ci_low double,
        ci_high double, target double, gap_abs double, gap_projected double, evolution_rel_previous double,
        evolution_signal_previous text, evolution_rel_year_ago double, evolution_signal_year_ago text,
        model_name text, forecast_label text, noise_level double
    );
    insert into marts.kpi_commercial_dashboard by name
        select
            'new_leads' as line_id, 'new_leads' as metric_id, month, 'all' as stage_id, date '2026-11-24' as as_of,
            12.0 as value
        from (values (date '2026-10-01'), (date '2026-11-01')) as months (month);
"""
# The running month with what it has; a month without target and interval, of a model that was not the first choice.
FORECAST = """
    insert into marts.kpi_commercial_dashboard by name
        select 'order_forecast' as line_id, 'all' as stage_id, date '2026-11-24' as as_of, *
        from (values
            ('orders_forecast_count', date '2026-11-01', 29.264, 26.0, 32.0, 30.0, -0.736, 'semi_markov',
                'pooled', 0.4),
            ('orders_forecast_count', date '2026-12-01', 31.32, null, null, null, null, 'naive_mean_3m',
                'naive_short_history', 0.18),
            ('orders_forecast_amount', date '2026-12-01', 153427.8, 104330.9, 202524.7, 82515.5, 70912.3, 'a_new_model',
                'a reason of its own', null)
        ) as months (
            metric_id, month, value, ci_low, ci_high, target, gap_projected, model_name, forecast_label,
            noise_level
        );
    insert into marts.kpi_values by name
        select
            'orders_forecast_count' as metric_id, 'month' as period_grain, date '2026-11-01' as period_start,
            'forecast_component' as dimension_name, *
        from (values ('actual', 23.0), ('existing', 5.64), ('future', 0.624)) as parts (dimension_value, value);
"""


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "pilotage.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(TABLES)
    return path


def _shown(board: Board, language: str) -> str:
    said = io.StringIO()
    render_board(board, language, Console(width=200, file=said))
    return said.getvalue()


def _row(shown: str, start: str) -> list[str]:
    (line,) = [line for line in shown.splitlines() if line.lstrip("│ ").startswith(start)]
    return [cell.strip() for cell in line.strip("│").split("│")]


@pytest.fixture
def board(published: Path) -> Board:
    with duckdb.connect(str(published)) as connection:
        connection.execute(FORECAST)
    return read_board(published, None)


def test_forecast_stands_beside_the_last_complete_month_and_not_among_its_lines(board: Board) -> None:
    assert board.month == date(2026, 10, 1)
    assert {row["line_id"] for row in board.lines} == {"new_leads"}
    assert [(row["metric_id"], row["month"].month, row["is_running"]) for row in board.forecast] == [
        ("orders_forecast_count", 11, True),
        ("orders_forecast_count", 12, False),
        ("orders_forecast_amount", 12, False),
    ]


def test_forecast_of_a_month_shows_its_parts_interval_target_gap_and_noise(board: Board) -> None:
    shown = _shown(board, "en")
    assert "Orders expected, forecast as of 2026-11-24" in shown
    running = ["11/2026", "23.0", "5.6", "0.6", "29.3", "26 - 32", "30.0", "-0.7", "± 40%"]
    assert _row(shown, "11/2026") == running
    assert "Order amount expected, net, forecast as of 2026-11-24 (EUR)" in shown
    amount = ["12/2026", "-", "-", "-", "153 428", "104 331 - 202 525", "82 516", "+70 912", "-"]
    assert amount in [
        [cell.strip() for cell in line.strip("│").split("│")] for line in shown.splitlines() if "12/2026" in line
    ]


def test_forecast_without_interval_and_target_shows_dashes_and_never_a_zero(board: Board) -> None:
    shown = _shown(board, "en").splitlines()
    line = next(line for line in shown if "31.3" in line)
    assert [cell.strip() for cell in line.strip("│").split("│")] == [
        "12/2026", "-", "-", "-", "31.3", "-", "-", "-", "± 18%",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            (
                "Orders expected, 11/2026: path of each lead and deal, from the past of each step; "
                "a step with too little past has the rates of all of them",
                "Orders expected, 12/2026: mean of the last three months; "
                "the history is too short for the path of leads and deals",
                "Order amount expected, net, 12/2026: a_new_model; a reason of its own",
            ),
        ),
        (
            "fr",
            (
                "Commandes attendues, prévision au 2026-11-24",
                "Commandes attendues, 12/2026 : moyenne des trois derniers mois ; "
                "l’historique est trop court pour le parcours des leads et affaires",
                "Montant des commandes attendu, net, prévision au 2026-11-24 (EUR)",
            ),
        ),
    ],
)
def test_forecast_says_of_what_it_is_made_and_why(board: Board, language: str, expected: tuple[str, ...]) -> None:
    shown = _shown(board, language)
    for words in expected:
        assert words in shown


def test_board_says_so_when_there_is_no_forecast_yet(published: Path) -> None:
    board = read_board(published, None)
    assert board.forecast == []
    assert "There is no order forecast yet." in _shown(board, "en")
    assert "Il n'y a pas encore de prévision de commandes." in _shown(board, "fr")


def test_month_that_is_only_forecast_is_no_month_of_the_board(board: Board, published: Path) -> None:
    with pytest.raises(NothingPublishedError, match="no month 2026-12"):
        read_board(published, date(2026, 12, 1))
