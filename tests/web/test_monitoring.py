"""What a monitor is told: health below, at and above its minute, and counts for the token alone."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from server import create_app, metrics
from server.config import Config
from server.domain.protocol import STANDARD
from server.storage import loops, reminders
from server.storage.db import Database
from server.storage.models import Block, ReminderLoop
from tests.builders import NOON, TestClock, World

TOKEN = "a token for the monitor alone"
SECOND = timedelta(seconds=1)
#: When the first reminder of a block done at NOON is due.
DUE = NOON + timedelta(minutes=15)


def beat(database: Database, at: object, loop_id: UUID | None = None, counts: object = ()) -> None:
    with database.transaction() as session:
        loops.beat(session, loop_id or uuid4(), list(counts), at)


def plan(database: Database, world: World) -> None:
    with database.transaction() as session:
        block = session.get_one(Block, world.block.id)
        block.performed_at = NOON
        reminders.plan(session, block, STANDARD, NOON)


def health(app: Flask) -> tuple[int, str]:
    answer = app.test_client().get("/healthz/reminders")
    assert answer.json is not None
    return answer.status_code, answer.json["status"]


@pytest.mark.parametrize(("silent", "status"), [(59, 200), (60, 200), (61, 503)])
def test_health_fails_when_no_loop_was_heard_of_for_more_than_a_minute(
    app: Flask, clock: TestClock, database: Database, silent: int, status: int
) -> None:
    beat(database, NOON - timedelta(hours=1))
    beat(database, NOON)
    clock.now = NOON + silent * SECOND
    assert health(app)[0] == status


def test_health_fails_until_a_first_loop_is_heard_of(app: Flask, database: Database) -> None:
    assert health(app)[0] == 503
    beat(database, NOON)
    assert health(app) == (200, "ok")


@pytest.mark.parametrize(("late", "status"), [(59, 200), (60, 200), (61, 503)])
def test_health_fails_when_a_reminder_is_more_than_a_minute_late(
    app: Flask, clock: TestClock, database: Database, world: World, late: int, status: int
) -> None:
    plan(database, world)
    clock.now = DUE + late * SECOND
    beat(database, clock.now)
    assert health(app)[0] == status


def test_a_reminder_in_a_workers_hands_is_not_late(
    app: Flask, clock: TestClock, database: Database, world: World
) -> None:
    from server.storage import reminder_queue

    plan(database, world)
    clock.now = DUE + 90 * SECOND
    with database.transaction() as session:
        reminder_queue.claim_due(session, clock.now, 10, timedelta(minutes=2))
    beat(database, clock.now)
    assert health(app) == (200, "ok")


def test_a_late_reminder_does_not_restart_the_server(
    app: Flask, clock: TestClock, database: Database, world: World
) -> None:
    plan(database, world)
    clock.now = DUE + timedelta(hours=1)
    assert health(app)[0] == 503
    assert app.test_client().get("/healthz").status_code == 200


def test_without_a_token_there_are_no_metrics(app: Flask) -> None:
    assert app.test_client().get("/metrics").status_code == 404


@pytest.fixture
def watched(config: Config, clock: TestClock) -> object:
    made = create_app(replace(config, metrics_token=TOKEN), clock)
    yield made
    made.extensions["block_diary"].database.close()


def test_metrics_are_for_the_token_alone(watched: Flask) -> None:
    for authorization in ("", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
        answer = watched.test_client().get("/metrics", headers={"Authorization": authorization})
        assert answer.status_code == 401
        assert "block_diary" not in answer.text
    assert watched.test_client().get("/metrics").status_code == 401
    assert scrape(watched)


def scrape(app: Flask) -> dict[str, float]:
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return samples(answer.text)


def samples(text: str) -> dict[str, float]:
    """By name and labels, as a monitor parses them; the loops' counts added up."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            labels = {name: each for name, each in sample.labels.items() if name != "loop"}
            name = sample.name + "".join(f" {key}={each}" for key, each in sorted(labels.items()))
            found[name] = found.get(name, 0) + sample.value
    return found


def test_a_scrape_tells_the_queue_as_it_is(
    watched: Flask, clock: TestClock, database: Database, world: World
) -> None:
    assert scrape(watched)["block_diary_reminders_planned"] == 0
    plan(database, world)
    clock.now = DUE + 7 * SECOND
    beat(database, clock.now - 3 * SECOND)
    found = scrape(watched)
    assert found["block_diary_reminders_due"] == 1
    assert found["block_diary_reminders_planned"] > 5
    assert found["block_diary_oldest_due_seconds"] == 7
    assert found["block_diary_loop_silent_seconds"] == 3


def test_a_scrape_adds_up_all_processes(watched: Flask, database: Database) -> None:
    name = "block_diary_reminder_messages_sent_total"
    service = {"push_service": "https://push.example.org"}
    for sent in (3, 4):
        beat(database, NOON, counts=[[name, service, sent], ["of_another_version", {}, 1]])
    found = scrape(watched)
    assert found[f"{name} push_service=https://push.example.org"] == 7
    assert not [each for each in found if "another_version" in each]


def test_the_next_beat_of_a_loop_takes_the_place_of_its_last(database: Database) -> None:
    one = uuid4()
    beat(database, NOON, one, [["x", {}, 1]])
    beat(database, NOON + SECOND, one, [["x", {}, 2]])
    with database.reading() as session:
        assert list(loops.counts(session).values()) == [[["x", {}, 2]]]
        assert loops.last_beat_at(session) == NOON + SECOND


@pytest.mark.parametrize(("hours", "kept"), [(23, 2), (24, 2), (25, 1)])
def test_a_loop_that_ended_a_day_ago_is_forgotten(
    database: Database, hours: int, kept: int
) -> None:
    beat(database, NOON)
    beat(database, NOON + timedelta(hours=hours))
    with database.reading() as session:
        assert session.query(ReminderLoop).count() == kept


def test_what_is_counted_comes_out_as_it_went_in() -> None:
    def now() -> dict[str, float]:
        queue = metrics.Queue(0, 0, timedelta(0), None)
        return samples(metrics.exposition({"one": metrics.counts()}, queue).decode())

    before = now()
    metrics.claimed(3, 1)
    metrics.taken("https://push.example.org", timedelta(seconds=3))
    metrics.taken("https://push.example.org", timedelta(seconds=-1))
    metrics.not_taken("email", "deferred")
    metrics.receipt()
    gained = {name: value - before.get(name, 0) for name, value in now().items()}
    assert {name: value for name, value in gained.items() if value and "bucket" not in name} == {
        "block_diary_reminders_claimed_total": 3,
        "block_diary_reminders_expired_total": 1,
        "block_diary_reminder_messages_sent_total push_service=https://push.example.org": 2,
        "block_diary_reminder_messages_failed_total push_service=email reason=deferred": 1,
        "block_diary_reminder_lateness_seconds_count": 2,
        "block_diary_reminder_lateness_seconds_sum": 3,
        "block_diary_reminder_receipts_total": 1,
    }
    bucket = "block_diary_reminder_lateness_seconds_bucket le="
    assert (gained[f"{bucket}2.0"], gained[f"{bucket}4.0"], gained[f"{bucket}+Inf"]) == (1, 2, 2)
