"""One block with all that is written about it: what every file that leaves is made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from server.domain.block_record import BlockDiary, block_record
from server.domain.listed import ListedEntry, listed
from server.domain.report import BlockRecord, Report, report
from server.domain.schedule import minutes_between


@dataclass(frozen=True)
class BlockDetails:
    """What a clinic wrote down of a block. `reference` is the clinic's own for the patient.

    `performed_at_source` is "clinic" or "phone", None without a time; `language` is the
    patient's. Of the agent's concentration, steroid and sedation None says that nobody said.
    """

    id: UUID
    patient_id: UUID
    clinic_id: UUID
    clinic: str
    reference: str
    language: str
    number: int
    region: str
    levels: str
    side: str
    concentration_percent: float | None
    steroid: bool | None
    sedation: bool | None
    protocol_version: int
    planned_on: date
    performed_at_source: str | None
    cancelled_at: datetime | None


@dataclass(frozen=True)
class SignedOff:
    """A clinician's conclusion; `id` is that of the sign-off."""

    id: UUID
    name: str
    signed_at: datetime
    comment: str


@dataclass(frozen=True)
class Dossier:
    """A block, its diary, and who signed its report, oldest first.

    `check_words` name the phone of each entry by the entry's id; one that staff wrote down has
    none. `record` and `report` are None until the block has a time.
    """

    details: BlockDetails
    diary: BlockDiary
    check_words: Mapping[UUID, str]
    signed: tuple[SignedOff, ...]
    as_of: datetime

    @cached_property
    def record(self) -> BlockRecord | None:
        if self.diary.performed_at is None:
            return None
        return block_record(self.diary, as_of=self.as_of)

    @cached_property
    def report(self) -> Report | None:
        return None if self.record is None else report(self.record)

    @cached_property
    def entries(self) -> tuple[ListedEntry, ...]:
        return listed(self.diary, self.report)

    @property
    def in_progress(self) -> bool:
        """Can the verdict still change because its horizon has not passed?"""
        if self.diary.performed_at is None:
            return True
        elapsed = minutes_between(self.diary.performed_at, self.as_of)
        return elapsed < self.diary.criteria.verdict_minutes

    @property
    def clock_uncertain(self) -> bool:
        return any(each.clock_uncertain for each in self.diary.entries)
