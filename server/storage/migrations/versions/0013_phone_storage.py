"""Whether each phone's browser promised to keep what is not sent yet."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device", sa.Column("storage_persisted", sa.Boolean(), nullable=True))
