"""The clinic's staff: who has access, by what role, and how they get in. For administrators."""

from collections.abc import Callable

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import EmailField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from server.domain.errors import Invalid
from server.storage import audit, clinics, second_factors, staff_access, staff_sessions
from server.storage import staff as members
from server.storage.staff import User
from server.storage.staff_access import StaffLink
from server.web.clinic.access import actor, staff
from server.web.clinic.names import ROLE_NAMES
from server.web.clinic.page import clinic
from server.web.clinic.sentences import sentence
from server.web.context import services
from server.web.speech import N

blueprint = Blueprint("people", __name__, url_prefix="/clinic/staff")

ASKED_OF = [
    ("nobody", N("Nobody has to")),
    ("administrators", N("Administrators have to")),
    ("everybody", N("Everybody has to")),
]
ROLE_CHOICES = list(ROLE_NAMES.items())


class InviteForm(FlaskForm):  # type: ignore[misc]
    """A new staff member."""

    name = StringField(
        N("Name"),
        validators=[
            DataRequired(N("Type the name that colleagues see.")),
            Length(max=80, message=N("Use {most} characters or fewer.", most=80)),
        ],
    )
    email = EmailField(
        N("Email address"),
        validators=[
            DataRequired(N("Type the address.")),
            Length(max=255, message=N("That is too long.")),
        ],
    )
    role = SelectField(N("Role"), choices=ROLE_CHOICES, default="nurse")


class RoleForm(FlaskForm):  # type: ignore[misc]
    """Another role."""

    role = RadioField(
        N("Role"), choices=ROLE_CHOICES, validators=[InputRequired(N("Choose the role."))]
    )


@blueprint.get("")
def people() -> str:
    """Everybody who has or had access."""
    return _list(InviteForm(formdata=None))


@blueprint.post("")
def invited() -> ResponseReturnValue:
    """Add somebody; their link is shown on this page and nowhere again."""
    form = InviteForm()
    if not form.validate():
        return _list(form), 422
    try:
        with services().database.transaction() as session:
            member = members.add(
                session,
                clinic_id=staff().clinic_id,
                email=form.email.data,
                name=form.name.data,
                role=form.role.data,
                password=None,
                actor=actor(),
                now=g.now,
            )
            link = staff_access.invite(session, services().vault, member, actor(), g.now)
    except Invalid as error:
        form[error.path].errors = [sentence(error)]
        return _list(form), 422
    return _person(member.id, link)


@blueprint.get("/<int:staff_id>")
def person(staff_id: int) -> str:
    """One staff member, and what can be done about their access."""
    return _person(staff_id)


@blueprint.post("/<int:staff_id>/role")
def role_changed(staff_id: int) -> ResponseReturnValue:
    """Another role, from their next request on."""
    form = RoleForm()
    if not form.validate():
        return _person(staff_id, role_form=form), 422

    def change(session: Session, member: User) -> None:
        members.change_role(session, member, form.role.data, actor(), g.now)

    return _changed(staff_id, change)


@blueprint.post("/<int:staff_id>/deactivate")
def deactivated(staff_id: int) -> ResponseReturnValue:
    """Close somebody's access at once."""

    def close(session: Session, member: User) -> None:
        staff_access.set_active(session, member, False, actor(), g.now)

    return _changed(staff_id, close)


@blueprint.post("/<int:staff_id>/reactivate")
def reactivated(staff_id: int) -> ResponseReturnValue:
    """Open it again."""

    def open_again(session: Session, member: User) -> None:
        staff_access.set_active(session, member, True, actor(), g.now)

    return _changed(staff_id, open_again)


@blueprint.post("/<int:staff_id>/reset")
def reset(staff_id: int) -> str:
    """Take password, second factor and sessions away, and show a link to begin anew."""
    with services().database.transaction() as session:
        member = members.get(session, staff().clinic_id, staff_id)
        link = staff_access.reset(session, services().vault, member, actor(), g.now)
    return _person(staff_id, link)


@blueprint.post("/second-factor")
def second_factor_set() -> ResponseReturnValue:
    """Who has to sign in with a second factor, from their next sign-in on."""
    wanted = request.form.get("second_factor_for", "")
    if wanted not in dict(ASKED_OF):
        raise Invalid("second_factor_for", "Choose who has to use a second factor.")
    with services().database.transaction() as session:
        clinics.get(session, staff().clinic_id).second_factor_for = wanted
        about = f"clinic:{staff().clinic_id}"
        audit.record(
            session,
            staff().clinic_id,
            actor(),
            "clinic.second_factor_rule",
            about,
            {"for": wanted},
            g.now,
        )
    return redirect(url_for("people.people"), 303)


def _changed(staff_id: int, change: Callable[[Session, User], None]) -> ResponseReturnValue:
    with services().database.transaction() as session:
        change(session, members.get(session, staff().clinic_id, staff_id))
    return redirect(url_for("people.person", staff_id=staff_id), 303)


def _list(form: InviteForm) -> str:
    with services().database.reading() as session:
        everybody = members.members(session, staff().clinic_id)
        waiting = {each.id: staff_access.waiting(session, each, g.now) for each in everybody}
        return render_template(
            "clinic/people.html",
            form=form,
            everybody=everybody,
            waiting=waiting,
            protected={each.id for each in everybody if second_factors.has_one(each)},
            asked_of=ASKED_OF,
            now=g.now,
            zone=clinic().timezone,
        )


def _person(staff_id: int, link: StaffLink | None = None, role_form: RoleForm | None = None) -> str:
    with services().database.reading() as session:
        member = members.get(session, staff().clinic_id, staff_id)
        return render_template(
            "clinic/person.html",
            member=member,
            role_form=role_form or RoleForm(formdata=None, role=member.role),
            link=link,
            address=f"{services().config.public_url}/clinic/join",
            waiting=staff_access.waiting(session, member, g.now),
            protected=second_factors.has_one(member),
            sessions=staff_sessions.of_member(session, member, g.now),
            now=g.now,
            zone=clinic().timezone,
        )
