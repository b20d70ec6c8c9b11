"""In which browsers staff are signed in. A session that ends here is over, whatever a cookie says."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.storage.staff import User
from server.storage.staff_tables import StaffSession
from server.storage.vault import Vault

#: Signed out this long after the last request; a board that refreshes itself keeps signed in.
IDLE = timedelta(hours=2)
#: Signed out this long after signing in, whatever happens.
LONGEST = timedelta(hours=12)
#: Requests closer together than this are not each written down.
NOTED_EVERY = timedelta(minutes=1)


def begin(
    session: Session,
    vault: Vault,
    member: User,
    *,
    proven: bool,
    address: str,
    browser: str,
    now: datetime,
) -> str:
    """The secret of a new session, for the browser's cookie; it is kept nowhere.

    :param proven: False if a second factor is still to come
    """
    token = secrets.token_urlsafe(24)
    session.add(
        StaffSession(
            clinic_id=member.clinic_id,
            staff_id=member.id,
            token_hash=vault.hash("staff session", token),
            created_at=now,
            seen_at=now,
            proven_at=now if proven else None,
            address=address,
            browser=browser,
        )
    )
    return token


def find(session: Session, vault: Vault, token: str, now: datetime) -> StaffSession | None:
    """The session of that secret; None if it was ended, lay idle or lasted too long."""
    token_hash = vault.hash("staff session", token)
    found = session.scalar(select(StaffSession).where(StaffSession.token_hash == token_hash))
    return found if found is not None and is_open(found, now) else None


def is_open(found: StaffSession, now: datetime) -> bool:
    """Does it still hold?"""
    return (
        found.ended_at is None and now - found.seen_at <= IDLE and now - found.created_at <= LONGEST
    )


def note(session: Session, found: StaffSession, now: datetime) -> None:
    """It was used just now."""
    session.execute(update(StaffSession).where(StaffSession.id == found.id).values(seen_at=now))


def is_to_be_noted(found: StaffSession, now: datetime) -> bool:
    """Was it last noted long enough ago?"""
    return now - found.seen_at >= NOTED_EVERY


def prove(session: Session, session_id: UUID, now: datetime) -> None:
    """The second factor was right."""
    chosen = update(StaffSession).where(StaffSession.id == session_id)
    session.execute(chosen.values(proven_at=now))


def of_member(session: Session, member: User, now: datetime) -> list[StaffSession]:
    """The sessions that still hold, the latest used first."""
    found = select(StaffSession).where(
        StaffSession.clinic_id == member.clinic_id,
        StaffSession.staff_id == member.id,
        StaffSession.ended_at.is_(None),
    )
    rows = session.scalars(found.order_by(StaffSession.seen_at.desc(), StaffSession.id))
    return [row for row in rows if is_open(row, now)]


def end(session: Session, member: User, session_id: UUID, now: datetime) -> bool:
    """End one of somebody's sessions; was it theirs and open?"""
    chosen = update(StaffSession).where(
        StaffSession.clinic_id == member.clinic_id,
        StaffSession.staff_id == member.id,
        StaffSession.id == session_id,
        StaffSession.ended_at.is_(None),
    )
    ended = session.scalar(chosen.values(ended_at=now).returning(StaffSession.id))
    return ended is not None


def end_all(session: Session, member: User, now: datetime, but: UUID | None = None) -> None:
    """End every session of theirs, but for one."""
    chosen = update(StaffSession).where(
        StaffSession.clinic_id == member.clinic_id,
        StaffSession.staff_id == member.id,
        StaffSession.ended_at.is_(None),
    )
    if but is not None:
        chosen = chosen.where(StaffSession.id != but)
    session.execute(chosen.values(ended_at=now))
