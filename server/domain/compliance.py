"""How many of the assessments were answered, and how faithfully."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from server.domain.diary import JudgedEntry
from server.domain.schedule import Assessment

AssessmentStatus = Literal["answered", "recalled", "missed", "pending"]


@dataclass(frozen=True)
class Compliance:
    """Counts of the assessments opened so far; the four parts add up to `due`."""

    due: int
    answered: int
    recalled: int
    missed: int
    pending: int


def assessment_statuses(
    schedule: Sequence[Assessment], diary: Iterable[JudgedEntry], as_of: datetime
) -> dict[str, AssessmentStatus]:
    """By assessment id, what became of each that had opened by `as_of`, in order of due time.

    An entry counts for any one site that it scores. Source: docs/report.md, rule 12.
    """
    scored = [each for each in diary if each.standing and each.entry.scores]
    momentary = sorted(each.entry.felt_at for each in scored if each.momentary)
    recalled = sorted(each.entry.felt_at for each in scored if not each.momentary)
    statuses: dict[str, AssessmentStatus] = {}
    for assessment in schedule:
        if assessment.opens_at > as_of:
            continue
        if _any_in_window(momentary, assessment):
            statuses[assessment.id] = "answered"
        elif _any_in_window(recalled, assessment):
            statuses[assessment.id] = "recalled"
        elif assessment.closes_at <= as_of:
            statuses[assessment.id] = "missed"
        else:
            statuses[assessment.id] = "pending"
    return statuses


def compliance(statuses: Collection[AssessmentStatus]) -> Compliance:
    """The counts of `assessment_statuses`."""
    tally = {"answered": 0, "recalled": 0, "missed": 0, "pending": 0}
    for status in statuses:
        tally[status] += 1
    return Compliance(due=len(statuses), **tally)


def answered_share(
    site: str, schedule: Sequence[Assessment], diary: Iterable[JudgedEntry]
) -> tuple[int, int]:
    """How many of these assessments a momentary entry answered for the site, and of how many.

    Whether they have opened yet does not matter. Source: docs/report.md, rules 11 and 12.
    """
    felt = sorted(
        each.entry.felt_at
        for each in diary
        if each.standing and each.momentary and site in each.entry.scores
    )
    return sum(_any_in_window(felt, assessment) for assessment in schedule), len(schedule)


def answered_at(
    schedule: Iterable[Assessment], diary: Iterable[JudgedEntry]
) -> dict[str, datetime]:
    """By assessment id, the moment of the first momentary entry that answers it; those without
    one are left out. Source: docs/report.md, rule 12."""
    felt = sorted(
        each.entry.felt_at
        for each in diary
        if each.standing and each.momentary and each.entry.scores
    )
    return {
        assessment.id: felt[bisect_left(felt, assessment.opens_at)]
        for assessment in schedule
        if _any_in_window(felt, assessment)
    }


def _any_in_window(felt: Sequence[datetime], assessment: Assessment) -> bool:
    at = bisect_left(felt, assessment.opens_at)
    return at < len(felt) and felt[at] < assessment.closes_at
