"""API tokens: shown once when they are made, recognised by their hash, ended by an administrator."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.api_tokens import LIFETIMES_DAYS, PREFIX, SCOPES, TOKEN_BYTES
from server.domain.errors import Invalid, NotFound
from server.storage import audit
from server.storage.models import ApiToken
from server.storage.vault import Vault

#: How exactly it is kept when a token was last used.
USED_TO = timedelta(minutes=1)


def make(
    session: Session,
    vault: Vault,
    clinic_id: UUID,
    *,
    name: str,
    scopes: Iterable[str],
    days: int,
    staff_id: int,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token; its text is kept nowhere.

    :param days: after so many it expires; one of `LIFETIMES_DAYS`
    :raises Invalid: there is no such scope or lifetime
    """
    asked = sorted(set(scopes))
    if not asked or not SCOPES.keys() >= set(asked):
        raise Invalid("scopes", "Choose what the program may read.")
    if days not in LIFETIMES_DAYS:
        raise Invalid("days", "Choose how long the token works.")
    text = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    row = ApiToken(
        clinic_id=clinic_id,
        name=name,
        scopes=asked,
        token_hash=_hash(vault, text),
        created_by=staff_id,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    details = {"name": name, "scopes": asked, "expires_at": row.expires_at.isoformat()}
    audit.record(
        session, clinic_id, audit.staff(staff_id), "token.made", subject(row), details, now
    )
    return row, text


def revoke(session: Session, clinic_id: UUID, token_id: UUID, actor: str, now: datetime) -> None:
    """It lets nobody in from now on.

    :raises NotFound: this clinic has no such token
    """
    row = session.scalar(
        select(ApiToken)
        .where(ApiToken.clinic_id == clinic_id, ApiToken.id == token_id)
        .with_for_update()
    )
    if row is None:
        raise NotFound("There is no such token at your clinic.")
    if row.revoked_at is None:
        row.revoked_at = now
        audit.record(session, clinic_id, actor, "token.revoked", subject(row), {}, now)


def of_clinic(session: Session, clinic_id: UUID) -> list[ApiToken]:
    """All of a clinic, the newest first, ended ones included."""
    return list(
        session.scalars(
            select(ApiToken)
            .where(ApiToken.clinic_id == clinic_id)
            .order_by(ApiToken.created_at.desc(), ApiToken.id)
        )
    )


def names(session: Session, clinic_id: UUID) -> dict[str, str]:
    """What each token is called, by how the audit trail names it."""
    return {subject(row): f"{row.name} (program)" for row in of_clinic(session, clinic_id)}


def known(session: Session, vault: Vault, text: str, now: datetime) -> ApiToken | None:
    """The token with this text, if it still lets somebody in."""
    row = session.scalar(select(ApiToken).where(ApiToken.token_hash == _hash(vault, text)))
    return row if row is not None and is_open(row, now) else None


def is_open(row: ApiToken, now: datetime) -> bool:
    """Does it let somebody in?"""
    return row.revoked_at is None and now < row.expires_at


def used(session: Session, token_id: UUID, now: datetime) -> None:
    """It let somebody in just now."""
    row = session.get_one(ApiToken, token_id)
    if row.used_at is None or now - row.used_at >= USED_TO:
        row.used_at = now


def subject(row: ApiToken) -> str:
    """How the trail names a token, whatever is done to it or with it."""
    return f"token:{row.id}"


def _hash(vault: Vault, text: str) -> str:
    return vault.hash("api token", text)
