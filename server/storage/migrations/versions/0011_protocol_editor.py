"""What a clinic's protocol tells its patients and where it comes from; more of what a block was."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("texts", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("offered", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("saved_by", sa.Integer(), nullable=True),
    ):
        op.add_column("protocol", column)
    for column in (
        sa.Column("concentration_percent", sa.Double(), nullable=True),
        sa.Column("steroid", sa.Boolean(), nullable=True),
        sa.Column("sedation", sa.Boolean(), nullable=True),
    ):
        op.add_column("block", column)
