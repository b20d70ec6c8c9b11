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
        self._kept: dict[UUID, dict[UUID, tuple[object, Outline]]] = {}

    def of(
        self, session: Session, clinic_id: UUID, found: Sequence[BoardBlock]
    ) -> dict[UUID, Outline]:
        """By block; `found` was read in the same view of the database."""
        before, after, new = self._kept.get(clinic_id, {}), {}, []
        for each in found:
            kept = before.get(each.id)
            if kept is not None and kept[0] == each.state:
                after[each.id] = kept
            else:
                new.append(each)
        if new:
            diaries = board.diaries(session, clinic_id, [each.id for each in new])
            after.update((each.id, (each.state, outline(diaries[each.id]))) for each in new)
        self._kept[clinic_id] = after
        return {block_id: made for block_id, (_, made) in after.items()}
