"""Files that leave the clinic: whole, its own alone, and each in the audit trail."""

import csv
import json
import re
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from pypdf import PdfReader
from werkzeug.test import TestResponse

from server.storage import audit, dossiers
from server.storage.staff import User
from server.words.catalogues import LANGUAGES
from tests.web.clinic.conftest import PUBLIC_URL, SQLITE, World
from tests.web.clinic.test_block_page import page_of, rate_hourly, verdict_line


def rows(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(StringIO(answer.text, newline="")))


def exported(world: World, subject: str) -> list[dict[str, object]]:
    with world.database.reading() as session:
        events = audit.about(session, world.clinic.id, subject)
    return [event.details for event in events if event.action.endswith(".exported")]


def test_the_clinics_blocks_come_in_batches_and_nobody_elses(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dossiers, "BATCH", 2)
    for number in range(1, 6):
        day = "2026-03-02" if number < 4 else f"2026-03-0{number}"
        world.nurse.enrol(
            protocol=world.protocol_id(), reference=f"P-{number}", planned_on=day, levels="=1+1"
        )
    answer = world.nurse.get("/clinic/exports/blocks.csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename=blocks.csv"
    assert answer.headers["Cache-Control"] == "no-store"
    found = rows(answer)
    assert sorted(row["patient_reference"] for row in found) == ["P-1", "P-2", "P-3", "P-4", "P-5"]
    assert {row["levels"] for row in found} == {"'=1+1"}
    some = rows(world.nurse.get("/clinic/exports/blocks.csv?from=2026-03-03&to=2026-03-04"))
    assert [row["patient_reference"] for row in some] == ["P-4"]
    assert rows(world.stranger.get("/clinic/exports/blocks.csv")) == []
    assert exported(world, f"clinic:{world.clinic.id}") == [
        {"file": "blocks.csv", "from": None, "to": None},
        {"file": "blocks.csv", "from": "2026-03-03", "to": "2026-03-04"},
    ]


def test_the_long_file_has_the_diary_and_its_name_is_safe(world: World) -> None:
    block_id, phone = world.started(reference='../=evil";\u202e 7')
    world.clock.forward(hours=1)
    entry = phone.rate(block_id, {"main": 1}, note="+walked")
    answer = world.nurse.get(f"/clinic/blocks/{block_id}/diary.csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename=evil-7-block-1.csv"
    (row,) = [each for each in rows(answer) if each["entry_id"] == entry]
    assert (row["score"], row["relief_percent"], row["status"]) == ("1", "86", "clean")
    assert row["phone"] == phone.state["check_word"]
    assert rows(world.nurse.get("/clinic/exports/diary.csv")) == rows(
        world.nurse.get(f"/clinic/blocks/{block_id}/diary.csv")
    )
    assert exported(world, f"block:{block_id}") == [{"format": "csv"}] * 2
    world.clock.forward(minutes=1)
    world.nurse.get(f"/clinic/blocks/{block_id}/report.json")
    answer = world.nurse.get(f"/clinic/blocks/{block_id}/fhir.json")
    assert answer.headers["Content-Disposition"].endswith("evil-7-block-1.fhir.json")
    assert answer.mimetype == "application/fhir+json"
    found = json.loads(answer.text)
    urls = {each["fullUrl"] for each in found["entry"]}
    assert f"{PUBLIC_URL}/fhir/QuestionnaireResponse/{entry}" in urls
    told = [{"format": "report.json"}, {"format": "fhir"}]
    assert exported(world, f"block:{block_id}")[2:] == told


@SQLITE
def test_a_day_that_is_none_is_asked_for_again(world: World) -> None:
    answer = world.nurse.get("/clinic/exports/blocks.csv?from=soon")
    assert answer.status_code == 422
    assert "Type the day as 2026-03-31" in answer.text
    assert world.nurse.get("/clinic/exports").status_code == 200
    names = [
        row["Variable / Field Name"]
        for row in rows(world.nurse.get("/clinic/exports/dictionary.csv"))
    ]
    assert "site4_verdict" in names


@SQLITE
def test_the_pdf_says_what_the_page_says(world: World) -> None:
    block_id, phone = world.started()
    assert world.nurse.get(f"/clinic/blocks/{waiting(world)}/report.pdf").status_code == 409
    start = world.clock.now
    rate_hourly(world, phone, block_id, 1, 1, 1, 5)
    world.clock.now = start + timedelta(hours=9)
    answer = world.nurse.get(f"/clinic/blocks/{block_id}/report.pdf?paper=letter")
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment; filename=P-1001-block-1.pdf"
    reader = PdfReader(BytesIO(answer.data))
    (sheet,) = reader.pages
    assert round(sheet.mediabox.width) == 612
    told = " ".join(sheet.extract_text().split())
    assert "".join(verdict_line(world, block_id).split()) in "".join(told.split())
    rows_of_page = re.findall(r'role="rowheader">(\d\d:\d\d:\d\d)', page_of(world, block_id))
    assert len(rows_of_page) == 5
    assert all(row in told for row in rows_of_page)
    assert block_id in told.replace(" ", "")
    assert exported(world, f"block:{block_id}") == [{"format": "pdf"}]


@SQLITE
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_is_accessible_in_the_language_of_whoever_takes_it(
    world: World, language: str
) -> None:
    block_id, phone = world.started()
    rate_hourly(world, phone, block_id, 1, 2, 5)
    with world.database.transaction() as session:
        session.get_one(User, world.staff_id(world.nurse.email)).language = language
    answer = world.nurse.get(f"/clinic/blocks/{block_id}/report.pdf")
    assert answer.status_code == 200, answer.text
    root = PdfReader(BytesIO(answer.data)).root_object
    assert root["/Lang"] == language
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_object().get_data()


def waiting(world: World) -> str:
    """A block without a time."""
    block_id, _ = world.enrolled(reference="P-2")
    return block_id
