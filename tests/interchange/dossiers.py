"""Blocks with everything that a file may have to hold, made without a database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from server.domain.baseline import StaffBaseline
from server.domain.block_record import BlockDiary
from server.domain.dossier import BlockDetails, Dossier, SignedOff
from server.domain.entries import DiaryEntry
from server.domain.protocol import STANDARD, Criteria

#: 09:30 in New York.
T0 = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)


def entry_id(number: int) -> UUID:
    return UUID(int=number)


def an_entry(number: int, minutes: float, scores: dict[str, int], **more: Any) -> DiaryEntry:
    """A momentary rating so many minutes after t0, received ten seconds later."""
    felt_at = T0 + timedelta(minutes=minutes)
    values: dict[str, Any] = {
        "id": entry_id(number),
        "kind": "rating",
        "felt_at": felt_at,
        "recorded_at": felt_at,
        "utc_offset_minutes": -300,
        "zone": "America/New_York",
        "clock_difference_seconds": 0.0,
        "clock_measured_at": felt_at,
        "scores": scores,
        "activities": (),
        "rescue_at": None,
        "note": None,
        "stated_percent": None,
        "answered_by": "patient",
        "after_effects": (),
        "unable_reason": None,
        "replaces": None,
        "received_at": felt_at + timedelta(seconds=10),
        "sync_clock_difference_seconds": 0.0,
    }
    return DiaryEntry(**(values | more))


def a_dossier(*entries: DiaryEntry, **more: Any) -> Dossier:
    """A lumbar block of bupivacaine nine hours ago, with these entries."""
    details = {
        "id": UUID(int=0xB10C),
        "patient_id": UUID(int=0x9A7),
        "clinic_id": UUID(int=0xE11),
        "clinic": "Elm Pain Clinic",
        "reference": "P-1001",
        "language": "en",
        "number": 1,
        "region": "lumbar",
        "levels": "L4/5, L5/S1",
        "side": "left",
        "concentration_percent": 0.5,
        "steroid": False,
        "sedation": True,
        "protocol_version": 1,
        "planned_on": date(2026, 3, 2),
        "performed_at_source": "clinic",
        "cancelled_at": None,
    }
    diary = {
        "performed_at": T0,
        "timezone": "America/New_York",
        "agent": "bupivacaine",
        "sites": ("main",),
        "protocol": STANDARD,
        "criteria": Criteria(),
        "baseline_max_age_minutes": 240,
        "stored": entries,
        "staff_baselines": (),
    }
    return Dossier(
        details=BlockDetails(**(details | {k: v for k, v in more.items() if k in details})),
        diary=BlockDiary(**(diary | {k: v for k, v in more.items() if k in diary})),
        check_words={entry.id: "rabbit" for entry in entries},
        signed=more.get("signed", ()),
        as_of=more.get("as_of", T0 + timedelta(hours=9)),
    )


def everything() -> Dossier:
    """Two pains, a correction, recalled, confounded, unable, a wrong clock, a sign-off."""
    left = "left"
    right = '=right, "worse" one'
    note = '=HYPERLINK("http://evil.example")\nand after that a second line, ٹھیک'
    return a_dossier(
        an_entry(1, -20, {left: 7, right: 5}, kind="baseline"),
        an_entry(2, 16, {left: 9}, note="@SUM(A1)"),
        an_entry(3, 16, {left: 4, right: 4}, replaces=entry_id(2),
                 recorded_at=T0 + timedelta(minutes=18)),
        an_entry(4, 61.5, {left: 1, right: 6}, activities=("walking", "+stairs"),
                 stated_percent=90),
        an_entry(5, 120, {left: 1}, recorded_at=T0 + timedelta(minutes=150)),
        an_entry(6, 121, {left: 0, right: 5}, received_at=T0 + timedelta(minutes=190)),
        an_entry(7, 181, {}, kind="unable", unable_reason="asleep", answered_by="helper"),
        an_entry(8, 241, {left: 2}, rescue_at=T0 + timedelta(minutes=230), note=note),
        an_entry(9, 300, {left: 3}, clock_difference_seconds=-600.0),
        sites=(left, right),
        staff_baselines=(StaffBaseline(right, 6, T0 - timedelta(minutes=5)),),
        signed=(
            SignedOff(UUID(int=0x516), "Clara Moss", T0 + timedelta(hours=8.5), "To discuss."),
        ),
    )  # fmt: skip
