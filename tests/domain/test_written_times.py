"""A protocol's times are read as a clinic writes them, and written so that they are read the same."""

from datetime import time

import pytest

from server.domain.errors import Invalid
from server.domain.presets import PRESETS, preset
from server.domain.protocol import STANDARD, PlannedAssessment
from server.domain.written_times import read_after, read_days, written_after, written_days


@pytest.mark.parametrize(
    "protocol", [each.protocol for each in PRESETS], ids=lambda of: of.schedule.name
)
def test_what_is_written_is_read_again_as_it_was(protocol):
    planned = protocol.schedule.assessments
    assert read_after(written_after(planned)) + read_days(written_days(planned)) == planned


def test_the_standard_protocol_is_written_as_people_say_it():
    assert written_after(STANDARD.assessments[:4]) == "15 min, 30 min, 1 h, 2 h"
    assert written_days(STANDARD.assessments) == "1-3 at 18:00"


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("15 min", [15]),
        ("15min,1h", [15, 60]),
        ("1-3 h\n90 minutes", [60, 120, 180, 90]),
        ("90 min; 2 hours", [90, 120]),
        ("120 min", [120]),
        ("", []),
        (" , ", []),
    ],
)
def test_times_after_the_block(text, minutes):
    assert [each.after_minutes for each in read_after(text)] == minutes


def test_a_time_has_the_id_that_the_standard_protocol_gives_it():
    assert [each.id for each in read_after("59 min, 60 min, 61 min, 2 h")] == [
        "59min", "1h", "61min", "2h",
    ]  # fmt: skip


def test_several_times_of_one_day_have_ids_of_their_own():
    assert read_days("1-2 at 18:00\n2 at 9:00; day 4 at 08:00, 20:30") == (
        PlannedAssessment("day1", day=1, at=time(18)),
        PlannedAssessment("day2-1800", day=2, at=time(18)),
        PlannedAssessment("day2-0900", day=2, at=time(9)),
        PlannedAssessment("day4-0800", day=4, at=time(8)),
        PlannedAssessment("day4-2030", day=4, at=time(20, 30)),
    )


def test_days_that_differ_or_do_not_follow_each_other_have_a_line_each():
    assert written_days(read_days("1, 2, 4 at 18:00\n5 at 09:00, 18:00")) == (
        "1-2 at 18:00\n4 at 18:00\n5 at 09:00, 18:00"
    )


@pytest.mark.parametrize(
    "text", ["soon", "15", "-15 min", "0 min", "0 h", "8-1 h", "1.5 h", "15 min 1 h"]
)
def test_what_is_no_time_after_the_block_is_named(text):
    with pytest.raises(Invalid) as fault:
        read_after(f"1 h, {text}")
    assert fault.value.path == "after"


@pytest.mark.parametrize(
    "text", ["1", "at 18:00", "1 at 24:00", "1 at 18:60", "1 at 18", "3-1 at 18:00", "x at 18:00"]
)
def test_what_is_no_day_with_its_time_is_named(text):
    with pytest.raises(Invalid) as fault:
        read_days(f"1 at 12:00\n{text}")
    assert fault.value.path == "days"


def test_an_unknown_preset_is_none():
    assert preset("nothing") is None


def test_each_preset_has_a_source_and_says_what_is_ours():
    assert [each.key for each in PRESETS] == [
        "standard", "us-medicare", "multispecialty", "uw-health",
    ]  # fmt: skip
    assert all(
        each.source and each.ours and each.protocol.source == each.source for each in PRESETS
    )
    assert [each.protocol.criteria.threshold_percent for each in PRESETS] == [80, 80, 50, 80]
    uw = preset("uw-health").protocol.schedule.assessments
    assert written_after(uw) == "15 min, 30 min, 45 min, 1 h, 2 h, 3 h, 4 h, 5 h, 6 h, 7 h, 8 h"
    assert written_days(uw) == "1-14 at 18:00"
