"""The language in which somebody reads the clinic's pages: chosen, or as their browser asks."""

from flask import Blueprint, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security.utils import validate_redirect_url

from server.storage import staff as members
from server.web.clinic.access import staff
from server.web.context import services
from server.words.catalogues import LANGUAGES

blueprint = Blueprint("own_language", __name__, url_prefix="/clinic")


@blueprint.post("/language")
def chosen() -> ResponseReturnValue:
    """Go on in this language; nobody needs to have signed in."""
    code = request.form.get("language", "")
    if code and code not in LANGUAGES:
        abort(404)
    session["language"] = code
    if g.staff_session is not None:
        with services().database.transaction() as transaction:
            member = members.get(transaction, staff().clinic_id, staff().id)
            members.set_language(transaction, member, code or None, g.now)
    return redirect(_back(), 303)


def _back() -> str:
    """The page on which it was chosen, if that can be asked for again."""
    there = request.form.get("next", "")
    is_ours = there.startswith("/clinic/") and validate_redirect_url(there)
    return there if is_ours else url_for("security.login")
