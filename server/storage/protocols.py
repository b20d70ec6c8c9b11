"""A clinic's protocols: every version is kept, since a block keeps the one it started with."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.domain.clinic_protocol import ClinicProtocol, PatientText
from server.domain.errors import NotFound
from server.domain.protocol import Criteria, PlannedAssessment, Protocol
from server.domain.schedule import longest
from server.storage import audit, models


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
    """A protocol without words of the clinic's own: the newest version if it is the same, else a
    new one.

    :param nudge: whether a reminder that nothing confirms is followed by one second push
    """
    wanted = ClinicProtocol(protocol, criteria, baseline_max_age_minutes, nudge)
    return _keep(session, clinic_id, wanted, None, now)


def save(
    session: Session, clinic_id: UUID, wanted: ClinicProtocol, staff_id: int, now: datetime
) -> models.Protocol:
    """The clinic's protocol of that name as it is given here, audited: the newest version if it
    is the same, else a new one. Blocks keep the version that they have."""
    before = current(session, clinic_id, wanted.schedule.name)
    row = _keep(session, clinic_id, wanted, staff_id, now)
    if row is not before:
        changed = [
            name for name in _CONTENT if not before or getattr(row, name) != getattr(before, name)
        ]
        details = {"name": row.name, "version": row.version, "changed": changed}
        actor = audit.staff(staff_id)
        audit.record(
            session, clinic_id, actor, "protocol.saved", f"protocol:{row.id}", details, now
        )
    return row


def _keep(
    session: Session, clinic_id: UUID, wanted: ClinicProtocol, staff_id: int | None, now: datetime
) -> models.Protocol:
    newest = current(session, clinic_id, wanted.schedule.name)
    row = models.Protocol(
        clinic_id=clinic_id,
        name=wanted.schedule.name,
        version=1 if newest is None else newest.version + 1,
        assessments=[_planned_json(planned) for planned in wanted.schedule.assessments],
        criteria={key: _number(value) for key, value in asdict(wanted.criteria).items()},
        baseline_max_age_minutes=wanted.baseline_max_age_minutes,
        nudge=wanted.nudge,
        texts={language: asdict(text) for language, text in wanted.texts.items() if text},
        source=wanted.source,
        offered=wanted.offered,
        saved_by=staff_id,
        created_at=now,
    )
    if newest is not None and _content(newest) == _content(row):
        return newest
    session.add(row)
    session.flush()
    return row


def get(session: Session, clinic_id: UUID, protocol_id: UUID) -> models.Protocol:
    """:raises NotFound: this clinic has no such version of a protocol"""
    row = session.scalar(
        select(models.Protocol).where(
            models.Protocol.clinic_id == clinic_id, models.Protocol.id == protocol_id
        )
    )
    if row is None:
        raise NotFound("There is no such protocol at your clinic.")
    return row


def versions(session: Session, clinic_id: UUID, name: str) -> list[models.Protocol]:
    """Every version of a clinic's protocol, the newest first."""
    return list(
        session.scalars(
            select(models.Protocol)
            .where(models.Protocol.clinic_id == clinic_id, models.Protocol.name == name)
            .order_by(models.Protocol.version.desc())
        )
    )


def block_counts(session: Session, clinic_id: UUID, ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many blocks keep each of these versions; one that none keeps is left out."""
    counted = (
        select(models.Block.protocol_id, func.count())
        .where(models.Block.clinic_id == clinic_id, models.Block.protocol_id.in_(ids))
        .group_by(models.Block.protocol_id)
    )
    return {row[0]: row[1] for row in session.execute(counted)}


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


def offered(session: Session, clinic_id: UUID) -> list[models.Protocol]:
    """Those that a new block can get, by name."""
    return [row for row in all_current(session, clinic_id) if row.offered]


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


def longest_of(session: Session, clinic_id: UUID) -> timedelta:
    """No assessment of a clinic's blocks, by any version, can be answered so long after its block."""
    rows = session.scalars(select(models.Protocol).where(models.Protocol.clinic_id == clinic_id))
    return max((longest(schedule_of(row)) for row in rows), default=timedelta(0))


def criteria_of(row: models.Protocol) -> Criteria:
    """The criteria, as the rules read them; whole numbers stay whole."""
    values: dict[str, Any] = {
        key: _fraction(value) if key.endswith("_minutes") else value
        for key, value in row.criteria.items()
    }
    return Criteria(**values)


def clinic_protocol_of(row: models.Protocol) -> ClinicProtocol:
    """All that a version says, as the rules read it."""
    return ClinicProtocol(
        schedule_of(row),
        criteria_of(row),
        row.baseline_max_age_minutes,
        row.nudge,
        {language: PatientText(**text) for language, text in row.texts.items()},
        row.source,
        row.offered,
    )


#: What makes a version another one.
_CONTENT = (
    *("assessments", "criteria", "baseline_max_age_minutes"),
    *("nudge", "texts", "source", "offered"),
)


def _content(row: models.Protocol) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _CONTENT)


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
