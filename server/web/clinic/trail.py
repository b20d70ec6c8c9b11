"""The audit trail: what was seen and changed, by whom, from where; found, read and exported."""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from io import StringIO
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, render_template, request
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import DateField, SelectField, StringField
from wtforms.validators import Length, Optional

from server.domain.wall_clock import NoSuchTime, TimeOccursTwice, instant_on_the_wall
from server.storage import api_tokens, audit, audit_search
from server.storage import staff as members
from server.storage.audit_search import Wanted
from server.storage.models import AuditEvent
from server.web.clinic.access import actor, staff
from server.web.clinic.page import clinic
from server.web.context import services
from server.web.speech import N, t

blueprint = Blueprint("trail", __name__, url_prefix="/clinic")

PAGE = 50
KINDS = [
    ("", N("Everything")),
    ("block", N("Blocks")),
    ("patient", N("Patients")),
    ("enrolment", N("Enrolments")),
    ("device", N("Phones")),
    ("baseline", N("Baselines")),
    ("protocol", N("Protocols")),
    ("board", N("The board")),
    ("staff", N("Staff and sign-in")),
    ("clinic", N("The clinic’s settings")),
    ("token", N("API tokens")),
    ("fhir", N("What programs read")),
    ("report", N("Reports sent to other systems")),
    ("audit", N("This trail")),
]
COLUMNS = ("number", "at", "who", "actor", "action", "patient", "subject", "details", "address")


class SearchForm(FlaskForm):  # type: ignore[misc]
    """What is looked for; sent in the address, so that it can be kept and sent on."""

    class Meta:
        csrf = False

    actor = SelectField(N("Who"), validators=[Optional()], default="")
    action = SelectField(N("What"), choices=KINDS, validators=[Optional()], default="")
    patient = StringField(
        N("Patient reference"),
        validators=[
            Optional(),
            Length(max=60, message=N("Use {most} characters or fewer.", most=60)),
        ],
    )
    since = DateField(N("First day"), validators=[Optional()])
    until = DateField(N("Last day"), validators=[Optional()])


@blueprint.get("/audit")
def trail() -> str:
    """One page of what was found, the newest first."""
    form, wanted = _asked()
    before = request.args.get("before", type=int)
    with services().database.reading() as session:
        rows = (
            audit_search.page(session, staff().clinic_id, wanted, before=before, size=PAGE + 1)
            if wanted is not None
            else []
        )
        subjects = [each for row in rows for each in (row.subject, row.actor)]
        patients = audit_search.references(session, staff().clinic_id, subjects)
        names = _names(session, staff().clinic_id)
    kept = {name: text for name, text in request.args.items() if name != "before" and text}
    _note("audit.viewed", kept)
    return render_template(
        "clinic/trail.html",
        form=form,
        rows=rows[:PAGE],
        older=rows[PAGE - 1].number if len(rows) > PAGE else None,
        kept=kept,
        names=names,
        patients=patients,
        now=g.now,
        zone=clinic().timezone,
    )


@blueprint.get("/audit.csv")
def exported() -> Response:
    """All that was found, the oldest first, row by row."""
    _, wanted = _asked()
    kept = {name: text for name, text in request.args.items() if text}
    _note("audit.exported", kept)
    lines = _lines(wanted) if wanted is not None else iter([_line(COLUMNS)])
    name = f"audit-{g.now:%Y-%m-%d}.csv"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(lines, mimetype="text/csv", headers=disposition)


def _asked() -> tuple[SearchForm, Wanted | None]:
    """The form as it was sent, and what it asks for; None if that cannot be read."""
    form = SearchForm(request.args)
    with services().database.reading() as session:
        people = members.trail_names(session, staff().clinic_id)
        programs = api_tokens.names(session, staff().clinic_id)
    form.actor.choices = [
        ("", t("Everybody")),
        *people.items(),
        *programs.items(),
        (audit.SYSTEM, t("The server itself")),
    ]
    if not form.validate():
        return form, None
    day = timedelta(days=1)
    return form, Wanted(
        actor=form.actor.data or "",
        action=form.action.data or "",
        patient=(form.patient.data or "").strip(),
        since=_midnight(form.since.data),
        until=_midnight(form.until.data + day if form.until.data else None),
    )


def _midnight(on: date | None) -> datetime | None:
    """When a day begins at the clinic; where clocks skip midnight, as soon as it does."""
    if on is None:
        return None
    local = datetime.combine(on, time())
    try:
        return instant_on_the_wall(local, clinic().timezone, "first")
    except (NoSuchTime, TimeOccursTwice):
        return local.replace(tzinfo=ZoneInfo(clinic().timezone))


def _note(action: str, asked: Mapping[str, str]) -> None:
    with services().database.transaction() as session:
        about = f"clinic:{staff().clinic_id}"
        audit.record(session, staff().clinic_id, actor(), action, about, dict(asked), g.now)


def _names(session: Session, clinic_id: UUID) -> dict[str, str]:
    return members.trail_names(session, clinic_id) | api_tokens.names(session, clinic_id)


def _lines(wanted: Wanted) -> Iterator[str]:
    """The file, piece by piece. It is read while it is sent, when nothing of the request is left."""
    clinic_id, database = staff().clinic_id, services().database

    def lines() -> Iterator[str]:
        yield _line(COLUMNS)
        with database.reading() as session:
            names = _names(session, clinic_id)
            for rows in audit_search.everything(session, clinic_id, wanted):
                subjects = [each for row in rows for each in (row.subject, row.actor)]
                patients = audit_search.references(session, clinic_id, subjects)
                yield "".join(_line(_cells(row, names, patients)) for row in rows)

    return lines()


def _cells(
    row: AuditEvent, names: Mapping[str, str], patients: Mapping[str, str]
) -> tuple[str, ...]:
    """In the order of `COLUMNS`."""
    return (
        str(row.number),
        row.at.isoformat(),
        names.get(row.actor, ""),
        row.actor,
        row.action,
        patients.get(row.subject) or patients.get(row.actor, ""),
        row.subject,
        json.dumps(row.details, ensure_ascii=False, sort_keys=True),
        row.address or "",
    )


def _line(cells: tuple[str, ...]) -> str:
    out = StringIO()
    csv.writer(out).writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet takes what begins like this for a formula: a space before it stops that."""
    return f" {cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
