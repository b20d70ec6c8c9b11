"""What the shared vectors cannot hold: faults, the ends of the calendar, parts of a microsecond."""

from datetime import UTC, datetime, time, timedelta
from fractions import Fraction

import pytest

from server.domain.errors import Invalid
from server.domain.protocol import STANDARD, PlannedAssessment, Protocol
from server.domain.schedule import assessments, local_date, midnight_after, minutes_between

T0 = datetime(2026, 3, 2, 15, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def custom(*planned):
    return Protocol("custom", planned)


def after(minutes, name="a"):
    return PlannedAssessment(name, after_minutes=Fraction(minutes))


def on(day, at, name="d"):
    return PlannedAssessment(name, day=day, at=time.fromisoformat(at))


def refused(protocol, performed_at=T0, timezone="America/New_York"):
    with pytest.raises(Invalid) as refusal:
        assessments(protocol, performed_at, timezone)
    return refusal.value


@pytest.mark.parametrize("at", ["00:00", "09:59", "10:00"])
def test_a_daily_assessment_due_no_later_than_the_block_is_refused(at):
    assert refused(custom(after(60), on(0, at))).path == "protocol.assessments[1]"


def test_two_assessments_due_at_one_instant_are_refused():
    assert refused(custom(after(60), on(0, "11:00"))).path == "protocol.assessments[1]"
    both_in_the_gap = custom(on(6, "02:30", "a"), on(6, "03:30", "b"))
    assert refused(both_in_the_gap).path == "protocol.assessments[1]"


def test_a_part_of_a_microsecond_is_enough_to_tell_two_apart():
    least = Fraction(1, 10**12)
    found = assessments(custom(after(60 + least, "b"), after(60, "a")), T0, "UTC")
    assert [each.id for each in found] == ["a", "b"]
    hour = T0 + timedelta(hours=1)
    assert [each.due_at for each in found] == [hour, hour + MICROSECOND]
    assert found[0].closes_at == found[1].opens_at == hour + MICROSECOND


def test_a_day_that_the_zone_skips_leaves_the_standard_protocol_usable():
    found = assessments(STANDARD, datetime(2011, 12, 29, 20, tzinfo=UTC), "Pacific/Apia")
    day1, day2 = found[-3:-1]
    assert day1.due_at == day2.due_at == datetime(2011, 12, 31, 4, tzinfo=UTC)
    assert day1.closes_at == day2.opens_at == day2.due_at


def test_a_skipped_day_that_puts_two_custom_assessments_together_is_refused():
    performed_at = datetime(2011, 12, 29, 20, tzinfo=UTC)
    together = custom(on(1, "18:00", "a"), on(2, "18:00", "b"))
    assert refused(together, performed_at, "Pacific/Apia").path == "protocol.assessments[1]"


def test_the_end_of_the_calendar_is_refused_and_not_a_crash():
    end = datetime(9999, 12, 31, 12, tzinfo=UTC)
    assert refused(STANDARD, end).path.startswith("protocol.assessments[")
    assert refused(custom(after(10_000_000)), end).path == "protocol.assessments[0]"
    assert refused(custom(on(3650, "18:00")), end).path == "protocol.assessments[0]"
    assert assessments(custom(after(60)), end, "UTC")[0].closes_at == end + timedelta(minutes=90)


def test_a_block_without_a_local_date_is_refused():
    with pytest.raises(Invalid) as refusal:
        local_date(datetime(1, 1, 1, tzinfo=UTC), "America/New_York")
    assert refusal.value.path == "block.performed_at"


def test_a_stamp_in_the_zone_itself_is_an_instant_like_any_other():
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("America/New_York")
    performed_at = datetime(2026, 3, 7, 10, tzinfo=zone)
    protocol = custom(on(1, "10:00"))
    assert assessments(protocol, performed_at, zone.key) == assessments(
        protocol, performed_at.astimezone(UTC), zone.key
    )


def test_minutes_between_are_exact():
    assert minutes_between(T0, T0 + MICROSECOND) == Fraction(1, 60_000_000)
    assert minutes_between(T0 + MICROSECOND, T0) == Fraction(-1, 60_000_000)


#: Zones whose clocks change at midnight, or that skipped a day, on the days around.
MIDNIGHTS = [
    ("UTC", datetime(2026, 3, 2, tzinfo=UTC)),
    ("Asia/Beirut", datetime(2026, 3, 29, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 11, 1, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 11, 4, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, tzinfo=UTC)),
    ("Pacific/Kiritimati", datetime(2026, 11, 1, tzinfo=UTC)),
]


@pytest.mark.parametrize(("zone", "around"), MIDNIGHTS)
def test_the_date_on_the_wall_changes_at_midnight_and_not_before(
    zone: str, around: datetime
) -> None:
    for hours in range(-30, 30):
        now = around + timedelta(hours=hours)
        midnight = midnight_after(now, zone)
        assert midnight > now
        assert local_date(midnight - MICROSECOND, zone) == local_date(now, zone)
        assert local_date(midnight, zone) > local_date(now, zone)
