"""`block-diary remind` sends until it is told to stop, and says in a line why it cannot start."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from server.config import Config, StartRefused, load
from server.push.command import remind
from server.push.vapid_keys import vapid_keys
from server.storage.db import Database
from server.storage.vault import Vault
from tests.push.scene import SECRET_KEY, T0

Settings = Callable[..., Config]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    def settings(database_url: str, secret_key: str = SECRET_KEY) -> Config:
        environ = {
            "DATABASE_URL": database_url,
            "SECRET_KEY": secret_key,
            "BLOCK_DIARY_DATA": str(tmp_path),
        }
        return load(environ, default="development")

    return settings


def stopped() -> Event:
    stop = Event()
    stop.set()
    return stop


def test_its_first_start_makes_the_key_for_push_messages(
    settings: Settings, database_url: str, database: Database, vault: Vault
) -> None:
    remind(settings(database_url), stopped())

    def forbidden() -> str:
        raise AssertionError("the key was not kept")

    from server.storage import installation_keys

    with database.transaction() as session:
        assert installation_keys.kept(session, vault, "vapid", forbidden, T0)


def test_another_secret_key_is_refused_at_the_start(
    settings: Settings, database_url: str, database: Database, vault: Vault
) -> None:
    vapid_keys(database, vault, T0)
    with pytest.raises(StartRefused, match="SECRET_KEY"):
        remind(
            settings(database_url, secret_key="quite another, long enough to be taken"), stopped()
        )


def test_a_database_without_tables_is_refused_at_the_start(
    settings: Settings, empty_database_url: str
) -> None:
    with pytest.raises(StartRefused):
        remind(settings(empty_database_url), stopped())
