"""Sign-offs: a clinician has read the report of a block, and concludes."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.storage import audit, models, report_pushes


def add(
    session: Session,
    block: models.Block,
    *,
    staff_id: int,
    comment: str,
    figures: dict[str, Any],
    now: datetime,
) -> models.SignOff:
    """Keep a sign-off; earlier ones stay. The audit trail keeps who, when and what was concluded
    from, and a fingerprint of the comment, so that a changed comment would show.

    :param figures: the report as it was read, as JSON
    """
    row = models.SignOff(
        clinic_id=block.clinic_id,
        block_id=block.id,
        signed_by=staff_id,
        signed_at=now,
        comment=comment,
        figures=figures,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        block.clinic_id,
        audit.staff(staff_id),
        "block.signed_off",
        f"block:{block.id}",
        {
            "sign_off": str(row.id),
            "figures": figures,
            "comment_sha256": sha256(comment.encode()).hexdigest(),
        },
        now,
    )
    report_pushes.plan(session, block)
    return row


def of_block(session: Session, block: models.Block) -> list[models.SignOff]:
    """All sign-offs of a block, oldest first."""
    return list(
        session.scalars(
            select(models.SignOff)
            .where(models.SignOff.clinic_id == block.clinic_id, models.SignOff.block_id == block.id)
            .order_by(models.SignOff.signed_at, models.SignOff.id)
        )
    )
