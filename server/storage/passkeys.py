"""Passkeys: what a device of a staff member signs instead of a password and a code."""

import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.domain.errors import NotFound
from server.storage import audit, staff
from server.storage.staff import User, WebAuthn
from server.storage.staff_tables import PasskeyChallenge
from server.storage.vault import Vault

CHALLENGE_LIFETIME = timedelta(minutes=5)
#: What a passkey may be called.
NAME_CHARACTERS = 40


def challenge(session: Session, vault: Vault, now: datetime) -> bytes:
    """Something new to sign; it can be answered once."""
    made = secrets.token_bytes(32)
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= now))
    session.add(
        PasskeyChallenge(
            challenge_hash=vault.hash("passkey challenge", made.hex()),
            expires_at=now + CHALLENGE_LIFETIME,
        )
    )
    return made


def take_challenge(session: Session, vault: Vault, answered: bytes, now: datetime) -> bool:
    """Was this asked a short while ago, and not answered yet? It is now."""
    taken = delete(PasskeyChallenge).where(
        PasskeyChallenge.challenge_hash == vault.hash("passkey challenge", answered.hex()),
        PasskeyChallenge.expires_at > now,
    )
    return session.scalar(taken.returning(PasskeyChallenge.challenge_hash)) is not None


def handle_of(member: User) -> bytes:
    """What passkeys call this person: random, nothing about them."""
    if member.fs_webauthn_user_handle is None:
        member.fs_webauthn_user_handle = urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return str(member.fs_webauthn_user_handle).encode()


def add(
    session: Session,
    member: User,
    *,
    credential_id: bytes,
    public_key: bytes,
    sign_count: int,
    name: str,
    is_synced: bool,
    now: datetime,
) -> None:
    """From now on this passkey lets them in by itself."""
    session.add(
        WebAuthn(
            user_id=member.id,
            credential_id=credential_id,
            public_key=public_key,
            sign_count=sign_count,
            name=name,
            usage="first",
            transports=[],
            backup_state=is_synced,
            device_type="multi_device" if is_synced else "single_device",
            lastuse_datetime=now.replace(tzinfo=None),
        )
    )
    staff.note(session, member, "staff.passkey_added", {}, audit.staff(member.id), now)


def find(session: Session, credential_id: bytes) -> tuple[WebAuthn, User] | None:
    """The passkey of that id and whose it is."""
    found = session.execute(
        select(WebAuthn, User)
        .join(User, User.id == WebAuthn.user_id)
        .where(WebAuthn.credential_id == credential_id)
    ).one_or_none()
    return (found[0], found[1]) if found else None


def remove(session: Session, member: User, passkey_id: int, now: datetime) -> None:
    """:raises NotFound: they have no such passkey"""
    for passkey in member.webauthn:
        if passkey.id == passkey_id:
            session.delete(passkey)
            staff.note(session, member, "staff.passkey_removed", {}, audit.staff(member.id), now)
            return
    raise NotFound("You have no such passkey.")
