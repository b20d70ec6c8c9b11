"""Erasing all that is kept about a patient, with proof; or only what says who it was.

What belongs to a patient is found by following the tables' own references, so that a table which is
added later cannot be forgotten. The audit trail stays: it names no person, only ids that lead
nowhere any more.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from server.storage import audit
from server.storage.db import Base
from server.storage.models import (
    AuditEvent,
    Block,
    Device,
    DiaryEntry,
    EntryConflict,
    InjectionDone,
    Invitation,
    Patient,
    PatientChoice,
    ReminderDelivery,
    SignOff,
    Subscription,
    raise_revision,
)

ERASED = "patient.erased"
ANONYMOUS = "anonymous-"


@dataclass(frozen=True)
class Proof:
    """An erasure as the sealed trail tells it: by table, how many rows went; `left` are those that
    are still there, which should be none."""

    event: AuditEvent
    rows: dict[str, int]
    left: dict[str, int]


def count(session: Session, clinic_id: UUID, patient_id: UUID) -> dict[str, int]:
    """By table, how many rows there are about a patient; tables without any are left out."""
    found = {}
    for table, about in _about(clinic_id, patient_id):
        rows = session.scalar(select(func.count()).select_from(table).where(about)) or 0
        if rows:
            found[table.name] = rows
    return found


def erase(session: Session, patient: Patient, actor: str, now: datetime) -> None:
    """Delete every row about the patient. The trail keeps how many of what, and of which id."""
    clinic_id, patient_id = patient.clinic_id, patient.id
    session.refresh(patient, with_for_update=True)
    rows = count(session, clinic_id, patient_id)
    session.expunge(patient)
    for table, about in reversed(_about(clinic_id, patient_id)):
        session.execute(delete(table).where(about).execution_options(synchronize_session=False))
    audit.record(session, clinic_id, actor, ERASED, f"patient:{patient_id}", {"rows": rows}, now)


def proof(session: Session, clinic_id: UUID, patient_id: UUID) -> Proof | None:
    """What the trail says of an erased patient, and what is there now; None if none was erased."""
    event = session.scalar(
        select(AuditEvent).where(
            AuditEvent.clinic_id == clinic_id,
            AuditEvent.action == ERASED,
            AuditEvent.subject == f"patient:{patient_id}",
        )
    )
    if event is None:
        return None
    return Proof(event, event.details["rows"], count(session, clinic_id, patient_id))


def anonymise(session: Session, patient: Patient, actor: str, now: datetime) -> None:
    """Take away what says who it was: the reference, every free text, and the phones.

    Scores, times and what was done stay, under a reference that means nothing. Phones are let in
    no more and nobody is reminded.
    """
    clinic_id, patient_id = patient.clinic_id, patient.id
    session.refresh(patient, with_for_update=True)
    about = {table.name: where for table, where in _about(clinic_id, patient_id)}
    for entry in session.scalars(select(DiaryEntry).where(about["diary_entry"])):
        entry.content = entry.content | {"note": None, "activities": []}
    for signed in session.scalars(select(SignOff).where(about["sign_off"])):
        signed.comment = ""
    session.flush()
    for gone in (EntryConflict, InjectionDone, PatientChoice, ReminderDelivery, Subscription):
        session.execute(delete(gone).where(about[gone.__tablename__]))
    session.execute(
        update(Device)
        .where(about["device"])
        .values(user_agent="", revoked_at=func.coalesce(Device.revoked_at, now))
    )
    session.execute(
        update(Invitation)
        .where(about["invitation"])
        .values(revoked_at=func.coalesce(Invitation.revoked_at, now))
    )
    patient.reference = f"{ANONYMOUS}{secrets.token_hex(6)}"
    raise_revision(session, clinic_id, "patient_id", patient_id)
    session.flush()
    audit.record(session, clinic_id, actor, "patient.anonymised", f"patient:{patient_id}", {}, now)


def is_anonymous(patient: Patient) -> bool:
    """Was it taken away who this was?"""
    return patient.reference.startswith(ANONYMOUS)


def unused_since(session: Session, clinic_id: UUID, before: datetime) -> list[Patient]:
    """Patients about whom nothing was planned, done or received since, oldest first."""
    last_block = (
        select(Block.patient_id)
        .where(
            Block.clinic_id == clinic_id,
            or_(
                Block.planned_on >= before.date(),
                Block.performed_at >= before,
                Block.created_at >= before,
            ),
        )
        .union(
            select(Block.patient_id)
            .join(DiaryEntry, DiaryEntry.block_id == Block.id)
            .where(Block.clinic_id == clinic_id, DiaryEntry.received_at >= before)
        )
    )
    wanted = (
        select(Patient)
        .where(
            Patient.clinic_id == clinic_id,
            Patient.created_at < before,
            Patient.id.not_in(last_block),
        )
        .order_by(Patient.created_at, Patient.id)
    )
    return list(session.scalars(wanted))


def tables_about_a_patient() -> list[tuple[Table, ColumnElement[bool]]]:
    """Every table that leads to a patient; which rows those are, of nobody in particular."""
    return _about(UUID(int=0), UUID(int=0))


def _about(clinic_id: UUID, patient_id: UUID) -> list[tuple[Table, ColumnElement[bool]]]:
    """Every table with rows about a patient, what is referred to first, and which rows those are."""
    patients = Base.metadata.tables["patient"]
    found: list[tuple[Table, ColumnElement[bool]]] = [
        (patients, and_(patients.c.clinic_id == clinic_id, patients.c.id == patient_id))
    ]
    ids = {patients: select(patients.c.id).where(found[0][1])}
    for table in Base.metadata.sorted_tables:
        to_them = [
            key.parent.in_(ids[key.column.table])
            for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
            if key.column.table in ids and key.column.name == "id"
        ]
        if not to_them or table is patients:
            continue
        about = and_(table.c.clinic_id == clinic_id, or_(*to_them))
        found.append((table, about))
        if "id" in table.c and len(table.primary_key) == 1:
            ids[table] = select(table.c.id).where(about)
    return found
