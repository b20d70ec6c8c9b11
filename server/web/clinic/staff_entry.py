"""Ratings that staff write down for a patient on the telephone, or from the paper diary."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from server.domain.errors import Conflict, Invalid
from server.domain.schedule import assessments
from server.domain.staff_entries import StaffEntry
from server.domain.wall_clock import NoSuchTime, TimeOccursTwice, instant_on_the_wall
from server.storage import blocks, contact, patients, protocols, staff_entries
from server.storage.models import Block, DiaryEntry
from server.web.clinic import patient_words
from server.web.clinic.access import staff
from server.web.clinic.rating_form import RatingForm, rating_form
from server.web.context import services
from server.web.speech import said
from server.words import catalogues

blueprint = Blueprint("staff_entry", __name__, url_prefix="/clinic/blocks/<uuid:block_id>")


@blueprint.get("/entries/new")
def asked(block_id: UUID) -> ResponseReturnValue:
    """The form, empty."""
    with services().database.reading() as session:
        block = blocks.get(session, staff().clinic_id, block_id)
        form = rating_form(block.sites)
        form.entry_id.data = str(uuid4())
        form.felt_on.data = _local(g.now, block).date()
        return _page(session, block, form, None)


@blueprint.post("/entries/new")
def written(block_id: UUID) -> ResponseReturnValue:
    """A rating in the patient's words."""
    return _write(block_id, None)


@blueprint.get("/entries/<uuid:entry_id>/correct")
def correction_asked(block_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """The form with what was written down."""
    with services().database.reading() as session:
        block = blocks.get(session, staff().clinic_id, block_id)
        row = staff_entries.get(session, block, entry_id)
        form = rating_form(block.sites)
        _fill(form, block, row)
        return _page(session, block, form, row)


@blueprint.post("/entries/<uuid:entry_id>/correct")
def corrected(block_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """Staff misheard or mistyped: what they wrote first stays on record."""
    return _write(block_id, entry_id)


@blueprint.post("/entries/<uuid:entry_id>/withdraw")
def withdrawn(block_id: UUID, entry_id: UUID) -> ResponseReturnValue:
    """It was never so: an entry without scores takes its place, and both stay on record."""
    with services().database.transaction() as session:
        block = blocks.get(session, staff().clinic_id, block_id)
        row = staff_entries.get(session, block, entry_id)
        nothing = StaffEntry(
            id=uuid4(), told=_told(row), felt_at=row.felt_at, scores={}, replaces=entry_id
        )
        staff_entries.enter(session, block, nothing, staff().id, g.now)
    return redirect(url_for("block.block", block_id=block_id, _anchor="entries-title"), 303)


@blueprint.get("/paper")
def paper(block_id: UUID) -> str:
    """The paper diary of the block's protocol, in the patient's language, to print."""
    with services().database.reading() as session:
        block = blocks.get(session, staff().clinic_id, block_id)
        patient = patients.get(session, block.clinic_id, block.patient_id)
        protocol = protocols.schedule_of(protocols.of_block(session, block))
        scheduled = (
            None
            if block.performed_at is None
            else assessments(protocol, block.performed_at, block.timezone)
        )
        return render_template(
            "clinic/paper.html",
            block=block,
            patient=patient,
            rows=patient_words.paper_rows(protocol, scheduled, block.timezone, patient.language),
            language=catalogues.language(patient.language),
            performed=block.performed_at
            and patient_words.day_and_clock(block.performed_at, block.timezone, patient.language),
            **patient_words.whom_to_call(
                contact.of_clinic(session, block.clinic_id), patient.language
            ),
            patient_t=patient_words.speaker(patient.language),
        )


def _write(block_id: UUID, replaces: UUID | None) -> ResponseReturnValue:
    with services().database.transaction() as session:
        block = blocks.get(session, staff().clinic_id, block_id)
        row = None if replaces is None else staff_entries.get(session, block, replaces)
        form = rating_form(block.sites)
        if form.validate():
            try:
                staff_entries.enter(session, block, _entry(form, block, row), staff().id, g.now)
            except Invalid as error:
                form.at(error.path).errors = [said(error)]
            except Conflict as error:
                form.told.errors = [said(error)]
            else:
                there = url_for("block.block", block_id=block_id, _anchor="entries-title")
                return redirect(there, 303)
        return _page(session, block, form, row), 422


def _entry(form: RatingForm, block: Block, row: DiaryEntry | None) -> StaffEntry:
    """What a valid form says.

    A correction that leaves the time as it is stays about the same moment, to the second.
    """
    felt_at: datetime = g.now
    if row is not None and form.told.data == "telephone_now":
        felt_at = row.felt_at
    elif form.told.data != "telephone_now":
        felt_at = _instant(form, "felt", form.felt_on.data, form.felt_time.data, block)
        if row is not None and _minute(felt_at, block) == _minute(row.felt_at, block):
            felt_at = row.felt_at
    rescue_at = None
    if form.rescue_time.data is not None:
        day = form.rescue_on.data or _local(felt_at, block).date()
        rescue_at = _instant(form, "rescue", day, form.rescue_time.data, block)
    return StaffEntry(
        id=UUID(form.entry_id.data),
        told=form.told.data,
        felt_at=felt_at,
        scores=form.scores(block.sites),
        rescue_at=rescue_at,
        activity=form.activity.data or None,
        note=form.note.data or None,
        replaces=None if row is None else row.id,
    )


def _instant(form: RatingForm, which: str, day: date, clock: time, block: Block) -> datetime:
    """:raises Invalid: the clock never shows it, or twice; the path names the field"""
    try:
        return instant_on_the_wall(
            datetime.combine(day, clock), block.timezone, form.occurrence.data or None
        )
    except (NoSuchTime, TimeOccursTwice) as error:
        form.asks_which = isinstance(error, TimeOccursTwice)
        raise Invalid(f"{which}_time", error.words, **error.values) from None


def _fill(form: RatingForm, block: Block, row: DiaryEntry) -> None:
    content, felt = row.content, _local(row.felt_at, block)
    form.entry_id.data = str(uuid4())
    form.told.data = _told(row)
    form.felt_on.data, form.felt_time.data = felt.date(), felt.time()
    for site, score in content["scores"].items():
        form.score(block.sites.index(site)).data = score
    if content["rescue_at"] is not None:
        rescue = _local(datetime.fromisoformat(content["rescue_at"]), block)
        form.rescue_on.data, form.rescue_time.data = rescue.date(), rescue.time()
    form.activity.data = ", ".join(content["activities"])
    form.note.data = content["note"]


def _told(row: DiaryEntry) -> Any:
    if row.source == "paper":
        return "paper"
    return "telephone_now" if row.felt_at == row.recorded_at else "telephone_earlier"


def _minute(instant: datetime, block: Block) -> datetime:
    return _local(instant, block).replace(second=0, microsecond=0)


def _local(instant: datetime, block: Block) -> datetime:
    return instant.astimezone(ZoneInfo(block.timezone))


def _page(session: Session, block: Block, form: RatingForm, row: DiaryEntry | None) -> str:
    return render_template(
        "clinic/staff_entry.html",
        block=block,
        patient=patients.get(session, block.clinic_id, block.patient_id),
        form=form,
        corrects=row,
    )
