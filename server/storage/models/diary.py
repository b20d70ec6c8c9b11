"""What phones recorded, as they sent it, and what staff wrote down for a patient."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from server.storage.columns import Instant, new_id, of_clinic
from server.storage.db import Base

#: Of an entry that tells of after-effects, by the kind of database, word for word as in the index.
TOLD = {
    "sqlite": text("json_extract(content, '$.after_effects') <> '[]'"),
    "postgresql": text("(content ->> 'after_effects') <> '[]'"),
}


class DiaryEntry(Base):
    """One rating as a phone recorded it or staff wrote it down: never changed, never deleted."""

    __tablename__ = "diary_entry"
    __table_args__ = (
        Index("ix_diary_entry_id", "id"),
        Index("ix_diary_entry_of_block", "block_id", "clinic_id"),
        Index(
            "ix_diary_entry_told",
            "clinic_id",
            "received_at",
            sqlite_where=TOLD["sqlite"],
            postgresql_where=TOLD["postgresql"],
        ),
    )
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(
        primary_key=True
    )  #: made by the phone, or by the page of the form
    clinic_id: Mapped[UUID] = of_clinic()
    block_id: Mapped[UUID] = mapped_column(ForeignKey("block.id"))
    source: Mapped[str] = mapped_column(default="phone", server_default="phone")  #: entries.Source
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("device.id"))  #: None: from staff
    entered_by: Mapped[int | None]  #: staff member; None: from a phone
    kind: Mapped[str]  #: baseline, rating or unable
    felt_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)  #: the entry as sent (wire.DiaryEntry)
    digest: Mapped[str]  #: of `content`; tells a duplicate from a conflict
    sync_clock_difference_seconds: Mapped[float]  #: server minus phone, measured at receipt
    received_at: Mapped[datetime] = mapped_column(Instant)


class EntryConflict(Base):
    """Another content under an id that is taken: kept for review, never lost."""

    __tablename__ = "entry_conflict"
    __table_args__ = (UniqueConstraint("enrolment_id", "item_id", "digest"),)
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"))
    block_id: Mapped[UUID] = mapped_column(ForeignKey("block.id"), index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"))
    item_id: Mapped[UUID]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(Instant)


class InjectionDone(Base):
    """The patient's own "my injection is done"; the clinic's entry wins over it."""

    __tablename__ = "injection_done"
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    clinic_id: Mapped[UUID] = of_clinic()
    block_id: Mapped[UUID] = mapped_column(ForeignKey("block.id"), index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str]
    sync_clock_difference_seconds: Mapped[float]
    received_at: Mapped[datetime] = mapped_column(Instant)


class PatientChoice(Base):
    """What a patient chose on a phone: quiet hours, or that a block follows the phone's zone."""

    __tablename__ = "patient_choice"
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)  #: made by the phone
    clinic_id: Mapped[UUID] = of_clinic()
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"))
    block_id: Mapped[UUID | None] = mapped_column(ForeignKey("block.id"))  #: None: about them all
    kind: Mapped[str]  #: the item's type: quiet_hours or zone_followed
    chosen_at: Mapped[datetime] = mapped_column(Instant)  #: corrected; the last one counts
    content: Mapped[dict[str, Any]] = mapped_column(JSON)  #: the item as sent
    digest: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(Instant)
