"""What a clinic hands to a patient: a link and a code, and what it knows of the phones they let in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from server.storage import audit, blocks, clinics, enrolments, protocols
from server.storage.models import Device, Enrolment, Invitation
from server.storage.vault import Vault
from tests.browser.diary_server import DiaryServer
from tests.builders import SECRET_KEY, new_block, new_patient


@dataclass(frozen=True)
class Sheet:
    """One link and code of a patient with one block."""

    token: str
    code: str
    invitation_id: UUID
    enrolment_id: UUID
    patient_id: UUID
    block_id: UUID


def new_sheet(
    server: DiaryServer,
    reference: str,
    *,
    since_block: timedelta | None = None,
    made_at: datetime | None = None,
) -> Sheet:
    """The sheet of a new patient, made now unless told otherwise.

    :param since_block: how long ago the block was done; None if it was not yet
    """
    vault, now = Vault(SECRET_KEY), made_at or server.now()
    with server.database.transaction() as session:
        [clinic] = clinics.all_of_them(session)
        protocol = protocols.current(session, clinic.id)
        assert protocol is not None
        patient = new_patient(session, clinic, reference, now)
        block = new_block(session, patient, protocol, now=now)
        enrolment = enrolments.of_patient(session, patient, now)
        invited = enrolments.invite(session, vault, enrolment, audit.SYSTEM, now)
        if since_block is not None:
            blocks.start(session, block, now - since_block, "clinic", audit.SYSTEM, now)
    return Sheet(
        invited.token, invited.code, invited.invitation_id, enrolment.id, patient.id, block.id
    )


def another_code(server: DiaryServer, sheet: Sheet) -> str:
    """For one more phone of the same patient."""
    with server.database.transaction() as session:
        enrolment = session.get_one(Enrolment, sheet.enrolment_id)
        invited = enrolments.invite(
            session, Vault(SECRET_KEY), enrolment, audit.SYSTEM, server.now()
        )
    return invited.code


def phones(server: DiaryServer, sheet: Sheet) -> list[Device]:
    """All that were ever let in, the newest first."""
    with server.database.reading() as session:
        clinic_id = session.get_one(Enrolment, sheet.enrolment_id).clinic_id
        return enrolments.devices(session, clinic_id, sheet.patient_id)


def shut_out(server: DiaryServer, sheet: Sheet) -> None:
    """Let the patient's phones in no more."""
    for phone in phones(server, sheet):
        with server.database.transaction() as session:
            enrolments.revoke_device(session, phone.clinic_id, phone.id, audit.SYSTEM, server.now())


def is_used(server: DiaryServer, sheet: Sheet) -> bool:
    """Whether a phone came in by this link or code."""
    with server.database.reading() as session:
        return session.get_one(Invitation, sheet.invitation_id).used_at is not None
