"""The tables. Every row of data belongs to exactly one clinic, and says which (`clinic_id`)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from server.storage.columns import Instant
from server.storage.db import Base


def _id() -> Mapped[UUID]:
    return mapped_column(primary_key=True, default=uuid4)


def _clinic() -> Mapped[UUID]:
    return mapped_column(ForeignKey("clinic.id"), index=True)


class Clinic(Base):
    """One organisation."""

    __tablename__ = "clinic"
    id: Mapped[UUID] = _id()
    name: Mapped[str]
    telephone: Mapped[str]  #: what a patient calls, as shown to them
    timezone: Mapped[str]
    #: who must sign in with a second factor: nobody, administrators or everybody
    second_factor_for: Mapped[str] = mapped_column(default="administrators")
    created_at: Mapped[datetime] = mapped_column(Instant)


class Patient(Base):
    """A person at a clinic, known by the clinic's own reference; no name is required."""

    __tablename__ = "patient"
    __table_args__ = (UniqueConstraint("clinic_id", "reference"),)
    id: Mapped[UUID] = _id()
    clinic_id: Mapped[UUID] = _clinic()
    reference: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    created_at: Mapped[datetime] = mapped_column(Instant)


class AcceptedLanguage(Base):
    """A language whose words a clinic lets its patients read, and who decided so."""

    __tablename__ = "accepted_language"
    clinic_id: Mapped[UUID] = mapped_column(ForeignKey("clinic.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)  #: as in a page's `lang`
    accepted_by: Mapped[int]  #: staff member
    accepted_at: Mapped[datetime] = mapped_column(Instant)


class Protocol(Base):
    """One version of a clinic's schedule and criteria; never changed once kept."""

    __tablename__ = "protocol"
    __table_args__ = (UniqueConstraint("clinic_id", "name", "version"),)
    id: Mapped[UUID] = _id()
    clinic_id: Mapped[UUID] = _clinic()
    name: Mapped[str]
    version: Mapped[int]
    assessments: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  #: as in a report file
    criteria: Mapped[dict[str, Any]] = mapped_column(JSON)  #: all nine, as in a report file
    baseline_max_age_minutes: Mapped[int]
    #: whether a reminder that nothing confirms is followed by one gentle second push
    nudge: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(Instant)


class Block(Base):
    """One diagnostic procedure on one patient."""

    __tablename__ = "block"
    __table_args__ = (Index("ix_block_board", "clinic_id", "planned_on"),)
    id: Mapped[UUID] = _id()
    clinic_id: Mapped[UUID] = _clinic()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    protocol_id: Mapped[UUID] = mapped_column(ForeignKey("protocol.id"))
    number: Mapped[int]  #: first, second ... in the series
    region: Mapped[str]  #: cervical, thoracic or lumbar
    levels: Mapped[str]
    side: Mapped[str]  #: left, right or both
    agent: Mapped[str]
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
    id: Mapped[UUID] = _id()
    clinic_id: Mapped[UUID] = _clinic()
    block_id: Mapped[UUID] = mapped_column(ForeignKey("block.id"), index=True)
    site: Mapped[str]
    score: Mapped[int]
    entered_by: Mapped[int]  #: staff member
    entered_at: Mapped[datetime] = mapped_column(Instant)


class SignOff(Base):
    """A clinician has read the report of a block and concluded. Rows are only ever added."""

    __tablename__ = "sign_off"
    id: Mapped[UUID] = _id()
    clinic_id: Mapped[UUID] = _clinic()
    block_id: Mapped[UUID] = mapped_column(ForeignKey("block.id"), index=True)
    signed_by: Mapped[int]  #: staff member
    signed_at: Mapped[datetime] = mapped_column(Instant)
    comment: Mapped[str]  #: the clinician's own words; may be empty
    figures: Mapped[dict[str, Any]] = mapped_column(JSON)  #: as they were read: `figures_json`


class Enrolment(Base):
    """Links one patient's phones to their blocks."""

    __tablename__ = "enrolment"
    id: Mapped[UUID] = _id()
    clinic_id: Mapped[UUID] = _clinic()
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class Invitation(Base):
    """A link and a typed code for one phone: one use, expiring; only hashes are kept."""

    __tablename__ = "invitation"
    id: Mapped[UUID] = _id()
    clinic_id: Mapped[UUID] = _clinic()
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
    id: Mapped[UUID] = _id()
    clinic_id: Mapped[UUID] = _clinic()
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    check_word: Mapped[str]  #: shown on the phone and at the clinic
    user_agent: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)  #: last sync
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class DiaryEntry(Base):
    """One rating as the phone recorded it: raw stamps, never changed, never deleted."""

    __tablename__ = "diary_entry"
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)  #: made by the phone
    clinic_id: Mapped[UUID] = _clinic()
    block_id: Mapped[UUID] = mapped_column(ForeignKey("block.id"), index=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"))
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
    id: Mapped[UUID] = _id()
    clinic_id: Mapped[UUID] = _clinic()
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
    clinic_id: Mapped[UUID] = _clinic()
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
    clinic_id: Mapped[UUID] = _clinic()
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"))
    block_id: Mapped[UUID | None] = mapped_column(ForeignKey("block.id"))  #: None: about them all
    kind: Mapped[str]  #: the item's type: quiet_hours or zone_followed
    chosen_at: Mapped[datetime] = mapped_column(Instant)  #: corrected; the last one counts
    content: Mapped[dict[str, Any]] = mapped_column(JSON)  #: the item as sent
    digest: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(Instant)


class Subscription(Base):
    """One way to reach a patient: a browser's push endpoint, or an e-mail address.

    Whatever an address is made of is sealed with the installation's key.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        # Retired rows stay with their clinic; a browser that moves on gets a row of its own.
        Index(
            "uq_subscription_live_endpoint",
            "endpoint_hash",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
        Index(
            "uq_subscription_live_email",
            "email_of",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
    )
    id: Mapped[UUID] = _id()
    clinic_id: Mapped[UUID] = _clinic()
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("device.id"), index=True)
    #: the patient whose e-mail address it is; None: it is a browser's, on `device_id`
    email_of: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    endpoint_hash: Mapped[str]  #: of the push endpoint, or of the token that stops the e-mails
    push_service: Mapped[str]  #: origin of the endpoint, or `email`
    sealed: Mapped[str]  #: the browser's PushSubscription JSON, or address and token
    created_at: Mapped[datetime] = mapped_column(Instant)
    retired_at: Mapped[datetime | None] = mapped_column(Instant)
    retired_because: Mapped[str | None]


class Reminder(Base):
    """One planned prompt for one assessment."""

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("block_id", "assessment_id", "attempt"),
        # The loop's queue: its size is what is still to do, whatever the table's.
        Index(
            "ix_reminder_next_try_at",
            "next_try_at",
            sqlite_where=text("next_try_at IS NOT NULL"),
            postgresql_where=text("next_try_at IS NOT NULL"),
        ),
    )
    id: Mapped[UUID] = _id()
    clinic_id: Mapped[UUID] = _clinic()
    block_id: Mapped[UUID] = mapped_column(ForeignKey("block.id"))
    assessment_id: Mapped[str]
    attempt: Mapped[str]  #: prompt, nudge or snoozed
    due_at: Mapped[datetime] = mapped_column(Instant)
    closes_at: Mapped[datetime] = mapped_column(Instant)
    #: planned, sent, answered, expired, cancelled or unneeded (a nudge whose prompt was shown)
    state: Mapped[str]
    #: when the loop looks at it next; None: nothing more to do
    next_try_at: Mapped[datetime | None] = mapped_column(Instant)
    #: until when one worker alone has it; None: nobody
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)  #: first accepted for a phone


class ReminderDelivery(Base):
    """One reminder on its way to one phone: what the push service said, and the phone's receipt."""

    __tablename__ = "reminder_delivery"
    __table_args__ = (UniqueConstraint("reminder_id", "subscription_id"),)
    id: Mapped[UUID] = _id()
    clinic_id: Mapped[UUID] = _clinic()
    reminder_id: Mapped[UUID] = mapped_column(ForeignKey("reminder.id"))
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("subscription.id"))
    tries: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None] = mapped_column(Instant)  #: None: not to be tried again
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    failure: Mapped[str | None]  #: why the push service refused it, in one word
    shown_at: Mapped[datetime | None] = mapped_column(Instant)  #: the phone's own clock
    receipt_at: Mapped[datetime | None] = mapped_column(Instant)  #: when the receipt arrived
    #: server minus phone as the receipt arrived: `shown_at` is read with it
    receipt_clock_difference_seconds: Mapped[float | None]


class ReminderLoop(Base):
    """One running reminder loop: when it was last alive, and what it has counted since its start."""

    __tablename__ = "reminder_loop"
    id: Mapped[UUID] = _id()
    beat_at: Mapped[datetime] = mapped_column(Instant, index=True)
    counts: Mapped[list[Any]] = mapped_column(JSON)  #: [sample name, labels, value], by `metrics`


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
    clinic_id: Mapped[UUID] = _clinic()
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    actor: Mapped[str]  #: "staff:ID", "device:ID" or "system"
    action: Mapped[str]
    subject: Mapped[str]  #: "block:ID", "patient:ID" ...
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    address: Mapped[str | None]  #: where a staff member was; never a patient's
    number: Mapped[int]  #: 1, 2 ... at this clinic, without a gap
    hash: Mapped[str]  #: of this row and the hash of the one before (`domain.audit_chain`)
