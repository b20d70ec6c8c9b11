"""The patient's language: as enrolled, and as chosen on the phone, where the clinic offers it."""

import pytest
from sqlalchemy import select

from server.storage import accepted_languages
from server.storage.db import Database
from server.storage.models import AuditEvent, Patient
from tests.builders import Phone, World


@pytest.fixture
def spanish(database: Database, world: World) -> None:
    """The clinic accepted it."""
    with database.transaction() as session:
        accepted_languages.accept(session, world.clinic.id, "es", 1, world.clinic.created_at)


@pytest.mark.usefixtures("spanish")
def test_the_server_remembers_what_the_patient_chose(
    phone: Phone, database: Database, world: World
) -> None:
    assert phone.sync()["state"]["languages"] == ["en", "es"]
    assert phone.sync(language="es")["state"]["language"] == "es"
    assert phone.sync()["state"]["language"] == "es"
    assert phone.sync(language="es")["state"]["language"] == "es"  # its answer was lost
    with database.reading() as session:
        assert session.get_one(Patient, world.patient.id).language == "es"
        wanted = select(AuditEvent).where(AuditEvent.action == "patient.language_set")
        (event,) = session.scalars(wanted)
    assert event.actor.startswith("device:")
    assert event.subject == f"patient:{world.patient.id}"
    assert event.details == {"from": "en", "to": "es"}


@pytest.mark.parametrize("language", ["es", "ar", "xx", ""])
def test_what_the_clinic_does_not_offer_changes_nothing(phone: Phone, language: str) -> None:
    state = phone.sync(language=language)["state"]
    assert (state["language"], state["languages"]) == ("en", ["en"])
