"""A clinic with a patient, a phone and a block, in a real database."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.protocol import STANDARD
from server.push.loop import TickResult, tick
from server.push.sender import Sender
from server.push.web_push import WebPush
from server.storage import reminders, subscriptions
from server.storage.db import Database
from server.storage.models import (
    Block,
    Clinic,
    Device,
    Enrolment,
    Patient,
    Protocol,
    Reminder,
    ReminderDelivery,
    Subscription,
)
from server.storage.vault import Vault
from tests.push.stand_in import Browser, PushService

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PUBLIC_URL = "https://diary.clinic-on-the-hill.org"
SUBJECT = "mailto:reminders@clinic-on-the-hill.org"
SECRET_KEY = "a secret key that is long enough for a test"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DUE_15 = T0 + 15 * MINUTE
CLOSES_15 = T0 + timedelta(minutes=22, seconds=30)

_numbers = count(1)


def add_clinic(session: Session) -> Clinic:
    clinic = Clinic(
        name=f"Clinic {next(_numbers)}", telephone="1", timezone="Europe/London", created_at=T0
    )
    session.add(clinic)
    session.flush()
    return clinic


def add_patient(session: Session, clinic: Clinic) -> Enrolment:
    patient = Patient(clinic_id=clinic.id, reference=f"R{next(_numbers)}", created_at=T0)
    session.add(patient)
    session.flush()
    enrolment = Enrolment(clinic_id=clinic.id, patient_id=patient.id, created_at=T0)
    session.add(enrolment)
    session.flush()
    return enrolment


def add_device(session: Session, enrolment: Enrolment) -> Device:
    device = Device(
        clinic_id=enrolment.clinic_id,
        enrolment_id=enrolment.id,
        secret_hash=f"secret {next(_numbers)}",
        check_word="heron",
        user_agent="test",
        created_at=T0,
        seen_at=T0,
    )
    session.add(device)
    session.flush()
    return device


def add_block(
    session: Session,
    enrolment: Enrolment,
    performed_at: datetime | None = T0,
    nudge: bool = False,
    **changes: object,
) -> Block:
    """A block that keeps the standard protocol, without second pushes unless they are asked for;
    its reminders are not planned yet."""
    protocol = Protocol(
        clinic_id=enrolment.clinic_id,
        name="standard",
        version=next(_numbers),
        assessments=[],
        criteria={},
        baseline_max_age_minutes=240,
        nudge=nudge,
        created_at=T0,
    )
    session.add(protocol)
    session.flush()
    values: dict[str, object] = {
        "clinic_id": enrolment.clinic_id,
        "patient_id": enrolment.patient_id,
        "protocol_id": protocol.id,
        "number": 1,
        "region": "lumbar",
        "levels": "L4/5",
        "side": "left",
        "agent": "lidocaine",
        "sites": ["main"],
        "timezone": "Europe/London",
        "planned_on": date(2026, 11, 23),
        "performed_at": performed_at,
        "performed_at_source": "clinic",
        "created_at": T0,
    }
    block = Block(**{**values, **changes})
    session.add(block)
    session.flush()
    return block


@dataclass
class Scene:
    """One patient with one phone that is subscribed, and a block whose reminders are planned."""

    database: Database
    vault: Vault
    service: PushService
    sender: Sender
    enrolment: Enrolment
    device: Device
    browser: Browser
    block: Block

    def tick(self, now: datetime) -> TickResult:
        return tick(self.database, WebPush(self.vault, self.sender, PUBLIC_URL), now)

    def reminder(self, assessment_id: str = "15min", attempt: str = "prompt") -> Reminder:
        with self.database.reading() as session:
            return session.scalars(
                select(Reminder).where(
                    Reminder.block_id == self.block.id,
                    Reminder.assessment_id == assessment_id,
                    Reminder.attempt == attempt,
                )
            ).one()

    def deliveries(self, assessment_id: str = "15min") -> list[ReminderDelivery]:
        reminder_id = self.reminder(assessment_id).id
        with self.database.reading() as session:
            rows = select(ReminderDelivery).where(ReminderDelivery.reminder_id == reminder_id)
            return list(session.scalars(rows.order_by(ReminderDelivery.id)))

    def delivery(self, assessment_id: str = "15min") -> ReminderDelivery:
        (only,) = self.deliveries(assessment_id)
        return only

    def subscription(self, subscription_id: UUID) -> Subscription:
        with self.database.reading() as session:
            return session.get_one(Subscription, subscription_id)

    def posts(self) -> int:
        return len(self.service.posted)

    def replan(self, now: datetime, **changes: object) -> None:
        with self.database.transaction() as session:
            block = session.get_one(Block, self.block.id)
            for name, value in changes.items():
                setattr(block, name, value)
            reminders.plan(session, block, STANDARD, now)

    def settle(self, *answered: str) -> None:
        with self.database.transaction() as session:
            reminders.settle(session, session.get_one(Block, self.block.id), answered)

    def add_phone(self, path: str, now: datetime = T0) -> tuple[Device, Browser]:
        with self.database.transaction() as session:
            device = add_device(session, self.enrolment)
            browser = self.subscribe(session, device, path, now)
        return device, browser

    def subscribe(self, session: Session, device: Device, path: str, now: datetime) -> Browser:
        browser = Browser(self.service.origin, path)
        subscriptions.upsert(
            session, self.vault, device, browser.subscription, self.service.origin, now
        )
        return browser


MakeScene = Callable[[], Scene]


def build(
    database: Database,
    vault: Vault,
    service: PushService,
    sender: Sender,
    nudge: bool = False,
) -> Scene:
    with database.transaction() as session:
        enrolment = add_patient(session, add_clinic(session))
        device = add_device(session, enrolment)
        browser = Browser(service.origin, f"/send/{next(_numbers)}")
        subscriptions.upsert(session, vault, device, browser.subscription, service.origin, T0)
        block = add_block(session, enrolment, nudge=nudge)
        reminders.plan(session, block, STANDARD, T0)
    return Scene(database, vault, service, sender, enrolment, device, browser, block)
