"""What a clinic decided about keeping, and doing so."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from server.domain.retention import Then, checked_months, kept_since
from server.storage import audit, erasure
from server.storage.models import Patient, Retention

#: So often it is carried out by itself, and so long after a decision for the first time: whoever
#: typed a wrong number has a day to notice.
EVERY = timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """Patients about whom nothing was heard for longer than the clinic keeps things."""

    rule: Retention
    patients: list[Patient]


def of_clinic(session: Session, clinic_id: UUID) -> Retention | None:
    """None: the clinic keeps everything."""
    return session.get(Retention, clinic_id)


def decide(
    session: Session, clinic_id: UUID, months: int, then: Then, staff_id: int, now: datetime
) -> None:
    """:raises Invalid: the months are too few or too many"""
    row = session.get(Retention, clinic_id) or Retention(clinic_id=clinic_id)
    row.months, row.then = checked_months(months), then
    row.decided_by, row.decided_at = staff_id, now
    session.add(row)
    _audit(session, clinic_id, staff_id, {"months": months, "then": then}, now)


def keep_everything(session: Session, clinic_id: UUID, staff_id: int, now: datetime) -> None:
    """Nothing is erased by itself any more."""
    row = session.get(Retention, clinic_id)
    if row is not None:
        session.delete(row)
        _audit(session, clinic_id, staff_id, {"months": None, "then": None}, now)


def due(session: Session, clinic_id: UUID, now: datetime) -> Due | None:
    """Whose turn it is now; None if the clinic keeps everything."""
    rule = of_clinic(session, clinic_id)
    if rule is None:
        return None
    unused = erasure.unused_since(session, clinic_id, kept_since(now, rule.months))
    if rule.then == "anonymise":
        unused = [each for each in unused if not erasure.is_anonymous(each)]
    return Due(rule, unused)


def apply(session: Session, clinic_id: UUID, now: datetime, most: int | None = None) -> int:
    """Erase or anonymise whoever is due, and note that it was looked at. Gives how many.

    :param most: no more at once; what is left over is still due; None: all of them
    """
    found = due(session, clinic_id, now)
    if found is None:
        return 0
    do = erasure.anonymise if found.rule.then == "anonymise" else erasure.erase
    wanted = found.patients[:most]
    for patient in wanted:
        do(session, patient, audit.SYSTEM, now)
    if len(wanted) == len(found.patients):
        found.rule.applied_at = now
    return len(wanted)


def clinics_due(session: Session, now: datetime) -> list[UUID]:
    """Those for which it was not carried out for a day."""
    return list(session.scalars(_waiting(now).with_only_columns(Retention.clinic_id)))


def take_turn(session: Session, clinic_id: UUID, now: datetime, most: int) -> int:
    """`apply`, unless somebody else does it right now, or did; then 0."""
    mine = _waiting(now).where(Retention.clinic_id == clinic_id)
    if session.scalar(mine.with_for_update(skip_locked=True)) is None:
        return 0
    return apply(session, clinic_id, now, most)


def _waiting(now: datetime) -> Select[Retention]:
    before = now - EVERY
    return (
        select(Retention)
        .where(Retention.decided_at <= before)
        .where(or_(Retention.applied_at.is_(None), Retention.applied_at <= before))
        .order_by(Retention.clinic_id)
    )


def _audit(
    session: Session, clinic_id: UUID, staff_id: int, details: dict[str, object], now: datetime
) -> None:
    who = audit.staff(staff_id)
    audit.record(
        session, clinic_id, who, "clinic.retention_set", f"clinic:{clinic_id}", details, now
    )
