"""A patient's days under a protocol: what is asked when, until when, and what rings."""

from dataclasses import dataclass
from datetime import datetime

from server.domain.protocol import Protocol
from server.domain.reminders import QUIET_HOURS, PlannedReminder, QuietHours, planned_reminders
from server.domain.schedule import Assessment, assessments


@dataclass(frozen=True)
class PreviewedAssessment:
    """One assessment with its reminders: the prompt and, if the protocol has one, the second push.

    Either is None where it does not ring: there is none, or the patient's quiet hours hold it back.
    """

    assessment: Assessment
    prompt: PlannedReminder | None
    nudge: PlannedReminder | None


def preview(
    protocol: Protocol,
    performed_at: datetime,
    timezone: str,
    quiet_hours: QuietHours = QUIET_HOURS,
    *,
    nudge: bool,
) -> tuple[PreviewedAssessment, ...]:
    """Every assessment in order of due time, by the rules that a block's own schedule and
    reminders follow.

    :param performed_at: t0, aware
    :param timezone: IANA name
    :raises Invalid: as `schedule.assessments`
    """
    scheduled = assessments(protocol, performed_at, timezone)
    planned = planned_reminders(scheduled, performed_at, timezone, quiet_hours, nudge=nudge)
    rings = {(each.assessment_id, each.attempt): each for each in planned}
    return tuple(
        PreviewedAssessment(each, rings.get((each.id, "prompt")), rings.get((each.id, "nudge")))
        for each in scheduled
    )
