"""What becomes due soon is claimed and encrypted before, and is still never sent before its time,
nor without a last look whether it is wanted."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from server.push import loop, outbox, sender
from server.push.outbox import AHEAD, LEASE, Outbox
from server.push.web_push import WebPush
from server.storage import reminder_queue, subscriptions
from server.storage.db import Database
from server.storage.models import Device, Enrolment
from server.storage.subscriptions import BrowserSubscription
from server.storage.vault import Vault
from tests.push.scene import (
    DUE_15,
    HOUR,
    MINUTE,
    PUBLIC_URL,
    T0,
    Scene,
    add_device,
    build,
)
from tests.push.stand_in import PushService, Reply
from tests.push.test_loop import Hands, eventually

SECOND = timedelta(seconds=1)
INSTANT = timedelta(microseconds=1)
EARLY = DUE_15 - AHEAD


class Ready:
    """One worker's hands, which have claimed what will soon be due."""

    def __init__(self, scene: Scene, now: datetime = EARLY) -> None:
        self.scene = scene
        channel = WebPush(scene.vault, scene.sender, PUBLIC_URL)
        self.outbox = Outbox(scene.database, channel)
        self.claim = self.outbox.claim(now, AHEAD)

    def work(self, now: datetime) -> None:
        """Send what is due, until nothing is left to do about it."""
        self.outbox.hand_over(now)
        for _ in range(50):
            self.outbox.collect(0.2)
            self.outbox.record(now)
            if not self.outbox.in_hand:
                return
        raise AssertionError("no answer came")


def test_it_is_ready_before_and_leaves_at_its_time(scene: Scene) -> None:
    ready = Ready(scene)
    assert len(ready.claim.reminders) == 1
    assert ready.outbox.next_due_at == DUE_15
    ready.work(DUE_15 - INSTANT)
    assert scene.posts() == 0
    ready.work(DUE_15)
    assert scene.posts() == 1
    assert (scene.reminder().state, scene.reminder().leased_until) == ("sent", None)
    assert ready.outbox.next_due_at is None


def test_it_is_not_claimed_earlier_than_that(scene: Scene) -> None:
    assert Ready(scene, EARLY - INSTANT).claim.reminders == ()


def test_it_says_the_same_as_one_that_was_not_ready(scene: Scene) -> None:
    Ready(scene).work(DUE_15)
    scene.tick(T0 + 30 * MINUTE)
    first, second = (scene.browser.decrypt(each)["notification"] for each in scene.service.posted)
    assert first["data"].pop("assessment") == "15min"
    assert second["data"].pop("assessment") == "30min"
    for each in (first, second):
        assert each["tag"] == each["data"].pop("delivery")
        del each["tag"], each["data"]["closes_at"]
    assert first == second


def test_its_encryption_is_done_before_its_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = Ready(scene)

    def too_late(*_: object) -> bytes:
        raise AssertionError("encrypted when it was due")

    monkeypatch.setattr(sender, "encrypted", too_late)
    ready.work(DUE_15)
    assert scene.posts() == 1


@pytest.mark.usefixtures("still")
def test_the_rest_of_its_window_is_told_as_it_is_when_it_leaves(scene: Scene) -> None:
    Ready(scene).work(DUE_15 + 30 * SECOND)
    assert 410 <= int(scene.service.posted[0].headers["ttl"]) <= 420  # until 9:22:30


# ---- what happens meanwhile ----


def unsubscribe(scene: Scene) -> None:
    with scene.database.transaction() as session:
        subscriptions.unsubscribe(session, scene.device, EARLY)


def revoke(table: type[Device | Enrolment]) -> Callable[[Scene], None]:
    def revoke(scene: Scene) -> None:
        with scene.database.transaction() as session:
            session.execute(update(table).values(revoked_at=EARLY))

    return revoke


MEANWHILE: dict[str, tuple[Callable[[Scene], None], str]] = {
    "answered": (lambda scene: scene.settle("15min"), "answered"),
    "cancelled": (lambda scene: scene.replan(EARLY, cancelled_at=EARLY), "cancelled"),
    "moved": (lambda scene: scene.replan(EARLY, performed_at=T0 + HOUR), "planned"),
    "the phone wants none": (unsubscribe, "planned"),
    "the phone was revoked": (revoke(Device), "planned"),
    "the enrolment was revoked": (revoke(Enrolment), "planned"),
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_what_is_no_longer_wanted_is_not_sent_although_it_is_ready(scene: Scene, what: str) -> None:
    ready = Ready(scene)
    change, state = MEANWHILE[what]
    change(scene)
    ready.work(DUE_15)
    assert (scene.posts(), scene.reminder().state) == (0, state)


def test_one_that_moved_while_it_was_ready_rings_at_its_new_time(scene: Scene) -> None:
    ready = Ready(scene)
    scene.replan(EARLY, performed_at=T0 + MINUTE)
    ready.work(DUE_15)
    assert scene.tick(DUE_15 + MINUTE - INSTANT).claimed == 0
    scene.tick(DUE_15 + MINUTE)
    assert scene.posts() == 1


def test_an_answer_that_is_withdrawn_while_it_is_ready_is_asked_for_once(scene: Scene) -> None:
    ready = Ready(scene)
    scene.settle("15min")
    scene.settle()
    scene.tick(DUE_15)
    ready.work(DUE_15)
    assert scene.posts() == 1


def test_a_phone_that_subscribes_while_it_is_ready_rings_too(scene: Scene) -> None:
    unsubscribe(scene)
    _, first = scene.add_phone("/first")
    ready = Ready(scene)
    with scene.database.transaction() as session:  # it comes back with another address
        second = scene.subscribe(session, scene.device, "/second", DUE_15 - SECOND)
    scene.service.will(first.path, Reply(410))
    ready.work(DUE_15)
    scene.tick(DUE_15 + SECOND)
    assert len(scene.service.at(second.path)) == 1
    assert scene.reminder().state == "sent"


# ---- what is not made ready ----


def test_a_later_try_is_not_made_before_its_time(scene: Scene) -> None:
    scene.service.will(scene.browser.path, Reply(503, {"Retry-After": "60"}))
    scene.tick(DUE_15)
    retry_at = scene.delivery().retry_at
    assert retry_at is not None
    assert Ready(scene, retry_at - INSTANT).claim.reminders == ()
    scene.tick(retry_at)
    assert scene.posts() == 2


def test_a_second_push_waits_until_it_is_known_whether_it_is_needed(
    database: Database, vault: Vault, service: PushService, sender: sender.Sender
) -> None:
    scene = build(database, vault, service, sender, nudge=True)
    scene.tick(DUE_15)
    due_at = scene.reminder(attempt="nudge").due_at
    assert Ready(scene, due_at - INSTANT).claim.reminders == ()
    scene.tick(due_at)
    assert scene.posts() == 2


def test_no_more_are_ready_than_memory_allows(
    scene: Scene,
    database: Database,
    vault: Vault,
    service: PushService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build(database, vault, service, scene.sender)
    monkeypatch.setattr(outbox, "BATCH", 1)
    monkeypatch.setattr(outbox, "MOST_READY", 1)
    ready = Ready(scene)
    assert ready.outbox.claim(EARLY, AHEAD).looked_at == 0
    assert len(ready.outbox.claim(DUE_15, AHEAD).reminders) == 1
    ready.work(DUE_15)
    assert scene.posts() == 2


@pytest.mark.parametrize(("last_room_after_seconds", "failure"), [(1.5, None), (0.5, "behind")])
def test_only_for_a_service_that_does_not_get_on_is_what_becomes_due_put_off(
    scene: Scene,
    database: Database,
    vault: Vault,
    service: PushService,
    monkeypatch: pytest.MonkeyPatch,
    last_room_after_seconds: float,
    failure: str | None,
) -> None:
    monkeypatch.setattr(outbox, "_AT_ONE_SERVICE", 1)
    for _ in range(3):
        build(database, vault, service, scene.sender)
    hands = Ready(scene).outbox
    hands.hand_over(DUE_15)
    assert not hands.has_room(DUE_15), "three wait, and one is sent at once"
    hands.collect(10)
    hands.hand_over(DUE_15 + last_room_after_seconds * SECOND)
    assert hands.has_room(DUE_15 + 2 * SECOND)
    late = build(database, vault, service, scene.sender)
    hands.claim(DUE_15 + 2 * SECOND)
    hands.record(DUE_15 + 2 * SECOND)
    assert late.delivery().failure == failure


# ---- failures ----


def test_a_phone_with_keys_that_are_none_stops_nobody_else_who_is_ready(scene: Scene) -> None:
    with scene.database.transaction() as session:
        broken = BrowserSubscription(f"{scene.service.origin}/broken", "AAAA", "AAAA")
        device = add_device(session, scene.enrolment)
        subscriptions.upsert(session, scene.vault, device, broken, scene.service.origin, T0)
    Ready(scene).work(DUE_15)
    assert (scene.posts(), scene.reminder().state) == (1, "sent")
    assert {each.failure for each in scene.deliveries()} == {None, "bad_keys"}


def test_a_worker_that_died_with_it_in_hand_leaves_it_to_the_next(scene: Scene) -> None:
    Ready(scene)  # and this worker now dies
    assert scene.tick(DUE_15).claimed == 0
    scene.tick(EARLY + LEASE)
    assert (scene.posts(), scene.reminder().state) == (1, "sent")


def test_a_worker_that_stood_still_with_it_in_hand_no_longer_sends(scene: Scene) -> None:
    ready = Ready(scene)
    scene.tick(EARLY + LEASE)
    ready.work(EARLY + LEASE)
    assert scene.posts() == 1


def test_a_worker_that_stops_gives_it_back_for_its_time(scene: Scene) -> None:
    ready = Ready(scene)
    ready.outbox.give_up_waiting()
    ready.outbox.record(EARLY + SECOND)
    assert not ready.outbox.in_hand
    assert scene.reminder().next_try_at == DUE_15
    assert Ready(scene, EARLY + SECOND).claim.reminders  # another may make it ready at once
    assert scene.posts() == 0


def test_what_is_given_back_with_a_new_phone_is_not_sent_before_its_time(scene: Scene) -> None:
    ready = Ready(scene)
    scene.add_phone("/second", now=EARLY)
    ready.outbox.give_up_waiting()
    ready.outbox.record(EARLY)
    assert scene.tick(DUE_15 - INSTANT).claimed == 0
    scene.tick(DUE_15)
    assert scene.posts() == 2


def test_the_loop_sleeps_until_what_is_ready_is_due(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    claim_due = reminder_queue.claim_due

    def look(*arguments: object) -> object:
        looks.append(scene.posts())
        return claim_due(*arguments)

    monkeypatch.setattr(reminder_queue, "claim_due", look)
    monkeypatch.setattr(loop, "LONGEST_SLEEP", HOUR)  # nothing else wakes it
    with Hands(scene, DUE_15 - SECOND) as hands:
        eventually(lambda: scene.reminder().leased_until is not None)
        assert scene.posts() == 0 or hands.clock() >= DUE_15
        eventually(lambda: scene.reminder().state == "sent")
    assert looks.count(0) <= 3, "it looked again and again"
    assert scene.delivery().accepted_at >= DUE_15
