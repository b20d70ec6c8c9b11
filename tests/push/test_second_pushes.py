"""The second push and the one put off: once each, inside the window, and only while needed."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from server.domain.errors import NotFound
from server.push.sender import Sender
from server.storage import reminder_queue, reminders, snooze
from server.storage.db import Database
from server.storage.models import Clinic, Reminder, ReminderDelivery
from server.storage.vault import Vault
from tests.push.scene import (
    HOUR,
    MINUTE,
    T0,
    Scene,
    add_clinic,
    add_device,
    add_patient,
    build,
)
from tests.push.stand_in import PushService, Reply

SECOND = timedelta(seconds=1)
#: The first hour's reminder: its prompt, its second push, the end of its window.
DUE, MIDDLE, CLOSES = T0 + HOUR, T0 + 75 * MINUTE, T0 + 90 * MINUTE


@pytest.fixture
def scene(database: Database, vault: Vault, service: PushService, sender: Sender) -> Scene:
    """A block whose protocol asks for second pushes, an hour ago, nothing sent so far."""
    made = build(database, vault, service, sender, nudge=True)
    with database.transaction() as session:
        for row in session.query(Reminder):
            if row.assessment_id in ("15min", "30min"):
                row.state, row.next_try_at = "expired", None
    return made


def receipt(scene: Scene, now: datetime, attempt: str = "prompt") -> str:
    delivery = delivery_of(scene, attempt)
    with scene.database.transaction() as session:
        clinic_id, device_id = scene.block.clinic_id, scene.device.id
        return reminders.receipt(session, clinic_id, device_id, delivery, now, now)


def delivery_of(scene: Scene, attempt: str = "prompt") -> UUID:
    row = scene.reminder("1h", attempt)
    with scene.database.reading() as session:
        of_row = select(ReminderDelivery.id).where(ReminderDelivery.reminder_id == row.id)
        return session.scalars(of_row).one()


def put_off(scene: Scene, now: datetime, attempt: str = "prompt") -> datetime:
    delivery = delivery_of(scene, attempt)
    with scene.database.transaction() as session:
        device = scene.device
        return snooze.snooze(session, device.clinic_id, device.id, delivery, now)


def tick_through(scene: Scene) -> None:
    now = DUE
    while now <= CLOSES:
        scene.tick(now)
        now += MINUTE


# ---- the second push ----


def test_a_reminder_that_nothing_confirms_is_followed_by_one_second_push(scene: Scene) -> None:
    scene.tick(DUE)
    scene.tick(MIDDLE - SECOND)
    assert scene.posts() == 1
    scene.tick(MIDDLE)
    first, second = scene.service.posted
    assert first.headers["topic"] == second.headers["topic"]
    assert 0 < int(second.headers["ttl"]) <= 15 * 60
    tick_through(scene)
    assert scene.posts() == 2  # never a third


def test_no_second_push_follows_a_receipt(scene: Scene) -> None:
    scene.tick(DUE)
    assert receipt(scene, DUE + SECOND) == "stored"
    assert scene.reminder("1h", "nudge").state == "unneeded"
    tick_through(scene)
    assert scene.posts() == 1


def test_no_second_push_follows_an_answer(scene: Scene) -> None:
    scene.tick(DUE)
    scene.settle("1h")
    tick_through(scene)
    assert scene.posts() == 1


def test_a_receipt_between_claim_and_send_spares_the_second_push(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.tick(DUE)
    wanted = reminder_queue.wanted

    def after_the_receipt(*arguments: Any) -> Any:
        asked.append(receipt(scene, MIDDLE))
        return wanted(*arguments)

    asked: list[str] = []
    monkeypatch.setattr(reminder_queue, "wanted", after_the_receipt)
    scene.tick(MIDDLE)
    assert (asked, scene.posts()) == (["stored"], 1)


def test_after_an_outage_the_late_prompt_is_reminder_enough(scene: Scene) -> None:
    scene.tick(MIDDLE + MINUTE)
    assert scene.posts() == 1
    tick_through(scene)
    assert (scene.posts(), scene.reminder("1h", "nudge").state) == (1, "unneeded")


def test_a_prompt_that_no_service_took_is_tried_by_itself_alone(scene: Scene) -> None:
    scene.service.always(scene.browser.path, Reply(503))
    tick_through(scene)
    assert scene.reminder("1h", "nudge").state == "unneeded"
    assert scene.delivery("1h").tries == scene.posts()


def test_a_protocol_may_do_without_second_pushes(
    database: Database, vault: Vault, service: PushService, sender: Sender
) -> None:
    plain = build(database, vault, service, sender)
    for minutes in range(95):
        plain.tick(T0 + minutes * MINUTE)
    assert plain.posts() == 3  # 15 min, 30 min, 1 h


def test_planning_again_leaves_an_unneeded_one_alone_until_it_moves(scene: Scene) -> None:
    scene.tick(DUE)
    receipt(scene, DUE + SECOND)
    scene.replan(DUE)
    assert scene.reminder("1h", "nudge").state == "unneeded"
    scene.replan(DUE, performed_at=T0 + MINUTE)
    assert scene.reminder("1h", "nudge").state == "planned"
    scene.tick(MIDDLE + MINUTE)
    assert scene.reminder("1h", "nudge").state == "unneeded"
    assert scene.posts() == 1


# ---- put off ----


def test_a_reminder_that_is_put_off_rings_once_more_ten_minutes_later(scene: Scene) -> None:
    scene.tick(DUE)
    until = put_off(scene, DUE + 2 * MINUTE)
    assert until == DUE + 12 * MINUTE
    assert put_off(scene, DUE + 3 * MINUTE) == until  # pressed on a second phone, or sent again
    scene.tick(until - SECOND)
    assert scene.posts() == 1
    scene.tick(until)
    assert scene.posts() == 2
    asked = [scene.browser.decrypt(each)["notification"]["data"] for each in scene.service.posted]
    assert [each["snooze"] for each in asked] == [True, False]
    tick_through(scene)
    assert scene.posts() == 2  # the patient has seen it: no second push


def test_it_is_put_off_once_and_not_past_its_window(scene: Scene) -> None:
    scene.tick(DUE)
    with pytest.raises(snooze.TooLate):
        put_off(scene, CLOSES - 10 * MINUTE)
    put_off(scene, DUE)
    scene.tick(DUE + 10 * MINUTE)
    with pytest.raises(snooze.TooLate):
        put_off(scene, DUE + 11 * MINUTE, "snoozed")


def test_what_is_answered_meanwhile_does_not_ring_again(scene: Scene) -> None:
    scene.tick(DUE)
    put_off(scene, DUE)
    scene.settle("1h")
    tick_through(scene)
    assert (scene.posts(), scene.reminder("1h", "snoozed").state) == (1, "answered")


def test_a_cancelled_block_is_put_off_no_more(scene: Scene) -> None:
    scene.tick(DUE)
    put_off(scene, DUE)
    scene.replan(DUE, cancelled_at=DUE)
    assert scene.reminder("1h", "snoozed").state == "cancelled"
    with pytest.raises(snooze.AlreadyAnswered):
        put_off(scene, DUE)


@pytest.mark.parametrize(
    ("moved", "state"),
    [(-15 * MINUTE, "planned"), (-20 * MINUTE, "cancelled"), (HOUR, "cancelled")],
)
def test_it_keeps_its_time_while_its_assessment_is_open_then(
    scene: Scene, moved: timedelta, state: str
) -> None:
    scene.tick(DUE)
    until = put_off(scene, DUE)
    scene.replan(DUE, performed_at=T0 + moved)
    row = scene.reminder("1h", "snoozed")
    assert (row.state, row.due_at) == (state, until)


def test_nobody_else_puts_it_off(scene: Scene) -> None:
    scene.tick(DUE)
    delivery = delivery_of(scene)
    with scene.database.transaction() as session:
        clinic = session.get_one(Clinic, scene.block.clinic_id)
        neighbour = add_device(session, add_patient(session, clinic))
        stranger = add_device(session, add_patient(session, add_clinic(session)))
        for clinic_id in (clinic.id, stranger.clinic_id):
            for device in (neighbour, stranger):
                with pytest.raises(NotFound):
                    snooze.snooze(session, clinic_id, device.id, delivery, DUE)
        with pytest.raises(NotFound):
            snooze.snooze(session, clinic.id, scene.device.id, uuid4(), DUE)
