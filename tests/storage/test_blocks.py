"""A block's time, its protocol and its diary are kept whole, audited, and seen by one clinic."""

from datetime import timedelta
from fractions import Fraction
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.protocol import STANDARD, Criteria, PlannedAssessment, Protocol
from server.storage import (
    audit,
    baselines,
    blocks,
    clinics,
    diary_entries,
    enrolments,
    models,
    patients,
    protocols,
)
from server.storage.db import Database
from server.storage.vault import Vault
from tests.builders import NOON, World, new_protocol, new_world

HOUR = timedelta(hours=1)


def start(
    database: Database, world: World, hours: float, source: blocks.Source, actor: str = "staff:1"
) -> bool:
    with database.transaction() as session:
        block = blocks.get(session, world.clinic.id, world.block.id)
        return blocks.start(session, block, NOON + hours * HOUR, source, actor, NOON)


def t0(database: Database, world: World) -> tuple[float | None, str | None]:
    """Hours from noon, and who said so."""
    with database.reading() as session:
        block = blocks.get(session, world.clinic.id, world.block.id)
    if block.performed_at is None:
        return None, block.performed_at_source
    return (block.performed_at - NOON) / HOUR, block.performed_at_source


def time_events(database: Database, world: World) -> list[models.AuditEvent]:
    with database.reading() as session:
        trail = audit.about(session, world.clinic.id, f"block:{world.block.id}")
    return [event for event in trail if event.action.startswith("block.time")]


def reminders(database: Database) -> dict[str, float]:
    with database.reading() as session:
        prompts = models.Reminder.attempt == "prompt"
        columns = select(models.Reminder.assessment_id, models.Reminder.due_at)
        rows = session.execute(columns.where(prompts))
        return {row.assessment_id: (row.due_at - NOON) / HOUR for row in rows}


def test_the_clinic_wins_over_the_phone_in_either_order(database: Database, world: World) -> None:
    assert start(database, world, 0, "phone", "device:1")
    assert start(database, world, 1, "clinic")
    assert not start(database, world, 2, "phone", "device:1")
    assert t0(database, world) == (1, "clinic")
    assert start(database, world, 3, "clinic")
    assert t0(database, world) == (3, "clinic")


def test_a_phone_corrects_a_phone_and_the_clinic_confirms_the_same_time(
    database: Database, world: World
) -> None:
    assert start(database, world, 0, "phone")
    assert start(database, world, 1, "phone")
    assert not start(database, world, 1, "phone")
    assert start(database, world, 1, "clinic")
    assert not start(database, world, 1, "clinic")
    assert t0(database, world) == (1, "clinic")


def test_each_change_of_the_time_is_audited_with_what_was_before(
    database: Database, world: World
) -> None:
    start(database, world, 0, "phone", "device:7")
    start(database, world, 1, "clinic", "staff:3")
    start(database, world, 1, "clinic", "staff:3")
    first, second = time_events(database, world)
    assert (first.action, first.actor, first.at) == ("block.time_set", "device:7", NOON)
    assert first.details["before"] is None
    assert (second.action, second.actor) == ("block.time_changed", "staff:3")
    assert second.details == {
        "performed_at": "2026-03-02T13:00:00+00:00",
        "source": "clinic",
        "before": "2026-03-02T12:00:00+00:00",
        "source_before": "phone",
    }


def test_the_reminders_move_with_the_time(database: Database, world: World) -> None:
    start(database, world, 0, "phone")
    assert reminders(database)["1h"] == 1
    start(database, world, 0.5, "clinic")
    assert reminders(database)["1h"] == 1.5


def test_a_start_that_fails_leaves_neither_time_nor_reminders_nor_audit(
    database: Database, world: World
) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        block = blocks.get(session, world.clinic.id, world.block.id)
        blocks.start(session, block, NOON, "clinic", "staff:1", NOON)
        raise ZeroDivisionError
    assert t0(database, world) == (None, None)
    assert reminders(database) == {}
    assert time_events(database, world) == []


def test_a_cancelled_block_is_not_started(database: Database, world: World) -> None:
    with database.transaction() as session:
        blocks.get(session, world.clinic.id, world.block.id).cancelled_at = NOON
    with pytest.raises(Conflict, match="cancelled"):
        start(database, world, 0, "clinic")


def test_a_staff_baseline_wins_is_audited_and_the_one_before_stays(
    database: Database, world: World
) -> None:
    with database.transaction() as session:
        block = blocks.get(session, world.clinic.id, world.block.id)
        baselines.enter(session, block, "main", 6, 3, NOON)
        baselines.enter(session, block, "main", 7, 4, NOON + HOUR)
        given = blocks.diary(session, block).baselines["main"]
        assert [row.score for row in baselines.of_block(session, block)] == [6, 7]
        trail = audit.about(session, world.clinic.id, f"block:{block.id}")
    assert given is not None and (given.score, given.source) == (7, "staff")
    assert [(event.actor, event.details) for event in trail[1:]] == [
        ("staff:3", {"site": "main", "score": 6}),
        ("staff:4", {"site": "main", "score": 7}),
    ]


@pytest.mark.parametrize(("site", "score"), [("left", 5), ("main", -1), ("main", 11)])
def test_a_staff_baseline_is_a_score_of_a_site_of_the_block(
    database: Database, world: World, site: str, score: int
) -> None:
    with pytest.raises(Invalid), database.transaction() as session:
        block = blocks.get(session, world.clinic.id, world.block.id)
        baselines.enter(session, block, site, score, 3, NOON)


# --- protocols


def test_a_protocol_and_its_criteria_come_back_exactly(database: Database, world: World) -> None:
    custom = Protocol(
        "short",
        (
            PlannedAssessment("soon", after_minutes=Fraction(1, 10)),
            PlannedAssessment("1h", after_minutes=Fraction(60)),
            STANDARD.assessments[-1],
        ),
    )
    criteria = Criteria(threshold_percent=50, early_minutes=Fraction("62.5"))
    with database.transaction() as session:
        kept = new_protocol(session, world.clinic, custom, criteria).id
    with database.reading() as session:
        row = session.get_one(models.Protocol, kept)
        assert protocols.schedule_of(row) == custom
        assert protocols.criteria_of(row) == criteria
        standard = protocols.current(session, world.clinic.id)
        assert standard is not None
        assert protocols.schedule_of(standard) == STANDARD


def test_a_changed_protocol_is_a_new_version_and_a_block_keeps_its_own(
    database: Database, world: World
) -> None:
    with database.transaction() as session:
        same = new_protocol(session, world.clinic)
        assert (same.id, same.version) == (world.block.protocol_id, 1)
        changed = new_protocol(session, world.clinic, criteria=Criteria(threshold_percent=50))
        assert changed.version == 2
        assert new_protocol(session, world.clinic, criteria=Criteria(threshold_percent=50)) is (
            changed
        )
        block = blocks.get(session, world.clinic.id, world.block.id)
        assert blocks.diary(session, block).criteria.threshold_percent == 80


# --- one clinic never sees another's


def test_another_clinics_ids_find_nothing(database: Database, vault: Vault, world: World) -> None:
    with database.transaction() as session:
        elm = world.clinic.id
        oak = new_world(session, vault, "Oak")
        for find in (
            lambda clinic: blocks.get(session, clinic, oak.block.id),
            lambda clinic: patients.get(session, clinic, oak.patient.id),
        ):
            assert find(oak.clinic.id)
            with pytest.raises(NotFound):
                find(elm)
        assert blocks.of_patient(session, elm, oak.patient.id) == []
        assert [block.id for block in blocks.planned_on(session, elm, oak.block.planned_on)] == [
            world.block.id
        ]
        assert diary_entries.of_enrolment(session, elm, oak.enrolment.id) == []
        assert diary_entries.find(session, elm, oak.enrolment.id, uuid4()) is None
        assert audit.about(session, elm, f"block:{oak.block.id}") == []
        assert enrolments.devices(session, elm, oak.patient.id) == []
        redeemed = enrolments.redeem(session, vault, "token", oak.invited.token, None, "", NOON)
        assert not enrolments.revoke_device(session, elm, redeemed.device.id, "staff:1", NOON)
        assert enrolments.device_of_secret(session, vault, redeemed.secret) is redeemed.device


def test_one_reference_is_one_patient_per_clinic(
    database: Database, vault: Vault, world: World
) -> None:
    with database.transaction() as session:
        oak = new_world(session, vault, "Oak")
        again = patients.of_reference(session, world.clinic.id, "P-1", "en", NOON)
        assert again.id == world.patient.id != oak.patient.id
        assert enrolments.of_patient(session, again, NOON).id == world.enrolment.id


def test_an_unknown_clinic_is_not_found(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        clinics.get(session, UUID(int=1))
