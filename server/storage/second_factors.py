"""What staff prove besides a password: codes of an authenticator app, and recovery codes.

A code counts once: the half minute it belongs to is remembered. Source: RFC 6238, 5.2.
"""

import secrets
from base64 import b32decode, b32encode
from datetime import datetime
from typing import Literal

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.errors import Invalid
from server.storage import audit, staff
from server.storage.models import Clinic
from server.storage.staff import User
from server.storage.vault import SealBroken, Vault

STEP_SECONDS = 30
DIGITS = 6
RECOVERY_CODES = 10
ISSUER = "Block Diary"
#: Without letters and digits that are mistaken for one another.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"

Proof = Literal["app", "recovery code"]


def has_one(member: User) -> bool:
    """Can they prove more than a password?"""
    return bool(member.tf_totp_secret or member.webauthn)


def is_asked_of(member: User, clinic: Clinic) -> bool:
    """Must they sign in with a second factor, their own choice apart?"""
    return clinic.second_factor_for == "everybody" or (
        clinic.second_factor_for == "administrators" and member.role == "administrator"
    )


def new_offer(vault: Vault, member: User) -> tuple[str, str]:
    """A new secret for an app, and the same sealed for the form that sends it back."""
    secret = b32encode(secrets.token_bytes(20)).decode()
    return secret, vault.seal(f"app:{member.id}:{secret}")


def offered(vault: Vault, member: User, sealed: str) -> str:
    """The secret of an offer.

    :raises Invalid: it was not made for them
    """
    try:
        kind, whose, secret = vault.open(sealed).split(":")
    except (SealBroken, ValueError):
        kind = whose = secret = ""
    if (kind, whose) != ("app", str(member.id)):
        raise Invalid("code", "The page was open too long. Scan the new square.")
    return secret


def address_of(secret: str, email: str) -> str:
    """What an app scans."""
    return _totp(secret).get_provisioning_uri(email, ISSUER)


def take_app(
    session: Session, vault: Vault, member: User, secret: str, code: str, now: datetime
) -> None:
    """From now on the app with this secret proves them.

    :raises Invalid: the code is not what the app shows now
    """
    member.totp_counter = None
    if not _is_right(member, secret, code, now):
        raise Invalid("code", "This is not the code that the app shows now. Type the newest one.")
    member.tf_totp_secret = vault.seal(secret)
    member.tf_primary_method = "authenticator"
    staff.note(session, member, "staff.app_set", {}, audit.staff(member.id), now)


def drop_app(session: Session, member: User, now: datetime) -> None:
    """The app proves nobody any more."""
    member.tf_totp_secret = member.tf_primary_method = member.totp_counter = None
    staff.note(session, member, "staff.app_removed", {}, audit.staff(member.id), now)


def new_recovery_codes(session: Session, vault: Vault, member: User, now: datetime) -> list[str]:
    """Codes that each let them in once; earlier ones stop working. Only hashes are kept."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    member.mf_recovery_codes = [vault.hash("recovery code", code) for code in codes]
    staff.note(session, member, "staff.recovery_codes_made", {}, audit.staff(member.id), now)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def proven_by(
    session: Session, vault: Vault, member: User, typed: str, now: datetime
) -> Proof | None:
    """How what was typed proves the member; None if it does not. It will not do so again."""
    session.execute(select(User.id).where(User.id == member.id).with_for_update())
    session.refresh(member, ["totp_counter", "mf_recovery_codes"])
    text = "".join(each for each in typed.lower() if each.isalnum())
    if member.tf_totp_secret:
        secret = vault.open(member.tf_totp_secret)
        if _is_right(member, secret, text, now):
            return "app"
    code_hash = vault.hash("recovery code", text)
    left = list(member.mf_recovery_codes or [])
    if code_hash not in left:
        return None
    left.remove(code_hash)
    member.mf_recovery_codes = left
    details = {"left": len(left)}
    staff.note(session, member, "staff.recovery_code_used", details, audit.staff(member.id), now)
    return "recovery code"


def _totp(secret: str) -> TOTP:
    return TOTP(b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303, what apps do


def _is_right(member: User, secret: str, code: str, now: datetime) -> bool:
    """Of now, or of the half minute before or after, and not used yet."""
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return False
    this = int(now.timestamp()) // STEP_SECONDS
    for step in (this, this - 1, this + 1):
        if member.totp_counter is not None and step <= member.totp_counter:
            continue
        try:
            _totp(secret).verify(code.encode(), step * STEP_SECONDS)
        except InvalidToken:
            continue
        member.totp_counter = step
        return True
    return False
