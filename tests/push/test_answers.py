"""Whatever a push service answers, or does instead, is told as what it is and costs no more."""

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from server.domain.reminders import Answer, Fate, judge
from server.push.sender import Message, Sender
from server.push.vapid_keys import VapidKeys
from tests.push.certificate import Certificate, new_certificate
from tests.push.scene import SUBJECT
from tests.push.stand_in import Browser, PushService, Reply

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MESSAGE = Message(payload=b'{"a":1}', ttl_seconds=1800, topic="t" * 32)
KEYS = VapidKeys(ec.generate_private_key(ec.SECP256R1()))

#: Names no port: those of the tests are the machine's to choose.
HOSTS = {"127.0.0.1"}


@pytest.fixture
def patient() -> Iterator[Sender]:
    sender = Sender(KEYS, SUBJECT, HOSTS, timeout_seconds=60)
    yield sender
    sender.close()


@pytest.fixture
def impatient() -> Iterator[Sender]:
    sender = Sender(KEYS, SUBJECT, HOSTS, timeout_seconds=2)
    yield sender
    sender.close()


def post(sender: Sender, service: PushService, reply: Reply) -> Answer:
    service.always("/a", reply)
    return sender.send(Browser(service.origin, "/a").subscription, MESSAGE, NOW)


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        *((200, Fate.ACCEPTED), (201, Fate.ACCEPTED), (202, Fate.ACCEPTED)),
        *((400, Fate.FAILED), (401, Fate.REFUSED), (403, Fate.REFUSED), (413, Fate.FAILED)),
        *((404, Fate.GONE), (410, Fate.GONE), (406, Fate.RETRY), (429, Fate.RETRY)),
        *((500, Fate.RETRY), (502, Fate.RETRY), (503, Fate.RETRY), (599, Fate.RETRY)),
    ],
)
def test_a_status_is_told_and_decides(
    patient: Sender, service: PushService, status: int, fate: Fate
) -> None:
    answer = post(patient, service, Reply(status))
    assert answer == Answer(status)
    assert judge(answer).fate is fate


@pytest.mark.parametrize("status", [406, 429, 503])
@pytest.mark.parametrize("said", ["17", "Mon, 23 Nov 2026 09:05:00 GMT"])
@pytest.mark.parametrize("name", ["Retry-After", "retry-after"])
def test_retry_after_is_handed_on_as_it_was_said(
    patient: Sender, service: PushService, status: int, said: str, name: str
) -> None:
    assert post(patient, service, Reply(status, {name: said})) == Answer(status, said)
    assert post(patient, service, Reply(status)) == Answer(status)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(patient: Sender, service: PushService, status: int) -> None:
    other = PushService()
    try:
        answer = post(patient, service, Reply(status, {"Location": f"{other.origin}/inside"}))
        assert answer.status == status
        assert judge(answer).fate is Fate.FAILED
        assert (len(service.posted), other.posted) == (1, [])
    finally:
        other.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 \r\n\r\n",
        b"HTTP/1.1",
        b"HTTP/9.9 201 Created\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b"<html>201 Created</html>",
        b"220 mail.clinic.test ESMTP\r\n",
    ],
)
def test_what_is_no_answer_is_tried_again(
    patient: Sender, service: PushService, raw: bytes
) -> None:
    answer = post(patient, service, Reply(raw=raw))
    assert answer == Answer(None, problem="unreachable")
    assert judge(answer).fate is Fate.RETRY


@pytest.mark.parametrize("status", [201, 410, 503])
@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 100\r\n\r\nbroken off",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\nno chunk",
        b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"X: " + b"x" * 1_000_000 + b"\r\n\r\n",
        b"\r\nuntil it hangs up",
    ],
)
def test_a_status_counts_whatever_comes_after_it(
    patient: Sender, service: PushService, status: int, rest: bytes
) -> None:
    raw = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 %d So\r\n" % status + rest
    assert post(patient, service, Reply(raw=raw)).status == status


def test_a_service_that_accepts_nobody_is_not_waited_for(impatient: Sender) -> None:
    """Its queue of connections is full: the next one is neither taken nor refused."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening:
        address = listening.getsockname()
        queued = [socket.socket() for _ in range(4)]
        for each in queued:
            each.setblocking(False)
            each.connect_ex(address)
        try:
            browser = Browser(f"http://127.0.0.1:{address[1]}", "/a")
            answer = impatient.send(browser.subscription, MESSAGE, NOW)
        finally:
            for each in queued:
                each.close()
    assert answer == Answer(None, problem="timed_out")


def test_a_service_that_is_not_there_is_told(patient: Sender) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    answer = patient.send(Browser(f"http://127.0.0.1:{port}", "/a").subscription, MESSAGE, NOW)
    assert answer == Answer(None, problem="unreachable")


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (b"H", Answer(None, problem="timed_out")),
        (b"HTTP/1.1 ", Answer(None, problem="timed_out")),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", Answer(None, problem="timed_out")),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\nx", Answer(201)),
        (b"HTTP/1.1 503 Busy\r\nRetry-After: 9\r\nContent-Length: 9\r\n\r\nx", Answer(503, "9")),
    ],
)
def test_a_service_that_falls_silent_is_not_waited_for(
    impatient: Sender, service: PushService, raw: bytes, answer: Answer
) -> None:
    started = time.monotonic()
    assert post(impatient, service, Reply(raw=raw, silent_seconds=20)) == answer
    assert time.monotonic() - started >= 1.9


def test_an_answer_without_end_is_not_read(patient: Sender, service: PushService) -> None:
    reply = Reply(raw=b"HTTP/1.1 201 Created\r\n\r\n", again=b"x" * 65_536)
    assert post(patient, service, reply) == Answer(201)
    assert service.bytes_again < 30_000_000  # what the machine's own buffers take, and no more


def test_a_connection_that_the_service_has_given_up_is_replaced(
    patient: Sender, service: PushService
) -> None:
    raw = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
    for _ in range(3):
        assert post(patient, service, Reply(raw=raw)) == Answer(201)
    assert (len(service.posted), service.connections) == (3, 3)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return new_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secure(certificate: Certificate) -> Iterator[PushService]:
    service = PushService(certificate.server_tls())
    yield service
    service.close()


def test_messages_go_over_tls_and_over_one_connection(
    secure: PushService, certificate: Certificate
) -> None:
    sender = Sender(KEYS, SUBJECT, HOSTS, ca_file=str(certificate.file))
    try:
        for _ in range(3):
            assert post(sender, secure, Reply()) == Answer(201)
    finally:
        sender.close()
    assert (len(secure.posted), secure.connections) == (3, 1)


def test_a_service_that_cannot_prove_who_it_is_gets_nothing(
    patient: Sender, secure: PushService
) -> None:
    assert post(patient, secure, Reply()) == Answer(None, problem="tls_failed")
    assert secure.posted == []


def test_a_certificate_for_another_name_proves_nothing(
    secure: PushService, certificate: Certificate, tmp_path: Path
) -> None:
    port = secure.host.rpartition(":")[2]
    sender = Sender(
        KEYS,
        SUBJECT,
        {f"other.clinic.test:{port}"},
        ca_file=str(certificate.file),
        addresses=[f"other.clinic.test:{port}:127.0.0.1"],
    )
    try:
        browser = Browser(f"https://other.clinic.test:{port}", "/a")
        answer = sender.send(browser.subscription, MESSAGE, NOW)
    finally:
        sender.close()
    assert answer == Answer(None, problem="tls_failed")
    assert secure.posted == []


def test_a_service_that_speaks_no_tls_is_told(patient: Sender, service: PushService) -> None:
    browser = Browser(f"https://{service.host}", "/a")
    answer = patient.send(browser.subscription, MESSAGE, NOW)
    assert answer == Answer(None, problem="tls_failed")
