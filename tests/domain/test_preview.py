"""The preview of a patient's days is what a block's own schedule and reminders would be."""

from datetime import UTC, datetime, time

import pytest

from server.domain.preview import preview
from server.domain.protocol import STANDARD
from server.domain.reminders import QuietHours, planned_reminders
from server.domain.schedule import assessments

EVENING = datetime(2026, 3, 2, 16, tzinfo=UTC)


@pytest.mark.parametrize("nudge", [True, False])
def test_it_has_every_assessment_and_exactly_the_reminders_that_are_planned(nudge):
    lines = preview(STANDARD, EVENING, "Europe/London", nudge=nudge)
    scheduled = assessments(STANDARD, EVENING, "Europe/London")
    assert tuple(line.assessment for line in lines) == scheduled
    shown = [each for line in lines for each in (line.prompt, line.nudge) if each]
    planned = planned_reminders(scheduled, EVENING, "Europe/London", nudge=nudge)
    assert shown == list(planned)
    assert any(line.nudge for line in lines) == nudge


def test_what_quiet_hours_hold_back_is_asked_and_silent():
    lines = {
        line.assessment.id: line for line in preview(STANDARD, EVENING, "Europe/London", nudge=True)
    }
    assert lines["8h"].prompt is not None  # 24:00, within 8 hours
    assert lines["12h"].prompt is None  # 04:00
    assert lines["day1"].prompt is not None
    quiet = QuietHours(time(17), time(19))
    shown = preview(STANDARD, EVENING, "Europe/London", quiet, nudge=False)
    assert [line.assessment.id for line in shown if line.prompt is None] == ["day1", "day2", "day3"]
