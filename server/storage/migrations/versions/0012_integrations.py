"""API tokens of a clinic, and where its finished reports are sent."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), sa.ForeignKey("clinic.id"), nullable=False, index=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
    )
    op.create_table(
        "report_target",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), sa.ForeignKey("clinic.id"), nullable=False, index=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.Text()),
        sa.Column("set_by", sa.Integer(), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.UniqueConstraint("clinic_id", "kind"),
    )
    op.create_table(
        "report_push",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), sa.ForeignKey("clinic.id"), nullable=False, index=True),
        sa.Column("target_id", sa.Uuid(), sa.ForeignKey("report_target.id"), nullable=False),
        sa.Column("block_id", sa.Uuid(), sa.ForeignKey("block.id"), nullable=False, index=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, index=True),
        sa.Column("leased_until", INSTANT),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", INSTANT),
        sa.Column("problem", sa.Text()),
        sa.Column("delivered_at", INSTANT),
        sa.Column("version", sa.Text()),
        sa.Column("sent", sa.JSON(), nullable=False),
        sa.UniqueConstraint("target_id", "block_id"),
    )
    op.create_index("ix_diary_entry_id", "diary_entry", ["id"])
