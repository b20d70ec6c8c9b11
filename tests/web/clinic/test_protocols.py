"""Protocols: each change is a version, blocks keep theirs, and a form loses nothing."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from server.domain.presets import PRESETS
from server.storage import audit, protocols
from server.storage.models import Protocol, Reminder
from tests.web.clinic.conftest import PUBLIC_URL, Phone, Staff, World, enrolment


@pytest.fixture
def clinician(world: World) -> Staff:
    return world.member("clinician")


def typed(page: str) -> dict[str, str]:
    """What a browser would send of the form, untouched."""
    answers = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = (re.search(rf'{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and ("checkbox" not in tag or "checked" in tag):
            answers[name[1]] = unescape(value[1]) if value else ""
    for name, text in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', page, re.S):
        answers[name] = unescape(text).strip()
    return answers


def edit(clinician: Staff, protocol_id: str, **changes: Any) -> TestResponse:
    """Open the form, change something, and press Save (or what `action` says)."""
    path = f"/clinic/protocols/{protocol_id}/edit"
    answers = typed(clinician.get(path).text) | changes
    return clinician.client.post(path, data={k: v for k, v in answers.items() if v is not None})


def saved_id(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].rsplit("/", 1)[1]


def words(answer: TestResponse) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", answer.text)).split())


def blocks_of(phone: Phone) -> list[dict[str, Any]]:
    """As the phone's next sync brings them."""
    answer = phone.client.post(
        "/api/phone/sync",
        json={"sent_at": phone.clock.now.isoformat(), "items": []},
        headers={"Origin": PUBLIC_URL},
        base_url=PUBLIC_URL,
    )
    assert answer.json is not None
    blocks: list[dict[str, Any]] = answer.json["state"]["blocks"]
    return blocks


def test_a_change_is_a_new_version_and_a_block_keeps_its_own(
    world: World, clinician: Staff
) -> None:
    first = world.protocol_id()
    block_id, phone = world.started()
    cautions = "No driving for 24 hours.\nKeep your stick at hand."
    changed = edit(
        clinician, first, threshold_percent="50", after="30 min, 1-3 h", cautions_en=cautions
    )
    second = saved_id(changed)
    page = world.nurse.get(f"/clinic/protocols/{second}")
    assert "Version 2, the newest" in words(page)
    assert "Version 1 , Mon 2 Mar 2026, as the clinic began; 1 block keeps it" in words(page)
    assert "Clinician; no block keeps it" in words(page)
    assert "80 % relief" in world.nurse.get(f"/clinic/blocks/{block_id}").text
    (kept,) = blocks_of(phone)
    assert (kept["texts"], len(kept["assessments"])) == ({}, 14)
    _, other = world.enrolled(reference="P-2", protocol=second)
    (given,) = blocks_of(other)
    assert given["texts"] == {"en": {"instructions": "", "cautions": cautions}}
    asked = [each["id"] for each in given["assessments"]]
    assert asked == ["30min", "1h", "2h", "3h", "day1", "day2", "day3"]
    # The first version is no longer to be had.
    answer = world.nurse.post("/clinic/enrol", enrolment(reference="P-3", protocol=first))
    assert answer.status_code == 422


def test_saving_what_was_not_changed_makes_no_version(world: World, clinician: Staff) -> None:
    assert saved_id(edit(clinician, world.protocol_id())) == world.protocol_id()
    assert saved_trail(world) == []


def saved_trail(world: World) -> list[Any]:
    with world.database.reading() as session:
        rows = session.query(Protocol).filter_by(clinic_id=world.clinic.id)
        return [
            (event.actor, event.action, event.details, event.address)
            for row in rows.order_by(Protocol.version)
            for event in audit.about(session, world.clinic.id, f"protocol:{row.id}")
        ]


def test_who_saved_which_version_and_what_changed_is_on_the_trail(
    world: World, clinician: Staff
) -> None:
    edit(clinician, world.protocol_id(), min_baseline="3", nudge=None)
    (actor, action, details, address) = saved_trail(world)[0]
    assert actor == audit.staff(world.staff_id(clinician.email))
    assert (action, address) == ("protocol.saved", "127.0.0.1")
    changed = ["criteria", "nudge"]
    assert details == {"name": "standard", "version": 2, "changed": changed}


#: What is wrong, and what is said at the last field that is named.
WRONG: tuple[tuple[dict[str, str | None], str], ...] = (
    ({"after": "1 h, soon"}, "“soon” is not a time such as 45 min"),
    ({"days": "tomorrow"}, "“tomorrow” is not a line such as"),
    ({"after": "12 h", "days": "1 at 08:00"}, "Day 1 at 08:00 could fall on 12 h after"),
    ({"threshold_percent": "101"}, "This is not a whole number from 1 to 100."),
    ({"rescue_minutes": "-1"}, "This is not a number from 0 to 10,000,000."),
    ({"min_baseline": ""}, "Type a whole number."),
    ({"baseline_max_age_minutes": "0"}, "Type 1 to 1440."),
    ({"cautions_ar": "x" * 401}, "Use 400 characters or fewer; these are 401."),
    ({"source": "x" * 301}, "Use 300 characters or fewer"),
    ({"offered": None}, "Offer at least one protocol"),
    ({"performed_time": ""}, "Type the time, such as 09:30."),
)


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    world: World, clinician: Staff
) -> None:
    for wrong, said in WRONG:
        mine = {"instructions_fr": "Marchez <un> peu.\nAppelez-nous.", "source": "Ours"} | wrong
        answer = edit(clinician, world.protocol_id(), **mine)
        assert answer.status_code == 422
        at = rf'id="{list(wrong)[-1]}-error">.*?{re.escape(said)}'
        assert re.search(at, unescape(answer.text)), said
        again = typed(answer.text)
        assert {name: again.get(name) for name in mine} == mine
    with world.database.reading() as session:
        assert len(protocols.versions(session, world.clinic.id, "standard")) == 1


def test_two_who_change_it_at_once_do_not_overwrite_each_other(
    world: World, clinician: Staff
) -> None:
    path = f"/clinic/protocols/{world.protocol_id()}/edit"
    mine = typed(clinician.get(path).text) | {"source": "Mine"}
    saved_id(edit(clinician, world.protocol_id(), source="Theirs"))
    answer = clinician.client.post(path, data=mine)
    assert answer.status_code == 422
    assert "Version 2 was saved while you wrote" in answer.text
    assert typed(answer.text)["source"] == "Mine"
    third = saved_id(clinician.client.post(path, data=typed(answer.text)))
    assert "Version 3, the newest" in words(clinician.get(f"/clinic/protocols/{third}"))


def test_every_preset_shows_its_source_and_can_be_saved(world: World, clinician: Staff) -> None:
    page = words(clinician.get("/clinic/protocols/"))
    for each in PRESETS:
        assert each.source in page and each.ours in page
        form = clinician.get(f"/clinic/protocols/new?preset={each.key}")
        answers = typed(form.text)
        assert answers["source"] == each.source
        answers["name"] = f"Ours, {each.key}"
        saved = saved_id(clinician.client.post("/clinic/protocols/new", data=answers))
        with world.database.reading() as session:
            row = session.get_one(Protocol, UUID(saved))
            kept = protocols.clinic_protocol_of(row)
        assert kept.schedule.assessments == each.protocol.schedule.assessments
        assert kept.criteria == each.protocol.criteria
    taken = clinician.client.post("/clinic/protocols/new", data=answers | {"name": "STANDARD"})
    assert taken.status_code == 422
    assert "There is a protocol of this name." in taken.text
    assert clinician.get("/clinic/protocols/new?preset=none").status_code == 404
    # Now somebody who enrols has to say which.
    answer = world.nurse.post("/clinic/enrol", enrolment())
    assert "Choose a protocol." in answer.text
    page = world.nurse.get("/clinic/enrol").text
    assert re.search(r'name="protocol"[^>]*><option value="">Choose one</option>', page)


def test_a_protocol_that_is_not_offered_cannot_be_chosen(world: World, clinician: Staff) -> None:
    standard = world.protocol_id()
    answers = typed(clinician.get("/clinic/protocols/new?preset=uw-health").text)
    saved_id(clinician.client.post("/clinic/protocols/new", data=answers))
    kept = saved_id(edit(clinician, standard, offered=None))
    page = world.nurse.get("/clinic/enrol").text
    assert "UW Health, version 1" in page and "Standard, version" not in page
    answer = world.nurse.post("/clinic/enrol", enrolment(protocol=kept))
    assert answer.status_code == 422


def test_the_preview_is_what_a_block_then_gets_and_saves_nothing(
    world: World, clinician: Staff
) -> None:
    day = {"performed_on": "2026-03-02", "performed_time": "17:45"}
    answer = edit(
        clinician,
        world.protocol_id(),
        after="1 h, 12 h",
        days="1 at 22:00",
        action="preview",
        **day,
    )
    assert answer.status_code == 200
    shown = words(answer)
    assert "3 times for a block done Mon 2 Mar 2026 at 17:45" in shown
    assert "1 h 18:45 Mon 2 Mar 2026 18:30 to 19:15 18:45 19:00" in shown
    assert (
        "12 h 05:45 Tue 3 Mar 2026 05:30 to 06:15 silent, quiet hours silent, quiet hours" in shown
    )
    assert "day 1 22:00 Tue 3 Mar 2026 19:00 to 04:00 silent, quiet hours" in shown
    assert saved_trail(world) == []
    saved = saved_id(edit(clinician, world.protocol_id(), after="1 h, 12 h", days="1 at 22:00"))
    block_id, _ = world.enrolled(protocol=saved)
    world.clock.forward(hours=9)
    world.nurse.post(f"/clinic/blocks/{block_id}/time", day)
    with world.database.reading() as session:
        planned = {(row.assessment_id, row.attempt) for row in session.query(Reminder)}
    assert planned == {("1h", "prompt"), ("1h", "nudge")}


def test_a_version_shows_a_patients_days_for_the_block_that_is_asked_for(world: World) -> None:
    path = f"/clinic/protocols/{world.protocol_id()}"
    viewer = world.member("viewer")
    assert "at 09:00" in words(viewer.get(path))
    asked = viewer.get(f"{path}?performed_on=2026-03-07&performed_time=20:30")
    assert "14 times for a block done Sat 7 Mar 2026 at 20:30" in words(asked)
    assert "12 h 09:30 Sun 8 Mar 2026" in words(asked)  # the clocks went forward that night
    gone = viewer.get(f"{path}?performed_on=2026-03-08&performed_time=02:30")
    assert gone.status_code == 422
    assert "02:30 did not exist in America/New_York" in gone.text
    assert viewer.get(f"{path}?performed_on=soon&performed_time=").status_code == 422
