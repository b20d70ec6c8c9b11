"""The second step of signing in: a code of the authenticator app, or a recovery code."""

import segno
from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security.utils import validate_redirect_url
from flask_wtf import FlaskForm
from markupsafe import Markup
from sqlalchemy.orm import Session
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, Length

from server.domain.errors import Invalid
from server.storage import second_factors, sign_in_tries, staff_sessions
from server.storage import staff as members
from server.storage.staff import User
from server.web.clinic import browser_session
from server.web.clinic.access import actor, staff
from server.web.clinic.sign_in import wait_page
from server.web.context import services
from server.web.speech import N, said

blueprint = Blueprint("second_factor", __name__, url_prefix="/clinic")

#: Wrong codes that cost nothing. Only who knows the password comes to be asked for one.
FREE = 5


class CodeForm(FlaskForm):  # type: ignore[misc]
    """One code."""

    code = StringField(
        N("Code"),
        validators=[
            DataRequired(N("Type the code.")),
            Length(max=40, message=N("That is too long.")),
        ],
    )


class AppForm(CodeForm):
    """The first code of an app that has just scanned the square."""

    offer = HiddenField()


@blueprint.get("/second-factor")
def asked() -> ResponseReturnValue:
    """Ask for a code; whoever has nothing yet to prove themselves with sets it up first."""
    with services().database.reading() as reading:
        member = members.get(reading, staff().clinic_id, staff().id)
        has_one, has_passkey = second_factors.has_one(member), bool(member.webauthn)
    if g.staff_session.proven_at is not None:
        return redirect(_next())
    if not has_one:
        return redirect(url_for("second_factor.app_offered", next=request.args.get("next")))
    return _asked(CodeForm(), has_passkey)


@blueprint.post("/second-factor")
def given() -> ResponseReturnValue:
    """Take the code, once."""
    form, around = CodeForm(), services()
    key = f"code {staff().id} {browser_session.browser()['id'] if _is_known() else ''}"
    with around.database.reading() as reading:
        member = members.get(reading, staff().clinic_id, staff().id)
        has_passkey = bool(member.webauthn)
    if not form.validate():
        return _asked(form, has_passkey), 422
    with around.database.transaction() as session:
        wait = sign_in_tries.take(session, around.vault, key, FREE, g.now)
    if wait is not None:
        return wait_page(wait)
    with around.database.transaction() as session:
        member = members.get(session, staff().clinic_id, staff().id)
        by = second_factors.proven_by(session, around.vault, member, form.code.data, g.now)
        if by is not None:
            _prove(session, member, by)
            sign_in_tries.forget(session, around.vault, key)
        else:
            members.note(session, member, "staff.code_failed", {}, actor(), g.now)
    if by is None:
        form.code.errors = [N("This code is not right, or was used before. Type the newest one.")]
        return _asked(form, has_passkey), 422
    g.remember_browser_of = member
    return redirect(_next(), 303)


@blueprint.get("/account/authenticator")
def app_offered() -> ResponseReturnValue:
    """A square to scan with an authenticator app."""
    if not _may_set_up():
        return redirect(url_for("account.account"))
    return _offered(AppForm(formdata=None))


@blueprint.post("/account/authenticator")
def app_set() -> ResponseReturnValue:
    """The app's first code: from now on it is asked for. The recovery codes are shown once."""
    if not _may_set_up():
        return redirect(url_for("account.account"), 303)
    form, around = AppForm(), services()
    if not form.validate():
        return _offered(form), 422
    try:
        with around.database.transaction() as session:
            member = members.get(session, staff().clinic_id, staff().id)
            secret = second_factors.offered(around.vault, member, form.offer.data or "")
            code = "".join(form.code.data.split())
            second_factors.take_app(session, around.vault, member, secret, code, g.now)
            codes = second_factors.new_recovery_codes(session, around.vault, member, g.now)
            if g.staff_session.proven_at is None:
                _prove(session, member, "app")
    except Invalid as error:
        form.code.errors = [said(error)]
        return _offered(form), 422
    g.remember_browser_of = member
    return render_template("clinic/recovery_codes.html", codes=codes, next=_next())


def _prove(session: Session, member: User, by: str) -> None:
    staff_sessions.prove(session, g.staff_session.id, g.now)
    details = {"by": f"password and {by}"}
    members.note(session, member, "staff.signed_in", details, actor(), g.now)


def _asked(form: CodeForm, has_passkey: bool) -> str:
    return render_template("clinic/second_factor.html", form=form, has_passkey=has_passkey)


def _offered(form: AppForm) -> str:
    """With the secret of the form that is shown again, so that the app need not scan twice."""
    around, member = services(), staff()
    try:
        secret, sealed = second_factors.offered(around.vault, member, form.offer.data or ""), None
    except Invalid:
        secret, sealed = second_factors.new_offer(around.vault, member)
    if sealed is not None:
        form.offer.data = sealed
    qr = segno.make(second_factors.address_of(secret, member.email), error="m", micro=False)
    svg = qr.svg_inline(border=4, omitsize=True, dark="#000", svgclass=None, lineclass=None)
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return render_template(
        "clinic/authenticator.html",
        form=form,
        qr=Markup(svg),
        secret=spaced,
        is_asked=g.staff_session.proven_at is None,
    )


def _may_set_up() -> bool:
    """Whoever has a second factor proves it before they set up another."""
    with services().database.reading() as reading:
        member = members.get(reading, staff().clinic_id, staff().id)
        if not second_factors.has_one(member):
            return True
    return g.staff_session.proven_at is not None and is_fresh()


#: What protects an account is changed only so soon after signing in.
FRESH_MINUTES = 15


def is_fresh() -> bool:
    """Did they sign in, in this browser, a short while ago?"""
    age = g.now - g.staff_session.created_at
    return bool(age.total_seconds() <= FRESH_MINUTES * 60)


def _is_known() -> bool:
    with services().database.reading() as reading:
        return browser_session.is_known(members.get(reading, staff().clinic_id, staff().id))


def _next() -> str:
    wanted = request.args.get("next") or ""
    is_ours = wanted.startswith("/clinic/") and validate_redirect_url(wanted)
    return wanted if is_ours else url_for("board.board")
