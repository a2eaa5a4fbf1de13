"""Switches that must be set before a framework is used: no telemetry, private files."""

from __future__ import annotations

import os
from typing import Final

QUIET: Final[dict[str, str]] = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "GX_ANALYTICS_ENABLED": "false",
}
"""Telemetry off, one switch a framework: dlt ignores DO_NOT_TRACK, dbt ignores dlt's."""


def be_quiet_and_private() -> None:
    """Switch telemetry off and make new files readable by their owner alone."""
    os.environ.update(QUIET)
    os.umask(0o077)
