"""The sheet that a patient takes home: a QR code, an address and a typed code for one phone."""

from uuid import UUID

import segno
from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from server.domain.enrolment import shown_code
from server.storage import blocks, contact, enrolments, patients
from server.storage.models import Block, Device, Patient
from server.web.clinic import patient_words
from server.web.clinic.access import actor, staff
from server.web.clinic.page import clinic
from server.web.context import services
from server.words import catalogues

blueprint = Blueprint("sheet", __name__, url_prefix="/clinic/patients/<uuid:patient_id>")


@blueprint.get("/sheet")
def sheet(patient_id: UUID) -> str:
    """The patient's phones, and the button that makes a sheet."""
    with services().database.reading() as session:
        patient = patients.get(session, staff().clinic_id, patient_id)
        return _page(patient, *_around(session, patient))


@blueprint.post("/sheet")
def sheet_made(patient_id: UUID) -> str:
    """A new link and code. They are shown on this page and nowhere again; unused earlier ones
    stop working, so that a lost sheet lets nobody in."""
    with services().database.transaction() as session:
        patient = patients.get(session, staff().clinic_id, patient_id)
        enrolment = enrolments.of_patient(session, patient, g.now)
        enrolments.withdraw_invitations(session, enrolment, actor(), g.now)
        invited = enrolments.invite(session, services().vault, enrolment, actor(), g.now)
        around = _around(session, patient)
        its = contact.of_clinic(session, patient.clinic_id)
    address = services().config.public_url
    return _page(
        patient,
        *around,
        invited=invited,
        address=address,
        code=shown_code(invited.code),
        qr=qr_svg(f"{address}/e#{invited.token}"),
        until=patient_words.day_and_clock(invited.expires_at, clinic().timezone, patient.language),
        **patient_words.whom_to_call(its, patient.language),
        language=catalogues.language(patient.language),
        patient_t=patient_words.speaker(patient.language),
    )


@blueprint.post("/phones/<uuid:device_id>/revoke")
def phone_revoked(patient_id: UUID, device_id: UUID) -> ResponseReturnValue:
    """Let one of the patient's phones in no more."""
    with services().database.transaction() as session:
        patient = patients.get(session, staff().clinic_id, patient_id)
        known = {each.id for each in enrolments.devices(session, patient.clinic_id, patient.id)}
        if device_id in known:
            enrolments.revoke_device(session, patient.clinic_id, device_id, actor(), g.now)
    return redirect(url_for("sheet.sheet", patient_id=patient_id), 303)


def qr_svg(text: str) -> Markup:
    """A QR code that scales with its box. Error correction M: a fold in the paper does no harm."""
    svg = segno.make(text, error="m", micro=False).svg_inline(
        border=4, omitsize=True, dark="#000", svgclass=None, lineclass=None
    )
    return Markup(svg)


def _around(session: Session, patient: Patient) -> tuple[list[Block], list[Device]]:
    return (
        blocks.of_patient(session, patient.clinic_id, patient.id),
        enrolments.devices(session, patient.clinic_id, patient.id),
    )


def _page(patient: Patient, its_blocks: list[Block], devices: list[Device], **made: object) -> str:
    return render_template(
        "clinic/sheet.html",
        patient=patient,
        blocks=its_blocks,
        devices=devices,
        now=g.now,
        zone=clinic().timezone,
        **made,
    )
