"""What leaves the clinic as a file. Every file is audited before its first byte is sent."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, render_template, request, stream_with_context
from sqlalchemy.orm import Session

from server.domain.dossier import Dossier
from server.domain.errors import Invalid
from server.interchange.csv_export import blocks_csv, diary_csv, dictionary_csv
from server.interchange.fhir.bundle import bundle
from server.storage import audit, dossiers
from server.web.clinic.access import actor, staff
from server.web.context import services

blueprint = Blueprint("exports", __name__, url_prefix="/clinic")

CSV = "text/csv; charset=utf-8"
FHIR = "application/fhir+json; fhirVersion=4.0; charset=utf-8"
Lines = Callable[[Iterable[Dossier]], Iterator[str]]


@blueprint.get("/exports")
def exports() -> str:
    """What there is to take along."""
    return render_template("clinic/exports.html")


@blueprint.get("/exports/blocks.csv")
def blocks() -> Response:
    """One row for each block of the clinic."""
    return _of_clinic(blocks_csv, "blocks.csv")


@blueprint.get("/exports/diary.csv")
def diaries() -> Response:
    """The long file: every score and every assessment of the clinic."""
    return _of_clinic(diary_csv, "diary.csv")


@blueprint.get("/exports/dictionary.csv")
def dictionary() -> Response:
    """What the columns of both files mean; it holds nobody's data."""
    return attachment("".join(dictionary_csv()), CSV, "dictionary.csv")


@blueprint.get("/blocks/<uuid:block_id>/diary.csv")
def diary(block_id: UUID) -> Response:
    """The long file of one block."""
    found = dossier(block_id, "csv")
    return attachment("".join(diary_csv([found])), CSV, file_name(found, "csv"))


@blueprint.get("/blocks/<uuid:block_id>/fhir.json")
def fhir(block_id: UUID) -> Response:
    """One block as a FHIR R4 Bundle."""
    found = dossier(block_id, "fhir")
    made = bundle(found, f"{services().config.public_url}/fhir")
    return attachment(json.dumps(made, ensure_ascii=False), FHIR, file_name(found, "fhir.json"))


def dossier(block_id: UUID, format_: str) -> Dossier:
    """All that is written about a block, its export audited."""
    clinic_id = staff().clinic_id
    with services().database.transaction() as session:
        found = dossiers.of_block(session, clinic_id, block_id, g.now)
        _audit(session, "block.exported", f"block:{block_id}", {"format": format_})
    return found


def attachment(body: Any, mimetype: str, name: str) -> Response:
    """A file to keep, not to show; no cache holds it."""
    answer = Response(body, content_type=mimetype)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def file_name(of: Dossier, ending: str) -> str:
    """A name from the clinic's own reference that every system takes: `P-1001-block-2.csv`."""
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", of.details.reference).strip("-_")[:40]
    return f"{safe or 'patient'}-block-{of.details.number}.{ending}"


def _of_clinic(lines: Lines, name: str) -> Response:
    first, last = _day("from"), _day("to")
    clinic_id = staff().clinic_id
    database, now = services().database, g.now
    details = {
        "file": name,
        "from": first and first.isoformat(),
        "to": last and last.isoformat(),
    }
    with database.transaction() as session:
        _audit(session, "clinic.exported", f"clinic:{clinic_id}", details)

    def body() -> Iterator[str]:
        with database.reading() as session:
            yield from lines(dossiers.of_clinic(session, clinic_id, first, last, now))

    return attachment(stream_with_context(body()), CSV, name)


def _audit(session: Session, action: str, subject: str, details: dict[str, Any]) -> None:
    audit.record(session, staff().clinic_id, actor(), action, subject, details, g.now)


def _day(name: str) -> date | None:
    typed = request.args.get(name, "").strip()
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Invalid(name, "Type the day as 2026-03-31, or leave it empty.") from None
