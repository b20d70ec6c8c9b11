"""What a clinic tells its patients about itself: numbers, and its own words in each language."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.contact import Contact, Texts
from server.storage import audit, clinics
from server.storage.models import ClinicTexts


def of_clinic(session: Session, clinic_id: UUID) -> Contact:
    """:raises NotFound: there is no such clinic"""
    clinic = clinics.get(session, clinic_id)
    return Contact(
        telephone=clinic.telephone,
        out_of_hours_telephone=clinic.out_of_hours_telephone,
        emergency_number=clinic.emergency_number,
        texts={
            language: Texts(row.opening_hours, row.advice)
            for language, row in _rows(session, clinic_id).items()
        },
    )


def change(session: Session, clinic_id: UUID, wanted: Contact, actor: str, now: datetime) -> bool:
    """Tell patients this from now on; their phones hear of it with their next sync.

    Languages that `wanted` does not name stay as they are. What changed, from what to what, is
    audited; where nothing did, nothing is written.

    :return: whether anything changed
    """
    changes = dict(_changes(of_clinic(session, clinic_id), wanted))
    if not changes:
        return False
    clinic = clinics.get(session, clinic_id)
    clinic.telephone = wanted.telephone
    clinic.out_of_hours_telephone = wanted.out_of_hours_telephone
    clinic.emergency_number = wanted.emergency_number
    rows = _rows(session, clinic_id)
    for language, texts in wanted.texts.items():
        row = rows.get(language)
        if row is None:
            row = ClinicTexts(clinic_id=clinic_id, language=language)
            session.add(row)
        row.opening_hours, row.advice = texts.opening_hours, texts.advice
    about = f"clinic:{clinic_id}"
    audit.record(session, clinic_id, actor, "clinic.contact_changed", about, changes, now)
    return True


def _changes(before: Contact, after: Contact) -> Iterator[tuple[str, dict[str, str]]]:
    """Each field that differs, what it was and what it is."""
    pairs = [
        (name, getattr(before, name), getattr(after, name))
        for name in ("telephone", "out_of_hours_telephone", "emergency_number")
    ]
    for language, texts in after.texts.items():
        old = before.texts.get(language, Texts())
        pairs.append((f"opening_hours_{language}", old.opening_hours, texts.opening_hours))
        pairs.append((f"advice_{language}", old.advice, texts.advice))
    for name, old, new in pairs:
        if old != new:
            yield name, {"from": old, "to": new}


def _rows(session: Session, clinic_id: UUID) -> dict[str, ClinicTexts]:
    """What the clinic wrote, by the language's code."""
    rows = session.scalars(select(ClinicTexts).where(ClinicTexts.clinic_id == clinic_id))
    return {row.language: row for row in rows}
