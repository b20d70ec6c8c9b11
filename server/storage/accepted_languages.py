"""The languages that a clinic lets its patients read, beyond English and those that were reviewed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server.storage import audit
from server.storage.models import AcceptedLanguage


def of_clinic(session: Session, clinic_id: UUID) -> dict[str, AcceptedLanguage]:
    """What the clinic accepted, by the language's code."""
    rows = session.scalars(select(AcceptedLanguage).where(AcceptedLanguage.clinic_id == clinic_id))
    return {row.language: row for row in rows}


def accept(session: Session, clinic_id: UUID, language: str, staff_id: int, now: datetime) -> None:
    """Offer a language to this clinic's patients. Accepted already, it stays as it is."""
    if language in of_clinic(session, clinic_id):
        return
    session.add(
        AcceptedLanguage(
            clinic_id=clinic_id, language=language, accepted_by=staff_id, accepted_at=now
        )
    )
    _record(session, clinic_id, staff_id, "language.accepted", language, now)


def withdraw(
    session: Session, clinic_id: UUID, language: str, staff_id: int, now: datetime
) -> None:
    """Offer it no more. Patients who read it already go on in it until they choose another."""
    withdrawn = session.scalar(
        delete(AcceptedLanguage)
        .where(AcceptedLanguage.clinic_id == clinic_id, AcceptedLanguage.language == language)
        .returning(AcceptedLanguage.language)
    )
    if withdrawn is not None:
        _record(session, clinic_id, staff_id, "language.withdrawn", language, now)


def _record(
    session: Session, clinic_id: UUID, staff_id: int, action: str, language: str, now: datetime
) -> None:
    actor = audit.staff(staff_id)
    audit.record(session, clinic_id, actor, action, f"language:{language}", {}, now)
