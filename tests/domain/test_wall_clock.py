"""From the time on a wall to an instant, also in the nights when the clocks change."""

from datetime import UTC, datetime

import pytest

from server.domain.wall_clock import NoSuchTime, TimeOccursTwice, instant_on_the_wall

NEW_YORK = "America/New_York"


def test_an_ordinary_time_is_read_in_its_zone() -> None:
    local = datetime(2026, 3, 2, 9, 30)  # noqa: DTZ001
    assert instant_on_the_wall(local, NEW_YORK) == datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
    assert instant_on_the_wall(local, "Asia/Kathmandu") == datetime(2026, 3, 2, 3, 45, tzinfo=UTC)


@pytest.mark.parametrize("minute", [0, 30, 59])
def test_a_time_that_the_clocks_skip_is_refused(minute: int) -> None:
    local = datetime(2026, 3, 8, 2, minute)  # noqa: DTZ001
    with pytest.raises(NoSuchTime, match="did not exist"):
        instant_on_the_wall(local, NEW_YORK)


@pytest.mark.parametrize(("hour", "minute", "utc_hour"), [(1, 59, 6), (3, 0, 7)])
def test_the_minutes_around_the_gap_exist(hour: int, minute: int, utc_hour: int) -> None:
    local = datetime(2026, 3, 8, hour, minute)  # noqa: DTZ001
    found = instant_on_the_wall(local, NEW_YORK)
    assert found == datetime(2026, 3, 8, utc_hour, minute, tzinfo=UTC)


def test_a_time_that_comes_twice_must_be_told_apart() -> None:
    local = datetime(2026, 11, 1, 1, 30)  # noqa: DTZ001
    with pytest.raises(TimeOccursTwice, match="which of the two"):
        instant_on_the_wall(local, NEW_YORK)
    first = instant_on_the_wall(local, NEW_YORK, "first")
    second = instant_on_the_wall(local, NEW_YORK, "second")
    assert (first, second) == (
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    )
