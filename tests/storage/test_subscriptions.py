"""How a patient's browsers are known: one owner each, never another clinic's, never in clear."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.storage import subscriptions
from server.storage.db import Database
from server.storage.models import Device, Enrolment, Subscription
from server.storage.subscriptions import BrowserSubscription
from server.storage.vault import Vault
from tests.push.scene import MINUTE, SECRET_KEY, T0, add_clinic, add_device, add_patient

VAULT = Vault(SECRET_KEY)
ORIGIN = "https://fcm.googleapis.com"
LATER = T0 + MINUTE


def browser(name: str, auth: str = "auth") -> BrowserSubscription:
    return BrowserSubscription(f"{ORIGIN}/fcm/send/{name}", "key", auth)


def put(
    session: Session, device: Device, name: str, auth: str = "auth", now: object = T0
) -> Subscription:
    return subscriptions.upsert(session, VAULT, device, browser(name, auth), ORIGIN, now)


def live(session: Session, enrolment: Enrolment) -> list[str]:
    found = subscriptions.live(session, enrolment.clinic_id, enrolment.patient_id)
    return [
        BrowserSubscription.from_json(VAULT.open(each.sealed)).endpoint.rsplit("/", 1)[1]
        for each in found
    ]


def test_the_same_subscription_again_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        device = add_device(session, add_patient(session, add_clinic(session)))
        first = put(session, device, "a")
        sealed = first.sealed
        again = put(session, device, "a", now=LATER)
        assert (again.id, again.sealed, again.created_at) == (first.id, sealed, T0)


def test_new_keys_of_the_same_endpoint_are_kept(database: Database) -> None:
    with database.transaction() as session:
        device = add_device(session, add_patient(session, add_clinic(session)))
        first = put(session, device, "a")
        again = put(session, device, "a", auth="other")
        assert again.id == first.id
        assert BrowserSubscription.from_json(VAULT.open(again.sealed)).auth == "other"


def test_a_browsers_new_endpoint_replaces_the_old_one(database: Database) -> None:
    with database.transaction() as session:
        enrolment = add_patient(session, add_clinic(session))
        device = add_device(session, enrolment)
        old = put(session, device, "a")
        put(session, device, "b", now=LATER)
        assert live(session, enrolment) == ["b"]
        assert (old.retired_at, old.retired_because) == (LATER, "replaced")


@pytest.mark.parametrize("where", ["patient", "clinic", "elsewhere"])
def test_a_browser_that_is_enrolled_again_belongs_to_its_new_owner_alone(
    database: Database, where: str
) -> None:
    with database.transaction() as session:
        clinic = add_clinic(session)
        enrolment = add_patient(session, clinic)
        old = put(session, add_device(session, enrolment), "a")
        owner = {
            "patient": lambda: enrolment,
            "clinic": lambda: add_patient(session, clinic),
            "elsewhere": lambda: add_patient(session, add_clinic(session)),
        }[where]()
        new = put(session, add_device(session, owner), "a", now=LATER)
        assert live(session, owner) == ["a"]
        assert owner is enrolment or live(session, enrolment) == []
        assert (old.clinic_id, old.retired_because) == (clinic.id, "moved")
        assert new.clinic_id == owner.clinic_id


def test_a_retired_endpoint_may_come_back(database: Database) -> None:
    with database.transaction() as session:
        enrolment = add_patient(session, add_clinic(session))
        device = add_device(session, enrolment)
        old = put(session, device, "a")
        subscriptions.retire(session, device.clinic_id, old.id, "gone", T0)
        assert live(session, enrolment) == []
        assert put(session, device, "a", now=LATER).id != old.id
        assert live(session, enrolment) == ["a"]


def test_the_first_reason_to_retire_stays(database: Database) -> None:
    with database.transaction() as session:
        device = add_device(session, add_patient(session, add_clinic(session)))
        row = put(session, device, "a")
        subscriptions.unsubscribe(session, device, T0)
        subscriptions.retire(session, device.clinic_id, row.id, "gone", LATER)
        assert (row.retired_at, row.retired_because) == (T0, "unsubscribed")


def test_another_clinic_can_neither_see_nor_retire_a_subscription(database: Database) -> None:
    with database.transaction() as session:
        enrolment = add_patient(session, add_clinic(session))
        row = put(session, add_device(session, enrolment), "a")
        stranger = add_clinic(session).id
        subscriptions.retire(session, stranger, row.id, "gone", T0)
        assert row.retired_at is None
        assert subscriptions.live(session, stranger, enrolment.patient_id) == []


def test_switching_off_one_phone_leaves_the_other(database: Database) -> None:
    with database.transaction() as session:
        enrolment = add_patient(session, add_clinic(session))
        first, second = add_device(session, enrolment), add_device(session, enrolment)
        put(session, first, "a")
        put(session, second, "b", now=LATER)
        assert live(session, enrolment) == ["a", "b"]
        subscriptions.unsubscribe(session, first, LATER)
        assert live(session, enrolment) == ["b"]


def revoke_device(device: Device, _enrolment: Enrolment) -> None:
    device.revoked_at = T0


def revoke_enrolment(_device: Device, enrolment: Enrolment) -> None:
    enrolment.revoked_at = T0


@pytest.mark.parametrize("revoke", [revoke_device, revoke_enrolment])
def test_a_revoked_phone_is_not_sent_to(
    database: Database, revoke: Callable[[Device, Enrolment], None]
) -> None:
    with database.transaction() as session:
        enrolment = add_patient(session, add_clinic(session))
        device = add_device(session, enrolment)
        put(session, device, "a")
        assert live(session, enrolment) == ["a"]
        revoke(device, enrolment)
        session.flush()
        assert live(session, enrolment) == []


def test_an_endpoint_has_one_live_owner_even_if_two_try_at_once(database: Database) -> None:
    """What the code above sees to, the database sees to as well."""
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), database.transaction() as session:
        device = add_device(session, add_patient(session, add_clinic(session)))
        for _ in range(2):
            session.add(
                Subscription(
                    clinic_id=device.clinic_id,
                    device_id=device.id,
                    endpoint_hash="same",
                    push_service=ORIGIN,
                    sealed="",
                    created_at=T0 + timedelta(0),
                )
            )
        session.flush()
    with database.reading() as session:
        assert session.scalars(select(Subscription)).all() == []
