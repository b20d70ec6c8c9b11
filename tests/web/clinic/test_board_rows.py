"""What the board keeps between two looks is what a process says that has kept nothing."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from server.storage import blocks, enrolments, erasure
from server.storage.models import Block, Device, Patient
from server.web.clinic.board_rows import BoardRow, BoardRows
from tests.web.clinic.conftest import World
from tests.web.clinic.test_reminder_lines import Reminded

MINUTE = timedelta(minutes=1)


class Watched:
    """A process that looks at the board, and whose own hand changes nothing."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept = BoardRows()

    def look(self) -> list[BoardRow]:
        """:raises AssertionError: it says something else than a process that was just started"""
        with self._world.database.reading() as session:
            about = (session, self._world.clinic.id, self._world.clock.now)
            rows = self._kept.of(*about)
            assert said(rows) == said(BoardRows().of(*about))
        return rows

    def changes(self, done: Callable[[], object]) -> None:
        """What is done is on the board at the next look."""
        before = said(self.look())
        done()
        assert said(self.look()) != before


def said(rows: list[BoardRow]) -> list[object]:
    """All of it but how long it holds; neither the rows nor the entries have an order."""
    told = [(str(row.block.id), row.missed, row.is_due, row[:4], row[6:]) for row in rows]
    return sorted(told, key=lambda each: each[0])


def test_whatever_anybody_does_is_on_the_board_at_the_next_look(world: World) -> None:
    watched = Watched(world)
    assert watched.look() == []
    reminded = Reminded(world)
    block_id, phone = reminded.block_id, reminded.phone

    def post(path: str, **answers: str) -> Callable[[], object]:
        return lambda: world.nurse.post(f"/clinic/blocks/{block_id}/{path}", answers)

    watched.changes(lambda: world.nurse.enrol(protocol=world.protocol_id(), reference="P-2"))
    world.clock.forward(minutes=15)
    first: list[str] = []
    watched.changes(lambda: first.append(phone.rate(block_id, {"main": 2})))
    watched.changes(lambda: phone.rate(block_id, {"main": 3}, replaces=first[0]))
    watched.changes(lambda: phone.rate(block_id, {"main": 9}, id=first[0]))
    watched.changes(post("baseline", site="main", score="8"))
    watched.changes(post("time", performed_on="2026-03-02", performed_time="10:04"))
    watched.changes(lambda: reminded.ends("unsubscribed"))
    watched.changes(lambda: reminded.add_subscription(phone))
    watched.changes(lambda: reminded.ends("moved", phone=1))

    def let_in_no_more() -> None:
        with world.database.transaction() as session:
            device_id = session.scalars(select(Device.id)).one()
            enrolments.revoke_device(session, world.clinic.id, device_id, "system", world.clock.now)

    def anonymise() -> None:
        with world.database.transaction() as session:
            patient = session.scalars(select(Patient).where(Patient.reference == "P-2")).one()
            erasure.anonymise(session, patient, "system", world.clock.now)

    def follow_zone() -> None:
        with world.database.transaction() as session:
            block = session.get_one(Block, UUID(block_id))
            blocks.follow_zone(session, block, "Europe/London", "system", world.clock.now)

    watched.changes(let_in_no_more)
    watched.changes(anonymise)
    watched.changes(follow_zone)
    watched.changes(post("cancel"))


def test_a_receipt_that_is_missing_or_arrives_is_on_the_board_at_the_next_look(
    world: World,
) -> None:
    watched, reminded = Watched(world), Reminded(world)
    reminded.sent("15min", shown=False)
    reminded.sent("30min", shown=False)
    world.clock.now = reminded.t0 + 34 * MINUTE
    watched.look()
    watched.changes(lambda: world.clock.forward(minutes=2))
    assert watched.look()[0].unconfirmed
    watched.changes(lambda: reminded.sent("30min", shown=True, attempt="nudge"))
    assert not watched.look()[0].unconfirmed


def test_time_that_passes_changes_the_board_and_nothing_is_made_anew_before(world: World) -> None:
    watched = Watched(world)
    world.started()
    world.nurse.enrol(protocol=world.protocol_id(), reference="P-2")
    seen = []
    for _ in range(4 * 24 * 4):
        rows = watched.look()
        world.clock.forward(minutes=1)
        again = watched.look()
        seen.append(all(any(row is kept for kept in rows) for row in again))
        world.clock.forward(minutes=14)
    assert seen.count(True) > len(seen) * 0.8
    assert [row.block.reference for row in watched.look()] == ["P-2"]


@pytest.mark.parametrize("seed", range(8))
def test_receipts_that_come_late_or_never_are_on_the_board_as_for_a_new_process(
    world: World, seed: int
) -> None:
    chance = random.Random(seed)
    watched, reminded = Watched(world), Reminded(world)
    flagged = set()

    def look_until(moment: datetime) -> None:
        while world.clock.now < moment:
            world.clock.now += chance.choice([1, 2, 4, 7]) * MINUTE
            if waiting and chance.random() < 0.04:
                reminded.confirm(waiting.pop(chance.randrange(len(waiting))))
            flagged.add(watched.look()[0].unconfirmed)

    waiting: list[str] = []
    for assessment, minutes in [
        ("15min", 15),
        ("30min", 30),
        *((f"{n}h", 60 * n) for n in range(1, 9)),
    ]:
        look_until(reminded.t0 + minutes * MINUTE)
        shown = chance.random() < 0.3
        reminded.sent(assessment, shown=shown)
        if not shown:
            waiting.append(assessment)
    assert flagged == {True, False}
