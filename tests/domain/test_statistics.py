"""A clinic's blocks together: shares with intervals, medians with ranges, nobody ranked."""

from datetime import timedelta
from math import inf
from typing import Any

import pytest

from server.domain.dossier import Dossier
from server.domain.statistics import Middle, Share, levels, middle, statistics
from tests.interchange.dossiers import T0, a_dossier, an_entry


def relieved(*scores: int | None, baseline: int = 8, **more: Any) -> Dossier:
    """A block rated each hour; None misses it."""
    entries = [an_entry(1, -20, {"main": baseline}, kind="baseline")] + [
        an_entry(hour + 1, 60 * hour, {"main": score})
        for hour, score in enumerate(scores, 1)
        if score is not None
    ]
    return a_dossier(*entries, **more)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(0, 10, 0.0, 27.8), (5, 10, 23.7, 76.3), (10, 10, 72.2, 100.0), (1, 1, 20.7, 100.0)],
)
def test_a_share_comes_with_wilsons_interval(
    part: int, whole: int, low: float, high: float
) -> None:
    interval = Share(part, whole).interval_percent
    assert interval is not None
    assert interval == pytest.approx((low, high), abs=0.05)


def test_nothing_of_nothing_is_no_share() -> None:
    assert (Share(0, 0).percent, Share(0, 0).interval_percent) == (None, None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], Middle(0, None, None, None)),
        ([3.0], Middle(1, 3, 3, 3)),
        ([1.0, 2.0], Middle(2, 1.25, 1.5, 1.75)),
        ([1.0, 2.0, 3.0, inf], Middle(4, 1.75, 2.5, inf)),
        ([1.0, 2.0, inf], Middle(3, 1.5, 2.0, inf)),
    ],
)
def test_the_middle_of_values_some_of_which_are_only_known_to_be_longer(
    values: list[float], expected: Middle
) -> None:
    assert middle(values) == expected


def test_every_threshold_judges_every_block_anew() -> None:
    complete, good, half, none = (
        relieved(0, 0, 0, 8),
        relieved(1, 1, 1, 8),
        relieved(4, 4, 4, 8),
        relieved(8, 8, 8, 8),
    )
    found = statistics([complete, good, half, none])
    assert [found.everything.met(at) for at in (50, 80, 100)] == [
        Share(3, 4), Share(2, 4), Share(1, 4),
    ]  # fmt: skip
    assert found.everything.peak.median == pytest.approx(69.0)  # 0, 50, 88 and 100


def test_without_a_verdict_a_block_is_counted_apart() -> None:
    found = statistics([relieved(1, 1, 1, 8), relieved(1, 1, 1, 8, baseline=3), relieved(None)])
    assert found.everything.met(80) == Share(1, 1)
    assert found.everything.undetermined(80) == 2
    assert found.everything.pains == 3


def test_groups_are_by_agent_region_and_each_level() -> None:
    found = statistics(
        [
            relieved(1, 1, 1, agent="lidocaine", levels="l4/5"),
            relieved(1, 1, 1, levels="L4/5, L5/S1"),
            relieved(8, 8, 8, region="cervical", levels="C2/3; C3/4"),
        ]
    )
    assert {name: group.pains for name, group in found.by_agent.items()} == {
        "bupivacaine": 2, "lidocaine": 1,
    }  # fmt: skip
    assert {name: group.met(80) for name, group in found.by_region.items()} == {
        "lumbar": Share(2, 2), "cervical": Share(0, 1),
    }  # fmt: skip
    assert list(found.by_level) == ["L4/5", "C2/3", "C3/4", "L5/S1"]
    assert found.by_level["L4/5"].pains == 2


def test_how_long_relief_lasted_is_an_interval() -> None:
    ended, open_end = relieved(1, 1, 1, 8), relieved(1, 1, 1)
    found = statistics([ended, ended, open_end]).everything
    assert (found.at_least.median, found.at_most.median) == (120, 240)
    assert statistics([open_end]).everything.at_most.median == inf


def test_assessments_are_in_the_order_of_the_day_with_what_was_missed() -> None:
    found = statistics([relieved(1, 1, None, 8), relieved(1, None, None, 8)])
    names = list(found.assessments)
    assert names[:4] == ["15min", "30min", "1h", "2h"]
    assert found.assessments["1h"] == Share(2, 2)
    assert found.assessments["2h"] == Share(1, 2)
    assert found.assessments["3h"] == Share(0, 2)
    assert "12h" not in found.assessments  # its window has not opened after 9 hours


def test_what_can_still_change_or_was_cancelled_is_left_out() -> None:
    early = T0 + timedelta(hours=8)
    found = statistics(
        [
            relieved(1, 1, 1, as_of=early - timedelta(seconds=1)),
            relieved(1, 1, 1, as_of=early),
            relieved(1, 1, 1, cancelled_at=early),
            a_dossier(performed_at=None),
        ]
    )
    assert (found.blocks, found.left_out) == (1, 3)


def test_levels_are_told_apart_whatever_way_they_are_typed() -> None:
    assert levels(" l4/5,L5/S1 ;L4/5,") == ["L4/5", "L5/S1"]
    assert levels("") == []
