"""The OpenAPI 3.1 document of the phone API, made from the types that validate it."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from flask import Blueprint, Response

from server.web import wire

blueprint = Blueprint("openapi", __name__)


@dataclass(frozen=True)
class Operation:
    """One route: what it takes, what it answers, how it fails. Errors: status -> codes."""

    method: str
    path: str
    summary: str
    takes: Any
    status: int
    answers: Any
    errors: dict[int, str]
    enrolled: bool = True


_BROKEN = {500: "`internal_server_error`: recorded; try again later"}
_COMMON = {
    400: "`bad_request`: the connection broke off; nothing was changed",
    403: "`cross_site`: not sent by a page of this server",
    413: "`request_entity_too_large`: more than 1 MB",
    **_BROKEN,
}
_JSON = {415: "`unsupported_media_type`: not sent as application/json"}
_ENROLLED = {401: "`not_enrolled`: no cookie, or its phone is no longer let in"}

OPERATIONS = (
    Operation(
        "post",
        "/api/phone/redeem",
        "Enrol this phone by a link's token or a typed code, once; sets the device cookie.",
        wire.RedeemRequest,
        201,
        wire.RedeemResponse,
        {
            **_COMMON,
            **_JSON,
            422: "`code_unknown`, `code_used`, `code_expired`, `code_revoked` or `invalid`",
            429: "`too_many_tries`",
        },
        enrolled=False,
    ),
    Operation(
        "post",
        "/api/phone/sync",
        "Send what waits on the phone and get the patient's whole diary. Idempotent.",
        wire.SyncRequest[wire.Item],
        200,
        wire.SyncResponse,
        {**_COMMON, **_JSON, **_ENROLLED, 422: "`invalid`: the request as a whole"},
    ),
    Operation(
        "put",
        "/api/phone/subscription",
        "Say where this phone can be reached by push.",
        wire.SubscriptionRequest,
        200,
        wire.SubscriptionResponse,
        {**_COMMON, **_JSON, **_ENROLLED, 422: "`push_service_unknown` or `invalid`"},
    ),
    Operation(
        "delete",
        "/api/phone/subscription",
        "Send no more reminders to this phone.",
        None,
        200,
        wire.SubscriptionResponse,
        {**_COMMON, **_ENROLLED},
    ),
    Operation(
        "post",
        "/api/phone/stop-emails",
        "Send no more e-mail reminders to the mailbox that this token was sent to. Idempotent.",
        wire.StopEmailsRequest,
        200,
        wire.StopEmailsResponse,
        {**_COMMON, **_JSON, 422: "`stop_unknown` or `invalid`"},
        enrolled=False,
    ),
    Operation(
        "post",
        "/api/phone/snooze",
        "Put a reminder off for ten minutes: once, and only inside its window.",
        wire.SnoozeRequest,
        200,
        wire.SnoozeResponse,
        {
            **_COMMON,
            **_JSON,
            **_ENROLLED,
            404: "`not_found`: no such reminder was sent to this patient",
            409: "`answered`, or `too_late`: put off before, or its window ends before",
            422: "`invalid`",
        },
    ),
    Operation(
        "post",
        "/api/phone/trial-reminder",
        "Send one reminder to this phone now. Asked for again within 10 seconds, it is the same one.",
        wire.TrialRequest,
        200,
        wire.TrialResponse,
        {
            **_COMMON,
            **_JSON,
            **_ENROLLED,
            409: "`not_subscribed`: reminders are off on this phone",
            422: "`invalid`: not a JSON object",
        },
    ),
    Operation(
        "delete",
        "/api/phone/device",
        "Let this phone in no more; takes the device cookie away. What was sent stays.",
        None,
        200,
        wire.DeviceResponse,
        {**_COMMON, **_ENROLLED},
    ),
)


@blueprint.get("/api/openapi.json")
def openapi_json() -> Response:
    return Response(msgspec.json.encode(document()), mimetype="application/json")


@cache
def document() -> dict[str, Any]:
    """The whole document; JSON Schema 2020-12 inside, as OpenAPI 3.1 has it."""
    types = [wire.ErrorResponse]
    for operation in OPERATIONS:
        types += [each for each in (operation.takes, operation.answers) if each is not None]
    refs, components = msgspec.json.schema_components(types, ref_template="{name}")
    names = {name: _short(name) for name in components}
    ref_of = dict(zip((id(each) for each in types), refs, strict=True))
    paths: dict[str, Any] = {"/api/openapi.json": {"get": _own_operation()}}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, ref_of)
    built: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Block Diary, phone API",
            "version": "1",
            "description": "What the phone app and its server say to each other."
            " Requests come from the server's own pages: Origin and Sec-Fetch-Site are checked."
            " Every failure has the shape of ErrorResponse; so has that of an address (404) or"
            " a method (405) that is not named here.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {
                names[name]: {**schema, "title": names[name]} for name, schema in components.items()
            },
            "securitySchemes": {
                "device": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-diary",
                    "description": "Set by redeem; called `diary` where the server has no https.",
                }
            },
        },
    }
    renamed = _renamed(built, names)
    assert isinstance(renamed, dict)
    return renamed


def _operation(operation: Operation, ref_of: dict[int, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": f"{operation.method}_{operation.path.rsplit('/', 1)[-1]}",
        "security": [{"device": []}] if operation.enrolled else [],
        "responses": {
            str(operation.status): _content("Done", ref_of[id(operation.answers)]),
            **_failures(operation.errors),
        },
    }
    if operation.takes is not None:
        body = _content("", ref_of[id(operation.takes)])["content"]
        described["requestBody"] = {"required": True, "content": body}
    return described


def _failures(errors: dict[int, str]) -> dict[str, Any]:
    return {
        str(status): _content(codes, {"$ref": "ErrorResponse"})
        for status, codes in sorted(errors.items())
    }


def _own_operation() -> dict[str, Any]:
    answers = _content("An OpenAPI 3.1 document", {"type": "object"})
    return {
        "summary": "This document.",
        "operationId": "get_openapi",
        "security": [],
        "responses": {"200": answers, **_failures(_BROKEN)},
    }


def _content(description: str, schema: Any) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _short(name: str) -> str:
    """A generic type's name carries all its parameters; the first part says enough."""
    return name.partition("_")[0]


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """The same document with every reference where OpenAPI wants it, by its short name."""
    if isinstance(value, dict):
        return {
            key: f"#/components/schemas/{names[each]}"
            if key == "$ref"
            else {tag: f"#/components/schemas/{names[ref]}" for tag, ref in each.items()}
            if key == "mapping"
            else _renamed(each, names)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    return value
