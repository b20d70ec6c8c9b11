"""Diaries in short, kept by this process from one look at the board to the next."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from server.domain.outline import Outline, outline
from server.storage import board
from server.storage.board import BoardBlock


class Outlines:
    """What was made for the last look at each clinic's board.

    An outline says nothing of the time, and is made anew whenever its block's `state` is another:
    what is kept cannot be stale.
    """

    def __init__(self) -> None:
        self._kept: dict[UUID, dict[tuple[object, ...], Outline]] = {}

    def of(
        self, session: Session, clinic_id: UUID, found: Sequence[BoardBlock]
    ) -> dict[UUID, Outline]:
        """By block; `found` was read in the same view of the database."""
        before = self._kept.get(clinic_id, {})
        new = [each.id for each in found if each.state not in before]
        made = {
            block_id: outline(diary)
            for block_id, diary in board.diaries(session, clinic_id, new).items()
        }
        after = {each.state: before.get(each.state) or made[each.id] for each in found}
        self._kept[clinic_id] = after
        return {each.id: after[each.state] for each in found}
