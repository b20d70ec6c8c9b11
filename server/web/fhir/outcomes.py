"""Answers in FHIR's own form: a resource, or an OperationOutcome that says what went wrong."""

import json

from flask import Response

from server.interchange.fhir.elements import Json
from server.interchange.fhir.searchset import outcome

MEDIA_TYPE = "application/fhir+json; fhirVersion=4.0; charset=utf-8"
#: FHIR's issue type by status; "processing" for the rest.
ISSUES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    413: "too-long",
    429: "throttled",
    500: "exception",
}


def resource(found: Json, status: int = 200) -> Response:
    """One resource, in JSON."""
    body = json.dumps(found, ensure_ascii=False)
    return Response(body, status, content_type=MEDIA_TYPE)


def answer(status: int, code: str, text: str) -> Response:
    """A refusal. `code` is FHIR's issue type; `text` says what to do."""
    return resource(outcome(code, text), status)
