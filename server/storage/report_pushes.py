"""The queue of reports on their way to a clinic's targets: planned with the block, claimed under a
lease, sent outside of any transaction, recorded.

One row for each block and target. What changes the report puts the row back into the queue in the
same transaction, and ends the lease of whoever is sending it: its answer then counts for what it
sent, and the row stays due.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.domain.errors import NotFound
from server.domain.report_targets import Outcome, retry_after
from server.storage import audit, protocols
from server.storage.models import Block, Patient, ReportPush, ReportTarget

#: Longer than a try can take. Afterwards somebody else tries: the server was stopped meanwhile.
LEASE = timedelta(minutes=3)
LOOKED_AT = 200


@dataclass(frozen=True)
class ClaimedPush:
    """A report that one worker has alone until its lease ends.

    `version` and `sent` are of the report that was taken last; None and empty if none was.
    """

    id: UUID
    clinic_id: UUID
    target_id: UUID
    block_id: UUID
    kind: str
    url: str
    sealed_secret: str | None = field(repr=False)
    version: str | None
    sent: tuple[str, ...]
    leased_until: datetime


@dataclass(frozen=True)
class Taken:
    """What a target took: its version, its resources as "Observation/ID", and when the report is to
    be looked at again because time alone may change it (None: never)."""

    version: str
    sent: tuple[str, ...]
    look_again_at: datetime | None


def finished_at(session: Session, block: Block) -> datetime:
    """When the report of a block that has a time stops being in progress."""
    assert block.performed_at is not None
    criteria = protocols.criteria_of(protocols.of_block(session, block))
    return block.performed_at + timedelta(minutes=float(criteria.verdict_minutes))


def plan(session: Session, block: Block) -> None:
    """Queue the block's report for every target of its clinic: when it is finished, or at once if it
    is. To be called in the transaction that changes what the report says."""
    session.flush()
    targets = select(ReportTarget.id).where(ReportTarget.clinic_id == block.clinic_id)
    wanted = list(session.scalars(targets))
    if not wanted or block.performed_at is None:
        return
    session.execute(select(Block.id).where(Block.id == block.id).with_for_update())
    known = {
        row.target_id: row
        for row in session.scalars(
            select(ReportPush)
            .where(ReportPush.clinic_id == block.clinic_id, ReportPush.block_id == block.id)
            .with_for_update()
        )
    }
    due_at = finished_at(session, block)
    for target_id in wanted:
        row = known.get(target_id)
        if block.cancelled_at is not None and (row is None or row.version is None):
            if row is not None:
                session.delete(row)  # nobody was told, and nobody needs to be
            continue
        if row is None:
            row = ReportPush(
                clinic_id=block.clinic_id, target_id=target_id, block_id=block.id, sent=[]
            )
            session.add(row)
        row.state, row.due_at, row.leased_until = "waiting", due_at, None
        row.tries, row.problem = 0, None


def claim_due(
    session: Session, now: datetime, busy: Collection[UUID], limit: int
) -> list[ClaimedPush]:
    """Take up to `limit` reports that are due, the longest waiting first, one of each target.

    :param busy: targets that are left alone; what another worker holds is passed over too
    """
    rows = session.execute(
        select(ReportPush, ReportTarget)
        .join(ReportTarget, ReportTarget.id == ReportPush.target_id)
        .where(ReportPush.due_at <= now, ReportPush.target_id.not_in(busy))
        .order_by(ReportPush.due_at)
        .limit(LOOKED_AT)
        .with_for_update(of=ReportPush, skip_locked=True)
    ).all()
    first = {target.id: (row, target) for row, target in reversed(rows)}
    claimed = []
    for row, target in list(first.values())[:limit]:
        row.leased_until = row.due_at = now + LEASE
        claimed.append(
            ClaimedPush(
                row.id,
                row.clinic_id,
                target.id,
                row.block_id,
                target.kind,
                target.url,
                target.sealed_secret,
                row.version,
                tuple(row.sent),
                row.leased_until,
            )
        )
    return claimed


def put_off(session: Session, claimed: ClaimedPush, until: datetime | None) -> None:
    """There is nothing to send before then; None: never, as things are."""
    row = _row(session, claimed)
    if row is not None and row.leased_until == claimed.leased_until:
        row.due_at, row.leased_until = until, None
        row.state = "waiting" if row.version is None else "delivered"


def taken(session: Session, claimed: ClaimedPush, what: Taken, now: datetime) -> None:
    """The target took the report."""
    row = _row(session, claimed)
    if row is None:
        return
    row.version, row.sent = what.version, list(what.sent)
    row.tried_at = row.delivered_at = now
    if row.leased_until == claimed.leased_until:
        row.state, row.due_at, row.leased_until = "delivered", what.look_again_at, None
        row.tries, row.problem = 0, None
    _note(session, claimed, "report.sent", {"to": claimed.kind, "version": what.version}, now)


def not_taken(session: Session, claimed: ClaimedPush, outcome: Outcome, now: datetime) -> None:
    """A try failed: another follows by itself, or somebody has to look."""
    row = _row(session, claimed)
    if row is None or row.leased_until != claimed.leased_until:
        return
    row.tries, row.tried_at, row.problem = row.tries + 1, now, outcome.problem
    wait = retry_after(row.tries) if outcome.again else None
    row.due_at, row.leased_until = (None if wait is None else now + wait), None
    row.state = "failed" if wait is None else "waiting"
    if wait is None:
        details = {"to": claimed.kind, "problem": outcome.problem, "tries": row.tries}
        _note(session, claimed, "report.not_sent", details, now)


def try_again(session: Session, clinic_id: UUID, push_id: UUID, actor: str, now: datetime) -> None:
    """Queue a report at once, from its first try on.

    :raises NotFound: this clinic has no such report on its way
    """
    row = session.scalar(
        select(ReportPush)
        .where(ReportPush.clinic_id == clinic_id, ReportPush.id == push_id)
        .with_for_update()
    )
    if row is None:
        raise NotFound("There is no such report on its way from your clinic.")
    if row.problem is None:
        return  # it was taken meanwhile, or is not due yet
    row.state, row.due_at, row.leased_until, row.tries = "waiting", now, None, 0
    subject = f"block:{row.block_id}"
    audit.record(session, clinic_id, actor, "report.tried_again", subject, {}, now)


def next_due_at(session: Session) -> datetime | None:
    """When the queue has something to do next; None if never, as things are."""
    return session.scalar(select(func.min(ReportPush.due_at)))


@dataclass(frozen=True)
class Shown:
    """One report on its way, for the clinic; `reference` is the patient's."""

    row: ReportPush
    kind: str
    reference: str
    number: int


def latest(session: Session, clinic_id: UUID, most: int) -> list[Shown]:
    """What failed first, then what waits, then what was delivered last."""
    rows: list[Any] = []
    for state in ("failed", "waiting", "delivered"):
        rows += session.execute(
            select(ReportPush, ReportTarget.kind, Patient.reference, Block.number)
            .join(ReportTarget, ReportTarget.id == ReportPush.target_id)
            .join(Block, Block.id == ReportPush.block_id)
            .join(Patient, Patient.id == Block.patient_id)
            .where(ReportPush.clinic_id == clinic_id, ReportPush.state == state)
            .order_by(ReportPush.tried_at.desc().nulls_last(), ReportPush.id)
            .limit(most)
        ).all()
    return [Shown(*row) for row in rows[:most]]


def _row(session: Session, claimed: ClaimedPush) -> ReportPush | None:
    return session.scalar(select(ReportPush).where(ReportPush.id == claimed.id).with_for_update())


def _note(
    session: Session,
    claimed: ClaimedPush,
    action: str,
    details: Mapping[str, object],
    now: datetime,
) -> None:
    about = f"block:{claimed.block_id}"
    audit.record(session, claimed.clinic_id, audit.SYSTEM, action, about, details, now)
