"""The page behind an administrator's link: a staff member sets the password.

The secret stands behind the # of the link, which no server sees; a line of script moves it into the
form, and without script it is pasted. Opening the page burns nothing: only its button does.
"""

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from server.domain.errors import Invalid
from server.domain.passwords import PASSWORD_MIN_CHARACTERS
from server.storage import sign_in_tries, staff_access
from server.web.clinic.sentences import sentence
from server.web.clinic.sign_in import FREE_AT_ADDRESS, wait_page
from server.web.context import services
from server.web.speech import N, said

blueprint = Blueprint("join", __name__, url_prefix="/clinic")


class JoinForm(FlaskForm):  # type: ignore[misc]
    """The link's secret and a new password."""

    token = StringField(
        N("Code of your link"),
        validators=[
            DataRequired(N("Paste the code of your link.")),
            Length(max=100, message=N("That is too long.")),
        ],
    )
    password = PasswordField(
        N("New password"), validators=[DataRequired(N("Type a new password."))]
    )


@blueprint.get("/join")
def join() -> str:
    """The form; whose link it is shows after it was used."""
    return _page(JoinForm(formdata=None))


@blueprint.post("/join")
def joined() -> ResponseReturnValue:
    """Set the password, and burn the link."""
    form, around, key = JoinForm(), services(), f"join {request.remote_addr}"
    if not form.validate():
        return _page(form), 422
    with around.database.transaction() as session:
        wait = sign_in_tries.take(session, around.vault, key, FREE_AT_ADDRESS, g.now)
    if wait is not None:
        return wait_page(wait)
    try:
        with around.database.transaction() as session:
            member = staff_access.redeem(
                session, around.vault, form.token.data, form.password.data, g.now
            )
            sign_in_tries.give_back(session, around.vault, key)
    except Invalid as error:
        if error.path == "password":
            form.password.errors = [sentence(error)]
        else:
            form.token.errors = [said(error)]
        return _page(form), 422
    return render_template("clinic/joined.html", email=member.email)


def _page(form: JoinForm) -> str:
    return render_template("clinic/join.html", form=form, shortest=PASSWORD_MIN_CHARACTERS)
