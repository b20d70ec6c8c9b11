from fractions import Fraction

import pytest

from server.domain.relief import qualifies, relief_percent, rounded


@pytest.mark.parametrize(
    ("value", "nearest"),
    [("2.4", 2), ("2.5", 3), ("3.5", 4), ("-2.4", -2), ("-2.5", -3), ("-2.6", -3), ("0", 0)],
)
def test_halves_are_rounded_away_from_zero(value, nearest):
    assert rounded(Fraction(value)) == nearest


@pytest.mark.parametrize("baseline", range(1, 11))
@pytest.mark.parametrize("threshold", [1, 50, 79, 80, 81, 100])
def test_the_threshold_is_reached_exactly_when_the_relief_is_at_least_that(baseline, threshold):
    for score in range(11):
        enough = Fraction(baseline - score, baseline) >= Fraction(threshold, 100)
        assert qualifies(baseline, score, threshold) is enough


@pytest.mark.parametrize("baseline", [None, 0])
def test_without_a_baseline_there_is_no_relief(baseline):
    assert relief_percent(baseline, 0) is None
    assert qualifies(baseline, 0, 1) is False
