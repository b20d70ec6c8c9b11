"""Enrol: a patient, one block, and on to the sheet for their phone."""

from uuid import UUID
from zoneinfo import available_timezones

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from server.domain.schedule import local_date
from server.storage import blocks, clinics, email_reminders, enrolments, patients, protocols
from server.storage.models import Patient, Protocol
from server.web import languages
from server.web.clinic.access import actor, staff
from server.web.clinic.forms import EnrolForm
from server.web.clinic.page import clinic
from server.web.context import services
from server.web.speech import N

blueprint = Blueprint("enrol", __name__, url_prefix="/clinic")


@blueprint.get("/enrol")
def enrol() -> str:
    """An empty form, with what is usual filled in."""
    with services().database.reading() as session:
        form, _ = _form(session)
    return _page(form)


@blueprint.post("/enrol")
def enrol_sent() -> ResponseReturnValue:
    """Plan the block and print its sheet, or show the form again with all that was typed."""
    with services().database.transaction() as session:
        # Two who enrol the same new reference at once: the second is asked if it is the same person.
        clinics.take_turns(session, staff().clinic_id)
        form, current = _form(session)
        if not form.validate():
            return _page(form), 422
        patient = patients.find(session, staff().clinic_id, form.reference.data)
        if patient is not None and not form.known.data:
            return _ask_about(session, form, patient), 422
        patient = plan(session, form, current)
    # 307: the browser sends this very form on, so that the sheet is made without another press.
    return redirect(url_for("sheet.sheet_made", patient_id=patient.id), 307)


def _form(session: Session) -> tuple[EnrolForm, list[Protocol]]:
    current = protocols.offered(session, staff().clinic_id)
    form = EnrolForm()
    offered = languages.of_clinic(session, staff().clinic_id)
    form.offer(clinic(), current, offered, local_date(g.now, clinic().timezone))
    return form, current


def _page(form: EnrolForm, patient: Patient | None = None, next_number: int = 1) -> str:
    return render_template(
        "clinic/enrol.html",
        form=form,
        known_patient=patient,
        next_number=next_number,
        zones=sorted(available_timezones()),
        emails=services().config.smtp is not None,
    )


def _ask_about(session: Session, form: EnrolForm, patient: Patient) -> str:
    """The reference is taken: is it the same person?"""
    earlier = blocks.of_patient(session, patient.clinic_id, patient.id)
    form.known.errors = [N("Tick this if it is the same person, or type another reference.")]
    next_number = max((block.number for block in earlier), default=0) + 1
    return _page(form, patient, next_number)


def plan(session: Session, form: EnrolForm, current: list[Protocol]) -> Patient:
    """The patient, added if new, with the block that a valid form describes."""
    chosen = {each.id: each for each in current}[UUID(form.protocol.data)]
    patient = patients.of_reference(
        session, staff().clinic_id, form.reference.data, form.language.data, g.now
    )
    enrolments.of_patient(session, patient, g.now)
    if form.email.data and services().config.smtp is not None:
        email_reminders.keep(session, services().vault, patient, form.email.data, actor(), g.now)
    blocks.create(
        session,
        patient,
        chosen,
        number=form.number.data,
        region=form.region.data,
        levels=form.levels.data,
        side=form.side.data,
        agent=form.agent.data,
        given=form.given(),
        sites=form.site_names(),
        timezone=form.timezone.data,
        planned_on=form.planned_on.data,
        actor=actor(),
        now=g.now,
    )
    return patient
