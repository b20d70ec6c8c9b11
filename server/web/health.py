"""Whether the server and its database answer, for whatever restarts it."""

from flask import Blueprint
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.web.context import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def health() -> tuple[dict[str, str], int]:
    """200 while requests can be served, 503 while the database is away."""
    try:
        with services().database.reading() as session:
            session.execute(text("SELECT 1"))
    except DBAPIError:
        return {"status": "the database does not answer"}, 503
    return {"status": "ok"}, 200
