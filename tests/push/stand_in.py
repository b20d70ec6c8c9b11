"""A stand-in push service on a real socket, and a browser that can decrypt what was sent to it."""

import json
import os
import ssl
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.storage.subscriptions import BrowserSubscription


@dataclass(frozen=True)
class Posted:
    """One message as it arrived."""

    method: str
    path: str
    headers: dict[str, str]  #: names in lower case
    body: bytes = field(repr=False)

    @property
    def claims(self) -> dict[str, Any]:
        """What the VAPID token claims; its signature is checked against the key beside it."""
        from py_vapid import Vapid02

        assert Vapid02.verify(self.headers["authorization"])
        token = self.headers["authorization"].removeprefix("vapid t=").split(",")[0]
        claims: dict[str, Any] = json.loads(_unpadded(token.split(".")[1]))
        return claims

    @property
    def key(self) -> str:
        return self.headers["authorization"].split(",k=")[1]


@dataclass(frozen=True)
class Reply:
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0
    meanwhile: Callable[[], None] = lambda: None  #: happens before the answer is given
    raw: bytes | None = None  #: sent in place of an answer; empty hangs up
    again: bytes = b""  #: sent after `raw`, again and again until the sender hangs up
    silent_seconds: float = 0  #: after `raw` it says nothing for so long, then hangs up


class PushService:
    """Answers 201 to everything, unless a path has replies of its own, used up in order."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.posted: list[Posted] = []
        self.connections = 0
        self.bytes_again = 0  #: so much of a reply's `again` was sent
        self._replies: dict[str, deque[Reply]] = {}
        self._always: dict[str, Reply] = {}
        self._lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                with service._lock:
                    service.connections += 1

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", 0))
                body = self.rfile.read(length)
                if len(body) < length:  # the sender died while it spoke
                    self.close_connection = True
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                with service._lock:
                    service.posted.append(Posted(self.command, self.path, headers, body))
                    waiting = service._replies.get(self.path)
                    reply = (
                        waiting.popleft() if waiting else service._always.get(self.path, Reply())
                    )
                time.sleep(reply.delay_seconds)
                reply.meanwhile()
                if reply.raw is not None:
                    self.wfile.write(reply.raw)
                    self.close_connection = True
                    time.sleep(reply.silent_seconds)
                    while reply.again:
                        self.wfile.write(reply.again)
                        service.bytes_again += len(reply.again)
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST  # a redirect that is followed turns into a GET

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                pass  # a client that hung up first

        self._server = Server(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        if tls:
            # The handshake waits for the connection's own thread.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.origin = f"{'https' if tls else 'http'}://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def will(self, path: str, *replies: Reply) -> None:
        self._replies[path] = deque(replies)

    def always(self, path: str, reply: Reply) -> None:
        self._always[path] = reply

    def at(self, path: str) -> list[Posted]:
        with self._lock:
            return [each for each in self.posted if each.path == path]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Browser:
    """One browser's subscription, with the private key that only it has."""

    def __init__(self, service_origin: str, path: str) -> None:
        self.path = path
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.subscription = BrowserSubscription(
            f"{service_origin}{path}", _padless(point), _padless(self._auth)
        )

    def decrypt(self, posted: Posted) -> dict[str, Any]:
        assert posted.headers["content-encoding"] == "aes128gcm"
        message: dict[str, Any] = json.loads(
            http_ece.decrypt(posted.body, private_key=self._key, auth_secret=self._auth)
        )
        return message


def _padless(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
