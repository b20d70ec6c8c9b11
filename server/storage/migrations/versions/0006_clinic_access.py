"""Links, sessions and throttling for staff; an audit trail that is sealed and only ever grows."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from server.domain.audit_chain import START, seal

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "clinic",
        sa.Column("second_factor_for", sa.Text(), nullable=False, server_default="administrators"),
    )
    op.add_column("staff_member", sa.Column("totp_counter", sa.Integer(), nullable=True))
    _create_tables()
    with op.batch_alter_table("audit_event") as table:
        table.add_column(sa.Column("address", sa.Text(), nullable=True))
        table.add_column(sa.Column("number", sa.Integer(), nullable=True))
        table.add_column(sa.Column("hash", sa.Text(), nullable=True))
    _seal_what_there_is()
    with op.batch_alter_table("audit_event") as table:
        table.alter_column("number", existing_type=sa.Integer(), nullable=False)
        table.alter_column("hash", existing_type=sa.Text(), nullable=False)
        table.create_unique_constraint("uq_audit_event_clinic_id", ["clinic_id", "number"])
    _only_ever_added()


def _clinic_id() -> sa.Column[Any]:
    return sa.Column("clinic_id", sa.Uuid(), sa.ForeignKey("clinic.id"), nullable=False, index=True)


def _staff_id() -> sa.Column[Any]:
    return sa.Column(
        "staff_id", sa.Integer(), sa.ForeignKey("staff_member.id"), nullable=False, index=True
    )


def _create_tables() -> None:
    op.create_table(
        "staff_invitation",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _clinic_id(),
        _staff_id(),
        sa.Column("token_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
    )
    op.create_table(
        "staff_session",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _clinic_id(),
        _staff_id(),
        sa.Column("token_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("proven_at", INSTANT),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("ended_at", INSTANT),
    )
    op.create_table(
        "sign_in_try",
        sa.Column("key_hash", sa.Text(), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False, index=True),
    )
    op.create_table(
        "passkey_challenge",
        sa.Column("challenge_hash", sa.Text(), primary_key=True),
        sa.Column("expires_at", INSTANT, nullable=False, index=True),
    )
    op.create_table(
        "audit_chain",
        sa.Column("clinic_id", sa.Uuid(), sa.ForeignKey("clinic.id"), primary_key=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
    )


def _seal_what_there_is() -> None:
    """In the order in which the rows were added; what was changed before cannot be told."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT id, clinic_id, at, actor, action, subject, details FROM audit_event ORDER BY id"
        ).columns(clinic_id=sa.Uuid(), at=INSTANT, details=sa.JSON())
    ).all()
    chains: dict[UUID, tuple[int, str]] = {}
    for row in rows:
        number, before = chains.get(row.clinic_id, (0, START))
        sealed = seal(
            before,
            clinic_id=str(row.clinic_id),
            number=number + 1,
            at=_aware(row.at),
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            details=row.details,
            address=None,
        )
        connection.execute(
            sa.text("UPDATE audit_event SET number = :number, hash = :hash WHERE id = :id"),
            {"number": number + 1, "hash": sealed, "id": row.id},
        )
        chains[row.clinic_id] = number + 1, sealed
    chain = sa.table(
        "audit_chain", sa.column("clinic_id", sa.Uuid()), sa.column("number"), sa.column("hash")
    )
    for clinic_id, (number, sealed) in chains.items():
        connection.execute(chain.insert().values(clinic_id=clinic_id, number=number, hash=sealed))


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _only_ever_added() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_event_no_{change.lower()} BEFORE {change} ON audit_event"
                " BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit trail is only ever added to'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE ON audit_event"
        " FOR EACH ROW EXECUTE FUNCTION audit_event_refuse()"
    )
    op.execute(
        "CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()"
    )
