"""The audit trail: who saw and changed what. Rows are only ever added."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.storage.models import AuditEvent, Device

SYSTEM = "system"


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
    session.add(
        AuditEvent(
            clinic_id=clinic_id,
            at=now,
            actor=actor,
            action=action,
            subject=subject,
            details=dict(details),
        )
    )


def about(session: Session, clinic_id: UUID, subject: str) -> list[AuditEvent]:
    """What happened to one subject, oldest first."""
    return list(
        session.scalars(
            select(AuditEvent)
            .where(AuditEvent.clinic_id == clinic_id, AuditEvent.subject == subject)
            .order_by(AuditEvent.at, AuditEvent.id)
        )
    )
