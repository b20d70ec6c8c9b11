"""What about a block should make somebody at the clinic look: the board is sorted by it."""

from datetime import date, datetime
from typing import Literal

from server.domain.outline import Outline
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
    diary: Outline,
    *,
    planned_on: date,
    has_phone: bool,
    reminders_off: bool,
    unconfirmed: bool,
    conflict: bool,
    now: datetime,
) -> tuple[Attention, ...]:
    """What to look at, the most pressing first; empty if all is well.

    :param planned_on: the block's local date as planned
    :param has_phone: a phone of the patient is let in
    :param reminders_off: phones that could be reminded no longer can
    :param unconfirmed: the phones leave their reminders without a receipt (`receipts`)
    :param conflict: an entry waits for review
    """
    today = local_date(now, diary.timezone)
    done = diary.performed_at is not None
    found: dict[Attention, bool] = {
        "after_effects": diary.told_at is not None,
        "no_baseline": done and None in diary.baselines.values(),
        "medicine_before": diary.medicine_acts(now),
        "two_missed": diary.last_two_missed(now),
        "time_missing": not done and planned_on < today,
        "no_phone": not has_phone and planned_on <= today,
        "reminders_off": reminders_off,
        "unconfirmed": unconfirmed,
        "conflict": conflict,
        "clock_uncertain": diary.clock_uncertain,
    }
    return tuple(each for each in ORDER if found[each])
