from datetime import time
from fractions import Fraction

import pytest

from server.domain.errors import Invalid
from server.domain.protocol import (
    AGENTS,
    STANDARD,
    Criteria,
    PlannedAssessment,
    Protocol,
    agent_window,
)

LONGEST = Fraction(10_000_000)
LEAST = Fraction(1, 10**30)


def test_the_standard_protocol_asks_at_these_times():
    assert [(each.id, each.after_minutes) for each in STANDARD.assessments[:11]] == [
        ("15min", 15),
        ("30min", 30),
        *((f"{hour}h", 60 * hour) for hour in (1, 2, 3, 4, 5, 6, 7, 8, 12)),
    ]
    assert [(each.id, each.day, each.at) for each in STANDARD.assessments[11:]] == [
        ("day1", 1, time(18)),
        ("day2", 2, time(18)),
        ("day3", 3, time(18)),
    ]


def test_only_assessments_on_a_day_are_daily():
    assert [each.daily for each in STANDARD.assessments] == [False] * 11 + [True] * 3


@pytest.mark.parametrize(
    ("name", "least", "below", "most", "above"),
    [
        ("threshold_percent", 1, 0, 100, 101),
        ("min_baseline", 0, -1, 10, 11),
        ("not_met_readings", 1, 0, 10**9, None),
        *((name, LEAST, 0, LONGEST, LONGEST + LEAST) for name in (
            "early_minutes", "verdict_minutes", "not_met_minutes"
        )),
        *((name, 0, -LEAST, LONGEST, LONGEST + LEAST) for name in (
            "max_gap_minutes", "min_spread_minutes", "rescue_minutes"
        )),
    ],
)  # fmt: skip
def test_criteria_hold_what_is_permitted_and_nothing_beyond(name, least, below, most, above):
    for permitted in (least, most):
        assert getattr(Criteria(**{name: permitted}), name) == permitted
    for refused in (below, above):
        if refused is None:
            continue
        with pytest.raises(Invalid) as refusal:
            Criteria(**{name: refused})
        assert refusal.value.path == f"criteria.{name}"


@pytest.mark.parametrize(
    ("path", "planned"),
    [
        ("id", {"id": "", "after_minutes": Fraction(60)}),
        ("day", {"id": "a"}),
        ("at", {"id": "a", "day": 1}),
        ("day", {"id": "a", "at": time(18)}),
        ("after_minutes", {"id": "a", "after_minutes": Fraction(0)}),
        ("after_minutes", {"id": "a", "after_minutes": LONGEST + LEAST}),
        ("after_minutes", {"id": "a", "after_minutes": Fraction(60), "day": 1, "at": time(18)}),
        ("after_minutes", {"id": "a", "after_minutes": Fraction(60), "day": 1}),
        ("after_minutes", {"id": "a", "after_minutes": Fraction(60), "at": time(18)}),
        ("day", {"id": "a", "day": -1, "at": time(18)}),
        ("day", {"id": "a", "day": 3651, "at": time(18)}),
    ],
)
def test_a_planned_assessment_is_of_one_kind_and_in_range(path, planned):
    with pytest.raises(Invalid) as refusal:
        PlannedAssessment(**planned)
    assert refusal.value.path == path


def test_two_assessments_cannot_share_an_id():
    one = PlannedAssessment("a", after_minutes=Fraction(60))
    with pytest.raises(Invalid) as refusal:
        Protocol("custom", (one, PlannedAssessment("a", after_minutes=Fraction(90))))
    assert refusal.value.path == "protocol.assessments[1].id"


def test_every_agent_but_other_has_a_window():
    assert [name for name in AGENTS if agent_window(name) is None] == ["other"]
    with pytest.raises(Invalid) as refusal:
        agent_window("saline")
    assert refusal.value.path == "block.agent"
