"""The board: today's blocks, those still running and those waiting, the neediest first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from server.domain.attention import ORDER, Attention, attention
from server.domain.outline import Outline
from server.domain.schedule import Assessment, local_date
from server.storage import audit, protocols, staff_sessions
from server.storage import board as storage
from server.storage.board import TOLD_STAYS, BoardBlock, Reached
from server.web.clinic import browser_session
from server.web.clinic.access import staff
from server.web.clinic.outlines import Outlines
from server.web.context import services

blueprint = Blueprint("board", __name__, url_prefix="/clinic")

#: Rows on one page of the board.
PAGE = 50


@dataclass(frozen=True)
class BoardRow:
    """One block as the board shows it; `reminders_off_since` is when the last phone that could be
    reminded no longer could."""

    block: BoardBlock
    diary: Outline
    attention: tuple[Attention, ...]
    next_due: Assessment | None
    reminders_off_since: datetime | None
    now: datetime

    @property
    def missed(self) -> int:
        """Assessments that can no longer be answered."""
        return sum(status == "missed" for status in self.diary.statuses(self.now).values())


#: A phone not heard of for so long while a diary runs may hold entries that it cannot send.
SILENT_AFTER = timedelta(minutes=75)

Key = Callable[[BoardRow], Any]
_LAST = "\U0010ffff"
SORTS: Mapping[str, Key] = {
    "attention": lambda row: (
        ORDER.index(row.attention[0]) if row.attention else len(ORDER),
        _next_due(row),
    ),
    "patient": lambda row: row.block.reference.casefold(),
    "time": lambda row: (
        _or_last(row.block.performed_at),
        row.block.planned_on.isoformat(),
    ),
    "next": lambda row: _next_due(row),
}

#: By name, which of the blocks on the board are wanted; the first shows them all.
SHOWS: Mapping[str, Callable[[BoardRow], bool]] = {
    "all": lambda _row: True,
    "attention": lambda row: bool(row.attention),
    "today": lambda row: _day(row) == local_date(row.now, row.block.timezone),
    "waiting": lambda row: row.block.performed_at is None,
    "due": lambda row: row.next_due is not None and row.next_due.opens_at <= row.now,
}


@blueprint.get("/")
def board() -> str:
    """The blocks of the clinic."""
    sort = _chosen("sort", SORTS)
    show = _chosen("show", SHOWS)
    sought = request.args.get("q", "").strip()
    clinic_id = staff().clinic_id
    with services().database.reading() as reading:
        longest = protocols.longest_of(reading, clinic_id)
        blocks = storage.blocks(reading, clinic_id, longest, g.now)
        outlines = _outlines().of(reading, clinic_id, blocks)
        reached = storage.reached(reading, clinic_id, blocks, longest, g.now)
        running = board_rows(blocks, outlines, reached, g.now)
        rows = [row for row in running if _has(row, sought)]
        counts = {name: sum(map(shows, rows)) for name, shows in SHOWS.items()}
        rows = [row for row in rows if SHOWS[show](row)]
        rows.sort(key=lambda row: row.block.reference.casefold())
        rows.sort(key=SORTS[sort])
        pages = max(1, -(-len(rows) // PAGE))
        page = min(max(1, request.args.get("page", 1, int)), pages)
        rows = rows[(page - 1) * PAGE : page * PAGE]
        shown = storage.shown(reading, clinic_id, [row.block.id for row in rows])
    return render_template(
        "clinic/board.html",
        rows=[(row, shown[row.block.id]) for row in rows],
        is_empty=not running,
        sort=sort,
        show=show,
        sought=sought,
        counts=counts,
        page=page,
        pages=pages,
        now=g.now,
        silent_after=SILENT_AFTER,
    )


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session."""
    member = staff()
    with services().database.transaction() as transaction:
        staff_sessions.end(transaction, member, g.staff_session.id, g.now)
        who = audit.staff(member.id)
        audit.record(transaction, member.clinic_id, who, "staff.signed_out", who, {}, g.now)
    browser_session.forget()
    return redirect(url_for("security.login"))


def board_rows(
    blocks: Sequence[BoardBlock],
    outlines: Mapping[UUID, Outline],
    reached: Reached,
    now: datetime,
) -> list[BoardRow]:
    """What the board says of each block that is on it."""
    rows = []
    for block in blocks:
        diary = outlines[block.id]
        if not _is_running(diary, now):
            continue
        off_since = reached.off_since.get(block.id)
        rows.append(
            BoardRow(
                block=block,
                diary=diary,
                attention=attention(
                    diary,
                    planned_on=block.planned_on,
                    has_phone=block.has_phone,
                    reminders_off=off_since is not None,
                    unconfirmed=block.id in reached.unconfirmed,
                    conflict=block.has_conflict,
                    now=now,
                ),
                next_due=diary.next_due(now),
                reminders_off_since=off_since,
                now=now,
            )
        )
    return rows


def _is_running(diary: Outline, now: datetime) -> bool:
    """Does the block wait, was it done today, can its diary still be answered, or did the patient
    lately tell of after-effects?"""
    if diary.performed_at is None:
        return True
    if diary.closes_at is not None and diary.closes_at > now:
        return True
    if diary.performed_on == local_date(now, diary.timezone):
        return True
    return diary.told_at is not None and diary.told_at > now - TOLD_STAYS


@blueprint.record
def _keep_outlines(state: BlueprintSetupState) -> None:
    state.app.extensions["board_outlines"] = Outlines()


def _outlines() -> Outlines:
    return cast(Outlines, current_app.extensions["board_outlines"])


def _chosen(name: str, offered: Mapping[str, object]) -> str:
    """What the address asks for, or the first that is offered."""
    asked = request.args.get(name, "")
    return asked if asked in offered else next(iter(offered))


def _has(row: BoardRow, sought: str) -> bool:
    """Is it about what was typed: a part of the patient's reference, or of the block's levels?"""
    texts = (row.block.reference, row.block.levels)
    return any(sought.casefold() in text.casefold() for text in texts)


def _day(row: BoardRow) -> date:
    return row.diary.performed_on or row.block.planned_on


def _next_due(row: BoardRow) -> str:
    return _or_last(row.next_due.due_at if row.next_due else None)


def _or_last(instant: datetime | None) -> str:
    return instant.isoformat() if instant else _LAST
