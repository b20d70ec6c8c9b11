"""A stand-in for a browser maker's push service, on this machine: it keeps, delivers and refuses as a real one does.

Firefox talks to it over a WebSocket (the autopush protocol) and our server over HTTP (RFC 8030). Tests also subscribe
by :meth:`PushService.subscribe` where no browser is wanted. Not exercised: Firefox saying that it could not decrypt.
"""

import asyncio
import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from aiohttp import WSMsgType, web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.browser.loop import LoopThread
from tests.browser.push_messages import PushPost, encode, read_vapid
from tests.browser.push_subscriptions import Message, Refusal, Subscription, decrypted, honest_status


class PushService:
    """The running stand-in; :func:`push_service` starts one."""

    def __init__(self) -> None:
        #: Every POST, oldest first.
        self.posts: list[PushPost] = []
        self._subscriptions: dict[str, Subscription] = {}
        self._connected: dict[str, web.WebSocketResponse] = {}
        self._refusals: list[Refusal] = []
        self._passed_seconds = 0.0
        self._released = asyncio.Event()
        self._port = 0

    @property
    def origin(self) -> str:
        """Where the endpoints are; also the VAPID audience."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def websocket_url(self) -> str:
        """For Firefox's preference `dom.push.serverURL`."""
        return f"ws://127.0.0.1:{self._port}/"

    def subscribe(self, sender_key: str | None = None) -> dict[str, Any]:
        """A subscription as a browser would hand over, whose messages appear decrypted in :attr:`posts`."""
        private, secret = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        channel = str(uuid.uuid4())
        self._subscriptions[channel] = Subscription("", sender_key, keys=(private, secret))
        keys = {"p256dh": encode(public), "auth": encode(secret)}
        return {"endpoint": self._endpoint(channel), "expirationTime": None, "keys": keys}

    def refuse(
        self,
        status: int,
        *,
        retry_after: str | None = None,
        endpoint: str | None = None,
        times: float = float("inf"),
    ) -> None:
        """Answer POSTs (only those to `endpoint`, if given) with `status`, without delivering."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        self._refusals.append(Refusal(status, headers, endpoint, times))

    def hang(self, *, endpoint: str | None = None, times: float = float("inf")) -> None:
        """Accept POSTs and do not answer, until :meth:`behave`."""
        self._refusals.append(Refusal(None, {}, endpoint, times))

    def behave(self) -> None:
        """Forget all refusals; what hangs is answered with 503."""
        self._refusals.clear()
        self._released.set()
        self._released = asyncio.Event()

    def retire(self, endpoint: str) -> None:
        """End a subscription, as when the app was removed: 410 from now on."""
        self._subscriptions[endpoint.rpartition("/")[2]].retired = True

    def pass_time(self, seconds: float) -> None:
        """Let messages grow older."""
        self._passed_seconds += seconds

    def waiting(self, endpoint: str) -> int:
        """How many messages are kept for a browser that has not acknowledged them."""
        return len(self._current(self._subscriptions[endpoint.rpartition("/")[2]]))

    async def start(self) -> web.AppRunner:
        """Listen on a free port."""
        application = web.Application(client_max_size=1_000_000)
        application.add_routes([web.get("/", self._browser), web.post("/push/{channel}", self._sender)])
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self._port = runner.addresses[0][1]
        return runner

    def _endpoint(self, channel: str) -> str:
        return f"{self.origin}/push/{channel}"

    def _now(self) -> float:
        return time.monotonic() + self._passed_seconds

    def _current(self, subscription: Subscription) -> list[Message]:
        subscription.messages = [m for m in subscription.messages if m.expires > self._now()]
        return subscription.messages

    # Our server's side

    async def _sender(self, request: web.Request) -> web.Response:
        channel = request.match_info["channel"]
        body = await request.read()
        vapid = read_vapid(request.headers.get("Authorization"), self.origin, time.time())
        subscription = self._subscriptions.get(channel)
        text = decrypted(subscription, body) if subscription else None
        post = PushPost(self._endpoint(channel), request.headers.copy(), body, vapid, None, text)
        self.posts.append(post)
        place = len(self.posts) - 1
        refusal = self._refusal(post.endpoint)
        if refusal and refusal.status is None:
            await self._released.wait()
        status = (refusal.status if refusal else honest_status(post, subscription)) or 503
        self.posts[place] = replace(post, status=status)
        if refusal or subscription is None or status != 201:
            return web.Response(status=status, headers=refusal.headers if refusal else None)
        message = await self._accept(channel, subscription, post)
        location = f"{self.origin}/message/{message.version}"
        return web.Response(status=201, headers={"Location": location, "TTL": str(message.ttl_seconds)})

    def _refusal(self, endpoint: str) -> Refusal | None:
        for refusal in self._refusals:
            if refusal.times_left > 0 and refusal.endpoint in (None, endpoint):
                refusal.times_left -= 1
                return refusal
        return None

    async def _accept(self, channel: str, subscription: Subscription, post: PushPost) -> Message:
        ttl = post.ttl or 0
        message = Message(str(uuid.uuid4()), ttl, post.topic, self._now() + ttl, post.body)
        if message.topic:
            subscription.messages = [m for m in subscription.messages if m.topic != message.topic]
        if ttl:
            subscription.messages.append(message)
        if browser := self._connected.get(subscription.client):
            await self._deliver(browser, channel, message)
        return message

    # The browser's side

    async def _browser(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=["push-notification"])
        await socket.prepare(request)
        client = ""
        try:
            async for frame in socket:
                if frame.type == WSMsgType.TEXT:
                    client = await self._hear(socket, client, json.loads(frame.data))
        finally:
            if self._connected.get(client) is socket:
                del self._connected[client]
        return socket

    async def _hear(self, socket: web.WebSocketResponse, client: str, said: dict[str, Any]) -> str:
        """Act on one message of a browser; who the browser is."""
        kind, channel = said.get("messageType"), said.get("channelID", "")
        if kind is None:
            await socket.send_json({})
        elif kind == "hello":
            client = said.get("uaid") or uuid.uuid4().hex
            self._connected[client] = socket
            answer: dict[str, Any] = {"uaid": client, "status": 200, "use_webpush": True, "broadcasts": {}}
            await socket.send_json({"messageType": "hello", **answer})
            for at, kept in list(self._subscriptions.items()):
                if kept.client == client and not kept.retired:
                    for message in self._current(kept):
                        await self._deliver(socket, at, message)
        elif kind == "register":
            self._subscriptions[channel] = Subscription(client, said.get("key"))
            answer = {"channelID": channel, "status": 200, "pushEndpoint": self._endpoint(channel)}
            await socket.send_json({"messageType": "register", **answer})
        elif kind == "unregister":
            if subscription := self._subscriptions.get(channel):
                subscription.retired = True
            await socket.send_json({"messageType": "unregister", "channelID": channel, "status": 200})
        elif kind in ("ack", "nack"):
            for update in said.get("updates", [said]):
                self._forget(update.get("channelID"), update.get("version"))
        return client

    def _forget(self, channel: str | None, version: str | None) -> None:
        for at, subscription in self._subscriptions.items():
            if channel in (None, at):
                subscription.messages = [m for m in subscription.messages if m.version != version]

    async def _deliver(self, socket: web.WebSocketResponse, channel: str, message: Message) -> None:
        notification = {"channelID": channel, "version": message.version, "ttl": message.ttl_seconds}
        content = {"data": encode(message.body), "headers": {"encoding": "aes128gcm"}} if message.body else {}
        await socket.send_json({"messageType": "notification", **notification, **content})


@contextmanager
def push_service() -> Iterator[PushService]:
    """A push service on a free port of this machine."""
    loop, service = LoopThread("push service"), PushService()
    runner = loop.run(service.start())
    try:
        yield service
    finally:
        loop.run(runner.cleanup())
        loop.close()
