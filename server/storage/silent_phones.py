"""Blocks whose phones leave their reminders without a receipt."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from server.domain.outline import TOLD_STAYS
from server.domain.receipts import GRACE, UNCONFIRMED, Ring, is_unconfirmed
from server.storage.board import TODAY
from server.storage.columns import read_id, unread
from server.storage.models import Block, Device, Enrolment, Reminder, ReminderDelivery, Subscription

#: How many reminders of a block have no receipt, and when the last of them was sent, unread. While
#: it stays, so does it that a phone of the block confirmed one of its last reminders: a receipt
#: can only confirm more, and what is sent later comes with a later time.
Unanswered = tuple[Any, ...]


def unanswered(
    session: Session, clinic_id: UUID, longest: timedelta, now: datetime
) -> dict[Any, Unanswered]:
    """By id, unread, the blocks with so many reminders without a receipt that their phones may
    leave the last ones unconfirmed.

    :param longest: as `board.lines`
    """
    since = now - max(longest, TODAY) - TOLD_STAYS
    return {block: tuple(what) for block, *what in session.execute(_silent(clinic_id, since, now))}


def unconfirmed(
    session: Session, clinic_id: UUID, blocks: Iterable[Any], now: datetime
) -> set[Any]:
    """Of these blocks, by ids, unread, those of which every phone that can be reminded leaves its
    reminders unconfirmed."""
    ids = {read_id(block) for block in blocks}
    if not ids:
        return set()
    rings: defaultdict[tuple[Any, Any], list[Ring]] = defaultdict(list)
    for block, phone, *ring in session.execute(_rings(clinic_id, ids)):
        rings[block, phone].append(Ring(*ring))
    leaving = {phone for phone, its in rings.items() if is_unconfirmed(its, now)}
    if not leaving:
        return set()
    ids = {read_id(block) for block, _ in leaving}
    reminded: defaultdict[Any, set[tuple[Any, Any]]] = defaultdict(set)
    for block, phone in session.execute(_reminded(clinic_id, ids)):
        reminded[block].add((block, phone))
    return {block for block, phones in reminded.items() if phones <= leaving}


def _rings(clinic_id: UUID, silent: set[UUID]) -> Select[*tuple[Any, ...]]:
    """By phone, what became of each assessment of the silent blocks, as one ring: when a push
    about it was first accepted, and the last receipt."""
    way = ReminderDelivery
    return (
        select(
            unread(Reminder.block_id),
            unread(Subscription.device_id),
            Reminder.assessment_id,
            func.min(way.accepted_at),
            func.max(way.receipt_at),
        )
        .join(way, way.reminder_id == Reminder.id)
        .join(Subscription, Subscription.id == way.subscription_id)
        .where(Reminder.clinic_id == clinic_id, Reminder.block_id.in_(silent))
        .where(Subscription.device_id.is_not(None), way.accepted_at.is_not(None))
        .group_by(Reminder.block_id, Subscription.device_id, Reminder.assessment_id)
    )


def _silent(clinic_id: UUID, since: datetime, now: datetime) -> Select[*tuple[Any, ...]]:
    its_block = select(Reminder.block_id).where(
        Reminder.id == ReminderDelivery.reminder_id, Reminder.clinic_id == clinic_id
    )
    block_id = its_block.scalar_subquery()
    return (
        select(unread(block_id), func.count(), unread(func.max(ReminderDelivery.accepted_at)))
        .where(
            ReminderDelivery.clinic_id == clinic_id,
            ReminderDelivery.receipt_at.is_(None),
            ReminderDelivery.accepted_at > since,
            ReminderDelivery.accepted_at <= now - GRACE,
        )
        .group_by(block_id)
        .having(func.count() >= UNCONFIRMED)
    )


def _reminded(clinic_id: UUID, block_ids: set[UUID]) -> Select[*tuple[Any, ...]]:
    """The blocks with each phone that can be reminded."""
    return (
        select(unread(Block.id), unread(Device.id))
        .join(Enrolment, Enrolment.patient_id == Block.patient_id)
        .join(Device, Device.enrolment_id == Enrolment.id)
        .join(Subscription, Subscription.device_id == Device.id)
        .where(
            Block.clinic_id == clinic_id,
            Block.id.in_(block_ids),
            Enrolment.revoked_at.is_(None),
            Device.revoked_at.is_(None),
            Subscription.retired_at.is_(None),
        )
    )
