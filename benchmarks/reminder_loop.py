"""How late 10,000 reminders are that are due at the same second: `python -m benchmarks.reminder_loop`.

The loop with its database and its sender, as it runs in earnest, against one TLS sink; beside it
the sender alone, without a database. See benchmarks/README.md.
"""

import argparse
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import SimpleQueue
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select, text, update

from benchmarks.sink import Sink, sink
from server.push.command import clock_of
from server.push.loop import run
from server.push.payload import reminder_payload, topic
from server.push.sender import Message, Outgoing, Sender
from server.push.vapid_keys import VapidKeys, vapid_keys
from server.push.web_push import WebPush
from server.storage.db import Database
from server.storage.migrate import migrate
from server.storage.models import Reminder, ReminderDelivery
from server.storage.vault import Vault
from tests.push.crowd import add_crowd
from tests.push.stand_in import Browser
from tests.rig.postgres import running_postgres

SECRET_KEY = "not secret: of a benchmark, and long enough"  # noqa: S105
SUBJECT = "mailto:reminders@clinic.example"
PUBLIC_URL = "https://diary.clinic.example"
WINDOW = timedelta(minutes=10)
#: So long before they are due everything is in place, and the loop asleep.
AHEAD = timedelta(seconds=20)
#: Sent before that, so that connections stand and statements are compiled.
WARM_UP = 250
LONGEST_SECONDS = 300

_spawn = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Lateness:
    """From due to accepted by the push service, in seconds."""

    p50: float
    p99: float
    last: float
    cpu_us: float  #: processor time of the sending processes for one reminder
    due_cpu_us: float  #: ... of which since it was due


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--reminders", type=int, default=10_000)
    arguments.add_argument("--rounds", type=int, default=3, help="the median by p99 is printed")
    given = arguments.parse_args()
    print(table(measure(given.reminders, given.rounds), given.reminders))


def measure(reminders: int, rounds: int, skipped: Collection[str] = ()) -> dict[str, Lateness]:
    """The median round of each way.

    :param skipped: ways to leave out

    :raises AssertionError: a reminder was not sent, or not exactly once, or early
    """
    seen: dict[str, list[Lateness]] = {}
    with tempfile.TemporaryDirectory() as kept, running_postgres() as postgres:
        folder = Path(kept)
        with sink(folder, set()) as running:
            for number in range(rounds):
                sqlite = f"sqlite:///{folder}/diary-{number}.sqlite3"
                ways: dict[str, Callable[[], Lateness]] = {
                    "sender alone": lambda: _sender_alone(running, reminders),
                    "loop, SQLite": lambda: _loop(running, sqlite, reminders, 1),  # noqa: B023
                    "loop, PostgreSQL": lambda: _loop(
                        running, postgres.database_url("diary"), reminders, 1
                    ),
                    "two loops, PostgreSQL": lambda: _loop(
                        running, postgres.database_url("diary"), reminders, 2
                    ),
                }
                for name in (each for each in ways if each not in skipped):
                    seen.setdefault(name, []).append(ways[name]())
    return {
        name: sorted(rounds, key=lambda each: each.p99)[len(rounds) // 2]
        for name, rounds in seen.items()
    }


def table(measured: dict[str, Lateness], reminders: int) -> str:
    """As text: seconds of lateness, also as multiples of the sender's alone."""
    alone = measured["sender alone"]
    lines = [
        f"{reminders:,} due at one second",
        f"{'':24}{'p50 s':>8}{'p99 s':>8}{'last s':>8}{'p99 x alone':>13}{'CPU us':>8}{'since due':>11}",
    ]
    lines += [
        f"{name:24}{each.p50:8.2f}{each.p99:8.2f}{each.last:8.2f}"
        f"{each.p99 / alone.p99:13.2f}{each.cpu_us:8.0f}{each.due_cpu_us:11.0f}"
        for name, each in measured.items()
    ]
    return "\n".join(lines)


def _sender_alone(running: Sink, reminders: int) -> Lateness:
    """The messages are there already; what the database would have to do is left out."""
    keys = VapidKeys(ec.generate_private_key(ec.SECP256R1()))
    now = datetime.now(UTC)
    browser = Browser(running.origin, "/crowd")
    answers: SimpleQueue[float] = SimpleQueue()
    sender = _sender(keys, running)

    def send(count: int) -> list[float]:
        outgoing = []
        for number in range(count):
            block_id = uuid4()
            payload = reminder_payload(
                public_url=PUBLIC_URL,
                delivery_id=uuid4(),
                block_id=block_id,
                assessment_id="15min",
                closes_at=now,
                language="en",
            )
            message = Message(payload, int(WINDOW.total_seconds()), topic(block_id, "15min"))
            to = replace(browser.subscription, endpoint=f"{running.origin}/crowd/{number}")
            outgoing.append(Outgoing(to, message))
        started = time.monotonic()
        sender.send_all(outgoing, now, lambda *_: answers.put(time.monotonic()))
        return [answers.get(timeout=LONGEST_SECONDS) - started for _ in outgoing]

    send(WARM_UP)
    running.take()
    cpu = time.process_time()
    lateness = send(reminders)
    cpu = time.process_time() - cpu
    sender.close()
    assert len(running.take()) == reminders
    return _lateness(lateness, cpu, cpu)


def _loop(running: Sink, url: str, reminders: int, processes: int) -> Lateness:
    """As in earnest: everything is in the database, and the loop waits for the due time."""
    migrate(url)
    database, vault = Database(url), Vault(SECRET_KEY)
    now = datetime.now(UTC)
    tomorrow = now + timedelta(days=1)
    with database.transaction() as session:
        add_crowd(session, vault, running.origin, WARM_UP, now, now + WINDOW)
        add_crowd(session, vault, running.origin, reminders, tomorrow, tomorrow)
    if not database.is_sqlite:
        with database.transaction() as session:
            session.execute(text("ANALYZE"))  # as PostgreSQL does by itself within a minute
    vapid_keys(database, vault, now)  # made before two processes want them
    with _loops(running, url, processes) as (is_due, cpu_seconds):
        _until_sent(database, WARM_UP)
        running.take()
        due_at = datetime.now(UTC) + AHEAD
        with database.transaction() as session:
            times = {"due_at": due_at, "next_try_at": due_at, "closes_at": due_at + WINDOW}
            session.execute(
                update(Reminder).where(Reminder.state == "planned").values(**times),
                execution_options={"synchronize_session": False},
            )
        time.sleep(max(0.0, (due_at - datetime.now(UTC)).total_seconds()))
        is_due.set()
        _until_sent(database, WARM_UP + reminders)
    taken = running.take()
    topics = {head.lower().partition(b"topic: ")[2].split(b"\r\n")[0] for head, _ in taken}
    assert len(taken) == len(topics) == reminders, "one was sent twice, or not at all"
    with database.reading() as session:
        accepted = session.scalars(
            select(ReminderDelivery.accepted_at)
            .join(Reminder, Reminder.id == ReminderDelivery.reminder_id)
            .where(Reminder.due_at == due_at)
        )
        lateness = [(at - due_at).total_seconds() for at in accepted if at is not None]
    database.close()
    assert len(lateness) == reminders
    return _lateness(
        lateness, sum(all_ for all_, _ in cpu_seconds), sum(due for _, due in cpu_seconds)
    )


@contextmanager
def _loops(
    running: Sink, url: str, processes: int
) -> Iterator[tuple[Event, list[tuple[float, float]]]]:
    """So many loops, each in a process of its own; the list holds in the end what processor time
    each took, in all and since the event was set."""
    stop, is_due = _spawn.Event(), _spawn.Event()
    answers = _spawn.SimpleQueue()
    certificate = str(running.certificate)
    started = [
        _spawn.Process(target=_work, args=(url, running.origin, certificate, stop, is_due, answers))
        for _ in range(processes)
    ]
    for each in started:
        each.start()
    cpu_seconds: list[tuple[float, float]] = []
    try:
        yield is_due, cpu_seconds
        stop.set()
        for each in started:
            each.join(30)
        cpu_seconds += [answers.get() for each in started if each.exitcode == 0]
        assert len(cpu_seconds) == processes, "a loop failed"
    finally:
        for each in started:
            each.kill()


def _work(
    url: str,
    origin: str,
    certificate: str,
    stop: Event,
    is_due: Event,
    answers: "multiprocessing.SimpleQueue[tuple[float, float]]",
) -> None:
    database, vault = Database(url), Vault(SECRET_KEY)
    keys = vapid_keys(database, vault, datetime.now(UTC))
    sender = Sender(keys, SUBJECT, {origin.removeprefix("https://")}, ca_file=certificate)
    before = time.process_time()
    when_due = before

    def look() -> None:
        nonlocal when_due
        if is_due.wait(LONGEST_SECONDS):
            when_due = time.process_time()

    threading.Thread(target=look, daemon=True).start()
    run(database, WebPush(vault, sender, PUBLIC_URL), stop, clock_of(database))
    at_end = time.process_time()
    answers.put((at_end - before, at_end - when_due))
    sender.close()
    database.close()


def _sender(keys: VapidKeys, running: Sink) -> Sender:
    hosts = {running.origin.removeprefix("https://")}
    return Sender(keys, SUBJECT, hosts, ca_file=str(running.certificate))


def _until_sent(database: Database, count: int) -> None:
    sent = select(func.count()).select_from(Reminder).where(Reminder.state == "sent")
    end = time.monotonic() + LONGEST_SECONDS
    while True:
        with database.reading() as session:
            if session.scalars(sent).one() == count:
                return
        assert time.monotonic() < end, "they are not all sent"
        time.sleep(0.5)


def _lateness(seconds: list[float], cpu_seconds: float, due_cpu_seconds: float) -> Lateness:
    seconds.sort()
    assert seconds[0] >= 0, "one was sent before its time"
    count = len(seconds)
    p50, p99 = seconds[count // 2], seconds[min(count - 1, count * 99 // 100)]
    cpu_us, due_cpu_us = cpu_seconds / count * 1e6, due_cpu_seconds / count * 1e6
    return Lateness(p50, p99, seconds[-1], cpu_us, due_cpu_us)


if __name__ == "__main__":
    main()
