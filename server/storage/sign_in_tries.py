"""Failed tries to sign in, counted in the database, so that every serving process knows of them."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from server.domain.sign_in_tries import FORGOTTEN_AFTER, wait_after
from server.storage.staff_tables import SignInTry
from server.storage.vault import Vault


def take(session: Session, vault: Vault, key: str, free: int, now: datetime) -> timedelta | None:
    """Count a try as failed before it is looked at, so that none made meanwhile is for nothing.

    :param key: of what is counted, such as one address and one account
    :param free: how many failures cost nothing
    :return: how long to wait still, if this try is not to be taken at all
    """
    forgotten = delete(SignInTry).where(SignInTry.last_at < now - FORGOTTEN_AFTER)
    session.execute(forgotten)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    key_hash = vault.hash("sign-in try", key)
    first = insert(SignInTry).values(key_hash=key_hash, failures=0, last_at=now)
    session.execute(first.on_conflict_do_nothing())
    found = session.execute(
        select(SignInTry.failures, SignInTry.last_at)
        .where(SignInTry.key_hash == key_hash)
        .with_for_update()
    ).one()
    wait: timedelta = found.last_at + wait_after(found.failures, free) - now
    if found.failures and wait > timedelta(0):
        return wait
    counted = update(SignInTry).where(SignInTry.key_hash == key_hash)
    session.execute(counted.values(failures=found.failures + 1, last_at=now))
    return None


def give_back(session: Session, vault: Vault, key: str) -> None:
    """The last try was right; earlier failures still count."""
    chosen = SignInTry.key_hash == vault.hash("sign-in try", key)
    session.execute(
        update(SignInTry)
        .where(chosen, SignInTry.failures > 0)
        .values(failures=SignInTry.failures - 1)
    )


def forget(session: Session, vault: Vault, key: str) -> None:
    """The last try was right, and whoever made it proved who they are: begin anew."""
    chosen = SignInTry.key_hash == vault.hash("sign-in try", key)
    session.execute(delete(SignInTry).where(chosen))
