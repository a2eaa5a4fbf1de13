"""Write the monthly report of a workspace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from dashboard.lib.format import Language
from dashboard.lib.source import NothingPublishedError, SourceError
from dashboard.report.data import NoSuchMonthError
from dashboard.report.write import file_name, make_report, write_report
from ingestion.config.load import load_settings
from ingestion.config.settings import ReportFormat
from ingestion.config.workspace import Workspace


class ReportError(Exception):
    """No report was written; the message says what to do."""


def write_reports(
    workspace: Workspace,
    *,
    month: date | None,
    language: Language | None,
    formats: Sequence[ReportFormat],
    output: Path | None,
) -> list[Path]:
    """Write the report of ``month`` (None: the last month that was over) in each format and return the files.

    ``language``: None is that of the settings. ``output``: file of the one format that its ending names; None
    is ``reports/`` of the workspace. Raises ``ReportError``, or ``ConfigurationError`` of the settings.
    """
    wanted = _formats(formats, output)
    settings = load_settings(workspace)
    try:
        report = make_report(workspace, settings.company_name, month, language or settings.report.language)
    except NothingPublishedError as error:
        raise ReportError(
            f"nothing is published in {workspace.published}; run `pilotage run --home ...` first"
        ) from error
    except (SourceError, NoSuchMonthError) as error:
        raise ReportError(str(error)) from error
    written = []
    for form in wanted:
        path = output or workspace.reports / file_name(report, form)
        try:
            write_report(report, form, path)
        except OSError as error:
            raise ReportError(f"{path} cannot be written: {error.strerror}; choose another --output") from error
        written.append(path)
    return written


def _formats(formats: Sequence[ReportFormat], output: Path | None) -> list[ReportFormat]:
    if output is None:
        return list(dict.fromkeys(formats)) or list(ReportFormat)
    ending = output.suffix.removeprefix(".").lower()
    if ending not in set(ReportFormat):
        raise ReportError(f"--output {output} must end in .html or .pdf")
    form = ReportFormat(ending)
    if any(other is not form for other in formats):
        raise ReportError(f"--output {output} is {form}: leave --format out, or write one file a format")
    return [form]
