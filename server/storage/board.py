"""The blocks on a clinic's board: what is stored of them, compared at every look, and what is read
of those that changed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from server.domain.block_record import BlockDiary
from server.domain.outline import TOLD_STAYS
from server.storage.blocks import diary_of
from server.storage.columns import Instant, read_id, unread
from server.storage.models import (
    Block,
    Device,
    DiaryEntry,
    Enrolment,
    EntryConflict,
    Patient,
    Protocol,
    Subscription,
)
from server.storage.models import StaffBaseline as StaffBaselineRow
from server.storage.models.diary import TOLD
from server.storage.receipts import SWITCHED_OFF

#: A block of today was done no longer ago than this, in any zone.
TODAY = timedelta(days=2)
#: In place of when a patient could last be reminded: never, and still.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_STILL = datetime(9000, 1, 1, tzinfo=UTC)

#: A block as the database gives it, its id first, with its patient's revision. It differs whenever
#: what the board says of the block does, but for the time that passes and for receipts.
Line = tuple[Any, ...]


class BoardBlock(NamedTuple):
    """A block that was read: `reference` is the clinic's own for the patient.

    `reminded_until` is since when no phone can be reminded, `_STILL`, `_NEVER` or, without a phone
    that is let in, None; `has_conflict`: an entry waits for review.
    """

    id: UUID
    reference: str
    levels: str
    planned_on: date
    performed_at: datetime | None
    timezone: str
    reminded_until: datetime | None
    has_conflict: bool

    @property
    def has_phone(self) -> bool:
        """One is let in."""
        return self.reminded_until is not None

    @property
    def reminders_off_since(self) -> datetime | None:
        """When the last phone that could be reminded no longer could."""
        return None if self.reminded_until in (_NEVER, _STILL) else self.reminded_until


def lines(session: Session, clinic_id: UUID, longest: timedelta, now: datetime) -> list[Line]:
    """Every block of a clinic that is not cancelled and is waiting, or may be on the board.

    :param longest: how long after its block a diary may run, as `protocols.longest_of`
    """
    found = session.execute(
        select(*map(unread, _compared(clinic_id))).where(
            or_(*_may_be_shown(session, clinic_id, longest, now))
        )
    )
    return [tuple(row) for row in found]


def read(
    session: Session, clinic_id: UUID, found: Sequence[Line]
) -> dict[Line, tuple[BoardBlock, BlockDiary]]:
    """The blocks, with what the rules read; `found` is of the same view of the database."""
    if not found:
        return {}
    by_id = {read_id(line[0]): line for line in found}
    columns = _columns(clinic_id)
    blocks = session.execute(
        select(Block, Protocol, *columns)
        .join(Protocol, Protocol.id == Block.protocol_id)
        .where(Block.clinic_id == clinic_id, Block.id.in_(by_id))
    ).all()
    entries = _by_block(
        session.scalars(
            select(DiaryEntry)
            .where(DiaryEntry.clinic_id == clinic_id, DiaryEntry.block_id.in_(by_id))
            .order_by(DiaryEntry.felt_at, DiaryEntry.recorded_at, DiaryEntry.id)
        )
    )
    baselines = _by_block(
        session.scalars(
            select(StaffBaselineRow)
            .where(StaffBaselineRow.clinic_id == clinic_id, StaffBaselineRow.block_id.in_(by_id))
            .order_by(StaffBaselineRow.entered_at, StaffBaselineRow.id)
        )
    )
    return {
        by_id[block.id]: (
            BoardBlock(*line),
            diary_of(block, protocol, entries[block.id], baselines[block.id]),
        )
        for block, protocol, *line in blocks
    }


def _compared(clinic_id: UUID) -> list[Any]:
    """Of a line. Of a block its time and zone alone ever change; the rest raises the revision."""
    return [Block.id, Block.performed_at, Block.timezone, _of_patient(Patient.revision, clinic_id)]


def _columns(clinic_id: UUID) -> list[Any]:
    """Of `BoardBlock`."""
    return [
        Block.id,
        _of_patient(Patient.reference, clinic_id),
        Block.levels,
        Block.planned_on,
        Block.performed_at,
        Block.timezone,
        _reminded_until(clinic_id),
        exists().where(EntryConflict.block_id == Block.id, EntryConflict.clinic_id == clinic_id),
    ]


def _of_patient(column: Any, clinic_id: UUID) -> Any:
    """Looked for block by block, since PostgreSQL reads through a whole table to join so many."""
    its = select(column).where(Patient.id == Block.patient_id, Patient.clinic_id == clinic_id)
    return its.scalar_subquery()


def _reminded_until(clinic_id: UUID) -> Any:
    of_phone = case(
        (Subscription.id.is_(None), literal(_NEVER, Instant)),
        (Subscription.retired_at.is_(None), literal(_STILL, Instant)),
        (Subscription.retired_because.in_(SWITCHED_OFF), Subscription.retired_at),
        else_=literal(_NEVER, Instant),
    )
    return (
        select(func.max(of_phone))
        .select_from(Enrolment)
        .join(Device, Device.enrolment_id == Enrolment.id)
        .outerjoin(Subscription, Subscription.device_id == Device.id)
        .where(
            Enrolment.patient_id == Block.patient_id,
            Enrolment.clinic_id == clinic_id,
            Enrolment.revoked_at.is_(None),
            Device.revoked_at.is_(None),
        )
        .scalar_subquery()
    )


def _may_be_shown(
    session: Session, clinic_id: UUID, longest: timedelta, now: datetime
) -> list[ColumnElement[bool]]:
    """A block has no time, or one so late that its diary may still run, or its patient told lately
    of after-effects. Each says whose it is, so that SQLite looks for each by itself."""
    told = session.scalars(
        select(DiaryEntry.block_id)
        .where(DiaryEntry.clinic_id == clinic_id, DiaryEntry.received_at > now - TOLD_STAYS)
        .where(TOLD[session.get_bind().dialect.name])
        .distinct()
    ).all()
    since = now - max(longest, TODAY)
    either = [Block.performed_at.is_(None), Block.performed_at > since]
    if told:
        either.append(Block.id.in_(told))
    mine = (Block.clinic_id == clinic_id, Block.cancelled_at.is_(None))
    return [and_(*mine, each) for each in either]


def _by_block(rows: Iterable[Any]) -> defaultdict[UUID, list[Any]]:
    grouped: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.block_id].append(row)
    return grouped
