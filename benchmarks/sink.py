"""A push service that takes everything, over TLS on this machine, and keeps it to be looked at."""

import asyncio
import multiprocessing
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from tests.push.certificate import Certificate, new_certificate

ANSWER = b"HTTP/1.1 201 Created\r\nLocation: /m/1\r\nContent-Length: 0\r\n\r\n"
Taken = tuple[bytes, bytes]
"""The head of a request as it came, and its body."""


@dataclass(frozen=True)
class Sink:
    """A running sink."""

    port: int
    certificate: Path  #: trust this one
    _control: Connection

    @property
    def origin(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def take(self) -> list[Taken]:
        """What came since the last time."""
        self._control.send("take")
        if not self._control.poll(60):
            raise TimeoutError("the sink does not answer")
        taken: list[Taken] = self._control.recv()
        return taken


@contextmanager
def sink(folder: Path, cores: set[int]) -> Iterator[Sink]:
    """Start one in a process of its own.

    :param folder: keeps its certificate
    :param cores: where it runs; empty: anywhere
    """
    certificate = new_certificate(folder)
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, certificate, cores), daemon=True)
    process.start()
    try:
        if not ours.poll(60):
            raise TimeoutError("the sink did not start")
        yield Sink(ours.recv(), certificate.file, ours)
    finally:
        process.terminate()
        process.join(10)


class _Requests(asyncio.Protocol):
    def __init__(self, taken: list[Taken]) -> None:
        self._taken = taken
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            after = head.lower().partition(b"content-length:")[2]
            length = int(after.split(b"\r\n", 1)[0])
            if len(self._received) < end + 4 + length:
                return
            self._taken.append((head, self._received[end + 4 : end + 4 + length]))
            self._received = self._received[end + 4 + length :]
            self._transport.write(ANSWER)


def _serve(control: Connection, certificate: Certificate, cores: set[int]) -> None:
    if cores:
        os.sched_setaffinity(0, cores)
    asyncio.run(_run(control, certificate.server_tls()))


async def _run(control: Connection, tls: ssl.SSLContext) -> None:
    taken: list[Taken] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Requests(taken), "127.0.0.1", 0, ssl=tls, backlog=1024
    )
    control.send(server.sockets[0].getsockname()[1])

    def hand_out() -> None:
        control.recv()
        control.send(taken)
        taken.clear()

    loop.add_reader(control.fileno(), hand_out)
    await server.serve_forever()
