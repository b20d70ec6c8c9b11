"""Diary entries and "injection is done", kept as they were sent: exactly once each."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.entries import DiaryEntry, Source
from server.storage import models

Row = models.DiaryEntry | models.InjectionDone


@dataclass(frozen=True)
class Kept:
    """What became of an item, and when this very content was first here."""

    outcome: Literal["stored", "duplicate", "conflict"]
    received_at: datetime


def digest(content: Mapping[str, Any]) -> str:
    """Equal for equal content, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def known(session: Session, row: Row) -> Kept | None:
    """What becomes of an item whose id is taken; None if it is new.

    The same content is a duplicate and the original answers. Other content is a conflict, kept
    for review once, with the block of the original.
    """
    original = _original(session, row)
    if original is None:
        return None
    if original.digest == row.digest:
        return Kept("duplicate", original.received_at)
    return Kept("conflict", _keep_conflict(session, row, original.block_id))


def keep(session: Session, row: Row) -> Kept:
    """Store an item that `known` does not know. The caller holds the enrolment's lock, so that
    nobody stores one of that id in between."""
    session.add(row)
    session.flush()
    return Kept("stored", row.received_at)


def find(
    session: Session, clinic_id: UUID, enrolment_id: UUID, entry_id: UUID
) -> models.DiaryEntry | None:
    """One entry of a patient's phones; None if there is none of that id."""
    return session.scalar(
        select(models.DiaryEntry).where(
            models.DiaryEntry.clinic_id == clinic_id,
            models.DiaryEntry.enrolment_id == enrolment_id,
            models.DiaryEntry.id == entry_id,
            models.DiaryEntry.source == "phone",
        )
    )


def of_block(session: Session, block: models.Block) -> list[models.DiaryEntry]:
    """Every entry about a block, of any kind, replaced or not, by felt_at as stamped."""
    return list(
        session.scalars(
            select(models.DiaryEntry)
            .where(
                models.DiaryEntry.clinic_id == block.clinic_id,
                models.DiaryEntry.block_id == block.id,
            )
            .order_by(
                models.DiaryEntry.felt_at, models.DiaryEntry.recorded_at, models.DiaryEntry.id
            )
        )
    )


def of_enrolment(session: Session, clinic_id: UUID, enrolment_id: UUID) -> list[models.DiaryEntry]:
    """All that a patient's phones recorded, by felt_at as stamped."""
    return list(
        session.scalars(
            select(models.DiaryEntry)
            .where(
                models.DiaryEntry.clinic_id == clinic_id,
                models.DiaryEntry.enrolment_id == enrolment_id,
                models.DiaryEntry.source == "phone",
            )
            .order_by(
                models.DiaryEntry.felt_at, models.DiaryEntry.recorded_at, models.DiaryEntry.id
            )
        )
    )


def conflicts_of_block(session: Session, block: models.Block) -> list[models.EntryConflict]:
    """Other contents that came under an id already taken, oldest first, for review."""
    return list(
        session.scalars(
            select(models.EntryConflict)
            .where(
                models.EntryConflict.clinic_id == block.clinic_id,
                models.EntryConflict.block_id == block.id,
            )
            .order_by(models.EntryConflict.received_at, models.EntryConflict.id)
        )
    )


def entry_of(row: models.DiaryEntry) -> DiaryEntry:
    """A stored entry, as the rules read it: raw stamps, and what the server measured."""
    content = row.content
    return DiaryEntry(
        id=row.id,
        kind=content["kind"],
        felt_at=row.felt_at,
        recorded_at=row.recorded_at,
        utc_offset_minutes=content["utc_offset_minutes"],
        zone=content["zone"],
        clock_difference_seconds=content["clock_difference_seconds"],
        clock_measured_at=_instant(content["clock_measured_at"]),
        scores=content["scores"],
        activities=tuple(content["activities"]),
        rescue_at=_instant(content["rescue_at"]),
        note=content["note"],
        stated_percent=content["stated_percent"],
        answered_by=content["answered_by"],
        unable_reason=content["unable_reason"],
        replaces=None if content["replaces"] is None else UUID(content["replaces"]),
        after_effects=tuple(content.get("after_effects", ())),
        received_at=row.received_at,
        sync_clock_difference_seconds=row.sync_clock_difference_seconds,
        source=cast(Source, row.source),
    )


def injection_times(session: Session, block: models.Block) -> list[models.InjectionDone]:
    """Every "my injection is done" that the patient sent about a block."""
    return list(
        session.scalars(
            select(models.InjectionDone).where(
                models.InjectionDone.clinic_id == block.clinic_id,
                models.InjectionDone.block_id == block.id,
            )
        )
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _original(session: Session, row: Row) -> Row | None:
    table = type(row)
    found = session.scalar(
        select(table).where(
            table.clinic_id == row.clinic_id,
            table.enrolment_id == row.enrolment_id,
            table.id == row.id,
        )
    )
    assert found is None or isinstance(found, Row)
    return found


def _keep_conflict(session: Session, row: Row, block_id: UUID) -> datetime:
    """When this other content was first here; kept now if it is new."""
    already = select(models.EntryConflict.received_at).where(
        models.EntryConflict.clinic_id == row.clinic_id,
        models.EntryConflict.enrolment_id == row.enrolment_id,
        models.EntryConflict.item_id == row.id,
        models.EntryConflict.digest == row.digest,
    )
    received_at = session.scalar(already)
    if received_at is not None:
        return received_at
    session.add(
        models.EntryConflict(
            clinic_id=row.clinic_id,
            enrolment_id=row.enrolment_id,
            block_id=block_id,
            device_id=row.device_id,
            item_id=row.id,
            content=row.content,
            digest=row.digest,
            received_at=row.received_at,
        )
    )
    session.flush()
    return row.received_at
