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
    board = Board(date(2026, 10, 1), date(2026, 11, 24), datetime(2026, 11, 25, tzinfo=UTC), [conversion], [])
    console = Console(width=120, record=True, file=None, quiet=False)
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
