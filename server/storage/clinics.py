"""Clinics: whose data it is."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.errors import NotFound
from server.storage.models import Clinic


def create(session: Session, *, name: str, telephone: str, timezone: str, now: datetime) -> Clinic:
    """A new clinic. `telephone` is what patients are told to call; `timezone` an IANA name."""
    clinic = Clinic(name=name, telephone=telephone, timezone=timezone, created_at=now)
    session.add(clinic)
    session.flush()
    return clinic


def get(session: Session, clinic_id: UUID) -> Clinic:
    """:raises NotFound: there is no such clinic"""
    clinic = session.get(Clinic, clinic_id)
    if clinic is None:
        raise NotFound("There is no such clinic.")
    return clinic


def take_turns(session: Session, clinic_id: UUID) -> None:
    """Until the end of the transaction nobody else who calls this goes on for the same clinic.

    Rows that name the clinic can still be added meanwhile.
    """
    session.execute(select(Clinic.id).where(Clinic.id == clinic_id).with_for_update(key_share=True))


def all_of_them(session: Session) -> list[Clinic]:
    """Every clinic of this installation, oldest first."""
    return list(session.scalars(select(Clinic).order_by(Clinic.created_at, Clinic.id)))
