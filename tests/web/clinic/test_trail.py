"""What is seen goes on the audit trail with who saw it, and the trail can be found in and exported."""

import csv
import re
from io import StringIO

from sqlalchemy import text

from server.storage import audit
from server.storage.models import AuditEvent
from tests.web.clinic.conftest import World


def seen(world: World) -> list[tuple[str, str, str]]:
    """(action, subject's kind, page) of all that was looked at, in order."""
    with world.database.reading() as session:
        rows = session.query(AuditEvent).order_by(AuditEvent.id).all()
    return [
        (row.action, row.subject.partition(":")[0], row.details["page"])
        for row in rows
        if row.action.endswith(".viewed") and "page" in row.details
    ]


def test_each_page_about_a_patient_that_is_seen_is_written_down(world: World) -> None:
    block_id, _ = world.started()
    before = len(seen(world))
    page = f"/clinic/blocks/{block_id}"
    for path in (page, f"{page}/report.json", f"{page}/record.json"):
        assert world.nurse.get(path).status_code == 200
    patient = re.search(r"/clinic/patients/[0-9a-f-]{36}/sheet", world.nurse.get(page).text)
    assert patient
    world.nurse.get(patient[0])
    assert seen(world)[before:] == [
        ("block.viewed", "block", "block.block"),
        ("block.viewed", "block", "block.report_as_json"),
        ("block.viewed", "block", "block.record_as_json"),
        ("block.viewed", "block", "block.block"),
        ("patient.viewed", "patient", "sheet.sheet"),
    ]
    with world.database.reading() as session:
        last = session.query(AuditEvent).order_by(AuditEvent.id.desc()).first()
        assert last is not None
        who = audit.staff(world.staff_id(world.nurse.email))
        assert (last.actor, last.address) == (who, "127.0.0.1")


def test_nothing_is_written_down_of_what_was_not_seen(world: World) -> None:
    block_id, _ = world.started()
    world.stranger.be_signed_in()
    before = len(seen(world))
    assert world.stranger.get(f"/clinic/blocks/{block_id}").status_code == 404
    assert world.anonymous().get(f"/clinic/blocks/{block_id}").status_code == 302
    assert len(seen(world)) == before


def test_a_board_that_refreshes_itself_is_written_down_once_an_hour(world: World) -> None:
    def boards() -> int:
        return [action for action, *_ in seen(world)].count("board.viewed")

    for _ in range(3):
        world.nurse.get("/clinic/")
    assert boards() == 1
    world.clock.forward(minutes=59, seconds=59)
    world.nurse.get("/clinic/")
    assert boards() == 1
    world.clock.forward(seconds=1)
    world.nurse.get("/clinic/")
    assert boards() == 2


def test_a_page_is_not_shown_if_that_cannot_be_written_down(world: World) -> None:
    block_id, _ = world.started()
    world.nurse.be_signed_in()
    world.app.config["PROPAGATE_EXCEPTIONS"] = False
    with world.database.transaction() as session:
        session.execute(text("ALTER TABLE audit_chain RENAME TO elsewhere"))
    try:
        answer = world.nurse.client.get(f"/clinic/blocks/{block_id}")
        assert answer.status_code == 500
        assert "P-1001" not in answer.text
    finally:
        with world.database.transaction() as session:
            session.execute(text("ALTER TABLE elsewhere RENAME TO audit_chain"))


def test_a_patients_phone_is_named_but_not_where_it_is(world: World) -> None:
    world.started()
    with world.database.reading() as session:
        rows = session.query(AuditEvent).all()
    phones = [row for row in rows if row.actor.startswith("device:")]
    assert phones
    assert {row.address for row in phones} == {None}


def test_an_administrator_finds_and_exports_what_was_done(world: World) -> None:
    ada = world.member("administrator")
    block_id, _ = world.started()
    world.enrolled(reference="P-2")
    page = ada.get("/clinic/audit").text
    assert "enrolment: redeemed" in page or "block: time set" in page
    assert "P-1001" in page and "P-2" in page and "Nora" in page
    found = ada.get("/clinic/audit?patient=P-1001&action=block").text
    assert f"/clinic/blocks/{block_id}" in found and "P-2<" not in found
    assert "Nothing found" in ada.get("/clinic/audit?patient=nobody").text
    assert "Nothing found" in ada.get("/clinic/audit?since=2026-03-03").text
    assert "Nothing found" not in ada.get("/clinic/audit?since=2026-03-02&until=2026-03-02").text
    assert "Nothing found" in ada.get("/clinic/audit?since=no-date").text
    answer = ada.get("/clinic/audit.csv?patient=P-1001")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert rows and {row["patient"] for row in rows} == {"P-1001"}
    assert [int(row["number"]) for row in rows] == sorted(int(row["number"]) for row in rows)
    with world.database.reading() as session:
        actions = [row.action for row in session.query(AuditEvent).order_by(AuditEvent.id)]
    assert actions.count("audit.viewed") == 6 and actions[-1] == "audit.exported"


def test_the_trail_pages_and_shows_ones_own_clinic_alone(world: World) -> None:
    world.started()
    with world.database.transaction() as session:
        for number in range(60):
            details = {"number": f"n{number}n"}
            clinic_id, now = world.clinic.id, world.clock.now
            audit.record(session, clinic_id, audit.SYSTEM, "clinic.noted", "clinic:1", details, now)
    ada = world.member("administrator")
    first = ada.get("/clinic/audit?action=clinic").text
    assert "n59n" in first and "n10n" in first and "n9n" not in first
    older = re.search(r'href="(/clinic/audit\?before=[^"]+)"', first)
    assert older
    second = ada.get(older[1].replace("&amp;", "&")).text
    assert "n9n" in second and "n10n" not in second
    theirs = world.stranger.get("/clinic/audit").text + world.stranger.get("/clinic/audit.csv").text
    for ours in ("n59n", "P-1001", "Nora", "Administrator<"):
        assert ours not in theirs


def test_no_cell_of_the_export_is_taken_for_a_formula(world: World) -> None:
    ada = world.member("administrator")
    world.started(reference="=1+1")
    rows = list(csv.reader(StringIO(ada.get("/clinic/audit.csv").text)))
    cells = [cell for row in rows for cell in row]
    assert " =1+1" in cells
    assert not [cell for cell in cells if cell[:1] in "=+-@" and cell]
