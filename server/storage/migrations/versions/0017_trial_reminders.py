"""When a phone asked for a reminder on trial, and when that was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "subscription", sa.Column("trial_asked_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "subscription", sa.Column("trial_sent_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index("ix_subscription_trial_asked_at", "subscription", ["trial_asked_at"])
