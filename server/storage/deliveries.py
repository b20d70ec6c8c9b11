"""Claimed reminders on their way to phones: planned, and what became of them recorded.

Each function takes a few statements however many there are. Rows are locked in one order
everywhere, else two transactions could wait for each other: subscriptions, blocks, then reminders
by id. Claims wait for nobody.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from server.domain.reminders import Fate, Judgement
from server.storage import subscriptions
from server.storage.columns import Instant
from server.storage.models import (
    Block,
    Device,
    Enrolment,
    Reminder,
    ReminderDelivery,
    Subscription,
)
from server.storage.reminder_queue import STATE, ClaimedReminder, change, is_wanted


@dataclass(frozen=True)
class Delivery:
    """One claimed reminder for one phone, or for a mailbox."""

    id: UUID
    reminder: ClaimedReminder
    subscription_id: UUID
    push_service: str
    sealed: str  #: how it is reached
    tries: int  #: before this one


@dataclass(frozen=True)
class DeliveryResult:
    """What became of one delivery, and when."""

    delivery: Delivery
    judgement: Judgement
    retry_at: datetime | None
    at: datetime
    begun: bool = True  #: False: nothing was sent, so that it does not count as a try


def plan(session: Session, claimed: Collection[ClaimedReminder], now: datetime) -> list[Delivery]:
    """To which phones these reminders go now: each that they were not yet sent to, unless it
    waits for a later try. None for a reminder that is no longer wanted.

    Call it in the transaction of the claim: nobody else plans the same deliveries then.
    """
    by_id = {each.id: each for each in claimed}
    todo, new = [], []
    wanted = select(
        *STATE,
        Reminder.sent_at,
        Subscription.id.label("subscription_id"),
        Subscription.push_service,
        Subscription.sealed,
        ReminderDelivery.id.label("delivery_id"),
        ReminderDelivery.retry_at,
        ReminderDelivery.tries,
    ).join(Block, Block.id == Reminder.block_id)
    rows = session.execute(
        _to_phones(wanted)
        .where(Reminder.id.in_(by_id))
        .order_by(Subscription.created_at, Subscription.id)
    ).all()
    if without_phone := by_id.keys() - {row.id for row in rows}:
        by_email = _to_email(wanted).where(Reminder.id.in_(without_phone))
        rows = [*rows, *session.execute(by_email)]
    for row in rows:
        reminder = by_id[row.id]
        if not is_wanted(row, reminder, now):
            continue
        delivery_id = row.delivery_id
        if delivery_id is None and row.sent_at is None:
            delivery_id = uuid4()
            new.append(
                {
                    "id": delivery_id,
                    "clinic_id": reminder.clinic_id,
                    "reminder_id": reminder.id,
                    "subscription_id": row.subscription_id,
                    "tries": 0,
                    "retry_at": now,
                }
            )
        elif row.retry_at is None or row.retry_at > now:
            continue
        todo.append(
            Delivery(
                delivery_id,
                reminder,
                row.subscription_id,
                row.push_service,
                row.sealed,
                row.tries or 0,
            )
        )
    if new:
        session.execute(insert(ReminderDelivery), new)
    return todo


def record(
    session: Session,
    results: Sequence[DeliveryResult],
    finished: Collection[ClaimedReminder],
    now: datetime,
) -> None:
    """Keep what became of some deliveries, and give reminders back to the queue if need be.

    A reminder is sent as soon as a push service has it for one phone; another phone is then still
    tried again. Without any phone to try it sleeps until its window closes, or until
    `reminders.wake`.

    :param finished: the reminders of which this worker has nothing more in hand
    """
    gone = [each.delivery for each in results if each.judgement.fate is Fate.GONE]
    for each in sorted(gone, key=lambda delivery: delivery.subscription_id):
        subscriptions.retire(session, each.reminder.clinic_id, each.subscription_id, "gone", now)
    session.flush()
    touched = {each.delivery.reminder.id for each in results} | {each.id for each in finished}
    locking = select(Reminder.id).where(Reminder.id.in_(touched)).order_by(Reminder.id)
    session.execute(locking.with_for_update(key_share=True)).all()
    accepted = [each for each in results if each.judgement.fate is Fate.ACCEPTED]
    refused = [each for each in results if each.judgement.fate is not Fate.ACCEPTED]
    if accepted:
        session.connection().execute(_ACCEPTED, [_values(each) for each in accepted])
        _mark_sent(session, {each.delivery.reminder.id for each in accepted})
    if refused:
        session.connection().execute(_REFUSED, [_values(each) for each in refused])
    _give_back(session, finished, now)


_Select = TypeVar("_Select", bound=Select[*tuple[Any, ...]])

_TRIED = update(ReminderDelivery).where(ReminderDelivery.id == bindparam("of_delivery"))
_ACCEPTED = _TRIED.values(
    tries=ReminderDelivery.tries + 1,
    accepted_at=func.coalesce(
        ReminderDelivery.accepted_at, bindparam("answered_at", type_=Instant)
    ),
    failure=None,
    retry_at=None,
)
# Where it is accepted already, its receipt was faster than this record.
_IS_OPEN = ReminderDelivery.accepted_at.is_(None)
_REFUSED = _TRIED.values(
    tries=ReminderDelivery.tries + bindparam("begun"),
    failure=case((_IS_OPEN, bindparam("reason")), else_=ReminderDelivery.failure),
    retry_at=case(
        (_IS_OPEN, bindparam("again_at", type_=Instant)), else_=ReminderDelivery.retry_at
    ),
)


def _values(result: DeliveryResult) -> dict[str, Any]:
    """For `_ACCEPTED` or `_REFUSED`."""
    values: dict[str, Any] = {"of_delivery": result.delivery.id}
    if result.judgement.fate is Fate.ACCEPTED:
        return {**values, "answered_at": result.at}
    reason, again_at = result.judgement.reason, result.retry_at
    return {**values, "begun": int(result.begun), "reason": reason, "again_at": again_at}


def _mark_sent(session: Session, ids: Collection[UUID]) -> None:
    """A push service has them for at least one phone; what was answered stays answered."""
    first = (
        select(func.min(ReminderDelivery.accepted_at))
        .where(ReminderDelivery.reminder_id == Reminder.id)
        .scalar_subquery()
    )
    change(
        session,
        Reminder.id.in_(ids),
        sent_at=func.coalesce(Reminder.sent_at, first),
        state=case((Reminder.state == "answered", "answered"), else_="sent"),
    )


def _give_back(session: Session, finished: Collection[ClaimedReminder], now: datetime) -> None:
    """End the leases, unless they ended early, and say when each reminder is looked at next."""
    by_lease: dict[datetime, list[UUID]] = {}
    for each in finished:
        by_lease.setdefault(each.leased_until, []).append(each.id)
    planned = Reminder.state == "planned"
    phones = _to_phones(select(func.min(ReminderDelivery.retry_at)).select_from(Block)).where(
        Block.id == Reminder.block_id
    )
    new = phones.where(ReminderDelivery.id.is_(None))  # subscribed a moment ago
    by_email = _to_email(select(func.min(ReminderDelivery.retry_at)).select_from(Block)).where(
        Block.id == Reminder.block_id
    )
    unwritten = by_email.where(ReminderDelivery.id.is_(None))
    phoneless = and_(planned, ~phones.with_only_columns(Block.id).exists())
    again_at = case(
        (Reminder.state.not_in(("planned", "sent")), None),
        (and_(planned, new.with_only_columns(Block.id).exists()), literal(now, Instant)),
        (
            and_(phoneless, unwritten.with_only_columns(Block.id).exists()),
            literal(now, Instant),
        ),
        else_=func.coalesce(
            phones.correlate(Reminder).scalar_subquery(),
            case((phoneless, by_email.correlate(Reminder).scalar_subquery())),
            case((planned, Reminder.closes_at)),
        ),
    )
    for lease, ids in by_lease.items():
        mine = and_(Reminder.id.in_(ids), Reminder.leased_until == lease)
        change(session, mine, leased_until=None, next_try_at=again_at)


def _same_clinic(clinic_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Whether it is the reminder's, said so that no index of it alone serves: SQLite, which keeps
    no statistics, would read all phones of the clinic for each reminder."""
    return func.coalesce(clinic_id, Reminder.clinic_id) == Reminder.clinic_id


def _to_email(blocks: _Select) -> _Select:
    """Join a query of blocks with the patient's e-mail address, and with the delivery there. For
    reminders whose patient has no phone that may be sent to.

    Not for a nudge: it follows what no phone confirmed. No mailbox confirms anything, so each
    e-mail would bring a second one.
    """
    return blocks.join(
        Subscription,
        and_(
            _same_clinic(Subscription.clinic_id),
            Subscription.email_of == Block.patient_id,
            Subscription.retired_at.is_(None),
            Reminder.attempt != "nudge",
        ),
    ).outerjoin(
        ReminderDelivery,
        and_(
            ReminderDelivery.reminder_id == Reminder.id,
            ReminderDelivery.subscription_id == Subscription.id,
        ),
    )


def _to_phones(blocks: _Select) -> _Select:
    """Join a query of blocks with the phones that may be sent to, and with the deliveries there."""
    return (
        blocks.join(
            Enrolment,
            and_(
                _same_clinic(Enrolment.clinic_id),
                Enrolment.patient_id == Block.patient_id,
                Enrolment.revoked_at.is_(None),
            ),
        )
        .join(
            Device,
            and_(
                _same_clinic(Device.clinic_id),
                Device.enrolment_id == Enrolment.id,
                Device.revoked_at.is_(None),
            ),
        )
        .join(
            Subscription,
            and_(
                _same_clinic(Subscription.clinic_id),
                Subscription.device_id == Device.id,
                Subscription.retired_at.is_(None),
            ),
        )
        .outerjoin(
            ReminderDelivery,
            and_(
                ReminderDelivery.reminder_id == Reminder.id,
                ReminderDelivery.subscription_id == Subscription.id,
            ),
        )
    )
