"""All that the board shows of a clinic's blocks, read in a few queries whatever their number."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from server.domain.block_record import BlockDiary
from server.storage import receipts
from server.storage.blocks import diary_of
from server.storage.models import (
    Block,
    Device,
    DiaryEntry,
    Enrolment,
    EntryConflict,
    Patient,
    Protocol,
    Reminder,
    ReminderDelivery,
    Subscription,
)
from server.storage.models import StaffBaseline as StaffBaselineRow

#: Blocks done longer ago are not looked at; no diary of ours runs longer.
LONGEST_DIARY = timedelta(days=21)


@dataclass(frozen=True)
class LastReminder:
    """The reminder that went out last: when it was due, and when a phone said that it showed it."""

    due_at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True)
class BoardBlock:
    """One block, its diary, and what is known of the patient's phones.

    `seen_at` is when any of the phones was last heard of; None without a phone.
    `reminders_off_since` is when the last phone that could be reminded no longer could;
    `unconfirmed`: all that can be leave their reminders without a receipt.
    """

    block: Block
    patient: Patient
    diary: BlockDiary
    phones: int
    reminded_phones: int
    seen_at: datetime | None
    conflicts: int
    last_reminder: LastReminder | None
    reminders_off_since: datetime | None
    unconfirmed: bool


def blocks(session: Session, clinic_id: UUID, now: datetime) -> list[BoardBlock]:
    """Every block of a clinic that is not cancelled and is waiting or was done lately."""
    found = session.execute(
        select(Block, Patient, Protocol)
        .join(Patient, Patient.id == Block.patient_id)
        .join(Protocol, Protocol.id == Block.protocol_id)
        .where(
            Block.clinic_id == clinic_id,
            Block.cancelled_at.is_(None),
            or_(Block.performed_at.is_(None), Block.performed_at > now - LONGEST_DIARY),
        )
    ).all()
    ids = [block.id for block, _, _ in found]
    entries = _by_block(
        session.scalars(
            _of(DiaryEntry, clinic_id, ids).order_by(
                DiaryEntry.felt_at, DiaryEntry.recorded_at, DiaryEntry.id
            )
        )
    )
    staff = _by_block(session.scalars(_of(StaffBaselineRow, clinic_id, ids)))
    conflicts = _by_block(session.scalars(_of(EntryConflict, clinic_id, ids)))
    phones = _phones(session, clinic_id, [patient.id for _, patient, _ in found])
    reminders = _last_reminders(session, clinic_id, ids)
    reach = receipts.phones(session, clinic_id, [patient.id for _, patient, _ in found])
    delivered = receipts.deliveries(session, clinic_id, ids)
    board = []
    for block, patient, protocol in found:
        known = phones.get(patient.id, _NO_PHONE)
        board.append(
            BoardBlock(
                block=block,
                patient=patient,
                diary=diary_of(block, protocol, entries[block.id], staff[block.id]),
                phones=known.count,
                reminded_phones=known.reminded,
                seen_at=known.seen_at,
                conflicts=len(conflicts[block.id]),
                last_reminder=reminders.get(block.id),
                reminders_off_since=receipts.off_since(reach[patient.id]),
                unconfirmed=receipts.nobody_confirms(reach[patient.id], delivered[block.id], now),
            )
        )
    return board


def _of(table: Any, clinic_id: UUID, block_ids: Sequence[UUID]) -> Select[Any]:
    return select(table).where(table.clinic_id == clinic_id, table.block_id.in_(block_ids))


def _by_block(rows: Iterable[Any]) -> defaultdict[UUID, list[Any]]:
    grouped: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.block_id].append(row)
    return grouped


@dataclass(frozen=True)
class _Phones:
    count: int
    reminded: int
    seen_at: datetime | None


_NO_PHONE = _Phones(0, 0, None)


def _phones(session: Session, clinic_id: UUID, patient_ids: Sequence[UUID]) -> dict[UUID, _Phones]:
    """By patient, the phones that are let in and how many of them can be reminded."""
    subscribed = (
        select(Subscription.device_id)
        .where(Subscription.clinic_id == clinic_id, Subscription.retired_at.is_(None))
        .distinct()
        .subquery()
    )
    rows = session.execute(
        select(
            Enrolment.patient_id,
            func.count(Device.id),
            func.count(subscribed.c.device_id),
            func.max(Device.seen_at),
        )
        .join(Device, Device.enrolment_id == Enrolment.id)
        .outerjoin(subscribed, subscribed.c.device_id == Device.id)
        .where(
            Enrolment.clinic_id == clinic_id,
            Enrolment.patient_id.in_(patient_ids),
            Enrolment.revoked_at.is_(None),
            Device.revoked_at.is_(None),
        )
        .group_by(Enrolment.patient_id)
    )
    return {
        patient_id: _Phones(count, reminded, seen) for patient_id, count, reminded, seen in rows
    }


def _last_reminders(
    session: Session, clinic_id: UUID, block_ids: Sequence[UUID]
) -> dict[UUID, LastReminder]:
    """By block, the reminder with the latest due time that a push service took."""
    rows = session.execute(
        select(Reminder.block_id, Reminder.due_at, func.max(ReminderDelivery.receipt_at))
        .join(ReminderDelivery, ReminderDelivery.reminder_id == Reminder.id)
        .where(
            Reminder.clinic_id == clinic_id,
            Reminder.block_id.in_(block_ids),
            ReminderDelivery.accepted_at.is_not(None),
        )
        .group_by(Reminder.block_id, Reminder.due_at)
        .order_by(Reminder.due_at)
    )
    return {block_id: LastReminder(due_at, receipt) for block_id, due_at, receipt in rows}
