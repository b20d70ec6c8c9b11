"""Which reminders a block gets, and what a push service's answer means."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.protocol import STANDARD
from server.domain.reminders import (
    QUIET_HOURS,
    Answer,
    Fate,
    QuietHours,
    judge,
    nudge_is_needed,
    planned_reminders,
    retry_at,
    snoozed_until,
)
from server.domain.schedule import assessments

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FIRST_HOURS = ["15min", "30min", *(f"{hours}h" for hours in range(1, 9))]
DAYS = ["day1", "day2", "day3"]


def planned(performed_at: datetime, timezone: str = "UTC", **changes: QuietHours) -> list[str]:
    scheduled = assessments(STANDARD, performed_at, timezone)
    return [
        each.assessment_id
        for each in planned_reminders(scheduled, performed_at, timezone, **changes)
    ]


def test_every_assessment_gets_one_prompt_at_its_due_time() -> None:
    scheduled = assessments(STANDARD, NOW, "Europe/London")
    reminders = planned_reminders(scheduled, NOW, "Europe/London")
    assert [each.assessment_id for each in reminders] == [*FIRST_HOURS, "12h", *DAYS]
    assert [(each.due_at, each.closes_at) for each in reminders] == [
        (each.due_at, each.closes_at) for each in scheduled
    ]
    assert {each.attempt for each in reminders} == {"prompt"}


def test_the_first_eight_hours_ring_whatever_the_hour() -> None:
    midnight = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    assert planned(midnight)[:10] == FIRST_HOURS


def test_a_second_push_is_planned_half_way_from_the_due_time_to_the_windows_end() -> None:
    scheduled = assessments(STANDARD, NOW, "UTC")
    nudges = {
        each.assessment_id: each
        for each in planned_reminders(scheduled, NOW, "UTC", nudge=True)
        if each.attempt == "nudge"
    }
    after = {name: (each.due_at - NOW).total_seconds() / 60 for name, each in nudges.items()}
    assert (after["15min"], after["1h"], after["8h"]) == (18.75, 75, 495)
    assert nudges["day1"].due_at == NOW.replace(day=24, hour=21)
    assert all(nudges[each.id].closes_at == each.closes_at for each in scheduled)


def test_no_second_push_rings_in_the_quiet_hours() -> None:
    scheduled = assessments(STANDARD, NOW, "UTC")  # 12 hours on it is 21:00
    for start, rings in ((time(21, 15), False), (time(21, 16), True)):
        planned = planned_reminders(
            scheduled, NOW, "UTC", QuietHours(start, time(7, 30)), nudge=True
        )
        attempts = [each.attempt for each in planned if each.assessment_id == "12h"]
        assert attempts == (["prompt", "nudge"] if rings else ["prompt"])


@pytest.mark.parametrize(("seconds", "needed"), [(119, False), (120, True), (121, True)])
def test_a_second_push_follows_a_prompt_that_is_out_for_a_while(seconds: int, needed: bool) -> None:
    assert nudge_is_needed(NOW, False, NOW + seconds * SECOND) is needed


def test_no_second_push_follows_a_prompt_that_was_shown_or_never_went_out() -> None:
    assert not nudge_is_needed(NOW, True, NOW + timedelta(hours=1))
    assert not nudge_is_needed(None, False, NOW)


@pytest.mark.parametrize(("left", "rings"), [(599, False), (600, False), (601, True)])
def test_a_reminder_is_put_off_by_ten_minutes_and_never_past_its_window(
    left: int, rings: bool
) -> None:
    until = snoozed_until(NOW + left * SECOND, NOW)
    assert until == (NOW + timedelta(minutes=10) if rings else None)


@pytest.mark.parametrize(
    ("hour", "minute", "rings"),
    [(9, 29, True), (9, 30, False), (18, 0, False), (19, 29, False), (19, 30, True)],
)
def test_a_later_one_that_falls_in_the_quiet_hours_is_not_planned(
    hour: int, minute: int, rings: bool
) -> None:
    """Twelve hours on: quiet is from 21:30 (still) to 07:30 (no longer)."""
    assert ("12h" in planned(NOW.replace(hour=hour, minute=minute))) is rings


def test_quiet_hours_are_the_patients_own_wall_clock() -> None:
    assert "12h" in planned(NOW, "Europe/London")  # 21:00 there
    assert "12h" not in planned(NOW, "Europe/Berlin")  # 22:00 there


def test_quiet_hours_may_take_the_evening_too() -> None:
    early = QuietHours(time(17, 30), time(7, 30))
    assert planned(NOW, quiet_hours=early) == FIRST_HOURS


def test_a_reminder_exactly_eight_hours_on_still_rings() -> None:
    night = NOW.replace(hour=20)
    assert "8h" in planned(night)
    assert "12h" in planned(night)  # 08:00


@pytest.mark.parametrize(
    ("hours", "at", "quiet"),
    [
        (QUIET_HOURS, time(21, 29, 59), False),
        (QUIET_HOURS, time(21, 30), True),
        (QUIET_HOURS, time(0, 0), True),
        (QUIET_HOURS, time(7, 29, 59), True),
        (QUIET_HOURS, time(7, 30), False),
        (QuietHours(time(13), time(15)), time(12, 59), False),
        (QuietHours(time(13), time(15)), time(13), True),
        (QuietHours(time(13), time(15)), time(15), False),
        (QuietHours(time(8), time(8)), time(8), False),
        (QuietHours(time(8), time(8)), time(20), False),
    ],
)
def test_quiet_hours_begin_and_end_to_the_minute(hours: QuietHours, at: time, quiet: bool) -> None:
    assert hours.cover(datetime.combine(NOW.date(), at, tzinfo=UTC), "UTC") is quiet


@pytest.mark.parametrize(
    ("status", "fate", "reason"),
    [
        (200, Fate.ACCEPTED, None),
        (201, Fate.ACCEPTED, None),
        (202, Fate.ACCEPTED, None),
        (203, Fate.FAILED, "status_203"),
        (204, Fate.FAILED, "status_204"),
        (299, Fate.FAILED, "status_299"),
        (300, Fate.FAILED, "redirected"),
        (399, Fate.FAILED, "redirected"),
        (400, Fate.FAILED, "status_400"),
        (401, Fate.REFUSED, "refused"),
        (403, Fate.REFUSED, "refused"),
        (404, Fate.GONE, "gone"),
        (405, Fate.FAILED, "status_405"),
        (406, Fate.RETRY, "too_many"),
        (410, Fate.GONE, "gone"),
        (413, Fate.FAILED, "too_large"),
        (429, Fate.RETRY, "too_many"),
        (499, Fate.FAILED, "status_499"),
        (500, Fate.RETRY, "unavailable"),
        (503, Fate.RETRY, "unavailable"),
        (599, Fate.RETRY, "unavailable"),
        (600, Fate.FAILED, "status_600"),
    ],
)
def test_each_answer_has_one_fate(status: int, fate: Fate, reason: str | None) -> None:
    judgement = judge(Answer(status))
    assert (judgement.fate, judgement.reason) == (fate, reason)


def test_no_answer_is_tried_again() -> None:
    assert judge(Answer(None, problem="timed_out")).reason == "timed_out"
    assert judge(Answer(None)).fate is Fate.RETRY


def wait(retry_after: str | None, tries: int = 1, spread: float = 0) -> float | None:
    again = retry_at(Answer(429, retry_after), tries, NOW + timedelta(days=2), NOW, spread)
    return None if again is None else (again - NOW).total_seconds()


def test_the_wait_doubles_up_to_five_minutes() -> None:
    assert [wait(None, tries) for tries in (1, 2, 3, 4, 5, 6, 7, 1000)] == [
        *(10, 20, 40, 80, 160, 300, 300, 300)
    ]


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 5),
        ("4", 5),
        ("6", 6),
        ("86400", 86_400),
        ("86401", 86_400),
        ("99999999999999999999", 86_400),
        ("Mon, 23 Nov 2026 09:02:00 GMT", 120),
        ("Mon, 23 Nov 2026 09:02:00 -0000", 120),
        ("Mon, 23 Nov 2026 10:02:00 +0100", 120),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 5),
        ("Fri, 23 Nov 9999 09:00:00 GMT", 86_400),
        ("", 10),
        ("soon", 10),
        ("-5", 10),
        ("1.5", 10),
        ("²", 10),
        ("Mon, 99 Nov 2026 09:02:00 GMT", 10),
    ],
)
def test_the_services_own_time_decides_if_it_can_be_read(retry_after: str, seconds: int) -> None:
    assert wait(retry_after) == seconds


@given(st.text())
def test_no_retry_after_breaks_the_sender(retry_after: str) -> None:
    seconds = wait(retry_after)
    assert seconds is not None and 5 <= seconds <= 86_400


def test_the_wait_is_spread_by_up_to_a_quarter() -> None:
    assert (wait("100", spread=0), wait("100", spread=1)) == (100, 125)


@pytest.mark.parametrize(("window_seconds", "tried"), [(9, False), (10, False), (11, True)])
def test_no_try_falls_outside_the_window(window_seconds: int, tried: bool) -> None:
    again = retry_at(Answer(503), 1, NOW + window_seconds * SECOND, NOW, spread=0)
    assert (again is not None) is tried
