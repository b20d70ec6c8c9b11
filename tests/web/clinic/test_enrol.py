"""Enrolling: a form that loses nothing, a sheet that lets one phone in."""

import re

import pytest

from server.storage import audit
from server.web.clinic.sheet import qr_svg
from tests.web.clinic.conftest import (
    PUBLIC_URL,
    SQLITE,
    World,
    enrolment,
    only_block_id,
    typed_code,
)


def test_the_code_on_the_sheet_lets_one_phone_in(world: World) -> None:
    sheet = world.nurse.enrol(protocol=world.protocol_id())
    assert "555-0100" in sheet
    phone = world.phone()
    assert phone.redeem(code=typed_code(sheet)).status_code == 201
    (block,) = phone.state["blocks"]
    assert (block["region"], block["side"], block["sites"]) == ("lumbar", "left", ["main"])
    assert world.phone().redeem(code=typed_code(sheet)).status_code == 422


def test_the_qr_code_holds_the_link_in_its_fragment(world: World) -> None:
    sheet = world.nurse.enrol(protocol=world.protocol_id())
    assert "<svg viewBox=" in sheet
    assert "style=" not in sheet
    # The token itself is in the picture alone: in no text, attribute or address of the page.
    assert f"{PUBLIC_URL}/e#" not in sheet
    assert str(qr_svg(f"{PUBLIC_URL}/e#one")) != str(qr_svg(f"{PUBLIC_URL}/e#two"))


def test_a_new_sheet_ends_the_one_that_was_not_used(world: World) -> None:
    first = world.nurse.enrol(protocol=world.protocol_id())
    patient = re.search(r"/clinic/patients/([0-9a-f-]{36})", world.nurse.get("/clinic/").text)
    assert patient
    second = world.nurse.post(f"/clinic/patients/{patient[1]}/sheet").text
    refused = world.phone().redeem(code=typed_code(first))
    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["error"]["code"] == "code_revoked"
    assert world.phone().redeem(code=typed_code(second)).status_code == 201


def test_the_secret_is_shown_once(world: World) -> None:
    sheet = world.nurse.enrol(protocol=world.protocol_id())
    patient = re.search(r"/clinic/patients/([0-9a-f-]{36})", world.nurse.get("/clinic/").text)
    assert patient
    again = world.nurse.get(f"/clinic/patients/{patient[1]}/sheet").text
    assert typed_code(sheet) not in again
    assert 'class="code"' not in again


MAY_DELETE = "may delete entries that are not sent yet"


def test_the_clinic_sees_that_a_phones_browser_promises_to_keep_nothing(world: World) -> None:
    block_id, phone = world.enrolled()
    block = world.nurse.get(f"/clinic/blocks/{block_id}").text
    patient = re.search(r"/clinic/patients/([0-9a-f-]{36})", block)
    assert patient
    shown = []
    for persisted in (None, False, None, True):
        phone.say_persisted(persisted)
        page = world.nurse.get(f"/clinic/patients/{patient[1]}/sheet").text
        shown.append(MAY_DELETE in page)
    assert shown == [False, True, True, False]


def test_the_clinic_sees_the_phones_check_word_and_can_remove_it(world: World) -> None:
    _, phone = world.enrolled()
    patient = re.search(
        r"/clinic/patients/([0-9a-f-]{36})",
        world.nurse.get(f"/clinic/blocks/{only_block_id(world.nurse.get('/clinic/').text)}").text,
    )
    assert patient
    page = world.nurse.get(f"/clinic/patients/{patient[1]}/sheet").text
    assert phone.state["check_word"] in page
    remove = re.search(r"/clinic/patients/[^\"]+/revoke", page)
    assert remove
    assert world.nurse.post(remove[0]).status_code == 303
    assert "removed" in world.nurse.get(f"/clinic/patients/{patient[1]}/sheet").text
    with pytest.raises(AssertionError, match="not_enrolled"):
        phone.rate(phone.state["blocks"][0]["id"], {"main": 3})


@SQLITE
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"reference": " "}, "Type the patient’s reference"),
        ({"reference": "x" * 61}, "60 characters or fewer"),
        ({"number": "0"}, "Type a number from 1 to 99"),
        ({"number": "two"}, "Not a valid integer value"),
        ({"planned_on": "soon"}, "Not a valid date value"),
        ({"region": "hip"}, "Not a valid choice"),
        ({"levels": ""}, "Type the levels"),
        ({"agent": ""}, "Choose the anaesthetic"),
        ({"agent": "saline"}, "Not a valid choice"),
        ({"sites": "a, b, c, d, e"}, "Name 4 pains or fewer"),
        ({"sites": "left, Left"}, "a name of its own"),
        ({"sites": "x" * 61}, "60 characters or fewer"),
        ({"timezone": "Mars/Olympus"}, "Choose a zone from the list"),
        ({"timezone": "../etc/passwd"}, "Choose a zone from the list"),
    ],
)
def test_what_does_not_fit_is_said_and_what_was_typed_is_kept(
    world: World, wrong: dict[str, str], message: str
) -> None:
    answers = enrolment(protocol=world.protocol_id(), reference="KEEP-7", sites="neck") | wrong
    answer = world.nurse.post("/clinic/enrol", answers)
    assert answer.status_code == 422
    assert answer.text.count(message) == 2  # beside the field and in the summary
    assert 'role="alert"' in answer.text
    if "reference" not in wrong:
        assert 'value="KEEP-7"' in answer.text
    if "sites" not in wrong:
        assert 'value="neck"' in answer.text
    assert "KEEP-7" not in world.nurse.get("/clinic/").text


@pytest.mark.parametrize(
    ("side", "typed", "sites"),
    [
        ("left", "", ["main"]),
        ("both", "", ["left", "right"]),
        ("both", "neck, head ,", ["neck", "head"]),
        ("right", "a,b,c,d", ["a", "b", "c", "d"]),
    ],
)
def test_pain_sites_follow_the_side_unless_they_are_named(
    world: World, side: str, typed: str, sites: list[str]
) -> None:
    _, phone = world.enrolled(side=side, sites=typed)
    assert phone.state["blocks"][0]["sites"] == sites


def test_a_reference_that_is_known_is_asked_about_and_gets_the_next_block(world: World) -> None:
    world.enrolled()
    answers = enrolment(protocol=world.protocol_id(), number="2")
    asked = world.nurse.post("/clinic/enrol", answers)
    assert asked.status_code == 422
    assert "is enrolled already" in asked.text
    assert "block 2 of their series" in asked.text
    sheet = world.nurse.enrol(**answers, known="y")
    again = world.phone()
    assert again.redeem(code=typed_code(sheet)).status_code == 201
    assert [block["number"] for block in again.state["blocks"]] == [1, 2]


def test_the_date_defaults_to_today_at_the_clinic(world: World) -> None:
    world.clock.forward(hours=13)  # 23:00 in New York, the next day in UTC
    (field,) = re.findall(
        r'<input[^>]*name="planned_on"[^>]*>', world.nurse.get("/clinic/enrol").text
    )
    assert 'value="2026-03-02"' in field


def test_what_was_injected_and_given_is_on_the_block(world: World) -> None:
    for typed in ("0.5", "0,5", "0.5 %", " 0.50%"):
        given = {"concentration": typed, "steroid": "no", "sedation": "yes"}
        block_id, _ = world.enrolled(reference=f"P {typed}", **given)
        page = " ".join(re.sub("<[^>]+>", "", block_page(world, block_id)).split())
        assert "bupivacaine 0.5 %, no steroid, sedation." in page


def test_what_nobody_said_of_a_block_is_not_said_for_them(world: World) -> None:
    block_id, _ = world.started()
    page = block_page(world, block_id)
    assert "bupivacaine." in page
    assert not [said for said in ("with steroid", "no steroid", "no sedation") if said in page]


def test_a_concentration_that_cannot_be_is_refused_and_kept_in_the_form(world: World) -> None:
    protocol = world.protocol_id()
    for typed in ("0", "10.001", "-1", "nan", "1e1", "2-8", "half"):
        answers = enrolment(protocol=protocol, concentration=typed, sedation="yes")
        answer = world.nurse.post("/clinic/enrol", answers)
        assert answer.status_code == 422
        assert 'id="concentration-error"' in answer.text
        assert f'value="{typed}"' in answer.text
        assert re.search(r'<input checked[^>]*name="sedation"[^>]*value="yes"', answer.text)
    for least_or_most in ("0.001", "10"):
        world.nurse.enrol(reference=least_or_most, protocol=protocol, concentration=least_or_most)


def test_what_was_given_can_be_said_after_the_block_and_is_audited(world: World) -> None:
    block_id, _ = world.started()
    given = {"concentration": "0,75", "steroid": "yes", "sedation": "no"}
    path = f"/clinic/blocks/{block_id}/given"
    refused = world.nurse.post(path, given | {"concentration": "lots"})
    assert refused.status_code == 422
    assert 'value="lots"' in refused.text and 'id="concentration-error"' in refused.text
    assert "bupivacaine." in block_page(world, block_id)
    for _ in range(2):
        assert world.nurse.post(path, given).status_code == 303
    page = block_page(world, block_id)
    assert "bupivacaine 0.75 %, with steroid, no sedation." in re.sub("<[^>]+>", "", page)
    assert 'value="0.75"' in page
    with world.database.reading() as session:
        trail = audit.about(session, world.clinic.id, f"block:{block_id}")
    (kept,) = [event.details for event in trail if event.action == "block.given_set"]
    said = {"concentration_percent": 0.75, "steroid": True, "sedation": False}
    assert kept == {**said, "before": dict.fromkeys(said)}


def block_page(world: World, block_id: str) -> str:
    return world.nurse.get(f"/clinic/blocks/{block_id}").text
