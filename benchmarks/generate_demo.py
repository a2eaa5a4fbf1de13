"""How fast the demo company is written, and with how much memory.

Run ``python -m benchmarks.generate_demo --scale 40``. The simulator runs in a process of its own, so that the peak is
its own; what it writes goes to a temporary folder that is deleted.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table


def generate(home: Path, scale: float, end: date) -> dict[str, float]:
    """Write the demo company and return what it took. Peak memory is that of this process, in megabytes."""
    from ingestion.demo import simulate

    marks: dict[str, float] = {}
    started = time.perf_counter()

    def mark(text: str) -> None:
        marks[text] = time.perf_counter()

    report = simulate(home, scale=scale, end=end, progress=mark)
    return {
        "web events": report.count_web_events,
        "e-mail events": report.count_email_events,
        "written, MB": report.count_bytes / 1e6,
        "all, seconds": time.perf_counter() - started,
        "web files, seconds": marks["computing the truth"] - marks["web events"],
        "web files, events a second": report.count_web_events / (marks["computing the truth"] - marks["web events"]),
        "peak memory, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure in a process of its own and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is about 250,000 web events")
    parser.add_argument("--end", type=date.fromisoformat, default=date(2026, 6, 30), help="last day")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.inside:
        print(json.dumps(generate(options.inside, options.scale, options.end)))
        return
    with tempfile.TemporaryDirectory(prefix="pilotage_demo_") as folder:
        command = [sys.executable, "-m", "benchmarks.generate_demo", "--inside", f"{folder}/home"]
        command += ["--scale", str(options.scale), "--end", options.end.isoformat()]
        result = subprocess.run(command, capture_output=True, text=True, check=True)
    table = Table(title=f"Demo company at scale {options.scale:g}")
    table.add_column("measure")
    table.add_column("value", justify="right")
    for name, value in json.loads(result.stdout).items():
        table.add_row(name, f"{value:,.1f}" if value < 1000 else f"{value:,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
