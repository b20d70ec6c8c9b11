"""One pain site's readings, what they amount to in relief, and the best of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Literal

from server.domain.diary import JudgedEntry
from server.domain.protocol import Criteria
from server.domain.rescue import Rescues
from server.domain.schedule import minutes_between

ReadingStatus = Literal["recalled", "not_counted", "confounded", "clean"]


@dataclass(frozen=True)
class Reading:
    """One standing score of one pain site.

    `minutes` since the block, exact; `relief_percent` None without a baseline of 1 or more;
    `status` is `recalled` (about another moment), `not_counted` (not after the block, or another
    entry about the same moment came later), `confounded` (after pain medicine) or `clean`, and
    only clean readings count or qualify. `stated_percent` is what the patient said, or None.
    """

    id: str
    minutes: Fraction
    score: int
    relief_percent: int | None
    status: ReadingStatus
    qualifies: bool
    corrected: bool
    stated_percent: int | None


@dataclass(frozen=True)
class Peak:
    """The lowest clean score up to the verdict horizon and the first time it was reached.

    `readings` says how many clean readings it was chosen from.
    """

    score: int
    relief_percent: int | None
    minutes: Fraction
    readings: int


def rounded(value: Fraction) -> int:
    """To the nearest whole number, halves away from zero."""
    nearest = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return nearest if value >= 0 else -nearest


def relief_percent(baseline: int | None, score: int) -> int | None:
    """Relief in percent of the baseline, rounded for display; negative is worse.

    None if the baseline is missing or 0: there was nothing to relieve.

    Source: docs/report.md, rule 4.
    """
    if not baseline:
        return None
    return rounded(Fraction(100 * (baseline - score), baseline))


def qualifies(baseline: int | None, score: int, threshold_percent: int) -> bool:
    """Whether a score reaches the threshold, compared in whole numbers.

    Source: docs/report.md, rule 4.
    """
    if not baseline:
        return False
    return 100 * (baseline - score) >= threshold_percent * baseline


def site_readings(
    site: str,
    baseline: int | None,
    diary: Sequence[JudgedEntry],
    performed_at: datetime,
    rescues: Rescues,
    criteria: Criteria,
) -> tuple[Reading, ...]:
    """Every standing score of a site with its status, in the order of the diary.

    :param diary: judged entries ordered by felt_at, recorded_at and id, as `judge` gives them

    Source: docs/report.md, rules 2 to 4.
    """
    scored = [each for each in diary if each.standing and site in each.entry.scores]
    # Of several momentary entries about one instant the last in this order is the reading.
    last_at: Mapping[datetime, str] = {
        each.entry.felt_at: each.entry.id for each in scored if each.momentary
    }
    readings = []
    for each in scored:
        entry, score = each.entry, each.entry.scores[site]
        minutes = minutes_between(performed_at, entry.felt_at)
        status: ReadingStatus
        if not each.momentary:
            status = "recalled"
        elif minutes <= 0 or last_at[entry.felt_at] != entry.id:
            status = "not_counted"
        elif rescues.confound(minutes, criteria.rescue_minutes):
            status = "confounded"
        else:
            status = "clean"
        readings.append(
            Reading(
                id=entry.id,
                minutes=minutes,
                score=score,
                relief_percent=relief_percent(baseline, score),
                status=status,
                qualifies=status == "clean"
                and qualifies(baseline, score, criteria.threshold_percent),
                corrected=each.corrected,
                stated_percent=entry.stated_percent,
            )
        )
    return tuple(readings)


def peak(clean: Sequence[Reading], verdict_minutes: Fraction) -> Peak | None:
    """The best of the clean readings up to the verdict horizon; None without any.

    Source: docs/report.md, rule 5.
    """
    within = [reading for reading in clean if reading.minutes <= verdict_minutes]
    if not within:
        return None
    best = min(within, key=lambda reading: (reading.score, reading.minutes))
    return Peak(best.score, best.relief_percent, best.minutes, len(within))
