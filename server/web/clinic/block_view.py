"""A block's page as its template reads it: the report, and every entry with what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from server.domain.block_record import CorrectedEntry, block_record
from server.domain.diary import ReportEntry, judge
from server.domain.protocol import agent_window
from server.domain.relief import Reading, ReadingStatus
from server.domain.report import BlockRecord, Report, SiteReport, report
from server.domain.schedule import minutes_between
from server.storage.block_page import BlockPage
from server.web.clinic.curve import NARROW, WIDE, Curve, curve, threshold_score
from server.web.clinic.reminders_view import (
    PhoneView,
    ReminderView,
    phone_views,
    reminder_views,
)

EntryStatus = ReadingStatus | Literal["replaced", "withdrawn", "baseline", "unable"]


@dataclass(frozen=True)
class EntryView:
    """One stored entry: its own stamps, the times as the report reads them, what became of it.

    `readings` are by pain site, of those that the report lists; `minutes` since the block, None
    before it has a time.
    """

    about: CorrectedEntry
    status: EntryStatus
    minutes: float | None
    readings: Mapping[str, Reading]
    check_word: str
    phone_zone: str

    @property
    def corrected(self) -> bool:
        """Is it a correction that keeps its first entry's status?"""
        return any(reading.corrected for reading in self.readings.values())

    @property
    def shifted(self) -> bool:
        """Was the phone's clock wrong by a known amount?"""
        return self.about.felt_at != self.about.entry.felt_at


@dataclass(frozen=True)
class SiteView:
    """One pain site: its report, its curve in two sizes, and the counts of the verdict line."""

    name: str
    report: SiteReport
    curves: tuple[Curve, ...]
    qualifying: int
    counted: int
    threshold_score: int | None

    def count(self, status: ReadingStatus) -> int:
        return sum(reading.status == status for reading in self.report.readings)


@dataclass(frozen=True)
class BlockView:
    """Everything about one block. `record` and `report` are None until it has a time."""

    page: BlockPage
    as_of: datetime

    @property
    def performed_at(self) -> datetime | None:
        return self.page.block.performed_at

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.page.block.timezone)

    @cached_property
    def record(self) -> BlockRecord | None:
        if self.performed_at is None:
            return None
        return block_record(self.page.diary, as_of=self.as_of)

    @cached_property
    def report(self) -> Report | None:
        return None if self.record is None else report(self.record)

    @property
    def in_progress(self) -> bool:
        """Can the verdict still change because its horizon has not passed?"""
        if self.performed_at is None:
            return True
        elapsed = minutes_between(self.performed_at, self.as_of)
        return elapsed < self.page.diary.criteria.verdict_minutes

    @property
    def clock_uncertain(self) -> bool:
        return any(each.clock_uncertain for each in self.page.diary.entries)

    @property
    def window_hours(self) -> tuple[int, int] | None:
        window = agent_window(self.page.block.agent)
        return None if window is None else (window[0] // 60, window[1] // 60)

    @cached_property
    def sites(self) -> tuple[SiteView, ...]:
        """Empty until the block has a time."""
        if self.record is None or self.report is None:
            return ()
        return tuple(
            _site_view(name, found, self.record) for name, found in self.report.sites.items()
        )

    @cached_property
    def entries(self) -> tuple[EntryView, ...]:
        """Every entry in the order of the moments that they are about."""
        by_id = {str(each.entry.id): each for each in self.page.diary.entries}
        judged = judge(
            [
                ReportEntry(
                    id=name,
                    felt_at=each.felt_at,
                    recorded_at=each.recorded_at,
                    replaces=None if each.entry.replaces is None else str(each.entry.replaces),
                )
                for name, each in by_id.items()
            ]
        )
        return tuple(self._entry_view(by_id[each.entry.id], each.standing) for each in judged)

    def _entry_view(self, about: CorrectedEntry, standing: bool) -> EntryView:
        entry = about.entry
        readings = {
            site: reading
            for site, found in (self.report.sites.items() if self.report else ())
            for reading in found.readings
            if reading.id == str(entry.id)
        }
        status: EntryStatus
        if not standing:
            status = "replaced"
        elif entry.kind != "rating":
            status = entry.kind
        elif not entry.scores:
            status = "withdrawn"
        else:
            status = next((reading.status for reading in readings.values()), "not_counted")
        device = self.page.devices[self.page.rows[entry.id].device_id]
        return EntryView(
            about=about,
            status=status,
            minutes=None
            if self.performed_at is None
            else float(minutes_between(self.performed_at, about.felt_at)),
            readings=readings,
            check_word=device.check_word,
            phone_zone=entry.zone,
        )

    @cached_property
    def reminders(self) -> list[ReminderView]:
        return reminder_views(self.page, self.as_of)

    @cached_property
    def phones(self) -> list[PhoneView]:
        return phone_views(self.page, self.as_of)

    def original(self, item_id: UUID) -> CorrectedEntry | None:
        """The entry that holds an id; None if what holds it is no entry about this block."""
        return next((each for each in self.page.diary.entries if each.entry.id == item_id), None)


def _site_view(name: str, found: SiteReport, record: BlockRecord) -> SiteView:
    counted = [
        reading
        for reading in found.readings
        if reading.status == "clean" and reading.minutes <= record.criteria.verdict_minutes
    ]
    return SiteView(
        name=name,
        report=found,
        curves=tuple(curve(record, found, size) for size in (WIDE, NARROW)),
        qualifying=sum(reading.qualifies for reading in counted),
        counted=len(counted),
        threshold_score=threshold_score(found.baseline, record.criteria.threshold_percent),
    )
