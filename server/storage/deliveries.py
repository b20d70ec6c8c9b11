"""Claimed reminders on their way to phones: planned, and looked at once more.

What became of them is kept by `delivery_results`. Each function takes a few statements however
many there are.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from server.domain.reminders import Judgement
from server.storage.models import (
    Block,
    Device,
    Enrolment,
    Reminder,
    ReminderDelivery,
    Subscription,
)
from server.storage.reach import to_email, to_phones
from server.storage.reminder_queue import STATE, ClaimedReminder, is_wanted


@dataclass(frozen=True, eq=False)
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
    """To which phones these reminders go, now or when they become due: each that they were not
    yet sent to, unless it waits for a later try. None for a reminder that is no longer wanted.

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
        to_phones(wanted)
        .where(Reminder.id.in_(by_id))
        .order_by(Subscription.created_at, Subscription.id)
    ).all()
    if without_phone := by_id.keys() - {row.id for row in rows}:
        by_email = to_email(wanted).where(Reminder.id.in_(without_phone))
        rows = [*rows, *session.execute(by_email)]
    for row in rows:
        reminder = by_id[row.id]
        at = max(now, reminder.due_at)
        if not is_wanted(row, reminder, at):
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
                    "retry_at": at,
                }
            )
        elif row.retry_at is None or row.retry_at > at:
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


def reachable(session: Session, planned: Collection[Delivery]) -> set[Delivery]:
    """Which of them go to a phone or mailbox that may still be sent to? To be asked right before
    they are sent, beside `reminder_queue.wanted`."""
    holder = (
        select(Device.id)
        .join(Enrolment, Enrolment.id == Device.enrolment_id)
        .where(Device.clinic_id == Subscription.clinic_id, Device.id == Subscription.device_id)
        .where(Enrolment.clinic_id == Subscription.clinic_id)
        .where(Device.revoked_at.is_(None), Enrolment.revoked_at.is_(None))
    )
    live = session.scalars(
        select(Subscription.id)
        .where(Subscription.id.in_({each.subscription_id for each in planned}))
        .where(Subscription.retired_at.is_(None))
        .where(or_(Subscription.device_id.is_(None), holder.exists()))
    )
    ids = set(live)
    return {each for each in planned if each.subscription_id in ids}
