"""What the board shows of a clinic's blocks: a little of them all, and the rest of a page of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, case, exists, func, or_, select
from sqlalchemy.orm import Session

from server.domain.block_record import BlockDiary
from server.domain.receipts import GRACE, UNCONFIRMED
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
from server.storage.models.diary import TOLD

#: A block of today was done no longer ago than this, in any zone.
TODAY = timedelta(days=2)
#: What a patient told of after-effects stays on the board for so long, over a weekend too.
TOLD_STAYS = timedelta(days=3)


class BoardBlock(NamedTuple):
    """The little: `reference` is the clinic's own for the patient.

    `has_phone`: one is let in; `has_ended`: a subscription of a phone ended; `has_conflict`: an
    entry waits for review.
    """

    id: UUID
    reference: str
    levels: str
    planned_on: date
    performed_at: datetime | None
    timezone: str
    entries: int
    staff_baselines: int
    has_phone: bool
    has_ended: bool
    has_conflict: bool

    @property
    def state(self) -> tuple[object, ...]:
        """Differs whenever what the rules read of the diary does: of a block its time and zone
        alone ever change, and entries and baselines are only ever added, so their numbers tell."""
        return (self.performed_at, self.timezone, self.entries, self.staff_baselines)


@dataclass(frozen=True)
class Reached:
    """By block, since when no phone can be reminded any more; and the blocks whose phones leave
    their reminders without a receipt."""

    off_since: dict[UUID, datetime]
    unconfirmed: set[UUID]


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


def blocks(
    session: Session, clinic_id: UUID, longest: timedelta, now: datetime
) -> list[BoardBlock]:
    """Every block of a clinic that is not cancelled and is waiting, or may be on the board.

    :param longest: how long after its block a diary may run, as `protocols.longest_of`
    """
    found = session.execute(
        select(
            Block.id,
            Patient.reference,
            Block.levels,
            Block.planned_on,
            Block.performed_at,
            Block.timezone,
            _count(DiaryEntry, clinic_id),
            _count(StaffBaselineRow, clinic_id),
            _phone(clinic_id).where(Enrolment.revoked_at.is_(None), Device.revoked_at.is_(None)),
            _phone(clinic_id).where(
                Subscription.device_id == Device.id,
                Subscription.retired_because.in_(receipts.SWITCHED_OFF),
            ),
            exists().where(
                EntryConflict.block_id == Block.id, EntryConflict.clinic_id == clinic_id
            ),
        )
        .join(Patient, Patient.id == Block.patient_id)
        .where(Block.clinic_id == clinic_id, Block.cancelled_at.is_(None))
        .where(or_(*_may_be_shown(session, clinic_id, longest, now)))
    )
    return [BoardBlock(*row) for row in found]


def reached(
    session: Session,
    clinic_id: UUID,
    found: Sequence[BoardBlock],
    longest: timedelta,
    now: datetime,
) -> Reached:
    """What is wrong with the reminders of these blocks; most have nothing."""
    ids = {each.id for each in found}
    ended = [each.id for each in found if each.has_ended]
    silent = _silent(session, clinic_id, longest, now) & ids
    troubled = session.execute(
        select(Block.id, Block.patient_id).where(
            Block.clinic_id == clinic_id, Block.id.in_([*ended, *silent])
        )
    )
    patients = {row.id: row.patient_id for row in troubled}
    phones = receipts.phones(session, clinic_id, list(set(patients.values())))
    delivered = receipts.deliveries(session, clinic_id, list(silent))
    off = {block_id: receipts.off_since(phones[patients[block_id]]) for block_id in ended}
    return Reached(
        off_since={block_id: since for block_id, since in off.items() if since is not None},
        unconfirmed={
            block_id
            for block_id in silent
            if receipts.nobody_confirms(phones[patients[block_id]], delivered[block_id], now)
        },
    )


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


def _may_be_shown(
    session: Session, clinic_id: UUID, longest: timedelta, now: datetime
) -> list[ColumnElement[bool]]:
    """A block has no time, or one so late that its diary may still run, or its patient told lately
    of after-effects."""
    told = session.scalars(
        select(DiaryEntry.block_id)
        .where(DiaryEntry.clinic_id == clinic_id, DiaryEntry.received_at > now - TOLD_STAYS)
        .where(TOLD[session.get_bind().dialect.name])
        .distinct()
    ).all()
    since = now - max(longest, TODAY)
    either = [Block.performed_at.is_(None), Block.performed_at > since]
    return [*either, Block.id.in_(told)] if told else either


def _silent(session: Session, clinic_id: UUID, longest: timedelta, now: datetime) -> set[UUID]:
    """Blocks with reminders of so many assessments without a receipt that their phones may leave
    the last ones unconfirmed."""
    since = now - max(longest, TODAY) - TOLD_STAYS
    return set(
        session.scalars(
            select(Reminder.block_id)
            .join(ReminderDelivery, ReminderDelivery.reminder_id == Reminder.id)
            .where(
                Reminder.clinic_id == clinic_id,
                ReminderDelivery.clinic_id == clinic_id,
                ReminderDelivery.receipt_at.is_(None),
                ReminderDelivery.accepted_at > since,
                ReminderDelivery.accepted_at <= now - GRACE,
            )
            .group_by(Reminder.block_id)
            .having(func.count(Reminder.assessment_id.distinct()) >= UNCONFIRMED)
        )
    )


def _count(table: Any, clinic_id: UUID) -> Any:
    of_block = select(func.count()).where(table.block_id == Block.id, table.clinic_id == clinic_id)
    return of_block.select_from(table).scalar_subquery()


def _phone(clinic_id: UUID) -> Exists:
    return (
        exists()
        .where(Enrolment.patient_id == Block.patient_id, Enrolment.clinic_id == clinic_id)
        .where(Device.enrolment_id == Enrolment.id)
    )


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
