"""What became of reminders on each phone: accepted, shown, and whether the phone can be reached."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.domain.clock import clock_correction
from server.domain.receipts import Ring, is_unconfirmed
from server.storage.models import Device, Enrolment, Reminder, ReminderDelivery, Subscription

#: Ends of a subscription that leave the phone without one, until the diary mends it.
SWITCHED_OFF = ("unsubscribed", "gone")


@dataclass(frozen=True)
class Delivered:
    """One reminder on its way to one phone.

    `shown_at` is by the phone's clock, put right by what the server measured as the receipt came;
    `failure` is why no push service took it, in one word.
    """

    reminder_id: UUID
    device_id: UUID
    assessment_id: str
    accepted_at: datetime | None
    shown_at: datetime | None
    receipt_at: datetime | None
    failure: str | None


@dataclass(frozen=True)
class PhoneReach:
    """Whether a phone that is let in can be reminded.

    `off_since` is when its last subscription ended, if none took its place: `switched_off` by the
    person, or else given up by the browser or its push service. None if it never had one.
    """

    device_id: UUID
    check_word: str
    subscribed: bool
    off_since: datetime | None
    switched_off: bool


def of_block(session: Session, clinic_id: UUID, block_id: UUID) -> list[Reminder]:
    """A block's reminders in order of due time."""
    return list(
        session.scalars(
            select(Reminder)
            .where(Reminder.clinic_id == clinic_id, Reminder.block_id == block_id)
            .order_by(Reminder.due_at, Reminder.id)
        )
    )


def deliveries(
    session: Session, clinic_id: UUID, block_ids: Sequence[UUID]
) -> dict[UUID, list[Delivered]]:
    """By block, every reminder on its way to a phone."""
    way = ReminderDelivery
    rows = session.execute(
        select(
            Reminder.block_id,
            Reminder.assessment_id,
            way.reminder_id,
            Subscription.device_id,
            way.accepted_at,
            way.shown_at,
            way.receipt_at,
            way.receipt_clock_difference_seconds,
            way.failure,
        )
        .join(way, way.reminder_id == Reminder.id)
        .join(Subscription, Subscription.id == way.subscription_id)
        .where(Reminder.clinic_id == clinic_id, Reminder.block_id.in_(block_ids))
        .where(Subscription.device_id.is_not(None))
    )
    found = defaultdict(list)
    for row in rows:
        found[row.block_id].append(
            Delivered(
                reminder_id=row.reminder_id,
                device_id=row.device_id,
                assessment_id=row.assessment_id,
                accepted_at=row.accepted_at,
                shown_at=_shown_at(row.shown_at, row.receipt_clock_difference_seconds),
                receipt_at=row.receipt_at,
                failure=row.failure,
            )
        )
    return found


def phones(
    session: Session, clinic_id: UUID, patient_ids: Sequence[UUID]
) -> dict[UUID, list[PhoneReach]]:
    """By patient, the phones that are let in, oldest first."""
    live = func.count(Subscription.id).filter(Subscription.retired_at.is_(None))
    rows = session.execute(
        select(Enrolment.patient_id, Device.id, Device.check_word, live)
        .join(Device, Device.enrolment_id == Enrolment.id)
        .outerjoin(Subscription, Subscription.device_id == Device.id)
        .where(
            Enrolment.clinic_id == clinic_id,
            Enrolment.patient_id.in_(patient_ids),
            Enrolment.revoked_at.is_(None),
            Device.revoked_at.is_(None),
        )
        .group_by(Enrolment.patient_id, Device.id, Device.check_word, Device.created_at)
        .order_by(Device.created_at, Device.id)
    ).all()
    ends = {
        device_id: (at, because)
        for device_id, at, because in session.execute(
            select(Subscription.device_id, Subscription.retired_at, Subscription.retired_because)
            .where(
                Subscription.clinic_id == clinic_id,
                Subscription.device_id.in_([device_id for _, device_id, _, _ in rows]),
                Subscription.retired_because.in_(SWITCHED_OFF),
            )
            .order_by(Subscription.retired_at)
        )
    }
    found = defaultdict(list)
    for patient_id, device_id, check_word, subscriptions in rows:
        at, because = (None, None) if subscriptions else ends.get(device_id, (None, None))
        found[patient_id].append(
            PhoneReach(device_id, check_word, subscriptions > 0, at, because == "unsubscribed")
        )
    return found


def leaves_unconfirmed(delivered: Sequence[Delivered], device_id: UUID, now: datetime) -> bool:
    """Did this phone leave its last two reminders without a receipt?"""
    return is_unconfirmed(
        (
            Ring(each.assessment_id, each.accepted_at, each.receipt_at)
            for each in delivered
            if each.device_id == device_id and each.accepted_at is not None
        ),
        now,
    )


def _shown_at(by_phone: datetime | None, difference_seconds: float | None) -> datetime | None:
    if by_phone is None:
        return None
    difference = difference_seconds or 0.0
    return by_phone + clock_correction(difference, difference).shift
