"""Small worlds for tests: a clinic, a patient with a block, a phone that talks to the real app."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Self
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from flask import Flask
from flask_security import login_user
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from server.domain.baseline import MAX_AGE_MINUTES
from server.domain.protocol import STANDARD, Criteria, Protocol
from server.storage import audit, blocks, clinics, enrolments, models, patients, protocols, staff
from server.storage.db import Database
from server.storage.enrolments import Invited
from server.storage.vault import Vault

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET_KEY = "a secret key of forty characters, tests only"
PUBLIC_URL = "http://localhost"
#: What `new_member` signs in with.
PASSWORD = "correct horse battery staple"

Item = dict[str, Any]


class TestClock:
    """A clock that moves when it is told to."""

    __test__ = False

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


def new_clinic(session: Session, name: str = "Elm", now: datetime = NOON) -> models.Clinic:
    return clinics.create(
        session, name=name, telephone="020 7946 0011", timezone="Europe/London", now=now
    )


def new_member(
    session: Session,
    clinic_id: UUID,
    email: str,
    role: str,
    now: datetime = NOON,
    name: str | None = None,
) -> staff.User:
    """A staff member with `PASSWORD`; called as in their address unless a name is given."""
    name = name or email.partition("@")[0].capitalize()
    member = staff.add(
        session, clinic_id=clinic_id, email=email, name=name, role=role, password=None, now=now
    )
    member.password = _hashed()
    return member


@cache
def _hashed() -> str:
    """`PASSWORD` as the app keeps it: hashed slowly on purpose, so once for all tests."""
    return PasswordHasher().hash(PASSWORD)


def new_patient(
    session: Session, clinic: models.Clinic, reference: str = "P-1", now: datetime = NOON
) -> models.Patient:
    return patients.of_reference(session, clinic.id, reference, "en", now)


def new_protocol(
    session: Session,
    clinic: models.Clinic,
    protocol: Protocol = STANDARD,
    criteria: Criteria | None = None,
    now: datetime = NOON,
) -> models.Protocol:
    return protocols.keep(
        session, clinic.id, protocol, criteria or Criteria(), MAX_AGE_MINUTES, now
    )


def new_block(
    session: Session,
    patient: models.Patient,
    protocol: models.Protocol,
    sites: tuple[str, ...] = ("main",),
    number: int = 1,
    now: datetime = NOON,
) -> models.Block:
    return blocks.create(
        session,
        patient,
        protocol,
        number=number,
        region="lumbar",
        levels="L4-L5",
        side="left",
        agent="bupivacaine",
        sites=list(sites),
        timezone="Europe/London",
        planned_on=date(2026, 3, 2),
        actor=audit.SYSTEM,
        now=now,
    )


@dataclass(frozen=True)
class World:
    """One clinic with one patient and one block, and the link and code for one phone."""

    clinic: models.Clinic
    patient: models.Patient
    block: models.Block
    enrolment: models.Enrolment
    invited: Invited


def new_world(
    session: Session,
    vault: Vault,
    clinic: str = "Elm",
    sites: tuple[str, ...] = ("main",),
    now: datetime = NOON,
) -> World:
    elm = new_clinic(session, clinic, now)
    patient = new_patient(session, elm, now=now)
    block = new_block(session, patient, new_protocol(session, elm, now=now), sites, now=now)
    enrolment = enrolments.of_patient(session, patient, now)
    invited = enrolments.invite(session, vault, enrolment, audit.SYSTEM, now)
    return World(elm, patient, block, enrolment, invited)


def another_invitation(
    database: Database, vault: Vault, world: World, now: datetime = NOON
) -> Invited:
    with database.transaction() as session:
        return enrolments.invite(session, vault, world.enrolment, audit.SYSTEM, now)


def stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def an_entry(block_id: UUID, felt_at: datetime, **values: Any) -> Item:
    """A diary entry as a phone sends it: a momentary rating of 3 unless told otherwise."""
    return {
        "type": "diary_entry",
        "id": str(uuid4()),
        "block_id": str(block_id),
        "kind": "rating",
        "felt_at": stamp(felt_at),
        "recorded_at": stamp(felt_at),
        "utc_offset_minutes": 0,
        "zone": "Europe/London",
        "clock_difference_seconds": 0.0,
        "clock_measured_at": stamp(felt_at),
        "scores": {"main": 3},
        **values,
    }


def injection_done(block_id: UUID, performed_at: datetime, **values: Any) -> Item:
    return {
        "type": "injection_done",
        "id": str(uuid4()),
        "block_id": str(block_id),
        "performed_at": stamp(performed_at),
        "recorded_at": stamp(performed_at),
        "utc_offset_minutes": 0,
        "zone": "Europe/London",
        "clock_difference_seconds": 0.0,
        "clock_measured_at": stamp(performed_at),
        **values,
    }


def zone_followed(block_id: UUID, chosen_at: datetime, **values: Any) -> Item:
    """A patient on a journey says that the diary may follow their phone, to New York by default."""
    return {
        "type": "zone_followed",
        "id": str(uuid4()),
        "block_id": str(block_id),
        "timezone": "America/New_York",
        "recorded_at": stamp(chosen_at),
        "utc_offset_minutes": -300,
        "zone": "America/New_York",
        "clock_difference_seconds": 0.0,
        "clock_measured_at": stamp(chosen_at),
        **values,
    }


def quiet_hours(start: str, end: str, chosen_at: datetime, **values: Any) -> Item:
    return {
        "type": "quiet_hours",
        "id": str(uuid4()),
        "start": start,
        "end": end,
        "recorded_at": stamp(chosen_at),
        "utc_offset_minutes": 0,
        "zone": "Europe/London",
        "clock_difference_seconds": 0.0,
        "clock_measured_at": stamp(chosen_at),
        **values,
    }


@dataclass
class Phone:
    """A phone's browser: its cookie jar, its clock, and the headers that a browser sends.

    `ahead` is by how much its clock is wrong.
    """

    app: Flask
    clock: TestClock
    ahead: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def with_clock_ahead(self, **by: float) -> Self:
        phone = replace(self, ahead=timedelta(**by))
        phone.client = self.client
        return phone

    def request(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        """Any request to the phone API; `body` is JSON, or bytes to be sent as they are."""
        return self.client.open(
            f"/api/phone/{path}",
            method=method,
            base_url=PUBLIC_URL,
            headers={"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin", **(headers or {})},
            content_type="application/json",
            **({"data": body} if isinstance(body, bytes) else {"json": body}),
        )

    def redeem(self, **how: Any) -> TestResponse:
        return self.request("POST", "redeem", {"consented": True, **how})

    def sync_response(self, items: list[Any], **values: Any) -> TestResponse:
        sent_at = stamp(self.clock.now + self.ahead)
        return self.request("POST", "sync", {"sent_at": sent_at, "items": items, **values})

    def sync(self, *items: Any, **values: Any) -> Item:
        """The answer to a sync that succeeds."""
        response = self.sync_response(list(items), **values)
        assert response.status_code == 200, response.text
        answer: Item = response.get_json()
        return answer

    def outcomes(self, *items: Any) -> list[str]:
        """Of each item, what became of it: `stored`, `rejected invalid` ..."""
        return [
            " ".join(filter(None, (result["outcome"], result["reason"])))
            for result in self.sync(*items)["results"]
        ]


def signed_in(app: Flask, email: str) -> dict[str, str]:
    """The cookies, for addresses from /clinic on, of somebody who signed in by their password."""
    with app.test_request_context("/clinic/sign-in"):
        app.preprocess_request()
        member = app.extensions["security"].datastore.find_user(email=email)
        assert login_user(member, authn_via=["password"])
        answer = app.process_response(app.response_class())
    cookies = (header.partition(";")[0] for header in answer.headers.getlist("Set-Cookie"))
    return {name: value for name, _, value in (each.partition("=") for each in cookies)}
