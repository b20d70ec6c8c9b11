"""Times and spans as people write them."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from server.domain.relief import Peak
from server.domain.runs import Duration
from server.web.clinic import words

NOW = datetime(2026, 3, 2, 15, 5, tzinfo=UTC)
ZONE = "America/New_York"


@pytest.mark.parametrize(
    ("minutes", "says"),
    [
        (Fraction(0), "0 min"),
        (Fraction(59), "59 min"),
        (Fraction(119, 2), "1 h"),
        (Fraction(60), "1 h"),
        (Fraction(150), "2 h 30 min"),
        (Fraction(-90), "−1 h 30 min"),
        (Fraction(50 * 60), "50 h"),
    ],
)
def test_spans(minutes: Fraction, says: str) -> None:
    assert words.span(minutes) == says


def test_a_duration_is_never_one_number() -> None:
    assert words.interval(Duration(Fraction(120), Fraction(240))) == "2 h to 4 h"
    assert words.interval(Duration(Fraction(180), None)) == "at least 3 h"


@pytest.mark.parametrize(
    ("score", "percent", "baseline", "says"),
    [
        (1, 86, 7, "86 %"),
        (7, 0, 7, "0 %"),
        (8, -14, 7, "worse by 1 point"),
        (10, -43, 7, "worse by 3 points"),
    ],
)
def test_a_worse_score_is_said_in_points(
    score: int, percent: int, baseline: int, says: str
) -> None:
    assert words.relief(Peak(score, percent, Fraction(60), 1), baseline) == says


@pytest.mark.parametrize(
    ("ago", "says"),
    [
        (timedelta(0), "10:05"),
        (timedelta(hours=10), "00:05"),
        (timedelta(hours=11), "Sun 23:05"),
        (timedelta(days=5), "Wed 10:05"),
        (timedelta(days=6), "24 Feb 2026, 10:05"),
    ],
)
def test_moments_are_as_short_as_they_can_be(ago: timedelta, says: str) -> None:
    assert words.moment(NOW - ago, NOW, ZONE) == says


def test_how_long_ago() -> None:
    assert words.ago(NOW - timedelta(minutes=130), NOW, ZONE) == "2 h 10 min ago"
    assert words.ago(NOW + timedelta(minutes=2), NOW, ZONE) == "in 2 min"
    assert words.ago(NOW - timedelta(hours=24), NOW, ZONE) == "Sun 1 Mar 2026"


def test_a_zone_is_named_with_its_offset_of_that_day() -> None:
    assert words.zone_name(NOW, ZONE) == "America/New_York, UTC−05:00"
    assert words.zone_name(NOW + timedelta(days=30), ZONE) == "America/New_York, UTC−04:00"
    assert words.zone_name(NOW, "Asia/Kathmandu") == "Asia/Kathmandu, UTC+05:45"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("15min", "15 min"),
        ("1h", "1 h"),
        ("day3", "day 3"),
        ("day2-0930", "day 2, 09:30"),
        ("bedtime", "bedtime"),
    ],
)
def test_assessments_have_plain_names(name: str, says: str) -> None:
    assert words.assessment_name(name) == says


def test_a_date_of_today_is_today_on_that_wall() -> None:
    late = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)  # still the 2nd in New York
    assert words.date_on(date(2026, 3, 2), late, ZONE) == "today"
    assert words.date_on(date(2026, 3, 3), late, ZONE) == "3 Mar 2026"
    assert words.date_on(date(2026, 3, 2)) == "2 Mar 2026"
