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
    sign_offs,
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
    SignOff,
    StaffBaseline,
)
from server.storage.receipts import Delivered, PhoneReach

#: No series of blocks of one patient is longer than this by far.
MOST_OTHERS = 8


@dataclass(frozen=True)
class BlockPage:
    """One block with its diary and everything around it.

    `rows` are the stored entries by id; `patient_says` is the block's time as the patient's
    phones say it; `others` are the patient's other blocks that have a time and are not cancelled,
    with their diaries, the latest first; `staff_names` are by staff member's id, of those who
    entered a baseline, wrote a rating down or signed.
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
    sign_offs: list[SignOff]
    others: list[tuple[Block, BlockDiary]]
    staff_names: dict[int, str]


def read(session: Session, clinic_id: UUID, block_id: UUID) -> BlockPage:
    """:raises NotFound: this clinic has no such block"""
    block = blocks.get(session, clinic_id, block_id)
    entered = baselines.of_block(session, block)
    signed = sign_offs.of_block(session, block)
    rows = {row.id: row for row in diary_entries.of_block(session, block)}
    return BlockPage(
        block=block,
        patient=patients.get(session, clinic_id, block.patient_id),
        protocol=protocols.of_block(session, block),
        diary=blocks.diary(session, block),
        rows=rows,
        conflicts=diary_entries.conflicts_of_block(session, block),
        patient_says=blocks.time_by_patient(session, block),
        devices={
            device.id: device for device in enrolments.devices(session, clinic_id, block.patient_id)
        },
        reminders=receipts.of_block(session, clinic_id, block_id),
        delivered=receipts.deliveries(session, clinic_id, [block_id])[block_id],
        reach=receipts.phones(session, clinic_id, [block.patient_id])[block.patient_id],
        staff_baselines=entered,
        sign_offs=signed,
        others=_others(session, block),
        staff_names=staff.names(
            session,
            clinic_id,
            [
                *(row.entered_by for row in entered),
                *(row.signed_by for row in signed),
                *(row.entered_by for row in rows.values() if row.entered_by is not None),
            ],
        ),
    )


def _others(session: Session, block: Block) -> list[tuple[Block, BlockDiary]]:
    done = [
        (other.performed_at, other)
        for other in blocks.of_patient(session, block.clinic_id, block.patient_id)
        if other.id != block.id and other.performed_at and not other.cancelled_at
    ]
    latest = sorted(done, key=lambda each: each[0], reverse=True)[:MOST_OTHERS]
    return [(other, blocks.diary(session, other)) for _, other in latest]
