"""Single rows of the reminder table, for whoever holds their block."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.storage.models import Reminder


def another(session: Session, reminder: Reminder, attempt: str) -> Reminder | None:
    """Another reminder of the same assessment, which the caller holds (`reminders.locked`)."""
    return session.scalar(
        select(Reminder).where(
            Reminder.clinic_id == reminder.clinic_id,
            Reminder.block_id == reminder.block_id,
            Reminder.assessment_id == reminder.assessment_id,
            Reminder.attempt == attempt,
        )
    )


def leave(row: Reminder) -> None:
    """Nothing more to do for it; a worker that has it finds its lease gone."""
    row.leased_until = None
    row.next_try_at = None
