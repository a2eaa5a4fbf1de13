"""The mail of the monthly report, after the publication and unable to undo it."""

import os
from datetime import UTC, datetime
from typing import Final

import dagster as dg

from ingestion.config.settings import Settings
from orchestration.defs.publish import PUBLISHED
from orchestration.lib.mail import MailError
from orchestration.lib.report_mail import mail_report
from orchestration.lib.run import NightlyRun

REPORT: Final = dg.AssetKey(["published", "report_mail"])


def build_reports(settings: Settings | None) -> list[dg.AssetsDefinition]:
    """Return the asset that mails the report on its day, where ``settings`` name recipients."""
    return [_report_mail()] if settings and settings.report.recipients else []


def _report_mail() -> dg.AssetsDefinition:
    @dg.asset(
        key=REPORT,
        deps=[PUBLISHED],
        group_name="publication",
        kinds={"python"},
        description="The monthly report, mailed in the first night on or after its day; most nights nothing is due.",
    )
    def report_mail(context: dg.AssetExecutionContext, run: NightlyRun) -> dg.MaterializeResult[None]:
        configuration = run.configuration
        try:
            mailed = mail_report(
                configuration.workspace,
                configuration.settings,
                run.day,
                environment=os.environ,
                now=datetime.now(UTC),
            )
        except MailError as error:
            context.log.warning("the monthly report was not mailed: %s. The next night tries again", error)
            return dg.MaterializeResult(metadata={"mailed": "failed"})
        except Exception as error:  # noqa: BLE001 - Whatever a report breaks on, the night has published and is good.
            # The message may quote a recipient or a figure: the log gets its kind alone.
            context.log.warning(
                "the monthly report was not made (%s); `pilotage report` says why. The next night tries again",
                type(error).__name__,
            )
            return dg.MaterializeResult(metadata={"mailed": "failed"})
        if mailed is None:
            return dg.MaterializeResult(metadata={"mailed": "nothing due"})
        if mailed.count_refused:
            context.log.warning(
                "the mail server refused %d of %d recipients of the monthly report: check report.recipients",
                mailed.count_refused,
                mailed.count_recipients,
            )
        return dg.MaterializeResult(
            metadata={"mailed": f"{mailed.month:%Y-%m}", "count_recipients": mailed.count_recipients}
        )

    return report_mail
