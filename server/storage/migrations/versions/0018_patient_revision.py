"""A number at each patient by which the board finds what changed."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "patient", sa.Column("revision", sa.Integer(), nullable=False, server_default="0")
    )
