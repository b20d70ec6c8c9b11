"""Languages: which ones this clinic offers to its patients, and who decided so."""

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from server.storage import accepted_languages
from server.storage import staff as staff_members
from server.web.clinic.access import may, staff
from server.web.clinic.page import clinic
from server.web.context import services
from server.words.catalogues import LANGUAGES, language

blueprint = Blueprint("languages", __name__, url_prefix="/clinic/languages")


@blueprint.get("/")
def languages() -> str:
    """Every language, whether its words were reviewed, and whether this clinic accepted it."""
    with services().database.reading() as session:
        accepted = accepted_languages.of_clinic(session, staff().clinic_id)
        deciders = [row.accepted_by for row in accepted.values()]
        names = staff_members.names(session, staff().clinic_id, deciders)
    return render_template(
        "clinic/languages.html",
        languages=[language(code) for code in LANGUAGES],
        accepted=accepted,
        names=names,
        may_decide=may("languages.accepted"),
        now=g.now,
        zone=clinic().timezone,
    )


@blueprint.post("/accept")
def accepted() -> ResponseReturnValue:
    """Offer a language whose words were not clinically reviewed."""
    with services().database.transaction() as session:
        accepted_languages.accept(session, staff().clinic_id, _decided(), staff().id, g.now)
    return redirect(url_for("languages.languages"), 303)


@blueprint.post("/withdraw")
def withdrawn() -> ResponseReturnValue:
    """Offer it no more."""
    with services().database.transaction() as session:
        accepted_languages.withdraw(session, staff().clinic_id, _decided(), staff().id, g.now)
    return redirect(url_for("languages.languages"), 303)


def _decided() -> str:
    """The language that the form is about."""
    code = request.form.get("language", "")
    if code not in LANGUAGES or language(code).is_reviewed:
        abort(404)
    return code
