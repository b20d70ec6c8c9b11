"""Four ways to send web push messages, from the slowest to the least that must be done."""

import asyncio
import os
import socket
import ssl
import struct
import threading
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import aiohttp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from pywebpush import webpush, webpush_async

from server.domain.reminders import Answer
from server.push.sender import Message, Outgoing, Sender, Unsendable
from server.push.vapid_keys import VapidKeys
from server.push.vapid_tokens import VapidTokens
from server.storage.subscriptions import BrowserSubscription

SUBJECT = "mailto:reminders@block-diary.example"
TTL_SECONDS = 1800
CONNECTIONS = 20

Letter = tuple[BrowserSubscription, bytes]
"""To whom, and what."""
Send = Callable[[list[Letter]], list[int]]
"""Sends them all and returns the statuses of the answers."""


@dataclass(frozen=True)
class Surroundings:
    """What every way is given."""

    origin: str
    port: int
    certificate: Path
    keys: VapidKeys
    folder: Path


@contextmanager
def readme_loop(given: Surroundings) -> Iterator[Send]:
    """`pywebpush.webpush()` in a loop, as its README shows it."""
    pem = given.keys.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key_file = given.folder / "vapid.pem"
    key_file.write_bytes(pem)

    def send(letters: list[Letter]) -> list[int]:
        return [
            webpush(
                subscription_info=_info(browser),
                data=payload,
                vapid_private_key=str(key_file),
                vapid_claims={"sub": SUBJECT},
                ttl=TTL_SECONDS,
            ).status_code
            for browser, payload in letters
        ]

    with patch.dict(os.environ, REQUESTS_CA_BUNDLE=str(given.certificate)):
        yield send


@contextmanager
def async_session(given: Surroundings) -> Iterator[Send]:
    """`pywebpush.webpush_async()` with one session and one signature for all messages."""
    tls = ssl.create_default_context(cafile=str(given.certificate))
    headers = _vapid(given)

    async def start() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls, limit=CONNECTIONS))

    async def send_all(letters: list[Letter]) -> list[int]:
        waiting = iter(letters)
        statuses = []

        async def work() -> None:
            for browser, payload in waiting:
                answer = await webpush_async(
                    subscription_info=_info(browser),
                    data=payload,
                    headers=headers,
                    ttl=TTL_SECONDS,
                    timeout=aiohttp.ClientTimeout(10),
                    aiohttp_session=session,
                )
                statuses.append(answer.status)

        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
        return statuses

    with asyncio.Runner() as runner:
        session = runner.run(start())
        try:
            yield lambda letters: runner.run(send_all(letters))
        finally:
            runner.run(session.close())


@contextmanager
def ours(given: Surroundings) -> Iterator[Send]:
    """The product's sender."""
    hosts = {given.origin.removeprefix("https://")}
    sender = Sender(given.keys, SUBJECT, hosts, ca_file=str(given.certificate))

    def send(letters: list[Letter]) -> list[int]:
        statuses: list[int] = []
        all_known = threading.Event()

        def on_answer(_: Outgoing, answer: Answer | Unsendable) -> None:
            statuses.append(0 if isinstance(answer, Unsendable) else answer.status or 0)
            if len(statuses) == len(letters):
                all_known.set()

        outgoing = [
            Outgoing(browser, Message(payload, TTL_SECONDS, "t" * 32))
            for browser, payload in letters
        ]
        sender.send_all(outgoing, datetime.now(UTC), on_answer)
        all_known.wait(timeout=120)
        return statuses

    try:
        yield send
    finally:
        sender.close()


@contextmanager
def floor(given: Surroundings) -> Iterator[Send]:
    """Nothing but what must be done: encryption, one signature, bytes on kept connections."""
    tls = ssl.create_default_context(cafile=str(given.certificate))
    connections = [
        tls.wrap_socket(
            socket.create_connection(("127.0.0.1", given.port), timeout=10),
            server_hostname="127.0.0.1",
        )
        for _ in range(CONNECTIONS)
    ]
    head = "".join(
        f"{name}: {value}\r\n"
        for name, value in {
            "Host": given.origin.removeprefix("https://"),
            **_vapid(given),
            "TTL": TTL_SECONDS,
            "Urgency": "high",
            "Topic": "t" * 32,
            "Content-Encoding": "aes128gcm",
        }.items()
    )

    def send(letters: list[Letter]) -> list[int]:
        statuses = []
        for number, (browser, payload) in enumerate(letters):
            connection = connections[number % CONNECTIONS]
            if number >= CONNECTIONS:
                statuses.append(_status(connection))
            body = encrypted(browser, payload)
            path = browser.endpoint.removeprefix(given.origin)
            request = f"POST {path} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n"
            connection.sendall(request.encode() + body)
        for connection in connections[: len(letters)]:
            statuses.append(_status(connection))
        return statuses

    try:
        yield send
    finally:
        for connection in connections:
            connection.close()


def encrypted(browser: BrowserSubscription, payload: bytes) -> bytes:
    """RFC 8291 in one record, as short as `cryptography` allows."""
    theirs, auth = _bytes(browser.p256dh), _bytes(browser.auth)
    key = ec.generate_private_key(ec.SECP256R1())
    own = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = key.exchange(
        ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
    )
    salt = os.urandom(16)
    secret = _derived(32, auth, b"WebPush: info\0" + theirs + own, shared)
    content_key = _derived(16, salt, b"Content-Encoding: aes128gcm\0", secret)
    nonce = _derived(12, salt, b"Content-Encoding: nonce\0", secret)
    sealed = AESGCM(content_key).encrypt(nonce, payload + b"\x02", None)
    return salt + struct.pack("!LB", 4096, len(own)) + own + sealed


def _derived(length: int, salt: bytes, info: bytes, secret: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _status(connection: ssl.SSLSocket) -> int:
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        received = connection.recv(65536)
        if not received:
            raise ConnectionError("the sink hung up")
        answer += received
    return int(answer.split(b" ", 2)[1])


def _vapid(given: Surroundings) -> dict[str, str]:
    header = VapidTokens(given.keys, SUBJECT).header(given.origin, datetime.now(UTC))
    name, _, value = header.partition(": ")
    return {name: value}


def _info(browser: BrowserSubscription) -> dict[str, object]:
    return {
        "endpoint": browser.endpoint,
        "keys": {"p256dh": browser.p256dh, "auth": browser.auth},
    }


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


LOOP = "webpush() in a loop"
FLOOR = "floor"
WAYS = {
    LOOP: readme_loop,
    "webpush_async(), one session": async_session,
    "our sender": ours,
    FLOOR: floor,
}
