"""Who may see a clinic's pages: nobody who is not signed in, and nobody of another clinic."""

from typing import cast

from flask import Flask, abort, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect

from server.domain import staff as permissions
from server.storage import audit
from server.storage import staff as members
from server.storage.staff import User
from server.web import languages, speech
from server.web.clinic import browser_session
from server.web.clinic.sign_in import is_clinic_page
from server.web.context import services
from server.words.catalogues import LANGUAGES

#: The only pages under /clinic for people who are not signed in.
OPEN = frozenset(
    {
        "security.login",
        "passkeys.sign_in_options",
        "passkeys.signed_in",
        "join.join",
        "join.joined",
        "own_language.chosen",
    }
)
#: The only ones while a second factor is still to come.
PROVING = frozenset(
    {
        "second_factor.asked",
        "second_factor.given",
        "second_factor.app_offered",
        "second_factor.app_set",
        "board.sign_out",
    }
)
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
    audit.address.set(None)
    speech.speak(languages.asked_for(request))
    if not is_clinic_page(request.path):
        return None
    audit.address.set(request.remote_addr)
    if any("\0" in text for _, texts in request.form.lists() for text in texts):
        abort(400)  # nobody can type it, and PostgreSQL cannot keep it
    g.staff_session = browser_session.current()  # first of all, since it ends what is over
    speech.speak(_language())
    if request.endpoint in OPEN:
        csrf.protect()
        return None
    if g.staff_session is None:
        return redirect(url_for("security.login", next=_wanted()))
    csrf.protect()
    if request.endpoint is not None and not may(request.endpoint):
        return _not_allowed(request.endpoint)
    if g.staff_session.proven_at is None and request.endpoint not in PROVING:
        return redirect(url_for("second_factor.asked", next=_wanted()))
    return None


def _language() -> str:
    """As the staff member chose, now or before they signed in; else as their browser asks."""
    chosen = staff().language if g.staff_session is not None else None
    code = chosen or session.get("language")
    return code if code in LANGUAGES else languages.asked_for(request)


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


def _wanted() -> str | None:
    """Where to go after signing in; a form that was sent is not sent again."""
    return request.full_path.rstrip("?") if request.method in READING else None


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    return render_template("clinic/stale_form.html"), 400
