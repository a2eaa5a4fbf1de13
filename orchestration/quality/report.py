"""The page of the last checks: one HTML file with counts, and nothing else.

Great Expectations' own Data Docs are not used: their pages load code from a dozen foreign hosts and show the
text of exceptions with paths and values. The sentences on this page are those that Great Expectations
renders.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Final

from orchestration.quality.runner import CheckResult, Outcome, TableCheckResult

_STYLE: Final = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 2rem; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #d8dce4; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.passed { color: #17693a; } .failed { color: #a3162a; font-weight: 600; }
.broken { color: #7a3ca3; font-weight: 600; } .not_evaluated { color: #666d7a; }
small { color: #666d7a; }
"""
_HEAD: Final = (
    "<tr><th>Outcome</th><th>Expectation</th><th>Rows checked</th><th>Unexpected</th><th>Share</th>"
    "<th>Reason of the threshold</th></tr>"
)


def write_report(directory: Path, results: Sequence[TableCheckResult], *, run_id: str, checked_at: datetime) -> Path:
    """Write ``index.html`` into ``directory`` (made if needed) and return its path.

    The page holds no value of the data, loads nothing from anywhere and replaces the one before in one step.
    """
    directory.mkdir(parents=True, exist_ok=True)
    page = directory / "index.html"
    unfinished = directory / ".index.html.unfinished"
    unfinished.write_text(_page(results, run_id, checked_at), encoding="utf-8")
    os.replace(unfinished, page)  # noqa: PTH105 - the same call, said plainly: it is atomic
    return page


def _page(results: Sequence[TableCheckResult], run_id: str, checked_at: datetime) -> str:
    counts = {
        outcome: sum(check.outcome is outcome for table in results for check in table.results) for outcome in Outcome
    }
    summary = ", ".join(f"{counts[outcome]} {_words(outcome)}" for outcome in Outcome)
    sections = "\n".join(_section(table) for table in results)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>Data quality</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Data quality</h1>\n"
        f"<p>Run {escape(run_id)}, checked at {checked_at:%Y-%m-%d %H:%M:%S} UTC: {summary}.</p>\n"
        f"{sections}\n</body>\n</html>\n"
    )


def _section(table: TableCheckResult) -> str:
    title = (
        f'<h2 id="{escape(table.table_name)}">{escape(table.table_name)} '
        f'<span class="{table.outcome.value}">{_words(table.outcome)}</span></h2>'
    )
    if not table.results:
        return f"{title}\n<p>{escape(table.reason)}</p>"
    rows = "\n".join(_row(check) for check in table.results)
    return f"{title}\n<p>{table.count_rows:,} rows</p>\n<table>\n{_HEAD}\n{rows}\n</table>"


def _row(check: CheckResult) -> str:
    share = "" if check.share_unexpected is None else f"{check.share_unexpected:.2%}"
    outcome = _words(check.outcome) + ("" if check.is_blocking else " <small>(warns)</small>")
    detail = f"<br><small>{escape(check.detail)}</small>" if check.detail else ""
    sentence = escape(check.description or f"{check.expectation_type} {check.column_name or ''}")
    return (
        f'<tr><td class="{check.outcome.value}">{outcome}</td><td>{sentence}{detail}</td>'
        f'<td class="number">{check.count_evaluated:,}</td><td class="number">{check.count_unexpected:,}</td>'
        f'<td class="number">{share}</td><td>{escape(check.threshold_reason)}</td></tr>'
    )


def _words(outcome: Outcome) -> str:
    return outcome.value.replace("_", " ")
