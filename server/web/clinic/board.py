"""The board: today's blocks, those still running and those waiting, the neediest first."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from server.domain.attention import ORDER
from server.storage import audit, board_page, staff_sessions
from server.web.clinic import browser_session
from server.web.clinic.access import staff
from server.web.clinic.board_rows import BoardRow, BoardRows
from server.web.context import services

blueprint = Blueprint("board", __name__, url_prefix="/clinic")

#: Rows on one page of the board.
PAGE = 50
#: A phone not heard of for so long while a diary runs may hold entries that it cannot send.
SILENT_AFTER = timedelta(minutes=75)

Key = Callable[[BoardRow], Any]
_LAST = datetime.max.replace(tzinfo=UTC)
SORTS: Mapping[str, Key] = {
    "attention": lambda row: (
        ORDER.index(row.attention[0]) if row.attention else len(ORDER),
        _next_due(row),
    ),
    "patient": lambda row: (),
    "time": lambda row: (row.block.performed_at or _LAST, row.block.planned_on),
    "next": lambda row: _next_due(row),
}

#: By name, which of the blocks on the board are wanted; the first shows them all.
SHOWS: Mapping[str, Callable[[BoardRow], bool]] = {
    "all": lambda _row: True,
    "attention": lambda row: bool(row.attention),
    "today": lambda row: row.is_today,
    "waiting": lambda row: row.block.performed_at is None,
    "due": lambda row: row.is_due,
}


@blueprint.get("/")
def board() -> str:
    """The blocks of the clinic."""
    sort = _chosen("sort", SORTS)
    show = _chosen("show", SHOWS)
    sought = request.args.get("q", "").strip()
    clinic_id = staff().clinic_id
    with services().database.reading() as reading:
        current = _rows().of(reading, clinic_id, g.now)
        found = [row for row in current if _has(row, sought)] if sought else current
        counts = {name: sum(map(shows, found)) for name, shows in SHOWS.items()}
        rows = [row for row in found if SHOWS[show](row)]
        rows.sort(key=lambda row: row.block.reference.casefold())
        rows.sort(key=SORTS[sort])
        pages = max(1, -(-len(rows) // PAGE))
        page = min(max(1, request.args.get("page", 1, int)), pages)
        rows = rows[(page - 1) * PAGE : page * PAGE]
        shown = board_page.shown(reading, clinic_id, [row.block.id for row in rows])
    return render_template(
        "clinic/board.html",
        rows=[(row, shown[row.block.id]) for row in rows],
        is_empty=not current,
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


@blueprint.record
def _keep_rows(state: BlueprintSetupState) -> None:
    state.app.extensions["board_rows"] = BoardRows()


def _rows() -> BoardRows:
    return cast(BoardRows, current_app.extensions["board_rows"])


def _chosen(name: str, offered: Mapping[str, object]) -> str:
    """What the address asks for, or the first that is offered."""
    asked = request.args.get(name, "")
    return asked if asked in offered else next(iter(offered))


def _has(row: BoardRow, sought: str) -> bool:
    """Is it about what was typed: a part of the patient's reference, or of the block's levels?"""
    texts = (row.block.reference, row.block.levels)
    return any(sought.casefold() in text.casefold() for text in texts)


def _next_due(row: BoardRow) -> datetime:
    return row.next_due.due_at if row.next_due else _LAST
