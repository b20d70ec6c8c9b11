"""How staff members sign in: Flask-Security with our own pages, and every view off but this one."""

from datetime import timedelta
from typing import Any

from flask import Flask, Response, g, request, session
from flask.globals import _cv_app
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_security import (
    LoginForm,
    Security,
    SQLAlchemySessionUserDatastore,
    user_authenticated,
)
from flask_security.utils import validate_redirect_url
from sqlalchemy.orm import scoped_session, sessionmaker
from wtforms import Field
from wtforms.validators import ValidationError

from server.storage import audit
from server.storage.staff import Role, User, WebAuthn
from server.web.context import Services

#: Signed out this long after the last request; a board that refreshes itself keeps signed in.
IDLE = timedelta(hours=2)
#: Signed out this long after signing in, whatever happens.
LONGEST = timedelta(hours=12)
#: Failed tries from one address, and from one address for one account; counted in the memory of
#: each serving process.
TRIES = "20 per minute; 100 per hour"
TRIES_AT_ONE_ACCOUNT = "5 per minute; 20 per hour"

#: Longer ones are refused unread: the library's normal form of a text may be 18 times as long,
#: and its hash takes 4096 characters.
PASSWORD_MOST_CHARACTERS = 200

REFUSED = (
    "The address and password do not go together, or this access is closed. "
    "Check both, or ask your administrator."
)


class SignInForm(LoginForm):
    """Address and password. A shared clinic computer is never told to remember anybody."""

    remember = None

    def validate_password(self, field: Field) -> None:
        """So long a password is nobody's."""
        if len(field.data or "") > PASSWORD_MOST_CHARACTERS:
            raise ValidationError(REFUSED)

    def validate_next(self, field: Field) -> None:
        """Somebody else's address is forgotten, not followed."""
        if not validate_redirect_url(field.data):
            field.data = ""


class ClinicSession(SecureCookieSessionInterface):
    """The session of the clinic's pages. Elsewhere the library looks for a session too, and no
    answer there may vary by its cookie or set it."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if is_clinic_page(request.path):
            super().save_session(app, session, response)


def is_clinic_page(path: str) -> bool:
    """Is it under the path to which the session's cookie is sent?"""
    return f"{path}/".startswith("/clinic/")


def register(app: Flask, services: Services) -> None:
    """Add the sign-in page and the session's rules to the app."""
    https = services.config.is_https
    app.config.update(
        SESSION_COOKIE_NAME="__Secure-clinic" if https else "clinic",
        SESSION_COOKIE_PATH="/clinic",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=IDLE,
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106, the name of an algorithm
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SECURITY_PASSWORD_SALT=services.vault.hash("password", "salt"),
        SECURITY_LOGIN_URL="/clinic/sign-in",
        SECURITY_LOGOUT_METHODS=None,  # the library's other views are not ours
        SECURITY_FRESHNESS=timedelta(days=-1),
        SECURITY_STATIC_FOLDER=None,
        SECURITY_LOGIN_USER_TEMPLATE="clinic/sign_in.html",
        SECURITY_POST_LOGIN_VIEW="/clinic/",
        SECURITY_POST_LOGOUT_VIEW="/clinic/sign-in",
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_MSG_GENERIC_AUTHN_FAILED=(REFUSED, "error"),
        SECURITY_MSG_DISABLED_ACCOUNT=(REFUSED, "error"),
    )
    app.session_interface = ClinicSession()
    users = _request_session(app, services)
    Security(
        app,
        SQLAlchemySessionUserDatastore(users, User, Role, WebAuthn),
        login_form=SignInForm,
    )
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    view: Any = app.view_functions["security.login"]
    for limit, key in ((TRIES, get_remote_address), (TRIES_AT_ONE_ACCOUNT, _one_account)):
        view = limiter.limit(limit, key_func=key, methods=["POST"], deduct_when=_failed)(view)
    app.view_functions["security.login"] = view
    user_authenticated.connect(_signed_in, app, weak=False)


def _request_session(app: Flask, services: Services) -> Any:
    """The library's own database session, one for each request; it only reads."""
    users = scoped_session(
        sessionmaker(services.database.engine, expire_on_commit=False),
        scopefunc=_app_context,
    )

    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        users.remove()

    return users


def _failed(response: Response) -> bool:
    return response.status_code != 302


def _app_context() -> int:
    return id(_cv_app.get())


def _one_account() -> str:
    return f"{get_remote_address()} {request.form.get('email', '').strip().lower()[:255]}"


def _signed_in(app: Flask, user: User, **_: Any) -> None:
    session.pop("csrf_token", None)  # whoever knew the session before it was worth something
    session.permanent = True
    session["signed_in_at"] = g.now.timestamp()
    services: Services = app.extensions["block_diary"]
    with services.database.transaction() as transaction:
        who = audit.staff(user.id)
        audit.record(transaction, user.clinic_id, who, "staff.signed_in", who, {}, g.now)
