"""Great Expectations on the raw tables: shape, completeness, ranges, volume; blocking, before dbt.

What belongs here: the suites (``suites/*.yml``, plain data), their runner, their results and their page.
What does not: keys, relations and business laws, which are dbt tests, and anything of Dagster.
"""

from __future__ import annotations

from orchestration.quality.report import write_report
from orchestration.quality.results import accept_loads, loads_to_check, write_results
from orchestration.quality.runner import (
    CheckResult,
    Outcome,
    TableCheckResult,
    Verdict,
    assess,
    check_table,
)
from orchestration.quality.suites import SUITE_TABLES, Suite, SuiteError, load_suite

__all__ = [
    "SUITE_TABLES",
    "CheckResult",
    "Outcome",
    "Suite",
    "SuiteError",
    "TableCheckResult",
    "Verdict",
    "accept_loads",
    "assess",
    "check_table",
    "load_suite",
    "loads_to_check",
    "write_report",
    "write_results",
]
