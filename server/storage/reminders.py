"""A block's reminders: planned with its start, moved with it, put off by the patient, closed by
its answers and receipts.

The queue that the loop works through is in `reminder_queue`.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.protocol import Protocol
from server.domain.reminders import PlannedReminder, planned_reminders
from server.domain.schedule import assessments
from server.storage import choices, nudges
from server.storage.models import Block, Device, Reminder, ReminderDelivery, Subscription
from server.storage.models import Protocol as ProtocolRow
from server.storage.reminder_rows import leave


def plan(session: Session, block: Block, protocol: Protocol, now: datetime) -> None:
    """Make the block's reminders fit its t0, its zone and the patient's quiet hours; call it in
    the transaction that changes one of them.

    Idempotent. Missing ones are added; unsent ones move when t0 or the zone changed; all unsent
    ones are cancelled when the block is cancelled or has no t0. What was sent stays sent: one
    prompt per assessment, whatever happens to t0. One that the patient put off keeps its time
    while its assessment is open then. Which of them are answered is for `settle`.

    :param protocol: the protocol that the block keeps
    """
    wanted = _wanted(session, block, protocol)
    for row in _all_locked(session, block):
        planned = wanted.pop((row.assessment_id, row.attempt), None)
        if row.sent_at is not None:
            if planned is None or (row.due_at, row.closes_at) != (
                planned.due_at,
                planned.closes_at,
            ):
                leave(row)  # a second phone is no longer tried for a time that has moved
        elif planned is not None:
            _fit(row, planned, now)
        elif row.state in ("planned", "answered"):
            row.state = "cancelled"
            leave(row)
    for planned in wanted.values():
        closed = planned.closes_at <= now
        if planned.attempt == "snoozed" or (closed and planned.attempt == "nudge"):
            continue
        session.add(
            Reminder(
                clinic_id=block.clinic_id,
                block_id=block.id,
                assessment_id=planned.assessment_id,
                attempt=planned.attempt,
                due_at=planned.due_at,
                closes_at=planned.closes_at,
                state="expired" if closed else "planned",
                next_try_at=None if closed else planned.due_at,
            )
        )
    session.flush()


def settle(session: Session, block: Block, answered: Collection[str]) -> None:
    """Close the reminders of the assessments that are answered; open again those that no longer
    are, because the answer was withdrawn or t0 moved away from it.

    :param answered: ids of all the block's assessments that are answered now
    """
    for row in _all_locked(session, block):
        if row.assessment_id in answered:
            if row.state == "planned":
                row.state = "answered"
            if row.state in ("answered", "sent"):
                leave(row)
        elif row.state == "answered":
            row.state = "planned" if row.sent_at is None else "sent"
            row.next_try_at = row.due_at if row.sent_at is None else None
    session.flush()


def receipt(
    session: Session,
    clinic_id: UUID,
    device_id: UUID,
    delivery_id: UUID,
    shown_at: datetime,
    now: datetime,
    clock_difference_seconds: float | None = None,
) -> Literal["stored", "duplicate", "unknown"]:
    """A phone says that it showed a reminder.

    It proves that the message arrived, even where the push service's answer was lost: then it
    is not sent there again, and no second push follows. Any phone of the same patient may say so,
    since one that was enrolled again is a new device.

    :param device_id: the phone that says so
    :param shown_at: by that phone's own clock
    :param clock_difference_seconds: server minus phone, as the receipt arrived
    """
    reminder_id = of_patient(session, clinic_id, device_id, delivery_id)
    if reminder_id is None:
        return "unknown"
    reminder = locked(session, reminder_id)
    delivery = session.get_one(ReminderDelivery, delivery_id, populate_existing=True)
    if delivery.receipt_at is not None:
        return "duplicate"
    delivery.shown_at = shown_at
    delivery.receipt_at = now
    delivery.receipt_clock_difference_seconds = clock_difference_seconds
    if delivery.accepted_at is None:
        delivery.accepted_at, delivery.retry_at, delivery.failure = now, None, None
        mark_sent(reminder, now)
    nudges.spare(session, reminder)
    session.flush()
    return "stored"


def of_patient(
    session: Session, clinic_id: UUID, device_id: UUID, delivery_id: UUID
) -> UUID | None:
    """The reminder of a delivery to any phone of this phone's patient; None if it is not that."""
    enrolment_id = (
        select(Device.enrolment_id)
        .where(Device.clinic_id == clinic_id, Device.id == device_id)
        .scalar_subquery()
    )
    found = (
        select(Reminder.id)
        .join(ReminderDelivery, ReminderDelivery.reminder_id == Reminder.id)
        .join(Subscription, Subscription.id == ReminderDelivery.subscription_id)
        .join(Device, Device.id == Subscription.device_id)
        .where(ReminderDelivery.id == delivery_id, ReminderDelivery.clinic_id == clinic_id)
        .where(Device.enrolment_id == enrolment_id)
    )
    return session.scalar(found)


def wake(session: Session, clinic_id: UUID, patient_id: UUID, now: datetime) -> None:
    """The patient can be reached on one more phone: what is due and unsent is tried at once."""
    of_patient = (Block.clinic_id == clinic_id) & (Block.patient_id == patient_id)
    session.execute(select(Block.id).where(of_patient).order_by(Block.id).with_for_update())
    for row in session.scalars(
        select(Reminder)
        .join(Block, Block.id == Reminder.block_id)
        .where(of_patient, Reminder.state == "planned")
        .where(Reminder.closes_at > now)
        .order_by(Reminder.id)
        .with_for_update(of=Reminder)
        .execution_options(populate_existing=True)
    ):
        if row.leased_until is None:  # who holds it looks for phones again when done
            # Whether that is past is for the loop's clock to say, not for this host's.
            row.next_try_at = row.due_at
    session.flush()


def receipt_at(session: Session, clinic_id: UUID, delivery_id: UUID) -> datetime:
    """When the receipt that `receipt` knows first arrived."""
    received = session.scalar(
        select(ReminderDelivery.receipt_at).where(
            ReminderDelivery.clinic_id == clinic_id, ReminderDelivery.id == delivery_id
        )
    )
    assert received is not None, "asked for a receipt that is not here"
    return received


def mark_sent(row: Reminder, at: datetime) -> None:
    """A push service has it for at least one phone; what was answered stays answered."""
    if row.sent_at is None:
        row.sent_at = at
    if row.state not in ("answered", "sent"):
        row.state = "sent"
    if row.leased_until is None:
        row.next_try_at = None


def _wanted(
    session: Session, block: Block, protocol: Protocol
) -> dict[tuple[str, str], PlannedReminder]:
    """By assessment and attempt, what the block should have."""
    if block.performed_at is None or block.cancelled_at is not None:
        return {}
    scheduled = assessments(protocol, block.performed_at, block.timezone)
    nudge = session.scalar(
        select(ProtocolRow.nudge).where(
            ProtocolRow.clinic_id == block.clinic_id, ProtocolRow.id == block.protocol_id
        )
    )
    planned = planned_reminders(
        scheduled,
        block.performed_at,
        block.timezone,
        choices.quiet_hours(session, block.clinic_id, block.patient_id),
        nudge=bool(nudge),
    )
    wanted: dict[tuple[str, str], PlannedReminder] = {
        (each.assessment_id, each.attempt): each for each in planned
    }
    windows = {each.id: each for each in scheduled}
    for row in _all_locked(session, block):
        window = windows.get(row.assessment_id)
        if row.attempt == "snoozed" and window and window.opens_at <= row.due_at < window.closes_at:
            wanted[row.assessment_id, "snoozed"] = PlannedReminder(
                row.assessment_id, "snoozed", row.due_at, window.closes_at
            )
    return wanted


def locked(session: Session, reminder_id: UUID) -> Reminder:
    """One reminder, held with the others of its assessment.

    In this order everywhere: the block, then its reminders by id. Else two could deadlock.
    """
    found = session.get_one(Reminder, reminder_id)
    session.execute(select(Block.id).where(Block.id == found.block_id).with_for_update())
    rows = session.scalars(
        select(Reminder)
        .where(
            Reminder.clinic_id == found.clinic_id,
            Reminder.block_id == found.block_id,
            Reminder.assessment_id == found.assessment_id,
        )
        .order_by(Reminder.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return next(row for row in rows if row.id == reminder_id)


def _fit(row: Reminder, planned: PlannedReminder, now: datetime) -> None:
    """Move an unsent reminder to where it belongs now, and open it again if it was closed."""
    if row.state == "unneeded" and (row.due_at, row.closes_at) == (
        planned.due_at,
        planned.closes_at,
    ):
        return  # one that moves is planned again: the loop asks anew whether it is needed
    state = "answered" if row.state == "answered" else "planned"
    if state == "planned" and planned.closes_at <= now:
        state = "expired"
    fits = (state, planned.due_at, planned.closes_at)
    if (row.state, row.due_at, row.closes_at) == fits:
        return
    row.state, row.due_at, row.closes_at = fits
    if state != "planned":
        leave(row)
        return
    leased = row.leased_until is not None and row.leased_until > now
    if not (leased and planned.due_at <= now):
        # A worker that is about to send it may go on if it is still due: a second one would
        # send it twice. If it is not, the worker finds its lease gone.
        row.leased_until = None
        row.next_try_at = planned.due_at


def _all_locked(session: Session, block: Block) -> list[Reminder]:
    """The block's reminders as they are now, held until the end of the transaction."""
    session.execute(
        select(Block.id)
        .where(Block.clinic_id == block.clinic_id, Block.id == block.id)
        .with_for_update()
    )
    return list(
        session.scalars(
            select(Reminder)
            .where(Reminder.clinic_id == block.clinic_id, Reminder.block_id == block.id)
            .order_by(Reminder.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
