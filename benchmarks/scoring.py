"""What the score costs: its share of a full build, and the night of one more day against a full rescore.

``python -m benchmarks.scoring --scale 40``: three years less a day are built, then the held-back day arrives. The
seconds are those of the statements of the models (``run_results.json`` of dbt), without their tests.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Final

import duckdb

from benchmarks.nightly import END, run_night, settle
from ingestion.demo import simulate
from orchestration.lib.environment import be_quiet_and_private

MOST_SHARE: Final = 0.20
MOST_ONE_DAY: Final = 0.02
FOLDERS: Final = ("intermediate/scoring/", "marts/scoring/")
VERSIONS: Final = "_versions"


def model_seconds(home: Path, run_id: str) -> dict[str, float]:
    """Return the seconds of each model of that night, by its path below ``models/``."""
    seconds = {}
    for step in ("facts", "kpis"):
        folder = home / "build" / "dbt" / run_id / step
        results = json.loads((folder / "run_results.json").read_text(encoding="utf-8"))["results"]
        nodes = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["nodes"]
        for result in results:
            # Exposures have results, too.
            node = nodes.get(result["unique_id"])
            if node and node["resource_type"] == "model":
                seconds[node["path"]] = float(result["execution_time"])
    return seconds


def of_scoring(seconds: dict[str, float]) -> dict[str, float]:
    """Return the models that only the score needs."""
    return {path: value for path, value in seconds.items() if path.startswith(FOLDERS) or VERSIONS in path}


def score_rows(home: Path) -> list[tuple[str, int]]:
    """Return the tables of the score with their rows."""
    with duckdb.connect(str(home / "build" / "warehouse.duckdb"), read_only=True) as connection:
        return [
            (name, int(connection.execute(f"select count(*) from marts.{name}").fetchall()[0][0]))
            for name in ("fct_leads", "fct_lead_scores", "fct_lead_score_contributions", "fct_process_scores")
        ]


def measure(home: Path, scale: float) -> None:
    """Print the share of the score in a full build, and one day of it beside a full rescore."""
    simulate(home, scale=scale, end=END, hold_back_days=1)
    settle(home)
    full = model_seconds(home, run_night(home, END - timedelta(days=1))["run_id"])
    for path in sorted((home / "held_back").rglob("*")):
        if path.is_file():
            target = home / "inbox" / path.relative_to(home / "held_back")
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
    settle(home)
    day = model_seconds(home, run_night(home, END)["run_id"])
    rescore, one_day, build = of_scoring(full), of_scoring(day), sum(full.values())
    share, of_rescore = sum(rescore.values()) / build, sum(one_day.values()) / sum(rescore.values())
    print(f"\nThe score at scale {scale:g}, three years\n\n| model | full, s | one day, s |\n|---|---|---|")
    for model, seconds in sorted(rescore.items(), key=lambda item: -item[1]):
        print(f"| {Path(model).stem} | {seconds:.2f} | {one_day[model]:.2f} |")
    print("\n| what | seconds | ratio |\n|---|---|---|")
    print(f"| all models of the full build (baseline) | {build:.1f} | 1.0 |")
    verdict = "met" if share <= MOST_SHARE else "MISSED"
    print(f"| the score (at most {MOST_SHARE:.0%}: {verdict}) | {sum(rescore.values()):.1f} | {share:.1%} |")
    verdict = "met" if of_rescore <= MOST_ONE_DAY else "MISSED"
    print(
        f"| one more day of it, of a full rescore (at most {MOST_ONE_DAY:.0%}: {verdict}) | {sum(one_day.values()):.1f}"
        f" | {of_rescore:.1%} |"
    )
    print("\n| table | rows |\n|---|---|")
    for name, count in score_rows(home):
        print(f"| {name} | {count:,} |")


def main() -> None:
    """Measure at a scale."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=10)
    arguments = parser.parse_args()
    be_quiet_and_private()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder) / "demo", arguments.scale)


if __name__ == "__main__":
    main()
