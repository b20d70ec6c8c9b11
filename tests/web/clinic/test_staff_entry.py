"""Staff write ratings down for a patient without a usable phone; they stay apart from the phone's."""

import csv
import io
import re
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from server.storage.models import Clinic, DiaryEntry, Reminder
from tests.web.clinic.conftest import SQLITE, World, csrf_token


def write(world: World, block_id: str, path: str = "new", **answers: Any) -> TestResponse:
    """Open the form and send it, filled in."""
    address = f"/clinic/blocks/{block_id}/entries/{path}"
    form = world.nurse.get(address).text
    (entry_id,) = re.findall(r'name="entry_id"[^>]*value="([^"]+)"', form)
    data = {"told": "telephone_now", "entry_id": entry_id, "csrf_token": csrf_token(form)}
    return world.nurse.post(address, data | answers)


def rows(world: World, block_id: str) -> list[str]:
    page = world.nurse.get(f"/clinic/blocks/{block_id}").text
    found = re.findall(r'<tr role="row" id="entry.*?</tr>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


def sites(world: World, block_id: str) -> dict[str, Any]:
    answer = world.nurse.get(f"/clinic/blocks/{block_id}/report.json").json
    assert answer is not None
    return dict(answer["sites"])


def written(world: World) -> list[DiaryEntry]:
    with world.database.reading() as session:
        return session.query(DiaryEntry).filter(DiaryEntry.entered_by.is_not(None)).all()


def states(world: World, assessment_id: str) -> set[str]:
    with world.database.reading() as session:
        found = session.query(Reminder).filter_by(assessment_id=assessment_id)
        return {each.state for each in found}


def test_a_rating_told_now_counts_as_one_about_now(world: World) -> None:
    block_id, _ = world.started()
    world.clock.forward(hours=1)
    assert write(world, block_id, score_0="2", note="by phone").status_code == 303
    assert "2" in rows(world, block_id)[-1] and "Counted" in rows(world, block_id)[-1]
    assert "Telephone written down by Nora" in rows(world, block_id)[-1]
    (reading,) = sites(world, block_id)["main"]["readings"]
    assert (reading["score"], reading["status"]) == (2, "clean")


@pytest.mark.parametrize(
    ("told", "source"), [("paper", "Paper diary"), ("telephone_earlier", "Telephone")]
)
def test_a_rating_about_an_earlier_time_is_recalled_and_never_counted(
    world: World, told: str, source: str
) -> None:
    block_id, _ = world.started()
    start = world.clock.now
    world.clock.forward(hours=5)
    answers = {"told": told, "felt_on": f"{start:%Y-%m-%d}", "felt_time": "12:00", "score_0": "1"}
    assert write(world, block_id, **answers).status_code == 303
    row = rows(world, block_id)[-1]
    assert row.startswith("12:00:00") and "Recalled" in row and f"{source} written down" in row
    assert sites(world, block_id)["main"]["readings"][0]["status"] == "recalled"


def test_what_cannot_be_is_said_at_the_field_and_nothing_is_kept(world: World) -> None:
    block_id, _ = world.started()  # at 10:01
    world.clock.forward(hours=3)
    paper = {"score_0": "2", "told": "paper", "felt_on": "2026-03-02"}
    for answers, says in [
        ({}, "Type the score of one pain at least."),
        ({"score_0": "11"}, "Type a whole number from 0 to 10."),
        ({"score_0": "2", "told": ""}, "Say how you know it."),
        ({"score_0": "2", "told": "paper"}, "Type the date."),
        (paper, "Type the time that the patient named"),
        (paper | {"felt_time": "12:57"}, "This is about now."),
        (paper | {"felt_time": "13:10"}, "This time is still to come."),
        (paper | {"felt_time": "09:59"}, "This is before the block."),
        (paper | {"felt_on": "2026-03-08", "felt_time": "02:30"}, "did not exist"),
        ({"score_0": "2", "rescue_time": "14:00"}, "This time is still to come."),
        ({"score_0": "2", "entry_id": "1"}, "Open this page anew"),
    ]:
        answer = write(world, block_id, note="kept in the form", **answers)
        assert answer.status_code == 422, says
        assert says in answer.text
        assert "kept in the form" in answer.text
    assert written(world) == []


def test_five_minutes_ago_is_now_and_a_little_more_is_recalled(world: World) -> None:
    block_id, _ = world.started()
    world.clock.forward(hours=3)  # 13:01
    paper = {"told": "paper", "felt_on": "2026-03-02", "score_0": "2"}
    assert write(world, block_id, felt_time="12:56", **paper).status_code == 422
    assert write(world, block_id, felt_time="12:55", **paper).status_code == 303


def test_what_the_telephone_answers_is_not_asked_for_any_more(world: World) -> None:
    block_id, phone = world.started()

    def told() -> list[str]:
        """What the patient's own phone need not ask for."""
        phone.say_persisted(None)
        return list(phone.state["blocks"][0]["told"])

    world.clock.forward(hours=1)
    assert told() == []
    write(world, block_id, score_0="2")
    assert states(world, "1h") == {"answered"}
    assert told() == ["1h"]
    assert "answered" not in states(world, "2h")


def test_a_correction_keeps_what_was_written_first(world: World) -> None:
    block_id, _ = world.started()
    world.clock.forward(hours=1)
    write(world, block_id, score_0="7")
    first = written(world)[0]
    world.clock.forward(minutes=10)
    form = world.nurse.get(f"/clinic/blocks/{block_id}/entries/{first.id}/correct").text
    assert 'value="7"' in form
    assert write(world, block_id, f"{first.id}/correct", score_0="1").status_code == 303
    assert len(written(world)) == 2
    assert [row for row in rows(world, block_id) if "Replaced" in row and " 7 " in row]
    readings = sites(world, block_id)["main"]["readings"]
    assert [(each["score"], each["status"]) for each in readings] == [(1, "clean")]
    again = write(world, block_id, f"{first.id}/correct", score_0="3")
    assert again.status_code == 422 and "corrected already" in again.text


def test_a_withdrawal_takes_it_out_of_the_report_and_leaves_it_on_record(world: World) -> None:
    block_id, _ = world.started()
    world.clock.forward(hours=1)
    write(world, block_id, score_0="0")
    (first,) = written(world)
    world.nurse.post(f"/clinic/blocks/{block_id}/entries/{first.id}/withdraw")
    assert sites(world, block_id)["main"]["readings"] == []
    assert len(written(world)) == 2
    assert "answered" not in states(world, "1h")


def test_the_form_sent_twice_is_kept_once(world: World) -> None:
    block_id, _ = world.started()
    world.clock.forward(hours=1)
    entry_id = str(uuid4())
    for _ in range(2):
        assert write(world, block_id, score_0="4", entry_id=entry_id).status_code == 303
    assert len(written(world)) == 1


def test_a_form_cannot_take_the_place_of_what_the_phone_sent(world: World) -> None:
    block_id, phone = world.started()
    world.clock.forward(hours=1)
    sent = phone.rate(block_id, {"main": 3})
    answer = write(world, block_id, score_0="1", entry_id=sent)
    assert answer.status_code == 422 and "Open it anew" in answer.text
    assert written(world) == []


def test_staff_cannot_correct_what_the_patients_phone_sent(world: World) -> None:
    block_id, phone = world.started()
    world.clock.forward(hours=1)
    sent = phone.rate(block_id, {"main": 3})
    for path in ("correct", "withdraw"):
        address = f"/clinic/blocks/{block_id}/entries/{sent}/{path}"
        assert world.nurse.post(address, {"score_0": "1"}).status_code == 404


def test_the_phone_is_not_told_that_it_recorded_what_staff_wrote(world: World) -> None:
    block_id, phone = world.started()
    world.clock.forward(hours=1)
    write(world, block_id, score_0="2")
    phone.rate(block_id, {"main": 3})
    ratings = [each["entry"] for each in phone.state["entries"]]
    assert 2 not in [each["scores"].get("main") for each in ratings]


def test_files_that_leave_say_where_a_score_comes_from(world: World) -> None:
    block_id, phone = world.started()
    world.clock.forward(hours=1)
    phone.rate(block_id, {"main": 3})
    world.clock.forward(minutes=1)
    write(world, block_id, score_0="2")
    text = world.nurse.get(f"/clinic/blocks/{block_id}/diary.csv").text
    found = [row for row in csv.DictReader(io.StringIO(text)) if row["score"] in ("2", "3")]
    assert {(row["score"], row["source"]) for row in found} == {("3", "phone"), ("2", "telephone")}
    assert [row["phone"] for row in found if row["score"] == "2"] == [""]
    bundle = world.nurse.get(f"/clinic/blocks/{block_id}/fhir.json").text
    assert bundle.count("Told on the telephone, written down by staff") == 1


def test_a_block_without_a_time_asks_for_it_first(world: World) -> None:
    block_id, _ = world.enrolled()
    page = world.nurse.get(f"/clinic/blocks/{block_id}/entries/new").text
    assert "Set its time first" in page and "<form" not in page.split("<main")[1]


def test_the_paper_diary_has_every_time_of_the_protocol_in_the_patients_language(
    world: World,
) -> None:
    block_id, _ = world.enrolled()
    page = world.nurse.get(f"/clinic/blocks/{block_id}/paper").text
    assert "1 hour after the injection" in page and "15 minutes after the injection" in page
    assert page.count('<p class="circles">') == page.count('<tr><th scope="row">') > 10
    assert "02 Mar" not in page
    world.nurse.post(
        f"/clinic/blocks/{block_id}/time",
        {"performed_on": "2026-03-02", "performed_time": "09:30"},
    )
    page = world.nurse.get(f"/clinic/blocks/{block_id}/paper").text
    assert "Mon, 2 Mar 2026, 10:30" in page  # 1 hour after


@SQLITE
def test_the_paper_diary_says_whom_to_call_as_the_sheet_does(world: World) -> None:
    block_id, _ = world.enrolled()
    with world.database.transaction() as session:
        clinic = session.get_one(Clinic, world.clinic.id)
        clinic.out_of_hours_telephone, clinic.emergency_number = "020 7946 0099", "999"
    page = world.nurse.get(f"/clinic/blocks/{block_id}/paper").text
    for number in ("555-0100", "020 7946 0099", "999"):
        assert f">{number}</strong>" in page
    assert "call the emergency number" not in page
