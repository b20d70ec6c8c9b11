"""A clinic's further numbers, and its own words for its patients in each language."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("out_of_hours_telephone", "emergency_number"):
        op.add_column("clinic", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.create_table(
        "clinic_texts",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("opening_hours", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_clinic_texts_clinic_id")
        ),
        sa.PrimaryKeyConstraint("clinic_id", "language", name=op.f("pk_clinic_texts")),
    )
