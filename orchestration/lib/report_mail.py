"""Mail the monthly report when its day has come. Nothing here may fail a night: the figures are published already."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Final

from ingestion.config.settings import MailServer, ReportFormat, Settings
from ingestion.config.workspace import Workspace
from orchestration.lib.mail import read_password, send

_MAILED_NAME: Final = "mailed.json"
_TYPES: Final = {ReportFormat.PDF: ("application", "pdf"), ReportFormat.HTML: ("text", "html")}


@dataclass(frozen=True, slots=True)
class Mailed:
    """A report that was mailed, and to how many; ``count_refused`` of them the server would not take."""

    month: date
    count_recipients: int
    count_refused: int


def due_month(as_of: date, day_of_month: int, last_mailed: date | None) -> date | None:
    """Return the first day of the month whose report is due in the night after ``as_of``; None where none is.

    It is the month that was over last, from ``day_of_month`` of the month after it on, unless it or a later one
    was mailed.
    """
    night = as_of + timedelta(days=1)
    month = (night.replace(day=1) - timedelta(days=1)).replace(day=1)
    if night.day < day_of_month or (last_mailed is not None and last_mailed >= month):
        return None
    return month


def mail_report(
    workspace: Workspace, settings: Settings, as_of: date, *, environment: Mapping[str, str], now: datetime
) -> Mailed | None:
    """Make and mail the report that is due and remember it; None where none is, or nobody is to get one.

    ``now`` is aware. Raises ``MailError``, and whatever making the report raises; then the next night tries again.
    """
    report_settings = settings.report
    server = report_settings.smtp
    if not report_settings.recipients or server is None:
        return None
    month = due_month(as_of, report_settings.day_of_month, last_mailed(workspace))
    if month is None:
        return None
    password = read_password(server, workspace.home, environment)
    message = _message(workspace, settings, server, month, now)
    count_refused = send(server, message, password=password)
    _remember(workspace, month)
    return Mailed(month, len(report_settings.recipients), count_refused)


def last_mailed(workspace: Workspace) -> date | None:
    """Return the month that was mailed last; None where none was."""
    try:
        found = json.loads((workspace.reports / _MAILED_NAME).read_text(encoding="utf-8"))
        return date.fromisoformat(found["month"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _remember(workspace: Workspace, month: date) -> None:
    workspace.reports.mkdir(parents=True, exist_ok=True)
    unfinished = workspace.reports / f".{_MAILED_NAME}"
    unfinished.write_text(json.dumps({"month": month.isoformat()}) + "\n", encoding="utf-8")
    unfinished.replace(workspace.reports / _MAILED_NAME)


def _message(workspace: Workspace, settings: Settings, server: MailServer, month: date, now: datetime) -> EmailMessage:
    # Charts and typesetting take a second to import: only the night that mails pays for it.
    from dashboard.report.data import mail_text
    from dashboard.report.write import content_of, file_name, make_report

    report = make_report(workspace, settings.company_name, month, settings.report.language)
    subject, text = mail_text(report)
    message = EmailMessage()
    message["From"] = server.sender
    message["To"] = ", ".join(settings.report.recipients)
    message["Subject"] = subject
    message["Date"] = format_datetime(now.astimezone(UTC))
    message["Message-ID"] = make_msgid(domain=server.sender.rpartition("@")[2])
    message.set_content(text)
    for form in dict.fromkeys(settings.report.formats):
        kind, subkind = _TYPES[form]
        message.add_attachment(
            content_of(report, form), maintype=kind, subtype=subkind, filename=Path(file_name(report, form)).name
        )
    return message
