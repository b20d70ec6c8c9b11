"""Patients, known by their clinic's own reference."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.errors import NotFound
from server.storage.models import Patient


def get(session: Session, clinic_id: UUID, patient_id: UUID) -> Patient:
    """:raises NotFound: this clinic has no such patient"""
    patient = session.scalar(
        select(Patient).where(Patient.clinic_id == clinic_id, Patient.id == patient_id)
    )
    if patient is None:
        raise NotFound("There is no such patient at your clinic.")
    return patient


def of_reference(
    session: Session, clinic_id: UUID, reference: str, language: str, now: datetime
) -> Patient:
    """The clinic's patient of that reference, added if it is new; `language` is then theirs."""
    patient = session.scalar(
        select(Patient).where(Patient.clinic_id == clinic_id, Patient.reference == reference)
    )
    if patient is None:
        patient = Patient(
            clinic_id=clinic_id, reference=reference, language=language, created_at=now
        )
        session.add(patient)
        session.flush()
    return patient
