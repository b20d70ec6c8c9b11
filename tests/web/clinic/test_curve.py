"""What is drawn, what is joined, and what never is."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.diary import ReportEntry
from server.domain.protocol import STANDARD, Criteria
from server.domain.report import BlockRecord, SiteReport, report
from server.web.clinic.curve import NARROW, WIDE, Curve, curve, threshold_score

T0 = datetime(2026, 3, 2, 15, tzinfo=UTC)  # 10:00 in New York


def entry(minutes: float, score: int, late: float = 0, **more: Any) -> ReportEntry:
    felt_at = T0 + timedelta(minutes=minutes)
    return ReportEntry(
        id=f"{minutes}-{score}-{late}",
        felt_at=felt_at,
        recorded_at=felt_at + timedelta(minutes=late),
        scores={"main": score},
        **more,
    )


def record_of(
    *entries: ReportEntry, baseline: int | None = 7, agent: str = "bupivacaine"
) -> tuple[BlockRecord, SiteReport]:
    record = BlockRecord(
        performed_at=T0,
        timezone="America/New_York",
        agent=agent,
        protocol=STANDARD,
        criteria=Criteria(),
        baseline={"main": baseline},
        entries=entries,
        as_of=T0 + timedelta(days=4),
    )
    return record, report(record).sites["main"]


def drawn(*entries: ReportEntry, **about: Any) -> Curve:
    return curve(*record_of(*entries, **about))


def at(minutes: float) -> float:
    """Where a minute lies on the wide curve without days."""
    width = WIDE.width - WIDE.left - WIDE.right
    return round(WIDE.left + minutes / (13 * 60) * width, 1)


@pytest.mark.parametrize(("gap", "lines"), [(89, 1), (90, 1), (91, 0)])
def test_readings_are_joined_across_ninety_minutes_and_no_more(gap: int, lines: int) -> None:
    assert len(drawn(entry(60, 1), entry(60 + gap, 1)).lines) == lines


def test_a_missed_hour_is_a_gap() -> None:
    found = drawn(entry(60, 1), entry(120, 1), entry(240, 1), entry(300, 5))
    assert [[x for x, _ in line] for line in found.lines] == [[at(60), at(120)], [at(240), at(300)]]


def test_a_recalled_reading_is_drawn_and_joined_to_nothing() -> None:
    found = drawn(entry(60, 1), entry(90, 6, late=30), entry(120, 1))
    assert [dot.kind for dot in found.dots] == ["clean", "recalled", "clean"]
    assert found.lines == (((at(60), found.dots[0].y), (at(120), found.dots[2].y)),)


def test_readings_after_medicine_are_marked_and_joined_to_nothing() -> None:
    taken = T0 + timedelta(minutes=70)
    found = drawn(entry(60, 1, rescue_at=taken), entry(75, 1), entry(120, 1))
    assert [dot.kind for dot in found.dots] == ["clean", "confounded", "confounded"]
    assert found.lines == ()
    assert found.medicine == (at(70),)
    assert [dot.label for dot in found.dots] == [None, "after medicine", None]


def test_a_reading_before_the_block_and_a_superseded_one_are_not_drawn() -> None:
    found = drawn(entry(-5, 7), entry(60, 2), entry(60, 1, late=1))
    assert len(found.dots) == 1


def test_less_pain_is_lower() -> None:
    scores = {dot.y for dot in drawn(entry(60, 0), entry(120, 10)).dots}
    assert scores == {WIDE.top, WIDE.height - WIDE.bottom}


@pytest.mark.parametrize(
    ("baseline", "percent", "score"),
    [(7, 80, 1), (5, 80, 1), (4, 80, 0), (10, 80, 2), (10, 1, 9), (3, 100, 0), (0, 80, None)],
)
def test_the_threshold_line_is_the_highest_score_that_qualifies(
    baseline: int, percent: int, score: int | None
) -> None:
    assert threshold_score(baseline, percent) == score
    if score is not None:
        assert 100 * (baseline - score) >= percent * baseline
        assert 100 * (baseline - score - 1) < percent * baseline


def test_without_a_baseline_there_is_neither_line() -> None:
    found = drawn(entry(60, 1), baseline=None)
    assert (found.baseline, found.threshold) == (None, None)
    assert len(found.dots) == 1


def test_the_agents_window_is_a_band_and_other_has_none() -> None:
    window = drawn(agent="lidocaine").window
    assert window is not None
    assert (window.x, round(window.x + window.width, 1)) == (at(60), at(240))
    assert drawn(agent="other").window is None


def test_the_night_is_shaded_where_the_block_was_done() -> None:
    (night,) = drawn().nights
    assert (night.x, round(night.x + night.width, 1)) == (at(12 * 60), at(13 * 60))


def test_days_get_a_panel_of_their_own_with_their_nights() -> None:
    found = drawn(entry(60, 1), entry(32 * 60, 5), entry(56 * 60, 6))
    assert len(found.panels) == 2
    assert [tick.label for tick in found.days] == ["1", "2"]
    assert len(found.nights) == 4  # one of them is cut in two by the break
    assert found.panels[0].x + found.panels[0].width < found.panels[1].x


def test_nothing_is_joined_across_the_break_between_hours_and_days() -> None:
    assert drawn(entry(13 * 60 - 10, 1), entry(13 * 60 + 10, 1)).lines == ()


def test_a_phone_with_a_clock_years_ahead_does_not_stretch_the_axis() -> None:
    found = drawn(entry(60, 1), entry(60 * 24 * 4000, 1))
    assert len(found.panels) == 1
    assert len(found.dots) == 1


entries = st.lists(
    st.builds(
        entry,
        st.integers(-60, 5 * 24 * 60),
        st.integers(0, 10),
        st.integers(0, 30),
        rescue_at=st.none() | st.integers(-60, 900).map(lambda m: T0 + timedelta(minutes=m)),
    ),
    max_size=20,
    unique_by=lambda each: each.id,
)


@settings(max_examples=60, deadline=None)
@given(entries, st.sampled_from([WIDE, NARROW]))
def test_no_line_crosses_a_gap_and_everything_lies_inside(
    given_entries: list[ReportEntry], size: Any
) -> None:
    record, found = record_of(*given_entries)
    shown = curve(record, found, size)
    clean = [each for each in found.readings if each.status == "clean"]
    near = sum(after.minutes - before.minutes <= 90 for before, after in pairwise(clean))
    assert sum(len(line) - 1 for line in shown.lines) <= near
    counted = {(dot.x, dot.y) for dot in shown.dots if dot.kind == "clean"}
    assert {point for line in shown.lines for point in line} <= counted
    for dot in shown.dots:
        assert size.left <= dot.x <= size.width - size.right
        assert size.top <= dot.y <= size.height - size.bottom
