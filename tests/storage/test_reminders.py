"""A block's reminders in the database: planned once, moved, closed, and found again cheaply."""

import threading
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from server.domain.protocol import STANDARD
from server.storage import reminder_queue, reminders
from server.storage.db import Database
from server.storage.models import Block, Reminder, ReminderDelivery, Subscription
from tests.push.scene import (
    CLOSES_15,
    DUE_15,
    HOUR,
    MINUTE,
    T0,
    add_block,
    add_clinic,
    add_device,
    add_patient,
)

LEASE = timedelta(minutes=2)
SECOND = timedelta(seconds=1)


def planned_block(session: Session, **changes: object) -> Block:
    block = add_block(session, add_patient(session, add_clinic(session)), **changes)
    reminders.plan(session, block, STANDARD, T0)
    return block


def states(session: Session, block: Block) -> dict[str, str]:
    rows = select(Reminder).where(Reminder.block_id == block.id).order_by(Reminder.due_at)
    return {each.assessment_id: each.state for each in session.scalars(rows)}


def one(session: Session, block: Block, assessment_id: str = "15min") -> Reminder:
    rows = select(Reminder).where(
        Reminder.block_id == block.id, Reminder.assessment_id == assessment_id
    )
    return session.scalars(rows).one()


def test_a_block_gets_one_reminder_for_each_assessment(database: Database) -> None:
    with database.transaction() as session:
        block = planned_block(session)
        found = states(session, block)
        assert list(found) == [each.id for each in STANDARD.assessments]
        assert set(found.values()) == {"planned"}


def test_planning_again_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        block = planned_block(session)
        (claimed,) = reminder_queue.claim_due(session, DUE_15, 1, LEASE).reminders
        before = {
            each.id: (each.state, each.next_try_at) for each in session.scalars(select(Reminder))
        }
        reminders.plan(session, block, STANDARD, DUE_15)
        after = {
            each.id: (each.state, each.next_try_at) for each in session.scalars(select(Reminder))
        }
        assert after == before
        assert reminder_queue.wanted(session, {claimed}, DUE_15)  # its worker keeps it


def test_two_that_plan_at_once_make_one_set(database: Database) -> None:
    with database.transaction() as session:
        block = add_block(session, add_patient(session, add_clinic(session)))
    barrier = threading.Barrier(2)
    errors: list[Exception] = []

    def plan() -> None:
        barrier.wait()
        try:
            with database.transaction() as session:
                reminders.plan(session, session.get_one(Block, block.id), STANDARD, T0)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=plan) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert errors == []
    with database.reading() as session:
        assert len(session.scalars(select(Reminder)).all()) == 14


def test_a_block_without_a_time_has_no_reminder(database: Database) -> None:
    with database.transaction() as session:
        assert states(session, planned_block(session, performed_at=None)) == {}


def test_a_time_that_is_taken_back_cancels_what_is_unsent(database: Database) -> None:
    with database.transaction() as session:
        block = planned_block(session)
        block.performed_at = None
        reminders.plan(session, block, STANDARD, T0)
        assert set(states(session, block).values()) == {"cancelled"}
        block.performed_at = T0
        reminders.plan(session, block, STANDARD, T0)
        assert set(states(session, block).values()) == {"planned"}
        assert one(session, block).next_try_at == DUE_15


@pytest.mark.parametrize(("early", "state"), [(SECOND, "planned"), (0 * SECOND, "expired")])
def test_a_window_that_is_past_is_not_planned(
    database: Database, early: timedelta, state: str
) -> None:
    with database.transaction() as session:
        block = add_block(session, add_patient(session, add_clinic(session)))
        reminders.plan(session, block, STANDARD, CLOSES_15 - early)
        assert states(session, block)["15min"] == state
        assert states(session, block)["30min"] == "planned"


def test_an_expired_reminder_is_planned_again_when_its_time_is_still_to_come(
    database: Database,
) -> None:
    with database.transaction() as session:
        block = add_block(session, add_patient(session, add_clinic(session)))
        reminders.plan(session, block, STANDARD, T0 + HOUR)
        assert states(session, block)["15min"] == "expired"
        block.performed_at = T0 + HOUR
        reminders.plan(session, block, STANDARD, T0 + HOUR)
        row = one(session, block)
        assert (row.state, row.due_at, row.next_try_at) == (
            "planned",
            DUE_15 + HOUR,
            DUE_15 + HOUR,
        )


def test_a_move_into_the_past_expires_what_was_planned(database: Database) -> None:
    with database.transaction() as session:
        block = planned_block(session)
        block.performed_at = T0 - 10 * MINUTE
        reminders.plan(session, block, STANDARD, CLOSES_15 - 10 * MINUTE)
        assert (one(session, block).state, one(session, block).next_try_at) == ("expired", None)


def test_a_move_into_the_quiet_hours_cancels_the_late_one(database: Database) -> None:
    with database.transaction() as session:
        block = planned_block(session)
        block.performed_at = T0 + HOUR  # twelve hours on it is 22:00
        reminders.plan(session, block, STANDARD, T0)
        assert states(session, block)["12h"] == "cancelled"
        assert states(session, block)["8h"] == "planned"


def test_a_cancelled_block_keeps_what_was_sent_and_answered(database: Database) -> None:
    with database.transaction() as session:
        block = planned_block(session)
        reminders.mark_sent(one(session, block, "15min"), DUE_15)
        block.cancelled_at = DUE_15
        reminders.plan(session, block, STANDARD, DUE_15)
        found = states(session, block)
        assert found.pop("15min") == "sent"
        assert set(found.values()) == {"cancelled"}
        assert reminder_queue.next_try_at(session) is None


@pytest.mark.parametrize("moved_by", [timedelta(0), HOUR])
def test_an_answered_one_stays_answered_until_settled_otherwise(
    database: Database, moved_by: timedelta
) -> None:
    with database.transaction() as session:
        block = planned_block(session)
        reminders.settle(session, block, ["15min"])
        block.performed_at = T0 + moved_by
        reminders.plan(session, block, STANDARD, T0)
        assert one(session, block).state == "answered"
        assert one(session, block).next_try_at is None
        reminders.settle(session, block, [])
        assert one(session, block).state == "planned"
        assert one(session, block).next_try_at == DUE_15 + moved_by


def test_an_answer_to_a_sent_one_ends_its_tries_and_leaves_it_sent(database: Database) -> None:
    with database.transaction() as session:
        block = planned_block(session)
        reminders.mark_sent(one(session, block), DUE_15)
        one(session, block).next_try_at = DUE_15 + MINUTE  # for a second phone
        reminders.settle(session, block, ["15min"])
        assert (one(session, block).state, one(session, block).next_try_at) == ("sent", None)
        reminders.settle(session, block, [])
        assert (one(session, block).state, one(session, block).next_try_at) == ("sent", None)


def test_a_late_answer_leaves_an_expired_one_expired(database: Database) -> None:
    with database.transaction() as session:
        block = planned_block(session)
        reminder_queue.claim_due(session, CLOSES_15, 1, LEASE)
        reminders.settle(session, block, ["15min"])
        assert one(session, block).state == "expired"


# ---- the queue ----


def test_a_claim_takes_the_longest_waiting_first_and_no_more_than_its_limit(
    database: Database,
) -> None:
    with database.transaction() as session:
        late, early = planned_block(session), planned_block(session, performed_at=T0 - MINUTE)
        claim = reminder_queue.claim_due(session, DUE_15, 1, LEASE)
        assert [each.block_id for each in claim.reminders] == [early.id]
        assert claim.looked_at == 1
        claim = reminder_queue.claim_due(session, DUE_15, 5, LEASE)
        assert [each.block_id for each in claim.reminders] == [late.id]
        assert claim.looked_at == 1
        assert claim.reminders[0].leased_until == DUE_15 + LEASE
        assert reminder_queue.claim_due(session, DUE_15, 5, LEASE).reminders == ()


def test_what_another_worker_is_claiming_is_passed_over(database: Database) -> None:
    if database.is_sqlite:
        # one writer at a time: the second claim waits for the first, and then sees its lease
        with database.transaction() as session:
            planned_block(session)
        with database.transaction() as session:
            assert len(reminder_queue.claim_due(session, DUE_15, 5, LEASE).reminders) == 1
        with database.transaction() as session:
            assert reminder_queue.claim_due(session, DUE_15, 5, LEASE).looked_at == 0
        return
    with database.transaction() as session:
        planned_block(session)
    with database.transaction() as first, database.transaction() as second:
        assert len(reminder_queue.claim_due(first, DUE_15, 5, LEASE).reminders) == 1
        assert reminder_queue.claim_due(second, DUE_15, 5, LEASE).looked_at == 0


def test_the_queue_is_read_from_its_index_and_is_as_long_as_what_is_left_to_do(
    database: Database,
) -> None:
    with database.transaction() as session:
        block = planned_block(session)
        kept = [
            {
                "id": uuid4(),
                "clinic_id": block.clinic_id,
                "block_id": block.id,
                "assessment_id": f"old-{number}",
                "attempt": "prompt",
                "due_at": T0,
                "closes_at": T0,
                "state": "sent",
                "sent_at": T0,
            }
            for number in range(3_000)
        ]
        session.execute(Reminder.__table__.insert(), kept)
    with database.transaction() as session:
        if not database.is_sqlite:
            session.execute(text("ANALYZE reminder"))
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        query = (
            "SELECT id FROM reminder WHERE next_try_at <= '2026-11-23 09:15:00'"
            " ORDER BY next_try_at LIMIT 100"
        )
        plan = " ".join(str(row) for row in session.execute(text(f"{explain} {query}")))
        assert "ix_reminder_next_try_at" in plan
        assert len(reminder_queue.claim_due(session, DUE_15, 100, LEASE).reminders) == 1


def test_one_assessment_and_attempt_can_have_one_reminder_only(database: Database) -> None:
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), database.transaction() as session:
        block = planned_block(session)
        row = one(session, block)
        session.add(
            Reminder(
                clinic_id=row.clinic_id,
                block_id=row.block_id,
                assessment_id=row.assessment_id,
                attempt=row.attempt,
                due_at=row.due_at,
                closes_at=row.closes_at,
                state="planned",
            )
        )
        session.flush()


# ---- receipts ----


def add_delivery(session: Session, block: Block, device_id: object) -> ReminderDelivery:
    subscription = Subscription(
        clinic_id=block.clinic_id,
        device_id=device_id,
        endpoint_hash=str(uuid4()),
        push_service="https://fcm.googleapis.com",
        sealed="",
        created_at=T0,
    )
    session.add(subscription)
    session.flush()
    delivery = ReminderDelivery(
        clinic_id=block.clinic_id,
        reminder_id=one(session, block).id,
        subscription_id=subscription.id,
        accepted_at=DUE_15,
    )
    session.add(delivery)
    session.flush()
    return delivery


def test_a_receipt_may_come_from_any_phone_of_the_patient_and_from_nobody_else(
    database: Database,
) -> None:
    shown: datetime = DUE_15 + SECOND
    with database.transaction() as session:
        clinic = add_clinic(session)
        enrolment = add_patient(session, clinic)
        block = add_block(session, enrolment)
        reminders.plan(session, block, STANDARD, T0)
        phone, again = add_device(session, enrolment), add_device(session, enrolment)
        neighbour = add_device(session, add_patient(session, clinic))
        stranger = add_device(session, add_patient(session, add_clinic(session)))
        delivery = add_delivery(session, block, phone.id)
        for device in (neighbour, stranger):
            for clinic_id in (clinic.id, device.clinic_id):
                outcome = reminders.receipt(
                    session, clinic_id, device.id, delivery.id, shown, shown
                )
                assert outcome == "unknown"
        assert (
            reminders.receipt(session, stranger.clinic_id, phone.id, delivery.id, shown, shown)
            == "unknown"
        )
        assert reminders.receipt(session, clinic.id, phone.id, uuid4(), shown, shown) == "unknown"
        assert delivery.receipt_at is None
        assert (
            reminders.receipt(session, clinic.id, again.id, delivery.id, shown, shown) == "stored"
        )
        assert delivery.shown_at == shown
