"""How staff members sign in: Flask-Security with our own pages, and every view off but this one."""

from collections.abc import Callable
from datetime import timedelta
from math import ceil
from typing import Any

from flask import Flask, Response, g, make_response, render_template, request
from flask.globals import _cv_app
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
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

from server.domain.passwords import PASSWORD_MOST_CHARACTERS
from server.storage import audit, sign_in_tries, staff
from server.storage.staff import Role, User, WebAuthn
from server.storage.staff_sessions import LONGEST
from server.web.clinic import browser_session
from server.web.context import Services, services
from server.web.speech import N

REFUSED = N(
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


def register(app: Flask, around: Services) -> None:
    """Add the sign-in page and the session's rules to the app."""
    https = around.config.is_https
    app.config.update(
        SESSION_COOKIE_NAME="__Secure-clinic" if https else "clinic",
        SESSION_COOKIE_PATH="/clinic",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LONGEST,
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106, the name of an algorithm
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SECURITY_PASSWORD_SALT=around.vault.hash("password", "salt"),
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
    users = _request_session(app, around)
    Security(
        app,
        SQLAlchemySessionUserDatastore(users, User, Role, WebAuthn),
        login_form=SignInForm,
    )
    view: Any = app.view_functions["security.login"]
    app.view_functions["security.login"] = _slowed_down(view)
    user_authenticated.connect(browser_session.begun, app, weak=False)
    app.after_request(browser_session.remember_browser)


def _request_session(app: Flask, around: Services) -> Any:
    """The library's own database session, one for each request; it only reads."""
    users = scoped_session(
        sessionmaker(around.database.engine, expire_on_commit=False),
        scopefunc=_app_context,
    )

    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        users.remove()

    return users


def _app_context() -> int:
    return id(_cv_app.get())


def _slowed_down(view: Callable[[], ResponseReturnValue]) -> Callable[[], ResponseReturnValue]:
    """The library's view, which each failed try makes slower to answer the same place again."""

    def sign_in() -> ResponseReturnValue:
        if request.method != "POST":
            return view()
        counted = _counted()
        wait = _longest_wait(counted)
        if wait is not None:
            return wait_page(wait)
        response = make_response(view())
        with services().database.transaction() as transaction:
            if response.status_code == 302:
                for key, _ in counted[:1]:
                    sign_in_tries.forget(transaction, services().vault, key)
                for key, _ in counted[1:]:
                    sign_in_tries.give_back(transaction, services().vault, key)
            elif (member := staff.of_email(transaction, _email())) is not None:
                staff.note(transaction, member, "staff.sign_in_failed", {}, audit.SYSTEM, g.now)
        return response

    return sign_in


#: Failures that cost nothing: of one account at one address, and of all accounts at one address.
FREE, FREE_AT_ADDRESS = 5, 20
#: The same of an account in a browser in which its owner has signed in before.
FREE_WHERE_KNOWN = 10


def _counted() -> list[tuple[str, int]]:
    """What this try counts for. A browser that is known is out of every stranger's reach."""
    email, address = _email(), request.remote_addr
    with services().database.reading() as reading:
        member = staff.of_email(reading, email)
    if member is not None and browser_session.is_known(member):
        return [(f"known {browser_session.browser()['id']} {email}", FREE_WHERE_KNOWN)]
    return [(f"account {address} {email}", FREE), (f"address {address}", FREE_AT_ADDRESS)]


def _longest_wait(counted: list[tuple[str, int]]) -> timedelta | None:
    with services().database.transaction() as transaction:
        vault = services().vault
        waits = [sign_in_tries.take(transaction, vault, *each, g.now) for each in counted]
    return max((wait for wait in waits if wait is not None), default=None)


def wait_page(wait: timedelta) -> ResponseReturnValue:
    """What is said to whoever tried too often."""
    seconds = ceil(wait.total_seconds())
    page = render_template("clinic/wait.html", seconds=seconds)
    return page, 429, {"Retry-After": str(seconds)}


def _email() -> str:
    return str(request.form.get("email", "")).strip().lower()[:255]
