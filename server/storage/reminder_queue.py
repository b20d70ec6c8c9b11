"""The queue of reminders that the loop works through: claimed, sent outside of any transaction,
recorded.

`next_try_at` is the queue: when a reminder is looked at next, None when nothing is left to do.
A claim is a lease: the reminder comes back by itself when its worker died. Whatever changes a
reminder in the meantime (an answer, a moved t0) ends the lease, and the worker asks before it
sends.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.domain.reminders import Fate, Judgement
from server.storage import reminders, subscriptions
from server.storage.models import Block, Patient, Reminder, ReminderDelivery


@dataclass(frozen=True)
class ClaimedReminder:
    """A reminder that one worker has alone until its lease ends."""

    id: UUID
    clinic_id: UUID
    patient_id: UUID
    language: str  #: the patient's
    block_id: UUID
    assessment_id: str
    due_at: datetime
    closes_at: datetime
    leased_until: datetime


@dataclass(frozen=True)
class Claim:
    """What one look into the queue took out of it."""

    reminders: tuple[ClaimedReminder, ...]
    expired: int  #: so many had not been sent when their window closed
    looked_at: int  #: equal to the limit if more may be waiting


@dataclass(frozen=True)
class Delivery:
    """One claimed reminder for one phone."""

    id: UUID
    subscription_id: UUID
    push_service: str
    sealed: str  #: the browser's subscription
    tries: int  #: before this one


@dataclass(frozen=True)
class DeliveryResult:
    """What became of one delivery, and when."""

    delivery: Delivery
    judgement: Judgement
    retry_at: datetime | None
    at: datetime


def claim_due(session: Session, now: datetime, limit: int, lease: timedelta) -> Claim:
    """Take up to `limit` reminders whose time has come, longest waiting first.

    Those whose window has closed expire instead. What another worker holds is passed over.
    """
    rows = session.execute(
        select(Reminder, Patient.id, Patient.language)
        .join(Block, Block.id == Reminder.block_id)
        .join(Patient, Patient.id == Block.patient_id)
        .where(Reminder.next_try_at <= now)
        .order_by(Reminder.next_try_at)
        .limit(limit)
        .with_for_update(of=Reminder, skip_locked=True)
    ).all()
    claimed = []
    expired = 0
    for row, patient_id, language in rows:
        row.leased_until = None
        if row.closes_at <= now:
            row.next_try_at = None
            if row.state == "planned":
                row.state = "expired"
                expired += 1
            continue
        row.leased_until = row.next_try_at = now + lease
        claimed.append(
            ClaimedReminder(
                row.id,
                row.clinic_id,
                patient_id,
                language,
                row.block_id,
                row.assessment_id,
                row.due_at,
                row.closes_at,
                row.leased_until,
            )
        )
    session.flush()
    return Claim(tuple(claimed), expired, len(rows))


def deliveries(session: Session, claimed: ClaimedReminder, now: datetime) -> list[Delivery]:
    """To which phones this reminder goes now: each that it was not yet sent to, unless it waits
    for a later try. Empty if the reminder is no longer wanted."""
    row = _locked(session, claimed)
    if not _is_wanted(row, claimed, now):
        return []
    phones = subscriptions.live(session, claimed.clinic_id, claimed.patient_id)
    known = _known(session, claimed)
    for phone in phones:
        if phone.id not in known and row.sent_at is None:
            known[phone.id] = ReminderDelivery(
                clinic_id=claimed.clinic_id,
                reminder_id=claimed.id,
                subscription_id=phone.id,
                tries=0,
                retry_at=now,
            )
            session.add(known[phone.id])
    session.flush()
    return [
        Delivery(
            known[phone.id].id, phone.id, phone.push_service, phone.sealed, known[phone.id].tries
        )
        for phone in phones
        if phone.id in known and _is_due(known[phone.id], now)
    ]


def is_wanted(session: Session, claimed: ClaimedReminder, now: datetime) -> bool:
    """Is it still this worker's, unanswered and inside its window? To be asked before each send."""
    row = session.scalar(
        select(Reminder).where(Reminder.clinic_id == claimed.clinic_id, Reminder.id == claimed.id)
    )
    return row is not None and _is_wanted(row, claimed, now)


def record(
    session: Session, claimed: ClaimedReminder, results: Iterable[DeliveryResult], now: datetime
) -> None:
    """Keep what became of a claimed reminder, and give it back to the queue if need be.

    It is sent as soon as a push service has it for one phone; another phone is then still tried
    again. Without any phone to try it sleeps until its window closes, or until
    `reminders.wake`.
    """
    row = _locked(session, claimed)
    known = _known(session, claimed)
    for result in results:
        kept = known[result.delivery.subscription_id]
        kept.tries += 1
        if result.judgement.fate is Fate.ACCEPTED:
            kept.accepted_at = kept.accepted_at or result.at
            kept.failure = kept.retry_at = None
            reminders.mark_sent(row, result.at)
            continue
        if result.judgement.fate is Fate.GONE:
            subscriptions.retire(session, claimed.clinic_id, kept.subscription_id, "gone", now)
        if kept.accepted_at is None:  # else its receipt was faster than this record
            kept.failure, kept.retry_at = result.judgement.reason, result.retry_at
    session.flush()
    if row.leased_until == claimed.leased_until:
        row.leased_until = None
        row.next_try_at = _next_try_at(session, row, claimed, now)
    session.flush()


def next_try_at(session: Session) -> datetime | None:
    """When the queue has something to do next; None if never, as things are."""
    return session.scalar(select(func.min(Reminder.next_try_at)))


def _next_try_at(
    session: Session, row: Reminder, claimed: ClaimedReminder, now: datetime
) -> datetime | None:
    if row.state not in ("planned", "sent"):
        return None
    known = _known(session, claimed)
    phones = subscriptions.live(session, claimed.clinic_id, claimed.patient_id)
    if row.state == "planned" and any(phone.id not in known for phone in phones):
        return now
    retries = [
        retry_at
        for phone in phones
        if phone.id in known and (retry_at := known[phone.id].retry_at) is not None
    ]
    if retries:
        return min(retries)
    return row.closes_at if row.state == "planned" else None


def _is_wanted(row: Reminder, claimed: ClaimedReminder, now: datetime) -> bool:
    return (
        row.state in ("planned", "sent")
        and row.leased_until == claimed.leased_until
        and now < claimed.leased_until
        and row.due_at <= now < row.closes_at
    )


def _is_due(delivery: ReminderDelivery, now: datetime) -> bool:
    return delivery.retry_at is not None and delivery.retry_at <= now


def _locked(session: Session, claimed: ClaimedReminder) -> Reminder:
    return session.scalars(
        select(Reminder)
        .where(Reminder.clinic_id == claimed.clinic_id, Reminder.id == claimed.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _known(session: Session, claimed: ClaimedReminder) -> dict[UUID, ReminderDelivery]:
    """The reminder's deliveries so far, by subscription."""
    rows = session.scalars(
        select(ReminderDelivery)
        .where(ReminderDelivery.clinic_id == claimed.clinic_id)
        .where(ReminderDelivery.reminder_id == claimed.id)
    )
    return {row.subscription_id: row for row in rows}
