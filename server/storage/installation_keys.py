"""Keys that an installation makes on its first start and keeps for life."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from server.storage.models import InstallationKey
from server.storage.vault import Vault


def kept(session: Session, vault: Vault, name: str, make: Callable[[], str], now: datetime) -> str:
    """The key of that name; made now if there is none.

    Two processes that start together end up with the same key: the second to insert waits for
    the first and then reads what that one kept.

    :raises SealBroken: it was kept under another SECRET_KEY
    """
    sealed = _read(session, name)
    if sealed is None:
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        session.execute(
            insert(InstallationKey)
            .values(name=name, sealed=vault.seal(make()), created_at=now)
            .on_conflict_do_nothing(index_elements=["name"])
        )
        sealed = _read(session, name)
        assert sealed is not None, "a key that was just kept is not there"
    return vault.open(sealed)


def _read(session: Session, name: str) -> str | None:
    return session.scalar(select(InstallationKey.sealed).where(InstallationKey.name == name))
