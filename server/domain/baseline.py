"""The baseline of a pain site: what the relief after a block is measured against."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

#: How long after t0 an entry may still be about the pain before the block.
AFTER_BLOCK = timedelta(minutes=5)
#: Older than this at t0, an entry no longer says how the pain was; a protocol may differ.
MAX_AGE_MINUTES = 240


@dataclass(frozen=True)
class BaselineEntry:
    """A standing entry of kind `baseline`, with corrected times.

    `rated_at` is when the first entry of its chain of corrections was recorded.
    """

    id: UUID
    felt_at: datetime
    recorded_at: datetime
    rated_at: datetime
    scores: Mapping[str, int]


@dataclass(frozen=True)
class StaffBaseline:
    """A baseline that staff entered or confirmed for one site."""

    site: str
    score: int
    entered_at: datetime


@dataclass(frozen=True)
class Baseline:
    """The baseline of one site: its score, who gave it, and the entry if the patient did."""

    score: int
    source: Literal["patient", "staff"]
    entry_id: UUID | None


def baseline_of_site(
    site: str,
    entries: Iterable[BaselineEntry],
    staff: Sequence[StaffBaseline],
    performed_at: datetime | None,
    max_age_minutes: int,
) -> Baseline | None:
    """The baseline of a site; None if there is none.

    What staff entered last for the site wins. Otherwise it is the last standing baseline entry
    that scores the site, was rated and is about no later than t0 + 5 min, and is not older than
    `max_age_minutes` at t0. Only entries of kind `baseline` are asked: no later rating can ever
    become the baseline. While the block has no time yet (`performed_at` None) any age will do.
    Source: design, section 5, Baseline.
    """
    entered = [each for each in staff if each.site == site]
    if entered:
        return Baseline(max(entered, key=lambda each: each.entered_at).score, "staff", None)
    eligible = [
        each
        for each in entries
        if site in each.scores and _before_block(each, performed_at, max_age_minutes)
    ]
    if not eligible:
        return None
    last = max(eligible, key=lambda each: (each.felt_at, each.recorded_at, str(each.id)))
    return Baseline(last.scores[site], "patient", last.id)


def _before_block(
    entry: BaselineEntry, performed_at: datetime | None, max_age_minutes: int
) -> bool:
    if performed_at is None:
        return True
    latest = performed_at + AFTER_BLOCK
    oldest = performed_at - timedelta(minutes=max_age_minutes)
    return oldest <= entry.felt_at <= latest and entry.rated_at <= latest
