"""Ratings that staff write down for a patient: no phone, but a source and who wrote."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("diary_entry") as table:
        table.add_column(sa.Column("source", sa.Text(), nullable=False, server_default="phone"))
        table.add_column(sa.Column("entered_by", sa.Integer(), nullable=True))
        table.alter_column("device_id", existing_type=sa.Uuid(), nullable=True)
