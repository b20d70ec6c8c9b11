"""Patients, known by their clinic's own reference."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.errors import NotFound
from server.storage import audit
from server.storage.models import Patient


def get(session: Session, clinic_id: UUID, patient_id: UUID) -> Patient:
    """:raises NotFound: this clinic has no such patient"""
    patient = session.scalar(
        select(Patient).where(Patient.clinic_id == clinic_id, Patient.id == patient_id)
    )
    if patient is None:
        raise NotFound("There is no such patient at your clinic.")
    return patient


def find(session: Session, clinic_id: UUID, reference: str) -> Patient | None:
    """The clinic's patient of that reference; None if there is none."""
    return session.scalar(
        select(Patient).where(Patient.clinic_id == clinic_id, Patient.reference == reference)
    )


def of_reference(
    session: Session, clinic_id: UUID, reference: str, language: str, now: datetime
) -> Patient:
    """The clinic's patient of that reference, added if it is new; `language` is then theirs."""
    patient = find(session, clinic_id, reference)
    if patient is None:
        patient = Patient(
            clinic_id=clinic_id, reference=reference, language=language, created_at=now
        )
        session.add(patient)
        session.flush()
    return patient


def set_language(
    session: Session, patient: Patient, language: str, actor: str, now: datetime
) -> None:
    """What the patient reads from now on, on the phone and in reminders."""
    if patient.language == language:
        return
    audit.record(
        session,
        patient.clinic_id,
        actor,
        "patient.language_set",
        f"patient:{patient.id}",
        {"from": patient.language, "to": language},
        now,
    )
    patient.language = language
