"""What was stored becomes what the report is computed from: true times, true baseline, no more."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.domain.baseline import Baseline, StaffBaseline
from server.domain.block_record import BlockDiary, answered, block_record, corrected
from server.domain.entries import DiaryEntry
from server.domain.protocol import STANDARD, Criteria, Protocol
from server.domain.report import report

T0 = datetime(2026, 3, 2, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def entry(felt_at: datetime, **values: Any) -> DiaryEntry:
    given: dict[str, Any] = {
        "id": uuid4(),
        "kind": "rating",
        "felt_at": felt_at,
        "recorded_at": felt_at,
        "utc_offset_minutes": 0,
        "zone": "UTC",
        "clock_difference_seconds": 0.0,
        "clock_measured_at": felt_at,
        "scores": {"main": 2},
        "activities": (),
        "rescue_at": None,
        "note": None,
        "stated_percent": None,
        "answered_by": "patient",
        "unable_reason": None,
        "replaces": None,
        "after_effects": (),
        "received_at": felt_at,
        "sync_clock_difference_seconds": 0.0,
    }
    return DiaryEntry(**(given | values))


def baseline(felt_at: datetime, score: int = 7, **values: Any) -> DiaryEntry:
    return entry(felt_at, kind="baseline", **({"scores": {"main": score}} | values))


def block(*stored: DiaryEntry, **values: Any) -> BlockDiary:
    given: dict[str, Any] = {
        "performed_at": T0,
        "timezone": "UTC",
        "agent": "bupivacaine",
        "sites": ("main",),
        "protocol": STANDARD,
        "criteria": Criteria(),
        "baseline_max_age_minutes": 240,
        "stored": stored,
        "staff_baselines": (),
    }
    return BlockDiary(**(given | values))


def score(diary: BlockDiary, site: str = "main") -> int | None:
    found = diary.baselines[site]
    return None if found is None else found.score


# --- times


def test_a_clock_that_is_wrong_by_a_known_amount_is_taken_out_of_every_time() -> None:
    ahead = {"clock_difference_seconds": -7200.5, "sync_clock_difference_seconds": -7200.0}
    raw = entry(T0, recorded_at=T0 + minutes(1), rescue_at=T0 - minutes(9), **ahead)
    [read] = corrected([raw])
    shift = timedelta(seconds=-7200.5)
    assert (read.felt_at, read.recorded_at) == (T0 + shift, T0 + minutes(1) + shift)
    assert read.rescue_at == T0 - minutes(9) + shift
    assert read.entry is raw
    assert not read.clock_uncertain


def test_measurements_that_disagree_leave_raw_times_and_a_flag() -> None:
    [read] = corrected([entry(T0, clock_difference_seconds=-7200.0)])
    assert (read.felt_at, read.clock_uncertain) == (T0, True)


def test_a_correction_stays_about_its_first_entrys_moment_when_the_clock_is_measured_anew() -> None:
    first = entry(T0 + minutes(180), **wrong(-7200.0))
    again = entry(
        T0 + minutes(180), recorded_at=T0 + minutes(200), replaces=first.id, **wrong(-7203.25)
    )
    third = entry(
        T0 + minutes(180), recorded_at=T0 + minutes(210), replaces=again.id, **wrong(-7201.0)
    )
    reads = corrected([third, again, first])
    assert {read.felt_at for read in reads} == {T0 + minutes(60)}
    [reading] = report(block_record(block(first, again, third), T0)).sites["main"].readings
    assert (reading.id, reading.corrected, reading.status) == (str(third.id), True, "clean")


def wrong(seconds: float) -> dict[str, float]:
    return {"clock_difference_seconds": seconds, "sync_clock_difference_seconds": seconds}


def test_a_correction_from_another_phone_keeps_the_moment_and_the_first_entrys_doubt() -> None:
    first = entry(T0 + minutes(60), clock_difference_seconds=500.0)
    again = entry(T0 + minutes(60), recorded_at=T0 + minutes(70), replaces=first.id, **wrong(900.0))
    _, read = corrected([first, again])
    assert read.felt_at == T0 + minutes(60)
    assert read.recorded_at == T0 + minutes(85)
    assert read.clock_uncertain


def test_a_correction_about_another_moment_is_read_by_its_own_clock() -> None:
    first = entry(T0 + minutes(60), **wrong(100.0))
    again = entry(T0 + minutes(50), replaces=first.id, **wrong(200.0))
    _, read = corrected([first, again])
    assert read.felt_at == T0 + minutes(50) + timedelta(seconds=200)


# --- baseline


@pytest.mark.parametrize(
    ("felt_at", "expected"),
    [
        (T0 - minutes(240) - MICROSECOND, None),
        (T0 - minutes(240), 7),
        (T0, 7),
        (T0 + minutes(5), 7),
        (T0 + minutes(5) + MICROSECOND, None),
    ],
)
def test_a_baseline_counts_from_four_hours_before_to_five_minutes_after(
    felt_at: datetime, expected: int | None
) -> None:
    assert score(block(baseline(felt_at))) == expected


def test_a_protocol_may_let_a_baseline_be_older_or_not() -> None:
    old = baseline(T0 - minutes(241))
    assert score(block(old, baseline_max_age_minutes=241)) == 7
    assert score(block(old, baseline_max_age_minutes=240)) is None


def test_the_last_baseline_wins_and_a_later_rating_never_does() -> None:
    diary = block(
        baseline(T0 - minutes(60), 5),
        baseline(T0 - minutes(10), 6),
        entry(T0 - minutes(1), scores={"main": 9}),
        entry(T0 + minutes(4), scores={"main": 8}),
    )
    assert score(diary) == 6


def test_a_baseline_recorded_after_the_block_is_not_rated_before_it() -> None:
    late = T0 + minutes(5)
    assert score(block(baseline(T0 - minutes(9), recorded_at=late))) == 7
    assert score(block(baseline(T0 - minutes(9), recorded_at=late + MICROSECOND))) is None


def test_a_corrected_baseline_counts_as_rated_when_its_first_entry_was() -> None:
    first = baseline(T0 - minutes(9), 7)
    again = baseline(T0 - minutes(9), 8, recorded_at=T0 + minutes(30), replaces=first.id)
    assert score(block(first, again)) == 8


def test_a_withdrawn_baseline_gives_way_to_the_one_before() -> None:
    before, slip = baseline(T0 - minutes(30), 6), baseline(T0 - minutes(9), 2)
    undo = baseline(T0 - minutes(9), scores={}, replaces=slip.id)
    assert score(block(before, slip, undo)) == 6
    assert score(block(slip, undo)) is None


def test_each_site_has_its_own_baseline() -> None:
    diary = block(
        baseline(T0 - minutes(30), scores={"left": 6, "right": 4}),
        baseline(T0 - minutes(20), scores={"left": 5}),
        sites=("left", "right", "middle"),
    )
    assert [score(diary, site) for site in diary.sites] == [5, 4, None]


def test_staff_win_for_their_site_with_what_they_entered_last() -> None:
    rated = baseline(T0 - minutes(30), scores={"left": 6, "right": 4})
    staff = (
        StaffBaseline("left", 8, T0),
        StaffBaseline("left", 9, T0 + minutes(500)),
        StaffBaseline("left", 7, T0 + minutes(1)),
    )
    diary = block(rated, sites=("left", "right"), staff_baselines=staff)
    assert diary.baselines == {
        "left": Baseline(9, "staff", None),
        "right": Baseline(4, "patient", rated.id),
    }


def test_before_the_block_has_a_time_the_last_baseline_is_shown_whatever_its_age() -> None:
    assert score(block(baseline(T0 - timedelta(days=3)), performed_at=None)) == 7


def test_a_baseline_is_placed_by_its_corrected_time() -> None:
    assert score(block(baseline(T0 + minutes(60), **wrong(-3600.0)))) == 7
    assert score(block(baseline(T0 - minutes(10), **wrong(3600.0)))) is None


# --- record


def test_only_ratings_become_readings() -> None:
    diary = block(
        baseline(T0 + minutes(2), 7),
        entry(T0 + minutes(60)),
        entry(T0 + minutes(120), kind="unable", scores={}, unable_reason="asleep"),
    )
    record = block_record(diary, T0 + minutes(500))
    assert [each.scores for each in record.entries] == [{"main": 2}]
    site = report(record).sites["main"]
    assert (site.baseline, [reading.score for reading in site.readings]) == (7, [2])


def test_medicine_named_with_a_baseline_or_without_a_score_confounds_what_follows() -> None:
    for kind in ("baseline", "unable"):
        named = entry(T0 - minutes(30), kind=kind, rescue_at=T0 - minutes(40), scores={})
        record = block_record(block(named, entry(T0 + minutes(60))), T0)
        [reading] = report(record).sites["main"].readings
        assert reading.status == "confounded", kind


def test_medicine_of_a_replaced_baseline_is_left_out_with_it() -> None:
    first = baseline(T0 - minutes(30), rescue_at=T0 - minutes(40))
    second = baseline(T0 - minutes(30), replaces=first.id)
    third = baseline(T0 - minutes(30), replaces=second.id)
    record = block_record(block(first, second, third, entry(T0 + minutes(60))), T0)
    assert {each.id for each in record.entries} >= {str(each.id) for each in (first, second, third)}
    assert report(record).sites["main"].readings[-1].status == "clean"


def test_ids_are_text_and_corrections_name_them() -> None:
    first = entry(T0 + minutes(60), id=UUID(int=10**30))
    again = entry(T0 + minutes(60), replaces=first.id, stated_percent=50, activities=("walking",))
    record = block_record(block(first, again), T0)
    assert [each.id for each in record.entries] == [str(first.id), str(again.id)]
    assert record.entries[1].replaces == str(first.id)
    assert (record.entries[1].stated_percent, record.entries[1].activities) == (50, ("walking",))


def test_a_rating_before_the_block_is_listed_and_not_counted() -> None:
    record = block_record(block(baseline(T0 - minutes(5)), entry(T0 - minutes(1))), T0)
    [reading] = report(record).sites["main"].readings
    assert reading.status == "not_counted"


def test_a_block_without_a_time_has_no_report() -> None:
    with pytest.raises(ValueError, match="without a time"):
        block_record(block(performed_at=None), T0)


# --- answered


def test_an_assessment_is_answered_by_a_momentary_rating_in_its_window() -> None:
    for offset, expected in (
        (45 * 60 - 1e-6, {"30min"}),
        (45 * 60, {"1h"}),
        (90 * 60 - 1e-6, {"1h"}),
        (90 * 60, set()),
        (105 * 60, {"2h"}),
    ):
        found = answered(block(entry(T0 + timedelta(seconds=offset))))
        assert found == expected, offset


def test_recalled_unable_withdrawn_and_baseline_entries_are_no_answers() -> None:
    at = T0 + minutes(60)
    withdrawn = entry(at)
    nothing: list[tuple[DiaryEntry, ...]] = [
        (entry(at, recorded_at=at + minutes(5) + MICROSECOND),),
        (entry(at, kind="unable", scores={}),),
        (entry(at, kind="baseline"),),
        (entry(at, scores={}),),
        (withdrawn, entry(at, scores={}, replaces=withdrawn.id)),
    ]
    for stored in nothing:
        assert answered(block(*stored)) == frozenset()
    assert answered(block(entry(at, recorded_at=at + minutes(5)))) == {"1h"}


def test_nothing_is_answered_before_the_block_has_a_time_or_without_assessments() -> None:
    given = entry(T0 + minutes(60))
    assert answered(block(given, performed_at=None)) == frozenset()
    assert answered(block(given, protocol=Protocol("none", ()))) == frozenset()
