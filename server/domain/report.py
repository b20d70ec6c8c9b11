"""The report of one block: everything that a screen, a file or a record says about its diary."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property

from server.domain.compliance import (
    AssessmentStatus,
    Compliance,
    answered_share,
    assessment_statuses,
    compliance,
)
from server.domain.diary import JudgedEntry, ReportEntry, judge
from server.domain.protocol import Criteria, Protocol
from server.domain.relief import Peak, Reading, peak, site_readings
from server.domain.rescue import Rescues
from server.domain.runs import Duration, duration, longest, onset, runs
from server.domain.schedule import Assessment, assessments, local_date, minutes_between
from server.domain.spid import HORIZON_MINUTES, spid_percent
from server.domain.verdict import Reason, Verdict, WindowWord, verdict, window_word


@dataclass(frozen=True)
class BlockRecord:
    """One block and its diary, all that a report needs.

    `performed_at` (t0), `as_of` and the entries' stamps are aware; `timezone` is an IANA name.
    `baseline` has a key for every pain site, None where it is missing; the sites are reported in
    its order. `entries` may come in any order.

    :raises Invalid: the entries or the schedule contradict themselves, as `judge`, `assessments`
        and `local_date` say
    """

    performed_at: datetime
    timezone: str
    agent: str
    protocol: Protocol
    criteria: Criteria
    baseline: Mapping[str, int | None]
    entries: tuple[ReportEntry, ...]
    as_of: datetime

    def __post_init__(self) -> None:
        _ = self.diary, self.schedule, self.performed_on

    @cached_property
    def performed_on(self) -> date:
        """The local date of the block."""
        return local_date(self.performed_at, self.timezone)

    @cached_property
    def diary(self) -> tuple[JudgedEntry, ...]:
        """Every entry with its status, ordered by felt_at, recorded_at and id."""
        return judge(self.entries)

    @cached_property
    def schedule(self) -> tuple[Assessment, ...]:
        """The block's assessments in order of due time."""
        return assessments(self.protocol, self.performed_at, self.timezone)


@dataclass(frozen=True)
class SiteReport:
    """What is known of one pain site; every None means "cannot be given".

    `onset_minutes` is an interval, open at its start; `single_reading` says that the longest
    stretch of relief is one reading, so that there is no duration; `spid_percent` is in tenths;
    `readings` are all standing scores of the site, in the order of the diary.
    """

    baseline: int | None
    verdict: Verdict
    reason: Reason | None
    peak: Peak | None
    onset_minutes: tuple[Fraction, Fraction] | None
    duration: Duration | None
    single_reading: bool
    agent_window: WindowWord | None
    spid_percent: Fraction | None
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Report:
    """The answer for one block: its criteria, its sites in the record's order, its compliance.

    `assessments` says by id what became of each assessment opened by `as_of`.
    """

    criteria: Criteria
    sites: Mapping[str, SiteReport]
    assessments: Mapping[str, AssessmentStatus]
    compliance: Compliance


def report(record: BlockRecord) -> Report:
    """Compute the report of a block. Source: docs/report.md."""
    statuses = assessment_statuses(record.schedule, record.diary, record.as_of)
    rescues = Rescues(
        minutes_between(record.performed_at, each.entry.rescue_at)
        for each in record.diary
        if each.standing and each.entry.rescue_at is not None
    )
    return Report(
        criteria=record.criteria,
        sites={site: _site_report(record, site, rescues) for site in record.baseline},
        assessments=statuses,
        compliance=compliance(statuses.values()),
    )


def _site_report(record: BlockRecord, site: str, rescues: Rescues) -> SiteReport:
    criteria, baseline = record.criteria, record.baseline[site]
    readings = site_readings(site, baseline, record.diary, record.performed_at, rescues, criteria)
    clean = [reading for reading in readings if reading.status == "clean"]
    found = runs(clean, rescues, criteria)
    best = longest(found)
    lasted = duration(best, rescues)
    word, reason = verdict(baseline, clean, found, criteria)
    early = [
        each
        for each in record.schedule
        if minutes_between(record.performed_at, each.due_at) <= HORIZON_MINUTES
    ]
    return SiteReport(
        baseline=baseline,
        verdict=word,
        reason=reason,
        peak=peak(clean, criteria.verdict_minutes),
        onset_minutes=onset(clean, criteria.verdict_minutes),
        duration=lasted,
        single_reading=best is not None and len(best.readings) == 1,
        agent_window=window_word(record.agent, lasted),
        spid_percent=spid_percent(
            baseline,
            clean,
            answered_share(site, early, record.diary),
            rescues,
            criteria.rescue_minutes,
        ),
        readings=readings,
    )
