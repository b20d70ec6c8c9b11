"""What a clinic's blocks say together: shares with their uncertainty, medians with their range.

By agent, by region and by level, never by person. A figure of few blocks is given with its count
and its interval, so that nobody reads more into it than it holds.
"""

from bisect import insort
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import inf, sqrt

from server.domain.dossier import Dossier
from server.domain.report import Report, report
from server.domain.verdict import Verdict

#: The criteria that are in use: multispecialty guideline, US Medicare, and complete relief.
THRESHOLDS = (50, 80, 100)
#: The normal quantile of a two-sided 95 % interval.
_Z = 1.959963984540054


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """None of nothing."""
        return 100 * self.part / self.whole if self.whole else None

    @property
    def interval_percent(self) -> tuple[float, float] | None:
        """95 % confidence interval; None of nothing.

        Source: Wilson's score interval (Wilson 1927), which also holds for few and for 0 or all.
        """
        if not self.whole:
            return None
        share, n, z2 = self.part / self.whole, self.whole, _Z * _Z
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, 100 * (middle - half)), min(100.0, 100 * (middle + half))


@dataclass(frozen=True)
class Middle:
    """The median and the quartiles around it, None without any value; `count` values.

    A value that is only known to be "at least" counts as larger than all others: a median or
    quartile that falls on one is infinite.
    """

    count: int
    lower: float | None
    median: float | None
    upper: float | None


def middle(ordered: list[float]) -> Middle:
    """Of values in ascending order; between two places, the lower and the higher by their distance.

    Source: quantiles of type 7 (Hyndman and Fan 1996), as spreadsheets give them.
    """
    if not ordered:
        return Middle(0, None, None, None)
    return Middle(len(ordered), *(_quantile(ordered, at) for at in (0.25, 0.5, 0.75)))


def _quantile(ordered: list[float], at: float) -> float:
    place = at * (len(ordered) - 1)
    below = int(place)
    rest = place - below
    if rest == 0:
        return ordered[below]
    low, high = ordered[below], ordered[below + 1]
    return inf if high == inf else low + rest * (high - low)


@dataclass
class Group:
    """Pains that were scored under one heading, added one at a time.

    A block with two pain sites counts twice, since each pain has a verdict of its own.
    """

    verdicts: dict[int, Counter[Verdict]] = field(
        default_factory=lambda: {threshold: Counter() for threshold in THRESHOLDS}
    )
    _peaks: list[float] = field(default_factory=list)
    _at_least: list[float] = field(default_factory=list)
    _at_most: list[float] = field(default_factory=list)

    @property
    def pains(self) -> int:
        return sum(self.verdicts[THRESHOLDS[0]].values())

    def met(self, threshold: int) -> Share:
        """Of those with a verdict at this threshold, how many met it."""
        found = self.verdicts[threshold]
        return Share(found["met"], found["met"] + found["not_met"])

    def undetermined(self, threshold: int) -> int:
        """How many have no verdict at this threshold; they are in no share."""
        return self.verdicts[threshold]["undetermined"]

    @property
    def peak(self) -> Middle:
        """Most relief in percent of the baseline."""
        return middle(self._peaks)

    @property
    def at_least(self) -> Middle:
        """Minutes that relief at the block's own threshold lasted at least, where it had a length."""
        return middle(self._at_least)

    @property
    def at_most(self) -> Middle:
        """Minutes that it lasted at most; infinite where nothing shows the end."""
        return middle(self._at_most)

    def add(self, at: dict[int, Report], own: Report, site: str) -> None:
        for threshold, found in at.items():
            self.verdicts[threshold][found.sites[site].verdict] += 1
        known = own.sites[site]
        if known.peak is not None and known.peak.relief_percent is not None:
            insort(self._peaks, float(known.peak.relief_percent))
        if known.duration is not None:
            upper = known.duration.upper_minutes
            insort(self._at_least, float(known.duration.lower_minutes))
            insort(self._at_most, inf if upper is None else float(upper))


@dataclass
class Statistics:
    """Of the blocks that are done and whose verdict cannot change any more.

    `assessments` counts by assessment id, in the order in which they come after a block, how often
    it was answered in time; `left_out` are blocks without a time, cancelled or in progress.
    """

    blocks: int
    left_out: int
    everything: Group
    by_agent: dict[str, Group]
    by_region: dict[str, Group]
    by_level: dict[str, Group]
    assessments: dict[str, Share]


def statistics(dossiers: Iterable[Dossier]) -> Statistics:
    """Reads each block once, and keeps none of them.

    Whatever a block was judged by, its shares are by the three thresholds with its other criteria
    as they are; its duration is by its own threshold.
    """
    found = Statistics(0, 0, Group(), {}, {}, {}, {})
    answered: Counter[str] = Counter()
    closed: Counter[str] = Counter()
    places: dict[str, Fraction] = {}
    for each in dossiers:
        if each.record is None or each.report is None or each.details.cancelled_at is not None:
            found.left_out += 1
            continue
        if each.in_progress:
            found.left_out += 1
            continue
        found.blocks += 1
        _add(found, each)
        for assessment in each.record.schedule:
            status = each.report.assessments.get(assessment.id, "pending")
            if status != "pending":
                closed[assessment.id] += 1
                answered[assessment.id] += status == "answered"
                elapsed = Fraction((assessment.due_at - each.record.performed_at).total_seconds())
                places[assessment.id] = min(elapsed, places.get(assessment.id, elapsed))
    found.assessments = {
        name: Share(answered[name], closed[name]) for name in sorted(closed, key=places.__getitem__)
    }
    for groups in (found.by_agent, found.by_region, found.by_level):
        ordered = sorted(groups.items(), key=lambda pair: (-pair[1].pains, pair[0]))
        groups.clear()
        groups.update(ordered)
    return found


def _add(found: Statistics, each: Dossier) -> None:
    assert each.record is not None and each.report is not None
    record, own = each.record, each.report
    at = {
        threshold: own
        if record.criteria.threshold_percent == threshold
        else report(replace(record, criteria=replace(record.criteria, threshold_percent=threshold)))
        for threshold in THRESHOLDS
    }
    details = each.details
    groups = [
        found.everything,
        found.by_agent.setdefault(each.diary.agent, Group()),
        found.by_region.setdefault(details.region, Group()),
        *(found.by_level.setdefault(level, Group()) for level in levels(details.levels)),
    ]
    for site in own.sites:
        for group in groups:
            group.add(at, own, site)


def levels(typed: str) -> list[str]:
    """The single levels in what was typed, each once: "L4/5, L5/S1" are two."""
    parts = (part.strip().upper() for part in typed.replace(";", ",").split(","))
    return list(dict.fromkeys(part for part in parts if part))
