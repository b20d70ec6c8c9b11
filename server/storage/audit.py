"""The audit trail: who saw and changed what, and from where. Rows are only ever added.

Each row is sealed with the one before it at its clinic (`domain.audit_chain`). That happens when
the transaction commits: the clinic's chain is the last thing it waits for, so that two transactions
that record something cannot wait for each other, and hold it no longer than the commit takes.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, event, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from server.domain.audit_chain import START, seal
from server.storage.db import Base
from server.storage.models import AuditEvent, Device

SYSTEM = "system"

#: Where the staff member is who sends the request that is answered now; None: not a staff member's.
address: ContextVar[str | None] = ContextVar("address", default=None)

_WAITING = "audit events that wait for the commit"


class AuditChain(Base):
    """The last row of a clinic's trail. Whoever adds one locks this first."""

    __tablename__ = "audit_chain"
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), primary_key=True)
    number: Mapped[int]
    hash: Mapped[str]


def staff(staff_id: int) -> str:
    """How the trail names a staff member."""
    return f"staff:{staff_id}"


def phone(device: Device) -> str:
    """How the trail names a patient's phone."""
    return f"device:{device.id}"


def record(
    session: Session,
    clinic_id: UUID,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, Any],
    now: datetime,
) -> None:
    """Add to the trail, in the transaction of what it tells about.

    :param actor: `staff(...)`, `phone(...)` or SYSTEM
    :param action: such as `block.time_set`
    :param subject: such as `block:ID`
    :param details: values of JSON; never a secret, never free text of a patient
    """
    added = AuditEvent(
        clinic_id=clinic_id,
        at=now,
        actor=actor,
        action=action,
        subject=subject,
        details=dict(details),
        address=address.get(),
    )
    session.info.setdefault(_WAITING, []).append((_savepoints(session), added))


def about(session: Session, clinic_id: UUID, subject: str) -> list[AuditEvent]:
    """What happened to one subject, oldest first."""
    _seal_waiting(session)
    return list(
        session.scalars(
            select(AuditEvent)
            .where(AuditEvent.clinic_id == clinic_id, AuditEvent.subject == subject)
            .order_by(AuditEvent.at, AuditEvent.id)
        )
    )


@event.listens_for(Session, "before_commit")
def _seal_waiting(session: Session) -> None:
    if session.in_nested_transaction():
        return
    waiting = [added for _, added in session.info.pop(_WAITING, [])]
    # Several clinics in one order, so that nobody waits in a circle.
    for clinic_id in sorted({added.clinic_id for added in waiting}):
        last = _last(session, clinic_id)
        for added in waiting:
            if added.clinic_id == clinic_id:
                last = _sealed(added, *last)
        session.add_all(added for added in waiting if added.clinic_id == clinic_id)
        number, sealed = last
        chain = update(AuditChain).where(AuditChain.clinic_id == clinic_id)
        session.execute(chain.values(number=number, hash=sealed))
    session.flush()


@event.listens_for(Session, "after_soft_rollback")
def _forget_waiting(session: Session, rolled_back: SessionTransaction) -> None:
    waiting = session.info.get(_WAITING, [])
    if not rolled_back.nested:
        waiting.clear()
    waiting[:] = [each for each in waiting if rolled_back not in each[0]]


def _savepoints(session: Session) -> list[SessionTransaction]:
    """Those that are open, whose end without success takes back what is recorded now."""
    found, each = [], session.get_nested_transaction()
    while each is not None:
        found.append(each)
        each = each.parent if each.parent is not None and each.parent.nested else None
    return found


def _last(session: Session, clinic_id: UUID) -> tuple[int, str]:
    """Number and seal of the last row, locked until the end of the transaction."""
    chain = select(AuditChain.number, AuditChain.hash).where(AuditChain.clinic_id == clinic_id)
    found = session.execute(chain.with_for_update()).one_or_none()
    if found is None:
        dialect = session.get_bind().dialect.name
        insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
        first = insert(AuditChain).values(clinic_id=clinic_id, number=0, hash=START)
        session.execute(first.on_conflict_do_nothing())
        found = session.execute(chain.with_for_update()).one()
    return found.number, found.hash


def _sealed(added: AuditEvent, number: int, before: str) -> tuple[int, str]:
    added.number = number + 1
    added.hash = hash_of(added, before)
    return added.number, added.hash


def hash_of(row: AuditEvent, before: str) -> str:
    """The seal that the row should carry after one with the seal `before`."""
    return seal(
        before,
        clinic_id=str(row.clinic_id),
        number=row.number,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        details=row.details,
        address=row.address,
    )
