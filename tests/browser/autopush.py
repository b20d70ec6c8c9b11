"""Firefox's side of the stand-in push service: the autopush protocol over a WebSocket.

Not exercised: Firefox saying that it could not decrypt a message (`nack`).
"""

import uuid
from typing import Any

from aiohttp import WSMsgType, web

from tests.browser.push_messages import encode
from tests.browser.push_subscriptions import Message, Registry


class Autopush:
    """The conversation with one browser."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._client = ""

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Talk until the browser goes."""
        self._socket = web.WebSocketResponse(protocols=["push-notification"])
        await self._socket.prepare(request)
        try:
            async for frame in self._socket:
                if frame.type == WSMsgType.TEXT:
                    await self._hear(frame.json())
        finally:
            self._registry.leave(self._client, self._deliver)
        return self._socket

    async def _hear(self, said: dict[str, Any]) -> None:
        kind, channel = said.get("messageType"), said.get("channelID", "")
        if kind is None:
            await self._socket.send_json({})
        elif kind == "hello":
            self._client = said.get("uaid") or uuid.uuid4().hex
            await self._say("hello", uaid=self._client, status=200, use_webpush=True, broadcasts={})
            await self._registry.arrive(self._client, self._deliver)
        elif kind == "register":
            endpoint = self._registry.register(channel, self._client, said.get("key"))
            await self._say("register", channelID=channel, status=200, pushEndpoint=endpoint)
        elif kind == "unregister":
            self._registry.unregister(channel)
            await self._say("unregister", channelID=channel, status=200)
        elif kind in ("ack", "nack"):
            for update in said.get("updates", [said]):
                self._registry.forget(update.get("channelID"), update.get("version"))

    async def _deliver(self, channel: str, message: Message) -> None:
        content = (
            {"data": encode(message.body), "headers": {"encoding": "aes128gcm"}}
            if message.body
            else {}
        )
        about = {"channelID": channel, "version": message.version, "ttl": message.ttl_seconds}
        await self._say("notification", **about, **content)

    async def _say(self, kind: str, **about: object) -> None:
        await self._socket.send_json({"messageType": kind, **about})
