"""Run every benchmark, one after the other; each prints a table of ratios against a baseline of the same run."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

COMMANDS: Final = (
    ("benchmarks.generate_demo", "--scale", "40"),
    ("benchmarks.load_web_events", "--rows", "5000000"),
    ("benchmarks.nightly", "overhead", "--scale", "1"),
    ("benchmarks.nightly", "one-day", "--scale", "10"),
    ("benchmarks.nightly", "growth", "--scale", "40"),
    ("benchmarks.dashboard", "--scale", "1"),
    ("benchmarks.postgres", "--scale", "1"),
    ("benchmarks.scoring", "--scale", "40"),
    ("benchmarks.estimators", "--seeds", "20", "--only-rates"),
    ("benchmarks.score_calibration", "--seeds", "20"),
    ("benchmarks.forecast", "--seeds", "20"),
    ("benchmarks.amount_intervals",),
)


def main() -> int:
    """Return the worst exit code."""
    worst = 0
    for module, *arguments in COMMANDS:
        print(f"\n$ python -m {module} {' '.join(arguments)}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, "-m", module, *arguments], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
