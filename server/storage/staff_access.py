"""Opens and closes a staff member's way in: links by which they set a password, resets, and an end.

A link is for one person and one use, and burns only when its form is sent."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.domain.errors import Invalid
from server.storage import audit, clinics, staff, staff_sessions
from server.storage.staff import User
from server.storage.staff_tables import StaffInvitation
from server.storage.vault import Vault

LIFETIME = timedelta(hours=72)
UNKNOWN = "This link is not known. Ask your administrator for a new one."


@dataclass(frozen=True)
class StaffLink:
    """What an administrator hands over; the token is kept nowhere."""

    token: str
    expires_at: datetime


def invite(session: Session, vault: Vault, member: User, actor: str, now: datetime) -> StaffLink:
    """A new link; every earlier one of theirs stops working."""
    _revoke(session, member, now)
    link = StaffLink(secrets.token_urlsafe(16), now + LIFETIME)
    session.add(
        StaffInvitation(
            clinic_id=member.clinic_id,
            staff_id=member.id,
            token_hash=vault.hash("staff link", link.token),
            created_at=now,
            expires_at=link.expires_at,
        )
    )
    staff.note(session, member, "staff.link_made", {}, actor, now)
    return link


def reset(session: Session, vault: Vault, member: User, actor: str, now: datetime) -> StaffLink:
    """Take password, second factor, passkeys and sessions away; the link is the only way in.

    :raises Conflict: nobody else could look after the clinic's staff meanwhile
    """
    staff.keep_an_administrator(session, member)
    forget_proofs(session, member, now)
    staff.note(session, member, "staff.reset", {}, actor, now)
    return invite(session, vault, member, actor, now)


def set_active(session: Session, member: User, active: bool, actor: str, now: datetime) -> None:
    """Close somebody's access at once, or open it again. What they did stays under their name.

    :raises Conflict: nobody else could look after the clinic's staff
    """
    if member.active == active:
        return
    if not active:
        staff.keep_an_administrator(session, member)
        staff_sessions.end_all(session, member, now)
        _revoke(session, member, now)
    member.active = active
    action = "staff.reactivated" if active else "staff.deactivated"
    staff.note(session, member, action, {}, actor, now)


def forget_proofs(session: Session, member: User, now: datetime) -> None:
    """Nothing that they signed in with until now works any more."""
    member.password = None
    member.tf_totp_secret = member.totp_counter = member.mf_recovery_codes = None
    for passkey in list(member.webauthn):
        session.delete(passkey)
    member.fs_uniquifier = uuid4().hex
    staff_sessions.end_all(session, member, now)


def redeem(session: Session, vault: Vault, token: str, password: str, now: datetime) -> User:
    """Set the password of whoever the link was made for, and burn the link.

    :raises Invalid: "token": the link is unknown, used, replaced or too old, or its owner's access
        is closed; "password": it cannot be used, and the link still can
    """
    found = _find(session, vault, token)
    if found is None:
        raise Invalid("token", UNKNOWN)
    problem = _why_not(found, now)
    if problem:
        raise Invalid("token", problem)
    member = staff.get(session, found.clinic_id, found.staff_id)
    if not member.active:
        raise Invalid("token", "This access is closed. Ask your administrator.")
    clinic = clinics.get(session, found.clinic_id)
    staff.set_password(session, member, password, clinic.name)
    found.used_at = now
    staff.note(session, member, "staff.joined", {}, audit.staff(member.id), now)
    return member


def waiting(session: Session, member: User, now: datetime) -> datetime | None:
    """Until when a link of theirs can be used; None if there is none."""
    return session.scalar(
        select(StaffInvitation.expires_at).where(*_open(member), StaffInvitation.expires_at > now)
    )


def _revoke(session: Session, member: User, now: datetime) -> None:
    session.execute(update(StaffInvitation).where(*_open(member)).values(revoked_at=now))


def _open(member: User) -> tuple[Any, ...]:
    return (
        StaffInvitation.clinic_id == member.clinic_id,
        StaffInvitation.staff_id == member.id,
        StaffInvitation.used_at.is_(None),
        StaffInvitation.revoked_at.is_(None),
    )


def _find(session: Session, vault: Vault, token: str) -> StaffInvitation | None:
    token_hash = vault.hash("staff link", token.strip())
    found = select(StaffInvitation).where(StaffInvitation.token_hash == token_hash)
    return session.scalar(found.with_for_update())


def _why_not(found: StaffInvitation, now: datetime) -> str | None:
    if found.used_at is not None:
        return "This link has been used. If it was not you, tell your administrator."
    if found.revoked_at is not None:
        return "This link was replaced by a newer one. Use that, or ask your administrator."
    if found.expires_at <= now:
        return "This link is too old. Ask your administrator for a new one."
    return None
