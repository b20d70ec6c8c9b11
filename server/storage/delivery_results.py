"""What became of deliveries, kept; and their reminders given back to the queue.

It takes a few statements however many there are. Rows are locked in one order everywhere, else two
transactions could wait for each other: subscriptions, blocks, then reminders by id. Claims wait
for nobody.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, case, func, literal, select, update
from sqlalchemy.orm import Session

from server.domain.reminders import Fate
from server.storage import subscriptions
from server.storage.columns import Instant
from server.storage.deliveries import DeliveryResult
from server.storage.models import Block, Reminder, ReminderDelivery
from server.storage.reach import to_email, to_phones
from server.storage.reminder_queue import ClaimedReminder, change


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
    if refused:
        session.connection().execute(_REFUSED, [_values(each) for each in refused])
    sent = {each.delivery.reminder.id for each in accepted}
    closed = _close_sent(session, [each for each in finished if each.id in sent])
    if sent - closed:
        _mark_sent(session, sent - closed)
    _give_back(session, [each for each in finished if each.id not in closed], now)


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


# A push service has it for at least one phone; what was answered stays answered.
_SENT = {
    "sent_at": func.coalesce(
        Reminder.sent_at,
        select(func.min(ReminderDelivery.accepted_at))
        .where(ReminderDelivery.reminder_id == Reminder.id)
        .scalar_subquery(),
    ),
    "state": case((Reminder.state == "answered", "answered"), else_="sent"),
}


def _mark_sent(session: Session, ids: Collection[UUID]) -> None:
    change(session, Reminder.id.in_(ids), **_SENT)


def _close_sent(session: Session, finished: Collection[ClaimedReminder]) -> set[UUID]:
    """For those that need no other phone tried: `_mark_sent` and `_give_back` at once, since
    almost all end so. Which of them did."""
    to_try = select(ReminderDelivery.id).where(
        ReminderDelivery.reminder_id == Reminder.id, ReminderDelivery.retry_at.is_not(None)
    )
    closing = update(Reminder).where(~to_try.exists()).returning(Reminder.id)
    closing = closing.values(**_SENT, leased_until=None, next_try_at=None)
    closed = set[UUID]()
    for mine in _by_lease(finished):
        closed.update(session.connection().execute(closing.where(mine)).scalars())
    return closed


def _give_back(session: Session, finished: Collection[ClaimedReminder], now: datetime) -> None:
    """End the leases, unless they ended early, and say when each reminder is looked at next."""
    if not finished:
        return
    planned = Reminder.state == "planned"
    phones = to_phones(select(func.min(ReminderDelivery.retry_at)).select_from(Block)).where(
        Block.id == Reminder.block_id
    )
    new = phones.where(ReminderDelivery.id.is_(None))  # subscribed a moment ago
    by_email = to_email(select(func.min(ReminderDelivery.retry_at)).select_from(Block)).where(
        Block.id == Reminder.block_id
    )
    unwritten = by_email.where(ReminderDelivery.id.is_(None))
    soon = case((Reminder.due_at > now, Reminder.due_at), else_=literal(now, Instant))
    phoneless = and_(planned, ~phones.with_only_columns(Block.id).exists())
    again_at = case(
        (Reminder.state.not_in(("planned", "sent")), None),
        (and_(planned, new.with_only_columns(Block.id).exists()), soon),
        (and_(phoneless, unwritten.with_only_columns(Block.id).exists()), soon),
        else_=func.coalesce(
            phones.correlate(Reminder).scalar_subquery(),
            case((phoneless, by_email.correlate(Reminder).scalar_subquery())),
            case((planned, Reminder.closes_at)),
        ),
    )
    for mine in _by_lease(finished):
        change(session, mine, leased_until=None, next_try_at=again_at)


def _by_lease(claimed: Collection[ClaimedReminder]) -> list[ColumnElement[bool]]:
    """Conditions for the rows of these that still have the lease they were claimed with."""
    ids: dict[datetime, list[UUID]] = {}
    for each in claimed:
        ids.setdefault(each.leased_until, []).append(each.id)
    return [
        and_(Reminder.id.in_(leased), Reminder.leased_until == lease)
        for lease, leased in ids.items()
    ]
