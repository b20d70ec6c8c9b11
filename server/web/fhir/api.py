"""`/fhir`: reads and searches, in JSON. `CapabilityStatement` says what is offered."""

from importlib.metadata import version
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from server.interchange.fhir import diary
from server.interchange.fhir.bundle import of_kind
from server.interchange.fhir.capability import capability_statement
from server.interchange.fhir.elements import owner
from server.interchange.fhir.search import SEARCHABLE, Search, SearchRefused, search
from server.interchange.fhir.searchset import page, searchset
from server.storage import clinics, dossier_search
from server.storage.dossier_search import Wanted
from server.web.context import now, services
from server.web.fhir import access, outcomes
from server.web.fhir.access import token

blueprint = Blueprint("fhir", __name__, url_prefix="/fhir")
blueprint.before_request(access.guard)

JSON_TYPES = ("application/fhir+json", "application/json", "json", "text/json")


@blueprint.before_request
def json_alone() -> None:
    """Refuse who can read no JSON."""
    asked = request.values.get("_format", "").replace(" ", "+")  # a plus sign, unescaped
    accepted = request.accept_mimetypes
    if asked and asked.partition(";")[0] not in JSON_TYPES:
        access.refuse(406, "not-supported", f"{asked} is not offered; ask for fhir+json.")
    if not asked and accepted and not accepted.best_match(JSON_TYPES[:2]):
        access.refuse(406, "not-supported", "Only application/fhir+json is offered.")


@blueprint.get("/metadata")
@access.per_token
def metadata() -> Response:
    """What is offered; it tells nothing about anybody."""
    return outcomes.resource(capability_statement(base(), version("block-diary"), now()))


@blueprint.get("/<kind>")
@access.per_token
def searched(kind: str) -> Response:
    """One page of the resources that are asked for."""
    return _searched(kind)


@blueprint.post("/<kind>/_search")
@access.per_token
def searched_by_form(kind: str) -> Response:
    """The same, asked in a form, so that no reference of a patient is in an address."""
    return _searched(kind)


@blueprint.get("/<kind>/<resource_id>")
@access.per_token
def read(kind: str, resource_id: str) -> Response:
    """One resource."""
    access.check_scope(kind)
    if (kind, resource_id) == ("Questionnaire", diary.QUESTIONNAIRE_ID):
        return outcomes.resource(diary.questionnaire(base()))
    of = None
    if (owned_by := owner(resource_id)) is not None:
        with services().database.reading() as session:
            of = dossier_search.holding(session, token().clinic_id, owned_by, now())
    made = [] if of is None else of_kind(of, base(), kind)
    found = [each for each in made if each["id"] == resource_id]
    if of is None or not found:
        access.refuse(404, "not-found", f"There is no {kind} with this id at your clinic.")
    with services().database.transaction() as session:
        access.note(session, "fhir.read", {"type": kind, "id": resource_id}, [of.details.id])
    return outcomes.resource(found[0])


def base() -> str:
    """The API's own address."""
    return f"{services().config.public_url}/fhir"


def _searched(kind: str) -> Response:
    access.check_scope(kind)
    if kind not in SEARCHABLE:
        access.refuse(404, "not-supported", f"{kind} can be read by id, and not searched.")
    given = [*request.args.items(multi=True), *request.form.items(multi=True)]
    strict = "handling=strict" in request.headers.get("Prefer", "").replace(" ", "").split(",")
    clinic_id = token().clinic_id
    with services().database.reading() as session:
        zone = ZoneInfo(clinics.get(session, clinic_id).timezone)
        try:
            asked = search(kind, given, base(), zone, strict=strict)
        except SearchRefused as error:
            return outcomes.answer(400, error.code, str(error))
        begins = (asked.after.planned_on, asked.after.block_id) if asked.after else None
        wanted = _wanted(session, asked)
        found = dossier_search.newest_first(session, clinic_id, wanted, begins, now())
        chosen, following, shown = page(found, asked, base())
    made = searchset(chosen, asked, following, base())
    with services().database.transaction() as session:
        told = {"type": kind, "asked": dict(asked.used), "found": len(chosen)}
        access.note(session, "fhir.searched", told, [of.details.id for of in shown])
    return outcomes.resource(made)


def _wanted(session: Session, asked: Search) -> Wanted:
    """What the database can narrow by; the rest is looked at in the resources."""
    ids, patients, blocks = asked.ids("_id"), asked.ids("patient"), asked.ids("part-of")
    references = None
    if asked.kind == "Patient":
        patients, ids = ids, None
        for each in asked.conditions.get("identifier", ()):
            named = {text.rpartition("|")[2] for text in each.texts}
            references = named if references is None else references & named
        if references is not None and "" in references:
            references = None  # any reference of a system
    if ids is not None:
        found = dossier_search.blocks_of(session, token().clinic_id, ids)
        blocks = found if blocks is None else blocks & found
    return Wanted(
        patients=patients,
        blocks=blocks,
        references=references,
        since=asked.since,
        until=asked.until,
        by_record=asked.kind == "QuestionnaireResponse",
        first_of_patient=asked.kind == "Patient",
    )
