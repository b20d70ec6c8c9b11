"""What crosses the wire between phone and server: these types validate it and document it.

Instants are RFC 3339 with an offset; durations carry their unit in the name. Unknown keys are
refused.
"""

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

Instant = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(min_length=1, max_length=60)]
Score = Annotated[int, Meta(ge=0, le=10, description="NRS, whole points")]
Scores = Annotated[dict[Name, Score], Meta(max_length=4)]


class Stamps(Struct, kw_only=True, forbid_unknown_fields=True):
    """When and by which clock an item was recorded on the phone; raw, never corrected."""

    recorded_at: Instant
    utc_offset_minutes: Annotated[int, Meta(ge=-1440, le=1440)]
    zone: Name
    clock_difference_seconds: float | None = None
    """Server minus phone, as last measured by the phone; null if never."""
    clock_measured_at: Instant | None = None


AfterEffect = Literal["soreness", "bleeding", "infection"]


class DiaryEntry(Stamps, kw_only=True, tag="diary_entry", forbid_unknown_fields=True):
    """One rating. `replaces` names the entry that it corrects; no scores withdraws."""

    id: UUID
    block_id: UUID
    kind: Literal["baseline", "rating", "unable"]
    felt_at: Instant
    scores: Scores = {}
    activities: Annotated[list[Name], Meta(max_length=20)] = []
    rescue_at: Instant | None = None
    note: Annotated[str, Meta(max_length=1000)] | None = None
    stated_percent: Annotated[int, Meta(ge=0, le=100)] | None = None
    answered_by: Literal["patient", "helper"] = "patient"
    unable_reason: Literal["asleep", "cannot_rate"] | None = None
    replaces: UUID | None = None
    after_effects: Annotated[list[AfterEffect], Meta(max_length=3)] = []
    """What the patient tells of the place of the injection; `infection` means signs of one."""
    layout: Annotated[str, Meta(max_length=60)] | None = None
    """Which scale was shown, on what size of screen."""


class InjectionDone(Stamps, kw_only=True, tag="injection_done", forbid_unknown_fields=True):
    """The patient's "my injection is done"."""

    id: UUID
    block_id: UUID
    performed_at: Instant


class ReminderShown(Struct, kw_only=True, tag="reminder_shown", forbid_unknown_fields=True):
    """A receipt: this phone showed the reminder. `id` is the delivery named in the push."""

    id: UUID
    shown_at: Instant


WallTime = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class QuietHours(Stamps, kw_only=True, tag="quiet_hours", forbid_unknown_fields=True):
    """The patient chose when reminders later than 8 hours after a block do not ring: from `start`
    to `end`, by the wall clock of the block's zone. The same time twice: they always ring."""

    id: UUID
    start: WallTime
    end: WallTime


class ZoneFollowed(Stamps, kw_only=True, tag="zone_followed", forbid_unknown_fields=True):
    """The patient wants a block's daily assessments at the wall clock of where the phone is."""

    id: UUID
    block_id: UUID
    timezone: Name


Item = DiaryEntry | InjectionDone | ReminderShown | QuietHours | ZoneFollowed
ItemT = TypeVar("ItemT")


class SyncRequest(Struct, Generic[ItemT], kw_only=True, forbid_unknown_fields=True):
    """All that waits on the phone, oldest first. Decoded with raw items, so that one bad item
    never blocks the others; documented with `Item`."""

    sent_at: Instant
    """The phone's clock as the request leaves."""
    app_version: Annotated[str, Meta(max_length=60)] = ""
    language: Annotated[str, Meta(max_length=20)] | None = None
    """As the patient chose it on this phone; left out when nothing new was chosen. The state that is
    answered says whether the clinic offers it."""
    persisted: bool | None = None
    """Whether the phone's browser promised to keep what is stored there; left out while it was not
    asked or cannot say."""
    items: Annotated[list[ItemT], Meta(max_length=500)] = []


Outcome = Literal["stored", "duplicate", "conflict", "rejected"]


class ItemResult(Struct, kw_only=True):
    """What became of one item, in the order in which they were sent."""

    id: str | None
    """As sent; null if the item had none that could be read."""
    outcome: Outcome
    reason: str | None = None
    """For `rejected`: a stable code (invalid, unknown_block, unknown_site, unknown_replaced,
    wrong_kind, unknown_delivery, unknown_zone, id_taken)."""
    message: str | None = None
    """For `rejected`: what is wrong, for a person."""
    received_at: datetime | None = None
    """When the server first had it; null if rejected."""


class ClinicText(Struct, kw_only=True):
    """What a clinic tells its patients, as plain text; lines are lines."""

    text: str
    language: str
    """Which it is in: another than the reader's where the clinic wrote none in theirs."""


class ClinicTexts(Struct, kw_only=True):
    opening_hours: ClinicText | None
    """When somebody answers its telephone, in words."""
    advice: ClinicText | None


class Clinic(Struct, kw_only=True):
    name: str
    telephone: str
    out_of_hours_telephone: str
    """What to call while the clinic is closed; empty: it has no such number."""
    emergency_number: str
    """Such as 112; empty: the clinic named none."""
    texts: dict[str, ClinicTexts]
    """For a reader of each of the languages offered, by its code."""


class PatientText(Struct, kw_only=True):
    """The clinic's own words in one language, plain text; empty: none."""

    instructions: str
    cautions: str
    """In place of the app's own, wherever it encourages to be active."""


class Block(Struct, kw_only=True):
    """What the phone needs to compute its schedule by itself."""

    id: UUID
    number: int
    region: str
    side: str
    sites: list[str]
    timezone: str
    planned_on: str
    performed_at: datetime | None
    performed_at_source: Literal["clinic", "phone"] | None
    cancelled: bool
    assessments: list[dict[str, Any]]
    """As in a report file: {"id", "after_minutes"} or {"id", "day", "at"}."""
    baseline_max_age_minutes: int
    told: list[str]
    """Ids of the assessments that staff wrote an answer down for: the phone does not ask."""
    texts: dict[str, PatientText]
    """By language, as in a page's `lang`, of the protocol version that the block keeps."""


class SentEntry(Struct, kw_only=True):
    """An entry that the clinic has, so that a new phone gets its own diary back."""

    entry: DiaryEntry
    received_at: datetime


class PhoneState(Struct, kw_only=True):
    """All that a phone needs, offline, for its patient."""

    check_word: str
    language: str
    """The patient's; reminders come in it."""
    languages: list[str]
    """Those that the clinic offers, the patient's among them."""
    clinic: Clinic
    blocks: list[Block]
    entries: list[SentEntry]
    vapid_public_key: str
    subscribed: bool
    """Whether the server holds a live push subscription of this phone."""
    quiet_start: str
    quiet_end: str
    """Between these wall times ("21:30"), reminders later than 8 hours after a block are silent."""


class SyncResponse(Struct, kw_only=True):
    server_at: datetime
    results: list[ItemResult]
    state: PhoneState


class RedeemRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Exactly one of the two: the link's token, or the code typed from the sheet."""

    token: Annotated[str, Meta(max_length=64)] | None = None
    code: Annotated[str, Meta(max_length=32)] | None = None
    attempt: UUID | None = None
    """Random, kept by the phone until it is let in: who asks again with the same one, because the
    answer was lost, is let in again."""
    consented: Literal[True]


class RedeemResponse(Struct, kw_only=True):
    server_at: datetime
    state: PhoneState


class SubscriptionKeys(Struct, kw_only=True, forbid_unknown_fields=True):
    p256dh: Annotated[str, Meta(max_length=200)]
    auth: Annotated[str, Meta(max_length=100)]


class SubscriptionRequest(Struct, kw_only=True):
    """A browser's PushSubscription as its toJSON() gives it."""

    endpoint: Annotated[str, Meta(max_length=2000)]
    keys: SubscriptionKeys
    expiration_time: float | None = msgspec.field(name="expirationTime", default=None)


class SubscriptionResponse(Struct, kw_only=True):
    subscribed: bool


class StopEmailsRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """The token behind `#` in the link of an e-mail reminder."""

    token: Annotated[str, Meta(max_length=64)]


class StopEmailsResponse(Struct, kw_only=True):
    stopped: Literal[True]


class SnoozeRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Put off the reminder of this delivery."""

    delivery: UUID


class SnoozeResponse(Struct, kw_only=True):
    due_at: datetime
    """When it rings again."""


class TrialRequest(Struct, kw_only=True, forbid_unknown_fields=True):
    """Says no more than that it is asked for."""


class TrialResponse(Struct, kw_only=True):
    asked: bool


class DeviceResponse(Struct, kw_only=True):
    enrolled: bool


class ErrorBody(Struct, kw_only=True, omit_defaults=True):
    code: str
    message: str
    path: str | None = None


class ErrorResponse(Struct, kw_only=True):
    """The one shape of every API error."""

    error: ErrorBody
