"""A port that is named before its server listens stays free until then."""

import socket

import pytest

from tests.rig import ports


def test_none_is_named_twice_in_a_row() -> None:
    named = [ports.free_port() for _ in range(300)]
    assert len(set(named)) == 300


def test_one_that_is_taken_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = ports.free_port()
        monkeypatch.setattr(ports, "_ports", iter([taken.getsockname()[1], free]))
        assert ports.free_port() == free
