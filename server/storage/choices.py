"""What patients choose on their phones; of one kind, the last choice counts on all of them."""

from datetime import time
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from server.domain.errors import DomainError
from server.domain.reminders import QUIET_HOURS, QuietHours
from server.storage.diary_entries import Kept
from server.storage.models import Block, Enrolment, PatientChoice


class IdTaken(DomainError):
    """Another choice has this id; the phone keeps the item and shows it."""

    code = "id_taken"


def known(session: Session, row: PatientChoice) -> Kept | None:
    """What becomes of a choice whose id is taken; None if it is new.

    :raises IdTaken: it says something else
    """
    found = session.scalar(
        select(PatientChoice).where(
            PatientChoice.clinic_id == row.clinic_id,
            PatientChoice.enrolment_id == row.enrolment_id,
            PatientChoice.id == row.id,
        )
    )
    if found is None:
        return None
    if found.digest != row.digest:
        raise IdTaken("Another choice was sent under this id.")
    return Kept("duplicate", found.received_at)


def keep(session: Session, row: PatientChoice) -> Kept:
    """Store a choice that `known` does not know; the caller holds the enrolment's lock."""
    session.add(row)
    session.flush()
    return Kept("stored", row.received_at)


def quiet_hours(session: Session, clinic_id: UUID, patient_id: UUID) -> QuietHours:
    """When the patient's later reminders do not ring, by the wall clock of each block's zone."""
    chosen = session.scalar(
        _last("quiet_hours")
        .join(Enrolment, Enrolment.id == PatientChoice.enrolment_id)
        .where(PatientChoice.clinic_id == clinic_id, Enrolment.patient_id == patient_id)
    )
    if chosen is None:
        return QUIET_HOURS
    start, end = (time.fromisoformat(chosen.content[name]) for name in ("start", "end"))
    return QuietHours(start, end)


def zone(session: Session, block: Block) -> str | None:
    """The zone that the patient last wanted the block to follow; None if they never said."""
    chosen = session.scalar(
        _last("zone_followed").where(
            PatientChoice.clinic_id == block.clinic_id, PatientChoice.block_id == block.id
        )
    )
    return None if chosen is None else str(chosen.content["timezone"])


def _last(kind: str) -> Select[PatientChoice]:
    return (
        select(PatientChoice)
        .where(PatientChoice.kind == kind)
        .order_by(PatientChoice.chosen_at.desc(), PatientChoice.id.desc())
        .limit(1)
    )
