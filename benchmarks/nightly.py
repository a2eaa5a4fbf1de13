"""What a night costs beside its SQL, and what one more day costs beside a full build.

``python -m benchmarks.nightly overhead --scale 1``: a whole night (load, checks, models, tests, publication) after
set-up, against the same SQL that dbt ran that night, executed by hand in one DuckDB session.

``python -m benchmarks.nightly one-day --scale 10``: three years less a day are built, then the held-back day arrives:
the second night against the first.

``python -m benchmarks.nightly growth --scale 40``: the first night of a big company against that of one a quarter of
its size, with the share of each model, the same SQL by hand, and the memory of the largest process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb

from ingestion.demo import simulate
from orchestration.lib.environment import be_quiet_and_private

END: Final = date(2026, 6, 30)
MOST_OVERHEAD_SECONDS: Final = 25.0
MOST_ONE_DAY_SHARE: Final = 0.15
MOST_GROWTH: Final = 5.0
MOST_PEAK_MB: Final = 6000.0


def run_night(home: Path, as_of: date) -> dict[str, Any]:
    """Run ``pilotage run`` in a process of its own; return seconds, the steps' seconds and peak memory in MB."""
    started = time.monotonic()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("pilotage"), "run", "--home", home, "--as-of", as_of.isoformat(), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    outcome = json.loads(process.communicate()[0])
    # Of the largest process of any night so far, children of children included.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    if not outcome["is_success"]:
        raise SystemExit(f"the night failed: {outcome['failures']}")
    steps = {}
    for line in Path(outcome["log_file"]).read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["event"] == "step_success":
            steps[event["step"]] = event["seconds"]
    seconds = time.monotonic() - started
    return {"seconds": seconds, "steps": steps, "run_id": outcome["run_id"], "peak_mb": peak}


def run_sql_by_hand(home: Path, run_id: str) -> float:
    """Execute, in one session on a copy of the build database, the SQL of every node of that night; return seconds."""
    copy = home / "build" / "copy.duckdb"
    shutil.copyfile(home / "build" / "warehouse.duckdb", copy)
    nodes = [
        result
        for step in ("facts", "kpis")
        for result in json.loads(
            (home / "build" / "dbt" / run_id / step / "run_results.json").read_text(encoding="utf-8")
        )["results"]
        if result.get("compiled_code")
    ]
    with duckdb.connect(copy, config={"memory_limit": "4GB"}) as connection:
        connection.execute("set timezone = 'UTC'")
        catalog = str(connection.execute("select current_database()").fetchall()[0][0])
        connection.execute("create schema by_hand")
        started = time.monotonic()
        for position, node in enumerate(nodes):
            sql = node["compiled_code"].replace('"warehouse".', f'"{catalog}".')
            if node["unique_id"].startswith("test."):
                connection.execute(f"select count(*) from ({sql})").fetchall()
            else:
                kind = "view" if ".stg_" in node["unique_id"] else "table"
                connection.execute(f"create {kind} by_hand.node_{position} as {sql}")
        seconds = time.monotonic() - started
    copy.unlink()
    return seconds


def slowest_models(home: Path, run_id: str, count: int) -> list[tuple[str, float]]:
    """Return the ``count`` models that took longest in that night, with their seconds, and the sum of all others."""
    seconds = {
        result["unique_id"].split(".")[2]: float(result["execution_time"])
        for step in ("facts", "kpis")
        for result in json.loads(
            (home / "build" / "dbt" / run_id / step / "run_results.json").read_text(encoding="utf-8")
        )["results"]
        if result["unique_id"].startswith("model.")
    }
    ranked = sorted(seconds.items(), key=lambda item: item[1], reverse=True)
    return [*ranked[:count], (f"{len(ranked[count:])} others", sum(value for _, value in ranked[count:]))]


def overhead(home: Path, scale: float) -> None:
    """Print a night's time beside its SQL's."""
    simulate(home, scale=scale, end=END)
    settle(home)
    run_night(home, END)
    night = run_night(home, END)
    by_hand = run_sql_by_hand(home, night["run_id"])
    extra = night["seconds"] - by_hand
    print(f"\nA night at scale {scale:g} after set-up (nothing new to load)\n")
    print("| what | seconds | ratio |\n|---|---|---|")
    print(f"| the same SQL by hand, one DuckDB session (baseline) | {by_hand:.1f} | 1.0 |")
    print(f"| the night | {night['seconds']:.1f} | {night['seconds'] / by_hand:.1f} |")
    for step, seconds in night["steps"].items():
        print(f"| - step {step} | {seconds:.1f} | |")
    verdict = "met" if extra <= MOST_OVERHEAD_SECONDS else "MISSED"
    print(f"| overhead of orchestration (at most {MOST_OVERHEAD_SECONDS:g}: {verdict}) | {extra:.1f} | |")


def one_day(home: Path, scale: float) -> None:
    """Print the night that adds a day beside the full build."""
    simulate(home, scale=scale, end=END, hold_back_days=1)
    settle(home)
    full = run_night(home, END - timedelta(days=1))
    for path in sorted((home / "held_back").rglob("*")):
        if path.is_file():
            target = home / "inbox" / path.relative_to(home / "held_back")
            if target.exists():
                raise SystemExit(f"{target} would be replaced")
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
    settle(home)
    night = run_night(home, END)
    share = night["seconds"] / full["seconds"]
    print(f"\nOne more day at scale {scale:g}: three years less a day, then the day\n")
    print("| what | full build, s | night of one day, s | share |\n|---|---|---|---|")
    for step, seconds in full["steps"].items():
        print(
            f"| {step} | {seconds:.1f} | {night['steps'][step]:.1f} | {night['steps'][step] / max(seconds, 0.1):.0%} |"
        )
    verdict = "met" if share <= MOST_ONE_DAY_SHARE else "MISSED"
    print(
        f"| whole run (at most {MOST_ONE_DAY_SHARE:.0%}: {verdict}) | {full['seconds']:.1f} | {night['seconds']:.1f} |"
        f" {share:.0%} |"
    )
    print(f"\nPeak memory of the largest process: {night['peak_mb']:.0f} MB")


def growth(folder: Path, scale: float) -> None:
    """Print the first night of a company beside that of one a quarter of its size."""
    nights, by_hand = {}, {}
    # The smaller one first: the peak of memory is that of the largest process so far.
    for size in (scale / 4, scale):
        home = folder / f"demo_{size:g}"
        simulate(home, scale=size, end=END)
        settle(home)
        nights[size] = run_night(home, END)
        by_hand[size] = run_sql_by_hand(home, nights[size]["run_id"])
    small, large = nights[scale / 4], nights[scale]
    ratio = large["seconds"] / small["seconds"]
    print(f"\nThe first night at scale {scale / 4:g} and {scale:g}: load, checks, all models, publication\n")
    print(f"| what | scale {scale / 4:g}, s | scale {scale:g}, s | ratio |\n|---|---|---|---|")
    print(
        f"| the same SQL by hand, one DuckDB session (baseline) | {by_hand[scale / 4]:.1f} | {by_hand[scale]:.1f} |"
        f" {by_hand[scale] / by_hand[scale / 4]:.1f} |"
    )
    for step, seconds in small["steps"].items():
        print(
            f"| step {step} | {seconds:.1f} | {large['steps'][step]:.1f} |"
            f" {large['steps'][step] / max(seconds, 0.1):.1f} |"
        )
    verdict = "met" if ratio <= MOST_GROWTH else "MISSED"
    print(
        f"| the night (at most {MOST_GROWTH:g} times: {verdict}) | {small['seconds']:.1f} | {large['seconds']:.1f} |"
        f" {ratio:.1f} |"
    )
    models = slowest_models(folder / f"demo_{scale:g}", large["run_id"], 15)
    total = sum(seconds for _, seconds in models)
    print(f"\n| model at scale {scale:g} | seconds | share of all models |\n|---|---|---|")
    for name, seconds in models:
        print(f"| {name} | {seconds:.1f} | {seconds / total:.0%} |")
    verdict = "met" if large["peak_mb"] <= MOST_PEAK_MB else "MISSED"
    print(f"\nPeak memory of the largest process (at most {MOST_PEAK_MB:g} MB: {verdict}): {large['peak_mb']:.0f} MB")


def settle(home: Path) -> None:
    """Date the files back, so that none counts as still being written."""
    for path in (home / "inbox").rglob("*"):
        if path.is_file():
            os.utime(path, (path.stat().st_mtime - 60, path.stat().st_mtime - 60))


def main() -> None:
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["overhead", "one-day", "growth"])
    parser.add_argument("--scale", type=float)
    arguments = parser.parse_args()
    be_quiet_and_private()
    with tempfile.TemporaryDirectory(prefix="pilotage_bench_") as folder:
        if arguments.what == "overhead":
            overhead(Path(folder) / "demo", arguments.scale or 1.0)
        elif arguments.what == "one-day":
            one_day(Path(folder) / "demo", arguments.scale or 10.0)
        else:
            growth(Path(folder), arguments.scale or 40.0)


if __name__ == "__main__":
    main()
