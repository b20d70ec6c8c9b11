"""Which languages a clinic's patients may read: reviewed ones, and those that the clinic accepted."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from flask import Request
from sqlalchemy.orm import Session

from server.domain import contact
from server.domain.contact import Contact, Said
from server.storage import accepted_languages, audit, enrolments, patients
from server.storage.models import Device, Patient
from server.words.catalogues import LANGUAGES, SOURCE_LANGUAGE, Language, language


def of_clinic(session: Session, clinic_id: UUID) -> list[Language]:
    """What the clinic offers to a new patient, English first."""
    accepted = accepted_languages.of_clinic(session, clinic_id)
    every = [language(code) for code in LANGUAGES]
    return [each for each in every if each.is_reviewed or each.code in accepted]


def offered(session: Session, patient: Patient) -> list[str]:
    """What a patient may choose from; their own stays, even if the clinic offers it no more."""
    codes = {each.code for each in of_clinic(session, patient.clinic_id)} | {patient.language}
    return [code for code in LANGUAGES if code in codes]


def said(its: Contact, what: Literal["opening_hours", "advice"], code: str) -> Said | None:
    """What a clinic tells a patient who reads this language, in it or else in English, which the
    staff of every clinic read; else in whichever language it wrote. None: it wrote nothing."""
    return contact.said(
        {each: getattr(texts, what) for each, texts in its.texts.items()}, code, LANGUAGES
    )


def choose(session: Session, device: Device, code: str, now: datetime) -> None:
    """The patient chose a language on this phone. One that is not offered changes nothing."""
    enrolment = enrolments.of_device(session, device)
    patient = patients.get(session, device.clinic_id, enrolment.patient_id)
    if code in offered(session, patient):
        patients.set_language(session, patient, code, audit.phone(device), now)


def asked_for(request: Request) -> str:
    """The first that there is of what a browser asks for, such as "fr-CA"; else English."""
    codes = (each.partition("-")[0].lower() for each in request.accept_languages.values())
    return next((code for code in codes if code in LANGUAGES), SOURCE_LANGUAGE)
