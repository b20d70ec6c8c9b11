"""All that a block's page shows, read in one view of the database."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.block_record import BlockDiary
from server.storage import baselines, blocks, diary_entries, enrolments, patients, protocols, staff
from server.storage.models import (
    Block,
    Device,
    DiaryEntry,
    EntryConflict,
    InjectionDone,
    Patient,
    Protocol,
    StaffBaseline,
)


@dataclass(frozen=True)
class BlockPage:
    """One block with its diary and everything around it.

    `rows` are the stored entries by id; `done` what the patient's phones said of the block's
    time, the latest last; `staff_names` by staff member's id, of those who entered a baseline.
    """

    block: Block
    patient: Patient
    protocol: Protocol
    diary: BlockDiary
    rows: dict[UUID, DiaryEntry]
    conflicts: list[EntryConflict]
    done: list[InjectionDone]
    devices: dict[UUID, Device]
    staff_baselines: list[StaffBaseline]
    staff_names: dict[int, str]


def read(session: Session, clinic_id: UUID, block_id: UUID) -> BlockPage:
    """:raises NotFound: this clinic has no such block"""
    block = blocks.get(session, clinic_id, block_id)
    entered = baselines.of_block(session, block)
    done = select(InjectionDone).where(
        InjectionDone.clinic_id == clinic_id, InjectionDone.block_id == block.id
    )
    return BlockPage(
        block=block,
        patient=patients.get(session, clinic_id, block.patient_id),
        protocol=protocols.of_block(session, block),
        diary=blocks.diary(session, block),
        rows={row.id: row for row in diary_entries.of_block(session, block)},
        conflicts=diary_entries.conflicts_of_block(session, block),
        done=list(session.scalars(done.order_by(InjectionDone.received_at, InjectionDone.id))),
        devices={
            device.id: device for device in enrolments.devices(session, clinic_id, block.patient_id)
        },
        staff_baselines=entered,
        staff_names=staff.names(session, clinic_id, [row.entered_by for row in entered]),
    )
