"""Sends one encrypted message to one browser. The only place that knows pywebpush."""

import logging
import math
import threading
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush
from requests.adapters import HTTPAdapter

from server.domain.push_hosts import PushServiceUnknown, push_service
from server.domain.reminders import Answer
from server.push.vapid_keys import VapidKeys
from server.storage.subscriptions import BrowserSubscription

#: To connect, and then for each wait for the service's bytes.
TIMEOUT_SECONDS = 10.0
#: So many messages are under way at once; the connections to a service are kept and used again.
CONCURRENCY = 8

_TOKEN_LIFE = timedelta(hours=12)  # push services refuse more than 24 h
_TOKEN_RENEWAL = timedelta(hours=1)

# At DEBUG it writes the path of every request, which here is a secret: it names a phone.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class Unsendable(Exception):
    """Nothing was sent, and never can be: `reason` says why in one word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Message:
    """What is sent, and what the push service is told about it."""

    payload: bytes = field(repr=False)
    ttl_seconds: int  #: for so long the service keeps trying; at least 1
    topic: str


@dataclass(frozen=True, eq=False)
class Outgoing:
    """One message for one browser; told from every other by identity."""

    browser: BrowserSubscription
    message: Message
    #: It is not begun later than this after it was handed over.
    begin_within_seconds: float = math.inf


OnAnswer = Callable[[Outgoing, Answer | Unsendable], None]


class Sender:
    """Signs in the name of this installation, encrypts and posts. Safe to share by threads."""

    def __init__(
        self,
        keys: VapidKeys,
        subject: str,
        extra_hosts: Collection[str] = (),
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        """:param subject: whom a push service may write to, `mailto:` or `https:`; checked at start
        :param extra_hosts: push services allowed besides the browsers' own
        """
        # The subject was checked at start; py_vapid's own check refuses an https one with a path.
        self._vapid = Vapid02(keys.private_key, conf={"no-strict": True})
        self._subject = subject
        self._extra_hosts = extra_hosts
        self._timeout_seconds = timeout_seconds
        self._session = _PlainSession()
        self._pool = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="push")
        self._tokens: dict[str, tuple[datetime, dict[str, str]]] = {}
        self._tokens_lock = threading.Lock()

    def send(self, browser: BrowserSubscription, message: Message, now: datetime) -> Answer:
        """Post one message and say what the push service answered, whatever that was.

        :raises Unsendable: the endpoint is not one that may be called, the browser's keys are
            no keys, or there is no time left
        """
        if message.ttl_seconds < 1:
            raise Unsendable("too_late")  # TTL 0 means: drop it unless the phone is on right now
        try:
            # At subscription it was allowed; the list may have become shorter since.
            service = push_service(browser.endpoint, self._extra_hosts)
        except PushServiceUnknown:
            raise Unsendable("push_service_unknown") from None
        headers = {**self._vapid_headers(service, now), "Urgency": "high", "Topic": message.topic}
        try:
            response = webpush(
                {
                    "endpoint": browser.endpoint,
                    "keys": {"p256dh": browser.p256dh, "auth": browser.auth},
                },
                data=message.payload,
                ttl=message.ttl_seconds,
                timeout=self._timeout_seconds,
                headers=headers,
                requests_session=self._session,
            )
            return Answer(response.status_code)
        except WebPushException as error:
            if error.status_code is None:
                raise Unsendable("bad_keys") from None
            return Answer(error.status_code, retry_after=error.retry_after)
        except requests.Timeout:
            return Answer(None, problem="timed_out")
        except requests.RequestException:
            return Answer(None, problem="unreachable")
        except (ValueError, TypeError, IndexError):
            raise Unsendable("bad_keys") from None  # neither base64 nor a point of the curve

    def send_all(self, outgoing: Iterable[Outgoing], now: datetime, on_answer: OnAnswer) -> None:
        """Hand over many messages and return at once.

        :param on_answer: is told of each exactly once, as soon as its answer is known, in any
            order and on a thread of the sender's, which it must not hold up
        """
        handed_over = time.monotonic()

        def post(each: Outgoing) -> None:
            waited = time.monotonic() - handed_over
            answer: Answer | Unsendable
            try:
                if waited > each.begin_within_seconds:
                    answer = Answer(None, problem="not_begun")
                else:
                    ttl = each.message.ttl_seconds - int(waited)
                    answer = self.send(each.browser, replace(each.message, ttl_seconds=ttl), now)
            except Unsendable as error:
                answer = error
            on_answer(each, answer)

        for each in outgoing:
            self._pool.submit(post, each)

    def close(self) -> None:
        self._pool.shutdown()
        self._session.close()

    def _vapid_headers(self, service: str, now: datetime) -> dict[str, str]:
        """The signature for one push service; made twice a day, not for every message."""
        with self._tokens_lock:
            expires_at, headers = self._tokens.get(service, (now, {}))
            if not _TOKEN_RENEWAL < expires_at - now <= _TOKEN_LIFE:
                expires_at = now + _TOKEN_LIFE
                claims = {"aud": service, "exp": int(expires_at.timestamp()), "sub": self._subject}
                headers = self._vapid.sign(claims)
                self._tokens[service] = (expires_at, headers)
            return headers


class _PlainSession(requests.Session):
    """Keeps connections and nothing else: no redirects (they could lead anywhere), no proxies or
    passwords from the environment, no cookies."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(pool_maxsize=CONCURRENCY))

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["allow_redirects"] = False
        return super().request(*args, **kwargs)
