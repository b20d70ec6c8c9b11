"""A stand-in for a browser maker's push service, on this machine: it keeps, delivers and refuses as a real one does.

Firefox talks to it over a WebSocket (:mod:`tests.browser.autopush`), Chromium as to Google's (:mod:`tests.browser.fcm`)
and our server over HTTP (RFC 8030). Tests also subscribe by :meth:`PushService.subscribe` where no browser is wanted.
"""

import asyncio
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.browser.autopush import Autopush
from tests.browser.fcm import FcmSide
from tests.browser.loop import LoopThread
from tests.browser.push_messages import PushPost, encode, read_vapid
from tests.browser.push_subscriptions import (
    Deliver,
    Message,
    Refusal,
    Subscription,
    decrypted,
    honest_status,
)


class PushService:
    """The running stand-in; :func:`push_service` starts one."""

    def __init__(self) -> None:
        #: Every POST, oldest first.
        self.posts: list[PushPost] = []
        self._subscriptions: dict[str, Subscription] = {}
        self._connected: dict[str, Deliver] = {}
        self._fcm = FcmSide(self)
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

    @property
    def chromium_flags(self) -> tuple[str, ...]:
        """For starting a Chromium that subscribes here; see :meth:`local`."""
        return self._fcm.flags(self.origin)

    def local(self, endpoint: str) -> str:
        """The endpoint on this machine for one that Chromium handed out, which names its maker's host."""
        return self._endpoint(endpoint.rpartition("/")[2])

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
        self.unregister(endpoint.rpartition("/")[2])

    def pass_time(self, seconds: float) -> None:
        """Let messages grow older."""
        self._passed_seconds += seconds

    def waiting(self, endpoint: str) -> int:
        """How many messages are kept for a browser that has not acknowledged them."""
        return len(self._current(self._subscriptions[endpoint.rpartition("/")[2]]))

    def retired(self, endpoint: str) -> bool:
        """Whether the endpoint's browser has ended the subscription, which it tells in its own time."""
        return self._subscriptions[endpoint.rpartition("/")[2]].retired

    def connected(self, endpoint: str) -> bool:
        """Whether the endpoint's browser is there to be told at once."""
        return self._subscriptions[endpoint.rpartition("/")[2]].client in self._connected

    @property
    def anybody_connected(self) -> bool:
        """Whether any browser is there."""
        return bool(self._connected)

    async def start(self) -> web.AppRunner:
        """Listen on a free port."""
        application = web.Application(client_max_size=1_000_000)
        application.add_routes(
            [web.get("/", self._browser), web.post("/push/{channel}", self._sender)]
        )
        application.add_routes(self._fcm.routes())
        application.on_shutdown.append(lambda _: self._fcm.close())
        await self._fcm.start()
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
        return web.Response(
            status=201, headers={"Location": location, "TTL": str(message.ttl_seconds)}
        )

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
        if deliver := self._connected.get(subscription.client):
            await deliver(channel, message)
        return message

    # The browsers' side

    def register(self, channel: str, client: str, sender_key: str | None) -> str:
        """Open an endpoint for a browser; its URL."""
        self._subscriptions[channel] = Subscription(client, sender_key)
        return self._endpoint(channel)

    def unregister(self, channel: str) -> None:
        """Close an endpoint: 410 from now on."""
        if subscription := self._subscriptions.get(channel):
            subscription.retired = True

    async def arrive(self, client: str, deliver: Deliver) -> None:
        """A browser is there: hand it what was kept."""
        self._connected[client] = deliver
        for channel, subscription in list(self._subscriptions.items()):
            if subscription.client == client and not subscription.retired:
                for message in list(self._current(subscription)):
                    await deliver(channel, message)

    def leave(self, client: str, deliver: Deliver) -> None:
        """A browser has gone."""
        if self._connected.get(client) == deliver:
            del self._connected[client]

    def forget(self, channel: str | None, version: str | None) -> None:
        """A browser has a message; `channel` None means that it did not say of which endpoint."""
        for at, subscription in self._subscriptions.items():
            if channel in (None, at):
                subscription.messages = [m for m in subscription.messages if m.version != version]

    async def _browser(self, request: web.Request) -> web.WebSocketResponse:
        return await Autopush(self).serve(request)


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
