"""Every entry of a block with what became of it, as every page and file lists them."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from server.domain.block_record import BlockDiary, CorrectedEntry
from server.domain.diary import ReportEntry, judge
from server.domain.relief import Reading, ReadingStatus
from server.domain.report import Report
from server.domain.schedule import minutes_between

EntryStatus = ReadingStatus | Literal["replaced", "withdrawn", "baseline", "unable"]


@dataclass(frozen=True)
class ListedEntry:
    """One stored entry and what became of it.

    `minutes` since the block, None before it has a time; `readings` are by pain site, of those
    that the report lists.
    """

    about: CorrectedEntry
    status: EntryStatus
    minutes: Fraction | None
    readings: Mapping[str, Reading]

    @property
    def corrected(self) -> bool:
        """Is it a correction that keeps its first entry's status?"""
        return any(reading.corrected for reading in self.readings.values())

    @property
    def shifted(self) -> bool:
        """Was the phone's clock wrong by a known amount?"""
        return self.about.felt_at != self.about.entry.felt_at


def listed(diary: BlockDiary, found: Report | None) -> tuple[ListedEntry, ...]:
    """Every entry in the order of the moments that they are about.

    :param found: the block's report; None before it has a time
    """
    by_id = {str(each.entry.id): each for each in diary.entries}
    readings: dict[str, dict[str, Reading]] = {name: {} for name in by_id}
    for site, of_site in found.sites.items() if found else ():
        for reading in of_site.readings:
            readings[reading.id][site] = reading
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
    return tuple(
        ListedEntry(
            about=by_id[each.entry.id],
            status=_status(by_id[each.entry.id], each.standing, readings[each.entry.id]),
            minutes=None
            if diary.performed_at is None
            else minutes_between(diary.performed_at, each.entry.felt_at),
            readings=readings[each.entry.id],
        )
        for each in judged
    )


def _status(about: CorrectedEntry, standing: bool, readings: Mapping[str, Reading]) -> EntryStatus:
    if not standing:
        return "replaced"
    if about.entry.kind != "rating":
        return about.entry.kind
    if not about.entry.scores:
        return "withdrawn"
    return next((reading.status for reading in readings.values()), "not_counted")
