"""The reminders of a block's page: four times for each, and what is known of every phone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from server.domain.block_record import block_record
from server.domain.compliance import answered_at
from server.storage.block_page import BlockPage
from server.storage.models import Reminder
from server.storage.receipts import Delivered, PhoneReach, leaves_unconfirmed


@dataclass(frozen=True)
class ReminderView:
    """One push that was due: when a push service first took it, when a phone first showed it, and
    when the assessment was first answered; None: not, or not yet. `failure` as in `Delivered`.
    """

    about: Reminder
    accepted_at: datetime | None
    shown_at: datetime | None
    answered_at: datetime | None
    failure: str | None


@dataclass(frozen=True)
class PhoneView:
    """A phone that is let in, and when it last said that it showed a reminder of this block."""

    reach: PhoneReach
    confirmed_at: datetime | None
    unconfirmed: bool


def reminder_views(page: BlockPage, now: datetime) -> list[ReminderView]:
    """What was due, in that order; second pushes only where they went out."""
    answers: dict[str, datetime] = {}
    if page.diary.performed_at is not None:
        record = block_record(page.diary, as_of=now)
        answers = answered_at(record.schedule, record.diary)
    return [
        ReminderView(
            about=row,
            accepted_at=_first(each.accepted_at for each in of_row),
            shown_at=_first(each.shown_at for each in of_row),
            answered_at=answers.get(row.assessment_id) if row.attempt == "prompt" else None,
            failure=next((each.failure for each in of_row if each.failure), None),
        )
        for row in page.reminders
        if row.due_at <= now and _came_about(row)
        for of_row in [_of(page.delivered, row)]
    ]


def phone_views(page: BlockPage, now: datetime) -> list[PhoneView]:
    """Every phone that is let in, oldest first."""
    return [
        PhoneView(
            reach=reach,
            confirmed_at=max(
                (
                    each.receipt_at
                    for each in page.delivered
                    if each.device_id == reach.device_id and each.receipt_at is not None
                ),
                default=None,
            ),
            unconfirmed=reach.subscribed
            and leaves_unconfirmed(page.delivered, reach.device_id, now),
        )
        for reach in page.reach
    ]


def _came_about(row: Reminder) -> bool:
    if row.attempt == "prompt":
        return row.state != "cancelled"
    return row.sent_at is not None


def _of(delivered: list[Delivered], row: Reminder) -> list[Delivered]:
    return [each for each in delivered if each.reminder_id == row.id]


def _first(instants: Iterable[datetime | None]) -> datetime | None:
    return min((each for each in instants if each is not None), default=None)
