"""A message as only one browser can read it (RFC 8291). The only place that knows pywebpush."""

from base64 import urlsafe_b64decode

from pywebpush import WebPusher, WebPushException

from server.storage.subscriptions import BrowserSubscription


def encrypted(browser: BrowserSubscription, payload: bytes) -> bytes:
    """The body of a push message.

    :raises ValueError: the browser's keys are neither base64 nor a point of the curve
    """
    try:
        body: bytes = _Encryption(browser).encode(payload)["body"]
    except (WebPushException, ValueError, TypeError, IndexError):
        raise ValueError("the browser's keys are no keys") from None
    return body


class _Encryption(WebPusher):  # type: ignore[misc]  # it has no types
    """pywebpush's, without its set-up: that copies deeply what each message needs once."""

    def __init__(self, browser: BrowserSubscription) -> None:
        self.receiver_key = _decoded(browser.p256dh)
        self.auth_key = _decoded(browser.auth)


def _decoded(base64url: str) -> bytes:
    return urlsafe_b64decode(base64url + "=" * (-len(base64url) % 4))
