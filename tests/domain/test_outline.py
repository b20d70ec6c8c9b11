"""A diary in short says of every moment what the report of that moment says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from server.domain.block_record import BlockDiary, block_record
from server.domain.outline import outline
from server.domain.protocol import STANDARD
from server.domain.report import report
from server.domain.schedule import assessments, local_date, longest
from tests.domain.test_block_record import MICROSECOND, T0, baseline, block, entry, minutes


def diary() -> BlockDiary:
    """Answered, recalled, withdrawn and missed assessments, and one that is answered only later."""
    withdrawn = entry(T0 + minutes(30))
    return block(
        baseline(T0 - minutes(20)),
        entry(T0 + minutes(15)),
        withdrawn,
        entry(T0 + minutes(31), scores={}, replaces=withdrawn.id),
        entry(T0 + minutes(60), recorded_at=T0 + minutes(90)),
        entry(T0 + minutes(180)),
    )


def moments() -> list[datetime]:
    """Just before, at and just after each boundary of each window."""
    windows = assessments(STANDARD, T0, "UTC")
    ends = [T0, *(each.opens_at for each in windows), *(each.closes_at for each in windows)]
    return [end + by for end in ends for by in (-MICROSECOND, 0 * MICROSECOND, MICROSECOND)]


def test_every_assessment_is_at_every_moment_what_the_report_says_it_is() -> None:
    short = outline(diary())
    for now in moments():
        said = report(block_record(diary(), as_of=now)).assessments
        assert list(short.statuses(now).items()) == list(said.items())
    assert {*short.in_the_end.values()} == {"answered", "recalled", "missed"}


def test_the_next_due_is_the_first_that_can_be_answered_and_is_not() -> None:
    short = outline(diary())
    for now in moments():
        said = report(block_record(diary(), as_of=now)).assessments
        still = [
            each
            for each in short.schedule
            if each.closes_at > now and said.get(each.id, "pending") == "pending"
        ]
        assert short.next_due(now) == (still[0] if still else None)


def test_the_last_two_are_missed_once_both_windows_closed_and_until_the_next_is_answered() -> None:
    short = outline(diary())
    for now in moments():
        said = report(block_record(diary(), as_of=now)).assessments
        closed = [status for status in said.values() if status != "pending"]
        assert short.last_two_missed(now) == (closed[-2:] == ["missed", "missed"])
    assert {short.last_two_missed(now) for now in moments()} == {True, False}


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "Pacific/Kiritimati", "America/Adak"])
@pytest.mark.parametrize("month", [3, 7, 10, 11])
def test_no_diary_runs_longer_than_its_protocol_at_the_longest(zone: str, month: int) -> None:
    for day in range(1, 29):
        t0 = T0.replace(month=month, day=day)
        for hour in (0, 11, 23):
            done = t0.replace(hour=hour)
            last = max(each.closes_at for each in assessments(STANDARD, done, zone))
            assert last <= done + longest(STANDARD)


def waiting() -> BlockDiary:
    """Without a time; medicine was taken, once by a clock that is ahead."""
    return replace(
        block(
            baseline(T0 - minutes(90), rescue_at=T0 - minutes(90)),
            baseline(T0 - minutes(20), rescue_at=T0 + minutes(3)),
        ),
        performed_at=None,
    )


def telling() -> BlockDiary:
    """As the other, and what it tells of after-effects arrives at the end."""
    late = T0 + timedelta(days=3, hours=11, minutes=17)
    told = entry(T0 + minutes(185), received_at=late, after_effects=("bleeding",))
    return replace(diary(), stored=(*diary().stored, told))


@pytest.mark.parametrize("made", [diary, waiting, telling])
def test_what_is_said_of_a_moment_holds_as_long_as_it_is_said_to(
    made: Callable[[], BlockDiary],
) -> None:
    short = outline(made())

    def said(now: datetime) -> tuple[object, ...]:
        due = short.next_due(now)
        return (
            short.statuses(now),
            due,
            due is not None and due.opens_at <= now,
            short.last_two_missed(now),
            short.medicine_acts(now),
            short.is_current(now),
            local_date(now, short.timezone),
        )

    now, end = T0 - minutes(60), T0 + timedelta(days=9)
    changed: set[int] = set()
    while now < end:
        until = short.holds_until(now)
        for moment in (now + (until - now) / 2, until - MICROSECOND):
            assert said(moment) == said(now)
        pairs = zip(said(now), said(until), strict=True)
        changed |= {place for place, (before, after) in enumerate(pairs) if before != after}
        now = until
    assert changed == ({4, 6} if made is waiting else {0, 1, 2, 3, 5, 6})
