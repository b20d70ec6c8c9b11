"""Real reminder processes, side by side, killed at any moment, on hosts whose clocks differ."""

import json
import os
import random
import select as io
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select

from server.storage.db import Database
from server.storage.models import Block, Reminder
from server.storage.vault import Vault
from tests.push.crowd import add_crowd
from tests.push.quick_service import Arrival, QuickService
from tests.push.scene import MINUTE, SECRET_KEY

SECONDS = 250
"""For whatever is waited for: a slow machine may take long, but it gets there."""
ROUNDS = 200
SECOND = timedelta(seconds=1)


class Processes:
    """Reminder processes on one database."""

    def __init__(self, database_url: str, service: QuickService, folder: Path) -> None:
        self.log = folder / "remind.log"
        environment = {
            **os.environ,
            "BLOCK_DIARY_ENV": "development",
            "BLOCK_DIARY_DATA": str(folder),
            "DATABASE_URL": database_url,
            "SECRET_KEY": SECRET_KEY,
            "PUSH_EXTRA_HOSTS": service.host,
        }
        with self.log.open("ab") as log:
            self._parent = subprocess.Popen(
                [sys.executable, "-m", "tests.push.loop_process"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._running: set[int] = set()

    def warm(self) -> int:
        """Spare later ones the start-up; how many reminders were sent meanwhile."""
        return self._ask("warm")

    def start(self, **how: float) -> int:
        """One more, as `loop_process` says; its process id."""
        process = self._ask(f"start {json.dumps(how)}")
        self._running.add(process)
        return process

    def end(self, process: int, how: signal.Signals) -> int:
        """How it ended: an exit code, or minus a signal."""
        os.kill(process, how)
        code = self._ask(f"wait {process}")
        self._running.discard(process)
        return code

    def close(self) -> None:
        for each in self._running:
            os.kill(each, signal.SIGKILL)
        self._parent.kill()
        self._parent.communicate(timeout=SECONDS)

    def _ask(self, line: str) -> int:
        assert self._parent.stdin and self._parent.stdout
        self._parent.stdin.write(line + "\n")
        self._parent.stdin.flush()
        ready, _, _ = io.select([self._parent.stdout], [], [], SECONDS)
        assert ready, f"no answer to {line!r}: {self.log.read_text()[-2000:]}"
        return int(self._parent.stdout.readline())


@pytest.fixture
def quick() -> Iterator[QuickService]:
    quick = QuickService()
    yield quick
    quick.close()


@pytest.fixture
def processes(database_url: str, quick: QuickService, tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(database_url, quick, tmp_path)
    yield processes
    processes.close()


def states(database: Database) -> Counter[str]:
    """How many reminders are in each state."""
    with database.reading() as session:
        rows = session.execute(
            select(Reminder.state, func.count().label("many")).group_by(Reminder.state)
        )
        return Counter({row.state: row.many for row in rows})


def until(reached: Callable[[], bool], pause_seconds: float = 0.005) -> None:
    end = time.monotonic() + SECONDS
    while not reached():
        assert time.monotonic() < end, "it did not get there"
        time.sleep(pause_seconds)


def senders(arrived: list[Arrival]) -> set[str]:
    """Each process signs a token of its own, and uses it for all that it sends."""
    return {each.headers["authorization"] for each in arrived}


@pytest.mark.timeout(600)
def test_a_loop_that_is_killed_at_any_moment_loses_no_reminder_and_repeats_only_what_it_must(
    processes: Processes, database: Database, vault: Vault, quick: QuickService
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    quick.delay_seconds = 0.003
    now = datetime.now(UTC)
    with database.transaction() as session:
        browser = add_crowd(session, vault, quick.origin, 1, now, now + 10 * MINUTE)
        block = session.scalars(select(Block)).one()

    def add_due(count: int) -> None:
        now = datetime.now(UTC)
        kept = {"clinic_id": block.clinic_id, "block_id": block.id, "attempt": "prompt"}
        kept |= {"closes_at": now + 10 * MINUTE}
        rows = []
        for number in range(count):  # the later ones may be ready, but not due, when it is killed
            due_at = now + number * SECOND / 50
            times = {"due_at": due_at, "next_try_at": due_at}
            rows.append({**kept, **times, "assessment_id": uuid4().hex})
        with database.transaction() as session:
            session.connection().execute(
                insert(Reminder), [{**r, "state": "planned"} for r in rows]
            )

    assert processes.warm() == 1
    for _ in range(ROUNDS):
        add_due(3)
        before = len(quick.arrived)
        process = processes.start(lease_seconds=2, batch=2)
        if dice.random() < 0.8:  # else while it starts
            until(lambda: len(quick.arrived) > before)  # noqa: B023
        time.sleep(dice.uniform(0, 0.03))
        assert processes.end(process, signal.SIGKILL) == -signal.SIGKILL
    process = processes.start()
    until(lambda: set(states(database)) == {"sent"}, pause_seconds=0.2)
    processes.end(process, signal.SIGKILL)

    posts: dict[str, list[Arrival]] = {}
    for each in quick.arrived:
        posts.setdefault(each.headers["topic"], []).append(each)
    assert len(posts) == 1 + 3 * ROUNDS == states(database)["sent"]
    repeated = [each for each in posts.values() if len(each) > 1]
    assert repeated, "it was never killed between sending and recording"
    for arrivals in repeated:
        assert len(senders(arrivals)) == len(arrivals), "one process sent the same twice"
        tags = {browser.decrypt(each)["notification"]["tag"] for each in arrivals}
        assert len(tags) == 1, "the phone cannot tell that it is a repeat"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_four_processes_send_each_of_20000_reminders_exactly_once(
    processes: Processes, database: Database, vault: Vault, quick: QuickService
) -> None:
    now = datetime.now(UTC)
    assessments = [f"a{number}" for number in range(10)]
    with database.transaction() as session:
        add_crowd(session, vault, quick.origin, 2_000, now, now + 20 * MINUTE, assessments)
    running = [processes.start() for _ in range(4)]
    until(lambda: states(database) == {"sent": 20_000}, pause_seconds=0.3)
    for process in running:
        assert processes.end(process, signal.SIGTERM) == 0
    assert len(quick.arrived) == 20_000
    assert len(set(quick.topics())) == 20_000
    assert len(senders(quick.arrived)) == 4, "not all of them took part"


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_hosts_whose_clocks_are_3_min_off_send_each_reminder_once_and_in_its_window(
    processes: Processes, database: Database, vault: Vault, quick: QuickService
) -> None:
    quick.delay_seconds = 0.5  # so that both work while the other's leases run
    for ahead in (180, -180):
        processes.start(lease_seconds=25, batch=10, clock_ahead_seconds=ahead)
    until(lambda: processes.log.read_text().count("reminder_loop_started") == 2)
    due_at = datetime.now(UTC) + 2 * SECOND
    closes_at = due_at + 150 * SECOND  # for the one that is behind they are not due by then
    with database.transaction() as session:
        add_crowd(session, vault, quick.origin, 200, due_at, closes_at)
    until(lambda: states(database)["planned"] == 0, pause_seconds=0.1)
    assert states(database) == {"sent": 200}, "some expired"
    assert sorted(quick.topics()) == sorted(set(quick.topics()))
    assert len(quick.arrived) == 200
    assert min(each.at for each in quick.arrived) >= due_at
    assert len(senders(quick.arrived)) == 2, "one of them did all"
