"""Indexes by which the pages of a clinic with many blocks find what they show."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_block_performed",
        "block",
        ["clinic_id", "performed_at"],
        sqlite_where=sa.text("cancelled_at IS NULL"),
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    op.drop_index("ix_diary_entry_block_id", "diary_entry")
    op.create_index("ix_diary_entry_of_block", "diary_entry", ["block_id", "clinic_id"])
    op.create_index(
        "ix_diary_entry_told",
        "diary_entry",
        ["clinic_id", "received_at"],
        sqlite_where=sa.text("json_extract(content, '$.after_effects') <> '[]'"),
        postgresql_where=sa.text("(content ->> 'after_effects') <> '[]'"),
    )
    op.create_index(
        "ix_reminder_delivery_silent",
        "reminder_delivery",
        ["clinic_id", "accepted_at"],
        sqlite_where=sa.text("receipt_at IS NULL"),
        postgresql_where=sa.text("receipt_at IS NULL"),
    )
    op.create_index(
        "ix_subscription_email",
        "subscription",
        ["email_of"],
        sqlite_where=sa.text("email_of IS NOT NULL"),
        postgresql_where=sa.text("email_of IS NOT NULL"),
    )
