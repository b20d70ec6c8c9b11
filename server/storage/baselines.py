"""Baselines that staff entered or confirmed."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.errors import Invalid
from server.storage import audit, models, report_pushes


def enter(
    session: Session, block: models.Block, site: str, score: int, staff_id: int, now: datetime
) -> models.StaffBaseline:
    """From now on this is the site's baseline; what was entered before stays on record.

    :raises Invalid: the block has no such site, or the score is not one
    """
    if site not in block.sites:
        raise Invalid("site", "{site} is not a pain site of this block.", site=site)
    if not 0 <= score <= 10:
        raise Invalid("score", f"{score} is not a whole number from 0 to 10")
    row = models.StaffBaseline(
        clinic_id=block.clinic_id,
        block_id=block.id,
        site=site,
        score=score,
        entered_by=staff_id,
        entered_at=now,
    )
    session.add(row)
    audit.record(
        session,
        block.clinic_id,
        audit.staff(staff_id),
        "block.baseline_entered",
        f"block:{block.id}",
        {"site": site, "score": score},
        now,
    )
    session.flush()
    report_pushes.plan(session, block)
    return row


def of_block(session: Session, block: models.Block) -> list[models.StaffBaseline]:
    """All that staff entered for a block, oldest first."""
    return list(
        session.scalars(
            select(models.StaffBaseline)
            .where(
                models.StaffBaseline.clinic_id == block.clinic_id,
                models.StaffBaseline.block_id == block.id,
            )
            .order_by(models.StaffBaseline.entered_at, models.StaffBaseline.id)
        )
    )
