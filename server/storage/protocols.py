"""A clinic's protocols: every version is kept, since a block keeps the one it started with."""

from dataclasses import asdict
from datetime import datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.domain.protocol import Criteria, PlannedAssessment, Protocol
from server.storage import models


def keep(
    session: Session,
    clinic_id: UUID,
    protocol: Protocol,
    criteria: Criteria,
    baseline_max_age_minutes: int,
    now: datetime,
    *,
    nudge: bool = True,
) -> models.Protocol:
    """The clinic's protocol of that name as it is given here: the newest version if it is the
    same, else a new one.

    :param nudge: whether a reminder that nothing confirms is followed by one second push
    """
    newest = current(session, clinic_id, protocol.name)
    row = models.Protocol(
        clinic_id=clinic_id,
        name=protocol.name,
        version=1 if newest is None else newest.version + 1,
        assessments=[_planned_json(planned) for planned in protocol.assessments],
        criteria={key: _number(value) for key, value in asdict(criteria).items()},
        baseline_max_age_minutes=baseline_max_age_minutes,
        nudge=nudge,
        created_at=now,
    )
    if newest is not None and _content(newest) == _content(row):
        return newest
    session.add(row)
    session.flush()
    return row


def current(session: Session, clinic_id: UUID, name: str = "standard") -> models.Protocol | None:
    """The newest version of a clinic's protocol; None if it never had one of that name."""
    return session.scalar(
        select(models.Protocol)
        .where(models.Protocol.clinic_id == clinic_id, models.Protocol.name == name)
        .order_by(models.Protocol.version.desc())
        .limit(1)
    )


def all_current(session: Session, clinic_id: UUID) -> list[models.Protocol]:
    """The newest version of each of a clinic's protocols, by name."""
    rows = session.scalars(
        select(models.Protocol)
        .where(models.Protocol.clinic_id == clinic_id)
        .order_by(models.Protocol.name, models.Protocol.version)
    )
    return list({row.name: row for row in rows}.values())


def of_block(session: Session, block: models.Block) -> models.Protocol:
    """The version that a block keeps."""
    return session.scalars(
        select(models.Protocol).where(
            models.Protocol.clinic_id == block.clinic_id, models.Protocol.id == block.protocol_id
        )
    ).one()


def schedule_of(row: models.Protocol) -> Protocol:
    """The assessments, as the rules read them."""
    return Protocol(row.name, tuple(_planned(each) for each in row.assessments))


def criteria_of(row: models.Protocol) -> Criteria:
    """The criteria, as the rules read them; whole numbers stay whole."""
    values: dict[str, Any] = {
        key: _fraction(value) if key.endswith("_minutes") else value
        for key, value in row.criteria.items()
    }
    return Criteria(**values)


def _content(row: models.Protocol) -> tuple[Any, ...]:
    return row.assessments, row.criteria, row.baseline_max_age_minutes, row.nudge


def _planned_json(planned: PlannedAssessment) -> dict[str, Any]:
    if planned.after_minutes is not None:
        return {"id": planned.id, "after_minutes": _number(planned.after_minutes)}
    return {"id": planned.id, "day": planned.day, "at": f"{planned.at:%H:%M}"}


def _planned(value: dict[str, Any]) -> PlannedAssessment:
    if "after_minutes" in value:
        return PlannedAssessment(value["id"], after_minutes=_fraction(value["after_minutes"]))
    return PlannedAssessment(value["id"], day=value["day"], at=time.fromisoformat(value["at"]))


def _number(value: Fraction | int) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def _fraction(value: int | float) -> Fraction:
    return Fraction(Decimal(repr(value)))  # 0.1 is a tenth, not the double next to it
