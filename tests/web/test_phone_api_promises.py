"""Promises 1 and 2 of the sync: exactly once under any loss and repetition, and on disk."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from server.storage import models
from server.storage.db import Database
from server.storage.vault import Vault
from tests.builders import NOON, SECRET_KEY, Phone, World, an_entry, new_world, stamp
from tests.rig.ports import free_port

IDS = st.integers(min_value=1, max_value=12)
#: A phone's attempt: which of its entries, in which order, and whether the answer was lost.
ATTEMPTS = st.lists(st.tuples(st.lists(IDS, max_size=8), st.booleans()), max_size=6)


@given(attempts=ATTEMPTS)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_is_lost_or_sent_again_the_server_has_each_entry_exactly_once(
    phone: Phone, database: Database, world: World, attempts: list[tuple[list[int], bool]]
) -> None:
    with database.transaction() as session:
        session.execute(delete(models.DiaryEntry))
    entries = {
        number: an_entry(
            world.block.id,
            NOON + timedelta(minutes=number),
            id=str(UUID(int=number)),
            scores={"main": number % 11},
        )
        for number in range(1, 13)
    }
    sent: set[int] = set()
    acknowledged: set[int] = set()
    for numbers, answer_is_lost in attempts:
        outcomes = phone.outcomes(*(entries[number] for number in numbers))
        fresh = set(numbers) - sent
        assert outcomes.count("stored") == len(fresh)
        assert outcomes.count("duplicate") == len(numbers) - len(fresh)
        sent |= set(numbers)
        if not answer_is_lost:
            acknowledged |= set(numbers)
    waiting = sorted(set(entries) - acknowledged)
    outcomes = phone.outcomes(*(entries[number] for number in waiting))
    assert outcomes == ["duplicate" if number in sent else "stored" for number in waiting]
    given_back = phone.sync()["state"]["entries"]
    assert [each["entry"]["id"] for each in given_back] == [
        entries[number]["id"] for number in sorted(entries)
    ]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(models.DiaryEntry)) == 12
        assert session.scalar(select(func.count()).select_from(models.EntryConflict)) == 0


class RealServer:
    """The app served by its own command, in processes of its own."""

    def __init__(self, database_url: str, data: Path) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.cookie = ""
        environment = os.environ | {
            "BLOCK_DIARY_ENV": "development",
            "BLOCK_DIARY_DATA": str(data),
            "DATABASE_URL": database_url,
            "SECRET_KEY": SECRET_KEY,
            "PUBLIC_URL": self.origin,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "serve"],
            env=environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the server ended"
            try:
                urllib.request.urlopen(f"{self.origin}/healthz", timeout=20).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def post(self, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            f"{self.origin}/api/phone/{path}",
            data=json.dumps(body).encode(),
            headers={
                "Origin": self.origin,
                "Content-Type": "application/json",
                "Cookie": self.cookie,
            },
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            self.cookie = response.headers["Set-Cookie"].split(";")[0]
            return json.load(response)

    def kill(self) -> None:
        """SIGKILL to every process of the server at once."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[str], RealServer]]:
    servers: list[RealServer] = []

    def start(database_url: str) -> RealServer:
        servers.append(RealServer(database_url, tmp_path / "served"))
        servers[-1].wait_until_it_answers()
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


def test_an_acknowledged_entry_survives_the_server_being_killed(
    serve: Callable[[str], RealServer], database_url: str, database: Database
) -> None:
    now = datetime.now(UTC)
    with database.transaction() as session:
        world = new_world(session, Vault(SECRET_KEY), now=now)
    entries = [an_entry(world.block.id, now + timedelta(seconds=number)) for number in range(20)]
    server = serve(database_url)
    server.post("redeem", {"token": world.invited.token, "consented": True})
    acknowledged = []
    for entry in entries:
        answer = server.post("sync", {"sent_at": stamp(datetime.now(UTC)), "items": [entry]})
        acknowledged.append(answer["results"][0]["outcome"])
    server.kill()
    assert acknowledged == ["stored"] * 20

    again = serve(database_url)
    again.cookie = server.cookie
    answer = again.post("sync", {"sent_at": stamp(datetime.now(UTC)), "items": entries})
    assert [result["outcome"] for result in answer["results"]] == ["duplicate"] * 20
    assert len(answer["state"]["entries"]) == 20
