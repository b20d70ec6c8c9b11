"""The button behind an e-mail's link: whoever holds its token stops the e-mails, once and again."""

import json

from server.storage import email_reminders
from server.storage.db import Database
from server.storage.email_reminders import Mailbox
from server.storage.models import Patient, Subscription
from server.storage.vault import Vault
from tests.builders import NOON, Phone, World


def token(database: Database, vault: Vault, world: World) -> str:
    with database.transaction() as session:
        patient = session.get_one(Patient, world.patient.id)
        email_reminders.keep(session, vault, patient, "jo@example.org", "staff:1", NOON)
    with database.reading() as session:
        row = session.query(Subscription).one()
        return Mailbox.from_json(vault.open(row.sealed)).stop_token


def test_the_button_stops_them_without_signing_in(
    database: Database, vault: Vault, world: World, new_phone: object
) -> None:
    assert callable(new_phone)
    stranger: Phone = new_phone()
    sent = {"token": token(database, vault, world)}
    for _ in range(2):
        answer = stranger.request("POST", "stop-emails", sent)
        assert (answer.status_code, answer.get_json()) == (200, {"stopped": True})
        assert "Set-Cookie" not in answer.headers
    with database.reading() as session:
        found = email_reminders.of_patient(session, vault, world.clinic.id, world.patient.id)
    assert found is not None and found.ended_because == "stopped"


def test_a_token_that_is_not_known_is_told_what_to_do(new_phone: object, world: World) -> None:
    assert callable(new_phone)
    answer = new_phone().request("POST", "stop-emails", {"token": world.invited.token})
    assert answer.status_code == 422
    error = answer.get_json()["error"]
    assert error["code"] == "stop_unknown"
    assert "newest e-mail" in error["message"]
    assert world.invited.token not in json.dumps(error)
