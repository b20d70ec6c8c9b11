"""From what was stored to what the report is computed from: one block's diary, times corrected."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from server.domain.baseline import Baseline, BaselineEntry, StaffBaseline, baseline_of_site
from server.domain.clock import ClockCorrection, clock_correction
from server.domain.compliance import assessment_statuses
from server.domain.diary import ReportEntry, standing
from server.domain.entries import DiaryEntry
from server.domain.protocol import Criteria, Protocol
from server.domain.report import BlockRecord


@dataclass(frozen=True)
class CorrectedEntry:
    """A stored entry and its times as the report reads them; `clock_uncertain` is shown with it."""

    entry: DiaryEntry
    felt_at: datetime
    recorded_at: datetime
    rescue_at: datetime | None
    clock_uncertain: bool


@dataclass(frozen=True)
class BlockDiary:
    """One block, all that was stored about it, and the rules that read it.

    `performed_at` is t0, None until the block has a time; `sites` are its 1 to 4 pain sites;
    `baseline_max_age_minutes` is how old a baseline entry may be at t0.
    """

    performed_at: datetime | None
    timezone: str
    agent: str
    sites: tuple[str, ...]
    protocol: Protocol
    criteria: Criteria
    baseline_max_age_minutes: int
    stored: tuple[DiaryEntry, ...]
    staff_baselines: tuple[StaffBaseline, ...]

    @cached_property
    def entries(self) -> tuple[CorrectedEntry, ...]:
        """Every entry, of any kind, standing or replaced, in the order of `stored`."""
        return corrected(self.stored)

    @cached_property
    def baselines(self) -> Mapping[str, Baseline | None]:
        """The baseline of every site; None where it is missing."""
        given = _standing_baselines(self.entries)
        return {
            site: baseline_of_site(
                site, given, self.staff_baselines, self.performed_at, self.baseline_max_age_minutes
            )
            for site in self.sites
        }


def corrected(stored: Iterable[DiaryEntry]) -> tuple[CorrectedEntry, ...]:
    """The entries with corrected times; raw stamps are left as they are.

    A correction that repeats a raw time of the first entry of its chain is about the same moment,
    even if the phone measured its clock anew in between or is another phone: that time is
    corrected as the first entry's was. Source: design, section 5, Time; report.md, rule 1.
    """
    by_id = {entry.id: entry for entry in stored}
    read = []
    for entry in by_id.values():
        first = _first_of_chain(entry, by_id)
        own, firsts = _clock(entry), _clock(first)
        about_the_same = entry.felt_at == first.felt_at
        felt = firsts if about_the_same else own
        rescue = firsts if entry.rescue_at == first.rescue_at else own
        read.append(
            CorrectedEntry(
                entry=entry,
                felt_at=entry.felt_at + felt.shift,
                recorded_at=entry.recorded_at + own.shift,
                rescue_at=None if entry.rescue_at is None else entry.rescue_at + rescue.shift,
                clock_uncertain=own.uncertain or felt.uncertain,
            )
        )
    return tuple(read)


def block_record(block: BlockDiary, as_of: datetime) -> BlockRecord:
    """What the report of a block is computed from.

    Only ratings bring scores. A baseline entry is never a reading, and "cannot rate" is no answer:
    they come along without scores, for the pain medicine that they may name and so that every
    correction finds the entry that it replaces.

    :raises ValueError: the block has no time yet, so there is nothing to report
    """
    if block.performed_at is None:
        raise ValueError("a block without a time has no report")
    return BlockRecord(
        performed_at=block.performed_at,
        timezone=block.timezone,
        agent=block.agent,
        protocol=block.protocol,
        criteria=block.criteria,
        baseline={
            site: None if given is None else given.score for site, given in block.baselines.items()
        },
        entries=tuple(
            _report_entry(each, each.entry.scores if each.entry.kind == "rating" else {})
            for each in _telling(block.entries)
        ),
        as_of=as_of,
    )


def answered(block: BlockDiary) -> frozenset[str]:
    """Ids of the assessments that a momentary rating answers, whether or not they have closed.

    None before the block has a time. Source: report.md, rule 12.
    """
    if block.performed_at is None or not block.protocol.assessments:
        return frozenset()
    record = block_record(block, as_of=block.performed_at)
    end = max(assessment.closes_at for assessment in record.schedule)
    statuses = assessment_statuses(record.schedule, record.diary, as_of=end)
    return frozenset(name for name, status in statuses.items() if status == "answered")


def _telling(entries: Sequence[CorrectedEntry]) -> list[CorrectedEntry]:
    """Ratings, and of the other kinds those with medicine or in a chain of corrections."""
    replaced = {each.entry.replaces for each in entries}
    return [
        each
        for each in entries
        if each.entry.kind == "rating"
        or each.rescue_at is not None
        or each.entry.replaces is not None
        or each.entry.id in replaced
    ]


def _standing_baselines(entries: Sequence[CorrectedEntry]) -> tuple[BaselineEntry, ...]:
    by_id = {each.entry.id: each for each in entries}
    raw = {each.entry.id: each.entry for each in entries}
    stands = standing([_report_entry(each, each.entry.scores) for each in entries])
    return tuple(
        BaselineEntry(
            id=each.entry.id,
            felt_at=each.felt_at,
            recorded_at=each.recorded_at,
            rated_at=by_id[_first_of_chain(each.entry, raw).id].recorded_at,
            scores=each.entry.scores,
        )
        for each in (by_id[UUID(judged.entry.id)] for judged in stands)
        if each.entry.kind == "baseline"
    )


def _report_entry(each: CorrectedEntry, scores: Mapping[str, int]) -> ReportEntry:
    return ReportEntry(
        id=str(each.entry.id),
        felt_at=each.felt_at,
        recorded_at=each.recorded_at,
        scores=scores,
        activities=each.entry.activities,
        rescue_at=each.rescue_at,
        replaces=None if each.entry.replaces is None else str(each.entry.replaces),
        stated_percent=each.entry.stated_percent,
    )


def _first_of_chain(entry: DiaryEntry, by_id: Mapping[UUID, DiaryEntry]) -> DiaryEntry:
    seen = {entry.id}
    while entry.replaces is not None and entry.replaces not in seen:
        replaced = by_id.get(entry.replaces)
        if replaced is None:
            break
        entry = replaced
        seen.add(entry.id)
    return entry


def _clock(entry: DiaryEntry) -> ClockCorrection:
    return clock_correction(entry.clock_difference_seconds, entry.sync_clock_difference_seconds)
