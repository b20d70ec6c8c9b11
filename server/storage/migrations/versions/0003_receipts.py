"""Second pushes by protocol, what patients choose on their phones, the clock of a receipt."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "protocol", sa.Column("nudge", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    op.add_column(
        "reminder_delivery",
        sa.Column("receipt_clock_difference_seconds", sa.Double(), nullable=True),
    )
    op.create_table(
        "patient_choice",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("block_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["block_id"], ["block.id"], name=op.f("fk_patient_choice_block_id")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_patient_choice_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_patient_choice_device_id")
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_patient_choice_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "id", name=op.f("pk_patient_choice")),
    )
    op.create_index(
        op.f("ix_patient_choice_clinic_id"), "patient_choice", ["clinic_id"], unique=False
    )
