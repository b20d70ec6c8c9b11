"""What the reminder loop promises: never early, never late, never twice, never for nothing."""

import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text, update

from server.domain.protocol import STANDARD
from server.push import loop, outbox, web_push
from server.push.channel import running_from
from server.push.loop import run
from server.push.outbox import LEASE
from server.push.payload import topic
from server.push.sender import Message, Sender
from server.push.vapid_keys import VapidKeys
from server.push.web_push import WebPush
from server.storage import deliveries, delivery_results, reminder_queue, reminders, subscriptions
from server.storage.db import Database
from server.storage.models import Block, Device, Enrolment, Reminder, Subscription
from server.storage.subscriptions import BrowserSubscription
from server.storage.vault import Vault
from tests.push.scene import (
    CLOSES_15,
    DUE_15,
    HOUR,
    MINUTE,
    PUBLIC_URL,
    SUBJECT,
    T0,
    Scene,
    add_block,
    add_clinic,
    add_device,
    add_patient,
    build,
)
from tests.push.stand_in import PushService, Reply

SECOND = timedelta(seconds=1)


class Hands:
    """A clock that runs from an instant on, and a loop that is stopped once something was seen."""

    def __init__(self, scene: Scene, now: datetime, sender: Sender | None = None) -> None:
        self.stop = threading.Event()
        self.clock = running_from(now)
        channel = WebPush(scene.vault, sender or scene.sender, PUBLIC_URL)
        arguments = (scene.database, channel, self.stop, self.clock)
        self.thread = threading.Thread(target=run, args=arguments)

    def __enter__(self) -> "Hands":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(60)
        assert not self.thread.is_alive()


def eventually(seen: object, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


@pytest.mark.usefixtures("still")
def test_a_due_reminder_reaches_the_phone_encrypted_and_says_nothing_of_health(
    scene: Scene, keys: VapidKeys
) -> None:
    result = scene.tick(DUE_15)

    assert (result.claimed, result.accepted, result.failed, result.more) == (1, 1, 0, False)
    (posted,) = scene.service.posted
    assert scene.browser.decrypt(posted) == {
        "web_push": 8030,
        "notification": {
            "title": "Diary",
            "body": "Time for your entry.",
            "lang": "en",
            "dir": "ltr",
            "navigate": f"{PUBLIC_URL}/",
            "tag": str(scene.delivery().id),
            "data": {
                "delivery": str(scene.delivery().id),
                "block": str(scene.block.id),
                "assessment": "15min",
                "closes_at": "2026-11-23T09:22:30Z",
                "snooze": True,
            },
        },
        "mutable": True,
    }
    assert posted.headers["urgency"] == "high"
    assert 440 <= int(posted.headers["ttl"]) <= 450  # until 9:22:30
    assert posted.headers["topic"] == topic(scene.block.id, "15min")
    assert posted.key == keys.application_server_key
    assert posted.claims["aud"] == scene.service.origin
    assert posted.claims["sub"] == SUBJECT
    life = datetime.fromtimestamp(posted.claims["exp"], T0.tzinfo) - DUE_15
    assert timedelta(0) < life <= timedelta(hours=24)


def test_a_reminder_that_was_accepted_is_sent_and_says_when(scene: Scene) -> None:
    scene.tick(DUE_15)
    assert scene.reminder().state == "sent"
    sent_at = scene.reminder().sent_at
    assert sent_at is not None and DUE_15 <= sent_at < DUE_15 + 10 * SECOND
    assert scene.delivery().accepted_at == sent_at
    assert (scene.delivery().failure, scene.delivery().tries) == (None, 1)


def test_nothing_is_sent_before_its_time(scene: Scene) -> None:
    assert scene.tick(DUE_15 - timedelta(microseconds=1)).claimed == 0
    assert scene.posts() == 0
    scene.tick(DUE_15)
    assert scene.posts() == 1


def test_nothing_is_sent_twice(scene: Scene) -> None:
    for now in (DUE_15, DUE_15 + SECOND, DUE_15 + LEASE, CLOSES_15 - SECOND, CLOSES_15):
        scene.tick(now)
    assert scene.posts() == 1


@pytest.mark.usefixtures("still")
def test_the_last_second_of_the_window_still_rings_and_its_end_does_not(
    scene: Scene, database: Database, vault: Vault, service: PushService, sender: Sender
) -> None:
    scene.tick(CLOSES_15 - 2 * SECOND)
    assert scene.posts() == 1
    assert 1 <= int(scene.service.posted[0].headers["ttl"]) <= 2

    other = build(database, vault, service, sender)
    assert other.tick(CLOSES_15).expired == 1
    assert (other.posts(), other.reminder().state) == (1, "expired")
    other.tick(CLOSES_15 + SECOND)
    assert other.posts() == 1


def test_each_assessment_rings_once_at_its_own_time(scene: Scene) -> None:
    now = T0
    while now < T0 + timedelta(hours=82):
        scene.tick(now)
        now += 15 * MINUTE
    asked = [scene.browser.decrypt(each)["notification"]["data"] for each in scene.service.posted]
    # the one after 12 hours, at 21:00, comes before the quiet hours begin
    assert [each["assessment"] for each in asked] == [
        *("15min", "30min", "1h", "2h", "3h", "4h", "5h", "6h", "7h", "8h", "12h"),
        *("day1", "day2", "day3"),
    ]
    assert len({each.headers["topic"] for each in scene.service.posted}) == 14


def test_an_answered_assessment_is_not_asked_for(scene: Scene) -> None:
    scene.settle("15min")
    assert scene.tick(DUE_15).claimed == 0
    assert (scene.posts(), scene.reminder().state) == (0, "answered")


def test_an_answer_that_is_withdrawn_is_asked_for_again(scene: Scene) -> None:
    scene.settle("15min")
    scene.settle()
    scene.tick(DUE_15)
    assert (scene.posts(), scene.reminder().state) == (1, "sent")


def test_an_answer_between_claim_and_send_is_noticed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = reminder_queue.wanted

    def after_the_answer(*arguments: object) -> object:
        assert len(scene.deliveries()) == 1  # it had been claimed, and planned for one phone
        scene.settle("15min")
        return wanted(*arguments)

    monkeypatch.setattr(reminder_queue, "wanted", after_the_answer)
    assert scene.tick(DUE_15).accepted == 0
    assert (scene.posts(), scene.reminder().state) == (0, "answered")


def test_an_answer_after_the_first_phone_rang_spares_the_second_its_next_try(scene: Scene) -> None:
    _, second = scene.add_phone("/second", now=T0 + MINUTE)
    scene.service.will(second.path, Reply(503, meanwhile=lambda: scene.settle("15min")))
    for minutes in range(7):
        scene.tick(DUE_15 + minutes * MINUTE)
    assert len(scene.service.at(scene.browser.path)) == 1
    assert len(scene.service.at(second.path)) == 1


def test_every_phone_of_the_patient_rings(scene: Scene) -> None:
    _, second = scene.add_phone("/second")
    assert scene.tick(DUE_15).accepted == 2
    assert {each.path for each in scene.service.posted} == {scene.browser.path, second.path}
    assert len(scene.deliveries()) == 2


def test_a_second_phone_that_was_busy_is_tried_again_and_the_first_left_alone(
    scene: Scene,
) -> None:
    _, second = scene.add_phone("/second")
    scene.service.will(second.path, Reply(503))
    result = scene.tick(DUE_15)
    assert (result.accepted, result.failed, scene.reminder().state) == (1, 1, "sent")
    scene.tick(DUE_15 + MINUTE)
    assert len(scene.service.at(second.path)) == 2
    assert len(scene.service.at(scene.browser.path)) == 1


@pytest.mark.parametrize("who", ["device", "enrolment"])
def test_a_revoked_phone_rings_no_more(scene: Scene, who: str) -> None:
    table = {"device": Device, "enrolment": Enrolment}[who]
    with scene.database.transaction() as session:
        session.execute(update(table).values(revoked_at=T0))
    assert scene.tick(DUE_15).accepted == 0
    assert scene.posts() == 0


def test_a_reminder_without_a_phone_waits_without_being_claimed_again_and_again(
    scene: Scene,
) -> None:
    with scene.database.transaction() as session:
        subscriptions.unsubscribe(session, scene.device, T0)
    assert scene.tick(DUE_15).claimed == 1
    for seconds in range(1, 60):
        assert scene.tick(DUE_15 + seconds * SECOND).claimed == 0
    assert scene.reminder().state == "planned"
    assert scene.tick(CLOSES_15).expired == 1


def test_a_phone_that_subscribes_inside_the_window_rings_at_once(scene: Scene) -> None:
    with scene.database.transaction() as session:
        subscriptions.unsubscribe(session, scene.device, T0)
    scene.tick(DUE_15)
    _, browser = scene.add_phone("/late", now=DUE_15 + MINUTE)
    scene.tick(DUE_15 + MINUTE)
    assert len(scene.service.at(browser.path)) == 1
    assert scene.reminder().state == "sent"


@pytest.mark.parametrize("seconds", [-30, 30])
def test_a_phone_that_subscribes_at_a_server_whose_clock_is_off_rings_at_once(
    scene: Scene, seconds: int
) -> None:
    with scene.database.transaction() as session:
        subscriptions.unsubscribe(session, scene.device, T0)
    scene.tick(DUE_15)
    scene.add_phone("/late", now=DUE_15 + seconds * SECOND)
    assert scene.tick(DUE_15 + SECOND).accepted == 1


def test_a_phone_that_subscribes_after_the_window_does_not_ring_for_it(scene: Scene) -> None:
    with scene.database.transaction() as session:
        subscriptions.unsubscribe(session, scene.device, T0)
    scene.tick(DUE_15)
    scene.add_phone("/late", now=CLOSES_15)
    scene.tick(CLOSES_15)
    assert (scene.posts(), scene.reminder().state) == (0, "expired")


def test_two_clinics_patients_ring_on_their_own_phones_only(
    scene: Scene, database: Database, vault: Vault, service: PushService, sender: Sender
) -> None:
    other = build(database, vault, service, sender)
    assert scene.tick(DUE_15).accepted == 2
    for each in (scene, other):
        (posted,) = service.at(each.browser.path)
        assert each.browser.decrypt(posted)["notification"]["data"]["block"] == str(each.block.id)


# ---- t0 moves, the block is cancelled ----


def test_a_corrected_block_time_moves_what_is_unsent(scene: Scene) -> None:
    scene.replan(T0, performed_at=T0 + HOUR)
    assert scene.tick(DUE_15).claimed == 0
    scene.tick(DUE_15 + HOUR)
    assert scene.posts() == 1
    assert scene.reminder().due_at == DUE_15 + HOUR


def test_what_was_sent_is_not_sent_again_after_a_correction(scene: Scene) -> None:
    scene.tick(DUE_15)
    scene.replan(DUE_15, performed_at=T0 + HOUR)
    scene.tick(DUE_15 + HOUR)
    assert (scene.posts(), scene.reminder().state) == (1, "sent")


def test_a_time_that_moves_between_claim_and_send_is_noticed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = reminder_queue.wanted

    def after_the_move(*arguments: object) -> object:
        scene.replan(DUE_15, performed_at=T0 + HOUR)
        return wanted(*arguments)

    monkeypatch.setattr(reminder_queue, "wanted", after_the_move)
    scene.tick(DUE_15)
    assert (scene.posts(), scene.reminder().state) == (0, "planned")
    monkeypatch.undo()
    scene.tick(DUE_15 + HOUR)
    assert scene.posts() == 1


def test_a_cancelled_block_rings_no_more(scene: Scene) -> None:
    scene.replan(T0, cancelled_at=T0)
    scene.tick(DUE_15)
    assert (scene.posts(), scene.reminder().state) == (0, "cancelled")


def test_a_start_that_is_rolled_back_leaves_no_reminder(scene: Scene) -> None:
    class PowerCut(Exception):
        pass

    with pytest.raises(PowerCut), scene.database.transaction() as session:
        block = add_block(session, add_patient(session, add_clinic(session)))
        reminders.plan(session, block, STANDARD, T0)
        assert session.scalars(select(Reminder).where(Reminder.block_id == block.id)).first()
        raise PowerCut
    with scene.database.reading() as session:
        assert session.scalars(select(Reminder.block_id).distinct()).all() == [scene.block.id]


# ---- summer time ----

DAILY_AT_18 = {
    # zone, t0 on the day before the clocks change, and 18:00 there on the day after it
    "London, spring": ("Europe/London", "2027-03-27T10:00Z", "2027-03-28T17:00Z"),
    "London, autumn": ("Europe/London", "2026-10-24T09:00Z", "2026-10-25T18:00Z"),
    "New York, spring": ("America/New_York", "2027-03-13T15:00Z", "2027-03-14T22:00Z"),
    "Sydney, spring": ("Australia/Sydney", "2026-10-03T00:00Z", "2026-10-04T07:00Z"),
    "Sydney, autumn": ("Australia/Sydney", "2027-04-02T23:00Z", "2027-04-04T08:00Z"),
}


@pytest.mark.parametrize("change", DAILY_AT_18)
def test_a_daily_one_rings_at_the_patients_own_time_after_the_clocks_change(
    scene: Scene, change: str
) -> None:
    zone, performed_at, due_at = DAILY_AT_18[change]
    due = datetime.fromisoformat(due_at)
    assert due.astimezone(ZoneInfo(zone)).hour == 18
    t0 = datetime.fromisoformat(performed_at)
    scene.replan(t0, performed_at=t0, timezone=zone)
    scene.tick(due - MINUTE)  # the day before has expired by then
    assert scene.tick(due - SECOND).claimed == 0
    assert scene.tick(due).accepted == 1
    (posted,) = scene.service.posted
    assert scene.browser.decrypt(posted)["notification"]["data"]["assessment"] == "day1"


# ---- what the push service answers ----


def test_a_subscription_that_has_ended_is_retired_and_not_called_again(scene: Scene) -> None:
    for status in (404, 410):
        _, browser = scene.add_phone(f"/gone/{status}")
        scene.service.always(browser.path, Reply(status))
    scene.tick(DUE_15)
    scene.tick(T0 + 30 * MINUTE)
    assert len(scene.service.at("/gone/404")) == len(scene.service.at("/gone/410")) == 1
    assert len(scene.service.at(scene.browser.path)) == 2
    retired = [each for each in scene.deliveries() if each.failure == "gone"]
    assert len(retired) == 2
    for each in retired:
        assert scene.subscription(each.subscription_id).retired_because == "gone"
    with scene.database.reading() as session:
        live = select(Subscription).where(Subscription.retired_at.is_(None))
        assert len(session.scalars(live).all()) == 1


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, "status_400"),
        (401, "refused"),
        (403, "refused"),
        (413, "too_large"),
        (302, "redirected"),
        (307, "redirected"),
        (204, "status_204"),
        (418, "status_418"),
    ],
)
def test_a_final_no_is_recorded_and_not_repeated(
    scene: Scene, caplog: pytest.LogCaptureFixture, status: int, failure: str
) -> None:
    scene.service.always(scene.browser.path, Reply(status, {"Location": "/elsewhere"}))
    for minutes in range(9):
        scene.tick(DUE_15 + minutes * MINUTE)
    assert scene.posts() == 1  # neither repeated nor redirected
    assert scene.delivery().failure == failure
    assert scene.subscription(scene.delivery().subscription_id).retired_at is None
    assert scene.reminder().state == "expired"
    alerts = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert len(alerts) == (1 if status in (401, 403) else 0)


@pytest.mark.parametrize("status", [429, 406, 503])
def test_a_service_that_names_a_time_is_left_alone_until_then(scene: Scene, status: int) -> None:
    scene.service.will(scene.browser.path, Reply(status, {"Retry-After": "120"}))
    scene.tick(DUE_15)
    scene.tick(DUE_15 + 119 * SECOND)
    assert (scene.posts(), scene.reminder().state) == (1, "planned")
    scene.tick(DUE_15 + 155 * SECOND)  # 120 s, up to a quarter more, and what the test took
    assert (scene.posts(), scene.reminder().state, scene.delivery().tries) == (2, "sent", 2)


def test_a_service_that_names_a_date_is_left_alone_until_then(scene: Scene) -> None:
    scene.service.will(
        scene.browser.path, Reply(429, {"Retry-After": "Mon, 23 Nov 2026 09:18:00 GMT"})
    )
    scene.tick(DUE_15)
    scene.tick(DUE_15 + 179 * SECOND)
    assert scene.posts() == 1
    scene.tick(DUE_15 + 230 * SECOND)
    assert scene.posts() == 2


def test_a_time_beyond_the_window_is_the_end_of_it(scene: Scene) -> None:
    scene.service.always(scene.browser.path, Reply(429, {"Retry-After": "3600"}))
    for minutes in range(9):
        scene.tick(DUE_15 + minutes * MINUTE)
    assert (scene.posts(), scene.delivery().failure) == (1, "too_many")
    assert scene.reminder().state == "expired"


SILENT = Reply(raw=b"", silent_seconds=20)
TROUBLES = {
    "unavailable": Reply(500),
    "timed_out": SILENT,
    "unreachable": Reply(raw=b""),
    "garbage": Reply(raw=b"\x00 not HTTP \xff\r\n\r\n"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_passing_trouble_is_tried_again_with_longer_and_longer_waits(
    scene: Scene, impatient: Sender, trouble: str
) -> None:
    if trouble == "timed_out":
        scene.sender = impatient
    scene.service.always(scene.browser.path, TROUBLES[trouble])
    now = DUE_15
    while now < CLOSES_15:
        scene.tick(now)
        now += 10 * SECOND
    assert 4 <= scene.posts() <= 6  # after 10, 20, 40, 80, 160 s and a bit
    expected = "unreachable" if trouble == "garbage" else trouble
    assert (scene.delivery().failure, scene.reminder().state) == (expected, "planned")
    scene.tick(CLOSES_15)
    assert scene.reminder().state == "expired"


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_is_kept_of_a_delivery_sorts_as_all_instants_do(scene: Scene) -> None:
    _, second = scene.add_phone("/second")
    scene.service.will(second.path, Reply(503))
    scene.tick(DUE_15)
    with scene.database.reading() as session:
        rows = session.execute(text("SELECT accepted_at, retry_at FROM reminder_delivery")).all()
    kept = sorted(value for row in rows for value in row if value)
    form = re.compile(r"2026-11-23 09:15:\d\d\.\d{6}")
    assert len(kept) == 2 and all(form.fullmatch(each) for each in kept)


def test_a_passing_trouble_passes(scene: Scene) -> None:
    scene.service.will(scene.browser.path, Reply(503), Reply(500))
    for minutes in range(4):
        scene.tick(DUE_15 + minutes * MINUTE)
    assert (scene.posts(), scene.reminder().state) == (3, "sent")
    assert (scene.delivery().failure, scene.delivery().tries) == (None, 3)


def test_a_service_that_is_not_there_is_tried_again(scene: Scene) -> None:
    scene.service.close()
    try:
        scene.tick(DUE_15)
        assert scene.delivery().failure == "unreachable"
        assert scene.delivery().retry_at is not None
    finally:
        scene.service.__init__()  # the fixture closes it once more


def test_a_service_that_is_no_longer_allowed_is_not_called(scene: Scene, keys: VapidKeys) -> None:
    strict = Sender(keys, SUBJECT, timeout_seconds=0.5)
    scene.sender = strict
    scene.tick(DUE_15)
    assert (scene.posts(), scene.delivery().failure) == (0, "push_service_unknown")
    strict.close()


def test_a_subscription_sealed_under_another_key_stops_nobody_else(
    scene: Scene, database: Database, service: PushService, sender: Sender
) -> None:
    other = build(database, Vault("quite another key, as long as it takes"), service, sender)
    scene.tick(DUE_15)
    assert (scene.reminder().state, other.delivery().failure) == ("sent", "unreadable")


@pytest.mark.parametrize(
    ("p256dh", "auth"), [("", ""), ("AAAA", "AAAA"), ("é", "%%%"), ("B" * 87, "A" * 22)]
)
def test_a_phone_with_keys_that_are_none_stops_nobody_else(
    scene: Scene, p256dh: str, auth: str
) -> None:
    with scene.database.transaction() as session:
        broken = BrowserSubscription(f"{scene.service.origin}/broken", p256dh, auth)
        device = add_device(session, scene.enrolment)
        subscriptions.upsert(session, scene.vault, device, broken, scene.service.origin, T0)
    result = scene.tick(DUE_15)
    assert (result.accepted, result.failed) == (1, 1)
    assert {each.failure for each in scene.deliveries()} == {None, "bad_keys"}


@contextmanager
def patient_sender(keys: VapidKeys, *scenes: Scene | PushService) -> Iterator[Sender]:
    """One that waits long for an answer."""
    hosts = {each.service.host if isinstance(each, Scene) else each.host for each in scenes}
    sender = Sender(keys, SUBJECT, hosts, timeout_seconds=60)
    yield sender
    sender.close()


def test_a_slow_service_delays_no_other(
    scene: Scene, database: Database, vault: Vault, keys: VapidKeys
) -> None:
    slow = PushService()
    patient = build(database, vault, slow, scene.sender)
    answered = threading.Event()
    slow.always(patient.browser.path, Reply(meanwhile=lambda: answered.wait(60)))
    try:
        with patient_sender(keys, scene, slow) as waits, Hands(scene, DUE_15, waits):
            eventually(lambda: slow.posted)
            other = build(
                database, vault, scene.service, scene.sender
            )  # is due, and claimed after it
            eventually(lambda: scene.reminder().state == other.reminder().state == "sent")
            assert patient.reminder().state == "planned"
            answered.set()
        assert patient.reminder().state == "sent"
    finally:
        answered.set()
        slow.close()


def test_a_service_that_is_far_behind_delays_no_other(
    scene: Scene,
    database: Database,
    vault: Vault,
    keys: VapidKeys,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 2)
    monkeypatch.setattr(outbox, "_AT_ONE_SERVICE", 2)
    monkeypatch.setattr(outbox, "_PATIENCE", 0.05 * SECOND)
    slow = PushService()
    stuck = [build(database, vault, slow, scene.sender) for _ in range(12)]
    answered = threading.Event()
    for each in stuck:
        slow.always(each.browser.path, Reply(meanwhile=lambda: answered.wait(60)))
    scene.replan(T0, performed_at=T0 + SECOND)  # is due last
    try:
        with patient_sender(keys, scene, slow) as waits, Hands(scene, DUE_15 + SECOND, waits):
            eventually(lambda: scene.reminder().state == "sent")
            assert {each.reminder().state for each in stuck} == {"planned"}
            answered.set()
    finally:
        answered.set()
        slow.close()


# ---- crashes, leases, several workers ----


def test_a_worker_that_died_gives_its_reminder_back_when_its_lease_ends(scene: Scene) -> None:
    with scene.database.transaction() as session:
        claim = reminder_queue.claim_due(session, DUE_15, 10, LEASE)
    assert len(claim.reminders) == 1  # and this worker now dies
    assert scene.tick(DUE_15 + LEASE - SECOND).claimed == 0
    assert scene.tick(DUE_15 + LEASE).accepted == 1
    assert scene.posts() == 1


def test_a_worker_that_died_after_sending_repeats_under_the_same_tag_and_topic(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(delivery_results, "record", die)
    with pytest.raises(Killed):
        scene.tick(DUE_15)
    monkeypatch.undo()
    scene.tick(DUE_15 + LEASE)
    first, second = scene.service.posted
    tags = {scene.browser.decrypt(each)["notification"]["tag"] for each in (first, second)}
    assert len(tags) == 1
    assert first.headers["topic"] == second.headers["topic"]


def test_a_worker_that_was_too_slow_no_longer_sends(scene: Scene) -> None:
    with scene.database.transaction() as session:
        (claimed,) = reminder_queue.claim_due(session, DUE_15, 10, LEASE).reminders
    late = DUE_15 + LEASE
    scene.tick(late)
    with scene.database.transaction() as session:
        assert deliveries.plan(session, [claimed], late) == []
        assert not reminder_queue.wanted(session, [claimed], late)
    assert scene.posts() == 1


def test_a_worker_whose_lease_was_ended_early_no_longer_sends(scene: Scene) -> None:
    with scene.database.transaction() as session:
        (claimed,) = reminder_queue.claim_due(session, DUE_15, 10, LEASE).reminders
    scene.settle("15min")
    scene.settle()  # withdrawn at once: it is due again, for whoever claims it
    scene.tick(DUE_15)
    with scene.database.transaction() as session:
        assert not reminder_queue.wanted(session, [claimed], DUE_15)
        assert deliveries.plan(session, [claimed], DUE_15) == []
    assert scene.posts() == 1


def test_no_send_begins_that_could_outlast_its_lease(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=49))
    scene.tick(DUE_15)
    assert scene.posts() == 0
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=55))
    scene.tick(DUE_15 + MINUTE)
    assert scene.posts() == 1


def test_loops_side_by_side_send_each_reminder_once(
    database: Database, vault: Vault, service: PushService, sender: Sender
) -> None:
    scenes = [build(database, vault, service, sender) for _ in range(12)]
    barrier = threading.Barrier(3)

    def work() -> None:
        barrier.wait()
        for _ in range(4):
            scenes[0].tick(DUE_15)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert [len(service.at(each.browser.path)) for each in scenes] == [1] * 12
    assert {each.reminder().state for each in scenes} == {"sent"}


def test_more_than_one_batch_is_all_sent(
    database: Database,
    vault: Vault,
    service: PushService,
    sender: Sender,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 3)
    scenes = [build(database, vault, service, sender) for _ in range(7)]
    results = [scenes[0].tick(DUE_15) for _ in range(3)]
    assert [each.claimed for each in results] == [3, 3, 1]
    assert [each.more for each in results] == [True, True, False]
    assert len(service.posted) == 7


# ---- the loop itself ----


def test_the_loop_sends_and_stops_when_told(scene: Scene) -> None:
    with Hands(scene, DUE_15):
        eventually(lambda: scene.reminder().state == "sent")
    assert scene.posts() == 1


def test_the_loop_finishes_what_it_is_sending_before_it_stops(scene: Scene) -> None:
    scene.service.will(scene.browser.path, Reply(delay_seconds=0.3))
    with Hands(scene, DUE_15):
        eventually(lambda: scene.posts() == 1)
    assert scene.reminder().state == "sent"


def test_the_loop_outlives_an_error_and_logs_it_without_its_message(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loop, "LONGEST_SLEEP", timedelta(seconds=0.02))
    real = reminder_queue.claim_due
    failures = iter([RuntimeError("patient R1 is in the way")] * 2)

    def sometimes(*arguments: object) -> object:
        for failure in failures:
            raise failure
        return real(*arguments)

    monkeypatch.setattr(reminder_queue, "claim_due", sometimes)
    with Hands(scene, DUE_15):
        eventually(lambda: scene.reminder().state == "sent")
    assert caplog.text.count("reminder_tick_failed error=RuntimeError@sometimes") == 2
    assert "R1" not in caplog.text


def test_one_reminders_fault_does_not_keep_the_others_waiting(
    scene: Scene,
    database: Database,
    vault: Vault,
    service: PushService,
    sender: Sender,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = build(database, vault, service, sender)
    real = web_push.reminder_payload

    def payload(**values: object) -> bytes:
        if values["block_id"] == scene.block.id:
            raise ValueError("secret")
        return real(**values)

    monkeypatch.setattr(web_push, "reminder_payload", payload)
    result = scene.tick(DUE_15)
    assert (result.accepted, result.failed) == (1, 1)
    assert other.reminder().state == "sent"
    assert "secret" not in caplog.text
    monkeypatch.undo()
    scene.tick(DUE_15 + LEASE)
    assert scene.reminder().state == "sent"


def test_the_log_names_no_person_and_no_push_address(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    _, gone = scene.add_phone("/gone/secret-path")
    scene.service.always(gone.path, Reply(410))
    with caplog.at_level(logging.DEBUG):
        scene.tick(DUE_15)
    assert f"push_service={scene.service.origin} fate=accepted" in caplog.text
    for secret in (
        scene.browser.path,
        gone.path,
        scene.browser.subscription.auth,
        scene.browser.subscription.p256dh,
        str(scene.enrolment.patient_id),
        str(scene.device.id),
    ):
        assert secret not in caplog.text


def test_no_push_address_is_stored_in_clear(scene: Scene) -> None:
    with scene.database.reading() as session:
        row = session.scalars(select(Subscription)).one()
    kept = json.dumps([row.sealed, row.endpoint_hash, row.push_service])
    assert scene.browser.path not in kept
    assert scene.browser.subscription.auth not in kept
    assert scene.browser.subscription.endpoint not in repr(scene.browser.subscription)
    assert Message(b"secret", 1, "t").__repr__().count("secret") == 0


# ---- receipts ----


def test_a_receipt_is_stored_once(scene: Scene) -> None:
    scene.tick(DUE_15)
    answers = []
    for seconds in (5, 6):
        with scene.database.transaction() as session:
            answers.append(
                reminders.receipt(
                    session,
                    scene.device.clinic_id,
                    scene.device.id,
                    scene.delivery().id,
                    DUE_15 + seconds * SECOND,
                    DUE_15 + MINUTE,
                )
            )
    assert answers == ["stored", "duplicate"]
    assert scene.delivery().shown_at == DUE_15 + 5 * SECOND
    assert scene.delivery().receipt_at == DUE_15 + MINUTE


def test_a_receipt_proves_that_a_timed_out_message_arrived(scene: Scene, impatient: Sender) -> None:
    scene.sender = impatient
    scene.service.always(scene.browser.path, SILENT)
    scene.tick(DUE_15)
    assert (scene.delivery().failure, scene.reminder().state) == ("timed_out", "planned")
    with scene.database.transaction() as session:
        reminders.receipt(
            session, scene.device.clinic_id, scene.device.id, scene.delivery().id, DUE_15, DUE_15
        )
    for minutes in range(1, 7):
        scene.tick(DUE_15 + minutes * MINUTE)
    assert (scene.posts(), scene.reminder().state) == (1, "sent")
    assert scene.delivery().failure is None


def test_a_block_of_another_zone_is_asked_daily_at_its_own_evening(scene: Scene) -> None:
    with scene.database.transaction() as session:
        block = session.get_one(Block, scene.block.id)
        block.timezone = "America/New_York"
        reminders.plan(session, block, STANDARD, T0)
    # t0 is 4 in the morning there, of the same day
    assert scene.reminder("day1").due_at == datetime(2026, 11, 24, 23, 0, tzinfo=T0.tzinfo)
