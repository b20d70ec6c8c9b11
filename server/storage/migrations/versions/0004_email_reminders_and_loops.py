"""E-mail addresses beside push subscriptions, and the reminder loops with their counts."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("subscription") as table:
        table.alter_column("device_id", existing_type=sa.Uuid(), nullable=True)
        table.add_column(sa.Column("email_of", sa.Uuid(), nullable=True))
        table.create_foreign_key(op.f("fk_subscription_email_of"), "patient", ["email_of"], ["id"])
    op.create_index(
        "uq_subscription_live_email",
        "subscription",
        ["email_of"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "reminder_loop",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_loop")),
    )
    op.create_index(op.f("ix_reminder_loop_beat_at"), "reminder_loop", ["beat_at"])
