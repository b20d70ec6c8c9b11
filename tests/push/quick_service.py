"""A push service that takes everything at once, on a real socket: for many thousands of messages."""

import asyncio
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True)
class Arrival:
    """One message: when it came, by this host's clock, and what it said."""

    at: datetime
    headers: dict[str, str]  #: names in lower case
    body: bytes


class QuickService:
    """Runs in a thread of its own; `arrived` grows as messages come."""

    def __init__(self) -> None:
        self.arrived: list[Arrival] = []
        self.delay_seconds = 0.0  #: before each answer
        self.connections = set[asyncio.Transport]()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(self._start(), self._loop)
        port = started.result(60)
        self.host = f"127.0.0.1:{port}"
        self.origin = f"http://{self.host}"

    def topics(self) -> list[str]:
        """The Topic of each message that came: one for each assessment of a block."""
        return [each.headers["topic"] for each in list(self.arrived)]

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        for each in self.connections:
            each.abort()
        await asyncio.sleep(0)  # in which they close

    async def _start(self) -> int:
        self._server = await self._loop.create_server(
            lambda: _Requests(self), "127.0.0.1", 0, backlog=1024
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port


class _Requests(asyncio.Protocol):
    def __init__(self, service: QuickService) -> None:
        self._service = service
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._service.connections.add(transport)

    def connection_lost(self, _: Exception | None) -> None:
        self._service.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            lines = self._received[:end].decode("latin-1").split("\r\n")[1:]
            headers = {
                name.lower(): value for name, value in (each.split(": ", 1) for each in lines)
            }
            whole = end + 4 + int(headers["content-length"])
            if len(self._received) < whole:
                return
            body, self._received = self._received[end + 4 : whole], self._received[whole:]
            self._service.arrived.append(Arrival(datetime.now(UTC), headers, body))
            if self._service.delay_seconds:
                later = asyncio.get_running_loop().call_later
                later(self._service.delay_seconds, self._transport.write, ANSWER)
            else:
                self._transport.write(ANSWER)
