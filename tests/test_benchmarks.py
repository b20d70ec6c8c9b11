"""The benchmarks still run, and check what they measure."""

import uuid

import pytest

from benchmarks import sender
from benchmarks.sink import Taken
from benchmarks.ways import WAYS
from tests.push.stand_in import Browser


def test_every_way_of_sending_is_measured_and_its_messages_can_be_read() -> None:
    measured = sender.measure(messages=20, rounds=1)
    assert list(measured) == list(WAYS)
    assert all(each.per_second > 0 and each.cpu_us > 0 for each in measured.values())
    assert len(sender.table(measured).splitlines()) == 1 + len(WAYS)


def test_a_way_that_loses_or_garbles_a_message_is_not_measured() -> None:
    browser, ids = Browser("https://127.0.0.1", "/m/0"), {"/m/0": uuid.uuid4()}
    nothing: list[Taken] = []
    with pytest.raises(AssertionError, match="0 messages arrived of 1"):
        sender.check(nothing, {"/m/0": browser}, ids, "https://127.0.0.1")
    head = b"POST /m/0 HTTP/1.1\r\nttl: 1800\r\ncontent-encoding: aes128gcm"
    with pytest.raises(Exception, match=r"."):
        sender.check([(head, b"x" * 200)], {"/m/0": browser}, ids, "https://127.0.0.1")
