"""All that a phone needs, offline, for its patient: so a new phone gets its diary back."""

from collections.abc import Sequence
from typing import cast

import msgspec
from sqlalchemy.orm import Session

from server.domain.contact import Said
from server.storage import (
    blocks,
    choices,
    clinics,
    contact,
    diary_entries,
    enrolments,
    models,
    patients,
    protocols,
    staff_entries,
    subscriptions,
)
from server.storage.blocks import Source
from server.web import languages, wire


def phone_state(
    session: Session, device: models.Device, application_server_key: str
) -> wire.PhoneState:
    """Everything of the phone's patient, and of nobody else.

    :param application_server_key: the public VAPID key, to subscribe with
    """
    clinic = clinics.get(session, device.clinic_id)
    enrolment = enrolments.of_device(session, device)
    patient = patients.get(session, device.clinic_id, enrolment.patient_id)
    quiet = choices.quiet_hours(session, device.clinic_id, patient.id)
    live = subscriptions.live(session, device.clinic_id, patient.id)
    offered = languages.offered(session, patient)
    return wire.PhoneState(
        check_word=device.check_word,
        language=patient.language,
        languages=offered,
        clinic=_clinic(session, clinic, offered),
        blocks=[
            _block(session, block)
            for block in blocks.of_patient(session, device.clinic_id, patient.id)
        ],
        entries=[
            wire.SentEntry(
                entry=msgspec.convert(row.content, wire.DiaryEntry), received_at=row.received_at
            )
            for row in diary_entries.of_enrolment(session, device.clinic_id, enrolment.id)
        ],
        vapid_public_key=application_server_key,
        subscribed=any(each.device_id == device.id for each in live),
        quiet_start=f"{quiet.start:%H:%M}",
        quiet_end=f"{quiet.end:%H:%M}",
    )


def _clinic(session: Session, clinic: models.Clinic, offered: Sequence[str]) -> wire.Clinic:
    its = contact.of_clinic(session, clinic.id)
    return wire.Clinic(
        name=clinic.name,
        telephone=its.telephone,
        out_of_hours_telephone=its.out_of_hours_telephone,
        emergency_number=its.emergency_number,
        texts={
            code: wire.ClinicTexts(
                opening_hours=_text(languages.said(its, "opening_hours", code)),
                advice=_text(languages.said(its, "advice", code)),
            )
            for code in offered
        },
    )


def _text(found: Said | None) -> wire.ClinicText | None:
    return None if found is None else wire.ClinicText(text=found.text, language=found.language)


def _block(session: Session, block: models.Block) -> wire.Block:
    protocol = protocols.of_block(session, block)
    return wire.Block(
        id=block.id,
        number=block.number,
        region=block.region,
        side=block.side,
        sites=block.sites,
        timezone=block.timezone,
        planned_on=block.planned_on.isoformat(),
        performed_at=block.performed_at,
        performed_at_source=cast(Source | None, block.performed_at_source),
        cancelled=block.cancelled_at is not None,
        assessments=protocol.assessments,
        baseline_max_age_minutes=protocol.baseline_max_age_minutes,
        told=staff_entries.answered_for(session, block),
        texts={language: wire.PatientText(**text) for language, text in protocol.texts.items()},
    )
