"""What staff write down for a patient without a usable phone, and when it may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from server.domain.diary import MOMENTARY_WITHIN
from server.domain.errors import Invalid

#: How staff learnt of it: the pain now, told on the telephone; an earlier one, told on the
#: telephone; or copied from the paper diary.
Told = Literal["telephone_now", "telephone_earlier", "paper"]


@dataclass(frozen=True)
class StaffEntry:
    """One rating in the patient's words; immutable. No scores: it withdraws what it replaces.

    `felt_at` is the moment the pain is about, aware; `rescue_at` when pain medicine beyond the
    regular was taken, None if none was told; `replaces` the staff's entry that this one corrects.
    """

    id: UUID
    told: Told
    felt_at: datetime
    scores: Mapping[str, int]
    rescue_at: datetime | None = None
    activity: str | None = None
    note: str | None = None
    replaces: UUID | None = None


def check(
    entry: StaffEntry, *, sites: Sequence[str], performed_at: datetime | None, now: datetime
) -> None:
    """Can this be an entry of a block with these pain sites and this time?

    What is not about the very moment of the call must be recalled by the report's own rule, so it
    lies further back than an entry about its own moment can (report.md, rule 1).

    :raises Invalid: it cannot; the path names the field
    """
    if performed_at is None:
        raise Invalid("told", "Set the time of the block first.")
    for site, score in entry.scores.items():
        if site not in sites:
            raise Invalid("scores", "{site} is not a pain site of this block.", site=site)
        if not 0 <= score <= 10:
            raise Invalid("scores", "Type whole numbers from 0 to 10.")
    if not entry.scores and entry.replaces is None:
        raise Invalid("scores", "Type the score of one pain at least.")
    if entry.felt_at > now:
        raise Invalid("felt_time", "This time is still to come.")
    if entry.felt_at < performed_at:
        raise Invalid("felt_time", "This is before the block. Enter it as the baseline instead.")
    if entry.told != "telephone_now" and now - entry.felt_at <= MOMENTARY_WITHIN:
        raise Invalid(
            "felt_time", "This is about now. Choose “On the telephone, about the pain now”."
        )
    if entry.rescue_at is not None and entry.rescue_at > now:
        raise Invalid("rescue_time", "This time is still to come.")
