"""Ratings that staff wrote down for a patient: kept as the phone's are, and never mixed with them."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.block_record import answered
from server.domain.errors import Conflict, NotFound
from server.domain.staff_entries import StaffEntry, check
from server.storage import audit, blocks, diary_entries, enrolments, patients, protocols
from server.storage.models import Block, DiaryEntry


def enter(session: Session, block: Block, entry: StaffEntry, staff_id: int, now: datetime) -> bool:
    """Keep it, close the reminders that it answers, and audit. False if it was entered already.

    :raises Invalid: it does not fit the block; the path names the field
    :raises Conflict: the block is cancelled, what it corrects was corrected already, or
        another entry of the patient has this id
    :raises NotFound: what it corrects is no entry that staff made for this block
    """
    session.refresh(block, with_for_update=True)
    if block.cancelled_at is not None:
        raise Conflict("This block is cancelled. What was entered stays on record.")
    known = [row for row in diary_entries.of_block(session, block) if row.entered_by is not None]
    if any(row.id == entry.id for row in known):
        return False
    check(entry, sites=block.sites, performed_at=block.performed_at, now=now)
    if entry.replaces is not None:
        if entry.replaces not in {row.id for row in known}:
            raise NotFound("There is no such entry made by staff for this block.")
        if any(row.content["replaces"] == str(entry.replaces) for row in known):
            raise Conflict("This entry was corrected already. Correct the later one.")
    row = _row(session, block, entry, staff_id, now)
    if session.get(DiaryEntry, (row.enrolment_id, row.id)) is not None:
        raise Conflict("This form was used for another entry. Open it anew, and type it again.")
    session.add(row)
    audit.record(
        session,
        block.clinic_id,
        audit.staff(staff_id),
        _action(entry),
        f"block:{block.id}",
        {
            "entry": str(entry.id),
            "told": entry.told,
            "felt_at": entry.felt_at.isoformat(),
            "scores": dict(entry.scores),
            "replaces": None if entry.replaces is None else str(entry.replaces),
        },
        now,
    )
    session.flush()
    blocks.settle(session, block)
    return True


def answered_for(session: Session, block: Block) -> list[str]:
    """Ids of the assessments that the patient answered to staff, who wrote it down: the phone
    need not ask for them."""
    rows = [row for row in diary_entries.of_block(session, block) if row.entered_by is not None]
    if not rows:
        return []
    told = blocks.diary_of(block, protocols.of_block(session, block), rows, [])
    return sorted(answered(told))


def get(session: Session, block: Block, entry_id: UUID) -> DiaryEntry:
    """:raises NotFound: staff made no such entry for this block"""
    found = session.scalar(
        select(DiaryEntry).where(
            DiaryEntry.clinic_id == block.clinic_id,
            DiaryEntry.block_id == block.id,
            DiaryEntry.id == entry_id,
            DiaryEntry.entered_by.is_not(None),
        )
    )
    if found is None:
        raise NotFound("There is no such entry made by staff for this block.")
    return found


def _action(entry: StaffEntry) -> str:
    if entry.replaces is None:
        return "block.entry_written"
    return "block.entry_corrected" if entry.scores else "block.entry_withdrawn"


def _row(
    session: Session, block: Block, entry: StaffEntry, staff_id: int, now: datetime
) -> DiaryEntry:
    patient = patients.get(session, block.clinic_id, block.patient_id)
    offset = now.astimezone(ZoneInfo(block.timezone)).utcoffset()
    assert offset is not None, "an aware time in a zone has an offset"
    content = {
        "type": "diary_entry",
        "id": str(entry.id),
        "block_id": str(block.id),
        "kind": "rating",
        "felt_at": entry.felt_at.isoformat(),
        "recorded_at": now.isoformat(),
        "utc_offset_minutes": int(offset.total_seconds() // 60),
        "zone": block.timezone,
        "clock_difference_seconds": 0.0,  # written down by the server's own clock
        "clock_measured_at": None,
        "scores": dict(entry.scores),
        "activities": [entry.activity] if entry.activity else [],
        "rescue_at": None if entry.rescue_at is None else entry.rescue_at.isoformat(),
        "note": entry.note,
        "stated_percent": None,
        "answered_by": "patient",
        "unable_reason": None,
        "replaces": None if entry.replaces is None else str(entry.replaces),
    }
    return DiaryEntry(
        enrolment_id=enrolments.of_patient(session, patient, now).id,
        id=entry.id,
        clinic_id=block.clinic_id,
        block_id=block.id,
        source="paper" if entry.told == "paper" else "telephone",
        entered_by=staff_id,
        kind="rating",
        felt_at=entry.felt_at,
        recorded_at=now,
        content=content,
        digest=diary_entries.digest(content),
        sync_clock_difference_seconds=0.0,
        received_at=now,
    )
