from collections.abc import Iterator

import pytest

from server.push import loop, outbox
from server.push.sender import Sender
from server.push.vapid_keys import VapidKeys, vapid_keys
from server.storage.db import Database
from server.storage.vault import Vault
from tests.push.scene import SECRET_KEY, SUBJECT, T0, Scene, build
from tests.push.stand_in import PushService


@pytest.fixture
def service() -> Iterator[PushService]:
    service = PushService()
    yield service
    service.close()


@pytest.fixture
def vault() -> Vault:
    return Vault(SECRET_KEY)


@pytest.fixture
def keys(database: Database, vault: Vault) -> VapidKeys:
    return vapid_keys(database, vault, T0)


@pytest.fixture
def sender(keys: VapidKeys, service: PushService) -> Iterator[Sender]:
    sender = Sender(keys, SUBJECT, {service.host}, timeout_seconds=60)
    yield sender
    sender.close()


@pytest.fixture
def impatient(keys: VapidKeys, service: PushService) -> Iterator[Sender]:
    """One that soon gives up waiting for an answer."""
    sender = Sender(keys, SUBJECT, {service.host}, timeout_seconds=1)
    yield sender
    sender.close()


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick takes no time by its own clock, however busy the machine is."""
    for module in (loop, outbox):
        monkeypatch.setattr(module, "running_from", lambda now: lambda: now)


@pytest.fixture
def scene(database: Database, vault: Vault, service: PushService, sender: Sender) -> Scene:
    return build(database, vault, service, sender)
