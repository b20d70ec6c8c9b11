"""A diary entry as a phone recorded it or staff wrote it down, free of storage and wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Kind = Literal["baseline", "rating", "unable"]
#: Where an entry comes from: the patient's own phone, or staff, who heard it on the telephone or
#: copied it from the paper diary.
Source = Literal["phone", "telephone", "paper"]


@dataclass(frozen=True)
class DiaryEntry:
    """One rating with its raw stamps; immutable. A correction is a new entry that names the old."""

    id: UUID
    kind: Kind
    felt_at: datetime  #: the moment the pain is about, by the phone's clock
    recorded_at: datetime  #: when the score was last tapped, by the phone's clock
    utc_offset_minutes: int  #: of the phone, when recorded
    zone: str  #: IANA zone of the phone, when recorded
    clock_difference_seconds: float | None  #: server minus phone, last measured by the phone
    clock_measured_at: datetime | None  #: when, by the phone's clock
    scores: Mapping[str, int]  #: NRS points by pain site; empty withdraws or is `unable`
    activities: tuple[str, ...]
    rescue_at: datetime | None  #: pain medicine beyond the regular
    note: str | None
    stated_percent: int | None  #: relief as the patient puts it, 0-100; never in place of computed
    answered_by: Literal["patient", "helper"]
    unable_reason: Literal["asleep", "cannot_rate"] | None
    replaces: UUID | None
    after_effects: tuple[str, ...]  #: told of the injection's place: soreness, bleeding, infection
    received_at: datetime
    sync_clock_difference_seconds: float  #: server minus phone, measured at receipt
    source: Source = "phone"
