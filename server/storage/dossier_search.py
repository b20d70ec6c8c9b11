"""Blocks that may hold what a program searches for, the newest first, a few at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from server.domain.dossier import Dossier
from server.storage import dossiers, protocols
from server.storage.models import Block, DiaryEntry, Patient, SignOff

BATCH = 10
DAY = timedelta(days=1)
#: A smaller difference is not corrected (design, section 5, Time).
CLOCKS_AGREE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What narrows the blocks; None does not. `reference` is the clinic's own for a patient.

    `since` and `until` (aware, `until` not included) are of what belongs to the block: its entries
    (by when they were recorded, if `by_record`) and assessments. `first_of_patient`: only
    the newest block of each patient.
    """

    patients: set[UUID] | None = None
    blocks: set[UUID] | None = None
    references: set[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    by_record: bool = False
    first_of_patient: bool = False


def newest_first(
    session: Session,
    clinic_id: UUID,
    wanted: Wanted,
    begins: tuple[date, UUID] | None,
    as_of: datetime,
) -> Iterator[Dossier]:
    """Every block that may hold something of what is wanted, and some that do not.

    :param begins: planned date and id of the first block; None: the newest
    """
    rows = _narrowed(session, clinic_id, wanted)
    rows = rows.order_by(Block.planned_on.desc(), Block.id.desc()).limit(BATCH)
    following = rows
    if begins is not None:
        planned_on, block_id = begins
        following = rows.where(
            Block.planned_on <= planned_on,
            or_(Block.planned_on < planned_on, Block.id <= block_id),
        )
    while batch := list(session.scalars(following)):
        yield from dossiers.of_rows(session, clinic_id, batch, as_of)
        following = rows.where(_comes_after(batch[-1].planned_on, batch[-1].id))


def holding(session: Session, clinic_id: UUID, owner: UUID, as_of: datetime) -> Dossier | None:
    """The block that this id is of, or that the entry, sign-off or patient with this id belongs
    to; for the clinic's own id its newest block. None: this clinic has no such id."""
    newest = (
        select(Block)
        .where(Block.clinic_id == clinic_id)
        .order_by(Block.planned_on.desc(), Block.id.desc())
        .limit(1)
    )
    ids = blocks_of(session, clinic_id, {owner})
    block = session.scalar(newest.where(Block.id.in_(ids) if ids else Block.patient_id == owner))
    if block is None and owner == clinic_id:
        block = session.scalar(newest)
    return None if block is None else dossiers.of_rows(session, clinic_id, [block], as_of)[0]


def blocks_of(session: Session, clinic_id: UUID, owners: set[UUID]) -> set[UUID]:
    """The blocks among these ids, and those to which entries or sign-offs among them belong."""
    found: set[UUID] = set()
    for table, block_id in (
        (Block, Block.id),
        (DiaryEntry, DiaryEntry.block_id),
        (SignOff, SignOff.block_id),
    ):
        rows = select(block_id).where(table.clinic_id == clinic_id, table.id.in_(owners))
        found |= set(session.scalars(rows))
    return found


def _comes_after(planned_on: date, block_id: UUID) -> ColumnElement[bool]:
    return and_(
        Block.planned_on <= planned_on,  # said by itself, an index is of use
        or_(Block.planned_on < planned_on, Block.id < block_id),
    )


def _narrowed(session: Session, clinic_id: UUID, wanted: Wanted) -> Select[Any]:
    rows = select(Block).where(Block.clinic_id == clinic_id)
    if wanted.patients is not None:
        rows = rows.where(Block.patient_id.in_(wanted.patients))
    if wanted.blocks is not None:
        rows = rows.where(Block.id.in_(wanted.blocks))
    if wanted.references is not None:
        known = select(Patient.id).where(
            Patient.clinic_id == clinic_id, Patient.reference.in_(wanted.references)
        )
        rows = rows.where(Block.patient_id.in_(known))
    if wanted.since is not None or wanted.until is not None:
        rows = rows.where(_may_hold(wanted, protocols.longest_of(session, clinic_id) + DAY))
    if wanted.first_of_patient:
        newer = aliased(Block)
        rows = rows.where(
            ~exists().where(
                newer.patient_id == Block.patient_id,
                or_(
                    newer.planned_on > Block.planned_on,
                    and_(newer.planned_on == Block.planned_on, newer.id > Block.id),
                ),
            )
        )
    return rows


def _may_hold(wanted: Wanted, longest: timedelta) -> ColumnElement[bool]:
    """Has the block an entry or an assessment in that time, so far as its columns tell?

    Entries of phones whose clock was wrong are looked at one by one, by their corrected times.
    """
    at = DiaryEntry.recorded_at if wanted.by_record else DiaryEntry.felt_at
    entries, block = [], []
    if wanted.since is not None:
        entries.append(at >= wanted.since - DAY)
        block.append(Block.performed_at >= wanted.since - longest)
    if wanted.until is not None:
        entries.append(at < wanted.until + DAY)
        block.append(Block.performed_at < wanted.until)
    clock_wrong = or_(
        DiaryEntry.sync_clock_difference_seconds > CLOCKS_AGREE_SECONDS,
        DiaryEntry.sync_clock_difference_seconds < -CLOCKS_AGREE_SECONDS,
    )
    entry = exists().where(DiaryEntry.block_id == Block.id, or_(and_(*entries), clock_wrong))
    return or_(and_(*block), entry)
