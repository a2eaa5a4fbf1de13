"""A mail server of the tests: real SMTP over a socket, with STARTTLS, TLS, login and refusals as a test asks."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import cast


@dataclass
class MailBox:
    """What a server does, and what it got. ``port`` is set when it listens."""

    has_starttls: bool = True
    is_tls: bool = False
    login: tuple[str, str] | None = None
    refused: frozenset[str] = frozenset()
    breaks_off: bool = False
    certificate: Path | None = None
    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)


class _Speaker(socketserver.StreamRequestHandler):
    box: MailBox

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")
        self.wfile.flush()

    def handle(self) -> None:
        self.is_encrypted = self.box.is_tls
        self.is_known = self.box.login is None
        self.say("220 test ESMTP")
        answers = {"EHLO": self.greet, "AUTH": self.know, "MAIL": self.begin, "RCPT": self.address, "DATA": self.take}
        while line := self.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            verb = verb.upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            if verb == "STARTTLS":
                if not self.encrypt():
                    return
            elif verb == "DATA" and self.box.breaks_off:
                return
            elif verb in answers:
                answers[verb](rest)
            else:
                self.say("250 ok")

    def greet(self, _name: str) -> None:
        offers = ["test", "8BITMIME", "SMTPUTF8"]
        if self.box.has_starttls and not self.is_encrypted:
            offers.append("STARTTLS")
        if self.box.login and self.is_encrypted:
            offers.append("AUTH PLAIN")
        for offer in offers[:-1]:
            self.say(f"250-{offer}")
        self.say(f"250 {offers[-1]}")

    def encrypt(self) -> bool:
        self.say("220 go ahead")
        try:
            self.request = _context(self.box).wrap_socket(self.request, server_side=True)
        except OSError:
            return False
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb")
        self.is_encrypted = True
        return True

    def know(self, credentials: str) -> None:
        _, user, password = base64.b64decode(credentials.split(" ")[1]).decode().split("\0")
        self.box.logins.append((user, password))
        self.is_known = (user, password) == self.box.login
        self.say("235 welcome" if self.is_known else f"535 who is {user}?")

    def begin(self, _sender: str) -> None:
        self.say("250 ok" if self.is_known else "530 log in first")

    def address(self, text: str) -> None:
        address = text.partition("<")[2].partition(">")[0]
        if address in self.box.refused:
            self.say(f"550 nobody here is called {address}")
        else:
            self.box.recipients.append(address)
            self.say("250 ok")

    def take(self, _rest: str) -> None:
        self.say("354 go on")
        lines = []
        while (data := self.rfile.readline()) != b".\r\n":
            lines.append(data.removeprefix(b".") if data.startswith(b"..") else data)
        parsed = message_from_bytes(b"".join(lines), policy=policy.default)
        self.box.messages.append(cast("EmailMessage", parsed))
        self.box.was_encrypted.append(self.is_encrypted)
        self.say("250 accepted")


def _context(box: MailBox) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert box.certificate is not None
    context.load_cert_chain(box.certificate)
    return context


@contextmanager
def serving(box: MailBox) -> Iterator[MailBox]:
    """Let ``box`` listen on a free port of the loopback interface."""

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def get_request(self):
            connection, address = super().get_request()
            if box.is_tls:
                connection = _context(box).wrap_socket(connection, server_side=True)
            return connection, address

    handler = type("Speaker", (_Speaker,), {"box": box})
    with Server(("127.0.0.1", 0), handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


def make_certificate(folder: Path) -> Path:
    """Write a certificate for localhost that is its own authority, with its key, and return the file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "localhost.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file
