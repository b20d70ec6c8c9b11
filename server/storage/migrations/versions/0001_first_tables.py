"""The first tables: clinics, patients, blocks, phones, diaries, reminders, the audit trail.

Constraints and indexes are named by the convention in `server.storage.db`.
"""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def _id() -> sa.Column[UUID]:
    return sa.Column("id", sa.Uuid(), primary_key=True)


def _to(
    name: str,
    target: str,
    *,
    primary_key: bool = False,
    index: bool = False,
    unique: bool = False,
    nullable: bool = False,
) -> sa.Column[UUID]:
    """A reference to a row of another table."""
    return sa.Column(
        name,
        sa.Uuid(),
        sa.ForeignKey(target),
        primary_key=primary_key,
        index=index,
        unique=unique,
        nullable=nullable,
    )


def _clinic_id() -> sa.Column[UUID]:
    return _to("clinic_id", "clinic.id", index=True)


def upgrade() -> None:
    op.create_table(
        "clinic",
        _id(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("telephone", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_table(
        "patient",
        _id(),
        _clinic_id(),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("clinic_id", "reference"),
    )
    op.create_table(
        "protocol",
        _id(),
        _clinic_id(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("assessments", sa.JSON(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("baseline_max_age_minutes", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("clinic_id", "name", "version"),
    )
    op.create_table(
        "block",
        _id(),
        _clinic_id(),
        _to("patient_id", "patient.id", index=True),
        _to("protocol_id", "protocol.id"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("levels", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("sites", sa.JSON(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("performed_at", INSTANT),
        sa.Column("performed_at_source", sa.Text()),
        sa.Column("cancelled_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_index("ix_block_board", "block", ["clinic_id", "planned_on"])
    op.create_table(
        "staff_baseline",
        _id(),
        _clinic_id(),
        _to("block_id", "block.id", index=True),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
    )
    op.create_table(
        "enrolment",
        _id(),
        _clinic_id(),
        _to("patient_id", "patient.id", unique=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
    )
    op.create_table(
        "device",
        _id(),
        _clinic_id(),
        _to("enrolment_id", "enrolment.id", index=True),
        sa.Column("secret_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("check_word", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
    )
    op.create_table(
        "invitation",
        _id(),
        _clinic_id(),
        _to("enrolment_id", "enrolment.id", index=True),
        sa.Column("token_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("code_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        _to("device_id", "device.id", nullable=True),
    )
    op.create_table(
        "diary_entry",
        _to("enrolment_id", "enrolment.id", primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        _clinic_id(),
        _to("block_id", "block.id", index=True),
        _to("device_id", "device.id"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("felt_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("sync_clock_difference_seconds", sa.Double(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
    )
    op.create_table(
        "entry_conflict",
        _id(),
        _clinic_id(),
        _to("enrolment_id", "enrolment.id"),
        _to("block_id", "block.id", index=True),
        _to("device_id", "device.id"),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.UniqueConstraint("enrolment_id", "item_id", "digest"),
    )
    op.create_table(
        "injection_done",
        _to("enrolment_id", "enrolment.id", primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        _clinic_id(),
        _to("block_id", "block.id", index=True),
        _to("device_id", "device.id"),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("sync_clock_difference_seconds", sa.Double(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
    )
    op.create_table(
        "subscription",
        _id(),
        _clinic_id(),
        _to("device_id", "device.id", index=True),
        sa.Column("endpoint_hash", sa.Text(), nullable=False),
        sa.Column("push_service", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT),
        sa.Column("retired_because", sa.Text()),
    )
    op.create_index(
        "uq_subscription_live_endpoint",
        "subscription",
        ["endpoint_hash"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "reminder",
        _id(),
        _clinic_id(),
        _to("block_id", "block.id"),
        sa.Column("assessment_id", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("closes_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_try_at", INSTANT),
        sa.Column("leased_until", INSTANT),
        sa.Column("sent_at", INSTANT),
        sa.UniqueConstraint("block_id", "assessment_id", "attempt"),
    )
    op.create_index(
        "ix_reminder_next_try_at",
        "reminder",
        ["next_try_at"],
        sqlite_where=sa.text("next_try_at IS NOT NULL"),
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_table(
        "reminder_delivery",
        _id(),
        _clinic_id(),
        _to("reminder_id", "reminder.id"),
        _to("subscription_id", "subscription.id"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("retry_at", INSTANT),
        sa.Column("accepted_at", INSTANT),
        sa.Column("failure", sa.Text()),
        sa.Column("shown_at", INSTANT),
        sa.Column("receipt_at", INSTANT),
        sa.UniqueConstraint("reminder_id", "subscription_id"),
    )
    op.create_table(
        "installation_key",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        _clinic_id(),
        sa.Column("at", INSTANT, nullable=False, index=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
    )
