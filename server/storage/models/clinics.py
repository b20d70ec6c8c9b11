"""A clinic, what it decided, and what the installation keeps."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from server.storage.columns import Instant, new_id, of_clinic
from server.storage.db import Base


class Clinic(Base):
    """One organisation."""

    __tablename__ = "clinic"
    id: Mapped[UUID] = new_id()
    name: Mapped[str]
    telephone: Mapped[str]  #: what a patient calls, as shown to them
    #: what a patient calls while the clinic is closed; empty: it has no such number
    out_of_hours_telephone: Mapped[str] = mapped_column(default="", server_default="")
    #: where the clinic is, such as 112; empty: patients are told of none
    emergency_number: Mapped[str] = mapped_column(default="", server_default="")
    timezone: Mapped[str]
    #: who must sign in with a second factor: nobody, administrators or everybody
    second_factor_for: Mapped[str] = mapped_column(default="administrators")
    created_at: Mapped[datetime] = mapped_column(Instant)


class AcceptedLanguage(Base):
    """A language whose words a clinic lets its patients read, and who decided so."""

    __tablename__ = "accepted_language"
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)  #: as in a page's `lang`
    accepted_by: Mapped[int]  #: staff member
    accepted_at: Mapped[datetime] = mapped_column(Instant)


class ClinicTexts(Base):
    """What a clinic tells its patients in its own words, in one language (`domain.contact`)."""

    __tablename__ = "clinic_texts"
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)  #: as in a page's `lang`
    opening_hours: Mapped[str]
    advice: Mapped[str]


class Protocol(Base):
    """One version of a clinic's schedule and criteria; never changed once kept."""

    __tablename__ = "protocol"
    __table_args__ = (UniqueConstraint("clinic_id", "name", "version"),)
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
    name: Mapped[str]
    version: Mapped[int]
    assessments: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  #: as in a report file
    criteria: Mapped[dict[str, Any]] = mapped_column(JSON)  #: all nine, as in a report file
    baseline_max_age_minutes: Mapped[int]
    #: whether a reminder that nothing confirms is followed by one gentle second push
    nudge: Mapped[bool] = mapped_column(default=True, server_default=true())
    #: by language, the clinic's own words for the phone: `instructions` and `cautions`
    texts: Mapped[dict[str, dict[str, str]]] = mapped_column(
        JSON, default=dict, server_default=text("'{}'")
    )
    #: where it comes from, in the clinic's words; empty if nobody said
    source: Mapped[str] = mapped_column(default="", server_default=text("''"))
    #: whether a new block can get it, if it is the newest version
    offered: Mapped[bool] = mapped_column(default=True, server_default=true())
    saved_by: Mapped[int | None]  #: staff member; None: came with the clinic
    created_at: Mapped[datetime] = mapped_column(Instant)


class Retention(Base):
    """How long a clinic keeps what patients told it; no row: everything, for ever."""

    __tablename__ = "retention"
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), primary_key=True)
    months: Mapped[int]  #: since anything was heard of a patient
    then: Mapped[str]  #: erase or anonymise
    decided_by: Mapped[int]  #: staff member
    decided_at: Mapped[datetime] = mapped_column(Instant)
    applied_at: Mapped[datetime | None] = mapped_column(Instant)  #: when it was looked at last


class InstallationKey(Base):
    """A key that this installation made on its first start and keeps for life, sealed."""

    __tablename__ = "installation_key"
    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)


class AuditEvent(Base):
    """Who saw and changed what. Rows are only ever added, each sealed with the one before it."""

    __tablename__ = "audit_event"
    __table_args__ = (UniqueConstraint("clinic_id", "number"),)
    id: Mapped[int] = mapped_column(  #: in the order in which they were added
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True
    )
    clinic_id: Mapped[UUID] = of_clinic()
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    actor: Mapped[str]  #: "staff:ID", "device:ID" or "system"
    action: Mapped[str]
    subject: Mapped[str]  #: "block:ID", "patient:ID" ...
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    address: Mapped[str | None]  #: where a staff member was; never a patient's
    number: Mapped[int]  #: 1, 2 ... at this clinic, without a gap
    hash: Mapped[str]  #: of this row and the hash of the one before (`domain.audit_chain`)
