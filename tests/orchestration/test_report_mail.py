"""The monthly report goes out by mail once, on its day; whatever goes wrong is a warning that names nobody."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from ingestion.config.settings import Settings
from orchestration.defs.report import REPORT, build_reports
from orchestration.lib.report_mail import due_month
from orchestration.lib.run import NightlyRun
from tests.smtp_server import MailBox, make_certificate, serving

DIRECTOR, SALES = "direction@acme.test", "ventes@acme.test"
PASSWORD = "of the test server"  # noqa: S105


@pytest.mark.parametrize(
    ("as_of", "day", "mailed", "due"),
    [
        # The night after the last day of a month is on the 1st.
        (date(2026, 6, 30), 1, None, date(2026, 6, 1)),
        (date(2026, 6, 29), 1, date(2026, 5, 1), None),
        (date(2026, 6, 29), 1, None, date(2026, 5, 1)),
        (date(2026, 6, 30), 3, None, None),
        (date(2026, 7, 1), 3, None, None),
        (date(2026, 7, 2), 3, date(2026, 5, 1), date(2026, 6, 1)),
        # A night was missed: the next one mails.
        (date(2026, 7, 9), 3, date(2026, 5, 1), date(2026, 6, 1)),
        (date(2026, 7, 9), 3, date(2026, 6, 1), None),
        (date(2026, 12, 31), 1, date(2026, 11, 1), date(2026, 12, 1)),
        # A night of an earlier day is run again.
        (date(2026, 3, 31), 1, date(2026, 6, 1), None),
        (date(2027, 2, 28), 28, date(2027, 1, 1), None),
        (date(2027, 3, 27), 28, date(2027, 1, 1), date(2027, 2, 1)),
    ],
)
def test_report_is_due_once_from_its_day_on(as_of: date, day: int, mailed: date | None, due: date | None) -> None:
    assert due_month(as_of, day, mailed) == due


@pytest.fixture
def home(small_demo: Any, tmp_path: Path) -> Path:
    """What the mail needs of a workspace: settings, seeds, the published figures."""
    ignored = shutil.ignore_patterns("build", "inbox", "dlt", "dagster", "quality", "contacts.duckdb")
    return Path(shutil.copytree(small_demo.home, tmp_path / "home", symlinks=True, ignore=ignored))


def configure(home: Path, box: MailBox, **report: Any) -> Settings:
    """Write the settings of the report into the workspace and return them."""
    content = yaml.safe_load((home / "pilotage.yml").read_text(encoding="utf-8"))
    smtp = {"host": "localhost", "port": box.port, "sender": "pilotage@acme.test", "timeout_seconds": 10}
    smtp |= {"user": "robot", "password_variable": "TEST_SMTP_PASSWORD"} if box.login else {"security": "none"}
    content["report"] = {"recipients": [DIRECTOR, SALES], "language": "fr", "smtp": smtp} | report
    (home / "pilotage.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return Settings.model_validate(content)


def night(home: Path, settings: Settings) -> tuple[str, list[str]]:
    """Run the asset as the nightly job does and return what came of it and what it warned of."""
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            build_reports(settings),
            resources={"run": NightlyRun(home=str(home), as_of="2026-06-30")},
            instance=instance,
        )
        assert result.success
        (made,) = result.asset_materializations_for_node("published__report_mail")
        logs = instance.all_logs(result.run_id)
    warnings = [entry.user_message for entry in logs if not entry.is_dagster_event and entry.level >= 30]
    assert not any("acme.test" in entry.message or PASSWORD in entry.message for entry in logs)
    return str(made.metadata["mailed"].value), warnings


def test_report_is_mailed_once_encrypted_with_the_figures_in_the_text(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("TEST_SMTP_PASSWORD", PASSWORD)
    with serving(MailBox(login=("robot", PASSWORD), certificate=certificate)) as box:
        settings = configure(home, box, formats=["pdf", "html"])
        assert night(home, settings) == ("2026-06", [])
        assert night(home, settings) == ("nothing due", [])
    assert box.recipients == [DIRECTOR, SALES]
    assert box.was_encrypted == [True]
    (message,) = box.messages
    assert message["Subject"] == "Rapport commercial, juin 2026 – Ateliers Mécatech"
    assert message["To"] == f"{DIRECTOR}, {SALES}"
    assert message["Message-ID"].endswith("@acme.test>")
    body = message.get_body()
    assert body is not None
    assert "Nouveaux leads\u00a0:" in body.get_content()
    attached = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    assert list(attached) == ["pilotage_2026-06_fr.pdf", "pilotage_2026-06_fr.html"]
    assert attached["pilotage_2026-06_fr.pdf"].startswith(b"%PDF")
    assert "juin 2026" in attached["pilotage_2026-06_fr.html"]
    assert json.loads((home / "reports" / "mailed.json").read_text()) == {"month": "2026-06-01"}


def test_night_is_good_and_tries_again_when_the_server_is_down_or_refuses(home: Path) -> None:
    box = MailBox()
    with serving(box):
        settings = configure(home, box)
    outcome, (warning,) = night(home, settings)
    assert outcome == "failed"
    assert "was not mailed: the mail server cannot be reached" in warning
    assert not (home / "reports" / "mailed.json").exists()
    with serving(MailBox(refused=frozenset({DIRECTOR, SALES}))) as strict:
        outcome, (warning,) = night(home, configure(home, strict))
    assert (outcome, strict.messages) == ("failed", [])
    assert "refused every recipient" in warning
    with serving(MailBox(refused=frozenset({SALES}))) as box:
        outcome, (warning,) = night(home, configure(home, box))
    assert (outcome, len(box.messages)) == ("2026-06", 1)
    assert "refused 1 of 2 recipients" in warning


def test_night_is_good_when_there_is_no_password_or_the_report_cannot_be_made(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_SMTP_PASSWORD", raising=False)
    with serving(MailBox(login=("robot", PASSWORD), certificate=make_certificate(tmp_path))) as box:
        outcome, (warning,) = night(home, configure(home, box))
    assert outcome == "failed"
    assert "set TEST_SMTP_PASSWORD" in warning
    (home / "published" / "pilotage.duckdb").unlink()
    with serving(MailBox()) as box:
        outcome, (warning,) = night(home, configure(home, box))
    assert (outcome, box.messages) == ("failed", [])
    assert "was not made (NothingPublishedError)" in warning


def test_graph_has_the_mail_where_somebody_is_to_get_it(home: Path) -> None:
    assert build_reports(None) == []
    without = Settings.model_validate(yaml.safe_load((home / "pilotage.yml").read_text(encoding="utf-8")))
    assert build_reports(without) == []
    (asset,) = build_reports(configure(home, MailBox(port=2525)))
    assert asset.key == REPORT
    assert asset.dependency_keys == {dg.AssetKey(["published", "pilotage"])}
