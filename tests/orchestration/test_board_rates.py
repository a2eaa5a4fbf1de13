"""What the board in the terminal shows of a rate."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from rich.console import Console

from orchestration.cli.board import Board, render_board


def _shown(**row: float | None) -> str:
    conversion = {
        "metric_id": "kpi1_mql_rate",
        "label_en": "KPI 1",
        "dimension_label_en": "footfall",
        "window_days": 0,
        "value_month": 0.0,
        "value_fiscal_year": 0.0,
        "denominator": 16_905.0,
        "target": None,
        **row,
    }
    board = Board(date(2026, 10, 1), date(2026, 11, 24), datetime(2026, 11, 25, tzinfo=UTC), [conversion], [], [])
    console = Console(width=120)
    with console.capture() as capture:
        render_board(board, "en", console)
    return capture.get()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 0.000227, "0.00-0.02%"),
        (0.0169, 0.0216, "1.7-2.2%"),
        (0.0073, 0.0191, "0.7-1.9%"),
        (0.924, 1.0, "92.4-100.0%"),
        (None, None, "│         - │"),
    ],
)
def test_interval_of_a_rate_is_shown_so_that_its_ends_differ(low: float, high: float, expected: str) -> None:
    shown = _shown(ci_low=low, ci_high=high)
    (line,) = [line for line in shown.splitlines() if "footfall" in line]
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells[4] == expected.strip("│ ")


def _orders(as_of: date) -> list[str]:
    line = {
        "line_id": "orders_month",
        "metric_id": "orders_count",
        "label_en": "Orders",
        "unit": "orders",
        "value": 23.0,
        "evolution_rel_previous": -0.34,
        "evolution_signal_previous": "noise",
        "evolution_rel_elapsed": -0.08,
        "evolution_signal_elapsed": "noise",
        "evolution_rel_year_ago": 0.77,
        "evolution_signal_year_ago": "noise",
        "target": 15.0,
        "gap_abs": 8.0,
        "gap_paced": 11.0,
    }
    board = Board(date(2026, 11, 1), as_of, datetime(2026, 11, 25, tzinfo=UTC), [], [line], [])
    console = Console(width=120)
    with console.capture() as capture:
        render_board(board, "en", console)
    (shown,) = [text for text in capture.get().splitlines() if "Orders" in text]
    return [cell.strip() for cell in shown.strip("│").split("│")]


def test_running_month_is_held_against_as_many_working_days_and_the_paced_target() -> None:
    assert _orders(date(2026, 11, 24)) == ["Orders", "23", "-8% noise", "-", "15", "+11"]
    assert _orders(date(2026, 11, 29)) == ["Orders", "23", "-8% noise", "-", "15", "+11"]


def test_month_that_is_over_is_held_against_whole_ones_and_the_whole_target() -> None:
    assert _orders(date(2026, 11, 30)) == ["Orders", "23", "-34% noise", "+77% noise", "15", "+8"]
