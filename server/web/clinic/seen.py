"""Who saw what: each page about a patient that is shown goes on the audit trail, new pages too.

A page is not shown if that cannot be written down. The board refreshes itself, so it is noted once
an hour for each session.
"""

from datetime import timedelta

from flask import Flask, Response, g, request, session

from server.storage import audit
from server.web.clinic.access import actor, staff
from server.web.context import services

BOARD_EVERY = timedelta(hours=1)
#: What a page is about, by the argument of its address that says so.
KINDS = {"block_id": "block", "patient_id": "patient", "staff_id": "staff"}


def register(app: Flask) -> None:
    """Look at every answer of the clinic's pages."""
    app.after_request(note)


def note(response: Response) -> Response:
    """Put what is about to be shown on the trail."""
    is_shown = request.method == "GET" and response.status_code == 200
    if not is_shown or g.get("staff_session") is None:
        return response
    arguments = request.view_args or {}
    for argument, kind in KINDS.items():
        if argument in arguments:
            _record(f"{kind}.viewed", f"{kind}:{arguments[argument]}")
            return response
    if request.endpoint == "board.board" and _is_due():
        _record("board.viewed", f"clinic:{staff().clinic_id}")
    return response


def _is_due() -> bool:
    """Is it an hour since this session's look at the board was noted? Its cookie is signed."""
    now = g.now.timestamp()
    if now - session.get("board_noted_at", 0) < BOARD_EVERY.total_seconds():
        return False
    session["board_noted_at"] = now
    return True


def _record(action: str, subject: str) -> None:
    with services().database.transaction() as transaction:
        details = {"page": request.endpoint}
        audit.record(transaction, staff().clinic_id, actor(), action, subject, details, g.now)
