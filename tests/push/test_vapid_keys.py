"""The key pair is made once and kept for life: another one would lose every phone."""

import threading
from base64 import urlsafe_b64decode
from contextlib import suppress

import pytest
from sqlalchemy import select

from server.push import vapid_keys as vapid_keys_module
from server.push.vapid_keys import VapidKeys, vapid_keys
from server.storage.db import Database
from server.storage.models import InstallationKey
from server.storage.vault import SealBroken, Vault
from tests.push.scene import T0


def test_the_keys_are_kept_across_restarts(
    database_url: str, database: Database, vault: Vault
) -> None:
    first = vapid_keys(database, vault, T0)
    again = Database(database_url)
    assert vapid_keys(again, vault, T0).application_server_key == first.application_server_key
    again.close()


def test_the_public_key_is_what_a_browser_wants(database: Database, vault: Vault) -> None:
    key = vapid_keys(database, vault, T0).application_server_key
    point = urlsafe_b64decode(key + "=")
    assert (len(key), len(point), point[0]) == (87, 65, 4)


def test_processes_that_start_together_agree(
    database_url: str, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each finds no key and makes one, as far as the database lets them: SQLite has one writer."""
    all_have_looked = threading.Barrier(3)
    make = vapid_keys_module._new_private_key
    made: list[VapidKeys] = []

    def make_together() -> str:
        with suppress(threading.BrokenBarrierError):
            all_have_looked.wait(timeout=1)
        return make()

    def start() -> None:
        own = Database(database_url)
        try:
            made.append(vapid_keys(own, vault, T0))
        finally:
            own.close()

    monkeypatch.setattr(vapid_keys_module, "_new_private_key", make_together)
    threads = [threading.Thread(target=start) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(made) == 3
    assert len({each.application_server_key for each in made}) == 1


def test_another_secret_key_is_told_and_makes_no_new_pair(database: Database, vault: Vault) -> None:
    before = vapid_keys(database, vault, T0).application_server_key
    with pytest.raises(SealBroken, match="SECRET_KEY"):
        vapid_keys(database, Vault("another secret key, long enough for it"), T0)
    assert vapid_keys(database, vault, T0).application_server_key == before


def test_the_private_key_is_not_stored_in_clear(database: Database, vault: Vault) -> None:
    keys = vapid_keys(database, vault, T0)
    with database.reading() as session:
        (row,) = session.scalars(select(InstallationKey)).all()
    assert "PRIVATE KEY" not in row.sealed
    assert "PRIVATE KEY" in vault.open(row.sealed)
    assert "private" not in repr(keys)
