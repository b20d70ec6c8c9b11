"""The rows of the board, kept by this process from one look to the next."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from server.domain.attention import Attention, attention
from server.domain.outline import Outline, outline
from server.domain.schedule import Assessment, local_date
from server.storage import board, protocols, silent_phones
from server.storage.board import BoardBlock, Line
from server.storage.silent_phones import Unanswered


class BoardRow(NamedTuple):
    """One block as the board shows it from the moment `since` until the moment `until`, while its
    line stays as it is and its phones confirm their reminders as they do."""

    block: BoardBlock
    diary: Outline
    unanswered: Unanswered | None
    unconfirmed: bool
    since: datetime
    until: datetime
    is_current: bool
    is_today: bool
    attention: tuple[Attention, ...]
    next_due: Assessment | None

    @property
    def missed(self) -> int:
        """Assessments that can no longer be answered."""
        return sum(status == "missed" for status in self.diary.statuses(self.since).values())

    @property
    def is_due(self) -> bool:
        """Can an assessment be answered?"""
        return self.next_due is not None and self.next_due.opens_at <= self.since


def board_row(
    block: BoardBlock,
    diary: Outline,
    unanswered: Unanswered | None,
    unconfirmed: bool,
    now: datetime,
) -> BoardRow:
    """What the board says of a block."""
    return BoardRow(
        block=block,
        diary=diary,
        unanswered=unanswered,
        unconfirmed=unconfirmed,
        since=now,
        until=diary.holds_until(now),
        is_current=diary.is_current(now),
        is_today=(diary.performed_on or block.planned_on) == local_date(now, diary.timezone),
        attention=attention(
            diary,
            planned_on=block.planned_on,
            has_phone=block.has_phone,
            reminders_off=block.reminders_off_since is not None,
            unconfirmed=unconfirmed,
            conflict=block.has_conflict,
            now=now,
        ),
        next_due=diary.next_due(now),
    )


class BoardRows:
    """What was made for the last look at each clinic's board.

    A row is made anew whenever its block's line is another or its time is up: what is kept cannot
    be stale.
    """

    def __init__(self) -> None:
        self._kept: dict[UUID, dict[Line, BoardRow]] = {}

    def of(self, session: Session, clinic_id: UUID, now: datetime) -> list[BoardRow]:
        """Every block that is on the board now."""
        longest = protocols.longest_of(session, clinic_id)
        lines = board.lines(session, clinic_id, longest, now)
        before, after = self._kept.get(clinic_id, {}), {}
        unanswered = silent_phones.unanswered(session, clinic_id, longest, now)
        asked = [line[0] for line in lines if _may_leave(before.get(line), unanswered.get(line[0]))]
        leaving = silent_phones.unconfirmed(session, clinic_id, asked, now)
        changed = board.read(session, clinic_id, [line for line in lines if line not in before])
        for line in lines:
            row, reminders = before.get(line), (unanswered.get(line[0]), line[0] in leaving)
            if row is None:
                block, diary = changed[line]
                row = board_row(block, outline(diary), *reminders, now)
            elif (row.unanswered, row.unconfirmed) != reminders or not row.since <= now < row.until:
                row = board_row(row.block, row.diary, *reminders, now)
            after[line] = row
        self._kept[clinic_id] = after
        return [row for row in after.values() if row.is_current]


def _may_leave(row: BoardRow | None, unanswered: Unanswered | None) -> bool:
    """May the phones leave their reminders unconfirmed, as far as the last look can tell?"""
    if unanswered is None:
        return False
    return row is None or row.unconfirmed or row.unanswered != unanswered
