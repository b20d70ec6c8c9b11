"""Reminders, where they go, and who sends them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from server.storage.columns import Instant, new_id, of_clinic
from server.storage.db import Base


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
        Index(
            "ix_subscription_email",
            "email_of",
            sqlite_where=text("email_of IS NOT NULL"),
            postgresql_where=text("email_of IS NOT NULL"),
        ),
    )
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("device.id"), index=True)
    #: the patient whose e-mail address it is; None: it is a browser's, on `device_id`
    email_of: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    endpoint_hash: Mapped[str]  #: of the push endpoint, or of the token that stops the e-mails
    push_service: Mapped[str]  #: origin of the endpoint, or `email`
    sealed: Mapped[str]  #: the browser's PushSubscription JSON, or address and token
    created_at: Mapped[datetime] = mapped_column(Instant)
    retired_at: Mapped[datetime | None] = mapped_column(Instant)
    retired_because: Mapped[str | None]
    #: when this phone last asked for a reminder on trial, and when one was last sent
    trial_asked_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
    trial_sent_at: Mapped[datetime | None] = mapped_column(Instant)


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
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
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
    __table_args__ = (
        UniqueConstraint("reminder_id", "subscription_id"),
        # What no phone confirmed; on most days that is little.
        Index(
            "ix_reminder_delivery_silent",
            "clinic_id",
            "accepted_at",
            sqlite_where=text("receipt_at IS NULL"),
            postgresql_where=text("receipt_at IS NULL"),
        ),
    )
    id: Mapped[UUID] = new_id()
    clinic_id: Mapped[UUID] = of_clinic()
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
    id: Mapped[UUID] = new_id()
    beat_at: Mapped[datetime] = mapped_column(Instant, index=True)
    counts: Mapped[list[Any]] = mapped_column(JSON)  #: [sample name, labels, value], by `metrics`
