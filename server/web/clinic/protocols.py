"""Protocols: what a clinic asks and judges by; each change is a new version, and blocks keep theirs."""

from datetime import date
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from server.domain.clinic_protocol import ClinicProtocol
from server.domain.errors import Invalid
from server.domain.presets import PRESETS, preset
from server.domain.preview import PreviewedAssessment, preview
from server.domain.reminders import ALWAYS_RING, QUIET_HOURS
from server.domain.schedule import local_date
from server.domain.written_times import written_after, written_days
from server.storage import clinics, protocols
from server.storage import staff as members
from server.storage.models import Protocol
from server.web.clinic.access import staff
from server.web.clinic.page import clinic
from server.web.clinic.protocol_form import CRITERIA, FIRST_CRITERIA, PreviewForm, ProtocolForm
from server.web.clinic.sentences import sentence
from server.web.context import services
from server.web.speech import N
from server.words.catalogues import LANGUAGES, language

blueprint = Blueprint("protocols", __name__, url_prefix="/clinic/protocols")


@blueprint.get("/")
def protocols_list() -> str:
    """The newest version of each, and what to start a new one from."""
    with services().database.reading() as session:
        rows = protocols.all_current(session, staff().clinic_id)
    return render_template(
        "clinic/protocols.html",
        rows=rows,
        presets=PRESETS,
        after=written_after,
        days=written_days,
        read=protocols.clinic_protocol_of,
        zone=clinic().timezone,
    )


@blueprint.get("/<uuid:protocol_id>")
def protocol(protocol_id: UUID) -> ResponseReturnValue:
    """One version as it is, its other versions, and a patient's days under it."""
    form = PreviewForm(request.args)
    with services().database.reading() as session:
        row = protocols.get(session, staff().clinic_id, protocol_id)
        versions = protocols.versions(session, staff().clinic_id, row.name)
        counts = protocols.block_counts(session, staff().clinic_id, [each.id for each in versions])
        savers = [each.saved_by for each in versions if each.saved_by is not None]
        names = members.names(session, staff().clinic_id, savers)
    if not request.args:
        form.start_with(_today())
    found = protocols.clinic_protocol_of(row)
    is_asked = not request.args or form.validate()
    page = render_template(
        "clinic/protocol.html",
        row=row,
        protocol=found,
        versions=versions,
        counts=counts,
        names=names,
        form=form,
        lines=_lines(form, found) if is_asked else None,
        **_words(),
    )
    return page, 422 if any(form.errors.values()) else 200


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """A form to start from: a preset, by its key."""
    start = preset(request.args.get("preset", "standard"))
    if start is None:
        abort(404)
    form = ProtocolForm()
    form.fill(start.protocol, "", _today())
    with services().database.reading() as session:
        if protocols.current(session, staff().clinic_id, form.name.data) is not None:
            form.name.data = ""
    return _editor(form, None)


@blueprint.post("/new")
def new_sent() -> ResponseReturnValue:
    """Keep a protocol of a new name, or show the form again with all that was typed."""
    return _sent(None)


@blueprint.get("/<uuid:protocol_id>/edit")
def edit(protocol_id: UUID) -> ResponseReturnValue:
    """A form to start from this version, whichever it is."""
    with services().database.reading() as session:
        row = protocols.get(session, staff().clinic_id, protocol_id)
        newest = protocols.current(session, staff().clinic_id, row.name)
    form = ProtocolForm()
    form.fill(protocols.clinic_protocol_of(row), str(newest.id if newest else row.id), _today())
    return _editor(form, row)


@blueprint.post("/<uuid:protocol_id>/edit")
def edit_sent(protocol_id: UUID) -> ResponseReturnValue:
    """Keep a new version, or show the form again with all that was typed."""
    return _sent(protocol_id)


def _sent(protocol_id: UUID | None) -> ResponseReturnValue:
    form = ProtocolForm()
    with services().database.transaction() as session:
        clinics.take_turns(session, staff().clinic_id)
        row = None
        if protocol_id is not None:
            row = protocols.get(session, staff().clinic_id, protocol_id)
            form.name.data = row.name  # blocks and lists know it by that
        valid = form.validate()
        if request.form.get("action") == "preview":
            return _editor(form, row, shown=valid), 200 if valid else 422
        if not valid or not _may_be_kept(session, form, row):
            return _editor(form, row), 422
        kept = protocols.save(session, staff().clinic_id, form.protocol(), staff().id, g.now)
    return redirect(url_for("protocols.protocol", protocol_id=kept.id), 303)


def _may_be_kept(session: Session, form: ProtocolForm, row: Protocol | None) -> bool:
    """Nothing of somebody else is overwritten, and something can still be chosen at enrolment."""
    current = {
        each.name.casefold(): each for each in protocols.all_current(session, staff().clinic_id)
    }
    newest = current.get(form.name.data.casefold())
    if row is None and newest is not None:
        form.name.errors = [
            N("There is a protocol of this name. Type another, or change that one.")
        ]
        return False
    if newest is not None and str(newest.id) != form.newest.data:
        form.name.errors = [
            N(
                "Version {number} was saved while you wrote. Nothing of yours was saved yet:"
                " look at that version first, or save again to make yours version {next}.",
                number=newest.version,
                next=newest.version + 1,
            )
        ]
        form.newest.data = str(newest.id)
        return False
    others = [each for each in current.values() if each is not newest and each.offered]
    if not form.offered.data and not others:
        form.offered.errors = [N("Offer at least one protocol, or nobody can be enrolled.")]
        return False
    return True


def _editor(form: ProtocolForm, row: Protocol | None, *, shown: bool | None = None) -> str:
    """The form with, if it can be read, the days that follow from it.

    :param shown: whether it was checked that it can; None: it was not, as on a page newly opened
    """
    if shown is None:
        shown = not form.is_submitted()
    return render_template(
        "clinic/protocol_edit.html",
        form=form,
        row=row,
        lines=_lines(form, form.protocol()) if shown else None,
        criteria=CRITERIA,
        first_criteria=FIRST_CRITERIA,
        languages=[language(code) for code in LANGUAGES],
        **_words(),
    )


def _lines(form: PreviewForm, found: ClinicProtocol) -> tuple[PreviewedAssessment, ...] | None:
    """A patient's days for the block that the form names; None, with an error, if there is none."""
    performed_at = form.performed_at(clinic().timezone)
    if performed_at is None:
        return None
    try:
        return preview(found.schedule, performed_at, clinic().timezone, nudge=found.nudge)
    except Invalid as fault:
        form.performed_time.errors = [sentence(fault)]
        return None


def _words() -> dict[str, object]:
    return {
        "zone": clinic().timezone,
        "quiet": QUIET_HOURS,
        "always_hours": int(ALWAYS_RING.total_seconds() // 3600),
        "after": written_after,
        "days": written_days,
        "criteria_words": CRITERIA,
        "language": language,
    }


def _today() -> date:
    return local_date(g.now, clinic().timezone)
