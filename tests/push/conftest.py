from collections.abc import Iterator

import pytest

from server.push.sender import Sender
from server.push.vapid_keys import VapidKeys, vapid_keys
from server.storage.db import Database
from server.storage.vault import Vault
from tests.push.scene import SECRET_KEY, T0, Scene, build
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
    sender = Sender(
        keys, "mailto:reminders@clinic-on-the-hill.org", {service.host}, timeout_seconds=1.0
    )
    yield sender
    sender.close()


@pytest.fixture
def scene(database: Database, vault: Vault, service: PushService, sender: Sender) -> Scene:
    return build(database, vault, service, sender)
