"""When each assessment of a block is due, and from when to when it can be answered.

The only place of the rules where wall-clock time exists.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from math import ceil
from zoneinfo import ZoneInfo

from server.domain.errors import Invalid
from server.domain.protocol import STANDARD, PlannedAssessment, Protocol

MICROSECOND = timedelta(microseconds=1)

#: Minutes before and after the due instant; of a daily assessment, elapsed minutes too.
WINDOW = (Fraction(15), Fraction(30))
DAILY_WINDOW = (Fraction(3 * 60), Fraction(6 * 60))

#: A day on the wall is longer than 24 hours by no more than this, unless a zone changes sides of
#: the date line, which skips days.
_CLOCKS_CHANGE_BY_AT_MOST = timedelta(hours=2)


@dataclass(frozen=True)
class Assessment:
    """One scheduled time point of a block; it can be answered in [opens_at, closes_at).

    Instants are aware and in UTC. One that falls between two microseconds is given as the later,
    which changes no comparison with a stamp in microseconds.
    """

    id: str
    due_at: datetime
    opens_at: datetime
    closes_at: datetime
    daily: bool


def minutes_between(earlier: datetime, later: datetime) -> Fraction:
    """Elapsed minutes from one aware instant to another, exact; negative if it comes before."""
    return Fraction((later - earlier) // MICROSECOND, 60_000_000)


def local_date(instant: datetime, timezone: str) -> date:
    """The date on the wall where `timezone` (an IANA name) applies.

    :raises Invalid: that date lies outside the years 1 to 9999
    """
    try:
        return instant.astimezone(ZoneInfo(timezone)).date()
    except (OverflowError, ValueError):
        raise Invalid(
            "block.performed_at",
            "has no date in {timezone} within the years 0001 to 9999",
            timezone=timezone,
        ) from None


def midnight_after(instant: datetime, timezone: str) -> datetime:
    """When the date on the wall next becomes another."""
    following = local_date(instant, timezone) + timedelta(days=1)
    return datetime.combine(following, time(), tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def assessments(
    protocol: Protocol, performed_at: datetime, timezone: str
) -> tuple[Assessment, ...]:
    """The assessments of a block, in order of due time.

    :param performed_at: t0, aware
    :param timezone: IANA name of the zone in which the daily assessments are asked
    :raises Invalid: a daily assessment would not be due after the block, two assessments of a
        custom protocol are due at one instant, or a time lies beyond the year 9999

    Source: docs/report.md, Protocols and rule 12.
    """
    performed_at = performed_at.astimezone(UTC)
    due = [
        _due_minutes(planned, f"protocol.assessments[{index}]", performed_at, timezone)
        for index, planned in enumerate(protocol.assessments)
    ]
    order = sorted(range(len(due)), key=due.__getitem__)
    scheduled = []
    for place, index in enumerate(order):
        planned = protocol.assessments[index]
        before, after = DAILY_WINDOW if planned.daily else WINDOW
        opens, closes = due[index] - before, due[index] + after
        if place > 0:
            earlier = due[order[place - 1]]
            # A zone that skips a whole day (Apia, 2011) puts two days of the standard protocol
            # on one instant; that cannot be blamed on whoever wrote the file.
            if earlier == due[index] and protocol != STANDARD:
                raise Invalid(
                    f"protocol.assessments[{index}]", "another assessment is due at this instant"
                )
            opens = max(opens, (earlier + due[index]) / 2)
        if place + 1 < len(order):
            closes = min(closes, (due[index] + due[order[place + 1]]) / 2)
        try:
            scheduled.append(
                Assessment(
                    planned.id,
                    due_at=_instant(performed_at, due[index]),
                    opens_at=_instant(performed_at, max(opens, Fraction(0))),
                    closes_at=_instant(performed_at, closes),
                    daily=planned.daily,
                )
            )
        except OverflowError:
            raise Invalid(
                f"protocol.assessments[{index}]", "ends after the year 9999 for this block"
            ) from None
    return tuple(scheduled)


def longest(protocol: Protocol) -> timedelta:
    """No assessment of a block can be answered so long after it: an upper bound, whatever its
    time zone and whether the clocks change."""
    latest = timedelta(0)
    for planned in protocol.assessments:
        after = timedelta(days=(planned.day or 0) + 1)
        if planned.after_minutes is not None:
            after = timedelta(minutes=ceil(planned.after_minutes))
        latest = max(latest, after)
    return latest + timedelta(minutes=ceil(DAILY_WINDOW[1])) + _CLOCKS_CHANGE_BY_AT_MOST


def _instant(performed_at: datetime, minutes: Fraction) -> datetime:
    return performed_at + ceil(minutes * 60_000_000) * MICROSECOND


def _due_minutes(
    planned: PlannedAssessment, path: str, performed_at: datetime, timezone: str
) -> Fraction:
    """Elapsed minutes from the block to the due instant, above 0."""
    if planned.after_minutes is not None:
        return Fraction(planned.after_minutes)
    assert planned.day is not None and planned.at is not None  # PlannedAssessment sees to it
    try:
        day = local_date(performed_at, timezone) + timedelta(days=planned.day)
        # fold=0 is what the rule asks: a time that occurs twice is the first, and one that does
        # not exist is read with the offset before the gap, so it lands later by the gap.
        wall = datetime.combine(day, planned.at, tzinfo=ZoneInfo(timezone))
        due = minutes_between(performed_at, wall.astimezone(UTC))
    except OverflowError:
        raise Invalid(path, "is due after the year 9999 for this block") from None
    if due <= 0:
        raise Invalid(path, "is due no later than the block itself")
    return due
