"""Where a clinic has its finished reports sent: a FHIR server, a webhook, or both."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from server.domain.errors import NotFound
from server.domain.report_targets import Kind, address
from server.storage import audit, report_pushes
from server.storage.models import Block, ReportPush, ReportTarget
from server.storage.vault import Vault

#: In front of what signs webhooks.
SECRET_PREFIX = "whs_"  # noqa: S105, no secret
#: No report that is still in progress is of an older block.
STILL_IN_PROGRESS = timedelta(days=31)


def new_secret() -> str:
    """What signs a webhook."""
    return SECRET_PREFIX + secrets.token_urlsafe(32)


def set_target(
    session: Session,
    vault: Vault,
    clinic_id: UUID,
    kind: Kind,
    url: str,
    secret: str | None,
    inside_hosts: Collection[str],
    staff_id: int,
    now: datetime,
) -> ReportTarget:
    """From now on reports go there as they are finished; what had failed is tried again.

    :param secret: the FHIR server's token (None: it wants none), or what signs the webhook
    :raises Invalid: the address is not one that may be called
    """
    may_be_called = address(url, inside_hosts)
    row = session.scalar(
        select(ReportTarget)
        .where(ReportTarget.clinic_id == clinic_id, ReportTarget.kind == kind)
        .with_for_update()
    )
    if row is None:
        row = ReportTarget(clinic_id=clinic_id, kind=kind)
        session.add(row)
    row.url, row.set_by, row.set_at = may_be_called.url, staff_id, now
    row.sealed_secret = None if secret is None else vault.seal(secret)
    session.flush()
    session.execute(
        update(ReportPush)
        .where(ReportPush.target_id == row.id, ReportPush.state == "failed")
        .values(state="waiting", due_at=now, tries=0)
    )
    recent = select(Block).where(
        Block.clinic_id == clinic_id,
        Block.planned_on >= (now - STILL_IN_PROGRESS).date(),
        Block.performed_at.is_not(None),
        Block.cancelled_at.is_(None),
    )
    for block in session.scalars(recent):
        if report_pushes.finished_at(session, block) > now:
            report_pushes.plan(session, block)
    details = {"kind": kind, "host": urlsplit(row.url).netloc, "credential": secret is not None}
    _note(session, row, "clinic.report_target_set", details, audit.staff(staff_id), now)
    return row


def remove(session: Session, clinic_id: UUID, target_id: UUID, actor: str, now: datetime) -> None:
    """Nothing goes there from now on, and what became of its reports is forgotten.

    :raises NotFound: this clinic has no such target
    """
    row = session.scalar(
        select(ReportTarget).where(
            ReportTarget.clinic_id == clinic_id, ReportTarget.id == target_id
        )
    )
    if row is None:
        raise NotFound("Your clinic sends no reports there.")
    session.execute(delete(ReportPush).where(ReportPush.target_id == row.id))
    _note(session, row, "clinic.report_target_removed", {"kind": row.kind}, actor, now)
    session.delete(row)


def of_clinic(session: Session, clinic_id: UUID) -> list[ReportTarget]:
    """All of a clinic: at most one of each kind."""
    return list(
        session.scalars(
            select(ReportTarget)
            .where(ReportTarget.clinic_id == clinic_id)
            .order_by(ReportTarget.kind)
        )
    )


def _note(
    session: Session,
    row: ReportTarget,
    action: str,
    details: dict[str, object],
    actor: str,
    now: datetime,
) -> None:
    audit.record(session, row.clinic_id, actor, action, f"clinic:{row.clinic_id}", details, now)
