"""What about a block should make somebody at the clinic look: the board is sorted by it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Literal

from server.domain.block_record import BlockDiary
from server.domain.compliance import AssessmentStatus
from server.domain.schedule import local_date

Attention = Literal[
    "after_effects",
    "time_missing",
    "no_baseline",
    "medicine_before",
    "two_missed",
    "no_phone",
    "reminders_off",
    "unconfirmed",
    "conflict",
    "clock_uncertain",
]

#: The most pressing first: what may be about the patient's health, then what spoils the result for
#: good, then what may still be mended.
ORDER: tuple[Attention, ...] = (
    "after_effects",
    "no_baseline",
    "medicine_before",
    "two_missed",
    "time_missing",
    "no_phone",
    "reminders_off",
    "unconfirmed",
    "conflict",
    "clock_uncertain",
)


def attention(
    diary: BlockDiary,
    *,
    planned_on: date,
    phones: int,
    reminders_off: bool,
    unconfirmed: bool,
    conflicts: int,
    statuses: Mapping[str, AssessmentStatus],
    now: datetime,
) -> tuple[Attention, ...]:
    """What to look at, the most pressing first; empty if all is well.

    :param planned_on: the block's local date as planned
    :param phones: how many phones of the patient are let in
    :param reminders_off: phones that could be reminded no longer can
    :param unconfirmed: the phones leave their reminders without a receipt (`receipts`)
    :param conflicts: how many entries wait for review
    :param statuses: of the assessments opened so far, in order of due time
    """
    performed_at = diary.performed_at
    today = local_date(now, diary.timezone)
    found: dict[Attention, bool] = {
        "after_effects": after_effects_told_at(diary) is not None,
        "no_baseline": performed_at is not None and None in diary.baselines.values(),
        "medicine_before": _medicine_before(diary, now),
        "two_missed": _last_two_missed(statuses),
        "time_missing": performed_at is None and planned_on < today,
        "no_phone": phones == 0 and planned_on <= today,
        "reminders_off": reminders_off,
        "unconfirmed": unconfirmed,
        "conflict": conflicts > 0,
        "clock_uncertain": any(each.clock_uncertain for each in diary.entries),
    }
    return tuple(each for each in ORDER if found[each])


def after_effects_told_at(diary: BlockDiary) -> datetime | None:
    """When the clinic last received an entry that tells of after-effects and was not corrected."""
    replaced = {each.entry.replaces for each in diary.entries}
    return max(
        (
            each.entry.received_at
            for each in diary.entries
            if each.entry.after_effects and each.entry.id not in replaced
        ),
        default=None,
    )


def _medicine_before(diary: BlockDiary, now: datetime) -> bool:
    """Was pain medicine taken so shortly before the block that it may still act?

    Until the block has a time, shortly before now.
    """
    until = diary.performed_at or now
    since = until - timedelta(minutes=float(diary.criteria.rescue_minutes))
    replaced = {each.entry.replaces for each in diary.entries}
    return any(
        each.rescue_at is not None and since < each.rescue_at <= until
        for each in diary.entries
        if each.entry.id not in replaced
    )


def _last_two_missed(statuses: Mapping[str, AssessmentStatus]) -> bool:
    closed = [status for status in statuses.values() if status != "pending"]
    return closed[-2:] == ["missed", "missed"]
