"""A clinic with one nurse, its pages in a test client, and a patient's phone on the real API."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from server import create_app
from server.config import Config
from server.domain.protocol import STANDARD, Criteria
from server.storage import clinics, protocols
from server.storage.db import Database
from server.storage.models import Clinic
from server.storage.staff import User
from tests.builders import PASSWORD as PASSWORD
from tests.builders import new_member, signed_in

PUBLIC_URL = "http://diary.example"
#: 10:00 in New York, on the day of the tests.
MORNING = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
#: For words, and for forms that are refused before anything is kept: no database can change them.
SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"])


@dataclass
class ClockInHand:
    """A clock that stands until it is moved."""

    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@dataclass
class Phone:
    """A patient's phone, as the API sees it."""

    client: FlaskClient
    clock: ClockInHand
    state: dict[str, Any] = field(default_factory=dict)

    def redeem(self, **secret: str) -> TestResponse:
        answer = self._send("redeem", {**secret, "consented": True})
        if answer.status_code == 201:
            assert answer.json is not None
            self.state = answer.json["state"]
        return answer

    def rate(self, block_id: str, scores: dict[str, int], **more: Any) -> str:
        """Rate now, and send it. What is not said is as the phone says it."""
        now = self.clock.now.isoformat()
        entry = {
            "type": "diary_entry",
            "id": str(uuid4()),
            "block_id": block_id,
            "kind": "rating",
            "felt_at": now,
            "recorded_at": now,
            "utc_offset_minutes": -300,
            "zone": "America/New_York",
            "scores": scores,
        } | more
        return self._sync(entry, now)

    def rate_by_own_clock(self, slow_by: timedelta, block_id: str, scores: dict[str, int]) -> str:
        """Rate now, on a phone whose clock is slow and which knows by how much."""
        shown = (self.clock.now - slow_by).isoformat()
        seconds = slow_by.total_seconds()
        return self.rate(
            block_id,
            scores,
            felt_at=shown,
            recorded_at=shown,
            clock_difference_seconds=seconds,
            sent_at=shown,
        )

    def say_persisted(self, persisted: bool | None) -> None:
        """Sync, saying what the browser promised of its storage; None leaves it out."""
        told = {} if persisted is None else {"persisted": persisted}
        answer = self._send("sync", {"sent_at": self.clock.now.isoformat(), **told})
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        self.state = answer.json["state"]

    def _sync(self, entry: dict[str, Any], now: str) -> str:
        sent_at = entry.pop("sent_at", now)
        answer = self._send("sync", {"sent_at": sent_at, "items": [entry]})
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        assert answer.json["results"][0]["outcome"] in ("stored", "conflict"), answer.json
        self.state = answer.json["state"]
        return str(entry["id"])

    def injection_done(self, block_id: str, performed_at: datetime) -> None:
        now = self.clock.now.isoformat()
        done = {
            "type": "injection_done",
            "id": str(uuid4()),
            "block_id": block_id,
            "recorded_at": now,
            "utc_offset_minutes": -300,
            "zone": "America/New_York",
            "performed_at": performed_at.isoformat(),
        }
        answer = self._send("sync", {"sent_at": now, "items": [done]})
        assert answer.json is not None
        assert answer.json["results"][0]["outcome"] == "stored", answer.json

    def _send(self, path: str, body: dict[str, Any]) -> TestResponse:
        return self.client.post(
            f"/api/phone/{path}", json=body, headers={"Origin": PUBLIC_URL}, base_url=PUBLIC_URL
        )


class Staff:
    """A staff member's browser."""

    def __init__(self, client: FlaskClient, email: str, clock: ClockInHand | None = None) -> None:
        """With a clock, somebody who was away for long signs in again before they go on."""
        self.client = client
        self.email = email
        self.is_signed_in = False
        self._clock = clock
        self._seen_at = MORNING

    def get(self, path: str, **options: Any) -> TestResponse:
        self.be_signed_in()
        # The whole answer, also of a page that is sent piece by piece.
        return self.client.get(path, buffered=True, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form with the session's CSRF token, which every page has."""
        token = csrf_token(self.get("/clinic/account").text)
        return self.client.post(path, data={"csrf_token": token, **(data or {})}, **options)

    def be_signed_in(self) -> None:
        """Let in on first use."""
        now = self._clock() if self._clock else MORNING
        if self.is_signed_in and now != self._seen_at:  # who is signed in is sent on
            self.is_signed_in = self.client.get("/clinic/sign-in").status_code == 302
        self._seen_at = now
        if not self.is_signed_in:
            let_in(self.client, self.email)
            self.is_signed_in = True

    def enrol(self, **answers: Any) -> str:
        """Enrol as the form does; the sheet that comes out."""
        answer = self.post("/clinic/enrol", enrolment(**answers))
        # A browser sends the form on to where 307 leads; the test client would drop its body.
        assert answer.status_code == 307, answer.text
        sheet = self.post(answer.headers["Location"])
        assert sheet.status_code == 200, sheet.text
        return sheet.text


def enrolment(**answers: Any) -> dict[str, Any]:
    """What a nurse types for one patient."""
    return {
        "reference": "P-1001",
        "number": "1",
        "planned_on": "2026-03-02",
        "region": "lumbar",
        "levels": "L4/5, L5/S1",
        "side": "left",
        "agent": "bupivacaine",
        "sites": "",
        "language": "en",
        "timezone": "America/New_York",
    } | answers


def csrf_token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page
    return found[1]


def let_in(client: FlaskClient, email: str) -> None:
    """What the sign-in does once it found the password, which is hashed slowly on purpose, right."""
    for name, value in signed_in(client.application, email).items():
        client.set_cookie(name, value, path="/clinic")


def sign_in(client: FlaskClient, email: str, password: str, **options: Any) -> TestResponse:
    query = options.pop("next", None)
    page = client.get("/clinic/sign-in", query_string={"next": query} if query else {})
    answers = {"csrf_token": csrf_token(page.text), "email": email, "password": password}
    return client.post("/clinic/sign-in", data=answers | ({"next": query} if query else {}))


def typed_code(sheet: str) -> str:
    found = re.search(r'class="code">([^<]+)<', sheet)
    assert found, sheet
    return found[1]


def only_block_id(page: str) -> str:
    (found,) = set(re.findall(r"/clinic/blocks/([0-9a-f-]{36})", page))
    return str(found)


@dataclass
class World:
    """One installation with two clinics."""

    app: Flask
    clock: ClockInHand
    database: Database
    clinic: Clinic
    nurse: Staff
    stranger: Staff

    def anonymous(self) -> FlaskClient:
        return self.app.test_client()

    def phone(self) -> Phone:
        return Phone(self.app.test_client(), self.clock)

    def protocol_id(self) -> str:
        with self.database.reading() as session:
            return str(protocols.all_current(session, self.clinic.id)[0].id)

    def member(self, role: str) -> Staff:
        """Somebody of this role at our clinic, in a browser of their own."""
        email = f"{role}@elm.example"
        with self.database.transaction() as session:
            new_member(session, self.clinic.id, email, role, self.clock.now)
        return Staff(self.app.test_client(), email, self.clock)

    def staff_id(self, email: str) -> int:
        with self.database.reading() as session:
            return session.scalars(select(User.id).where(User.email == email)).one()

    def enrolled(self, **answers: Any) -> tuple[str, Phone]:
        """A patient's block and phone, the baseline not given yet."""
        sheet = self.nurse.enrol(**{"protocol": self.protocol_id()} | answers)
        phone = self.phone()
        assert phone.redeem(code=typed_code(sheet)).status_code == 201
        return str(phone.state["blocks"][-1]["id"]), phone

    def started(self, baseline: dict[str, int] | None = None, **answers: Any) -> tuple[str, Phone]:
        """A block that was done now, after its baseline."""
        block_id, phone = self.enrolled(**answers)
        phone.rate(block_id, baseline or {"main": 7}, kind="baseline")
        self.clock.forward(minutes=1)
        phone.injection_done(block_id, self.clock.now)
        return block_id, phone


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    clock = ClockInHand()
    config = Config(
        environment="development",
        data_dir=tmp_path,
        database_url=database_url,
        secret_key="for these tests only, and for nothing else",
        public_url=PUBLIC_URL,
        vapid_subject="mailto:clinic@diary.example",
        push_extra_hosts=frozenset(),
        host="127.0.0.1",
        port=8000,
        trusted_proxies=0,
    )
    app = create_app(config, clock)
    database = app.extensions["block_diary"].database
    elm = _clinic(database, "Elm Pain Clinic", "nora@elm.example", "nurse", clock.now)
    # An administrator: may do everything, but not at somebody else's clinic.
    _clinic(database, "Oak Pain Clinic", "oscar@oak.example", "administrator", clock.now)
    nurse = Staff(app.test_client(), "nora@elm.example", clock)
    stranger = Staff(app.test_client(), "oscar@oak.example", clock)
    yield World(app, clock, database, elm, nurse, stranger)
    database.close()


def _clinic(database: Database, name: str, email: str, role: str, now: datetime) -> Clinic:
    with database.transaction() as session:
        clinic = clinics.create(
            session, name=name, telephone="555-0100", timezone="America/New_York", now=now
        )
        clinic.second_factor_for = "nobody"
        protocols.keep(session, clinic.id, STANDARD, Criteria(), 240, now)
        new_member(session, clinic.id, email, role, now)
    return clinic
