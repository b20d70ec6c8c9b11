"""The queue of reminders that the loop works through, by the batch: claimed, sent outside of any
transaction, recorded (in `deliveries`).

`next_try_at` is the queue: when a reminder is looked at next, None when nothing is left to do.
A claim is a lease: the reminder comes back by itself when its worker died. Whatever changes a
reminder in the meantime (an answer, a moved t0) ends the lease, and the worker looks once more
before it sends.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from server.storage import nudges
from server.storage.models import Block, Patient, Reminder


@dataclass(frozen=True, eq=False)
class ClaimedReminder:
    """A reminder that one worker has alone until its lease ends; each claim is one of its own."""

    id: UUID
    clinic_id: UUID
    patient_id: UUID
    language: str  #: the patient's
    block_id: UUID
    assessment_id: str
    attempt: str  #: prompt, nudge or snoozed
    due_at: datetime
    closes_at: datetime
    leased_until: datetime


@dataclass(frozen=True)
class Claim:
    """What one look into the queue took out of it."""

    reminders: tuple[ClaimedReminder, ...]
    expired: int  #: so many had not been sent when their window closed
    looked_at: int  #: equal to the limit if more may be waiting


def claim_due(
    session: Session,
    now: datetime,
    limit: int,
    lease: timedelta,
    ahead: timedelta = timedelta(0),
) -> Claim:
    """Take up to `limit` reminders whose time has come, longest waiting first.

    Those whose window has closed expire instead. What another worker holds is passed over.

    :param ahead: take also what becomes due within this, so that it is ready then: first tries
        only, and no second pushes, of which it is known only then whether they are needed
    """
    due = Reminder.next_try_at <= now
    if ahead:
        untried = and_(Reminder.next_try_at == Reminder.due_at, Reminder.attempt != "nudge")
        due = and_(Reminder.next_try_at <= now + ahead, or_(due, untried))
    rows = session.execute(
        select(
            Reminder.id,
            Reminder.clinic_id,
            Block.patient_id,
            Patient.language,
            Reminder.block_id,
            Reminder.assessment_id,
            Reminder.attempt,
            Reminder.due_at,
            Reminder.closes_at,
            Reminder.state,
        )
        .join(Block, Block.id == Reminder.block_id)
        .join(Patient, Patient.id == Block.patient_id)
        .where(due)
        .order_by(Reminder.next_try_at)
        .limit(limit)
        .with_for_update(of=Reminder, skip_locked=True, key_share=True)
    ).all()
    until = now + lease
    open_ = [row for row in rows if row.closes_at > now]
    unneeded = nudges.unneeded(session, open_, now)
    if unneeded:
        change(
            session,
            Reminder.id.in_(unneeded),
            leased_until=None,
            next_try_at=None,
            state="unneeded",
        )
        open_ = [row for row in open_ if row.id not in unneeded]
    closed = [row for row in rows if row.closes_at <= now]
    if open_:
        change(
            session,
            Reminder.id.in_([row.id for row in open_]),
            leased_until=until,
            next_try_at=until,
        )
    if closed:
        state = case((Reminder.state == "planned", "expired"), else_=Reminder.state)
        change(
            session,
            Reminder.id.in_([row.id for row in closed]),
            leased_until=None,
            next_try_at=None,
            state=state,
        )
    return Claim(
        tuple(_claimed(row, until) for row in open_),
        expired=sum(row.state == "planned" for row in closed),
        looked_at=len(rows),
    )


def _claimed(row: Any, until: datetime) -> ClaimedReminder:
    return ClaimedReminder(
        row.id,
        row.clinic_id,
        row.patient_id,
        row.language,
        row.block_id,
        row.assessment_id,
        row.attempt,
        row.due_at,
        row.closes_at,
        until,
    )


def wanted(
    session: Session, claimed: Collection[ClaimedReminder], now: datetime
) -> set[ClaimedReminder]:
    """Which of them are still this worker's, unanswered and inside their window? To be asked
    right before they are sent."""
    rows = session.execute(select(*STATE).where(Reminder.id.in_([each.id for each in claimed])))
    state = {row.id: row for row in rows}
    return {each for each in claimed if each.id in state and is_wanted(state[each.id], each, now)}


def next_try_at(session: Session) -> datetime | None:
    """When the queue has something to do next; None if never, as things are."""
    return session.scalar(select(func.min(Reminder.next_try_at)))


@dataclass(frozen=True)
class Depth:
    """How much is in the queue; `oldest_due_at` is None if nothing is due."""

    due: int
    planned: int
    oldest_due_at: datetime | None


def depth(session: Session, now: datetime) -> Depth:
    """What is due and in nobody's hands, and all that is still to do."""
    queued = select(func.count(), func.min(Reminder.next_try_at))
    planned, first_at = session.execute(queued.where(Reminder.next_try_at.is_not(None))).one()
    due = session.scalar(select(func.count()).where(Reminder.next_try_at <= now)) or 0
    return Depth(due, planned, first_at if due else None)


#: What `is_wanted` looks at.
STATE = (Reminder.id, Reminder.state, Reminder.due_at, Reminder.closes_at, Reminder.leased_until)


def is_wanted(row: Any, claimed: ClaimedReminder, now: datetime) -> bool:
    """:param row: has the columns of `STATE`, as they are now"""
    return (
        row.state in ("planned", "sent")
        and row.leased_until == claimed.leased_until
        and now < claimed.leased_until
        and row.due_at <= now < row.closes_at
    )


def change(session: Session, which: ColumnElement[bool], **values: Any) -> None:
    """Change some reminders' columns at once."""
    changing = update(Reminder).where(which).values(**values)
    session.execute(changing, execution_options={"synchronize_session": False})
    session.expire_all()
