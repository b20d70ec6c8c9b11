"""The page of one block: its report, the entries behind it, and what the clinic sets itself."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from server.domain.errors import Conflict, Invalid
from server.domain.report import BlockRecord, report
from server.domain.wall_clock import AHEAD_AT_MOST, NoSuchTime, TimeOccursTwice, instant_on_the_wall
from server.interchange.pdf.report import report_pdf
from server.interchange.report_file import record_json, report_json
from server.storage import baselines, block_page, blocks, email_reminders, patients, sign_offs
from server.storage.models import Block
from server.web.clinic.access import actor, may, staff
from server.web.clinic.block_view import BlockView
from server.web.clinic.exports import attachment, dossier, file_name
from server.web.clinic.forms import BaselineForm, EmailForm, GivenForm, SignOffForm, TimeForm
from server.web.context import services
from server.web.speech import said, t

blueprint = Blueprint("block", __name__, url_prefix="/clinic/blocks/<uuid:block_id>")


@blueprint.get("")
def block(block_id: UUID) -> str:
    """The report and the entries of a block."""
    return _page(_view(block_id))


@blueprint.get("/report.json")
def report_as_json(block_id: UUID) -> ResponseReturnValue:
    """What `block-diary report` prints for `record.json` of the same moment."""
    return jsonify(report_json(report(_record(block_id, "report.json"))))


@blueprint.get("/record.json")
def record_as_json(block_id: UUID) -> ResponseReturnValue:
    """The file that `block-diary report` reads."""
    return jsonify(record_json(_record(block_id, "record.json")))


@blueprint.get("/report.pdf")
def report_as_pdf(block_id: UUID) -> ResponseReturnValue:
    """The page as a tagged PDF on A4, or on US Letter where `paper` says so."""
    found = dossier(block_id, "pdf")
    if found.report is None:
        raise Conflict("This block has no time yet, so there is nothing to report.")
    made = report_pdf(
        _page(_view(block_id)),
        title=t(
            "{reference}, block {number}",
            reference=found.details.reference,
            number=found.details.number,
        ),
        clinic=found.details.clinic,
        made=t("Block {number}.", number=block_id),
        paper="us-letter" if request.args.get("paper") == "letter" else "a4",
        as_of=g.now,
    )
    return attachment(made, "application/pdf", file_name(found, "pdf"))


@blueprint.post("/time")
def time_set(block_id: UUID) -> ResponseReturnValue:
    """The block was done at this time; the clinic's word wins over the patient's."""
    form = TimeForm()

    def set_time(session: Session, found: Block) -> None:
        local = datetime.combine(form.performed_on.data, form.performed_time.data)
        performed_at = instant_on_the_wall(local, found.timezone, form.occurrence.data or None)
        if performed_at > g.now + AHEAD_AT_MOST:
            raise Invalid("", "This time is still to come. Type when the injection was done.")
        blocks.start(session, found, performed_at, "clinic", actor(), g.now)

    return _change(block_id, form, form.performed_time, set_time, time_form=form)


@blueprint.post("/given")
def given_set(block_id: UUID) -> ResponseReturnValue:
    """What was injected beside the agent's name, and given for it."""
    form = GivenForm()

    def keep(session: Session, found: Block) -> None:
        blocks.set_given(session, found, form.given(), actor(), g.now)

    return _change(block_id, form, form.concentration, keep, given_form=form)


@blueprint.post("/baseline")
def baseline_entered(block_id: UUID) -> ResponseReturnValue:
    """The baseline of one pain, entered or confirmed by staff; it wins over the phone's."""
    form = BaselineForm()

    def enter(session: Session, found: Block) -> None:
        baselines.enter(session, found, form.site.data, form.score.data, staff().id, g.now)

    return _change(block_id, form, form.score, enter, baseline_form=form)


@blueprint.post("/email")
def email_entered(block_id: UUID) -> ResponseReturnValue:
    """The patient agreed to be reminded at this address while no phone of theirs gets a push."""
    form = EmailForm()

    def keep(session: Session, found: Block) -> None:
        if services().config.smtp is None:
            raise Conflict("This installation sends no e-mail.")
        patient = patients.get(session, found.clinic_id, found.patient_id)
        email_reminders.keep(session, services().vault, patient, form.email.data, actor(), g.now)

    return _change(block_id, form, form.email, keep, email_form=form)


@blueprint.post("/email/again")
def email_resumed(block_id: UUID) -> ResponseReturnValue:
    """The address that came with the clinic from another installation is used again."""
    with services().database.transaction() as session:
        found = blocks.get(session, staff().clinic_id, block_id)
        patient = patients.get(session, found.clinic_id, found.patient_id)
        email_reminders.go_on(session, services().vault, patient, actor(), g.now)
    return redirect(url_for("block.block", block_id=block_id), 303)


@blueprint.post("/email/stop")
def email_stopped(block_id: UUID) -> ResponseReturnValue:
    """No more reminders to the patient's address."""
    with services().database.transaction() as session:
        found = blocks.get(session, staff().clinic_id, block_id)
        patient = patients.get(session, found.clinic_id, found.patient_id)
        email_reminders.remove(session, patient, actor(), g.now)
    return redirect(url_for("block.block", block_id=block_id), 303)


@blueprint.post("/sign-off")
def signed_off(block_id: UUID) -> ResponseReturnValue:
    """A clinician has read the report and concludes; what comes later shows as later."""
    form = SignOffForm()

    def sign(session: Session, found: Block) -> None:
        session.refresh(found, with_for_update=True)  # no entry comes in between
        view = BlockView(block_page.read(session, found.clinic_id, found.id), g.now)
        if view.cannot_be_signed:
            raise Conflict(view.cannot_be_signed)
        if view.figures_digest != form.figures.data:
            raise Conflict("The report changed while you read it. Read it again, then sign.")
        sign_offs.add(
            session,
            found,
            staff_id=staff().id,
            comment=form.comment.data or "",
            figures=view.figures,
            now=g.now,
        )

    return _change(block_id, form, form.comment, sign, sign_off_form=form)


@blueprint.post("/cancel")
def cancelled(block_id: UUID) -> ResponseReturnValue:
    """The block is not done, or not followed."""
    with services().database.transaction() as session:
        found = blocks.get(session, staff().clinic_id, block_id)
        blocks.cancel(session, found, actor(), g.now)
    return redirect(url_for("board.board"), 303)


def _change(
    block_id: UUID,
    form: Any,
    field: Any,
    change: Callable[[Session, Block], None],
    **forms: Any,
) -> ResponseReturnValue:
    """Do what a form asks, or show the page again with what was typed and what is wrong.

    :param field: where an error is shown that no single field has made
    """
    if form.validate():
        try:
            with services().database.transaction() as session:
                change(session, blocks.get(session, staff().clinic_id, block_id))
        except (Invalid, Conflict, NoSuchTime, TimeOccursTwice) as error:
            field.errors = [said(error)]
            form.asks_which = isinstance(error, TimeOccursTwice)
        else:
            return redirect(url_for("block.block", block_id=block_id), 303)
    return _page(_view(block_id), **forms), 422


def _view(block_id: UUID) -> BlockView:
    with services().database.reading() as session:
        return BlockView(block_page.read(session, staff().clinic_id, block_id), g.now)


def _record(block_id: UUID, format_: str) -> BlockRecord:
    record = dossier(block_id, format_).record
    if record is None:
        raise Conflict("This block has no time yet, so there is nothing to report.")
    return record


def _page(view: BlockView, **forms: Any) -> str:
    patient = view.page.patient
    with services().database.reading() as session:
        email = email_reminders.of_patient(session, services().vault, patient.clinic_id, patient.id)
    return render_template(
        "clinic/block.html",
        view=view,
        now=g.now,
        time_form=forms.get("time_form") or _time_form(view),
        given_form=forms.get("given_form") or _given_form(view),
        email=email,
        emails=services().config.smtp is not None,
        email_form=forms.get("email_form") or EmailForm(formdata=None),
        baseline_form=forms.get("baseline_form") or BaselineForm(formdata=None),
        sign_off_form=forms.get("sign_off_form") or SignOffForm(formdata=None),
        may_sign=may("block.signed_off"),
    )


def _time_form(view: BlockView) -> TimeForm:
    """The form with the time that is known, or today's date."""
    local = (view.performed_at or g.now).astimezone(view.zone)
    time = local.time() if view.performed_at else None
    return TimeForm(formdata=None, performed_on=local.date(), performed_time=time)


def _given_form(view: BlockView) -> GivenForm:
    """The form with what is known."""
    form = GivenForm(formdata=None)
    form.show(view.page.block)
    return form
