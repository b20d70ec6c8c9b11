"""Which reminders a block gets, and what follows from a push service's answer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Literal
from zoneinfo import ZoneInfo

from server.domain.schedule import Assessment

#: So long after the block every reminder rings, whatever the hour: these are the readings that
#: the verdict is made of. Later ones respect the patient's quiet hours. Source: design, section 6.
ALWAYS_RING = timedelta(hours=8)

#: The push at the due time; a gentle second one if nothing tells that the first was seen; the one
#: that the patient put off. Each comes once at most: never a third by itself.
Attempt = Literal["prompt", "nudge", "snoozed"]

#: So long a patient may put a reminder off, once for each assessment.
SNOOZE = timedelta(minutes=10)
#: A prompt that was accepted no longer ago than this is not followed by a second push: its
#: receipt may be on its way, and the service may have been late.
NUDGE_GAP = timedelta(minutes=2)


@dataclass(frozen=True)
class QuietHours:
    """From when to when, on the patient's wall clock, no later reminder rings: [start, end).

    The same time twice means no quiet hours.
    """

    start: time = time(21, 30)
    end: time = time(7, 30)

    def cover(self, instant: datetime, timezone: str) -> bool:
        """Does an aware instant fall in them where `timezone` (an IANA name) applies?"""
        at = instant.astimezone(ZoneInfo(timezone)).time()
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


QUIET_HOURS = QuietHours()


@dataclass(frozen=True)
class PlannedReminder:
    """One push for one assessment: rings at `due_at`, is of no use from `closes_at` on."""

    assessment_id: str
    attempt: Attempt
    due_at: datetime
    closes_at: datetime


def planned_reminders(
    scheduled: Iterable[Assessment],
    performed_at: datetime,
    timezone: str,
    quiet_hours: QuietHours = QUIET_HOURS,
    *,
    nudge: bool = False,
) -> tuple[PlannedReminder, ...]:
    """The reminders of a block: a prompt at each assessment's due time and, if the protocol says
    so, a second push half way from there to the window's end.

    Whoever sends asks first whether the second one is needed (`nudge_is_needed`).

    :param performed_at: t0, aware; the first eight hours from it always ring
    :param timezone: IANA name of the zone that the patient's quiet hours are read in
    """
    planned = []
    for assessment in scheduled:
        due_at, closes_at = assessment.due_at, assessment.closes_at
        planned.append(PlannedReminder(assessment.id, "prompt", due_at, closes_at))
        if nudge:
            middle = due_at + (closes_at - due_at) / 2
            planned.append(PlannedReminder(assessment.id, "nudge", middle, closes_at))
    return tuple(
        each
        for each in planned
        if each.due_at - performed_at <= ALWAYS_RING or not quiet_hours.cover(each.due_at, timezone)
    )


def nudge_is_needed(prompt_sent_at: datetime | None, confirmed: bool, now: datetime) -> bool:
    """Is a second push due now of any use?

    Not before the first one is out for a while (a late prompt is reminder enough, and one that no
    service took is still tried by itself), nor once a phone has shown it.

    :param prompt_sent_at: when a push service first took the prompt; None if none did
    :param confirmed: a phone of the patient said that it showed the prompt
    """
    return prompt_sent_at is not None and now - prompt_sent_at >= NUDGE_GAP and not confirmed


def snoozed_until(closes_at: datetime, now: datetime) -> datetime | None:
    """When a reminder that is put off now rings again; None if its window will have closed."""
    until = now + SNOOZE
    return until if until < closes_at else None


@dataclass(frozen=True)
class Answer:
    """What a push service said to one message; `status` None: no answer came."""

    status: int | None
    #: The service's Retry-After as sent: seconds or an HTTP date; None: it named no time.
    retry_after: str | None = None
    #: Why no answer came, in one word such as `timed_out`; None if one did.
    problem: str | None = None
    #: What came with it, where whoever sent the message asked for that.
    body: bytes = field(default=b"", repr=False)


class Fate(Enum):
    """What becomes of one reminder on its way to one phone."""

    ACCEPTED = "accepted"  #: the service has it; whether it arrives, only a receipt tells
    RETRY = "retry"  #: try again within the window
    GONE = "gone"  #: the subscription has ended: retire it
    REFUSED = "refused"  #: the service does not take our signature: somebody must look
    FAILED = "failed"  #: this message will never be taken


@dataclass(frozen=True)
class Judgement:
    """A fate, and the reason in one word for the record; None when accepted."""

    fate: Fate
    reason: str | None = None


def judge(answer: Answer) -> Judgement:
    """What a push service's answer means.

    Source: RFC 8030 sections 5 and 8; 406 is how Windows' service limits the rate.
    """
    status = answer.status
    if status is None:
        return Judgement(Fate.RETRY, answer.problem or "no_answer")
    if status in (200, 201, 202):
        return Judgement(Fate.ACCEPTED)
    if status in (404, 410):
        return Judgement(Fate.GONE, "gone")
    if status in (401, 403):
        return Judgement(Fate.REFUSED, "refused")
    if status in (406, 429):
        return Judgement(Fate.RETRY, "too_many")
    if 500 <= status <= 599:
        return Judgement(Fate.RETRY, "unavailable")
    if status == 413:
        return Judgement(Fate.FAILED, "too_large")
    if 300 <= status <= 399:
        return Judgement(Fate.FAILED, "redirected")
    return Judgement(Fate.FAILED, f"status_{status}")


FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(minutes=5)
#: Even when a service says "0": a message that was just refused needs a moment.
SHORTEST_RETRY = timedelta(seconds=5)


def retry_at(
    answer: Answer, tries: int, closes_at: datetime, now: datetime, spread: float
) -> datetime | None:
    """When to send again; None if the window will have closed.

    The service's own Retry-After decides; else the wait doubles from 10 s up to 5 minutes.

    :param tries: how often it was tried so far, at least 1
    :param spread: 0 to 1, drawn by the caller: lengthens the wait by up to a quarter, so that
        all phones of one service do not come back at once
    """
    wait = _retry_after(answer.retry_after, now)
    if wait is None:
        # 2 ** 5 * 10 s is beyond the longest: a larger power would only overflow
        wait = min(FIRST_RETRY * 2 ** min(tries - 1, 5), LONGEST_RETRY)
    wait = max(wait, SHORTEST_RETRY) * (1 + spread / 4)
    return now + wait if now + wait < closes_at else None


def _retry_after(text: str | None, now: datetime) -> timedelta | None:
    """How long the service asks us to wait; None if it does not say, or not legibly."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 86_400))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:  # "-0000": RFC 5322's way to say UTC, nothing else known
        until = until.replace(tzinfo=UTC)
    return min(until - now, timedelta(days=1))
