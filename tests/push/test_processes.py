"""Real reminder processes, side by side and killed at any moment."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from server.domain.protocol import STANDARD
from server.push.sender import Sender
from server.storage import reminders
from server.storage.db import Database
from server.storage.models import Block, Reminder
from server.storage.vault import Vault
from tests.push.scene import MINUTE, SECRET_KEY, Scene, build
from tests.push.stand_in import PushService, Reply

START_SECONDS = 30


class Processes:
    """Reminder processes on one database."""

    def __init__(self, database_url: str, log: Path) -> None:
        self._environment = {
            **os.environ,
            "BLOCK_DIARY_ENV": "development",
            "BLOCK_DIARY_DATA": str(log.parent),
            "DATABASE_URL": database_url,
            "SECRET_KEY": SECRET_KEY,
            "PUSH_EXTRA_HOSTS": "127.0.0.1",
        }
        self._log = log.open("ab")
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, lease_seconds: float) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.push.loop_process", str(lease_seconds)],
            env=self._environment,
            stdout=self._log,
            stderr=self._log,
        )
        self._running.append(process)
        return process

    def close(self) -> None:
        for each in self._running:
            each.kill()
            each.wait()
        self._log.close()


@pytest.fixture
def processes(database_url: str, tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(database_url, tmp_path / "remind.log")
    yield processes
    processes.close()


def due_now(
    count: int, database: Database, vault: Vault, service: PushService, sender: Sender
) -> list[Scene]:
    """So many patients whose 15-minute reminder is due at this moment."""
    scenes = [build(database, vault, service, sender) for _ in range(count)]
    now = datetime.now(UTC)
    with database.transaction() as session:
        for scene in scenes:
            block = session.get_one(Block, scene.block.id)
            block.performed_at = now - 15 * MINUTE
            reminders.plan(session, block, STANDARD, now)
    return scenes


def unsent(database: Database) -> int:
    with database.reading() as session:
        waiting = (
            select(func.count())
            .select_from(Reminder)
            .where(Reminder.assessment_id == "15min", Reminder.state != "sent")
        )
        return session.scalars(waiting).one()


def until(reached: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_SECONDS
    while not reached():
        assert process.poll() is None, "the reminder process ended by itself"
        assert time.monotonic() < end, "it did not get there"
        time.sleep(0.01)


def test_a_loop_that_is_killed_again_and_again_loses_no_reminder(
    processes: Processes,
    database: Database,
    vault: Vault,
    service: PushService,
    sender: Sender,
) -> None:
    scenes = due_now(40, database, vault, service, sender)
    for scene in scenes:
        service.always(scene.browser.path, Reply(delay_seconds=0.05))
    kills = 5
    for _ in range(kills):
        before, more = len(service.posted), random.randint(1, 6)
        process = processes.start(lease_seconds=1)
        until(lambda: len(service.posted) >= before + more, process)  # noqa: B023
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert unsent(database) > 0, "it was never killed half-way"
    process = processes.start(lease_seconds=30)
    until(lambda: unsent(database) == 0, process)
    process.terminate()
    assert process.wait(10) == 0

    sent = [service.at(scene.browser.path) for scene in scenes]
    assert min(len(each) for each in sent) == 1
    # a kill repeats at most what was under way; a repeat has the tag of the first
    assert sum(len(each) - 1 for each in sent) <= kills * 8
    for scene, posted in zip(scenes, sent, strict=True):
        assert len({scene.browser.decrypt(each)["notification"]["tag"] for each in posted}) == 1


def test_two_processes_at_once_send_each_reminder_exactly_once(
    processes: Processes,
    database: Database,
    vault: Vault,
    service: PushService,
    sender: Sender,
) -> None:
    first, second = processes.start(lease_seconds=60), processes.start(lease_seconds=60)
    scenes = due_now(60, database, vault, service, sender)
    until(lambda: unsent(database) == 0, first)
    for process in (first, second):
        process.terminate()
        assert process.wait(10) == 0
    assert [len(service.at(scene.browser.path)) for scene in scenes] == [1] * 60
