"""Erasing and anonymising: all of it goes, nothing of anybody else, and the trail proves it."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import func, select

from server.cli import main
from server.domain.retention import kept_since
from server.push import daily
from server.storage import audit_check, erasure, retention
from server.storage.db import Base
from server.storage.models import AuditEvent, Block, Device, DiaryEntry, Patient, Subscription
from tests.builders import SECRET_KEY
from tests.web.clinic.conftest import World


def rows(world: World) -> dict[str, int]:
    """How many rows every table has; the trail and the staff's sessions grow by looking."""
    with world.database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if not table.name.startswith(("audit_", "staff_", "roles_", "sign_in"))
        }


def patient_id(world: World, block_id: str) -> str:
    with world.database.reading() as session:
        return str(
            next(each for each in session.query(Block) if str(each.id) == block_id).patient_id
        )


def a_whole_patient(world: World, reference: str) -> str:
    block_id, phone = world.started(reference=reference)
    world.clock.forward(minutes=16)
    phone.rate(block_id, {"main": 3}, note="met my neighbour Jo", activities=["gardening at no. 9"])
    with world.database.transaction() as session:
        newest = session.query(Device).order_by(Device.created_at.desc(), Device.seen_at.desc())
        device = newest.filter_by(check_word=phone.state["check_word"]).first()
        assert device is not None
        session.add(
            Subscription(
                clinic_id=device.clinic_id,
                device_id=device.id,
                endpoint_hash=f"endpoint of {reference}",
                push_service="https://push.example",
                sealed="sealed",
                created_at=world.clock.now,
            )
        )
    return patient_id(world, block_id)


def test_erasing_leaves_nothing_of_the_patient_and_all_of_the_others(world: World) -> None:
    world.nurse.get("/clinic/")
    a_whole_patient(world, "K-stays")
    before = rows(world)
    erased = a_whole_patient(world, "K-goes")
    administrator = world.member("administrator")
    form = administrator.get(f"/clinic/patients/{erased}/erase").text
    assert "Diary entries" in form
    refused = administrator.post(f"/clinic/patients/{erased}/erase", {"reference": "K-stays"})
    assert refused.status_code == 422 and "Nothing was erased" in refused.text
    done = administrator.post(f"/clinic/patients/{erased}/erase", {"reference": "K-goes"})
    assert done.status_code == 303
    assert rows(world) == before
    proof = administrator.get(done.headers["Location"]).text
    assert "Nothing. Looked for just now" in proof and "K-goes" not in proof
    (sealed,) = re.findall(r"Row (\d+) of the audit trail, sealed with <code[^>]*>(\w+)", proof)
    with world.database.reading() as session:
        found = audit_check.check(session, world.clinic.id, {int(sealed[0]): sealed[1]})
    assert found.broken is None


def test_only_administrators_erase(world: World) -> None:
    erased = a_whole_patient(world, "K-goes")
    answer = world.nurse.post(f"/clinic/patients/{erased}/erase", {"reference": "K-goes"})
    assert answer.status_code == 403
    with world.database.reading() as session:
        assert session.query(Patient).count() == 1


def test_every_table_that_refers_to_a_patient_is_looked_at() -> None:
    """A table added later is found by its references, and needs the clinic's id for its filter."""
    found = {table.name for table, _ in erasure.tables_about_a_patient()}
    referring = {"patient"}
    while True:
        more = {
            table.name
            for table in Base.metadata.sorted_tables
            for key in table.foreign_keys
            if key.column.table.name in referring
        }
        if more <= referring:
            break
        referring |= more
    assert found == referring


def test_anonymising_keeps_the_scores_and_nothing_that_says_who(world: World) -> None:
    whose = a_whole_patient(world, "K-goes")
    with world.database.transaction() as session:
        patient = session.query(Patient).one()
        erasure.anonymise(session, patient, "system", world.clock.now)
    with world.database.reading() as session:
        patient = session.query(Patient).one()
        assert str(patient.id) == whose and erasure.is_anonymous(patient)
        entries = session.query(DiaryEntry).all()
        assert [each.content["scores"] for each in entries if each.kind == "rating"] == [
            {"main": 3}
        ]
        assert all(device.revoked_at for device in session.query(Device))
        everything = repr(
            [[list(row) for row in session.execute(select(table))] for table in
             Base.metadata.sorted_tables if table.name != "audit_event"]
        )  # fmt: skip
    for told in ("K-goes", "neighbour", "gardening"):
        assert told not in everything


def test_what_was_not_heard_of_for_so_long_is_due_and_nothing_sooner(world: World) -> None:
    a_whole_patient(world, "K-old")
    heard = world.clock.now
    with world.database.transaction() as session:
        retention.decide(session, world.clinic.id, 12, "erase", 1, heard)

    def due(now: datetime) -> list[str]:
        with world.database.reading() as session:
            found = retention.due(session, world.clinic.id, now)
            assert found is not None
            return [each.reference for each in found.patients]

    year_on = heard.replace(year=heard.year + 1)
    assert due(year_on - timedelta(days=1)) == []
    assert due(year_on + timedelta(days=1)) == ["K-old"]
    with world.database.transaction() as session:
        assert retention.apply(session, world.clinic.id, year_on + timedelta(days=1)) == 1
        rule = retention.of_clinic(session, world.clinic.id)
        assert rule is not None and rule.applied_at == year_on + timedelta(days=1)
    with world.database.reading() as session:
        assert session.query(Patient).count() == 0


def test_a_clinic_decides_on_its_page(world: World) -> None:
    administrator = world.member("administrator")
    assert "Everything is kept" in administrator.get("/clinic/keeping").text
    for months in ("", "2", "601"):
        answer = administrator.post("/clinic/keeping", {"then": "erase", "months": months})
        assert answer.status_code == 422 and "from 3 to 600" in answer.text
    administrator.post("/clinic/keeping", {"then": "anonymise", "months": "24"})
    page = administrator.get("/clinic/keeping").text
    assert "Nobody is due today" in page and 'value="24"' in page and "has not run yet" in page
    administrator.post("/clinic/keeping", {"then": "keep", "months": "24"})
    assert "Everything is kept" in administrator.get("/clinic/keeping").text


@pytest.mark.parametrize(
    ("now", "months", "since"),
    [
        (datetime(2026, 5, 31, tzinfo=UTC), 3, datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2026, 1, 15, tzinfo=UTC), 12, datetime(2025, 1, 15, tzinfo=UTC)),
        (datetime(2024, 2, 29, tzinfo=UTC), 12, datetime(2023, 2, 28, tzinfo=UTC)),
        (datetime(2026, 12, 1, tzinfo=UTC), 11, datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_months_are_calendar_months(now: datetime, months: int, since: datetime) -> None:
    assert kept_since(now, months) == since


def test_the_daily_command_says_what_it_did(
    world: World,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    a_whole_patient(world, "K-old")  # in March 2026
    with world.database.transaction() as session:
        retention.decide(session, world.clinic.id, 3, "erase", 1, world.clock.now)
    for name, value in {
        "BLOCK_DIARY_ENV": "development",
        "BLOCK_DIARY_DATA": str(tmp_path),
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET_KEY,
        "PUBLIC_URL": "http://localhost:8000",
    }.items():
        monkeypatch.setenv(name, value)
    assert main(["apply-retention", "--dry-run"]) == 0
    assert "1 would be erased" in capsys.readouterr().out
    assert main(["apply-retention"]) == 0
    printed = capsys.readouterr().out
    assert "1 erased" in printed and "keeps everything" in printed
    with world.database.reading() as session:
        assert session.query(Patient).count() == 0


def test_it_is_carried_out_by_itself_once_a_day_and_not_on_the_day_of_the_decision(
    world: World,
) -> None:
    references = [f"K-{number}" for number in range(3)]
    for reference in references:
        world.nurse.enrol(protocol=world.protocol_id(), reference=reference)
    clock = world.clock
    clock.forward(days=200)

    def left() -> int:
        daily.run_once(world.database, clock)
        with world.database.reading() as session:
            return session.query(Patient).count()

    assert left() == 3, "the clinic keeps everything"
    with world.database.transaction() as session:
        retention.decide(session, world.clinic.id, 3, "erase", 1, clock.now)
    clock.forward(hours=23, minutes=59)
    assert left() == 3
    clock.forward(minutes=1)
    assert left() == 0
    with world.database.reading() as session:
        rule = retention.of_clinic(session, world.clinic.id)
        assert rule is not None and rule.applied_at == clock.now
        first = clock.now
    clock.forward(hours=23, minutes=59)
    with world.database.reading() as session:
        assert retention.clinics_due(session, clock.now) == []
        assert retention.clinics_due(session, first + timedelta(days=1)) == [world.clinic.id]


def test_of_several_processes_one_does_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """More patients than fit into one transaction, and everybody starts at once."""
    monkeypatch.setattr(daily, "AT_ONCE", 2)
    decided = world.clock.now
    with world.database.transaction() as session:
        for number in range(5):
            session.add(
                Patient(clinic_id=world.clinic.id, reference=f"K-{number}", created_at=decided)
            )
        retention.decide(session, world.clinic.id, 3, "erase", 1, decided)
    world.clock.forward(days=200)
    start = Barrier(3)

    def one(_: int) -> None:
        start.wait(60)
        daily.run_once(world.database, world.clock)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(one, range(3)))
    with world.database.reading() as session:
        erased = session.query(AuditEvent).filter_by(action="patient.erased").count()
        assert (session.query(Patient).count(), erased) == (0, 5)
        assert audit_check.check(session, world.clinic.id).broken is None
