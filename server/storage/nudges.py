"""The gentle second push about an assessment: closed as soon as nobody needs it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.domain.reminders import nudge_is_needed
from server.storage.models import Reminder, ReminderDelivery
from server.storage.reminder_rows import another, leave


def spare(session: Session, reminder: Reminder) -> None:
    """The patient has seen it: no second push; a worker that has it finds its lease gone."""
    nudge = another(session, reminder, "nudge")
    if nudge is not None and nudge.id != reminder.id and nudge.state == "planned":
        nudge.state = "unneeded"
        leave(nudge)


def unneeded(session: Session, due: Iterable[Any], now: datetime) -> set[UUID]:
    """The second pushes that nobody needs (any more), of reminders that are due.

    To be asked with the rows locked, before they are sent.

    :param due: rows with the columns of `Reminder` that tell which one it is
    """
    nudges = [row for row in due if row.attempt == "nudge"]
    if not nudges:
        return set()
    shown = (
        select(func.count(ReminderDelivery.receipt_at))
        .where(ReminderDelivery.reminder_id == Reminder.id)
        .correlate(Reminder)
        .scalar_subquery()
    )
    prompts = {
        (block_id, assessment_id): (sent_at, receipts > 0)
        for block_id, assessment_id, sent_at, receipts in session.execute(
            select(Reminder.block_id, Reminder.assessment_id, Reminder.sent_at, shown).where(
                Reminder.attempt == "prompt",
                Reminder.clinic_id.in_({row.clinic_id for row in nudges}),
                Reminder.block_id.in_({row.block_id for row in nudges}),
            )
        )
    }
    dropped = set()
    for row in nudges:
        sent_at, confirmed = prompts.get((row.block_id, row.assessment_id), (None, False))
        if not nudge_is_needed(sent_at, confirmed, now):
            dropped.add(row.id)
    return dropped
