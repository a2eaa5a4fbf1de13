"""Mail goes out over a real socket, encrypted and logged in; a failure says what to do and names nobody."""

from __future__ import annotations

import socket
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ingestion.config.settings import MailServer, Report
from orchestration.lib.mail import MailError, read_password, send
from tests.smtp_server import MailBox, make_certificate, serving

SECRET = "s3cret; p%ss"  # noqa: S105 - Of the test server.
SENDER, DIRECTOR, SALES = "pilotage@acme.test", "direction@acme.test", "ventes@acme.test"


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate of the test server that the machine trusts for the length of a test."""
    file = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


def server_of(box: MailBox, **settings: Any) -> MailServer:
    return MailServer(**{"host": "localhost", "port": box.port, "sender": SENDER, "timeout_seconds": 5} | settings)


def message() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = SENDER, [DIRECTOR, SALES], "Tableau de bord : août"
    mail.set_content("Chiffre du mois : 12 000 €\n.\nfin\n")
    mail.add_attachment(b"%PDF-1.7 \r\n.\r\n\x00\xff", maintype="application", subtype="pdf", filename="août.pdf")
    return mail


def test_message_arrives_whole_encrypted_and_logged_in_over_starttls(certificate: Path) -> None:
    with serving(MailBox(login=("robot", SECRET), certificate=certificate)) as box:
        assert send(server_of(box, user="robot"), message(), password=SECRET) == 0
    assert box.recipients == [DIRECTOR, SALES]
    assert (box.was_encrypted, box.logins) == ([True], [("robot", SECRET)])
    (found,) = box.messages
    assert found["Subject"] == "Tableau de bord : août"
    body, attachment = found.get_body(), next(iter(found.iter_attachments()))
    assert body is not None
    assert body.get_content().splitlines()[:3] == ["Chiffre du mois : 12 000 €", ".", "fin"]
    assert (attachment.get_filename(), attachment.get_content()) == ("août.pdf", b"%PDF-1.7 \r\n.\r\n\x00\xff")


def test_message_arrives_over_tls_from_the_first_byte(certificate: Path) -> None:
    with serving(MailBox(is_tls=True, certificate=certificate)) as box:
        assert send(server_of(box, security="tls"), message(), password=None) == 0
    assert (len(box.messages), box.was_encrypted) == (1, [True])


def test_message_is_not_sent_in_the_open_when_the_server_offers_no_encryption() -> None:
    with serving(MailBox(has_starttls=False)) as box, pytest.raises(MailError, match="change security"):
        send(server_of(box), message(), password=None)
    assert box.recipients == []


def test_message_is_not_sent_when_nobody_vouches_for_the_certificate(tmp_path: Path) -> None:
    for is_tls in (False, True):
        box = MailBox(is_tls=is_tls, certificate=make_certificate(tmp_path))
        with serving(box), pytest.raises(MailError, match="certificate of the mail server is not trusted"):
            send(server_of(box, security="tls" if is_tls else "starttls"), message(), password=None)
        assert box.recipients == []


def test_wrong_password_is_an_error_that_repeats_neither_user_nor_password(certificate: Path) -> None:
    box = MailBox(login=("robot", SECRET), certificate=certificate)
    with serving(box), pytest.raises(MailError, match=r"SMTPAuthenticationError, code 535") as error:
        send(server_of(box, user="robot"), message(), password=f"not {SECRET}")
    assert len(box.logins) == 1
    assert "robot" not in str(error.value)
    assert SECRET not in str(error.value)
    assert error.value.__cause__ is None


def test_password_that_the_protocol_cannot_carry_is_an_error_that_does_not_show_it(certificate: Path) -> None:
    unfit = "été"
    box = MailBox(login=("robot", unfit), certificate=certificate)
    with serving(box), pytest.raises(MailError, match="ASCII") as error:
        send(server_of(box, user="robot"), message(), password=unfit)
    assert unfit not in str(error.value)
    assert box.logins == []


def test_refused_recipient_is_counted_and_the_others_get_the_message() -> None:
    with serving(MailBox(refused=frozenset({SALES}))) as box:
        assert send(server_of(box, security="none"), message(), password=None) == 1
    assert (box.recipients, len(box.messages)) == ([DIRECTOR], 1)


def test_error_names_no_recipient_when_all_are_refused() -> None:
    box = MailBox(refused=frozenset({SALES, DIRECTOR}))
    with serving(box), pytest.raises(MailError, match=r"refused every recipient \(code 550\)") as error:
        send(server_of(box, security="none"), message(), password=None)
    assert "acme" not in str(error.value)


def test_server_that_breaks_off_or_is_not_there_is_an_error() -> None:
    box = MailBox(breaks_off=True)
    with serving(box), pytest.raises(MailError, match="broke off"):
        send(server_of(box, security="none"), message(), password=None)
    with pytest.raises(MailError, match="cannot be reached"):
        send(server_of(box, security="none"), message(), password=None)


def test_server_that_never_answers_is_left_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = MailServer(
            host="127.0.0.1", port=silent.getsockname()[1], sender=SENDER, security="none", timeout_seconds=1
        )
        with pytest.raises(MailError, match="cannot be reached or broke off"):
            send(server, message(), password=None)


def test_password_comes_from_the_variable_or_from_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    by_variable = MailServer(host="localhost", sender=SENDER, user="robot", password_variable="ACME_MAIL")  # noqa: S106
    assert read_password(by_variable, tmp_path, {"ACME_MAIL": SECRET}) == SECRET
    with pytest.raises(MailError, match="set ACME_MAIL"):
        read_password(by_variable, tmp_path, {"ACME_MAIL": ""})
    by_file = MailServer(host="localhost", sender=SENDER, user="robot", password_file="secrets/mail")  # noqa: S106
    with pytest.raises(MailError, match=r"secrets/mail cannot be read"):
        read_password(by_file, tmp_path, {"PILOTAGE_SMTP_PASSWORD": "not this"})
    file = tmp_path / "secrets" / "mail"
    file.parent.mkdir()
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    file.chmod(0o640)
    with pytest.raises(MailError, match=r"chmod 600"):
        read_password(by_file, tmp_path, {})
    file.chmod(0o600)
    assert read_password(by_file, tmp_path, {}) == SECRET
    file.write_text("\n")
    with pytest.raises(MailError, match="is empty"):
        read_password(by_file, tmp_path, {})
    assert read_password(MailServer(host="localhost", sender=SENDER), tmp_path, {}) is None


SMTP = {"host": "smtp.acme.test", "sender": SENDER}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"recipients": [DIRECTOR]}, "there is no mail server"),
        ({"recipients": ["Direction <direction@acme.test>"], "smtp": SMTP}, "recipients"),
        ({"recipients": ["a@acme.test,b@acme.test"], "smtp": SMTP}, "recipients"),
        ({"recipients": ["a@acme.test\nBcc: b@acme.test"], "smtp": SMTP}, "recipients"),
        ({"recipients": [DIRECTOR], "smtp": SMTP | {"password": SECRET}}, "password"),
        ({"smtp": SMTP | {"user": "robot", "security": "none"}}, "open connection"),
        ({"smtp": SMTP | {"password_file": "mail"}}, "no user to log in"),
        ({"smtp": SMTP | {"host": "smtp.acme.test/x"}}, "host"),
        ({"smtp": SMTP | {"security": "ssl"}}, "security"),
        ({"day_of_month": 29}, "day_of_month"),
        ({"language": "de"}, "language"),
        ({"formats": []}, "formats"),
    ],
)
def test_settings_that_cannot_work_or_are_unsafe_are_refused(settings: dict[str, Any], message: str) -> None:
    Report.model_validate({"recipients": [DIRECTOR], "smtp": SMTP | {"user": "robot"}, "formats": ["pdf", "html"]})
    with pytest.raises(ValidationError, match=message):
        Report.model_validate(settings)
