"""Diary entries: which of them stand, and which were about the moment they were written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.domain.errors import Invalid

#: Recorded no further than this from the time it is about, an entry is momentary.
MOMENTARY_WITHIN = timedelta(minutes=5)
#: Recorded no later than this after the first entry, a correction keeps that entry's status.
CORRECTED_WITHIN = timedelta(minutes=60)


@dataclass(frozen=True)
class ReportEntry:
    """One rating as the report sees it; immutable. Instants are aware.

    `scores` gives whole points 0-10 by pain site, and none for a site that was not scored.
    `rescue_at` is when pain medicine beyond the regular was taken, `replaces` the id of the entry
    that this one corrects, `stated_percent` the relief that the patient says (0-100); None if not
    given.
    """

    id: str
    felt_at: datetime
    recorded_at: datetime
    scores: Mapping[str, int] = field(default_factory=dict)
    activities: tuple[str, ...] = ()
    rescue_at: datetime | None = None
    replaces: str | None = None
    stated_percent: int | None = None


@dataclass(frozen=True)
class JudgedEntry:
    """An entry and what rule 1 of docs/report.md says of it.

    `standing` is false once the entry is replaced; `momentary` is false for one about an earlier
    or later time (recalled); `corrected` marks a correction that has its first entry's status.
    """

    entry: ReportEntry
    standing: bool
    momentary: bool
    corrected: bool


def judge(entries: Sequence[ReportEntry]) -> tuple[JudgedEntry, ...]:
    """Every entry with its status, ordered by felt_at, then recorded_at, then id.

    :raises Invalid: two entries share an id, or a correction names an unknown entry or itself or
        closes a circle; the path gives the entry's place in `entries`

    Source: docs/report.md, rule 1.
    """
    by_id = _by_id(entries)
    first = _first_of_chain(entries, by_id)
    standing = _standing_ids(entries)
    judged = []
    for entry in sorted(entries, key=lambda each: (each.felt_at, each.recorded_at, each.id)):
        origin = by_id[first[entry.id]]
        corrected = (
            entry is not origin
            and entry.felt_at == origin.felt_at
            and entry.recorded_at - origin.recorded_at <= CORRECTED_WITHIN
        )
        source = origin if corrected else entry
        momentary = abs(source.recorded_at - source.felt_at) <= MOMENTARY_WITHIN
        judged.append(JudgedEntry(entry, entry.id in standing, momentary, corrected))
    return tuple(judged)


def standing(entries: Sequence[ReportEntry]) -> tuple[JudgedEntry, ...]:
    """The entries that no other replaces, judged, in the order of `judge`.

    :raises Invalid: as `judge`
    """
    return tuple(each for each in judge(entries) if each.standing)


def _by_id(entries: Sequence[ReportEntry]) -> dict[str, ReportEntry]:
    by_id: dict[str, ReportEntry] = {}
    for index, entry in enumerate(entries):
        if entry.id in by_id:
            raise Invalid(f"entries[{index}].id", "an earlier entry has the same id")
        by_id[entry.id] = entry
    return by_id


def _first_of_chain(
    entries: Sequence[ReportEntry], by_id: Mapping[str, ReportEntry]
) -> dict[str, str]:
    """By entry id, the id of the entry at the start of its chain of corrections (maybe itself)."""
    first: dict[str, str] = {}
    for entry in entries:
        chain: dict[str, None] = {}
        at = entry
        while at.id not in first and at.replaces is not None:
            if at.replaces == at.id:
                raise Invalid(_path_of(at, entries), "an entry cannot replace itself")
            if at.replaces not in by_id:
                raise Invalid(_path_of(at, entries), "no entry has this id")
            if at.id in chain:
                raise Invalid(_path_of(at, entries), "the corrections form a circle")
            chain[at.id] = None
            at = by_id[at.replaces]
        origin = first.get(at.id, at.id)
        first[at.id] = origin
        first.update(dict.fromkeys(chain, origin))
    return first


def _path_of(entry: ReportEntry, entries: Sequence[ReportEntry]) -> str:
    return f"entries[{entries.index(entry)}].replaces"


def _standing_ids(entries: Sequence[ReportEntry]) -> frozenset[str]:
    """From each first entry, follow the latest correction until none follows."""
    latest: dict[str, ReportEntry] = {}
    for entry in entries:
        if entry.replaces is None:
            continue
        rival = latest.get(entry.replaces)
        if rival is None or (rival.recorded_at, rival.id) < (entry.recorded_at, entry.id):
            latest[entry.replaces] = entry
    ends = set()
    for entry in entries:
        if entry.replaces is None:
            at = entry
            while at.id in latest:
                at = latest[at.id]
            ends.add(at.id)
    return frozenset(ends)
