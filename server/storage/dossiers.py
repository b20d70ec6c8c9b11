"""Whole blocks for the files that leave: one, or all of a clinic a few at a time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from server.domain.dossier import BlockDetails, Dossier, SignedOff
from server.storage import blocks, staff
from server.storage.models import (
    Block,
    Clinic,
    Device,
    DiaryEntry,
    Patient,
    Protocol,
    SignOff,
    StaffBaseline,
)

#: Blocks read at once; what is in memory does not grow with their number.
BATCH = 50


def of_block(session: Session, clinic_id: UUID, block_id: UUID, as_of: datetime) -> Dossier:
    """:raises NotFound: this clinic has no such block"""
    return of_rows(session, clinic_id, [blocks.get(session, clinic_id, block_id)], as_of)[0]


def of_clinic(
    session: Session, clinic_id: UUID, first: date | None, last: date | None, as_of: datetime
) -> Iterator[Dossier]:
    """Every block of a clinic in order of its planned date, cancelled ones included.

    :param first: local date of the earliest blocks wanted; None from the beginning
    :param last: of the latest, that day included; None to the end
    """
    wanted = (
        select(Block)
        .where(Block.clinic_id == clinic_id)
        .order_by(Block.planned_on, Block.id)
        .limit(BATCH)
    )
    if first is not None:
        wanted = wanted.where(Block.planned_on >= first)
    if last is not None:
        wanted = wanted.where(Block.planned_on <= last)
    following = wanted
    while batch := list(session.scalars(following)):
        end = batch[-1]
        yield from of_rows(session, clinic_id, batch, as_of)
        session.expunge_all()
        following = wanted.where(
            or_(
                Block.planned_on > end.planned_on,
                and_(Block.planned_on == end.planned_on, Block.id > end.id),
            )
        )


def of_rows(
    session: Session, clinic_id: UUID, batch: Sequence[Block], as_of: datetime
) -> list[Dossier]:
    clinic = session.get_one(Clinic, clinic_id)
    ids = [block.id for block in batch]

    def by_block(table: Any, *order: Any) -> defaultdict[UUID, list[Any]]:
        rows = session.scalars(
            select(table)
            .where(table.clinic_id == clinic_id, table.block_id.in_(ids))
            .order_by(*order)
        )
        return _grouped(rows)

    entries = by_block(DiaryEntry, DiaryEntry.felt_at, DiaryEntry.recorded_at, DiaryEntry.id)
    baselines = by_block(StaffBaseline, StaffBaseline.entered_at, StaffBaseline.id)
    signed = by_block(SignOff, SignOff.signed_at, SignOff.id)
    words = _check_words(session, clinic_id, entries)
    names = staff.names(
        session, clinic_id, [row.signed_by for rows in signed.values() for row in rows]
    )
    patients = _by_id(session, clinic_id, Patient, {block.patient_id for block in batch})
    protocols = _by_id(session, clinic_id, Protocol, {block.protocol_id for block in batch})
    return [
        Dossier(
            details=_details(
                block, clinic, patients[block.patient_id], protocols[block.protocol_id]
            ),
            diary=blocks.diary_of(
                block, protocols[block.protocol_id], entries[block.id], baselines[block.id]
            ),
            check_words={
                row.id: words[row.device_id]
                for row in entries[block.id]
                if row.device_id is not None
            },
            signed=tuple(
                SignedOff(row.id, names.get(row.signed_by, ""), row.signed_at, row.comment)
                for row in signed[block.id]
            ),
            as_of=as_of,
        )
        for block in batch
    ]


def _grouped(rows: Iterable[Any]) -> defaultdict[UUID, list[Any]]:
    grouped: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.block_id].append(row)
    return grouped


def _check_words(
    session: Session, clinic_id: UUID, entries: defaultdict[UUID, list[DiaryEntry]]
) -> dict[UUID, str]:
    devices = {row.device_id for rows in entries.values() for row in rows if row.device_id}
    found = select(Device.id, Device.check_word).where(
        Device.clinic_id == clinic_id, Device.id.in_(devices)
    )
    return {row.id: row.check_word for row in session.execute(found)}


def _by_id(session: Session, clinic_id: UUID, table: Any, ids: set[UUID]) -> dict[UUID, Any]:
    rows = session.scalars(select(table).where(table.clinic_id == clinic_id, table.id.in_(ids)))
    return {row.id: row for row in rows}


def _details(block: Block, clinic: Clinic, patient: Patient, protocol: Protocol) -> BlockDetails:
    return BlockDetails(
        id=block.id,
        patient_id=patient.id,
        clinic_id=clinic.id,
        clinic=clinic.name,
        reference=patient.reference,
        language=patient.language,
        number=block.number,
        region=block.region,
        levels=block.levels,
        side=block.side,
        concentration_percent=block.concentration_percent,
        steroid=block.steroid,
        sedation=block.sedation,
        protocol_version=protocol.version,
        planned_on=block.planned_on,
        performed_at_source=block.performed_at_source,
        cancelled_at=block.cancelled_at,
    )
