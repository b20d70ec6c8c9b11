"""One's own access: password, second factor, passkeys, and where one is signed in."""

from uuid import UUID

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import PasswordField
from wtforms.validators import DataRequired

from server.domain.errors import Conflict, Invalid, NotFound
from server.domain.passwords import PASSWORD_MIN_CHARACTERS
from server.storage import passkeys, second_factors, staff_sessions
from server.storage import staff as members
from server.storage.staff import User
from server.web.clinic import browser_session
from server.web.clinic.access import actor, staff
from server.web.clinic.page import clinic
from server.web.clinic.second_factor import FRESH_MINUTES, is_fresh
from server.web.clinic.sentences import sentence
from server.web.context import services
from server.web.speech import N

blueprint = Blueprint("account", __name__, url_prefix="/clinic/account")


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password; typed once, since it can be shown."""

    password = PasswordField(
        N("New password"), validators=[DataRequired(N("Type a new password."))]
    )


@blueprint.get("")
def account() -> str:
    """What protects one's access, and every browser in which one is signed in."""
    return _page(PasswordForm(formdata=None))


@blueprint.post("/password")
def password_changed() -> ResponseReturnValue:
    """A new password; every other browser is signed out."""
    form = PasswordForm()
    if form.validate():
        try:
            with services().database.transaction() as session:
                member = _myself(session)
                _be_fresh()
                members.set_password(session, member, form.password.data, clinic().name)
                staff_sessions.end_all(session, member, g.now, but=g.staff_session.id)
                members.note(session, member, "staff.password_changed", {}, actor(), g.now)
        except Invalid as error:
            form.password.errors = [sentence(error)]
        else:
            return redirect(url_for("account.account"), 303)
    return _page(form), 422


@blueprint.post("/authenticator/remove")
def app_removed() -> ResponseReturnValue:
    """The app is no longer asked for."""
    with services().database.transaction() as session:
        member = _myself(session)
        _be_fresh()
        if member.tf_totp_secret and not member.webauthn:
            _keep_one(member)
        second_factors.drop_app(session, member, g.now)
    return redirect(url_for("account.account"), 303)


@blueprint.post("/recovery-codes")
def recovery_codes_made() -> str:
    """New recovery codes, shown once; the earlier ones stop working."""
    with services().database.transaction() as session:
        member = _myself(session)
        _be_fresh()
        codes = second_factors.new_recovery_codes(session, services().vault, member, g.now)
    return render_template(
        "clinic/recovery_codes.html", codes=codes, next=url_for("account.account")
    )


@blueprint.post("/passkeys/<int:passkey_id>/remove")
def passkey_removed(passkey_id: int) -> ResponseReturnValue:
    """One of one's own passkeys lets nobody in any more."""
    with services().database.transaction() as session:
        member = _myself(session)
        _be_fresh()
        if not member.tf_totp_secret and len(member.webauthn) == 1:
            _keep_one(member)
        passkeys.remove(session, member, passkey_id, g.now)
    return redirect(url_for("account.account"), 303)


@blueprint.post("/sessions/<uuid:session_id>/end")
def session_ended(session_id: UUID) -> ResponseReturnValue:
    """Sign one of one's own browsers out."""
    with services().database.transaction() as session:
        member = _myself(session)
        if not staff_sessions.end(session, member, session_id, g.now):
            raise NotFound("This browser is signed out already.")
        members.note(session, member, "staff.session_ended", {}, actor(), g.now)
    return redirect(url_for("account.account"), 303)


@blueprint.post("/sign-out-everywhere")
def signed_out_everywhere() -> ResponseReturnValue:
    """Sign every browser out, this one too."""
    with services().database.transaction() as session:
        member = _myself(session)
        staff_sessions.end_all(session, member, g.now)
        members.note(session, member, "staff.signed_out_everywhere", {}, actor(), g.now)
    browser_session.forget()
    return redirect(url_for("security.login"), 303)


def _myself(session: Session) -> User:
    return members.get(session, staff().clinic_id, staff().id)


def _be_fresh() -> None:
    if not is_fresh():
        raise Conflict(
            "You signed in a while ago. Sign out and in again,"
            " then change this within {minutes} minutes.",
            minutes=FRESH_MINUTES,
        )


def _keep_one(member: User) -> None:
    if second_factors.is_asked_of(member, clinic()):
        raise Conflict(
            "Your clinic asks you for a second factor. Add another one before you remove this."
        )


def _page(form: PasswordForm) -> str:
    with services().database.reading() as session:
        member = _myself(session)
        return render_template(
            "clinic/account.html",
            form=form,
            member=member,
            passkeys=sorted(member.webauthn, key=lambda each: str(each.name)),
            codes_left=len(member.mf_recovery_codes or []),
            has_second_factor=second_factors.has_one(member),
            sessions=staff_sessions.of_member(session, member, g.now),
            this_session=g.staff_session.id,
            is_fresh=is_fresh(),
            fresh_minutes=FRESH_MINUTES,
            shortest=PASSWORD_MIN_CHARACTERS,
            now=g.now,
        )
