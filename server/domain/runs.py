"""How long relief lasted at one pain site: runs of qualifying readings, onset and duration."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from server.domain.protocol import Criteria
from server.domain.relief import Reading
from server.domain.rescue import Rescues


@dataclass(frozen=True)
class Run:
    """Qualifying clean readings in unbroken sequence, and the clean ones around them.

    `before` is None when no clean reading precedes the run, `after` when none follows it.
    """

    readings: tuple[Reading, ...]
    before: Reading | None
    after: Reading | None

    @property
    def minutes(self) -> Fraction:
        """From the first to the last reading; 0 for a single one."""
        return self.readings[-1].minutes - self.readings[0].minutes


@dataclass(frozen=True)
class Duration:
    """How long relief lasted: at least `lower_minutes`, at most `upper_minutes`.

    `upper_minutes` is None where nothing shows the end: "at least".
    """

    lower_minutes: Fraction
    upper_minutes: Fraction | None


def runs(clean: Sequence[Reading], rescues: Rescues, criteria: Criteria) -> tuple[Run, ...]:
    """The runs that begin up to the verdict horizon, in order.

    A run ends at a reading that does not qualify, at a gap above `max_gap_minutes`, and where
    pain medicine was taken. Source: docs/report.md, rule 6.
    """
    found = []
    start = 0
    for end in range(1, len(clean) + 1):
        if end < len(clean) and _adjoin(clean[end - 1], clean[end], rescues, criteria):
            continue
        if clean[start].qualifies and clean[start].minutes <= criteria.verdict_minutes:
            found.append(
                Run(
                    readings=tuple(clean[start:end]),
                    before=clean[start - 1] if start > 0 else None,
                    after=clean[end] if end < len(clean) else None,
                )
            )
        start = end
    return tuple(found)


def _adjoin(one: Reading, following: Reading, rescues: Rescues, criteria: Criteria) -> bool:
    return (
        one.qualifies
        and following.qualifies
        and following.minutes - one.minutes <= criteria.max_gap_minutes
        and not rescues.any_from_until(one.minutes, following.minutes)
    )


def onset(clean: Sequence[Reading], verdict_minutes: Fraction) -> tuple[Fraction, Fraction] | None:
    """When relief set in, as (after, up to] minutes; None if nothing qualified in time.

    Source: docs/report.md, rule 7.
    """
    for before, reading in pairwise((None, *clean)):
        if reading is not None and reading.qualifies:
            if reading.minutes > verdict_minutes:
                return None
            return (before.minutes if before else Fraction(0), reading.minutes)
    return None


def longest(found: Sequence[Run]) -> Run | None:
    """The longest run, the earliest of equals; None without any."""
    return max(found, key=lambda run: run.minutes, default=None)


def duration(run: Run | None, rescues: Rescues) -> Duration | None:
    """How long the relief of a run lasted, as an interval; None for a single reading or no run.

    Source: docs/report.md, rule 8.
    """
    if run is None or len(run.readings) < 2:
        return None
    last, before, after = run.readings[-1], run.before, run.after
    end_is_seen = (
        after is not None
        and not after.qualifies
        and not (before is not None and before.qualifies)
        and not rescues.any_from_to(last.minutes, after.minutes)
    )
    if after is None or not end_is_seen:
        return Duration(run.minutes, None)
    return Duration(run.minutes, after.minutes - (before.minutes if before else 0))
