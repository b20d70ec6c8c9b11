"""What a clinic tells its patients about itself: typed once, on every phone and every sheet."""

import re
from typing import Any

from sqlalchemy import select

from server.domain.contact import ADVICE_CHARACTERS
from server.storage import accepted_languages
from server.storage.models import AuditEvent
from tests.web.clinic.conftest import Phone, Staff, World

NOW = {
    "telephone": "555-0100",
    "out_of_hours_telephone": "555-0199",
    "emergency_number": "911",
    "opening_hours_en": "Weekdays 08:00 to 17:00",
    "advice_en": "Do not drive today.\r\nEat <something> light.",
}


def save(administrator: Staff, **changes: str) -> Any:
    return administrator.post("/clinic/contact", NOW | changes)


def synced(phone: Phone) -> dict[str, Any]:
    sent_at = phone.clock.now.isoformat()
    answer = phone._send("sync", {"sent_at": sent_at, "items": []})
    assert answer.json is not None
    found: dict[str, Any] = answer.json["state"]["clinic"]
    return found


def accept(world: World, *codes: str) -> None:
    with world.database.transaction() as session:
        for code in codes:
            accepted_languages.accept(session, world.clinic.id, code, 1, world.clock.now)


def test_it_comes_with_enrolment_and_with_every_sync(world: World) -> None:
    administrator = world.member("administrator")
    assert save(administrator).status_code == 303
    _, phone = world.enrolled()
    at_first = phone.state["clinic"]
    assert at_first == {
        "name": "Elm Pain Clinic",
        "telephone": "555-0100",
        "out_of_hours_telephone": "555-0199",
        "emergency_number": "911",
        "texts": {
            "en": {
                "opening_hours": {"text": "Weekdays 08:00 to 17:00", "language": "en"},
                "advice": {"text": "Do not drive today.\nEat <something> light.", "language": "en"},
            }
        },
    }
    save(
        administrator, telephone="555-0111", emergency_number="", advice_en="", opening_hours_en=" "
    )
    later = synced(phone)
    assert (later["telephone"], later["emergency_number"]) == ("555-0111", "")
    assert later["texts"] == {"en": {"opening_hours": None, "advice": None}}


def test_a_clinic_that_wrote_nothing_has_its_telephone_and_nothing_else(world: World) -> None:
    _, phone = world.enrolled()
    told = phone.state["clinic"]
    assert told["telephone"] == "555-0100"
    assert (told["out_of_hours_telephone"], told["emergency_number"]) == ("", "")
    assert told["texts"] == {"en": {"opening_hours": None, "advice": None}}


def test_each_language_offered_gets_its_own_words_or_the_english_ones(world: World) -> None:
    accept(world, "fr", "ar")
    save(world.member("administrator"), opening_hours_fr="En semaine", advice_ar="لا تقد السيارة")
    _, phone = world.enrolled(language="fr")
    texts = phone.state["clinic"]["texts"]
    assert texts.keys() == {"en", "fr", "ar"}
    assert texts["fr"]["opening_hours"] == {"text": "En semaine", "language": "fr"}
    assert texts["fr"]["advice"]["language"] == "en"
    assert texts["ar"]["opening_hours"]["language"] == "en"
    assert texts["ar"]["advice"] == {"text": "لا تقد السيارة", "language": "ar"}


def test_a_language_that_is_not_on_the_form_keeps_its_words(world: World) -> None:
    accept(world, "fr")
    administrator = world.member("administrator")
    save(administrator, advice_fr="Reposez-vous.")
    with world.database.transaction() as session:
        accepted_languages.withdraw(session, world.clinic.id, "fr", 1, world.clock.now)
    assert "advice_fr" not in administrator.get("/clinic/contact").text
    save(administrator, advice_en="Rest.")
    accept(world, "fr")
    assert "Reposez-vous." in administrator.get("/clinic/contact").text


def test_the_sheet_says_it_in_the_patients_language_and_shows_markup_as_characters(
    world: World,
) -> None:
    accept(world, "ar")
    save(world.member("administrator"))
    sheet = world.nurse.enrol(protocol=world.protocol_id(), language="ar")
    for shown in (">555-0100<", ">555-0199<", ">911<"):
        assert shown in sheet
    assert re.search(r'lang="en" dir="ltr">Weekdays 08:00 to 17:00<', sheet)
    assert re.search(
        r'lang="en" dir="ltr">Do not drive today\.\nEat &lt;something&gt; light\.<', sheet
    )


def test_the_sheet_of_a_clinic_that_wrote_nothing_has_no_empty_line(world: World) -> None:
    sheet = world.nurse.enrol(protocol=world.protocol_id())
    assert "as-written" not in sheet and "When the clinic is closed" not in sheet
    assert "In an emergency, call the emergency number." in sheet


def test_what_does_not_fit_is_said_at_its_field_and_nothing_changes(world: World) -> None:
    administrator = world.member("administrator")
    refused = save(
        administrator,
        telephone="",
        emergency_number="nine",
        advice_en="x" * (ADVICE_CHARACTERS + 1),
    )
    assert refused.status_code == 422
    assert "3 answers need" in refused.text
    for name in ("telephone", "emergency_number", "advice_en"):
        assert f'id="{name}-error"' in refused.text
    assert "x" * (ADVICE_CHARACTERS + 1) in refused.text, "what was typed is not lost"
    page = administrator.get("/clinic/contact").text
    assert 'value="555-0100"' in page and "Do not drive" not in page


def test_who_changed_what_is_on_the_trail_once(world: World) -> None:
    administrator = world.member("administrator")
    save(administrator, advice_en="", opening_hours_en="", out_of_hours_telephone="")
    save(administrator, advice_en="", opening_hours_en="", out_of_hours_telephone="")
    with world.database.reading() as session:
        wanted = select(AuditEvent).where(AuditEvent.action == "clinic.contact_changed")
        (event,) = session.scalars(wanted)
        assert event.actor == f"staff:{world.staff_id('administrator@elm.example')}"
        assert event.subject == f"clinic:{world.clinic.id}"
        assert event.details == {"emergency_number": {"from": "", "to": "911"}}
    assert (
        'emergency number <bdi translate="no">“” → “911”</bdi>'
        in administrator.get("/clinic/audit").text
    )


def test_another_clinic_keeps_its_own(world: World) -> None:
    save(world.member("administrator"))
    page = world.stranger.get("/clinic/contact").text
    assert "911" not in page and "Do not drive" not in page
    assert world.stranger.post("/clinic/contact", {"telephone": "555-0200"}).status_code == 303
    _, phone = world.enrolled()
    assert phone.state["clinic"]["telephone"] == "555-0100"
    assert phone.state["clinic"]["emergency_number"] == "911"
