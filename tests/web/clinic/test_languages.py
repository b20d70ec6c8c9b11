"""A language is offered once its words were reviewed or the clinic accepted them; the sheet speaks it."""

import re

import pytest
from sqlalchemy import select

from server.storage.models import AuditEvent
from server.words.catalogues import LANGUAGES, t
from tests.web.clinic.conftest import SQLITE, World, enrolment


def offered(world: World) -> list[str]:
    page = world.nurse.get("/clinic/enrol").text
    found = re.search(r'<select[^>]*id="language".*?</select>', page, re.DOTALL)
    assert found
    return re.findall(r'value="(\w+)"', found[0])


def test_an_unreviewed_language_is_offered_only_after_the_clinic_accepted_it(world: World) -> None:
    clinician = world.member("clinician")
    assert offered(world) == ["en"]
    refused = world.nurse.post(
        "/clinic/enrol", enrolment(protocol=world.protocol_id(), language="ar")
    )
    assert refused.status_code == 422

    assert clinician.post("/clinic/languages/accept", {"language": "ar"}).status_code == 303
    assert clinician.post("/clinic/languages/accept", {"language": "es"}).status_code == 303
    assert (
        clinician.post("/clinic/languages/accept", {"language": "es"}).status_code == 303
    )  # pressed twice

    assert offered(world) == ["en", "es", "ar"]
    page = world.nurse.get("/clinic/languages/").text
    assert page.count("accepted by Clinician, ") == 2
    assert page.count(">not reviewed<") == len(LANGUAGES) - 1
    with world.database.reading() as session:
        events = session.scalars(
            select(AuditEvent).where(AuditEvent.action.like("language.%")).order_by(AuditEvent.id)
        ).all()
        who = f"staff:{world.staff_id('clinician@elm.example')}"
        assert [(event.actor, event.action, event.subject) for event in events] == [
            (who, "language.accepted", "language:ar"),
            (who, "language.accepted", "language:es"),
        ]
        assert all(event.at == world.clock.now for event in events)


def test_what_one_clinic_accepts_another_does_not(world: World) -> None:
    world.member("administrator").post("/clinic/languages/accept", {"language": "de"})
    assert "accepted by" not in world.stranger.get("/clinic/languages/").text
    assert 'value="de"' not in world.stranger.get("/clinic/enrol").text


def test_a_language_that_is_withdrawn_stays_with_those_who_read_it(world: World) -> None:
    administrator = world.member("administrator")
    administrator.post("/clinic/languages/accept", {"language": "fr"})
    _, phone = world.enrolled(language="fr")
    assert (phone.state["language"], phone.state["languages"]) == ("fr", ["en", "fr"])

    administrator.post("/clinic/languages/withdraw", {"language": "fr"})

    assert offered(world) == ["en"]
    phone.rate(phone.state["blocks"][0]["id"], {"main": 7}, kind="baseline")
    assert (phone.state["language"], phone.state["languages"]) == ("fr", ["en", "fr"])
    with world.database.reading() as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert [each for each in actions if each.startswith("language.")] == [
        "language.accepted",
        "language.withdrawn",
    ]


@pytest.mark.parametrize("role", ["nurse", "viewer"])
def test_only_administrators_and_clinicians_decide(world: World, role: str) -> None:
    member = world.nurse if role == "nurse" else world.member(role)
    page = member.get("/clinic/languages/").text
    assert "languages/accept" not in page
    assert "An administrator or a clinician can accept a language." in page
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    answer = member.client.post(
        "/clinic/languages/accept", data={"csrf_token": token[1], "language": "ar"}
    )
    assert answer.status_code == 403
    assert offered(world) == ["en"]


@SQLITE
@pytest.mark.parametrize("code", ["en", "xx"])
def test_english_and_what_does_not_exist_are_not_to_be_decided(world: World, code: str) -> None:
    assert (
        world.member("clinician").post("/clinic/languages/accept", {"language": code}).status_code
        == 404
    )


@pytest.mark.parametrize(
    ("language", "direction", "until"),
    [
        ("en", "ltr", "Mon, 9 Mar 2026, 11:00"),
        ("es", "ltr", "lun, 9 mar 2026, 11:00"),
        ("ar", "rtl", "9 مارس 2026"),
    ],
)
def test_the_sheet_speaks_the_patients_language(
    world: World, language: str, direction: str, until: str
) -> None:
    if language != "en":
        world.member("clinician").post("/clinic/languages/accept", {"language": language})
    sheet = world.nurse.enrol(protocol=world.protocol_id(), language=language)
    assert f'lang="{language}" dir="{direction}"' in sheet
    for text in ("Your diary after the injection", "Nobody watches the diary live."):
        assert t(language, text) in sheet
    assert '<strong class="nowrap" dir="ltr">555-0100</strong>' in sheet
    assert until in sheet
    assert ("Point your phone" in sheet) == (language == "en")


def test_a_refusal_is_worded_in_the_language_of_the_phone(world: World) -> None:
    """The message of `server.domain.enrolment`, with the clinic's number where its language has it."""
    client = world.app.test_client()
    sent = {"code": "ABCD-2345", "consented": True}
    for accept, language in (("ar", "ar"), ("fr-CA,fr;q=0.9,en;q=0.8", "fr"), ("pt", "en")):
        answer = client.post(
            "/api/phone/redeem",
            json=sent,
            headers={"Origin": "http://diary.example", "Accept-Language": accept},
            base_url="http://diary.example",
        )
        assert answer.json is not None
        assert answer.json["error"]["message"] == t(
            language,
            "This code is not known. Compare it with your sheet and type it again."
            " If it still fails, call your clinic; its number is on the sheet.",
        )
