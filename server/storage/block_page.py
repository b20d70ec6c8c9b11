"""All that a block's page shows, read in one view of the database."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from server.domain.block_record import BlockDiary
from server.storage import (
    baselines,
    blocks,
    diary_entries,
    enrolments,
    patients,
    protocols,
    receipts,
    staff,
)
from server.storage.models import (
    Block,
    Device,
    DiaryEntry,
    EntryConflict,
    Patient,
    Protocol,
    Reminder,
    StaffBaseline,
)
from server.storage.receipts import Delivered, PhoneReach


@dataclass(frozen=True)
class BlockPage:
    """One block with its diary and everything around it.

    `rows` are the stored entries by id; `patient_says` is the block's time as the patient's
    phones say it; `staff_names` by staff member's id, of those who entered a baseline.
    """

    block: Block
    patient: Patient
    protocol: Protocol
    diary: BlockDiary
    rows: dict[UUID, DiaryEntry]
    conflicts: list[EntryConflict]
    patient_says: datetime | None
    devices: dict[UUID, Device]
    reminders: list[Reminder]
    delivered: list[Delivered]
    reach: list[PhoneReach]
    staff_baselines: list[StaffBaseline]
    staff_names: dict[int, str]


def read(session: Session, clinic_id: UUID, block_id: UUID) -> BlockPage:
    """:raises NotFound: this clinic has no such block"""
    block = blocks.get(session, clinic_id, block_id)
    entered = baselines.of_block(session, block)
    return BlockPage(
        block=block,
        patient=patients.get(session, clinic_id, block.patient_id),
        protocol=protocols.of_block(session, block),
        diary=blocks.diary(session, block),
        rows={row.id: row for row in diary_entries.of_block(session, block)},
        conflicts=diary_entries.conflicts_of_block(session, block),
        patient_says=blocks.time_by_patient(session, block),
        devices={
            device.id: device for device in enrolments.devices(session, clinic_id, block.patient_id)
        },
        reminders=receipts.of_block(session, clinic_id, block_id),
        delivered=receipts.deliveries(session, clinic_id, [block_id])[block_id],
        reach=receipts.phones(session, clinic_id, [block.patient_id])[block.patient_id],
        staff_baselines=entered,
        staff_names=staff.names(session, clinic_id, [row.entered_by for row in entered]),
    )
