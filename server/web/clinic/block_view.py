"""A block's page as its template reads it: the report, and every entry with what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from server.domain.block_record import BlockDiary, CorrectedEntry, block_record
from server.domain.comparison import SiteComparison, compare
from server.domain.listed import ListedEntry, listed
from server.domain.protocol import agent_window
from server.domain.relief import Reading, ReadingStatus
from server.domain.report import BlockRecord, Report, SiteReport, report
from server.domain.schedule import minutes_between
from server.interchange.report_file import digest, figures_json
from server.storage.block_page import BlockPage
from server.storage.models import Block, DiaryEntry, SignOff
from server.web.clinic.curve import NARROW, WIDE, Curve, curve, threshold_score
from server.web.clinic.reminders_view import (
    PhoneView,
    ReminderView,
    phone_views,
    reminder_views,
)
from server.web.speech import N, t


@dataclass(frozen=True)
class EntryView(ListedEntry):
    """One stored entry: its own stamps, the times as the report reads them, what became of it."""

    #: Whose: the check word of the phone, or the name of the staff member who wrote it down.
    by: str
    phone_zone: str
    after_sign_off: bool


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

    @property
    def most_stated(self) -> Reading | None:
        """The reading with the most relief that the patient stated; None if they stated none."""
        stated = [each for each in self.report.readings if each.stated_percent is not None]
        return max(stated, key=lambda each: each.stated_percent or 0, default=None)


@dataclass(frozen=True)
class ComparedBlock:
    """Another block of the patient, its report, and how the two compare, by pain site of both."""

    block: Block
    report: Report
    sites: Mapping[str, SiteComparison]


@dataclass(frozen=True)
class SignedView:
    """One sign-off. `since` counts the entries that arrived later; `changed` says whether the
    figures are no longer those that were signed."""

    row: SignOff
    name: str
    since: int
    changed: bool


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
    def cannot_be_signed(self) -> str | None:
        """Why there is nothing to sign now; None if there is."""
        if self.page.block.cancelled_at is not None:
            return N("This block is cancelled, so there is nothing to sign.")
        if self.report is None:
            return N("This block has no time yet, so there is nothing to sign.")
        if self.in_progress:
            return N("The verdict can still change. Sign when its time has passed.")
        return None

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
    def compared(self) -> tuple[ComparedBlock, ...]:
        """The patient's other blocks beside this one, the latest first; empty without a time."""
        if self.record is None:
            return ()
        return tuple(self._compared(block, diary) for block, diary in self.page.others)

    def _compared(self, block: Block, diary: BlockDiary) -> ComparedBlock:
        assert self.record is not None
        other = block_record(diary, as_of=self.as_of)
        return ComparedBlock(block, report(other), compare(self.record, other))

    @cached_property
    def figures(self) -> dict[str, Any]:
        """What there is to sign; empty until the block has a time."""
        return figures_json(self.report) if self.report else {}

    @property
    def figures_digest(self) -> str:
        return digest(self.figures)

    @cached_property
    def signed(self) -> tuple[SignedView, ...]:
        """Every sign-off, the newest first."""
        return tuple(
            SignedView(
                row=row,
                name=self.page.staff_names.get(row.signed_by, t("a former member of staff")),
                since=sum(self._after(row, entry_id) for entry_id in self.page.rows),
                changed=row.figures != self.figures,
            )
            for row in reversed(self.page.sign_offs)
        )

    def _after(self, sign_off: SignOff, entry_id: UUID) -> bool:
        return self.page.rows[entry_id].received_at > sign_off.signed_at

    @cached_property
    def entries(self) -> tuple[EntryView, ...]:
        """Every entry in the order of the moments that they are about."""
        return tuple(self._entry_view(each) for each in listed(self.page.diary, self.report))

    def _entry_view(self, each: ListedEntry) -> EntryView:
        entry = each.about.entry
        return EntryView(
            **vars(each),
            by=self._by(self.page.rows[entry.id]),
            phone_zone=entry.zone,
            after_sign_off=any(self._after(row, entry.id) for row in self.page.sign_offs[-1:]),
        )

    def _by(self, row: DiaryEntry) -> str:
        if row.device_id is not None:
            return self.page.devices[row.device_id].check_word
        return self.page.staff_names.get(row.entered_by or 0, t("a former member of staff"))

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
