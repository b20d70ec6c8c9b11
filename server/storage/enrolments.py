"""Enrolments: links and codes that let a patient's phones in, and the phones that came in."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.domain import enrolment as rules
from server.storage import audit, clinics
from server.storage.models import Device, Enrolment, Invitation, Patient, raise_revision
from server.storage.vault import Vault

_SECRET_BYTES = 32
_USER_AGENT_CHARACTERS = 300


@dataclass(frozen=True)
class Invited:
    """What the sheet shows, known only now: the database keeps hashes. `code` is bare."""

    invitation_id: UUID
    token: str = field(repr=False)
    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class Redeemed:
    """A phone that was let in, and the secret for its cookie, known only now."""

    device: Device
    secret: str = field(repr=False)


def of_patient(session: Session, patient: Patient, now: datetime) -> Enrolment:
    """The patient's enrolment, made now if there is none."""
    found = session.scalar(
        select(Enrolment).where(
            Enrolment.clinic_id == patient.clinic_id, Enrolment.patient_id == patient.id
        )
    )
    if found is None:
        found = Enrolment(clinic_id=patient.clinic_id, patient_id=patient.id, created_at=now)
        session.add(found)
        session.flush()
    return found


def invite(
    session: Session, vault: Vault, enrolment: Enrolment, actor: str, now: datetime
) -> Invited:
    """A new link and code for one phone. Earlier ones that are still unused stay valid."""
    token, code = rules.new_token(), rules.new_code()
    invitation = Invitation(
        clinic_id=enrolment.clinic_id,
        enrolment_id=enrolment.id,
        token_hash=vault.hash("token", token),
        code_hash=vault.hash("code", code),
        created_at=now,
        expires_at=rules.expires_at(now),
    )
    session.add(invitation)
    session.flush()
    audit.record(
        session,
        enrolment.clinic_id,
        actor,
        "enrolment.invited",
        f"enrolment:{enrolment.id}",
        {"invitation": str(invitation.id)},
        now,
    )
    return Invited(invitation.id, token, code, invitation.expires_at)


def redeem(
    session: Session,
    vault: Vault,
    kind: Literal["token", "code"],
    text: str,
    attempt: UUID | None,
    user_agent: str,
    now: datetime,
) -> Redeemed:
    """Let a phone in, once per link and code; again if it asks again because the answer was lost.

    Found by its hash, so that the time it takes tells nothing about near misses; which clinic it
    is follows from it. Of two phones that try at once, one gets in.

    :param text: the link's token as it is, or the code as typed
    :param attempt: the phone's own secret, by which it is known when it asks again; None: it
        made none, and cannot ask again
    :raises Invalid: the text cannot be a code
    :raises CodeUnknown, CodeUsed, CodeRevoked, CodeExpired: with what to do and whom to call
    """
    if kind == "code":
        text = rules.typed_code(text)
    column = Invitation.token_hash if kind == "token" else Invitation.code_hash
    invitation = session.scalar(
        select(Invitation).where(column == vault.hash(kind, text)).with_for_update()
    )
    if invitation is None:
        raise rules.unknown(kind)
    enrolment = session.get_one(Enrolment, invitation.enrolment_id)
    secret = (
        secrets.token_urlsafe(_SECRET_BYTES)
        if attempt is None
        else vault.hash("attempt", f"{attempt} {text}")
    )
    let_in = _let_in(session, vault, invitation, secret)
    rules.check_usable(
        expires_at=invitation.expires_at,
        used_at=invitation.used_at if let_in is None else None,
        revoked_at=invitation.revoked_at or enrolment.revoked_at,
        now=now,
        telephone=clinics.get(session, invitation.clinic_id).telephone,
    )
    if let_in is not None:
        return Redeemed(let_in, secret)
    device = Device(
        clinic_id=invitation.clinic_id,
        enrolment_id=invitation.enrolment_id,
        secret_hash=vault.hash("cookie", secret),
        check_word=rules.new_check_word(),
        user_agent=user_agent[:_USER_AGENT_CHARACTERS],
        created_at=now,
        seen_at=now,
    )
    session.add(device)
    session.flush()
    invitation.used_at = now
    invitation.device_id = device.id
    audit.record(
        session,
        device.clinic_id,
        audit.phone(device),
        "enrolment.redeemed",
        f"enrolment:{enrolment.id}",
        {"invitation": str(invitation.id), "by": kind, "check_word": device.check_word},
        now,
    )
    return Redeemed(device, secret)


def _let_in(session: Session, vault: Vault, invitation: Invitation, secret: str) -> Device | None:
    """The phone that this invitation let in, if it is the one with this secret."""
    return session.scalar(
        select(Device).where(
            Device.clinic_id == invitation.clinic_id,
            Device.id == invitation.device_id,
            Device.secret_hash == vault.hash("cookie", secret),
            Device.revoked_at.is_(None),
        )
    )


def device_of_secret(session: Session, vault: Vault, secret: str) -> Device | None:
    """The phone whose cookie holds this secret; None if it is unknown or no longer let in."""
    return session.scalar(
        select(Device)
        .join(Enrolment, Enrolment.id == Device.enrolment_id)
        .where(
            Device.secret_hash == vault.hash("cookie", secret),
            Device.revoked_at.is_(None),
            Enrolment.revoked_at.is_(None),
        )
    )


def of_device(session: Session, device: Device, *, lock: bool = False) -> Enrolment:
    """The enrolment of a phone; locked, the patient's syncs take their turns."""
    wanted = select(Enrolment).where(
        Enrolment.clinic_id == device.clinic_id, Enrolment.id == device.enrolment_id
    )
    return session.scalars(wanted.with_for_update() if lock else wanted).one()


def devices(session: Session, clinic_id: UUID, patient_id: UUID) -> list[Device]:
    """A patient's phones, the newest first, with those that were revoked."""
    return list(
        session.scalars(
            select(Device)
            .join(Enrolment, Enrolment.id == Device.enrolment_id)
            .where(Device.clinic_id == clinic_id, Enrolment.patient_id == patient_id)
            .order_by(Device.created_at.desc(), Device.id)
        )
    )


def revoke_device(
    session: Session, clinic_id: UUID, device_id: UUID, actor: str, now: datetime
) -> bool:
    """Let a phone in no more; what waits on it stays there. False if there was none to revoke."""
    revoked = session.execute(
        update(Device)
        .where(Device.clinic_id == clinic_id, Device.id == device_id, Device.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(Device.enrolment_id)
    ).scalar()
    if revoked is None:
        return False
    raise_revision(session, clinic_id, "enrolment_id", revoked)
    subject = f"enrolment:{revoked}"
    audit.record(
        session,
        clinic_id,
        actor,
        "enrolment.device_revoked",
        subject,
        {"device": str(device_id)},
        now,
    )
    return True


def withdraw_invitations(session: Session, enrolment: Enrolment, actor: str, now: datetime) -> None:
    """Links and codes that nobody has used let nobody in any more."""
    withdrawn = session.scalars(
        update(Invitation)
        .where(
            Invitation.clinic_id == enrolment.clinic_id,
            Invitation.enrolment_id == enrolment.id,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(Invitation.id)
    ).all()
    for invitation_id in withdrawn:
        audit.record(
            session,
            enrolment.clinic_id,
            actor,
            "enrolment.invitation_withdrawn",
            f"enrolment:{enrolment.id}",
            {"invitation": str(invitation_id)},
            now,
        )
