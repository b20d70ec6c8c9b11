"""The stand-in push service's memory: endpoints, what they keep, and what an honest service would answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from tests.browser.push_messages import LONGEST_BODY_BYTES, PushPost, decode


@dataclass
class Message:
    """A message kept until the browser has acknowledged it or its time is over."""

    version: str
    ttl_seconds: int
    topic: str | None
    expires: float
    body: bytes


@dataclass
class Subscription:
    """One endpoint."""

    client: str
    #: The only sender allowed; None means anybody.
    sender_key: str | None
    messages: list[Message] = field(default_factory=list)
    retired: bool = False
    #: The receiver's keys, where the stand-in is the receiver.
    keys: tuple[ec.EllipticCurvePrivateKey, bytes] | None = None


#: Hands one browser one message: the endpoint's channel and the message.
Deliver = Callable[[str, Message], Awaitable[None]]


class Registry(Protocol):
    """What the push service does for this side."""

    def register(self, channel: str, client: str, sender_key: str | None) -> str:
        """Open an endpoint; its URL."""

    def unregister(self, channel: str) -> None:
        """Close an endpoint."""

    async def arrive(self, client: str, deliver: Deliver) -> None:
        """A browser is there; hand it what was kept."""

    def leave(self, client: str, deliver: Deliver) -> None:
        """A browser has gone."""

    def forget(self, channel: str | None, version: str | None) -> None:
        """A browser has a message."""


@dataclass
class Refusal:
    """An answer to give in place of the honest one."""

    status: int | None
    headers: dict[str, str]
    endpoint: str | None
    times_left: float


def honest_status(post: PushPost, subscription: Subscription | None) -> int:
    """What an honest push service answers."""
    if subscription is None:
        return 404
    if subscription.retired:
        return 410
    if post.ttl is None or (post.body and post.content_encoding != "aes128gcm"):
        return 400
    if len(post.body) > LONGEST_BODY_BYTES:
        return 413
    if (post.vapid is None and subscription.sender_key) or (post.vapid and post.vapid.problem):
        return 401
    if (
        subscription.sender_key
        and post.vapid
        and decode(post.vapid.key) != decode(subscription.sender_key)
    ):
        return 403
    return 201


def decrypted(subscription: Subscription, body: bytes) -> str | None:
    """The message's text; None when the receiver is a browser or the message is empty or not for this receiver."""
    if subscription.keys is None or not body:
        return None
    private, secret = subscription.keys
    try:
        plain: bytes = http_ece.decrypt(
            body, private_key=private, auth_secret=secret, version="aes128gcm"
        )
    except http_ece.ECEException:
        return None
    return plain.decode()
