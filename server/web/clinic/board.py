"""The board: today's blocks, those still running and those waiting, the neediest first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from server.domain.attention import ORDER, Attention, after_effects_told_at, attention
from server.domain.block_record import CorrectedEntry, block_record
from server.domain.compliance import AssessmentStatus
from server.domain.report import report
from server.domain.schedule import Assessment, local_date
from server.storage import audit, staff_sessions
from server.storage import board as storage
from server.storage.board import BoardBlock
from server.web.clinic import browser_session
from server.web.clinic.access import staff
from server.web.context import services

blueprint = Blueprint("board", __name__, url_prefix="/clinic")


@dataclass(frozen=True)
class BoardRow:
    """One block as the board shows it.

    `last` is the standing rating about the latest moment; `next_due` the first assessment that
    can still be answered and is not; `missed` counts those that no longer can.
    """

    about: BoardBlock
    attention: tuple[Attention, ...]
    last: CorrectedEntry | None
    next_due: Assessment | None
    missed: int
    running: bool


#: A phone not heard of for so long while a diary runs may hold entries that it cannot send.
SILENT_AFTER = timedelta(minutes=75)

#: What a patient told of after-effects stays on the board for so long, over a weekend too.
TOLD_STAYS = timedelta(days=3)

Key = Callable[[BoardRow], Any]
_LAST = "\U0010ffff"
SORTS: Mapping[str, Key] = {
    "attention": lambda row: (
        ORDER.index(row.attention[0]) if row.attention else len(ORDER),
        _next_due(row),
    ),
    "patient": lambda row: row.about.patient.reference.casefold(),
    "time": lambda row: (
        _or_last(row.about.block.performed_at),
        row.about.block.planned_on.isoformat(),
    ),
    "next": lambda row: _next_due(row),
}

#: By name, which of the blocks on the board are wanted; the first shows them all.
SHOWS: Mapping[str, Callable[[BoardRow, datetime], bool]] = {
    "all": lambda _row, _now: True,
    "attention": lambda row, _now: bool(row.attention),
    "today": lambda row, now: _day(row) == local_date(now, row.about.block.timezone),
    "waiting": lambda row, _now: row.about.block.performed_at is None,
    "due": lambda row, now: row.next_due is not None and row.next_due.opens_at <= now,
}


@blueprint.get("/")
def board() -> str:
    """The blocks of the clinic."""
    with services().database.reading() as reading:
        found = storage.blocks(reading, staff().clinic_id, g.now)
    sort = _chosen("sort", SORTS)
    show = _chosen("show", SHOWS)
    sought = request.args.get("q", "").strip()
    running = [row for row in (board_row(each, g.now) for each in found) if row.running]
    rows = [row for row in running if _has(row, sought)]
    counts = {name: sum(shows(row, g.now) for row in rows) for name, shows in SHOWS.items()}
    rows = [row for row in rows if SHOWS[show](row, g.now)]
    rows.sort(key=lambda row: row.about.patient.reference.casefold())
    rows.sort(key=SORTS[sort])
    return render_template(
        "clinic/board.html",
        rows=rows,
        is_empty=not running,
        sort=sort,
        show=show,
        sought=sought,
        counts=counts,
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


def board_row(about: BoardBlock, now: datetime) -> BoardRow:
    """What the board says of one block."""
    block, diary = about.block, about.diary
    schedule: tuple[Assessment, ...] = ()
    statuses: Mapping[str, AssessmentStatus] = {}
    if diary.performed_at is not None:
        record = block_record(diary, as_of=now)
        schedule, statuses = record.schedule, report(record).assessments
    open_ones = [
        each
        for each in schedule
        if each.closes_at > now and statuses.get(each.id, "pending") == "pending"
    ]
    return BoardRow(
        about=about,
        attention=attention(
            diary,
            planned_on=block.planned_on,
            phones=about.phones,
            reminders_off=about.reminders_off_since is not None,
            unconfirmed=about.unconfirmed,
            conflicts=about.conflicts,
            statuses=statuses,
            now=now,
        ),
        last=_last_rating(diary.entries),
        next_due=open_ones[0] if open_ones else None,
        missed=sum(status == "missed" for status in statuses.values()),
        running=diary.performed_at is None
        or local_date(diary.performed_at, diary.timezone) == local_date(now, diary.timezone)
        or any(each.closes_at > now for each in schedule)
        or ((told_at := after_effects_told_at(diary)) is not None and told_at > now - TOLD_STAYS),
    )


def _chosen(name: str, offered: Mapping[str, object]) -> str:
    """What the address asks for, or the first that is offered."""
    asked = request.args.get(name, "")
    return asked if asked in offered else next(iter(offered))


def _has(row: BoardRow, sought: str) -> bool:
    """Is it about what was typed: a part of the patient's reference, or of the block's levels?"""
    texts = (row.about.patient.reference, row.about.block.levels)
    return any(sought.casefold() in text.casefold() for text in texts)


def _day(row: BoardRow) -> date:
    block = row.about.block
    if block.performed_at is None:
        return block.planned_on
    return local_date(block.performed_at, block.timezone)


def _last_rating(entries: tuple[CorrectedEntry, ...]) -> CorrectedEntry | None:
    replaced = {each.entry.replaces for each in entries}
    ratings = [
        each
        for each in entries
        if each.entry.kind == "rating" and each.entry.scores and each.entry.id not in replaced
    ]
    return max(ratings, key=lambda each: (each.felt_at, each.recorded_at), default=None)


def _next_due(row: BoardRow) -> str:
    return _or_last(row.next_due.due_at if row.next_due else None)


def _or_last(instant: datetime | None) -> str:
    return instant.isoformat() if instant else _LAST
