"""Finding things in a clinic's audit trail."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from server.storage.models import AuditEvent, Block, Device, Enrolment, Patient

AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for; None or "" does not narrow.

    `actor` is as the trail names it, `action` a whole one or its first part ("block"), `patient` the
    clinic's reference, `since` and `until` are aware, `until` not included.
    """

    actor: str = ""
    action: str = ""
    patient: str = ""
    since: datetime | None = None
    until: datetime | None = None


def page(
    session: Session, clinic_id: UUID, wanted: Wanted, *, before: int | None, size: int
) -> list[AuditEvent]:
    """The newest first.

    :param before: only rows numbered lower, for the next page
    """
    rows = _chosen(session, clinic_id, wanted)
    if before is not None:
        rows = rows.where(AuditEvent.number < before)
    return list(session.scalars(rows.order_by(AuditEvent.number.desc()).limit(size)))


def everything(session: Session, clinic_id: UUID, wanted: Wanted) -> Iterator[list[AuditEvent]]:
    """The oldest first, a few at a time, however many there are."""
    rows = _chosen(session, clinic_id, wanted).order_by(AuditEvent.number)
    with session.scalars(rows.execution_options(yield_per=AT_ONCE)) as found:
        for some in found.partitions():
            yield list(some)
            session.expunge_all()


def references(session: Session, clinic_id: UUID, subjects: list[str]) -> dict[str, str]:
    """By subject, the reference of the patient whom it is about; other subjects are left out."""
    ids: dict[str, list[UUID]] = {"block": [], "patient": [], "enrolment": [], "device": []}
    for subject in set(subjects):
        kind, _, text = subject.partition(":")
        if kind in ids:
            ids[kind].append(UUID(text))
    found: dict[str, str] = {}
    for kind, rows in _patients_of(ids, clinic_id):
        found |= {f"{kind}:{row[0]}": row[1] for row in session.execute(rows)}
    return found


def _patients_of(
    ids: dict[str, list[UUID]], clinic_id: UUID
) -> Iterator[tuple[str, Select[UUID, str]]]:
    ours = Patient.clinic_id == clinic_id
    if ids["patient"]:
        rows = select(Patient.id, Patient.reference).where(ours, Patient.id.in_(ids["patient"]))
        yield "patient", rows
    if ids["block"]:
        rows = select(Block.id, Patient.reference).join(Patient, Patient.id == Block.patient_id)
        yield "block", rows.where(ours, Block.id.in_(ids["block"]))
    enrolled = select(Enrolment.id, Patient.reference).join(
        Patient, Patient.id == Enrolment.patient_id
    )
    if ids["enrolment"]:
        yield "enrolment", enrolled.where(ours, Enrolment.id.in_(ids["enrolment"]))
    if ids["device"]:
        phones = (
            select(Device.id, Patient.reference)
            .join(Enrolment, Enrolment.id == Device.enrolment_id)
            .join(Patient, Patient.id == Enrolment.patient_id)
        )
        yield "device", phones.where(ours, Device.id.in_(ids["device"]))


def _chosen(session: Session, clinic_id: UUID, wanted: Wanted) -> Select[AuditEvent]:
    rows = select(AuditEvent).where(AuditEvent.clinic_id == clinic_id)
    if wanted.actor:
        rows = rows.where(AuditEvent.actor == wanted.actor)
    if wanted.action:
        first_part = AuditEvent.action.startswith(f"{wanted.action}.", autoescape=True)
        rows = rows.where(or_(AuditEvent.action == wanted.action, first_part))
    if wanted.since is not None:
        rows = rows.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        rows = rows.where(AuditEvent.at < wanted.until)
    if wanted.patient:
        subjects = _subjects_of(session, clinic_id, wanted.patient)
        rows = rows.where(or_(AuditEvent.subject.in_(subjects), AuditEvent.actor.in_(subjects)))
    return rows


def _subjects_of(session: Session, clinic_id: UUID, reference: str) -> list[str]:
    """Everything that the trail may call this patient; empty if there is no such patient."""
    chosen = select(Patient.id).where(
        Patient.clinic_id == clinic_id, Patient.reference == reference
    )
    patient_id = session.scalar(chosen)
    if patient_id is None:
        return []
    blocks = session.scalars(select(Block.id).where(Block.patient_id == patient_id))
    enrolments = list(
        session.scalars(select(Enrolment.id).where(Enrolment.patient_id == patient_id))
    )
    devices = session.scalars(select(Device.id).where(Device.enrolment_id.in_(enrolments)))
    return [
        f"patient:{patient_id}",
        *(f"block:{each}" for each in blocks),
        *(f"enrolment:{each}" for each in enrolments),
        *(f"device:{each}" for each in devices),
    ]
