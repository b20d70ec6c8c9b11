"""pywebpush's traps, each closed, seen from the other end of a real socket."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from server.domain.reminders import Answer
from server.push import sender as sender_module
from server.push.sender import MOST_PER_SERVICE, Message, Outgoing, Sender, Unsendable
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
    sender = Sender(KEYS, "https://clinic-on-the-hill.org/contact", {service.host, other.host})
    yield sender
    sender.close()


@pytest.fixture
def browser(service: PushService) -> Browser:
    return Browser(service.origin, "/a")


def test_the_time_to_live_is_never_left_to_the_library(
    sender: Sender, service: PushService, browser: Browser
) -> None:
    assert sender.send(browser.subscription, MESSAGE, NOW).status == 201
    assert 1740 < int(service.posted[0].headers["ttl"]) <= 1800  # less what it had to wait
    assert browser.decrypt(service.posted[0]) == {"a": 1}


def test_a_message_without_time_left_is_not_sent(
    sender: Sender, service: PushService, browser: Browser
) -> None:
    with pytest.raises(Unsendable, match="too_late"):
        sender.send(browser.subscription, Message(b"{}", 0, "t"), NOW)
    assert service.posted == []
    assert sender.send(browser.subscription, Message(b"{}", 60, "t"), NOW).status == 201


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


def test_neither_proxies_nor_cookies_come_into_it(
    sender: Sender,
    service: PushService,
    other: PushService,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, other.origin)
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


def test_the_service_is_told_no_more_than_it_needs(
    sender: Sender, service: PushService, browser: Browser
) -> None:
    sender.send(browser.subscription, MESSAGE, NOW)
    headers = service.posted[0].headers
    assert headers.pop("authorization").startswith("vapid t=")
    assert headers.pop("ttl").isdecimal()
    assert headers == {
        "host": service.host,
        "user-agent": "block-diary",
        "accept": "*/*",
        "urgency": "high",
        "topic": "t" * 32,
        "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream",
        "content-length": str(len(service.posted[0].body)),
    }


def test_of_many_messages_each_is_answered_once(
    sender: Sender, service: PushService, browser: Browser
) -> None:
    service.always("/limited", Reply(429))
    limited = Browser(service.origin, "/limited")
    broken = BrowserSubscription(f"{service.origin}/a", "AAAA", "AAAA")
    elsewhere = BrowserSubscription("https://localhost/a", "AAAA", "AAAA")
    late = Message(b"{}", 0, "t")
    handed = [
        Outgoing(browser.subscription, MESSAGE),
        Outgoing(limited.subscription, MESSAGE),
        Outgoing(broken, MESSAGE),
        Outgoing(browser.subscription, late),
        Outgoing(browser.subscription, MESSAGE, begin_within_seconds=-1),
        Outgoing(elsewhere, MESSAGE),
    ]
    answers = Answers(sender, handed).all()
    assert [told(answers[each]) for each in handed] == [
        *(201, 429, "bad_keys", "too_late", "not_begun", "push_service_unknown")
    ]
    assert len(service.posted) == 2


def test_a_service_that_hangs_holds_back_its_own_messages_only(
    sender: Sender, service: PushService, other: PushService
) -> None:
    answer_now = threading.Event()
    service.always("/a", Reply(meanwhile=lambda: answer_now.wait(60)))
    hanging = Answers(sender, outgoing(service, MOST_PER_SERVICE + 10))
    try:
        assert set(map(told, Answers(sender, outgoing(other, 200)).all().values())) == {201}
        assert hanging.known.empty()
        eventually(lambda: len(service.posted) == MOST_PER_SERVICE)
        assert other.connections <= MOST_PER_SERVICE
    finally:
        answer_now.set()
    assert set(map(told, hanging.all().values())) == {201}
    assert len(service.posted) == MOST_PER_SERVICE + 10


def test_no_more_are_under_way_than_may_be_in_all(
    sender: Sender, service: PushService, other: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_module, "MOST_PER_SERVICE", 4)
    monkeypatch.setattr(sender_module, "MOST_UNDER_WAY", 6)
    answer_now = threading.Event()
    for each in (service, other):
        each.always("/a", Reply(meanwhile=lambda: answer_now.wait(60)))
    try:
        answers = Answers(sender, outgoing(service, 20) + outgoing(other, 20))
        eventually(lambda: len(service.posted) + len(other.posted) == 6)
        assert len(service.posted) == len(other.posted) == 3  # each gets its share
        with pytest.raises(Empty):
            answers.known.get(timeout=0.2)
        assert len(service.posted) + len(other.posted) == 6
    finally:
        answer_now.set()
    assert set(map(told, answers.all().values())) == {201}


def test_what_had_to_wait_is_sent_with_the_time_that_is_left_or_not_at_all(
    sender: Sender, service: PushService, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_module, "MOST_PER_SERVICE", 1)
    service.will("/a", Reply(delay_seconds=1.2))
    handed = [
        Outgoing(browser.subscription, MESSAGE),
        Outgoing(browser.subscription, MESSAGE, begin_within_seconds=1),
        Outgoing(browser.subscription, Message(b"{}", 1, "t")),
        Outgoing(browser.subscription, MESSAGE, begin_within_seconds=60),
    ]
    answers = Answers(sender, handed).all()
    assert [told(answers[each]) for each in handed] == [201, "not_begun", "too_late", 201]
    first, second = (int(each.headers["ttl"]) for each in service.posted)
    assert 1700 < second < first <= 1800


def test_a_sender_that_is_closed_answers_what_it_leaves_and_takes_no_more(
    sender: Sender, service: PushService, browser: Browser
) -> None:
    answer_now = threading.Event()
    service.always("/a", Reply(meanwhile=lambda: answer_now.wait(60)))
    try:
        answers = Answers(sender, outgoing(service, MOST_PER_SERVICE + 10))
        eventually(lambda: len(service.posted) == MOST_PER_SERVICE)
        sender.close()
        assert set(map(told, answers.all().values())) == {"stopped"}
    finally:
        answer_now.set()
    with pytest.raises(RuntimeError, match="closed"):
        sender.send(browser.subscription, MESSAGE, NOW)
    sender.close()


def test_a_sender_that_broke_answers_everything_and_says_so(
    sender: Sender,
    service: PushService,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def break_down(_: object) -> None:
        raise MemoryError("secret")

    monkeypatch.setattr(sender_module.HttpPosts, "turn", break_down)
    answers = Answers(sender, outgoing(service, 3))
    assert set(map(told, answers.all().values())) <= {201, "stopped"}
    eventually(lambda: "sender_failed error=MemoryError@break_down" in caplog.text)
    assert "secret" not in caplog.text
    with pytest.raises(RuntimeError, match="closed"):
        sender.send(browser.subscription, MESSAGE, NOW)


def test_a_fault_of_one_message_or_of_its_taker_stops_no_other(
    sender: Sender, service: PushService, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    sender.send_all([Outgoing(browser.subscription, MESSAGE)], NOW, lambda *_: 1 // 0)
    no_text = Outgoing(browser.subscription, Message(b"", 1800, "t"))
    good = Outgoing(browser.subscription, MESSAGE)
    answers = Answers(sender, [no_text, good]).all()
    assert [told(answers[no_text]), told(answers[good])] == ["failed", 201]
    eventually(lambda: len(service.posted) == 2)
    assert "message_failed error=NoData@encode" in caplog.text
    assert "answer_not_taken error=ZeroDivisionError" in caplog.text


def test_many_messages_for_many_browsers_arrive_once_and_whole(
    sender: Sender, service: PushService
) -> None:
    browsers = [Browser(service.origin, f"/{number}") for number in range(300)]
    handed = [
        Outgoing(browser.subscription, Message(b'{"for":"%s"}' % browser.path.encode(), 900, "t"))
        for browser in browsers
    ]
    assert set(map(told, Answers(sender, handed).all().values())) == {201}
    assert [len(service.at(browser.path)) for browser in browsers] == [1] * 300
    for browser in browsers:
        assert browser.decrypt(service.at(browser.path)[0]) == {"for": browser.path}
    assert service.connections <= MOST_PER_SERVICE


class Answers:
    """What a sender tells of messages that it was handed."""

    def __init__(self, sender: Sender, handed: list[Outgoing]) -> None:
        self.known: SimpleQueue[tuple[Outgoing, Answer | Unsendable]] = SimpleQueue()
        self._handed = handed
        sender.send_all(handed, NOW, lambda *each: self.known.put(each))

    def all(self) -> dict[Outgoing, Answer | Unsendable]:
        answers = dict(self.known.get(timeout=60) for _ in self._handed)
        assert answers.keys() == set(self._handed)
        with pytest.raises(Empty):
            self.known.get(timeout=0.05)
        return answers


def outgoing(service: PushService, count: int) -> list[Outgoing]:
    subscription = Browser(service.origin, "/a").subscription
    return [Outgoing(subscription, MESSAGE) for _ in range(count)]


def told(answer: Answer | Unsendable) -> object:
    return answer.reason if isinstance(answer, Unsendable) else answer.status or answer.problem


def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("not within 30 s")
