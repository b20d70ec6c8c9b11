"""Whether a clinic's audit trail is whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.audit_chain import START
from server.storage.audit import AuditChain, hash_of
from server.storage.models import AuditEvent

AT_ONCE = 1000


@dataclass(frozen=True)
class Checked:
    """What was found: how many rows are in order from the first on, the seal of the last of them,
    and what is wrong after them; None if nothing is."""

    rows: int
    hash: str
    broken: str | None


def check(session: Session, clinic_id: UUID, noted: Mapping[int, str] | None = None) -> Checked:
    """Follow the chain from its first row, in constant memory.

    :param noted: seals by number that were noted elsewhere; they must be in the chain still
    """
    noted = noted or {}
    count, last = 0, START
    rows = select(AuditEvent).where(AuditEvent.clinic_id == clinic_id)
    rows = rows.order_by(AuditEvent.number, AuditEvent.id).execution_options(yield_per=AT_ONCE)
    with session.scalars(rows) as trail:
        for row in trail:
            if row.number != count + 1:
                return Checked(count, last, f"row {count + 1} is missing")
            if row.hash != hash_of(row, last):
                return Checked(count, last, f"row {row.number} is not what was written")
            if noted.get(row.number, row.hash) != row.hash:
                return Checked(count, last, f"row {row.number} has another seal than was noted")
            count, last = row.number, row.hash
            session.expunge(row)
    head = session.get(AuditChain, clinic_id, populate_existing=True)
    if max([head.number if head else 0, *noted]) > count:
        return Checked(count, last, f"row {count + 1} is missing, and every row after it")
    if count and (head is None or (head.number, head.hash) != (count, last)):
        return Checked(count, last, f"row {count} is not the last that was written")
    return Checked(count, last, None)
