"""Encrypts, signs and posts messages, thousands a second."""

import logging
import math
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue

from server.domain.push_hosts import PushServiceUnknown, may_be_inside, push_service
from server.domain.reminders import Answer
from server.push.encryption import encrypted
from server.push.http_posts import HttpPosts, Post
from server.push.vapid_keys import VapidKeys
from server.push.vapid_tokens import VapidTokens
from server.storage.subscriptions import BrowserSubscription

#: For a whole message: finding the service's address, connecting, sending, the answer.
TIMEOUT_SECONDS = 10.0
#: So many messages are under way to one push service at once: a slow one holds back its own only.
MOST_PER_SERVICE = 64
#: ... and to all of them: more than a few dead services can take up.
MOST_UNDER_WAY = 512

log = logging.getLogger(__name__)


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
    #: The payload encrypted for the browser, if that was done before; None: the sender does it.
    body: bytes | None = field(default=None, repr=False)


OnAnswer = Callable[[Outgoing, Answer | Unsendable], None]


class Sender:
    """Sends in the name of this installation, on a thread of its own. Safe to share by threads."""

    def __init__(
        self,
        keys: VapidKeys,
        subject: str,
        extra_hosts: Collection[str] = (),
        timeout_seconds: float = TIMEOUT_SECONDS,
        ca_file: str | None = None,
        addresses: Collection[str] = (),
    ) -> None:
        """:param subject: whom a push service may write to, `mailto:` or `https:`; checked at start
        :param extra_hosts: push services allowed besides the browsers' own
        :param ca_file: the authorities that certificates are trusted from; None: the public ones
        :param addresses: known without asking DNS, as `host:port:address,address`
        """
        self._tokens = VapidTokens(keys, subject)
        self._extra_hosts = extra_hosts
        self._timeout_seconds = timeout_seconds
        self._services: dict[str, _Service] = {}
        self._under_way = 0
        self._handed_over: deque[_Handed] = deque()
        self._closing = False
        self._closing_lock = threading.Lock()
        self._posts = HttpPosts(timeout_seconds, MOST_UNDER_WAY, ca_file, addresses)
        self._thread = threading.Thread(target=self._run, name="push", daemon=True)
        self._thread.start()

    def send(self, browser: BrowserSubscription, message: Message, now: datetime) -> Answer:
        """Post one message and say what the push service answered, whatever that was.

        :raises Unsendable: the endpoint is not one that may be called, the browser's keys are
            no keys, or there is no time left
        """
        known: SimpleQueue[Answer | Unsendable] = SimpleQueue()
        outgoing = Outgoing(browser, message, begin_within_seconds=self._timeout_seconds)
        self.send_all([outgoing], now, lambda _, answer: known.put(answer))
        try:
            answer = known.get(timeout=3 * self._timeout_seconds + 10)
        except Empty:  # somebody's `on_answer` holds everything up
            return Answer(None, problem="timed_out")
        if isinstance(answer, Unsendable):
            raise answer
        return answer

    def send_all(self, outgoing: Iterable[Outgoing], now: datetime, on_answer: OnAnswer) -> None:
        """Hand over many messages and return at once.

        :param on_answer: is told of each exactly once, as soon as its answer is known, in any
            order and on the sender's own thread, which it must not hold up
        """
        at = time.monotonic()
        handed = [_Handed(each, now, at, on_answer) for each in outgoing]
        with self._closing_lock:
            if self._closing:
                raise RuntimeError("the sender is closed")
            self._handed_over.extend(handed)
        self._posts.wake()

    def close(self) -> None:
        """Stop. What is still waiting or under way is answered with the problem `stopped`."""
        with self._closing_lock:
            self._closing = True
        if self._thread.is_alive():
            self._posts.wake()
            self._thread.join(self._timeout_seconds + 10)

    def _run(self) -> None:
        try:
            while not self._closing:
                self._queue_by_service()
                self._begin()
                self._posts.turn()
        except Exception as error:  # nobody may wait for ever for an answer
            log.critical("sender_failed error=%s", _where(error))
        finally:
            with self._closing_lock:
                self._closing = True
            self._posts.close()
            self._queue_by_service()
            for service in self._services.values():
                for each in service.waiting:
                    each.tell(Answer(None, problem="stopped"))

    def _queue_by_service(self) -> None:
        while self._handed_over:
            each = self._handed_over.popleft()
            try:
                # At subscription it was allowed; the list may have become shorter since.
                origin = push_service(each.outgoing.browser.endpoint, self._extra_hosts)
            except PushServiceUnknown:
                each.tell(Unsendable("push_service_unknown"))
                continue
            service = self._services.get(origin)
            if service is None:
                inside = may_be_inside(origin, self._extra_hosts)
                service = self._services[origin] = _Service(origin, inside)
            service.waiting.append(each)

    def _begin(self) -> None:
        """Begin as much as may be under way, one of each service in turn."""
        ready = deque(each for each in self._services.values() if each.may_begin)
        while ready and self._under_way < MOST_UNDER_WAY:
            service = ready.popleft()
            self._begin_one(service, service.waiting.popleft())
            if service.may_begin:
                ready.append(service)

    def _begin_one(self, service: "_Service", each: "_Handed") -> None:
        waited = time.monotonic() - each.at
        if waited > each.outgoing.begin_within_seconds:
            self._end(service, each, Answer(None, problem="not_begun"))
            return
        try:
            post = self._post(service, each, waited)
        except Unsendable as error:
            self._end(service, each, error)
            return
        except Exception as error:  # one message's fault must not keep the others waiting
            log.error("message_failed error=%s", _where(error))
            self._end(service, each, Unsendable("failed"))
            return
        service.under_way += 1
        self._under_way += 1
        self._posts.begin(post)

    def _post(self, service: "_Service", each: "_Handed", waited: float) -> Post:
        message, browser = each.outgoing.message, each.outgoing.browser
        ttl_seconds = message.ttl_seconds - int(waited)
        if ttl_seconds < 1:
            raise Unsendable("too_late")  # TTL 0 means: drop it unless the phone is on right now
        headers = [
            self._tokens.header(service.origin, each.now),
            f"TTL: {ttl_seconds}",
            "Urgency: high",
            f"Topic: {message.topic}",
            "Content-Encoding: aes128gcm",
            "Content-Type: application/octet-stream",
        ]

        def answered(answer: Answer) -> None:
            service.under_way -= 1
            self._under_way -= 1
            self._end(service, each, answer)

        body = each.outgoing.body
        if body is None:
            try:
                body = encrypted(browser, message.payload)
            except ValueError:
                raise Unsendable("bad_keys") from None
        return Post(browser.endpoint, headers, body, service.may_be_inside, answered)

    def _end(self, service: "_Service", each: "_Handed", answer: Answer | Unsendable) -> None:
        if not service.waiting and not service.under_way:
            self._services.pop(service.origin, None)
        each.tell(answer)


@dataclass(slots=True)
class _Handed:
    """A message on its way through the sender."""

    outgoing: Outgoing
    now: datetime
    at: float  #: `now` on the monotonic clock, seconds
    on_answer: OnAnswer

    def tell(self, answer: Answer | Unsendable) -> None:
        try:
            self.on_answer(self.outgoing, answer)
        except Exception as error:  # the caller's fault must not keep the others waiting
            log.error("answer_not_taken error=%s", _where(error))


@dataclass(slots=True)
class _Service:
    """A push service to which messages are waiting or under way."""

    origin: str
    may_be_inside: bool
    waiting: deque[_Handed] = field(default_factory=deque)
    under_way: int = 0

    @property
    def may_begin(self) -> bool:
        return bool(self.waiting) and self.under_way < MOST_PER_SERVICE


def _where(error: Exception) -> str:
    """What went wrong and where, without the message: it may hold a phone's push address."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}@{frame.name}:{frame.lineno}"
