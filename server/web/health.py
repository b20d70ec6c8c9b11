"""Whether the server answers, for whatever restarts it."""

from flask import Blueprint

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def health() -> dict[str, str]:
    """Say that requests are answered; nothing about what is stored."""
    return {"status": "ok"}
