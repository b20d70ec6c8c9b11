"""What the board shows of a clinic's blocks: a little of them all, and the rest of a page of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from server.domain.block_record import BlockDiary
from server.domain.receipts import GRACE
from server.domain.schedule import longest
from server.storage import protocols, receipts
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
from server.storage.models.diary import TOLD

#: A block of today was done no longer ago than this, in any zone.
TODAY = timedelta(days=2)
#: What a patient told of after-effects stays on the board for so long, over a weekend too.
TOLD_STAYS = timedelta(days=3)


@dataclass(frozen=True)
class BoardBlock:
    """The little: `reference` is the clinic's own for the patient.

    `state` differs whenever what the diary's rules read does: but for the block's own columns in
    it they are rows that are only ever added, so that their numbers tell.
    """

    id: UUID
    patient_id: UUID
    protocol_id: UUID
    reference: str
    levels: str
    planned_on: date
    performed_at: datetime | None
    timezone: str
    entries: int
    staff_baselines: int

    @property
    def state(self) -> tuple[object, ...]:
        times = (self.performed_at, self.timezone, self.protocol_id)
        return (self.id, *times, self.entries, self.staff_baselines)


@dataclass(frozen=True)
class Troubles:
    """What is not as it should be, beside the diary; `unconfirmed` and `conflicts` are blocks, the
    others patients."""

    no_phone: set[UUID]
    reminders_off: dict[UUID, datetime]  #: since when
    unconfirmed: set[UUID]
    conflicts: set[UUID]


@dataclass(frozen=True)
class LastReminder:
    """The reminder that went out last: when it was due, and when a phone said that it showed it."""

    due_at: datetime
    confirmed_at: datetime | None


@dataclass(frozen=True)
class Shown:
    """The rest, of one block. Of the patient's phones that are let in: how many there are, how many
    can be reminded, and when any of them was last heard of (None without a phone)."""

    block: Block
    patient: Patient
    phones: int
    reminded_phones: int
    seen_at: datetime | None
    last_reminder: LastReminder | None


def blocks(session: Session, clinic_id: UUID, now: datetime) -> list[BoardBlock]:
    """Every block of a clinic that is not cancelled and is waiting, or may be on the board."""
    entries = (
        select(func.count())
        .select_from(DiaryEntry)
        .where(DiaryEntry.block_id == Block.id, DiaryEntry.clinic_id == clinic_id)
        .scalar_subquery()
    )
    baselines = (
        select(func.count())
        .select_from(StaffBaselineRow)
        .where(StaffBaselineRow.block_id == Block.id, StaffBaselineRow.clinic_id == clinic_id)
        .scalar_subquery()
    )
    found = session.execute(
        select(
            Block.id,
            Block.patient_id,
            Block.protocol_id,
            Patient.reference,
            Block.levels,
            Block.planned_on,
            Block.performed_at,
            Block.timezone,
            entries,
            baselines,
        )
        .join(Patient, Patient.id == Block.patient_id)
        .where(_may_be_shown(session, clinic_id, now))
    )
    return [BoardBlock(*row) for row in found]


def diaries(session: Session, clinic_id: UUID, ids: Sequence[UUID]) -> dict[UUID, BlockDiary]:
    """By block, what the rules read."""
    found = session.execute(
        select(Block, Protocol)
        .join(Protocol, Protocol.id == Block.protocol_id)
        .where(Block.clinic_id == clinic_id, Block.id.in_(ids))
    ).all()
    entries = _by_block(
        session.scalars(
            select(DiaryEntry)
            .where(DiaryEntry.clinic_id == clinic_id, DiaryEntry.block_id.in_(ids))
            .order_by(DiaryEntry.felt_at, DiaryEntry.recorded_at, DiaryEntry.id)
        )
    )
    baselines = _by_block(
        session.scalars(
            select(StaffBaselineRow)
            .where(StaffBaselineRow.clinic_id == clinic_id, StaffBaselineRow.block_id.in_(ids))
            .order_by(StaffBaselineRow.entered_at, StaffBaselineRow.id)
        )
    )
    return {
        block.id: diary_of(block, protocol, entries[block.id], baselines[block.id])
        for block, protocol in found
    }


def troubles(session: Session, clinic_id: UUID, now: datetime) -> Troubles:
    """Of the same blocks and their patients."""
    may_be_shown = _may_be_shown(session, clinic_id, now)
    on_board = select(Block.id).where(may_be_shown)
    phone = (
        exists()
        .where(Enrolment.patient_id == Block.patient_id, Enrolment.clinic_id == clinic_id)
        .where(Device.enrolment_id == Enrolment.id)
    )
    let_in = phone.where(Enrolment.revoked_at.is_(None), Device.revoked_at.is_(None))
    ended = phone.where(
        Subscription.device_id == Device.id,
        Subscription.retired_because.in_(receipts.SWITCHED_OFF),
    )
    patients = select(Block.patient_id).where(may_be_shown)
    reach = receipts.phones(session, clinic_id, list(session.scalars(patients.where(ended))))
    off = {patient_id: receipts.off_since(each) for patient_id, each in reach.items()}
    return Troubles(
        no_phone=set(session.scalars(patients.where(~let_in))),
        reminders_off={patient_id: since for patient_id, since in off.items() if since is not None},
        unconfirmed=_unconfirmed(session, clinic_id, on_board, now),
        conflicts=set(
            session.scalars(
                select(EntryConflict.block_id).where(
                    EntryConflict.clinic_id == clinic_id, EntryConflict.block_id.in_(on_board)
                )
            )
        ),
    )


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


def _may_be_shown(session: Session, clinic_id: UUID, now: datetime) -> ColumnElement[bool]:
    """Has the block no time, or one so late that its diary may still run, or told its patient
    lately of after-effects?"""
    versions = session.scalars(select(Protocol).where(Protocol.clinic_id == clinic_id))
    runs = max((longest(protocols.schedule_of(each)) for each in versions), default=TODAY)
    told = session.scalars(
        select(DiaryEntry.block_id)
        .where(DiaryEntry.clinic_id == clinic_id, DiaryEntry.received_at > now - TOLD_STAYS)
        .where(TOLD[session.get_bind().dialect.name])
        .distinct()
    ).all()
    either = [Block.performed_at.is_(None), Block.performed_at > now - max(runs, TODAY)]
    if told:
        either.append(Block.id.in_(told))
    return and_(Block.clinic_id == clinic_id, Block.cancelled_at.is_(None), or_(*either))


def _unconfirmed(session: Session, clinic_id: UUID, on_board: Any, now: datetime) -> set[UUID]:
    """First those with a phone that left the last push of all without a receipt; of them the few
    that the rule means (`receipts.nobody_confirms`)."""
    accepted, receipt = ReminderDelivery.accepted_at, ReminderDelivery.receipt_at
    silent = func.max(case((and_(receipt.is_(None), accepted <= now - GRACE), accepted)))
    confirmed = func.max(case((receipt.is_not(None), accepted)))
    found = session.execute(
        select(Block.id, Block.patient_id)
        .join(Reminder, Reminder.block_id == Block.id)
        .join(ReminderDelivery, ReminderDelivery.reminder_id == Reminder.id)
        .where(Block.clinic_id == clinic_id, Reminder.block_id.in_(on_board))
        .where(accepted.is_not(None))
        .group_by(Block.id, Block.patient_id, ReminderDelivery.subscription_id)
        .having(or_(silent > confirmed, and_(silent.is_not(None), confirmed.is_(None))))
    )
    patients: dict[UUID, UUID] = dict(row._tuple() for row in found)
    delivered = receipts.deliveries(session, clinic_id, list(patients))
    reach = receipts.phones(session, clinic_id, list(set(patients.values())))
    return {
        block_id
        for block_id, patient_id in patients.items()
        if receipts.nobody_confirms(reach[patient_id], delivered[block_id], now)
    }


def _by_block(rows: Iterable[Any]) -> defaultdict[UUID, list[Any]]:
    grouped: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.block_id].append(row)
    return grouped


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
