"""How patients can be reached: browsers by push, or else an e-mail address."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.storage import audit, reminders
from server.storage.models import Device, Enrolment, Subscription
from server.storage.vault import Vault

RetiredBecause = Literal["gone", "replaced", "moved", "unsubscribed", "stopped", "imported"]

#: Stands where a browser's subscription has its push service.
EMAIL = "email"


@dataclass(frozen=True)
class BrowserSubscription:
    """What a browser tells about how to reach it: an address, and the keys to encrypt for it."""

    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)  #: the browser's public key, base64url
    auth: str = field(repr=False)  #: 16 shared secret bytes, base64url

    def to_json(self) -> str:
        keys = {"p256dh": self.p256dh, "auth": self.auth}
        return json.dumps({"endpoint": self.endpoint, "keys": keys})

    @classmethod
    def from_json(cls, text: str) -> "BrowserSubscription":
        value = json.loads(text)
        return cls(value["endpoint"], value["keys"]["p256dh"], value["keys"]["auth"])


def upsert(
    session: Session,
    vault: Vault,
    device: Device,
    browser: BrowserSubscription,
    push_service: str,
    now: datetime,
) -> Subscription:
    """Keep how to reach this phone's browser; a reminder that is due rings there at once.

    A browser has one subscription: an older one of this device is retired as replaced. The same
    endpoint under another device is the same browser enrolled again, maybe at another clinic:
    the browser's new owner has it, and the old row stays behind, retired as moved. This is the
    one look beyond a clinic's own rows.

    :param push_service: the endpoint's origin, from `domain.push_hosts.push_service`
    """
    # One at a time for a phone: two tabs may tell of the same subscription at once.
    session.execute(
        select(Device.id)
        .where(Device.clinic_id == device.clinic_id, Device.id == device.id)
        .with_for_update()
    )
    endpoint_hash = vault.hash("endpoint", browser.endpoint)
    same_phone = (Subscription.clinic_id == device.clinic_id) & (
        Subscription.device_id == device.id
    )
    current = None
    for row in session.scalars(
        select(Subscription)
        .where(Subscription.retired_at.is_(None))
        .where(same_phone | (Subscription.endpoint_hash == endpoint_hash))
        .order_by(Subscription.id)
        .with_for_update(key_share=True)  # else this and the loop could wait for each other
    ):
        if row.device_id != device.id:
            _retire(row, "moved", now)
        elif row.endpoint_hash == endpoint_hash:
            current = row
        else:
            _retire(row, "replaced", now)
    session.flush()  # the old row lets go of the endpoint before the new one takes it
    if current is not None:
        if vault.open(current.sealed) != browser.to_json():
            current.sealed = vault.seal(browser.to_json())
        return current
    created = Subscription(
        clinic_id=device.clinic_id,
        device_id=device.id,
        endpoint_hash=endpoint_hash,
        push_service=push_service,
        sealed=vault.seal(browser.to_json()),
        created_at=now,
    )
    session.add(created)
    session.flush()
    reminders.wake(session, device.clinic_id, _patient_of(session, device), now)
    return created


def unsubscribe(session: Session, device: Device, now: datetime) -> None:
    """The patient switched reminders off on this phone."""
    rows = select(Subscription).where(
        Subscription.clinic_id == device.clinic_id,
        Subscription.device_id == device.id,
        Subscription.retired_at.is_(None),
    )
    for row in session.scalars(rows):
        _retire(row, "unsubscribed", now)


def retire(
    session: Session,
    clinic_id: UUID,
    subscription_id: UUID,
    because: RetiredBecause,
    now: datetime,
) -> None:
    """Never send to this subscription again; the first reason stays."""
    row = session.scalar(
        select(Subscription).where(
            Subscription.clinic_id == clinic_id, Subscription.id == subscription_id
        )
    )
    if row is not None and row.retired_at is None:
        _retire(row, because, now)
        if row.email_of is not None and because == "gone":
            subject = f"patient:{row.email_of}"
            audit.record(session, clinic_id, audit.SYSTEM, "email_reminders.gone", subject, {}, now)


def live(session: Session, clinic_id: UUID, patient_id: UUID) -> list[Subscription]:
    """The subscriptions of a patient's phones that may still be sent to, oldest first."""
    return list(
        session.scalars(
            select(Subscription)
            .join(Device, Device.id == Subscription.device_id)
            .join(Enrolment, Enrolment.id == Device.enrolment_id)
            .where(Subscription.clinic_id == clinic_id, Subscription.retired_at.is_(None))
            .where(Device.clinic_id == clinic_id, Device.revoked_at.is_(None))
            .where(Enrolment.clinic_id == clinic_id, Enrolment.patient_id == patient_id)
            .where(Enrolment.revoked_at.is_(None))
            .order_by(Subscription.created_at, Subscription.id)
        )
    )


def live_email(session: Session, clinic_id: UUID, patient_id: UUID) -> Subscription | None:
    """The e-mail address that a patient's reminders may go to; None without one."""
    return session.scalar(
        select(Subscription)
        .where(Subscription.clinic_id == clinic_id, Subscription.email_of == patient_id)
        .where(Subscription.retired_at.is_(None))
    )


def _retire(row: Subscription, because: RetiredBecause, now: datetime) -> None:
    row.retired_at = now
    row.retired_because = because


def _patient_of(session: Session, device: Device) -> UUID:
    return session.scalars(
        select(Enrolment.patient_id).where(
            Enrolment.clinic_id == device.clinic_id, Enrolment.id == device.enrolment_id
        )
    ).one()
