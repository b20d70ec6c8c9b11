"""Real push, end to end: our server sends, a browser wakes the worker, what waited is synced."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Playwright, Route, expect

from server.push.vapid_keys import vapid_keys
from server.storage import audit, blocks, enrolments
from server.storage.vault import Vault
from tests.browser.chromium import chromium_phone
from tests.browser.diary_server import DiaryServer
from tests.browser.firefox import FirefoxPhone, firefox_phone
from tests.browser.patient import Patient
from tests.browser.push_messages import PushPost
from tests.browser.push_service import PushService, push_service
from tests.builders import SECRET_KEY, new_block, new_patient

#: The hour's window is open, and its reminder due since a moment ago.
SINCE_BLOCK = timedelta(hours=1, seconds=5)


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@contextmanager
def one_block(server: DiaryServer) -> Iterator[tuple[str, UUID]]:
    """A patient whose block was done an hour ago: the code of their sheet, and the block."""
    vault, now = Vault(SECRET_KEY), server.now()
    with server.database.transaction() as session:
        [clinic] = __import__("server.storage.clinics", fromlist=["x"]).all_of_them(session)
        patient = new_patient(session, clinic, "P-200", now)
        protocol = __import__("server.storage.protocols", fromlist=["x"]).current(
            session, clinic.id
        )
        block = new_block(session, patient, protocol, now=now)
        enrolment = enrolments.of_patient(session, patient, now)
        invited = enrolments.invite(session, vault, enrolment, audit.SYSTEM, now)
        blocks.start(session, block, now - SINCE_BLOCK, "clinic", audit.SYSTEM, now)
    yield invited.code, block.id
