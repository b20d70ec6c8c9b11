"""Who may read by the FHIR API: a program with a token of the clinic, and only what that names."""

import hashlib
from typing import Any, NoReturn, cast
from uuid import UUID

from flask import Response, abort, g, request
from flask_limiter import RequestLimit
from sqlalchemy.orm import Session

from server.domain.api_tokens import SCOPES, may_read
from server.storage import api_tokens, audit
from server.storage.models import ApiToken
from server.web.context import now, services
from server.web.fhir import outcomes
from server.web.redeem_limits import limiter

#: Of one token, in one serving process.
PER_TOKEN = "600/minute"  # noqa: S105, no password


def guard() -> Response | None:
    """Let a request with a token that is open through, or answer it here."""
    if request.endpoint == "fhir.metadata":
        return None
    audit.address.set(request.remote_addr)
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if not text:
        return _unknown("Send the header Authorization: Bearer and a token of the clinic.", "")
    with services().database.reading() as session:
        token = (
            api_tokens.known(session, services().vault, text.strip(), now())
            if kind.lower() == "bearer"
            else None
        )
    if token is None:
        problem = "This token is not known, was revoked or has expired. Ask the clinic for another."
        return _unknown(problem, ', error="invalid_token"')
    g.api_token = token
    return None


def token() -> ApiToken:
    """The token that was shown; its `clinic_id` goes into every query."""
    return cast(ApiToken, g.api_token)


def check_scope(kind: str) -> None:
    """End the request with 404 for a type that nobody may read, with 403 for one that this token
    may not."""
    if not may_read(SCOPES, kind):
        refuse(404, "not-supported", f"There is no {kind} here; /fhir/metadata says what there is.")
    if not may_read(token().scopes, kind):
        refuse(403, "forbidden", f"This token may not read {kind}. Ask the clinic for another.")


def note(session: Session, action: str, details: dict[str, Any], blocks: list[UUID]) -> None:
    """Put what is about to be told on the trail; of several blocks, how many."""
    about = f"block:{blocks[0]}" if len(blocks) == 1 else f"clinic:{token().clinic_id}"
    told = details | ({"blocks": len(blocks)} if len(blocks) != 1 else {})
    api_tokens.used(session, token().id, now())
    actor = api_tokens.subject(token())
    audit.record(session, token().clinic_id, actor, action, about, told, now())


def refuse(status: int, code: str, text: str) -> NoReturn:
    """End the request with an OperationOutcome."""
    abort(outcomes.answer(status, code, text))


def _unknown(text: str, error: str) -> Response:
    refusal = outcomes.answer(401, "login", text)
    refusal.headers["WWW-Authenticate"] = f'Bearer realm="fhir"{error}'
    return refusal


def _shown() -> str:
    """Whose requests are counted together; the token itself is kept nowhere."""
    given = f"{request.headers.get('Authorization') or request.remote_addr}"
    return hashlib.sha256(given.encode(errors="replace")).hexdigest()


def _too_many(_limit: RequestLimit) -> Response:
    refusal = outcomes.answer(429, "throttled", "Too many requests. Go on after a minute.")
    refusal.headers["Retry-After"] = "60"
    return refusal


per_token = limiter.shared_limit(
    lambda: PER_TOKEN, scope="fhir", key_func=_shown, on_breach=_too_many
)
