"""What a phone's wrong clock means for the times that it stamped."""

from dataclasses import dataclass
from datetime import timedelta

#: Up to this, a clock is right enough, and two measurements of it agree.
TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True)
class ClockCorrection:
    """What to add to every stamp of an entry, and whether its times can be trusted at all.

    `uncertain`: the clock was wrong at some moment between recording and sync and nobody can say
    by how much when the entry was made; the raw times are kept and shown with that flag.
    """

    shift: timedelta
    uncertain: bool


RAW = ClockCorrection(timedelta(0), uncertain=False)
UNCERTAIN = ClockCorrection(timedelta(0), uncertain=True)


def clock_correction(measured_seconds: float | None, at_sync_seconds: float) -> ClockCorrection:
    """How the stamps of an entry are to be read.

    :param measured_seconds: server minus phone, as the phone last measured it before the entry;
        None if it never did
    :param at_sync_seconds: server minus phone, as the entry arrived

    When both agree within the tolerance, the phone's measurement is added if it exceeds the
    tolerance. When they disagree the clock was changed in between: raw times, uncertain. A phone
    that never measured has nothing to agree with: its times are trusted only if its clock was
    right at sync. Source: design, section 5, Time.
    """
    at_sync = timedelta(seconds=at_sync_seconds)
    if measured_seconds is None:
        return RAW if abs(at_sync) <= TOLERANCE else UNCERTAIN
    measured = timedelta(seconds=measured_seconds)
    if abs(measured - at_sync) > TOLERANCE:
        return UNCERTAIN
    if abs(measured) > TOLERANCE:
        return ClockCorrection(measured, uncertain=False)
    return RAW
