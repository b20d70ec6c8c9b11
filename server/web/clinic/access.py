"""Who may see a clinic's pages: nobody who is not signed in, and nobody of another clinic."""

from datetime import UTC, datetime
from typing import cast

from flask import Flask, abort, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user, logout_user
from flask_wtf.csrf import CSRFError, CSRFProtect

from server.domain import staff as permissions
from server.storage import audit
from server.storage import staff as members
from server.storage.staff import User
from server.web.clinic.sign_in import LONGEST, is_clinic_page
from server.web.context import services

#: The only pages under /clinic for people who are not signed in.
OPEN = frozenset({"security.login"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})

csrf = CSRFProtect()


def register(app: Flask) -> None:
    """Close everything under /clinic, known or not yet known, but for `OPEN`."""
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # the phone's API has no forms; `guard` checks ours
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session, so that a form left open still works
        WTF_CSRF_SSL_STRICT=False,  # wants a Referer, which our Referrer-Policy never sends
    )
    csrf.init_app(app)
    app.before_request(guard)
    app.register_error_handler(CSRFError, _stale_form)


def guard() -> ResponseReturnValue | None:
    """Let a request to the clinic's pages through, or answer it here."""
    if not is_clinic_page(request.path):
        return None
    if any("\0" in text for _, texts in request.form.lists() for text in texts):
        abort(400)  # nobody can type it, and PostgreSQL cannot keep it
    signed_in = _is_signed_in()  # first of all, since it ends what has lasted too long
    if request.endpoint in OPEN:
        csrf.protect()
        return None
    if not signed_in:
        return redirect(url_for("security.login", next=_wanted()))
    if request.endpoint is not None and not may(request.endpoint):
        return _not_allowed(request.endpoint)
    csrf.protect()
    return None


def may(endpoint: str) -> bool:
    """May the staff member who is signed in use this endpoint?"""
    return permissions.may(staff().role, endpoint)


def _not_allowed(endpoint: str) -> ResponseReturnValue:
    """A refusal that says whom to ask."""
    roles = [role for role in permissions.ROLES if role in permissions.MAY.get(endpoint, ())]
    with services().database.reading() as reading:
        people = members.names_of_roles(reading, staff().clinic_id, roles)
    return render_template("clinic/not_allowed.html", roles=roles, people=people), 403


def staff() -> User:
    """The staff member who is signed in; their `clinic_id` goes into every query."""
    return cast(User, current_user)


def actor() -> str:
    """Who does it, as the audit trail names them."""
    return audit.staff(staff().id)


def _is_signed_in() -> bool:
    since = session.get("signed_in_at")
    if not current_user.is_authenticated or since is None:
        return False
    if g.now - datetime.fromtimestamp(since, UTC) > LONGEST:
        logout_user()
        session.clear()
        return False
    return True


def _wanted() -> str | None:
    """Where to go after signing in; a form that was sent is not sent again."""
    return request.full_path.rstrip("?") if request.method in READING else None


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    return render_template("clinic/stale_form.html"), 400
