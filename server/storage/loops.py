"""The reminder loops that run on this database: their heartbeats, and what they have counted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from server.storage.models import ReminderLoop

#: A loop that was not heard of for so long has ended; a monitor has long read its counts.
FORGOTTEN_AFTER = timedelta(days=1)


def beat(session: Session, loop_id: UUID, counts: Sequence[Any], now: datetime) -> None:
    """This loop is alive, and has counted so much since its start."""
    row = session.get(ReminderLoop, loop_id)
    if row is None:
        session.execute(delete(ReminderLoop).where(ReminderLoop.beat_at < now - FORGOTTEN_AFTER))
        session.add(ReminderLoop(id=loop_id, beat_at=now, counts=list(counts)))
    else:
        row.beat_at, row.counts = now, list(counts)
    session.flush()


def last_beat_at(session: Session) -> datetime | None:
    """When any loop was last heard of; None if none ever was."""
    return session.scalar(select(func.max(ReminderLoop.beat_at)))


def counts(session: Session) -> dict[str, list[Any]]:
    """By a short name of each loop, what it has counted."""
    rows = session.execute(select(ReminderLoop.id, ReminderLoop.counts).order_by(ReminderLoop.id))
    return {loop_id.hex[:12]: counted for loop_id, counted in rows}
