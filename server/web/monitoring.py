"""For whoever watches the installation: does it answer, are the reminders on time, the counts."""

import hmac
from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server import metrics
from server.storage import loops, reminder_queue
from server.web.context import now, services

#: Reminders later than this, or no loop heard of for longer, and health fails.
BEHIND = timedelta(seconds=60)

blueprint = Blueprint("monitoring", __name__)


@blueprint.get("/healthz")
def health() -> tuple[dict[str, str], int]:
    """200 while requests can be served, 503 while the database is away. For what restarts it."""
    try:
        with services().database.reading() as session:
            session.execute(text("SELECT 1"))
    except DBAPIError:
        return {"status": "the database does not answer"}, 503
    return {"status": "ok"}, 200


@blueprint.get("/healthz/reminders")
def reminders_health() -> tuple[dict[str, str], int]:
    """503 while reminders are more than a minute late, or no loop was heard of for so long. For
    what wakes somebody: a restart of the server mends neither a dead host nor a dead mail server.
    """
    try:
        with services().database.reading() as session:
            problem = problem_of(_queue(session, now()))
    except DBAPIError:
        problem = "the database does not answer"
    return ({"status": problem}, 503) if problem else ({"status": "ok"}, 200)


@blueprint.get("/metrics")
def counts() -> Response:
    """All loops' counts and the state of the queue, for whoever has METRICS_TOKEN."""
    token = services().config.metrics_token
    if token is None:
        abort(404)
    given = request.headers.get("Authorization", "").encode(errors="replace")
    if not hmac.compare_digest(given, f"Bearer {token}".encode()):
        refusal = Response("Send the header Authorization: Bearer and METRICS_TOKEN.\n", 401)
        refusal.headers["WWW-Authenticate"] = "Bearer"
        return refusal
    with services().database.reading() as session:
        shown = metrics.exposition(loops.counts(session), _queue(session, now()))
    return Response(shown, content_type=CONTENT_TYPE_LATEST)


def problem_of(queue: metrics.Queue) -> str | None:
    """Why health fails; None if it does not."""
    if queue.loop_silent is None or queue.loop_silent > BEHIND:
        return "no reminder loop was heard of for more than a minute"
    if queue.oldest_due > BEHIND:
        return "reminders are more than a minute late"
    return None


def _queue(session: Session, at: datetime) -> metrics.Queue:
    depth = reminder_queue.depth(session, at)
    beat_at = loops.last_beat_at(session)
    return metrics.Queue(
        due=depth.due,
        planned=depth.planned,
        oldest_due=timedelta(0) if depth.oldest_due_at is None else at - depth.oldest_due_at,
        loop_silent=None if beat_at is None else max(timedelta(0), at - beat_at),
    )
