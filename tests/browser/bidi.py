"""A small client for WebDriver BiDi, the protocol that stock Firefox speaks without a driver."""

import asyncio
import contextlib
from itertools import count
from typing import Any

import aiohttp

from tests.browser.loop import LoopThread


class BidiError(Exception):
    """The browser refused a command, or a script in the page threw."""


class BidiConnection:
    """One session with one browser."""

    def __init__(self, websocket_url: str) -> None:
        self._loop = LoopThread("bidi")
        self._ids = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loop.run(self._connect(websocket_url))

    def send(self, method: str, timeout_seconds: float = 30, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its result.

        :raises BidiError: the browser refused.
        :raises TimeoutError: it did not answer in time.
        """
        return self._loop.run(self._send(method, parameters), timeout_seconds)

    def close(self) -> None:
        """Close the connection; the browser may already be gone."""
        with contextlib.suppress(TimeoutError, OSError):
            self._loop.run(self._disconnect())
        self._loop.close()

    async def _connect(self, url: str) -> None:
        self._client = aiohttp.ClientSession()
        self._socket = await self._client.ws_connect(url, max_msg_size=0)
        self._listener = asyncio.create_task(self._listen())

    async def _disconnect(self) -> None:
        await self._socket.close()
        await self._client.close()

    async def _send(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send_json({"id": number, "method": method, "params": parameters})
        except aiohttp.ClientError as error:
            raise BidiError(f"{method}: {error}") from error
        message = await answer
        if message["type"] == "error":
            raise BidiError(f"{method}: {message['error']}: {message['message']}")
        result: dict[str, Any] = message["result"]
        return result

    async def _listen(self) -> None:
        async for frame in self._socket:
            message = frame.json()
            if waiting := self._answers.pop(message.get("id") or 0, None):
                waiting.set_result(message)
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(BidiError("the browser has gone"))


def plain(value: dict[str, Any]) -> Any:
    """A BiDi remote value as Python's own: dict, list, str, int, float, bool or None."""
    kind, content = value["type"], value.get("value")
    if kind in ("array", "set"):
        return [plain(item) for item in content or []]
    if kind in ("object", "map"):
        return {
            key if isinstance(key, str) else plain(key): plain(item) for key, item in content or []
        }
    if kind == "number" and isinstance(content, str):
        return float(content.replace("Infinity", "inf"))
    return content
