"""Send mail through the server of the settings. No message of an error names an address, a user or a password."""

from __future__ import annotations

import smtplib
import ssl
import stat
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from ingestion.config.settings import MailSecurity, MailServer

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class MailError(Exception):
    """Nothing was sent. The message says why and what to do."""


def read_password(server: MailServer, home: Path, environment: Mapping[str, str]) -> str | None:
    """Return the password of ``server`` from its file or its variable; None where nobody logs in.

    Raises ``MailError`` when there is none, or when others could read the file.
    """
    if server.user is None:
        return None
    if server.password_file is None:
        password = environment.get(server.password_variable, "")
        if not password:
            raise MailError(f"there is no password: set {server.password_variable}, or report.smtp.password_file")
        return password
    path = home / server.password_file
    try:
        with path.open(encoding="utf-8") as file:
            mode = path.stat().st_mode
            if mode & _OTHERS:
                raise MailError(f"others can read {path}: run chmod 600 {path}")
            password = file.read().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise MailError(f"{path} cannot be read ({type(error).__name__}): see report.smtp.password_file") from error
    if not password:
        raise MailError(f"{path} is empty: write the password into it")
    return password


def send(server: MailServer, message: EmailMessage, *, password: str | None) -> int:
    """Send ``message`` to everybody in its To and return how many of them the server refused.

    The certificate of the server is checked against the authorities of the machine (or of SSL_CERT_FILE).
    Raises ``MailError`` when nothing was sent.
    """
    if not f"{server.user or ''}{password or ''}".isascii():
        raise MailError("user and password of the mail server may hold ASCII characters only: choose others there")
    try:
        with _connected(server) as client:
            if server.user is not None and password is not None:
                client.login(server.user, password)
            return len(client.send_message(message))
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        raise MailError(f"the mail server refused every recipient (code {', '.join(map(str, codes))})") from None
    except smtplib.SMTPNotSupportedError:
        raise MailError(
            f"the mail server at port {server.port} cannot do what report.smtp asks (security {server.security}, "
            f"{'a' if server.user else 'no'} login): change security, port or user"
        ) from None
    except smtplib.SMTPResponseException as error:
        # Its words may repeat an address; the code is defined by the protocol.
        raise MailError(f"the mail server refused ({type(error).__name__}, code {error.smtp_code})") from None
    except ssl.SSLCertVerificationError as error:
        raise MailError(
            f"the certificate of the mail server is not trusted ({error.verify_message}): check report.smtp.host"
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailError(
            f"the mail server cannot be reached or broke off ({type(error).__name__}): check report.smtp "
            f"(security {server.security}, port {server.port})"
        ) from None


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security is MailSecurity.TLS:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_seconds, context=context)
    client = smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
    if server.security is MailSecurity.STARTTLS:
        try:
            client.starttls(context=context)
        except BaseException:
            client.close()
            raise
    return client
