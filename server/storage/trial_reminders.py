"""A reminder on trial: a phone asks for one, so that its patient sees whether reminders reach it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from server.domain.errors import Conflict
from server.storage.models import Device, Enrolment, Patient, Subscription

#: One that could not be sent for so long is not waited for any more.
WAITED_FOR = timedelta(minutes=2)
#: Asked for again within this, it is the same one.
SAME_WITHIN = timedelta(seconds=10)


class NotSubscribed(Conflict):
    """Nothing can be sent to this phone: reminders are off on it."""

    code = "not_subscribed"


@dataclass(frozen=True)
class Trial:
    """One reminder on trial, on its way to the phone that asked for it."""

    subscription_id: UUID
    clinic_id: UUID
    sealed: str  #: how the browser is reached
    language: str  #: the patient's


def ask(session: Session, device: Device, now: datetime) -> None:
    """Have one sent to this phone, and to no other.

    :raises NotSubscribed: reminders are off on this phone
    """
    row = session.scalar(
        select(Subscription)
        .where(Subscription.clinic_id == device.clinic_id, Subscription.device_id == device.id)
        .where(Subscription.retired_at.is_(None))
        .with_for_update(key_share=True)
    )
    if row is None:
        raise NotSubscribed("Reminders are off on this phone. Turn them on first.")
    if row.trial_asked_at is None or now - row.trial_asked_at >= SAME_WITHIN:
        row.trial_asked_at = now


def is_asked(session: Session, now: datetime) -> bool:
    """Whether one waits to be sent."""
    return session.scalar(select(Subscription.id).where(_waits(now)).limit(1)) is not None


def claim(session: Session, now: datetime) -> list[Trial]:
    """Those that wait, to be sent by the caller and nobody else: at most once, even after a crash.

    Whoever misses it asks again.
    """
    rows = session.execute(
        select(Subscription, Patient.language)
        .join(Device, Device.id == Subscription.device_id)
        .join(Enrolment, Enrolment.id == Device.enrolment_id)
        .join(Patient, Patient.id == Enrolment.patient_id)
        .where(_waits(now), Device.clinic_id == Subscription.clinic_id)
        .where(Enrolment.clinic_id == Subscription.clinic_id)
        .where(Patient.clinic_id == Subscription.clinic_id)
        .where(Device.revoked_at.is_(None), Enrolment.revoked_at.is_(None))
        .order_by(Subscription.trial_asked_at)
        .with_for_update(of=Subscription, skip_locked=True)
    ).all()
    for row, _ in rows:
        row.trial_sent_at = now
    return [Trial(row.id, row.clinic_id, row.sealed, language) for row, language in rows]


def _waits(now: datetime) -> ColumnElement[bool]:
    return (
        (Subscription.trial_asked_at > now - WAITED_FOR)
        & Subscription.retired_at.is_(None)
        & or_(
            Subscription.trial_sent_at.is_(None),
            Subscription.trial_sent_at < Subscription.trial_asked_at,
        )
    )
