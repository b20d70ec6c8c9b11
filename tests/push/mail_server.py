"""A real mail server on a real socket (aiosmtpd), and a certificate that tests can trust."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from server.config import Smtp, SmtpTls
from tests.rig.ports import free_port

SENDER = "diary@clinic-on-the-hill.org"


@dataclass(frozen=True)
class Certificate:
    """A certificate of its own authority for 127.0.0.1, in a PEM file with its key."""

    file: Path

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context


def certificate(folder: Path, host: str = "127.0.0.1") -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a mail server of the tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, SHA256())
    )
    file = folder / f"{host}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return Certificate(file)


class MailServer:
    """Takes every e-mail, unless it was told what to answer; keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, EmailMessage]] = []  #: recipient and message
        self.meanwhile: Callable[[], None] = lambda: None  #: happens before a message is taken
        self.delay_seconds = 0.0
        self._replies: dict[str, deque[str]] = {}
        self.port = 0

    def will(self, step: str, *replies: str) -> None:
        """Answer the next commands `MAIL`, `RCPT` or `DATA` so."""
        self._replies[step] = deque(replies)

    def always(self, step: str, reply: str) -> None:
        self._replies[step] = deque([reply] * 1000)

    def smtp(self, tls: SmtpTls = "none", user: str | None = None, password: str = "") -> Smtp:
        """Settings that lead here."""
        return Smtp(
            host="127.0.0.1",
            port=self.port,
            tls=tls,
            sender=SENDER,
            user=user,
            password=password or None,
        )

    def _reply(self, step: str) -> str | None:
        waiting = self._replies.get(step)
        return waiting.popleft() if waiting else None

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self._reply("MAIL"):
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self._reply("RCPT"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.delay_seconds)
        self.meanwhile()
        if reply := self._reply("DATA"):
            return reply
        content = cast(bytes, envelope.original_content)
        message = message_from_bytes(content, policy=policy.SMTP)
        self.taken += [(to, cast(EmailMessage, message)) for to in envelope.rcpt_tos]
        return "250 taken"


def let_in(
    _server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"u", b"geheim")
    return AuthResult(success=right, handled=False)


@contextmanager
def mail_server(
    tls: SmtpTls = "none", certificate: Certificate | None = None, **options: Any
) -> Iterator[MailServer]:
    """A mail server that runs on a thread of its own until the end."""
    server = MailServer()
    if tls == "starttls":
        assert certificate is not None
        options |= {"tls_context": certificate.context, "require_starttls": True}
    if tls == "tls":
        assert certificate is not None
        options |= {"ssl_context": certificate.context}
    controller = _Controller(server, hostname="127.0.0.1", port=0, ready_timeout=20, **options)
    controller.port = free_port()
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(controller.hang_up(), controller.loop).result(60)
        controller.stop()


class _Controller(Controller):
    """Leaves no connection open when it stops: its loop would not close them any more."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._made: list[SMTP] = []

    def factory(self) -> SMTP:
        made: SMTP = super().factory()
        self._made.append(made)
        return made

    async def hang_up(self) -> None:
        for each in self._made:
            if each.transport is not None:
                cast(asyncio.Transport, each.transport).abort()
        await asyncio.sleep(0)  # the loop lets them go at its next turn
        await asyncio.sleep(0)
