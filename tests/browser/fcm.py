"""Chromium's side of the stand-in push service: check-in and registration over HTTP, messages over TLS (MCS).

Takes every device at its word. A message counts as delivered once it is written to the connection.
"""

import asyncio
import ssl
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.browser.push_subscriptions import Message, Registry

MCS_VERSION = bytes([41])
PING, PING_ANSWER, LOGIN, LOGIN_ANSWER, DATA = 0, 1, 2, 3, 8
DEVICE_ID, SECURITY_TOKEN = 1_000_001, 2_000_002


class FcmSide:
    """The servers that a Chromium with :meth:`flags` talks to."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        #: What each token was registered with: the app's name, its subtype and the sender.
        self._apps: dict[str, tuple[str, str, str]] = {}
        self._writers: set[asyncio.StreamWriter] = set()

    def routes(self) -> list[web.RouteDef]:
        """The part that speaks HTTP."""
        return [web.post("/checkin", self._check_in), web.post("/register", self._register)]

    async def start(self) -> None:
        """Listen for browsers on a free port."""
        self._server = await asyncio.start_server(self._mcs, "127.0.0.1", 0, ssl=_certificate())
        self._port: int = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Hang up on every browser."""
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()  # TLS's goodbye would outlast the loop

    def flags(self, origin: str) -> tuple[str, ...]:
        """What to start Chromium with; `origin` is where :meth:`routes` are served."""
        return (
            f"--gcm-checkin-url={origin}/checkin",
            f"--gcm-registration-url={origin}/register",
            f"--gcm-mcs-endpoint=https://127.0.0.1:{self._port}",
            "--ignore-certificate-errors",
        )

    async def _check_in(self, _: web.Request) -> web.Response:
        answer = _number(1, 1) + _fixed(7, DEVICE_ID) + _fixed(8, SECURITY_TOKEN)
        return web.Response(body=answer, content_type="application/x-protobuf")

    async def _register(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        app = (form.get("app", ""), form.get("X-subtype", ""), form.get("sender", ""))
        if form.get("delete") == "true":
            for token, known in self._apps.items():
                if known[:2] == app[:2]:  # the sender is "*"
                    self._registry.unregister(token)
            return web.Response(text=f"token={form.get('X-subtype', '')}")
        token = uuid.uuid4().hex
        self._apps[token] = app
        self._registry.register(token, form.get("device", ""), form.get("sender"))
        return web.Response(text=f"token={token}")

    async def _mcs(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def deliver(channel: str, message: Message) -> None:
            writer.write(_packet(DATA, self._stanza(channel, message)))
            await writer.drain()
            self._registry.forget(channel, message.version)

        client = ""
        self._writers.add(writer)
        try:
            await reader.readexactly(1)  # the version that the browser speaks
            while True:
                [tag] = await reader.readexactly(1)
                body = await reader.readexactly(await _read_varint(reader))
                if tag == LOGIN:
                    client = _texts(body).get(3, "")
                    writer.write(MCS_VERSION + _packet(LOGIN_ANSWER, _text(1, "login")))
                    await self._registry.arrive(client, deliver)
                elif tag == PING:
                    writer.write(_packet(PING_ANSWER, b""))
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # the browser has gone
        finally:
            self._registry.leave(client, deliver)
            self._writers.discard(writer)
            writer.transport.abort()

    def _stanza(self, channel: str, message: Message) -> bytes:
        app, subtype, sender = self._apps[channel]
        about = (
            {"subtype": subtype, "content-encoding": "aes128gcm"}
            if message.body
            else {"subtype": subtype}
        )
        data = b"".join(_bytes(7, _text(1, key) + _text(2, value)) for key, value in about.items())
        head = (
            _text(2, message.version)
            + _text(3, sender)
            + _text(5, app)
            + data
            + _text(9, message.version)
        )
        return (
            head
            + _number(17, message.ttl_seconds)
            + (_bytes(21, message.body) if message.body else b"")
        )


# Protocol Buffers, as much as is needed


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _fixed(field: int, value: int) -> bytes:
    return _varint(field << 3 | 1) + value.to_bytes(8, "little")


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _packet(tag: int, body: bytes) -> bytes:
    return bytes([tag]) + _varint(len(body)) + body


async def _read_varint(reader: asyncio.StreamReader) -> int:
    number = shift = 0
    while True:
        [digit] = await reader.readexactly(1)
        number |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            return number


def _texts(message: bytes) -> dict[int, str]:
    """The text fields of a message, by number."""
    rest: Iterator[int] = iter(message)

    def varint() -> int:
        number = shift = 0
        for digit in rest:
            number |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                break
        return number

    found: dict[int, str] = {}
    while key := varint():
        field, wire = key >> 3, key & 7
        if wire == 0:
            varint()
        else:
            length = varint() if wire == 2 else {1: 8, 5: 4}[wire]
            value = bytes(next(rest) for _ in range(length))
            if wire == 2:
                found[field] = value.decode(errors="replace")
    return found


def _certificate() -> ssl.SSLContext:
    """A certificate for this machine that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "both.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
        context.load_cert_chain(file)
    return context
