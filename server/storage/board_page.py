"""What the board shows of one page of blocks beside what it says of them all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session

from server.storage.models import (
    Block,
    Device,
    Enrolment,
    Patient,
    Reminder,
    ReminderDelivery,
    Subscription,
)


@dataclass(frozen=True)
class LastReminder:
    """The reminder that went out last: when it was due, and when a phone said that it showed it."""

    due_at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True)
class Shown:
    """One block. Of the patient's phones that are let in: how many there are, how many can be
    reminded, and when any of them was last heard of (None without a phone)."""

    block: Block
    patient: Patient
    phones: int
    reminded_phones: int
    seen_at: datetime | None
    last_reminder: LastReminder | None


def shown(session: Session, clinic_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Shown]:
    """By block, the rest."""
    found = session.execute(
        select(Block, Patient)
        .join(Patient, Patient.id == Block.patient_id)
        .where(Block.clinic_id == clinic_id, Block.id.in_(ids))
    ).all()
    phones = _phones(session, clinic_id, [patient.id for _, patient in found])
    reminders = _last_reminders(session, clinic_id, ids)
    return {
        block.id: Shown(
            block, patient, *phones.get(patient.id, (0, 0, None)), reminders.get(block.id)
        )
        for block, patient in found
    }


def _phones(
    session: Session, clinic_id: UUID, patient_ids: Sequence[UUID]
) -> dict[UUID, tuple[int, int, datetime | None]]:
    """By patient: phones, those that can be reminded, and when any was last heard of."""
    subscribed = exists().where(
        Subscription.device_id == Device.id, Subscription.retired_at.is_(None)
    )
    rows = session.execute(
        select(
            Enrolment.patient_id,
            func.count(Device.id),
            func.count(case((subscribed, Device.id))),
            func.max(Device.seen_at),
        )
        .join(Device, Device.enrolment_id == Enrolment.id)
        .where(
            Enrolment.clinic_id == clinic_id,
            Enrolment.patient_id.in_(patient_ids),
            Enrolment.revoked_at.is_(None),
            Device.revoked_at.is_(None),
        )
        .group_by(Enrolment.patient_id)
    )
    return {patient_id: (count, reminded, seen_at) for patient_id, count, reminded, seen_at in rows}


def _last_reminders(
    session: Session, clinic_id: UUID, block_ids: Sequence[UUID]
) -> dict[UUID, LastReminder]:
    """By block, the reminder with the latest due time that a push service took."""
    delivered = ReminderDelivery.reminder_id == Reminder.id
    accepted = select(func.min(ReminderDelivery.accepted_at)).where(delivered)
    receipts = select(func.max(ReminderDelivery.receipt_at)).where(delivered)
    receipt = receipts.where(ReminderDelivery.accepted_at.is_not(None)).scalar_subquery()
    rows = session.execute(
        select(Reminder.block_id, Reminder.due_at, receipt)
        .where(Reminder.clinic_id == clinic_id, Reminder.block_id.in_(block_ids))
        .where(accepted.scalar_subquery().is_not(None))
        .order_by(Reminder.due_at, receipt.nulls_first())
    )
    return {block_id: LastReminder(due_at, receipt) for block_id, due_at, receipt in rows}
