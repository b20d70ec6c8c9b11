"""What the phone API and every answer of the server hold against: strangers, bombs, forgeries."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from server import create_app
from server.config import load
from server.storage import models
from server.storage.db import Base, Database
from server.storage.vault import Vault
from server.web import openapi
from tests.builders import (
    NOON,
    PUBLIC_URL,
    Phone,
    TestClock,
    World,
    an_entry,
    injection_done,
    new_world,
    stamp,
    zone_followed,
)

OWN_PAGE = {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin"}
OPEN = {"/api/phone/redeem", "/api/phone/stop-emails", "/api/openapi.json"}


def api_routes(app: Flask) -> list[tuple[str, str]]:
    return [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.rule not in OPEN
        for method in sorted((rule.methods or set()) - {"OPTIONS"})
    ]


@pytest.mark.parametrize("cookie", ["", "diary=", "diary=guessed", "__Host-diary=guessed"])
def test_every_api_route_but_the_open_ones_wants_an_enrolled_phone(app: Flask, cookie: str) -> None:
    routes = api_routes(app)
    assert len(routes) >= 3
    for method, path in routes:
        headers = OWN_PAGE | ({"Cookie": cookie} if cookie else {})
        answer = app.test_client(use_cookies=False).open(
            path, method=method, json={}, headers=headers, base_url=PUBLIC_URL
        )
        assert answer.status_code == 401, (method, path)
        assert answer.get_json()["error"]["code"] == "not_enrolled"


def test_no_api_route_serves_another_sites_page(app: Flask, phone: Phone) -> None:
    for method, path in [
        *api_routes(app),
        ("POST", "/api/phone/redeem"),
        ("POST", "/api/phone/stop-emails"),
    ]:
        for headers in (
            {},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            OWN_PAGE | {"Sec-Fetch-Site": "cross-site"},
            OWN_PAGE | {"Sec-Fetch-Site": "same-site"},
            OWN_PAGE | {"Origin": "https://evil.example"},
        ):
            answer = phone.client.open(
                path, method=method, json={}, headers=headers, base_url=PUBLIC_URL
            )
            assert answer.status_code == 403, (method, path, headers)


@pytest.fixture
def stranger(database: Database, vault: Vault, new_phone: Callable[[], Phone]) -> Phone:
    """An enrolled phone of another clinic."""
    with database.transaction() as session:
        other = new_world(session, vault, clinic="Oak")
    enrolled = new_phone()
    assert enrolled.redeem(token=other.invited.token).status_code == 201
    return enrolled


def test_no_item_reaches_another_clinics_block_entry_or_reminder(
    phone: Phone, stranger: Phone, world: World, database: Database
) -> None:
    """Every kind of item, with every id in it taken from another clinic."""
    theirs = an_entry(world.block.id, NOON)
    phone.sync(injection_done(world.block.id, NOON), theirs)
    with database.transaction() as session:
        device = session.scalars(
            select(models.Device).where(models.Device.clinic_id == world.clinic.id)
        ).one()
        reminder = session.scalars(select(models.Reminder).limit(1)).one()
        subscription = models.Subscription(
            clinic_id=world.clinic.id,
            device_id=device.id,
            endpoint_hash="x",
            push_service="https://push.example.org",
            sealed="x",
            created_at=NOON,
        )
        session.add(subscription)
        session.flush()
        delivery = models.ReminderDelivery(
            clinic_id=world.clinic.id,
            reminder_id=reminder.id,
            subscription_id=subscription.id,
            tries=1,
        )
        session.add(delivery)
        session.flush()
        delivery_id = delivery.id
    before = rows_of(database, world.clinic.id)
    (own_block,) = stranger.sync()["state"]["blocks"]
    assert stranger.outcomes(
        an_entry(world.block.id, NOON),
        an_entry(world.block.id, NOON, kind="baseline"),
        an_entry(world.block.id, NOON, kind="unable", scores={}, unable_reason="asleep"),
        an_entry(own_block["id"], NOON, replaces=theirs["id"]),
        injection_done(world.block.id, NOON),
        {"type": "reminder_shown", "id": str(delivery_id), "shown_at": stamp(NOON)},
        zone_followed(world.block.id, NOON),
    ) == [
        *["rejected unknown_block"] * 3,
        "rejected unknown_replaced",
        "rejected unknown_block",
        "rejected unknown_delivery",
        "rejected unknown_block",
    ]
    put_off = stranger.request("POST", "snooze", {"delivery": str(delivery_id)})
    assert put_off.status_code == 404
    assert rows_of(database, world.clinic.id) == before
    # The same id at two clinics is two entries, and neither learns of the other.
    assert stranger.outcomes(an_entry(own_block["id"], NOON, id=theirs["id"])) == ["stored"]
    assert rows_of(database, world.clinic.id) == before


def test_a_phone_is_told_of_its_own_patient_alone(
    phone: Phone, stranger: Phone, world: World
) -> None:
    phone.sync(
        injection_done(world.block.id, NOON), an_entry(world.block.id, NOON, note="secretly")
    )
    told = json.dumps(stranger.sync())
    for of_others in (world.block.id, world.patient.id, "secretly", "Elm"):
        assert str(of_others) not in told


def rows_of(database: Database, clinic_id: UUID) -> dict[str, int]:
    """How many rows of each table are a clinic's."""
    with database.reading() as session:
        return {
            mapper.class_.__tablename__: session.scalar(
                select(func.count())
                .select_from(mapper.class_)
                .where(mapper.class_.clinic_id == clinic_id)
            )
            or 0
            for mapper in Base.registry.mappers
            if hasattr(mapper.class_, "clinic_id")
        }


BOMBS = {
    "an array in an array": b"[" * 200_000,
    "a closed one": b"[" * 100_000 + b"]" * 100_000,
    "inside a field": b'{"code":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "inside an item": b'{"sent_at":"2026-03-02T12:00:00Z","items":['
    + b'{"a":' * 100_000
    + b"1"
    + b"}" * 100_000
    + b"]}",
    "inside a dull item": b'{"sent_at":"2026-03-02T12:00:00Z","items":['
    + b"[" * 900
    + b"]" * 900
    + b"]}",
    "a number of 10000 digits": b'{"code":' + b"9" * 10_000 + b',"consented":true}',
    "two bytes a letter": '{"code":"ABCD"}'.encode("utf-16"),
    "no text at all": b"\xff\xfe\x00",
    "nothing": b"",
    "null": b"null",
    "half an emoji": rb'{"code":"\ud83d","consented":true}',
    "a NUL": rb'{"code":"\u0000","consented":true}',
}


@pytest.mark.parametrize("path", ["redeem", "sync", "subscription", "stop-emails"])
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_no_body_breaks_the_api(phone: Phone, path: str, bomb: bytes) -> None:
    method = "PUT" if path == "subscription" else "POST"
    answer = phone.request(method, path, bomb)
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 422:
        codes = ("invalid", "push_service_unknown", "code_unknown")
        assert answer.get_json()["error"]["code"] in codes


def values_of(schema: Any, components: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema of our document allows, and now and then something else."""
    fitting = _fitting(schema, components)
    return fitting if _is_record(schema) else fitting | ODD


TEXT = st.text(
    st.characters(codec="utf-8") | st.sampled_from("\0\u202e\ufeff\U0001f600"), max_size=40
)
ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=4,
)
INSTANTS = st.sampled_from(
    [
        "2026-03-02T12:00:00Z",
        "2026-03-02T12:00:00.123456+14:00",
        "1899-12-31T23:59:59Z",
        "1900-01-01T00:00:00Z",
        "2499-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-03-02T12:00:00",
        "2026-02-30T12:00:00Z",
    ]
)


def _is_record(schema: Any) -> bool:
    return "$ref" in schema or "properties" in schema


def _fitting(schema: Any, components: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return values_of(components[schema["$ref"].rpartition("/")[2]], components)
    if "anyOf" in schema:
        return st.one_of([values_of(each, components) for each in schema["anyOf"]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "object" if "properties" in schema:
            wanted = set(schema.get("required", ()))
            fields = {name: values_of(of, components) for name, of in schema["properties"].items()}
            return st.fixed_dictionaries(
                {name: of for name, of in fields.items() if name in wanted},
                optional={name: of for name, of in fields.items() if name not in wanted},
            )
        case "object":
            return st.dictionaries(TEXT, ODD, max_size=4)
        case "array":
            return st.lists(values_of(schema.get("items", {}), components), max_size=4)
        case "string" if schema.get("format") == "date-time":
            return INSTANTS
        case "string" if schema.get("format") == "uuid":
            return st.uuids().map(str)
        case "string" if "pattern" in schema:
            return st.from_regex(schema["pattern"], fullmatch=True) | TEXT
        case "string":
            return TEXT
        case "integer":
            return st.integers() | st.integers(-1, 11)
        case "number":
            return st.floats(allow_nan=False)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return ODD


def bodies(path: str, method: str) -> st.SearchStrategy[Any]:
    document = openapi.document()
    content = document["paths"][path][method]["requestBody"]["content"]
    return values_of(content["application/json"]["schema"], document["components"]["schemas"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "redeem"),
        ("post", "sync"),
        ("put", "subscription"),
        ("post", "stop-emails"),
        ("post", "snooze"),
    ],
)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_fits_the_document_or_nearly_is_answered_as_it_says(
    phone: Phone, world: World, method: str, path: str, data: st.DataObject
) -> None:
    body = data.draw(bodies(f"/api/phone/{path}", method))
    if path == "sync" and isinstance(body.get("items"), list):
        for item in body["items"]:  # else nearly all would be about an unknown block
            if isinstance(item, dict) and "block_id" in item:
                item["block_id"] = str(world.block.id)
    answer = phone.request(method.upper(), path, body)
    operation = openapi.document()["paths"][f"/api/phone/{path}"][method]
    assert str(answer.status_code) in operation["responses"], answer.text


def test_wrong_methods_are_refused_everywhere(app: Flask, phone: Phone) -> None:
    for path in ("redeem", "sync", "subscription", "stop-emails"):
        for method in ("HEAD", "TRACE", "PATCH", "CONNECT", "BREW"):
            answer = phone.request(method, path, {})
            assert answer.status_code == 405, (method, path)


def test_no_header_lends_anybody_another_address(
    app: Flask, new_phone: Callable[[], Phone]
) -> None:
    """Without a trusted proxy nobody escapes the limit, nor runs into it for somebody else."""
    guesser = new_phone()
    for number in range(10):
        answer = guesser.request(
            "POST",
            "redeem",
            {"token": "x" * 22, "consented": True},
            {"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"},
        )
        assert answer.status_code == 422
    assert guesser.redeem(token="x" * 22).status_code == 429
    elsewhere = guesser.client.post(
        "/api/phone/redeem",
        json={"token": "x" * 22, "consented": True},
        headers=OWN_PAGE | {"X-Forwarded-For": "127.0.0.1"},
        base_url=PUBLIC_URL,
        environ_base={"REMOTE_ADDR": "198.51.100.77"},
    )
    assert elsewhere.status_code == 422, "the limit of 127.0.0.1 is not this address's"


def test_what_cannot_be_read_counts_as_a_guess_at_a_code(app: Flask) -> None:
    """Else a body that one parser reads and the other does not would be guessed without limit."""
    statuses = []
    for number in range(61):
        answer = app.test_client().post(
            "/api/phone/redeem",
            data=b'{"code":"BCDFGHJK"',
            content_type="application/json",
            headers=OWN_PAGE,
            base_url=PUBLIC_URL,
            environ_base={"REMOTE_ADDR": f"198.51.100.{number}"},
        )
        statuses.append(answer.status_code)
    assert statuses == [422] * 60 + [429]


KINDS_OF_ANSWER = {
    "the phone app": ("GET", "/", 200),
    "its worker": ("GET", "/sw.js", 200),
    "its manifest": ("GET", "/manifest.webmanifest", 200),
    "the API": ("GET", "/api/openapi.json", 200),
    "a refusal of the API": ("POST", "/api/phone/sync", 403),
    "an unknown address of the API": ("GET", "/api/nothing", 404),
    "a page": ("GET", "/clinic/sign-in", 200),
    "a redirect": ("GET", "/clinic/", 302),
    "a page that is not there": ("GET", "/nothing", 404),
    "a wrong method": ("DELETE", "/", 405),
    "too large a body": ("POST", "/clinic/sign-in", 413),
    "a failure": ("GET", "/fail", 500),
    "a failure of the API": ("GET", "/api/fail", 500),
    "a built file": ("GET", "/static/built/assets.json", 200),
    "an icon": ("GET", "/icons/icon.svg", 200),
    "a file that is not there": ("GET", "/static/built/nothing.js", 404),
}
MAY_BE_KEPT = {
    "/",
    "/sw.js",
    "/manifest.webmanifest",
    "/static/built/assets.json",
    "/icons/icon.svg",
}


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Flask]:
    """The app as a clinic runs it, behind https."""
    url = f"sqlite:///{tmp_path_factory.mktemp('production') / 'diary.sqlite3'}"
    Path(url.removeprefix("sqlite:///")).write_bytes(sqlite_template.read_bytes())
    settings = {
        "SECRET_KEY": "s" * 40,
        "PUBLIC_URL": "https://diary.clinic.de",
        "VAPID_SUBJECT": "mailto:diary@clinic.de",
        "DATABASE_URL": url,
    }
    app = create_app(load(settings, default="production"), TestClock())

    @app.get("/fail")
    @app.get("/api/fail")
    def fail() -> str:
        raise ValueError("a secret of the inside")

    yield app
    app.extensions["block_diary"].database.close()


@pytest.mark.parametrize("kind", KINDS_OF_ANSWER)
def test_every_kind_of_answer_has_the_security_headers(production: Flask, kind: str) -> None:
    method, path, status = KINDS_OF_ANSWER[kind]
    body = "x" * 1_000_001 if status == 413 else None
    with production.test_client().open(
        path,
        method=method,
        data=body,
        base_url="https://diary.clinic.de",
        content_type="application/x-www-form-urlencoded" if body else None,
    ) as answer:
        assert answer.status_code == status
        headers = answer.headers
        if status != 200 or path.startswith("/clinic"):
            assert "Traceback" not in answer.text and "secret of the inside" not in answer.text
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in headers
    if path not in MAY_BE_KEPT:
        assert headers["Cache-Control"] == "no-store"


def test_no_address_is_made_of_the_requests_own_host(production: Flask) -> None:
    """Whoever forges Host or X-Forwarded-Host gets no link, redirect or code under that name."""
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    browser = production.test_client()
    rules = {re.sub("<[^>]+>", str(uuid4()), rule.rule) for rule in production.url_map.iter_rules()}
    assert len(rules) >= 20
    for path in [*rules, "/clinic", "/clinic/enrol/", "/clinic//enrol", "/e/", "/api/phone/sync/"]:
        for method in ("GET", "POST"):
            with browser.open(path, method=method, headers=forged) as answer:
                assert "evil" not in answer.headers.get("Location", ""), (method, path)
                if answer.mimetype in ("text/html", "application/json"):
                    assert "evil" not in answer.text, (method, path)
