"""The OpenAPI document says what the API does: every route, every answer, nothing else."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from sqlalchemy import text

from server.storage.db import Database
from server.web import wire
from server.web.openapi import OPERATIONS, document
from tests.builders import NOON, PUBLIC_URL, Phone, World, an_entry, injection_done, stamp
from tests.web.clinic.conftest import SQLITE

#: What OpenAPI 3.1 wants of a document, as far as ours goes.
SHAPE = {
    "type": "object",
    "required": ["openapi", "info", "paths", "components"],
    "properties": {
        "openapi": {"const": "3.1.0"},
        "info": {"type": "object", "required": ["title", "version"]},
        "paths": {
            "patternProperties": {
                "^/": {
                    "additionalProperties": {
                        "type": "object",
                        "required": ["summary", "operationId", "security", "responses"],
                        "properties": {
                            "requestBody": {"required": ["content"]},
                            "responses": {
                                "minProperties": 1,
                                "patternProperties": {
                                    "^[1-5][0-9][0-9]$": {"required": ["description", "content"]}
                                },
                                "additionalProperties": False,
                            },
                        },
                    }
                }
            },
            "additionalProperties": False,
        },
        "components": {
            "properties": {
                "schemas": {"propertyNames": {"pattern": r"^[a-zA-Z0-9._-]+$"}},
            }
        },
    },
}


def validator(schema: Any) -> Draft202012Validator:
    """A strict judge of one schema of the document, formats included."""
    whole = {"components": document()["components"], **schema}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def schema_of(method: str, path: str, status: int) -> Any:
    responses = document()["paths"][path][method]["responses"]
    return responses[str(status)]["content"]["application/json"]["schema"]


def check(response: Any) -> None:
    """An answer is one that the document names for its route and status, and fits it."""
    request = response.request
    schema = schema_of(request.method.lower(), request.path, response.status_code)
    validator(schema).validate(response.get_json())


def test_the_served_document_is_openapi_31_with_valid_json_schemas(app: Flask) -> None:
    response = app.test_client().get("/api/openapi.json")
    served = response.get_json()
    assert (response.status_code, served) == (200, document())
    Draft202012Validator(SHAPE).validate(served)
    for name, schema in served["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert name.isalnum() and schema["title"] == name


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    written = repr(document())
    named = set(re.findall(r"#/components/schemas/(\w+)", written))
    assert named == set(document()["components"]["schemas"])
    assert "$defs" not in written


def test_every_api_route_is_documented_and_nothing_else(app: Flask) -> None:
    routes = {
        (rule.rule, method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    documented = {
        (path, method) for path, methods in document()["paths"].items() for method in methods
    }
    assert documented == routes


def test_the_document_follows_the_types_that_validate() -> None:
    schemas = document()["components"]["schemas"]
    for struct in (wire.DiaryEntry, wire.SyncRequest, wire.PhoneState, wire.RedeemRequest):
        name = struct.__name__
        documented = set(schemas[name]["properties"]) - {"type"}
        assert documented == set(struct.__struct_encode_fields__)
    assert schemas["DiaryEntry"]["additionalProperties"] is False
    scores = schemas["DiaryEntry"]["properties"]["scores"]
    assert (scores["maxProperties"], scores["additionalProperties"]["maximum"]) == (4, 10)


def test_real_answers_fit_the_document(
    phone: Phone, new_phone: Callable[[], Phone], world: World
) -> None:
    entry = an_entry(world.block.id, NOON, note="x", rescue_at=stamp(NOON))
    full = phone.sync_response(
        [entry, entry, entry | {"note": "y"}, 5, injection_done(world.block.id, NOON)]
    )
    outcomes = {result["outcome"] for result in full.get_json()["results"]}
    assert outcomes == {"stored", "duplicate", "conflict", "rejected"}
    browser = {
        "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
        "keys": {"p256dh": "B" * 87, "auth": "a" * 22},
    }
    answers = [
        full,
        phone.request("PUT", "subscription", browser),
        phone.request("PUT", "subscription", browser | {"endpoint": "https://x.example/"}),
        phone.request("PUT", "subscription", browser, {"Origin": "https://x.example"}),
        phone.request("POST", "trial-reminder", {}),
        phone.request("DELETE", "subscription"),
        phone.request("POST", "trial-reminder", {}),
        phone.request("POST", "snooze", {"delivery": str(uuid4())}),
        phone.request("POST", "sync", b"{"),
        phone.request("POST", "sync", b" " * 1_000_001),
        phone.client.post("/api/phone/sync", data=b"", headers={"Origin": "http://localhost"}),
        new_phone().sync_response([]),
        new_phone().redeem(token=world.invited.token),
        new_phone().redeem(code="????????"),
        *(new_phone().redeem(token="x" * 22) for _ in range(11)),
        phone.request("DELETE", "device"),
        phone.request("DELETE", "device"),
    ]
    statuses = {answer.status_code for answer in answers}
    assert statuses == {200, 401, 403, 404, 409, 413, 415, 422, 429}
    for answer in answers:
        check(answer)


def test_what_a_phone_sends_fits_the_document_and_bad_items_do_not(world: World) -> None:
    body = document()["paths"]["/api/phone/sync"]["post"]["requestBody"]
    judge = validator(body["content"]["application/json"]["schema"])
    entry = an_entry(world.block.id, NOON)
    judge.validate({"sent_at": stamp(NOON), "items": [entry]})
    for bad in (entry | {"scores": {"main": 11}}, entry | {"colour": "red"}, {}, 5):
        assert not judge.is_valid({"sent_at": stamp(NOON), "items": [bad]})


def test_a_document_that_lags_behind_an_answer_is_noticed(phone: Phone) -> None:
    answer = phone.sync()
    judge = validator(schema_of("post", "/api/phone/sync", 200))
    assert judge.is_valid(answer)
    answer["state"]["check_word"] = None
    assert not judge.is_valid(answer)
    del answer["state"]["check_word"]
    assert not judge.is_valid(answer)


BODIES: dict[str, Any] = {
    "redeem": {"consented": True, "token": "x" * 22},
    "sync": {"sent_at": stamp(NOON)},
    "subscription": {"endpoint": "https://x.example/", "keys": {"p256dh": "B", "auth": "a"}},
    "stop-emails": {"token": "x" * 22},
    "snooze": {"delivery": str(uuid4())},
    "trial-reminder": {},
    "device": {},
}


@SQLITE
def test_a_body_that_breaks_off_and_a_failure_of_the_server_are_documented_too(
    phone: Phone, database: Database
) -> None:
    for operation in OPERATIONS:
        broken_off = phone.client.open(
            operation.path,
            method=operation.method,
            headers={"Origin": PUBLIC_URL},
            content_type="application/json",
            data=b"{",
            environ_overrides={"CONTENT_LENGTH": "2"},
        )
        assert broken_off.status_code == 400
        check(broken_off)
    with database.transaction() as session:
        for table in ("device", "invitation", "subscription"):
            session.execute(text(f"ALTER TABLE {table} RENAME TO lost_{table}"))
    for operation in OPERATIONS:
        name = operation.path.rpartition("/")[2]
        failed = phone.request(operation.method, name, BODIES[name])
        assert failed.status_code == 500
        check(failed)


@pytest.mark.parametrize("path", ["/api/phone/nothing", "/api/nothing"])
def test_an_unknown_address_fails_in_the_same_shape(app: Flask, path: str) -> None:
    response = app.test_client().post(path, json={}, headers={"Origin": "http://localhost"})
    assert response.status_code == 404
    validator({"$ref": "#/components/schemas/ErrorResponse"}).validate(response.get_json())
