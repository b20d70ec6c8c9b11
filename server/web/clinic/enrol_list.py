"""Enrol many: a list from a spreadsheet, checked line by line, taken whole or not at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from server.domain.errors import Invalid
from server.domain.schedule import local_date
from server.interchange.enrolment_list import OPTIONAL, REQUIRED, Row, read
from server.storage import clinics, patients, protocols
from server.storage.models import Patient, Protocol
from server.web import languages
from server.web.clinic.access import staff
from server.web.clinic.enrol import plan
from server.web.clinic.forms import EnrolForm
from server.web.clinic.page import clinic
from server.web.clinic.sentences import sentence
from server.web.context import services
from server.web.speech import said, t
from server.words.catalogues import Language

blueprint = Blueprint("enrol_list", __name__, url_prefix="/clinic/enrol/list")

YES = ("yes", "y", "x", "1", "true")
NO = ("no", "n", "0", "false")


@dataclass(frozen=True)
class Fault:
    """What is wrong with one line, in words."""

    line: int
    reference: str
    column: str
    message: str


@blueprint.get("")
def enrol_list() -> str:
    """How the list must look, and where to send it."""
    return _page()


@blueprint.post("")
def enrol_list_sent() -> ResponseReturnValue:
    """Plan a block for every line, or none, and say of each line what is wrong with it."""
    upload = request.files.get("list")
    try:
        rows = read(upload.read() if upload else b"")
    except Invalid as error:
        return _page(problem=sentence(error)), 422
    with services().database.transaction() as session:
        clinics.take_turns(session, staff().clinic_id)
        current = protocols.offered(session, staff().clinic_id)
        offered = languages.of_clinic(session, staff().clinic_id)
        forms = [_form(row, current, offered) for row in rows]
        names = [each.name for each in current]
        faults = _faults(session, rows, forms, names)
        if faults:
            return _page(faults=faults), 422
        enrolled = [plan(session, form, current) for form in forms]
    return _page(enrolled=list(dict.fromkeys(enrolled)))


@blueprint.get("/example.csv")
def example() -> Response:
    """A list with every column and one line, to fill in."""
    cells = {
        "reference": "EXAMPLE-1",
        "region": "lumbar",
        "side": "left",
        "levels": "L4/5; L5/S1",
        "agent": "bupivacaine",
        "concentration": "0.5",
        "steroid": "no",
        "sedation": "no",
        "planned_on": local_date(g.now, clinic().timezone).isoformat(),
        "number": "1",
        "timezone": clinic().timezone,
        "language": "en",
    }
    columns = (*REQUIRED, *OPTIONAL)
    lines = (",".join(columns), ",".join(cells.get(name, "") for name in columns))
    return Response(
        "\ufeff" + "".join(f"{line}\r\n" for line in lines),
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=patients.csv"},
    )


def _form(row: Row, current: list[Protocol], offered: Sequence[Language]) -> EnrolForm:
    """The same form as for one patient, so that the same rules hold."""
    cells = dict(row.cells)
    by_name = {each.name.casefold(): str(each.id) for each in reversed(current)}
    usual = str(current[0].id) if len(current) == 1 else ""
    cells["protocol"] = by_name.get(cells["protocol"].casefold(), cells["protocol"]) or usual
    cells["known"] = "y" if cells["known"].casefold() in YES else ""
    for name in ("region", "side", "agent", "language", "steroid", "sedation"):
        cells[name] = cells[name].casefold()
    for name in ("steroid", "sedation"):
        cells[name] = "yes" if cells[name] in YES else "no" if cells[name] in NO else cells[name]
    today = local_date(g.now, clinic().timezone).isoformat()
    for name, value in {
        "planned_on": today,
        "number": "1",
        "language": "en",
        "timezone": clinic().timezone,
    }.items():
        cells[name] = cells[name] or value
    form = EnrolForm(
        formdata=MultiDict({name: value for name, value in cells.items() if value}),
        meta={"csrf": False},
    )
    form.offer(clinic(), current, offered, local_date(g.now, clinic().timezone))
    return form


def _faults(
    session: Session, rows: list[Row], forms: list[EnrolForm], protocol_names: list[str]
) -> list[Fault]:
    faults = []
    seen: set[str] = set()
    for row, form in zip(rows, forms, strict=True):
        form.validate()
        reference = form.reference.data or ""
        known = reference in seen or patients.find(session, staff().clinic_id, reference)
        seen.add(reference)
        wrong = {name: " ".join(map(said, messages)) for name, messages in form.errors.items()}
        for name in ("steroid", "sedation"):
            if name in wrong:
                wrong[name] = t("Write yes or no, or leave it empty.")
        for name, permitted in _choices(form, protocol_names):
            if name in wrong and row.cells[name]:
                wrong[name] = t("Write one of these: {choices}.", choices="; ".join(permitted))
        if known and not form.known.data:
            wrong["known"] = t("This reference is taken. Write yes if it is the same person.")
        faults += [Fault(row.line, reference, name, text) for name, text in wrong.items()]
    return faults


def _choices(form: EnrolForm, protocol_names: list[str]) -> Iterator[tuple[str, list[str]]]:
    """What may stand in the columns that a form offers as a choice."""
    for field in (form.region, form.side, form.agent, form.language):
        yield field.name, [code for code, _ in field.choices if code]
    yield "protocol", protocol_names


def _page(
    problem: str = "",
    faults: list[Fault] | None = None,
    enrolled: list[Patient] | None = None,
) -> str:
    return render_template(
        "clinic/enrol_list.html",
        problem=problem,
        faults=faults,
        enrolled=enrolled,
        required=REQUIRED,
        optional=OPTIONAL,
    )
