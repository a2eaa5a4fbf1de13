"""Make the report of a workspace and write it as files."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path

from dashboard.lib.format import Language
from dashboard.lib.source import open_file
from dashboard.report.blocks import Report
from dashboard.report.data import report_of
from dashboard.report.render import to_html, to_pdf
from ingestion.config.settings import ReportFormat
from ingestion.config.workspace import Workspace


def make_report(workspace: Workspace, company_name: str, month: date | None, language: Language) -> Report:
    """Return the report of ``month`` (its first day; None: the last month that was over) from the live version.

    Raises ``NothingPublishedError``, ``SourceError`` or ``NoSuchMonthError``.
    """
    data = open_file(workspace)
    try:
        return report_of(data.rows, data.publication, month, language, company_name)
    finally:
        data.connection.close()


def file_name(report: Report, form: ReportFormat) -> str:
    """Return the name of the report's file: pilotage_2026-05_fr.pdf."""
    return f"pilotage_{report.month:%Y-%m}_{report.language}.{form}"


def content_of(report: Report, form: ReportFormat) -> bytes:
    """Return the report in a format; the same bytes for the same report."""
    return to_pdf(report) if form is ReportFormat.PDF else to_html(report).encode()


def write_report(report: Report, form: ReportFormat, path: Path) -> None:
    """Write the report as ``path``, in place of an earlier one, at once. Raises ``OSError``."""
    content = content_of(report, form)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
