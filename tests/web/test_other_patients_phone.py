"""Two patients of one clinic: the phone of one reaches and is told nothing of the other."""

import json
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from server.storage import audit, enrolments, protocols
from server.storage.db import Database
from server.storage.models import Device, Reminder, ReminderDelivery, Subscription
from server.storage.vault import Vault
from tests.builders import (
    NOON,
    Phone,
    World,
    an_entry,
    injection_done,
    new_block,
    new_patient,
    stamp,
)

ENDPOINT = "https://push.example.org/{}"


@pytest.fixture
def neighbour(
    database: Database, vault: Vault, world: World, new_phone: Callable[[], Phone]
) -> Phone:
    """An enrolled phone of another patient of the same clinic, with a block of their own."""
    with database.transaction() as session:
        patient = new_patient(session, world.clinic, "P-2")
        new_block(session, patient, protocols.all_current(session, world.clinic.id)[0])
        enrolment = enrolments.of_patient(session, patient, NOON)
        invited = enrolments.invite(session, vault, enrolment, audit.SYSTEM, NOON)
    enrolled = new_phone()
    assert enrolled.redeem(token=invited.token).status_code == 201
    return enrolled


def subscribe(phone: Phone, name: str) -> None:
    keys = {"p256dh": "B" * 87, "auth": "a" * 22}
    body = {"endpoint": ENDPOINT.format(name), "keys": keys}
    assert phone.request("PUT", "subscription", body).status_code == 200


def delivery_to(database: Database, phone_of: World) -> str:
    """A reminder of ours that is on its way."""
    with database.transaction() as session:
        device = session.scalars(
            select(Device).where(Device.enrolment_id == phone_of.enrolment.id)
        ).one()
        subscription = session.scalars(
            select(Subscription).where(Subscription.device_id == device.id)
        ).one()
        reminder = session.scalars(
            select(Reminder).where(Reminder.block_id == phone_of.block.id).limit(1)
        ).one()
        delivery = ReminderDelivery(
            clinic_id=phone_of.clinic.id,
            reminder_id=reminder.id,
            subscription_id=subscription.id,
            tries=1,
        )
        session.add(delivery)
        session.flush()
        return str(delivery.id)


def test_no_route_of_the_api_reaches_another_patient_of_the_clinic(
    app: Flask, phone: Phone, neighbour: Phone, world: World, database: Database
) -> None:
    """Every route and every kind of item, with every id in it taken from the other patient."""
    theirs = an_entry(world.block.id, NOON, note="secretly")
    phone.sync(injection_done(world.block.id, NOON), theirs)
    subscribe(phone, "theirs")
    delivery_id = delivery_to(database, world)
    before = phone.sync()["state"]
    (own,) = neighbour.sync()["state"]["blocks"]
    shown = {"type": "reminder_shown", "id": delivery_id, "shown_at": stamp(NOON)}
    zone = injection_done(world.block.id, NOON) | {
        "type": "zone_followed",
        "timezone": "Asia/Tokyo",
    }
    del zone["performed_at"]
    assert neighbour.outcomes(
        an_entry(world.block.id, NOON),
        an_entry(world.block.id, NOON, kind="baseline"),
        an_entry(world.block.id, NOON, kind="unable", scores={}, unable_reason="asleep"),
        an_entry(own["id"], NOON, replaces=theirs["id"]),
        injection_done(world.block.id, NOON),
        zone,
        shown,
    ) == [
        *["rejected unknown_block"] * 3,
        "rejected unknown_replaced",
        *["rejected unknown_block"] * 2,
        "rejected unknown_delivery",
    ]
    # The same id on two patients' phones is two entries, and neither learns of the other.
    assert neighbour.outcomes(an_entry(own["id"], NOON, id=theirs["id"])) == ["stored"]
    subscribe(neighbour, "own")
    assert neighbour.request("POST", "trial-reminder", {}).status_code == 200
    assert neighbour.request("DELETE", "subscription").status_code == 200
    assert neighbour.request("POST", "snooze", {"delivery": delivery_id}).status_code == 404
    assert neighbour.request("DELETE", "device").status_code == 200
    assert phone.sync()["state"] == before
    with database.reading() as session:
        delivery = session.get(ReminderDelivery, UUID(delivery_id))
        assert delivery is not None and delivery.receipt_at is None
    routes = {rule.rule for rule in app.url_map.iter_rules() if "/api/phone/" in rule.rule}
    tried = ("redeem", "sync", "subscription", "snooze", "trial-reminder", "device")
    # Whose e-mails are stopped, only the token in the e-mail tells.
    assert routes == {f"/api/phone/{name}" for name in (*tried, "stop-emails")}


def test_a_phone_is_told_nothing_of_another_patient_of_the_clinic(
    phone: Phone, neighbour: Phone, world: World
) -> None:
    phone.sync(
        injection_done(world.block.id, NOON), an_entry(world.block.id, NOON, note="secretly")
    )
    told = json.dumps(neighbour.sync())
    for of_the_other in (world.block.id, world.patient.id, "secretly", "P-1"):
        assert str(of_the_other) not in told
