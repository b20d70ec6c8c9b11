"""pywebpush's traps, each closed, seen from the other end of a real socket."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from server.domain.reminders import Answer
from server.push.sender import Message, Outgoing, Sender, Unsendable
from server.push.vapid_keys import VapidKeys
from server.storage.subscriptions import BrowserSubscription
from tests.push.stand_in import Browser, PushService, Reply

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MESSAGE = Message(payload=b'{"a":1}', ttl_seconds=1800, topic="t" * 32)
KEYS = VapidKeys(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def other() -> Iterator[PushService]:
    other = PushService()
    yield other
    other.close()


@pytest.fixture
def sender(service: PushService, other: PushService) -> Iterator[Sender]:
    sender = Sender(KEYS, "https://clinic-on-the-hill.org/contact", {service.host, other.host}, 0.5)
    yield sender
    sender.close()


@pytest.fixture
def browser(service: PushService) -> Browser:
    return Browser(service.origin, "/a")


def test_the_time_to_live_is_never_left_to_the_library(
    sender: Sender, service: PushService, browser: Browser
) -> None:
    assert sender.send(browser.subscription, MESSAGE, NOW).status == 201
    assert service.posted[0].headers["ttl"] == "1800"
    assert browser.decrypt(service.posted[0]) == {"a": 1}


def test_a_message_without_time_left_is_not_sent(
    sender: Sender, service: PushService, browser: Browser
) -> None:
    with pytest.raises(Unsendable, match="too_late"):
        sender.send(browser.subscription, Message(b"{}", 0, "t"), NOW)
    assert service.posted == []
    assert sender.send(browser.subscription, Message(b"{}", 1, "t"), NOW).status == 201


def test_each_service_gets_a_signature_of_its_own(
    sender: Sender, service: PushService, other: PushService
) -> None:
    for each in (service, other, service):
        sender.send(Browser(each.origin, "/a").subscription, MESSAGE, NOW)
    assert [each.claims["aud"] for each in service.posted] == [service.origin] * 2
    assert [each.claims["aud"] for each in other.posted] == [other.origin]
    assert service.posted[0].headers["authorization"] == service.posted[1].headers["authorization"]


@pytest.mark.parametrize(
    ("later", "renewed"),
    [(0 * HOUR, False), (10.99 * HOUR, False), (11 * HOUR, True), (30 * HOUR, True), (-HOUR, True)],
)
def test_a_signature_is_renewed_before_it_ends_and_never_lives_longer_than_a_day(
    sender: Sender, service: PushService, browser: Browser, later: timedelta, renewed: bool
) -> None:
    sender.send(browser.subscription, MESSAGE, NOW)
    sender.send(browser.subscription, MESSAGE, NOW + later)
    first, second = (each.claims["exp"] for each in service.posted)
    assert first == int((NOW + 12 * HOUR).timestamp())
    assert (second != first) is renewed
    life = datetime.fromtimestamp(second, UTC) - (NOW + later)
    assert HOUR < life <= 24 * HOUR


def test_the_subject_is_sent_as_it_was_set(
    sender: Sender, service: PushService, browser: Browser
) -> None:
    sender.send(browser.subscription, MESSAGE, NOW)
    assert service.posted[0].claims["sub"] == "https://clinic-on-the-hill.org/contact"
    assert service.posted[0].key == KEYS.application_server_key


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(
    sender: Sender, service: PushService, other: PushService, browser: Browser, status: int
) -> None:
    service.always("/a", Reply(status, {"Location": f"{other.origin}/inside"}))
    assert sender.send(browser.subscription, MESSAGE, NOW).status == status
    assert (len(service.posted), other.posted) == (1, [])


def test_an_answer_that_does_not_come_is_not_waited_for(
    sender: Sender, service: PushService, browser: Browser
) -> None:
    service.always("/a", Reply(delay_seconds=1.5))
    started = time.monotonic()
    answer = sender.send(browser.subscription, MESSAGE, NOW)
    assert (answer.status, answer.problem) == (None, "timed_out")
    assert 0.5 <= time.monotonic() - started < 1.4


@pytest.mark.parametrize("raw", [b"", b"\x00\xff\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_an_answer_that_is_none_is_told_from_a_no(
    sender: Sender, service: PushService, browser: Browser, raw: bytes
) -> None:
    service.always("/a", Reply(raw=raw))
    answer = sender.send(browser.subscription, MESSAGE, NOW)
    assert (answer.status, answer.problem) == (None, "unreachable")


def test_retry_after_is_handed_on(sender: Sender, service: PushService, browser: Browser) -> None:
    service.always("/a", Reply(429, {"Retry-After": "17"}))
    answer = sender.send(browser.subscription, MESSAGE, NOW)
    assert (answer.status, answer.retry_after) == (429, "17")


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:1/a", "https://localhost/a", "https://fcm.googleapis.com.evil.example/a"],
)
def test_an_endpoint_that_is_not_allowed_is_not_called(sender: Sender, endpoint: str) -> None:
    browser = Browser("", endpoint)
    with pytest.raises(Unsendable, match="push_service_unknown"):
        sender.send(browser.subscription, MESSAGE, NOW)


def test_neither_proxies_nor_cookies_come_into_it(
    sender: Sender,
    service: PushService,
    other: PushService,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", other.origin)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    service.always("/a", Reply(201, {"Set-Cookie": "a=b"}))
    for _ in range(2):
        assert sender.send(browser.subscription, MESSAGE, NOW).status == 201
    assert (len(service.posted), other.posted) == (2, [])
    assert "cookie" not in service.posted[1].headers


def test_a_connection_is_kept_for_the_next_message(
    sender: Sender, service: PushService, browser: Browser
) -> None:
    for _ in range(5):
        sender.send(browser.subscription, MESSAGE, NOW)
    assert service.connections == 1


def test_of_many_messages_each_is_answered_once(
    sender: Sender, service: PushService, browser: Browser
) -> None:
    service.always("/limited", Reply(429))
    limited = Browser(service.origin, "/limited")
    broken = BrowserSubscription(f"{service.origin}/a", "AAAA", "AAAA")
    late = Message(b"{}", 0, "t")
    handed = [
        Outgoing(browser.subscription, MESSAGE),
        Outgoing(limited.subscription, MESSAGE),
        Outgoing(broken, MESSAGE),
        Outgoing(browser.subscription, late),
        Outgoing(browser.subscription, MESSAGE, begin_within_seconds=-1),
    ]
    answers = send_all(sender, handed)
    assert list(map(told, answers)) == [201, 429, "bad_keys", "too_late", "not_begun"]
    assert len(service.posted) == 2


def send_all(sender: Sender, outgoing: list[Outgoing]) -> list[Answer | Unsendable]:
    """The answers, in the order of the messages."""
    known: SimpleQueue[tuple[Outgoing, Answer | Unsendable]] = SimpleQueue()
    sender.send_all(outgoing, NOW, lambda *each: known.put(each))
    answers = dict(known.get(timeout=20) for _ in outgoing)
    with pytest.raises(Empty):
        known.get(timeout=0.05)
    return [answers[each] for each in outgoing]


def told(answer: Answer | Unsendable) -> object:
    return answer.reason if isinstance(answer, Unsendable) else answer.status or answer.problem
