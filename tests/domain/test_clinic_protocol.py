"""A clinic's protocol can always be asked, and its words fit a small screen."""

from datetime import UTC, datetime, timedelta

import pytest

from server.domain.clinic_protocol import PatientText, check_plain, check_times
from server.domain.errors import Invalid
from server.domain.presets import PRESETS
from server.domain.protocol import Protocol
from server.domain.schedule import assessments
from server.domain.written_times import read_after, read_days


def fault(after: str, days: str = "") -> str | None:
    """The path of what is refused; None if nothing is."""
    try:
        check_times(read_after(after) + read_days(days))
    except Invalid as found:
        return found.path
    return None


@pytest.mark.parametrize(
    ("after", "days", "path"),
    [
        ("", "", "after"),
        ("1 min", "", None),
        ("", "1 at 00:00", None),
        ("15 min, 19 min", "", "after"),
        ("15 min, 20 min", "", None),
        ("1 h, 60 min", "", "after"),
        ("480 h", "", None),
        ("481 h", "", "after"),
        ("", "0 at 18:00", "days"),
        ("", "20 at 23:59", None),
        ("", "21 at 00:00", "days"),
        ("", "1 at 10:00, 12:00", None),
        ("", "1 at 10:01, 12:00", "days"),
        ("", "1 at 23:00\n2 at 01:00", None),
        ("", "1 at 23:01\n2 at 01:00", "days"),
        ("", "1-3 at 18:00\n2 at 18:00", "days"),
        # A block at 21:00 and at 20:59, at 05:00 and at 04:59, would be asked twice at once.
        ("12 h", "1 at 09:00", None),
        ("12 h", "1 at 08:59", "days"),
        ("24 h", "1 at 05:00", "days"),
        ("24 h", "1 at 04:59", None),
        ("48 h", "1 at 18:00", None),
    ],
)
def test_times_that_could_meet_or_come_too_close_are_refused(after, days, path):
    assert fault(after, days) == path


@pytest.mark.parametrize(("count", "path"), [(60, None), (61, "after")])
def test_there_are_no_more_assessments_than_a_patient_can_answer(count, path):
    assert fault(", ".join(f"{5 * place} min" for place in range(1, count + 1))) == path


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.key)
def test_every_preset_can_be_asked_at_any_hour_also_when_clocks_change(preset):
    check_times(preset.protocol.schedule.assessments)
    planned = Protocol("any", preset.protocol.schedule.assessments)
    for start in (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)):
        for minutes in range(5 * 60, 21 * 60, 15):
            found = assessments(planned, start + timedelta(minutes=minutes), "Europe/London")
            assert len(found) == len(planned.assessments)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ("No driving for 24 hours.\nسَيّارة", True),
        ("x" * 400, True),
        ("x" * 401, False),
        ("1\n2\n3\n4\n5\n6", True),
        ("1\n2\n3\n4\n5\n6\n7", False),
        ("a\tb", False),
        ("right to left \u202e override", False),
    ],
)
def test_a_clinics_words_are_plain_and_short(text, fits):
    if fits:
        check_plain(text, "cautions_en")
    else:
        with pytest.raises(Invalid) as found:
            check_plain(text, "cautions_en")
        assert found.value.path == "cautions_en"


def test_a_text_of_nothing_is_none():
    assert not PatientText()
    assert PatientText(cautions="No driving.")
