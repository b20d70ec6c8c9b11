"""The audit trail only grows, and whoever changes it in the database itself is found out."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from server.domain.audit_chain import START
from server.domain.errors import Conflict
from server.storage import audit, audit_check, audit_search
from server.storage.audit_search import Wanted
from server.storage.db import Database
from server.storage.models import AuditEvent
from server.storage.vault import Vault
from tests.builders import NOON, new_clinic, new_world

Clinics = tuple[UUID, UUID]


@pytest.fixture
def clinics(database: Database) -> Clinics:
    """Two clinics, five rows each, in turns."""
    with database.transaction() as session:
        elm, oak = new_clinic(session, "Elm").id, new_clinic(session, "Oak").id
    for number in range(1, 6):
        with database.transaction() as session:
            for clinic_id in (elm, oak):
                record(session, clinic_id, number)
    return elm, oak


def record(session: Session, clinic_id: UUID, number: int) -> None:
    details = {"number": number, "words": "Zoë “ok”", "nothing": None, "half": 0.5}
    now = NOON + timedelta(minutes=number, microseconds=number)
    audit.record(session, clinic_id, "staff:1", "block.time_set", "block:1", details, now)


def checked(database: Database, clinic_id: UUID) -> audit_check.Checked:
    with database.reading() as session:
        return audit_check.check(session, clinic_id)


def test_an_untouched_trail_is_whole(database: Database, clinics: Clinics) -> None:
    for clinic_id in clinics:
        found = checked(database, clinic_id)
        assert (found.rows, found.broken) == (5, None)
        assert found.hash != START


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_event SET actor = 'staff:2'",
        "UPDATE audit_event SET hash = hash",
        "DELETE FROM audit_event WHERE number = 5",
        "DELETE FROM audit_event",
    ],
)
def test_the_database_refuses_to_change_or_delete_a_row(
    database: Database, clinics: Clinics, change: str
) -> None:
    with (
        pytest.raises(DatabaseError, match="only ever added to"),
        database.transaction() as session,
    ):
        session.execute(text(change))
    assert checked(database, clinics[0]).rows == 5


def test_postgresql_refuses_to_empty_it_too(
    database: Database, clinics: Clinics, database_kind: str
) -> None:
    """SQLite has no TRUNCATE; its triggers see a DELETE without a condition."""
    change = "DELETE FROM audit_event" if database_kind == "sqlite" else "TRUNCATE audit_event"
    with (
        pytest.raises(DatabaseError, match="only ever added to"),
        database.transaction() as session,
    ):
        session.execute(text(change))


def tamper(database: Database, *changes: str, **values: object) -> None:
    """As somebody who owns the database, and takes the triggers away first."""
    with database.transaction() as session:
        if database.is_sqlite:
            for change in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER audit_event_no_{change}"))
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        for each in changes:
            session.execute(text(each), values if ":" in each else {})


OF_ELM = "clinic_id = (SELECT id FROM clinic WHERE name = 'Elm')"
ADDED = (
    "INSERT INTO audit_event (clinic_id, at, actor, action, subject, details, number, hash)"
    " SELECT clinic_id, at, actor, action, subject, details, {number}, hash FROM audit_event"
    f" WHERE {OF_ELM} AND number = 5"
)
ATTACKS = {
    "who did it": (2, ["UPDATE audit_event SET actor = 'staff:2' WHERE number = 3 AND {elm}"]),
    "when": (
        2,
        ["UPDATE audit_event SET at = '2026-03-01 12:00:00+00' WHERE number = 3 AND {elm}"],
    ),
    "what": (2, ["UPDATE audit_event SET action = 'block.viewed' WHERE number = 3 AND {elm}"]),
    "about whom": (2, ["UPDATE audit_event SET subject = 'block:2' WHERE number = 3 AND {elm}"]),
    "details": (2, ["UPDATE audit_event SET details = '{{}}' WHERE number = 3 AND {elm}"]),
    "from where": (2, ["UPDATE audit_event SET address = '::1' WHERE number = 3 AND {elm}"]),
    "the seal": (2, ["UPDATE audit_event SET hash = 'ab' WHERE number = 3 AND {elm}"]),
    "a row is gone": (2, ["DELETE FROM audit_event WHERE number = 3 AND {elm}"]),
    "the first is gone": (0, ["DELETE FROM audit_event WHERE number = 1 AND {elm}"]),
    "one gone, the rest closed up": (
        2,
        [
            "DELETE FROM audit_event WHERE number = 3 AND {elm}",
            "UPDATE audit_event SET number = 3 WHERE number = 4 AND {elm}",
            "UPDATE audit_event SET number = 4 WHERE number = 5 AND {elm}",
        ],
    ),
    "two are swapped": (
        2,
        [
            "UPDATE audit_event SET number = -3 WHERE number = 3 AND {elm}",
            "UPDATE audit_event SET number = 3 WHERE number = 4 AND {elm}",
            "UPDATE audit_event SET number = 4 WHERE number = -3 AND {elm}",
        ],
    ),
    "the end is cut off": (3, ["DELETE FROM audit_event WHERE number > 3 AND {elm}"]),
    "all is gone": (0, ["DELETE FROM audit_event WHERE {elm}"]),
    "cut off, and the chain with it": (
        3,
        [
            "DELETE FROM audit_event WHERE number > 3 AND {elm}",
            "UPDATE audit_chain SET number = 3 WHERE {elm}",
        ],
    ),
    "the chain is gone": (5, ["DELETE FROM audit_chain WHERE {elm}"]),
    "a row is added": (5, [ADDED.format(number=6)]),
    "a row of another clinic": (
        4,
        [
            "DELETE FROM audit_event WHERE number = 5 AND {elm}",
            "UPDATE audit_event SET clinic_id = (SELECT id FROM clinic WHERE name = 'Elm')"
            " WHERE number = 5",
        ],
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_whoever_changes_it_in_the_database_is_found_out(
    database: Database, clinics: Clinics, attack: str
) -> None:
    right, changes = ATTACKS[attack]
    tamper(database, *(each.format(elm=OF_ELM) for each in changes))
    found = checked(database, clinics[0])
    assert found.broken is not None
    assert found.rows == right, found.broken
    first_wrong = (
        right if attack in ("cut off, and the chain with it", "the chain is gone") else right + 1
    )
    assert f"row {first_wrong} " in found.broken
    if "another clinic" not in attack:
        assert checked(database, clinics[1]).broken is None


def test_a_seal_noted_elsewhere_finds_out_who_computed_all_later_ones_anew(
    database: Database, clinics: Clinics
) -> None:
    elm, _ = clinics
    noted = {5: checked(database, elm).hash}
    with database.transaction() as session:
        record(session, elm, 6)
    with database.reading() as session:
        assert audit_check.check(session, elm, noted).broken is None
        with_lie = {5: "0" * 64}
        assert "noted" in str(audit_check.check(session, elm, with_lie).broken)
    tamper(
        database,
        f"DELETE FROM audit_event WHERE {OF_ELM}",
        f"DELETE FROM audit_chain WHERE {OF_ELM}",
    )
    for number in (1, 2):
        with database.transaction() as session:
            record(session, elm, number)
    with database.reading() as session:
        assert audit_check.check(session, elm).broken is None, "nobody could tell from this alone"
        assert audit_check.check(session, elm, noted).broken is not None


def test_what_is_rolled_back_leaves_no_row_and_no_gap(database: Database, clinics: Clinics) -> None:
    elm, _ = clinics
    with pytest.raises(Conflict), database.transaction() as session:
        record(session, elm, 6)
        raise Conflict("not today")
    with database.transaction() as session:
        record(session, elm, 7)
        with pytest.raises(Conflict), session.begin_nested():
            record(session, elm, 8)
            raise Conflict("nor this part")
        with session.begin_nested():
            record(session, elm, 9)
    with database.reading() as session:
        trail = audit.about(session, elm, "block:1")
    assert [row.details["number"] for row in trail] == [1, 2, 3, 4, 5, 7, 9]
    assert checked(database, elm).broken is None


def test_many_at_once_make_one_chain(database: Database, clinics: Clinics) -> None:
    """The clinics in turns the other way about: nobody waits in a circle."""
    failures: list[BaseException] = []

    def work(which: int) -> None:
        try:
            for number in range(5):
                with database.transaction() as session:
                    for clinic_id in clinics if which % 2 else clinics[::-1]:
                        record(session, clinic_id, number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    for clinic_id in clinics:
        found = checked(database, clinic_id)
        assert (found.rows, found.broken) == (25, None)


@pytest.mark.parametrize(
    ("narrow", "numbers"),
    [
        (lambda _: Wanted(), [3, 2, 1]),
        (lambda _: Wanted(actor="staff:7"), [3]),
        (lambda _: Wanted(action="block"), [1]),
        (lambda _: Wanted(action="staff.signed_in"), [3]),
        (lambda _: Wanted(action="staff.signed"), []),
        (lambda _: Wanted(patient="P-1"), [2, 1]),
        (lambda _: Wanted(patient="P-2"), []),
        (lambda now: Wanted(since=now), [3]),
        (lambda now: Wanted(until=now), [2, 1]),
    ],
)
def test_it_is_found_by_who_what_patient_and_time(
    database: Database, vault: Vault, narrow: Callable[..., Wanted], numbers: list[int]
) -> None:
    later = NOON + timedelta(hours=1)
    with database.transaction() as session:
        clinic_id = new_world(session, vault).clinic.id
        new_world(session, vault, clinic="Oak")
    with database.transaction() as session:
        audit.record(session, clinic_id, "staff:7", "staff.signed_in", "staff:7", {}, later)
    with database.reading() as session:
        found = audit_search.page(session, clinic_id, narrow(later), before=None, size=9)
        assert [row.number for row in found] == numbers
        everything = audit_search.everything(session, clinic_id, narrow(later))
        assert [row.number for rows in everything for row in rows] == numbers[::-1]


def test_every_row_is_numbered_without_a_gap(database: Database, clinics: Clinics) -> None:
    with database.reading() as session:
        for clinic_id in clinics:
            rows = session.query(AuditEvent).filter(AuditEvent.clinic_id == clinic_id)
            assert [row.number for row in rows.order_by(AuditEvent.id)] == [1, 2, 3, 4, 5]
