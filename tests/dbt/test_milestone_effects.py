"""The difference of win rates by milestone and its interval, against Newcombe's published examples and his formula."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tests.dbt.support import dbt_ok

# Won and closed with the milestone, won and closed without it.
PUBLISHED = {
    # Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10: difference, lower and upper limit.
    "a": ((56, 70, 48, 80), (0.2000, 0.0524, 0.3339)),
    "b": ((9, 10, 3, 10), (0.6000, 0.1705, 0.8090)),
    "c": ((6, 7, 2, 7), (0.5714, 0.0582, 0.8062)),
    "d": ((5, 56, 0, 29), (0.0893, -0.0381, 0.1926)),
    "e": ((0, 10, 0, 20), (0.0000, -0.1611, 0.2775)),
    "f": ((0, 10, 0, 10), (0.0000, -0.2775, 0.2775)),
    "g": ((10, 10, 0, 20), (1.0000, 0.6791, 1.0000)),
    "h": ((10, 10, 0, 10), (1.0000, 0.6075, 1.0000)),
}
DRAWN = {f"drawn_{number}": None for number in range(20)}


def wilson(won: int, closed: int) -> tuple[float, float]:
    """Wilson's bounds as the roots of (p - rate)^2 = z^2 p (1 - p) / n."""
    z = 1.959964
    roots = np.roots([1 + z**2 / closed, -(2 * won / closed + z**2 / closed), (won / closed) ** 2])
    low, high = sorted(float(root.real) for root in roots)
    return low, high


def newcombe(won: int, closed: int, won_without: int, closed_without: int) -> tuple[float, float, float]:
    """Difference of two proportions with its interval."""
    first, second = won / closed, won_without / closed_without
    (low, high), (low_without, high_without) = wilson(won, closed), wilson(won_without, closed_without)
    return (
        first - second,
        first - second - float(np.hypot(first - low, high_without - second)),
        first - second + float(np.hypot(high - first, second - low_without)),
    )


@pytest.fixture(scope="module")
def effects(empty_built_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float, ...]]:
    """Difference and bounds by milestone, as built from closed deals, with the counts that they were built from."""
    random = np.random.default_rng(11)
    counts = {name: case for name, (case, _) in PUBLISHED.items()}
    for name in DRAWN:
        closed, closed_without = (int(size) for size in random.integers(1, 200, 2))
        counts[name] = (
            int(random.integers(0, closed + 1)),
            closed,
            int(random.integers(0, closed_without + 1)),
            closed_without,
        )
    warehouse = tmp_path_factory.mktemp("effects") / "warehouse.duckdb"
    shutil.copy(empty_built_warehouse, warehouse)
    deals, milestones = [], []
    for name, (won, closed, won_without, closed_without) in counts.items():
        for group, (wins, size) in {"validated": (won, closed), "refused": (won_without, closed_without)}.items():
            for number in range(size):
                deals.append((f"{name}-{group}-{number}", "won" if number < wins else "lost"))
                milestones.append((deals[-1][0], name, group))
    with duckdb.connect(str(warehouse)) as connection:
        connection.executemany(
            "insert into marts.fct_deals (deal_id, deal_status, is_reportable, currency_code,"
            " is_created_and_closed_same_day) values (?, ?, true, 'EUR', false)",
            deals,
        )
        connection.executemany(
            "insert into intermediate.int_deals__stage_milestones (deal_id, milestone_id, milestone_state, stage_id,"
            " is_due) values (?, ?, ?, 's:1', true)",
            milestones,
        )
    dbt_ok("run", "--select", "kpi_milestone_effects", warehouse=warehouse, variables={"as_of": "2024-06-30"})
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select milestone_id, win_rate_difference, ci_low, ci_high from marts.kpi_milestone_effects"
        ).fetchall()
    found = {name: (*values, *counts[name]) for name, *values in rows}
    assert set(found) == set(counts)
    return found


@pytest.mark.parametrize("name", PUBLISHED)
def test_effect_has_the_published_interval(name: str, effects: dict[str, tuple[float, ...]]) -> None:
    assert effects[name][:3] == pytest.approx(PUBLISHED[name][1], abs=0.00006)


@pytest.mark.parametrize("name", [*PUBLISHED, *DRAWN])
def test_effect_follows_the_formula(name: str, effects: dict[str, tuple[float, ...]]) -> None:
    assert effects[name][:3] == pytest.approx(newcombe(*map(int, effects[name][3:])), abs=1e-7)
