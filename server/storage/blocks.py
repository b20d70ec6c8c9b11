"""Blocks: planned, given their time, and read as a whole."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.baseline import StaffBaseline
from server.domain.block_record import BlockDiary, answered
from server.domain.clock import clock_correction
from server.domain.errors import Conflict, NotFound
from server.domain.schedule import assessments
from server.storage import audit, baselines, diary_entries, protocols, reminders, report_pushes
from server.storage.models import Block, DiaryEntry, Patient, Protocol
from server.storage.models import StaffBaseline as StaffBaselineRow

Source = Literal["clinic", "phone"]
#: `concentration_percent` of the agent, `steroid`, `sedation`; None: nobody said.
Given = Mapping[str, float | bool | None]


def create(
    session: Session,
    patient: Patient,
    protocol: Protocol,
    *,
    number: int,
    region: str,
    levels: str,
    side: str,
    agent: str,
    sites: list[str],
    timezone: str,
    planned_on: date,
    actor: str,
    now: datetime,
    given: Given | None = None,
) -> Block:
    """Plan a block; it keeps this version of the protocol.

    :param given: as far as it is known by now
    """
    block = Block(
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        protocol_id=protocol.id,
        number=number,
        region=region,
        levels=levels,
        side=side,
        agent=agent,
        **(given or {}),
        sites=sites,
        timezone=timezone,
        planned_on=planned_on,
        created_at=now,
    )
    session.add(block)
    session.flush()
    audit.record(session, block.clinic_id, actor, "block.planned", _subject(block), {}, now)
    return block


def get(session: Session, clinic_id: UUID, block_id: UUID) -> Block:
    """:raises NotFound: this clinic has no such block"""
    block = session.scalar(select(Block).where(Block.clinic_id == clinic_id, Block.id == block_id))
    if block is None:
        raise NotFound("There is no such block at your clinic.")
    return block


def of_patient(
    session: Session, clinic_id: UUID, patient_id: UUID, *, lock: bool = False
) -> list[Block]:
    """A patient's blocks in the order of the series, cancelled ones included.

    Locked, nobody else starts one of them or stores entries about it meanwhile.
    """
    wanted = (
        select(Block)
        .where(Block.clinic_id == clinic_id, Block.patient_id == patient_id)
        .order_by(Block.number, Block.created_at, Block.id)
    )
    return list(session.scalars(wanted.with_for_update() if lock else wanted))


def planned_on(session: Session, clinic_id: UUID, day: date) -> list[Block]:
    """A clinic's blocks of one local date, oldest first."""
    return list(
        session.scalars(
            select(Block)
            .where(Block.clinic_id == clinic_id, Block.planned_on == day)
            .order_by(Block.created_at, Block.id)
        )
    )


def start(
    session: Session,
    block: Block,
    performed_at: datetime,
    source: Source,
    actor: str,
    now: datetime,
) -> bool:
    """Set or change t0: plans or moves the reminders, settles what is answered, and audits, all in
    the caller's transaction. False if nothing changed.

    The clinic's time wins: a phone sets it only while the clinic has not. A later time from a
    phone corrects an earlier one from a phone.

    :param performed_at: t0, aware
    :param actor: as `audit` names them
    :raises Conflict: the block is cancelled
    """
    session.refresh(block, with_for_update=True)
    if block.cancelled_at is not None:
        raise Conflict("This block is cancelled. Plan a new one instead.")
    before, source_before = block.performed_at, block.performed_at_source
    if source == "phone" and source_before == "clinic":
        return False
    if (before, source_before) == (performed_at, source):
        return False
    block.performed_at = performed_at
    block.performed_at_source = source
    audit.record(
        session,
        block.clinic_id,
        actor,
        "block.time_set" if before is None else "block.time_changed",
        _subject(block),
        {
            "performed_at": performed_at.isoformat(),
            "source": source,
            "before": None if before is None else before.isoformat(),
            "source_before": source_before,
        },
        now,
    )
    session.flush()
    protocol = protocols.schedule_of(protocols.of_block(session, block))
    reminders.plan(session, block, protocol, now)
    settle(session, block)
    return True


def follow_zone(session: Session, block: Block, timezone: str, actor: str, now: datetime) -> bool:
    """The block's wall clock is another from now on: its daily assessments and the patient's
    quiet hours follow, audited. False if nothing changed.

    :param timezone: IANA name that this server knows
    :raises Invalid: the block's daily assessments cannot be asked there
    """
    session.refresh(block, with_for_update=True)
    if block.cancelled_at is not None or block.timezone == timezone:
        return False
    protocol = protocols.schedule_of(protocols.of_block(session, block))
    if block.performed_at is not None:
        assessments(protocol, block.performed_at, timezone)
    details = {"timezone": timezone, "before": block.timezone}
    block.timezone = timezone
    audit.record(
        session, block.clinic_id, actor, "block.zone_changed", _subject(block), details, now
    )
    session.flush()
    reminders.plan(session, block, protocol, now)
    settle(session, block)
    return True


def replan(session: Session, block: Block, now: datetime) -> None:
    """Fit the block's reminders to what the patient chose; call it in the same transaction."""
    session.refresh(block, with_for_update=True)
    protocol = protocols.schedule_of(protocols.of_block(session, block))
    reminders.plan(session, block, protocol, now)
    settle(session, block)


def time_by_patient(session: Session, block: Block) -> datetime | None:
    """t0 as the patient's phones say it, by corrected times: what was recorded last counts,
    whatever arrived last. None if they say nothing."""
    said = []
    for row in diary_entries.injection_times(session, block):
        clock = clock_correction(
            row.content["clock_difference_seconds"], row.sync_clock_difference_seconds
        )
        recorded_at = datetime.fromisoformat(row.content["recorded_at"]) + clock.shift
        performed_at = datetime.fromisoformat(row.content["performed_at"]) + clock.shift
        said.append((recorded_at, str(row.id), performed_at))
    return max(said)[-1] if said else None


def set_given(session: Session, block: Block, given: Given, actor: str, now: datetime) -> bool:
    """Say what was injected and given, or say it better; audited. False if nothing changed."""
    session.refresh(block, with_for_update=True)
    before = {name: getattr(block, name) for name in given}
    if before == given:
        return False
    for name, value in given.items():
        setattr(block, name, value)
    details = {**given, "before": before}
    audit.record(session, block.clinic_id, actor, "block.given_set", _subject(block), details, now)
    return True


def cancel(session: Session, block: Block, actor: str, now: datetime) -> bool:
    """The block is not done, or not followed: its reminders end, its entries stay on record.
    False if it was cancelled already."""
    session.refresh(block, with_for_update=True)
    if block.cancelled_at is not None:
        return False
    block.cancelled_at = now
    audit.record(session, block.clinic_id, actor, "block.cancelled", _subject(block), {}, now)
    session.flush()
    protocol = protocols.schedule_of(protocols.of_block(session, block))
    reminders.plan(session, block, protocol, now)
    report_pushes.plan(session, block)
    return True


def settle(session: Session, block: Block) -> None:
    """Close the reminders of what is answered, and send the report again to where it was sent. To
    be called when entries or t0 changed."""
    session.refresh(block, with_for_update=True)
    if block.performed_at is not None:
        reminders.settle(session, block, answered(diary(session, block)))
        report_pushes.plan(session, block)


def diary(session: Session, block: Block) -> BlockDiary:
    """The block and all that was stored about it, as the rules read them."""
    return diary_of(
        block,
        protocols.of_block(session, block),
        diary_entries.of_block(session, block),
        baselines.of_block(session, block),
    )


def diary_of(
    block: Block,
    protocol: Protocol,
    entries: Iterable[DiaryEntry],
    staff_baselines: Iterable[StaffBaselineRow],
) -> BlockDiary:
    """The same of rows that were read already; `entries` and `staff_baselines` in their order."""
    return BlockDiary(
        performed_at=block.performed_at,
        timezone=block.timezone,
        agent=block.agent,
        sites=tuple(block.sites),
        protocol=protocols.schedule_of(protocol),
        criteria=protocols.criteria_of(protocol),
        baseline_max_age_minutes=protocol.baseline_max_age_minutes,
        stored=tuple(diary_entries.entry_of(row) for row in entries),
        staff_baselines=tuple(
            StaffBaseline(row.site, row.score, row.entered_at) for row in staff_baselines
        ),
    )


def _subject(block: Block) -> str:
    return f"block:{block.id}"
