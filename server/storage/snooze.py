"""A reminder that the patient puts off."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from server.domain.block_record import answered
from server.domain.errors import Conflict, NotFound
from server.domain.reminders import snoozed_until
from server.storage import blocks, nudges, reminders
from server.storage.models import Reminder
from server.storage.reminder_rows import another, leave


class AlreadyAnswered(Conflict):
    """There is nothing left to be reminded of."""

    code = "answered"


class TooLate(Conflict):
    """The reminder was put off once already, or its window ends before it would ring again."""

    code = "too_late"


def snooze(
    session: Session, clinic_id: UUID, device_id: UUID, delivery_id: UUID, now: datetime
) -> datetime:
    """The patient puts a reminder off: it rings once more, on every phone, in ten minutes.

    Once for each assessment, so that nobody is asked for ever; the same delivery again only says
    when. Quiet hours do not apply: somebody asked for it.

    :raises NotFound: no such reminder was sent to this patient
    :raises AlreadyAnswered: its assessment is answered, or its block no longer followed
    :raises TooLate: it would ring after its window, or was put off before
    """
    reminder_id = reminders.of_patient(session, clinic_id, device_id, delivery_id)
    if reminder_id is None:
        raise NotFound("No reminder of this name was sent to this phone.")
    reminder = reminders.locked(session, reminder_id)
    block = blocks.get(session, clinic_id, reminder.block_id)
    is_answered = reminder.assessment_id in answered(blocks.diary(session, block))
    if is_answered or block.cancelled_at is not None:
        raise AlreadyAnswered("There is nothing left to answer.")
    put_off = another(session, reminder, "snoozed")
    if put_off is not None and put_off.state == "planned":
        return put_off.due_at
    until = snoozed_until(reminder.closes_at, now)
    if put_off is not None or until is None:
        raise TooLate("This cannot be put off any more.")
    leave(reminder)  # a second phone that is still to be tried rings then, too
    nudges.spare(session, reminder)
    session.add(
        Reminder(
            clinic_id=reminder.clinic_id,
            block_id=reminder.block_id,
            assessment_id=reminder.assessment_id,
            attempt="snoozed",
            due_at=until,
            closes_at=reminder.closes_at,
            state="planned",
            next_try_at=until,
        )
    )
    session.flush()
    return until
