"""What a run tells while it works: one line a step on the terminal, one JSON object an event in the log.

Only names, counts, durations and outcomes are written; never a value of a row.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import dagster as dg
import structlog

_SHOWN = {
    dg.DagsterEventType.STEP_START,
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.STEP_SKIPPED,
    dg.DagsterEventType.RUN_START,
    dg.DagsterEventType.RUN_SUCCESS,
    dg.DagsterEventType.RUN_FAILURE,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
}


class RunLog(logging.Handler):
    """Dagster's events as structured lines, and the steps on a terminal."""

    def __init__(self, file: TextIO, terminal: TextIO | None) -> None:
        super().__init__(logging.DEBUG)
        self._file = file
        self._terminal = terminal
        self._log = structlog.wrap_logger(
            structlog.WriteLogger(file),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(serializer=json.dumps),
            ],
        )
        self._started: dict[str, datetime] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        event: dg.DagsterEvent | None = getattr(record, "dagster_event", None)
        if event is None:
            self._warn(record)
        if event is None or event.event_type not in _SHOWN:
            return
        fields: dict[str, object] = {"step": event.step_key}
        if event.event_type is dg.DagsterEventType.STEP_START and event.step_key:
            self._started[event.step_key] = datetime.now(UTC)
        if event.event_type in (dg.DagsterEventType.STEP_SUCCESS, dg.DagsterEventType.STEP_FAILURE):
            started = self._started.get(event.step_key or "", datetime.now(UTC))
            fields["seconds"] = round((datetime.now(UTC) - started).total_seconds(), 2)
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            fields |= {
                "asset": check.asset_key.to_user_string(),
                "check": check.check_name,
                "passed": check.passed,
                "severity": check.severity.value,
            }
        self._log.info(event.event_type_value.lower(), **fields)
        self._show(event, fields)

    def _warn(self, record: logging.LogRecord) -> None:
        """Pass on what a step itself warns of: files that were refused, or that no mapping names."""
        meta = getattr(record, "dagster_meta", None) or {}
        if record.levelno < logging.WARNING or not meta.get("step_key"):
            return
        text = str(meta.get("orig_message") or record.getMessage())
        self._log.warning("message", step=meta["step_key"], text=text)
        if self._terminal is not None:
            print(f"  !! {text}", file=self._terminal, flush=True)

    def _show(self, event: dg.DagsterEvent, fields: dict[str, object]) -> None:
        if self._terminal is None:
            return
        match event.event_type:
            case dg.DagsterEventType.STEP_START:
                line = f"  .. {event.step_key}"
            case dg.DagsterEventType.STEP_SUCCESS:
                line = f"  ok {event.step_key} ({fields['seconds']} s)"
            case dg.DagsterEventType.STEP_FAILURE:
                line = f"FAIL {event.step_key} ({fields['seconds']} s)"
            case dg.DagsterEventType.ASSET_CHECK_EVALUATION if not fields["passed"]:
                line = f"FAIL check {fields['check']} on {fields['asset']}"
            case _:
                return
        print(line, file=self._terminal, flush=True)


@dg.logger(
    config_schema={"directory": dg.Field(str), "is_shown": dg.Field(bool, default_value=False)},
    description="Structured log of a run below the workspace's logs/.",
)
def run_log(context: dg.InitLoggerContext) -> logging.Logger:
    """Make the logger of one run: ``<directory>/<run id>.jsonl``, and the terminal where ``is_shown``."""
    directory = Path(context.logger_config["directory"])
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    # One logger a run: the global registry would add this run's handler to the next run's.
    logger = logging.Logger("pilotage", logging.DEBUG)  # noqa: LOG001
    file = (directory / f"{context.run_id or 'run'}.jsonl").open("a", encoding="utf-8", buffering=1)
    logger.addHandler(RunLog(file, sys.stderr if context.logger_config["is_shown"] else None))
    return logger
