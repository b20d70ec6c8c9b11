"""Enrolling a phone: once per sheet, told plainly what to do, slow to guess, ours alone."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from server import create_app
from server.config import Config
from server.domain.enrolment import CHECK_WORDS, LIFETIME, new_code, shown_code
from server.storage import audit, enrolments, subscriptions
from server.storage.db import Database
from server.storage.models import Device
from server.storage.vault import Vault
from tests.builders import (
    NOON,
    Phone,
    TestClock,
    World,
    an_entry,
    another_invitation,
    stamp,
)

NewPhone = Callable[[], Phone]


def error_of(phone: Phone, **how: object) -> tuple[int, str, str]:
    response = phone.redeem(**how)
    error = response.get_json()["error"]
    return response.status_code, error["code"], error["message"]


@pytest.mark.parametrize("typed", [False, True])
def test_a_phone_gets_in_by_link_or_typed_code_and_is_told_all_it_needs(
    new_phone: NewPhone, database: Database, world: World, typed: bool
) -> None:
    phone = new_phone()
    how = (
        {"code": shown_code(world.invited.code).lower()}
        if typed
        else {"token": world.invited.token}
    )
    response = phone.redeem(**how)
    answer = response.get_json()
    assert (response.status_code, answer["server_at"]) == (201, stamp(NOON))
    state = answer["state"]
    assert (state["clinic"]["name"], state["clinic"]["telephone"]) == ("Elm", "020 7946 0011")
    assert state["check_word"] in CHECK_WORDS
    assert (state["language"], state["entries"], state["subscribed"]) == ("en", [], False)
    assert len(state["vapid_public_key"]) == 87
    [block] = state["blocks"]
    assert block["id"] == str(world.block.id)
    assert (block["sites"], block["performed_at"], block["cancelled"]) == (["main"], None, False)
    assert (block["timezone"], block["planned_on"]) == ("Europe/London", "2026-03-02")
    assert block["baseline_max_age_minutes"] == 240
    assert block["assessments"][0] == {"id": "15min", "after_minutes": 15}
    assert block["assessments"][-1] == {"id": "day3", "day": 3, "at": "18:00"}
    with database.reading() as session:
        [device] = enrolments.devices(session, world.clinic.id, world.patient.id)
        trail = audit.about(session, world.clinic.id, f"enrolment:{world.enrolment.id}")
    assert device.check_word == state["check_word"]
    assert [event.action for event in trail] == ["enrolment.invited", "enrolment.redeemed"]
    assert phone.sync()["state"] == state


def test_no_secret_is_stored_in_clear(
    new_phone: NewPhone, database: Database, world: World
) -> None:
    phone = new_phone()
    phone.redeem(code=world.invited.code)
    cookie = phone.client.get_cookie("diary", "localhost")
    assert cookie is not None
    with database.reading() as session:
        connection = session.connection()
        tables = ["invitation", "device", "audit_event", "installation_key"]
        rows = [connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables]
    text = repr(rows)
    for secret in (cookie.value, world.invited.token, world.invited.code):
        assert secret not in text


def test_the_cookie_is_for_this_host_and_no_script_and_is_renewed(
    new_phone: NewPhone, world: World
) -> None:
    phone = new_phone()
    first = phone.redeem(token=world.invited.token).headers["Set-Cookie"]
    renewed = phone.sync_response([]).headers["Set-Cookie"]
    for cookie in (first, renewed):
        assert cookie.startswith("diary=")
        for part in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=34560000"):
            assert part in cookie
        assert "Domain" not in cookie
        assert "Secure" not in cookie
    assert first.split(";")[0] == renewed.split(";")[0]


def test_with_https_the_cookie_is_secure_and_bound_to_the_host(
    config: Config, clock: TestClock, world: World
) -> None:
    app = create_app(replace(config, public_url="https://diary.example.org"), clock)
    response = app.test_client().post(
        "/api/phone/redeem",
        base_url="https://diary.example.org",
        headers={"Origin": "https://diary.example.org"},
        json={"token": world.invited.token, "consented": True},
    )
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-diary=")
    assert "; Secure" in cookie
    app.extensions["block_diary"].database.close()


def test_link_and_code_of_one_sheet_let_in_one_phone(new_phone: NewPhone, world: World) -> None:
    assert new_phone().redeem(token=world.invited.token).status_code == 201
    for how in ({"token": world.invited.token}, {"code": world.invited.code}):
        status, code, message = error_of(new_phone(), **how)
        assert (status, code) == (422, "code_used")
        assert "020 7946 0011" in message


def test_a_phone_that_lost_the_answer_is_let_in_again_as_itself(
    new_phone: NewPhone, database: Database, vault: Vault, world: World
) -> None:
    phone, attempt = new_phone(), str(uuid4())
    how = {"token": world.invited.token, "attempt": attempt}
    first = phone.redeem(**how)
    again = new_phone().redeem(**how)
    assert (first.status_code, again.status_code) == (201, 201)
    cookies = [each.headers["Set-Cookie"].split(";")[0] for each in (first, again)]
    assert cookies[0] == cookies[1]
    assert first.get_json()["state"]["check_word"] == again.get_json()["state"]["check_word"]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Device)) == 1

    for stranger in ({"attempt": str(uuid4())}, {}):
        assert error_of(new_phone(), token=world.invited.token, **stranger)[1] == "code_used"
    code = {"code": world.invited.code, "attempt": attempt}
    assert error_of(new_phone(), **code)[1] == "code_used"

    other = another_invitation(database, vault, world)
    assert phone.redeem(token=other.token, attempt=attempt).status_code == 201
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Device)) == 2


def test_a_phone_that_was_shut_out_is_not_let_in_again(
    new_phone: NewPhone, database: Database, world: World
) -> None:
    how = {"token": world.invited.token, "attempt": str(uuid4())}
    new_phone().redeem(**how)
    with database.transaction() as session:
        session.scalars(select(Device)).one().revoked_at = NOON
    assert error_of(new_phone(), **how)[1] == "code_used"


def test_of_two_phones_that_try_at_once_one_gets_in(
    new_phone: NewPhone, database: Database, world: World
) -> None:
    statuses: list[int] = []
    phones = [new_phone() for _ in range(4)]
    tries = [
        threading.Thread(
            target=lambda each=phone: statuses.append(
                each.redeem(token=world.invited.token).status_code
            )
        )
        for phone in phones
    ]
    for each in tries:
        each.start()
    for each in tries:
        each.join()
    assert sorted(statuses) == [201, 422, 422, 422]
    with database.reading() as session:
        assert len(enrolments.devices(session, world.clinic.id, world.patient.id)) == 1


def test_an_expired_code_says_whom_to_call(
    new_phone: NewPhone, clock: TestClock, world: World
) -> None:
    clock.now = NOON + LIFETIME
    status, code, message = error_of(new_phone(), code=world.invited.code)
    assert (status, code, "020 7946 0011" in message) == (422, "code_expired", True)


def test_a_withdrawn_code_says_whom_to_call(
    new_phone: NewPhone, database: Database, world: World
) -> None:
    with database.transaction() as session:
        enrolments.withdraw_invitations(session, world.enrolment, audit.staff(1), NOON)
    status, code, message = error_of(new_phone(), code=world.invited.code)
    assert (status, code, "020 7946 0011" in message) == (422, "code_revoked", True)


def test_an_unknown_code_or_link_sends_to_the_sheet(new_phone: NewPhone, world: World) -> None:
    for how in ({"code": new_code()}, {"token": "x" * 22}, {"token": ""}, {"token": "\ud83d"}):
        status, code, message = error_of(new_phone(), **how)
        assert (status, code) in {(422, "code_unknown"), (422, "invalid")}
        assert message
    assert error_of(new_phone(), code="ABCD 2345")[1] == "code_unknown"
    assert error_of(new_phone(), code="OOOO OOOO")[1] == "invalid"


@pytest.mark.parametrize(
    "body",
    [
        {"consented": True},
        {"consented": True, "token": "a", "code": "b"},
        {"consented": False, "token": "a"},
        {"token": "a"},
        {"consented": 1, "token": "a"},
        {"consented": True, "token": 5},
        {"consented": True, "token": "x" * 65},
        [],
    ],
)
def test_a_request_without_consent_or_with_two_ways_in_is_refused(
    new_phone: NewPhone, body: object
) -> None:
    response = new_phone().request("POST", "redeem", body)
    assert (response.status_code, response.get_json()["error"]["code"]) == (422, "invalid")
    assert "Set-Cookie" not in response.headers


def test_after_ten_failures_a_minute_an_address_waits(new_phone: NewPhone, world: World) -> None:
    phone = new_phone()
    for _ in range(10):
        assert error_of(phone, token="x" * 22)[:2] == (422, "code_unknown")
    status, code, message = error_of(phone, token=world.invited.token)
    assert (status, code) == (429, "too_many_tries")
    assert "Wait a few minutes" in message


def test_success_does_not_count_against_a_waiting_room(
    new_phone: NewPhone, database: Database, vault: Vault, world: World
) -> None:
    for _ in range(12):
        invited = another_invitation(database, vault, world)
        assert new_phone().redeem(token=invited.token).status_code == 201


def test_codes_are_limited_from_everywhere_together_and_links_are_not(
    app: Flask, new_phone: NewPhone, world: World
) -> None:
    def tried(number: int, **how: str) -> int:
        response = app.test_client().post(
            "/api/phone/redeem",
            headers={"Origin": "http://localhost"},
            environ_base={"REMOTE_ADDR": f"192.0.2.{number}"},
            json={"consented": True, **how},
        )
        return response.status_code

    assert {tried(number, code=new_code()) for number in range(60)} == {422}
    assert tried(200, code=world.invited.code) == 429
    assert tried(200, token=world.invited.token) == 201


def test_a_phone_that_enrols_again_becomes_a_new_device_of_the_same_diary(
    phone: Phone, database: Database, vault: Vault, world: World
) -> None:
    before = phone.client.get_cookie("diary", "localhost")
    phone.redeem(token=another_invitation(database, vault, world).token)
    after = phone.client.get_cookie("diary", "localhost")
    assert before is not None and after is not None
    assert before.value != after.value
    assert phone.sync()["state"]["blocks"][0]["id"] == str(world.block.id)


# --- who is let in, and from where


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "sync"), ("PUT", "subscription"), ("DELETE", "subscription")]
)
def test_without_a_cookie_that_is_known_nothing_is_answered(
    new_phone: NewPhone, method: str, path: str
) -> None:
    phone = new_phone()
    for _ in range(2):
        response = phone.request(method, path, {})
        error = response.get_json()["error"]
        assert (response.status_code, error["code"]) == (401, "not_enrolled")
        assert "stays on it" in error["message"]
        phone.client.set_cookie("diary", "made up", domain="localhost")


def test_every_route_of_the_phone_api_but_redeem_is_closed(app: Flask) -> None:
    client = app.test_client()
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/phone/")]
    assert len(rules) >= 3
    for rule in rules:
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            response = client.open(
                rule.rule, method=method, json={}, headers={"Origin": "http://localhost"}
            )
            open_to_all = rule.rule in ("/api/phone/redeem", "/api/phone/stop-emails")
            expected = 422 if open_to_all else 401
            assert response.status_code == expected, rule.rule


def test_a_revoked_phone_is_let_in_no_more(phone: Phone, database: Database, world: World) -> None:
    with database.transaction() as session:
        [device] = enrolments.devices(session, world.clinic.id, world.patient.id)
        assert enrolments.revoke_device(
            session, world.clinic.id, device.id, audit.staff(1), NOON + timedelta(minutes=1)
        )
    response = phone.sync_response([])
    assert (response.status_code, response.get_json()["error"]["code"]) == (401, "not_enrolled")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.elsewhere.example"}, 403),
        ({"Origin": "http://localhost:81"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "same-origin"}, 403),
    ],
)
def test_only_our_own_pages_are_answered(
    phone: Phone, headers: dict[str, str], status: int
) -> None:
    response = phone.client.post("/api/phone/sync", json={"sent_at": stamp(NOON)}, headers=headers)
    assert response.status_code == status
    if status == 403:
        assert response.get_json()["error"]["code"] == "cross_site"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_only_json_is_taken(phone: Phone, kind: str | None) -> None:
    response = phone.client.post(
        "/api/phone/sync",
        data=b'{"sent_at": "2026-03-02T12:00:00Z"}',
        content_type=kind,
        headers={"Origin": "http://localhost"},
    )
    assert response.status_code == 415
    assert response.get_json()["error"]["code"] == "unsupported_media_type"


# --- where the phone can be reached

BROWSER = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
    "expirationTime": None,
    "keys": {"p256dh": "B" * 87, "auth": "a" * 22},
}


def test_a_browser_says_where_it_can_be_reached_and_takes_it_back(phone: Phone) -> None:
    assert phone.request("PUT", "subscription", BROWSER).get_json() == {"subscribed": True}
    assert phone.sync()["state"]["subscribed"] is True
    assert phone.request("DELETE", "subscription").get_json() == {"subscribed": False}
    assert phone.sync()["state"]["subscribed"] is False


def test_an_unknown_push_service_is_refused(phone: Phone) -> None:
    body = BROWSER | {"endpoint": "https://169.254.169.254/latest"}
    response = phone.request("PUT", "subscription", body)
    assert (response.status_code, response.get_json()["error"]["code"]) == (
        422,
        "push_service_unknown",
    )
    assert phone.sync()["state"]["subscribed"] is False


# --- leaving


def test_a_phone_that_leaves_is_let_in_no_more_and_takes_nobody_with_it(
    phone: Phone, new_phone: NewPhone, database: Database, vault: Vault, world: World
) -> None:
    invited = another_invitation(database, vault, world)
    other = new_phone()
    assert other.redeem(token=invited.token).status_code == 201
    phone.sync(an_entry(world.block.id, NOON))
    phone.request("PUT", "subscription", BROWSER)

    answer = phone.request("DELETE", "device")

    assert (answer.status_code, answer.get_json()) == (200, {"enrolled": False})
    assert phone.client.get_cookie("diary", domain="localhost") is None
    assert phone.sync_response([]).status_code == 401
    state = other.sync()["state"]
    assert len(state["entries"]) == 1, "what the clinic has stays"
    with database.reading() as session:
        devices = enrolments.devices(session, world.clinic.id, world.patient.id)
        assert len([each for each in devices if each.revoked_at]) == 1
        assert subscriptions.live(session, world.clinic.id, world.patient.id) == []
        trail = audit.about(session, world.clinic.id, f"enrolment:{devices[0].enrolment_id}")
        assert trail[-1].action == "enrolment.device_revoked"
        assert trail[-1].actor.startswith("device:")
