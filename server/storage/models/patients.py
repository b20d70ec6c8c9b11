"""Patients, their blocks, and the phones that they let in."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from server.storage.columns import Instant, new_id, of_clinic
from server.storage.db import Base


class Patient(Base):
    """A person at a clinic, known by the clinic's own reference; no name is required."""

    __tablename__ = "patient"
    __table_args__ = (UniqueConstraint("clinic_id", "reference"),)
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
    reference: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    created_at: Mapped[datetime] = mapped_column(Instant)
    #: Counts what was written about the patient's blocks and phones: see `revisions`.
    revision: Mapped[int] = mapped_column(default=0, server_default="0")


class Block(Base):
    """One diagnostic procedure on one patient."""

    __tablename__ = "block"
    __table_args__ = (
        Index("ix_block_board", "clinic_id", "planned_on"),
        Index(
            "ix_block_performed",
            "clinic_id",
            "performed_at",
            sqlite_where=text("cancelled_at IS NULL"),
            postgresql_where=text("cancelled_at IS NULL"),
        ),
    )
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    protocol_id: Mapped[UUID] = mapped_column(ForeignKey("protocol.id"))
    number: Mapped[int]  #: first, second ... in the series
    region: Mapped[str]  #: cervical, thoracic or lumbar
    levels: Mapped[str]
    side: Mapped[str]  #: left, right or both
    agent: Mapped[str]
    concentration_percent: Mapped[float | None]  #: of the agent; None: nobody said
    steroid: Mapped[bool | None]  #: injected with the agent; None: nobody said
    sedation: Mapped[bool | None]  #: given for the block; None: nobody said
    sites: Mapped[list[str]] = mapped_column(JSON)  #: 1 to 4 pain sites, scored on their own
    timezone: Mapped[str]
    planned_on: Mapped[date]  #: local date in `timezone`
    performed_at: Mapped[datetime | None] = mapped_column(Instant)  #: t0
    performed_at_source: Mapped[str | None]  #: "clinic" wins over "phone"
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)


class StaffBaseline(Base):
    """A baseline that staff entered or confirmed; the last one for a site wins over the phone's."""

    __tablename__ = "staff_baseline"
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
    block_id: Mapped[UUID] = mapped_column(ForeignKey("block.id"), index=True)
    site: Mapped[str]
    score: Mapped[int]
    entered_by: Mapped[int]  #: staff member
    entered_at: Mapped[datetime] = mapped_column(Instant)


class SignOff(Base):
    """A clinician has read the report of a block and concluded. Rows are only ever added."""

    __tablename__ = "sign_off"
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
    block_id: Mapped[UUID] = mapped_column(ForeignKey("block.id"), index=True)
    signed_by: Mapped[int]  #: staff member
    signed_at: Mapped[datetime] = mapped_column(Instant)
    comment: Mapped[str]  #: the clinician's own words; may be empty
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)  #: as they were read: `figures_json`


class Enrolment(Base):
    """Links one patient's phones to their blocks."""

    __tablename__ = "enrolment"
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class Invitation(Base):
    """A link and a typed code for one phone: one use, expiring; only hashes are kept."""

    __tablename__ = "invitation"
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    code_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("device.id"))


class Device(Base):
    """One phone's browser, known by the secret in its cookie; only its hash is kept."""

    __tablename__ = "device"
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    check_word: Mapped[str]  #: shown on the phone and at the clinic
    user_agent: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)  #: last sync
    #: whether its browser promised to keep what is stored there; None if it did not say
    storage_persisted: Mapped[bool | None]
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
