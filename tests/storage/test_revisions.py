"""A patient's revision tells whoever has read the patient's blocks that there is something new."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from server.storage import audit, enrolments, erasure, subscriptions
from server.storage.db import Database
from server.storage.models import Device, Enrolment, Patient, Subscription
from server.storage.subscriptions import BrowserSubscription
from server.storage.vault import Vault
from tests.push.scene import MINUTE, SECRET_KEY, T0, add_clinic, add_device, add_patient

VAULT = Vault(SECRET_KEY)
ORIGIN = "https://fcm.googleapis.com"
LATER = T0 + MINUTE


def subscribe(session: Session, device: Device, name: str = "a") -> Subscription:
    browser = BrowserSubscription(f"{ORIGIN}/fcm/send/{name}", "key", "auth")
    return subscriptions.upsert(session, VAULT, device, browser, ORIGIN, T0)


def revisions(database: Database) -> dict[UUID, int]:
    with database.reading() as session:
        return {each.id: each.revision for each in session.scalars(select(Patient))}


def let_in_another(session: Session, device: Device) -> None:
    add_device(session, session.get_one(Enrolment, device.enrolment_id))


def let_in_no_more(session: Session, device: Device) -> None:
    enrolments.revoke_device(session, device.clinic_id, device.id, audit.SYSTEM, LATER)


def allow_reminders(session: Session, device: Device) -> None:
    subscribe(session, device, "b")


def switch_reminders_off(session: Session, device: Device) -> None:
    subscriptions.unsubscribe(session, device, LATER)


def end_the_subscription(session: Session, device: Device) -> None:
    found = session.scalars(select(Subscription)).one()
    subscriptions.retire(session, device.clinic_id, found.id, "gone", LATER)


def revoke_the_enrolment(session: Session, device: Device) -> None:
    session.get_one(Enrolment, device.enrolment_id).revoked_at = LATER


def anonymise(session: Session, device: Device) -> None:
    patient_id = session.get_one(Enrolment, device.enrolment_id).patient_id
    erasure.anonymise(session, session.get_one(Patient, patient_id), audit.SYSTEM, LATER)


def hear_of(session: Session, device: Device) -> None:
    session.get_one(Device, device.id).seen_at = LATER


def allow_the_same_again(session: Session, device: Device) -> None:
    subscribe(session, device)


@pytest.mark.parametrize(
    ("write", "raised"),
    [
        (let_in_another, True),
        (let_in_no_more, True),
        (allow_reminders, True),
        (switch_reminders_off, True),
        (end_the_subscription, True),
        (revoke_the_enrolment, True),
        (anonymise, True),
        (hear_of, False),
        (allow_the_same_again, False),
    ],
)
def test_what_happens_to_a_phone_raises_the_revision_of_its_patient_alone(
    database: Database, write: Callable[[Session, Device], None], raised: bool
) -> None:
    with database.transaction() as session:
        clinic = add_clinic(session)
        other = add_device(session, add_patient(session, clinic))
        device = add_device(session, add_patient(session, clinic))
        subscribe(session, device)
    with database.reading() as session:
        its = session.get_one(Enrolment, device.enrolment_id).patient_id
        others = session.get_one(Enrolment, other.enrolment_id).patient_id
    before = revisions(database)
    with database.transaction() as session:
        write(session, device)
    after = revisions(database)
    assert (after[its] > before[its]) is raised
    assert after[others] == before[others]


def test_patients_are_raised_in_one_order_at_the_very_end_before_the_audit_chain(
    database: Database,
) -> None:
    with database.transaction() as session:
        clinic = add_clinic(session)
        devices = [add_device(session, add_patient(session, clinic)) for _ in range(6)]
    written: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        if not statement.startswith("SELECT"):
            written.append((statement.split()[1], parameters))

    event.listen(database.engine, "after_cursor_execute", note)
    with database.transaction() as session:
        for device in devices[::2] + devices[1::2]:
            switched = "enrolment.device_revoked"
            audit.record(session, clinic.id, audit.SYSTEM, switched, "-", {}, T0)
            subscribe(session, device, str(device.id))
    event.remove(database.engine, "after_cursor_execute", note)
    tables = [table for table, _ in written if table in {"patient", "audit_chain", "subscription"}]
    at_last = tables[tables.index("patient") :]
    assert at_last == ["patient"] * 6 + ["audit_chain"]
    raised = [str(each) for table, each in written if table == "patient"]
    assert raised == sorted(raised)
