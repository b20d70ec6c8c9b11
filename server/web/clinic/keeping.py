"""What the clinic keeps: how long, erasing one patient with proof, and taking everything along."""

from collections.abc import Iterator
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    g,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, StringField
from wtforms.validators import InputRequired, Optional

from server.domain.errors import Conflict, Invalid
from server.domain.retention import FEWEST_MONTHS, MOST_MONTHS
from server.interchange import clinic_file
from server.storage import clinic_export, erasure, patients, retention
from server.storage import staff as staff_members
from server.web.clinic.access import actor, staff
from server.web.clinic.exports import attachment
from server.web.clinic.page import clinic
from server.web.clinic.second_factor import FRESH_MINUTES, is_fresh
from server.web.context import services
from server.web.speech import N, said, t

blueprint = Blueprint("keeping", __name__, url_prefix="/clinic")


class RetentionForm(FlaskForm):  # type: ignore[misc]
    """How long, and what then."""

    months = IntegerField(
        N("Months after which nothing was heard of a patient"), validators=[Optional()]
    )
    then = RadioField(
        N("What is done then"),
        choices=[
            ("keep", N("Keep everything")),
            ("anonymise", N("Take away who it was")),
            ("erase", N("Erase the patient")),
        ],
        validators=[InputRequired(N("Choose what is done."))],
    )


class EraseForm(FlaskForm):  # type: ignore[misc]
    """The reference typed again, so that nobody is erased by a slip."""

    reference = StringField(N("Type the patient’s reference"))


@blueprint.get("/keeping")
def shown() -> str:
    """What is decided now, and whom it concerns today."""
    return _page(None)


@blueprint.post("/keeping")
def decided() -> ResponseReturnValue:
    """A new decision; it is carried out by the daily task."""
    form = RetentionForm()
    if form.validate():
        try:
            with services().database.transaction() as session:
                if form.then.data == "keep":
                    retention.keep_everything(session, staff().clinic_id, staff().id, g.now)
                else:
                    retention.decide(
                        session,
                        staff().clinic_id,
                        form.months.data or 0,
                        form.then.data,
                        staff().id,
                        g.now,
                    )
        except Invalid as error:
            form.months.errors = [said(error)]
        else:
            return redirect(url_for("keeping.shown"), 303)
    return _page(form), 422


@blueprint.get("/patients/<uuid:patient_id>/erase")
def erasing(patient_id: UUID) -> str:
    """What would go, and the question whether it is meant."""
    return _erase_page(patient_id, EraseForm(formdata=None))


@blueprint.post("/patients/<uuid:patient_id>/erase")
def erased(patient_id: UUID) -> ResponseReturnValue:
    """All about one patient is deleted, for good."""
    form = EraseForm()
    with services().database.transaction() as session:
        patient = patients.get(session, staff().clinic_id, patient_id)
        if (form.reference.data or "").strip() == patient.reference and form.validate():
            erasure.erase(session, patient, actor(), g.now)
            return redirect(url_for("keeping.proof", erased_id=patient_id), 303)
    form.reference.errors = [N("This is not the patient’s reference. Nothing was erased.")]
    return _erase_page(patient_id, form), 422


@blueprint.get("/erased/<uuid:erased_id>")
def proof(erased_id: UUID) -> str:
    """That a patient was erased: when, by whom, how much, and that nothing is left."""
    with services().database.reading() as session:
        found = erasure.proof(session, staff().clinic_id, erased_id)
        if found is None:
            abort(404)
        names = staff_members.names(session, staff().clinic_id, _staff_ids(found.event.actor))
    return render_template(
        "clinic/erased.html",
        found=found,
        by=next(iter(names.values()), t("the daily task")),
        zone=clinic().timezone,
        now=g.now,
    )


@blueprint.get("/keeping/clinic.zip")
def everything() -> Response:
    """All that the clinic holds, to be imported elsewhere; audited before its first byte is sent."""
    if not is_fresh():
        raise Conflict(
            "You signed in a while ago. Sign out and in again, then save everything within"
            " {minutes} minutes.",
            minutes=FRESH_MINUTES,
        )
    clinic_id, now = staff().clinic_id, g.now
    database, vault = services().database, services().vault
    with database.transaction() as session:
        clinic_export.note(session, clinic_id, actor(), now)

    def body() -> Iterator[bytes]:
        with database.reading() as session:
            head = clinic_export.head(session, clinic_id, now)
            rows = clinic_export.tables(session, vault, clinic_id)
            yield from clinic_file.written(head, rows, now)

    name = f"clinic-{now:%Y-%m-%d}.zip"
    return attachment(stream_with_context(body()), clinic_file.MIMETYPE, name)


def _staff_ids(who: str) -> list[int]:
    kind, _, number = who.partition(":")
    return [int(number)] if kind == "staff" else []


def _erase_page(patient_id: UUID, form: EraseForm) -> str:
    with services().database.reading() as session:
        patient = patients.get(session, staff().clinic_id, patient_id)
        rows = erasure.count(session, staff().clinic_id, patient_id)
    return render_template("clinic/erase.html", patient=patient, rows=rows, form=form)


def _page(form: RetentionForm | None) -> str:
    with services().database.reading() as session:
        found = retention.due(session, staff().clinic_id, g.now)
    if form is None:
        form = RetentionForm(formdata=None)
        form.then.data = "keep" if found is None else found.rule.then
        form.months.data = None if found is None else found.rule.months
    return render_template(
        "clinic/keeping.html",
        form=form,
        found=found,
        fewest=FEWEST_MONTHS,
        most=MOST_MONTHS,
        saved=request.method == "GET",
        is_fresh=is_fresh(),
        fresh_minutes=FRESH_MINUTES,
        zone=clinic().timezone,
        now=g.now,
    )
