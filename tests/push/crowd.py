"""Many patients at once: the rows that a clinic's day would leave behind, put there in bulk."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.orm import Session

from server.storage.db import Base
from server.storage.models import (
    Block,
    Clinic,
    Device,
    Enrolment,
    Patient,
    Protocol,
    Reminder,
    Subscription,
)
from server.storage.vault import Vault
from tests.push.stand_in import Browser

Rows = list[dict[str, Any]]


def add_crowd(
    session: Session,
    vault: Vault,
    service_origin: str,
    patients: int,
    due_at: datetime,
    closes_at: datetime,
    assessments: Sequence[str] = ("15min",),
) -> Browser:
    """A clinic with so many patients, each with a phone that is subscribed and a block with one
    reminder for each assessment; all are due at once.

    All phones have the keys of the browser that is returned.
    """
    browser = Browser(service_origin, "/crowd")
    clinic_id, protocol_id, now = uuid4(), uuid4(), due_at
    clinic = {"name": "Crowd", "telephone": "1", "timezone": "Europe/London", "created_at": now}
    _insert(session, Clinic, [{"id": clinic_id, **clinic}])
    mine = {"clinic_id": clinic_id, "created_at": now}
    protocol: dict[str, Any] = {"name": "standard", "version": 1, "assessments": []}
    protocol |= {"criteria": {}, "baseline_max_age_minutes": 240}
    _insert(session, Protocol, [{"id": protocol_id, **mine, **protocol}])
    ids = [(uuid4(), uuid4(), uuid4(), uuid4()) for _ in range(patients)]
    _insert(session, Patient, [{"id": each[0], **mine, "reference": each[0].hex} for each in ids])
    _insert(session, Enrolment, [{"id": each[1], **mine, "patient_id": each[0]} for each in ids])
    device = {"check_word": "heron", "user_agent": "test", "seen_at": now, **mine}
    _insert(
        session,
        Device,
        [
            {"id": each[2], "enrolment_id": each[1], "secret_hash": each[2].hex, **device}
            for each in ids
        ],
    )
    _insert(session, Subscription, [_subscription(each[2], vault, browser, mine) for each in ids])
    block: dict[str, Any] = {"protocol_id": protocol_id, "number": 1, "region": "lumbar"}
    block |= {"levels": "L4/5", "side": "left", "agent": "lidocaine", "sites": ["main"]}
    block |= {"timezone": "Europe/London", "planned_on": date(2026, 11, 23), "performed_at": now}
    _insert(
        session,
        Block,
        [{"id": each[3], "patient_id": each[0], **mine, **block} for each in ids],
    )
    times = {"due_at": due_at, "closes_at": closes_at, "next_try_at": due_at}
    reminder = {"clinic_id": clinic_id, "attempt": "prompt", "state": "planned", **times}
    _insert(
        session,
        Reminder,
        [
            {"id": uuid4(), "block_id": each[3], "assessment_id": assessment, **reminder}
            for assessment in assessments
            for each in ids
        ],
    )
    return browser


def _subscription(
    device_id: UUID, vault: Vault, browser: Browser, mine: dict[str, Any]
) -> dict[str, Any]:
    endpoint = f"{browser.subscription.endpoint}/{device_id.hex}"
    keys = browser.subscription
    return {
        "id": uuid4(),
        "device_id": device_id,
        "endpoint_hash": vault.hash("endpoint", endpoint),
        "push_service": endpoint.partition("/crowd")[0],
        "sealed": vault.seal(type(keys)(endpoint, keys.p256dh, keys.auth).to_json()),
        **mine,
    }


def _insert(session: Session, table: type[Base], rows: Rows) -> None:
    session.connection().execute(insert(table), rows)
