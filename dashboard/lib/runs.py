"""How the last runs went, from their logs: one JSON object an event, without a value of a row."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_ENDS: Final = {"pipeline_success": True, "pipeline_failure": False, "pipeline_canceled": False}


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its log tells it. Times are naive UTC; without an end it works still, or was killed."""

    run_id: str
    began_at: datetime
    ended_at: datetime | None
    is_success: bool | None
    count_failed_checks: int
    count_warnings: int


def read_runs(logs: Path, count_runs: int) -> list[Run]:
    """Return the last ``count_runs`` runs of the folder of logs, the newest first; none where there is no folder."""
    if not logs.is_dir():
        return []
    newest = sorted(logs.glob("*.jsonl"), key=lambda path: path.stat().st_mtime, reverse=True)[:count_runs]
    runs = [run for run in map(_run, newest) if run is not None]
    return sorted(runs, key=lambda run: run.began_at, reverse=True)


def _run(log: Path) -> Run | None:
    began_at = ended_at = None
    is_success = None
    count_failed_checks = count_warnings = 0
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
                moment = datetime.fromisoformat(entry["timestamp"]).astimezone(UTC).replace(tzinfo=None)
                event = entry["event"]
            except (ValueError, KeyError, TypeError):
                # A run that was killed may have left half a line.
                continue
            began_at = began_at or moment
            if event in _ENDS:
                ended_at, is_success = moment, _ENDS[event]
            elif event == "message":
                count_warnings += 1
            elif event == "asset_check_evaluation" and not entry.get("passed", True):
                count_failed_checks += 1
    if began_at is None:
        return None
    return Run(log.stem, began_at, ended_at, is_success, count_failed_checks, count_warnings)
