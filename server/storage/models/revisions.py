"""Each patient's revision: a number that is raised by whatever is written about the patient's blocks
and phones, so that a board which was read once finds what it has to read anew.

It is raised as the transaction commits, patient by patient in one order and before the audit chain
is sealed, so that two transactions cannot wait for each other. A receipt raises nothing.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, event, inspect, select, update
from sqlalchemy.orm import Session

from server.storage.models.diary import DiaryEntry, EntryConflict
from server.storage.models.patients import Block, Device, Enrolment, Patient, StaffBaseline
from server.storage.models.reminders import Subscription

#: What counts when it is added, and the column that leads to the patient.
_ADDED: dict[type, str] = {
    DiaryEntry: "block_id",
    EntryConflict: "block_id",
    StaffBaseline: "block_id",
    Device: "enrolment_id",
    Subscription: "device_id",
}
#: What counts when this column of it changes.
_CHANGED: dict[type, str] = {
    Device: "revoked_at",
    Enrolment: "revoked_at",
    Subscription: "retired_at",
}
_WAITING = "patients that wait for the commit"


def raise_revision(session: Session, clinic_id: UUID, column: str, value: UUID) -> None:
    """Raise the patient's revision with this transaction. Rows of the session do so by themselves;
    this is for what is written without them.

    :param column: what `value` is: "patient_id", "block_id", "enrolment_id" or "device_id"
    """
    session.info.setdefault(_WAITING, set()).add((clinic_id, column, value))


@event.listens_for(Session, "before_flush")
def _note(session: Session, *_: object) -> None:
    for row in session.new:
        _wait(session, row, _ADDED.get(type(row)))
    for row in session.dirty:
        changed = _CHANGED.get(type(row))
        if changed and inspect(row).attrs[changed].history.has_changes():
            _wait(session, row, "patient_id" if type(row) is Enrolment else _ADDED[type(row)])


def _wait(session: Session, row: Any, column: str | None) -> None:
    if column and (value := getattr(row, column)) is not None:
        raise_revision(session, row.clinic_id, column, value)


# Before the listener that seals the audit chain, whichever module was imported first.
@event.listens_for(Session, "before_commit", insert=True)
def _raise(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    waiting = session.info.pop(_WAITING, set())
    found = {
        (clinic_id, patient_id)
        for clinic_id, column, value in waiting
        for patient_id in session.scalars(_patient(clinic_id, column, value))
    }
    for clinic_id, patient_id in sorted(found):
        session.execute(
            update(Patient)
            .where(Patient.clinic_id == clinic_id, Patient.id == patient_id)
            .values(revision=Patient.revision + 1)
            .execution_options(synchronize_session=False)
        )


def _patient(clinic_id: UUID, column: str, value: UUID) -> Select[UUID]:
    match column:
        case "block_id":
            found = select(Block.patient_id).where(Block.id == value)
            return found.where(Block.clinic_id == clinic_id)
        case "device_id":
            device = select(Device.enrolment_id).where(Device.id == value).scalar_subquery()
            found = select(Enrolment.patient_id).where(Enrolment.id == device)
            return found.where(Enrolment.clinic_id == clinic_id)
        case "enrolment_id":
            found = select(Enrolment.patient_id).where(Enrolment.id == value)
            return found.where(Enrolment.clinic_id == clinic_id)
        case _:
            return select(Patient.id).where(Patient.id == value, Patient.clinic_id == clinic_id)
