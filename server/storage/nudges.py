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
    """Which of some due reminders are second pushes that nobody needs (any more). To be asked by
    the worker that claims them.

    :param due: have id, clinic_id, block_id, assessment_id and attempt
    """
    found = {row.id: (row.block_id, row.assessment_id) for row in due if row.attempt == "nudge"}
    if not found:
        return set()
    receipts = (
        select(func.count(ReminderDelivery.receipt_at))
        .where(ReminderDelivery.reminder_id == Reminder.id)
        .correlate(Reminder)
        .scalar_subquery()
    )
    prompts = {
        (block_id, assessment_id): nudge_is_needed(sent_at, shown > 0, now)
        for block_id, assessment_id, sent_at, shown in session.execute(
            select(Reminder.block_id, Reminder.assessment_id, Reminder.sent_at, receipts).where(
                Reminder.block_id.in_({block_id for block_id, _ in found.values()}),
                Reminder.assessment_id.in_({name for _, name in found.values()}),
                Reminder.attempt == "prompt",
            )
        )
    }
    return {nudge for nudge, asked in found.items() if not prompts.get(asked, False)}
