"""The e-mail addresses that reminders may go to, for patients whose phones get no push.

A patient has one at most. It is entered by the clinic when the patient agrees, and both can end
it: the clinic on the block's page, the patient by the link in every e-mail.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.domain.email import masked
from server.domain.errors import DomainError, NotFound
from server.storage import audit, reminders, subscriptions
from server.storage.models import Patient, ReminderDelivery, Subscription
from server.storage.subscriptions import EMAIL, RetiredBecause
from server.storage.vault import SealBroken, Vault

_TOKEN_BYTES = 16


class StopUnknown(DomainError):
    """No e-mail of ours has such a link."""

    code = "stop_unknown"


@dataclass(frozen=True)
class Mailbox:
    """Where a reminder goes, and the token by which whoever reads it there can stop them."""

    address: str = field(repr=False)
    stop_token: str = field(repr=False)

    def to_json(self) -> str:
        return json.dumps({"address": self.address, "stop_token": self.stop_token})

    @classmethod
    def from_json(cls, text: str) -> "Mailbox":
        value = json.loads(text)
        return cls(value["address"], value["stop_token"])


@dataclass(frozen=True)
class EmailReminders:
    """How a patient's e-mail reminders stand, as staff see it.

    `ended_at` and `ended_because` are None while they are on.
    """

    masked: str  #: such as j***@example.org
    since: datetime
    last_sent_at: datetime | None
    ended_at: datetime | None
    ended_because: str | None


def keep(
    session: Session, vault: Vault, patient: Patient, address: str, actor: str, now: datetime
) -> None:
    """Remind this patient at this address, as they agreed; an earlier address ends.

    What is due and reached nobody goes there at once.

    :param address: checked and normalised by the caller
    """
    _take_turns(session, patient)
    _end(session, patient, "replaced", now)
    mailbox = Mailbox(address, secrets.token_urlsafe(_TOKEN_BYTES))
    session.add(
        Subscription(
            clinic_id=patient.clinic_id,
            email_of=patient.id,
            endpoint_hash=vault.hash("stop", mailbox.stop_token),
            push_service=EMAIL,
            sealed=vault.seal(mailbox.to_json()),
            created_at=now,
        )
    )
    session.flush()
    _record(session, patient.clinic_id, patient.id, actor, "email_reminders.on", now)
    reminders.wake(session, patient.clinic_id, patient.id, now)


def go_on(session: Session, vault: Vault, patient: Patient, actor: str, now: datetime) -> None:
    """Remind at the address that came with the clinic, as the patient agreed there.

    :raises NotFound: none came, or it was ended since
    """
    newest = _newest(session, patient.clinic_id, patient.id)
    if newest is None or newest.retired_because != "imported":
        raise NotFound("No address of this patient waits to be used again.")
    address = Mailbox.from_json(vault.open(newest.sealed)).address
    keep(session, vault, patient, address, actor, now)


def remove(session: Session, patient: Patient, actor: str, now: datetime) -> None:
    """The clinic ends them; nothing happens if there are none."""
    _take_turns(session, patient)
    if _end(session, patient, "unsubscribed", now):
        _record(session, patient.clinic_id, patient.id, actor, "email_reminders.off", now)


def stop(session: Session, vault: Vault, token: str, now: datetime) -> None:
    """Whoever reads the mailbox wants no more of these e-mails. A second time changes nothing.

    Found by its hash, as a phone's link is; which clinic it is follows from it.

    :raises StopUnknown: no e-mail was sent with this token
    """
    row = session.scalar(
        select(Subscription)
        .where(Subscription.endpoint_hash == vault.hash("stop", token))
        .where(Subscription.email_of.is_not(None))
        .with_for_update()
    )
    if row is None or row.email_of is None:
        raise StopUnknown(
            "This link is not complete or not known. Open the newest e-mail and press its link"
            " again, or ask your clinic to stop the e-mails."
        )
    if row.retired_at is None:
        subscriptions.retire(session, row.clinic_id, row.id, "stopped", now)
        _record(session, row.clinic_id, row.email_of, "patient", "email_reminders.stopped", now)


def of_patient(
    session: Session, vault: Vault, clinic_id: UUID, patient_id: UUID
) -> EmailReminders | None:
    """How the newest address of a patient stands; None if the clinic never entered one."""
    row = _newest(session, clinic_id, patient_id)
    if row is None:
        return None
    sent_at = session.scalar(
        select(func.max(ReminderDelivery.accepted_at)).where(
            ReminderDelivery.clinic_id == clinic_id, ReminderDelivery.subscription_id == row.id
        )
    )
    try:
        shown = masked(Mailbox.from_json(vault.open(row.sealed)).address)
    except SealBroken:
        shown = "an address that cannot be read"
    return EmailReminders(shown, row.created_at, sent_at, row.retired_at, row.retired_because)


def _newest(session: Session, clinic_id: UUID, patient_id: UUID) -> Subscription | None:
    return session.scalar(
        select(Subscription)
        .where(Subscription.clinic_id == clinic_id, Subscription.email_of == patient_id)
        .order_by(Subscription.retired_at.is_not(None), Subscription.created_at.desc())
        .limit(1)
    )


def _end(session: Session, patient: Patient, because: RetiredBecause, now: datetime) -> bool:
    live = subscriptions.live_email(session, patient.clinic_id, patient.id)
    if live is not None:
        subscriptions.retire(session, patient.clinic_id, live.id, because, now)
        session.flush()
    return live is not None


def _take_turns(session: Session, patient: Patient) -> None:
    """Two staff members may enter an address at once: the second replaces the first's."""
    session.execute(
        select(Patient.id)
        .where(Patient.clinic_id == patient.clinic_id, Patient.id == patient.id)
        .with_for_update()
    )


def _record(
    session: Session, clinic_id: UUID, patient_id: UUID, actor: str, action: str, now: datetime
) -> None:
    """Without the address: the trail keeps no way to reach a patient."""
    audit.record(session, clinic_id, actor, action, f"patient:{patient_id}", {}, now)
