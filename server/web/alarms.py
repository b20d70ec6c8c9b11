"""The backup alarms of an enrolled phone, as a file that its calendar takes.

Calendars of iPhones offer to subscribe to a file that a link names, and to add its events only if
the link redirects to it: hence two addresses.
"""

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from server.domain.block_record import answered
from server.domain.schedule import assessments
from server.interchange.alarms import Alarm, calendar
from server.storage import blocks, enrolments
from server.storage.models import Device
from server.web import device_session
from server.web.context import now, services
from server.web.refusals import refuse

blueprint = Blueprint("alarms", __name__)


@blueprint.get("/alarms")
def alarms() -> ResponseReturnValue:
    """Where a screen links to."""
    return redirect(url_for("alarms.file"), 303)


@blueprint.get("/alarms.ics")
def file() -> Response:
    """An event for each assessment of this phone's patient that is still to come."""
    surroundings = services()
    with surroundings.database.reading() as session:
        device = device_session.device(session, request, surroundings.config, surroundings.vault)
        to_come = _to_come(session, device)
    if not to_come:
        refuse(404, "no_alarms", "Nothing is to come in this diary, so there is nothing to ring.")
    response = Response(calendar(to_come, now()), mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'inline; filename="diary.ics"'
    return response


def _to_come(session: Session, device: Device) -> list[Alarm]:
    patient_id = enrolments.of_device(session, device).patient_id
    found = []
    for block in blocks.of_patient(session, device.clinic_id, patient_id):
        diary = blocks.diary(session, block)
        if diary.performed_at is None or block.cancelled_at is not None:
            continue
        done = answered(diary)
        found += [
            Alarm(f"{each.id}@{block.id}", each.due_at)
            for each in assessments(diary.protocol, diary.performed_at, diary.timezone)
            if each.due_at > now() and each.id not in done
        ]
    return found
