"""An installation full of blocks, as years of a busy clinic would leave it, put there in bulk."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from server.domain.protocol import STANDARD, Criteria
from server.domain.schedule import assessments
from server.storage import clinics, protocols
from server.storage.db import Base, Database
from server.storage.migrate import migrate
from server.storage.models import (
    Block,
    Device,
    DiaryEntry,
    Enrolment,
    Patient,
    Reminder,
    ReminderDelivery,
    Subscription,
)
from tests.builders import new_member

ZONE = "Europe/London"
#: A Thursday, when the diaries of Monday's blocks still run.
NOW = datetime(2026, 11, 19, 13, 0, tzinfo=UTC)
NURSE = "nora@elm.example"
#: What an older block brought on average: one in ten has one more.
ENTRIES = 15
#: Reminders are filled in for so long; the board and the pages look at those of their blocks only.
REMINDED = timedelta(days=21)
CHUNK = 500

Rows = dict[type[Base], list[dict[str, Any]]]


@dataclass(frozen=True)
class Installation:
    """A database with one clinic that is full; `blocks` and `entries` are what it holds."""

    url: str
    clinic_id: UUID
    blocks: int
    entries: int


def fill(url: str, blocks: int, a_day: int) -> Installation:
    """A clinic with so many blocks, so many of them on every working day until `NOW`'s.

    Of those of today three in five were done since eight o'clock, the others wait.
    """
    migrate(url)
    database = Database(url)
    with database.transaction() as session:
        clinic = clinics.create(session, name="Elm", telephone="1", timezone=ZONE, now=NOW)
        clinic.second_factor_for = "nobody"
        protocol = protocols.keep(session, clinic.id, STANDARD, Criteria(), 240, NOW)
        new_member(session, clinic.id, NURSE, "clinician", NOW)
    for first in range(0, blocks, CHUNK):
        rows: Rows = {}
        for number in range(first, min(first + CHUNK, blocks)):
            _add_block(rows, clinic.id, protocol.id, number, a_day)
        with database.transaction() as session:
            for table in (Patient, Enrolment, Device, Subscription, Block, DiaryEntry):
                _insert(session, rows, table)
            for table in (Reminder, ReminderDelivery):
                _insert(session, rows, table)
    with database.engine.connect() as connection:
        maintained = connection.execution_options(isolation_level="AUTOCOMMIT")
        # PostgreSQL's autovacuum does it by itself; nobody does it for SQLite
        maintained.execute(text("SELECT 1" if database.is_sqlite else "VACUUM ANALYZE"))
    with database.reading() as session:
        counted = [session.scalar(select(func.count()).select_from(t)) for t in (Block, DiaryEntry)]
    database.close()
    assert counted[0] == blocks
    return Installation(url, clinic.id, blocks, counted[1] or 0)


def _insert(session: Session, rows: Rows, table: type[Base]) -> None:
    if rows.get(table):
        session.connection().execute(insert(table), rows[table])


def _working_days() -> Iterator[date]:
    """The latest first."""
    day = NOW.date()
    while True:
        if day.weekday() < 5:
            yield day
        day -= timedelta(days=1)


_DAYS: list[date] = []
_MORE = _working_days()


def _day(place: int) -> date:
    while len(_DAYS) <= place:
        _DAYS.append(next(_MORE))
    return _DAYS[place]


def _add_block(rows: Rows, clinic_id: UUID, protocol_id: UUID, number: int, a_day: int) -> None:
    day, turn = _day(number // a_day), number % a_day
    begins = datetime.combine(day, time(8), tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    t0 = begins + turn * timedelta(hours=8) / a_day
    done = t0 + timedelta(minutes=2) < NOW
    patient, enrolment, device, subscription, block = (uuid4() for _ in range(5))
    mine = {"clinic_id": clinic_id, "created_at": begins}

    def add(table: type[Base], **values: Any) -> None:
        rows.setdefault(table, []).append(values)

    reference = f"P-{number:06}"
    add(Patient, id=patient, reference=reference, language="en", **mine)
    add(Enrolment, id=enrolment, patient_id=patient, **mine)
    add(
        Device,
        id=device,
        enrolment_id=enrolment,
        secret_hash=device.hex,
        check_word="rabbit",
        user_agent="",
        seen_at=min(NOW, t0 + timedelta(days=3)),
        **mine,
    )
    add(
        Subscription,
        id=subscription,
        device_id=device,
        endpoint_hash=subscription.hex,
        push_service="https://push.example",
        sealed="sealed",
        **mine,
    )
    add(
        Block,
        id=block,
        patient_id=patient,
        protocol_id=protocol_id,
        number=1,
        region="lumbar",
        levels="L4/5, L5/S1",
        side=("left", "right")[number % 2],
        agent=("bupivacaine", "lidocaine")[number % 3 == 0],
        sites=["main"],
        timezone=ZONE,
        planned_on=day,
        performed_at=t0 if done else None,
        performed_at_source="clinic" if done else None,
        **mine,
    )
    about = {"clinic_id": clinic_id, "enrolment_id": enrolment}
    about |= {"block_id": block, "device_id": device}
    for felt_at, kind in _felt(t0, done, number):
        rows.setdefault(DiaryEntry, []).append(_entry(felt_at, kind, number, about))
    if done and t0 > NOW - REMINDED:
        _add_reminders(add, clinic_id, block, subscription, t0)


def _felt(t0: datetime, done: bool, number: int) -> list[tuple[datetime, str]]:
    """When the patient rated until now: a baseline, one assessment in ten missed, some of their
    own choice; all that is over has `ENTRIES`, one in ten of them one more."""
    if not done:
        early = number % 2 == 0 and t0 - timedelta(minutes=30) < NOW
        return [(t0 - timedelta(minutes=30), "baseline")] if early else []
    found = [(t0 - timedelta(minutes=20), "baseline")]
    wanted = ENTRIES + (number % 10 == 0)
    asked = [
        (t0 + after + timedelta(minutes=4), "rating")
        for place, after in enumerate(_due_after(t0.astimezone(ZoneInfo(ZONE)).time()))
        if (place + number) % 10
    ]
    own = [(t0 + timedelta(minutes=75 + 60 * place), "rating") for place in range(wanted)]
    found += asked
    found += own[: wanted - len(found)]
    return [each for each in found if each[0] < NOW]


@cache
def _due_after(local: time) -> list[timedelta]:
    """Of every assessment of a block done at this time of a day, how long after it; the clocks do
    not change on the days after."""
    t0 = datetime.combine(NOW.date(), local, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    return [each.due_at - t0 for each in assessments(STANDARD, t0, ZONE)]


def _entry(felt_at: datetime, kind: str, number: int, about: dict[str, UUID]) -> dict[str, Any]:
    entry_id, stamp = uuid4(), felt_at.isoformat()
    hours = round(felt_at.timestamp() / 3600)
    content = {
        "type": "diary_entry",
        "id": str(entry_id),
        "block_id": str(about["block_id"]),
        "kind": kind,
        "felt_at": stamp,
        "recorded_at": stamp,
        "utc_offset_minutes": 0,
        "zone": ZONE,
        "clock_difference_seconds": 0.0,
        "clock_measured_at": stamp,
        "scores": {"main": 7 if kind == "baseline" else (1, 1, 2, 3, 5)[(hours + number) % 5]},
        "activities": ["walking"],
        "rescue_at": stamp if kind == "rating" and (hours + number) % 40 == 0 else None,
        "note": None,
        "stated_percent": None,
        "answered_by": "patient",
        "unable_reason": None,
        "replaces": None,
    }
    return {
        **about,
        "id": entry_id,
        "kind": kind,
        "felt_at": felt_at,
        "recorded_at": felt_at,
        "content": content,
        "digest": entry_id.hex,
        "sync_clock_difference_seconds": 0.0,
        "received_at": felt_at,
    }


def _add_reminders(add: Any, clinic_id: UUID, block: UUID, device: UUID, t0: datetime) -> None:
    for place, each in enumerate(assessments(STANDARD, t0, ZONE)):
        reminder, sent = uuid4(), each.due_at < NOW
        add(
            Reminder,
            id=reminder,
            clinic_id=clinic_id,
            block_id=block,
            assessment_id=each.id,
            attempt="prompt",
            due_at=each.due_at,
            closes_at=each.closes_at,
            state="sent" if sent else "planned",
            next_try_at=None if sent else each.due_at,
            sent_at=each.due_at if sent else None,
        )
        if sent:
            add(
                ReminderDelivery,
                id=uuid4(),
                clinic_id=clinic_id,
                reminder_id=reminder,
                subscription_id=device,
                tries=1,
                accepted_at=each.due_at,
                receipt_at=each.due_at + timedelta(seconds=3)
                if block.int % 20 or place % 2
                else None,
            )


def new_entries(session: Session, clinic_id: UUID, blocks: int, now: datetime) -> None:
    """The patients of some of the blocks done last rate their pain now."""
    done = (
        select(Block, Device)
        .join(Enrolment, Enrolment.patient_id == Block.patient_id)
        .join(Device, Device.enrolment_id == Enrolment.id)
        .where(Block.clinic_id == clinic_id, Block.performed_at.is_not(None))
        .order_by(Block.performed_at.desc(), Block.id)
        .offset(int(now.timestamp()) % 97)
        .limit(blocks)
    )
    for place, (block, device) in enumerate(session.execute(done).all()):
        about = {"clinic_id": clinic_id, "enrolment_id": device.enrolment_id}
        about |= {"block_id": block.id, "device_id": device.id}
        session.add(DiaryEntry(**_entry(now, "rating", place, about)))
