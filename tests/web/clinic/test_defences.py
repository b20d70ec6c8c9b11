"""What the clinic's pages hold against: forged forms, odd fields, and two people at once."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from server import create_app
from server.domain.passwords import PASSWORD_MOST_CHARACTERS
from server.storage import models, patients
from tests.web.clinic.conftest import (
    PASSWORD,
    PUBLIC_URL,
    Staff,
    World,
    csrf_token,
    enrolment,
    sign_in,
)
from tests.web.clinic.test_tenants import clinic_routes, filled, theirs

__all__ = ["theirs"]

ODD_TEXTS = {
    "a NUL": "a\0b",
    "very long": "x" * 20_000,
    "emoji": "\U0001f600" * 50,
    "turned around": "\u202eabc",
    "half an emoji": b"\xed\xa0\xbd",
    "no UTF-8": b"\xff\xfe",
    "many digits": "9" * 5_000,
    "negative": "-1",
    "markup": "<script>alert(1)</script>'\"",
    "a template": "{{ 7 * 7 }}",
    "blank": " \t\n",
}


def test_no_form_is_taken_without_the_sessions_token(world: World, theirs: dict[str, str]) -> None:
    world.nurse.be_signed_in()
    posts = [(rule, of) for method, rule, of in clinic_routes(world) if method == "POST"]
    ours = [rule for rule, _ in posts if not rule.startswith("/clinic/library/")]
    assert len(ours) >= 6
    for rule in ours:
        for data in ({}, {"csrf_token": ""}, {"csrf_token": "forged"}):
            answer = world.nurse.client.post(filled(rule, theirs), data=data)
            assert answer.status_code == 400, rule
            assert "Nothing was changed" in answer.text
    assert world.anonymous().post("/clinic/sign-in", data={"email": "x"}).status_code == 400
    json = world.anonymous().post("/clinic/sign-in", json={"email": "nora@elm.example"})
    assert json.status_code == 400


def test_no_field_of_the_enrolment_breaks_anything(world: World) -> None:
    good = enrolment(protocol=world.protocol_id())
    for kind, text in ODD_TEXTS.items():
        for number, name in enumerate([*good, "known", "of nobody"]):
            reference = f"P-{number} {kind}"
            answer = world.nurse.post("/clinic/enrol", {**good, "reference": reference, name: text})
            assert answer.status_code in (307, 400, 422), (kind, name)
            assert "<script>alert" not in answer.text
            assert "49" not in re.findall(r'value="([^"]*)"', answer.text)
    board = world.nurse.get("/clinic/")
    assert board.status_code == 200
    assert "<script>alert" not in board.text


def test_no_field_of_a_blocks_forms_breaks_anything(world: World, theirs: dict[str, str]) -> None:
    page = f"/clinic/blocks/{theirs['block_id']}"
    for kind, text in ODD_TEXTS.items():
        for form, good in (
            (
                "time",
                {"performed_on": "2026-03-02", "performed_time": "09:00", "occurrence": "first"},
            ),
            ("baseline", {"site": "main", "score": "3"}),
        ):
            for name in good:
                answer = world.nurse.post(f"{page}/{form}", {**good, name: text})
                assert answer.status_code in (303, 400, 422), (kind, form, name)
    assert world.nurse.get(page).status_code == 200


@pytest.mark.parametrize(
    ("performed_on", "status"),
    [
        ("0001-01-01", 422),
        ("1999-12-31", 422),
        ("2000-01-01", 303),
        ("2026-03-02", 303),
        ("2026-03-03", 422),  # still to come
        ("2100-12-31", 422),
        ("2101-01-01", 422),
        ("9999-12-31", 422),
    ],
)
def test_a_date_of_another_age_is_refused_and_the_page_stays_whole(
    world: World, theirs: dict[str, str], performed_on: str, status: int
) -> None:
    page = f"/clinic/blocks/{theirs['block_id']}"
    for time in ("00:00", "09:00"):
        data = {"performed_on": performed_on, "performed_time": time}
        assert world.nurse.post(f"{page}/time", data).status_code == status
    for path in (page, f"{page}/report.json", f"{page}/record.json", "/clinic/"):
        assert world.nurse.get(path).status_code == 200


def test_no_field_of_the_sign_in_breaks_anything(world: World) -> None:
    browser = world.anonymous()
    token = csrf_token(browser.get("/clinic/sign-in").text)
    tries = [(name, kind) for name in ("email", "password", "next") for kind in ODD_TEXTS]
    for number, (name, kind) in enumerate(tries):
        data = {
            "csrf_token": token,
            "email": "nobody@elm.example",
            "password": PASSWORD,
            "next": "",
            name: ODD_TEXTS[kind],
        }
        elsewhere = {"REMOTE_ADDR": f"198.51.100.{number}"}  # each with tries of its own
        answer = browser.post("/clinic/sign-in", data=data, environ_base=elsewhere)
        assert answer.status_code in (200, 400), (name, kind)


@pytest.mark.parametrize(
    "length", [PASSWORD_MOST_CHARACTERS, PASSWORD_MOST_CHARACTERS + 1, 300_000]
)
def test_an_endless_password_is_refused_as_a_wrong_one(world: World, length: int) -> None:
    """ "ﷺ" is the letter that grows most: to 18 characters in the normal form."""
    answer = sign_in(world.anonymous(), "nora@elm.example", "\ufdfa" * length)
    assert answer.status_code == (200 if length < 1000 else 413)
    if length < 1000:
        assert answer.text.count("do not go together") == 1


def test_signing_in_makes_the_session_worth_something_anew(world: World) -> None:
    """Whoever planted the session that was signed in with knows nothing of what it became."""
    browser = world.anonymous()
    planted = csrf_token(browser.get("/clinic/sign-in").text)
    assert sign_in(browser, "nora@elm.example", PASSWORD).status_code == 302
    answer = browser.post("/clinic/sign-out", data={"csrf_token": planted})
    assert answer.status_code == 400
    assert browser.get("/clinic/").status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\t/evil.example", "javascript:x"]
)
def test_the_sign_in_address_leads_nowhere_else(world: World, elsewhere: str) -> None:
    browser = world.anonymous()
    token = csrf_token(browser.get("/clinic/sign-in").text)
    data = {"csrf_token": token, "email": "nora@elm.example", "password": PASSWORD}
    for how in ("sending", "signed in already"):
        answer = browser.open(
            "/clinic/sign-in",
            method="POST" if how == "sending" else "GET",
            data=data if how == "sending" else None,
            query_string={"next": elsewhere},
        )
        assert answer.status_code == 302, how
        assert answer.headers["Location"] == "/clinic/", how


def test_no_header_locks_somebody_else_out(world: World) -> None:
    guesser, nurse = world.anonymous(), world.anonymous()
    for number in range(6):
        answer = forwarded_sign_in(guesser, "wrong horse battery", f"198.51.100.{number}")
    assert answer == 429, "another header is no other address"
    at_home = {"REMOTE_ADDR": "198.51.100.3"}
    page = nurse.get("/clinic/sign-in", environ_base=at_home)
    data = {
        "csrf_token": csrf_token(page.text),
        "email": "nora@elm.example",
        "password": PASSWORD,
    }
    answer = nurse.post("/clinic/sign-in", data=data, environ_base=at_home).status_code
    assert answer == 302, "guesses from elsewhere keep nobody out"


def forwarded_sign_in(browser: FlaskClient, password: str, address: str) -> int:
    page = browser.get("/clinic/sign-in")
    data = {"csrf_token": csrf_token(page.text), "email": "nora@elm.example", "password": password}
    answer = browser.post("/clinic/sign-in", data=data, headers={"X-Forwarded-For": address})
    return answer.status_code


@pytest.fixture
def https(world: World) -> Iterator[Flask]:
    services = world.app.extensions["block_diary"]
    config = replace(services.config, public_url="https://diary.example")
    app = create_app(config, world.clock)
    yield app
    app.extensions["block_diary"].database.close()


def test_the_session_cookie_of_an_https_clinic_goes_over_https_alone(https: Flask) -> None:
    browser = https.test_client()
    page = browser.get("/clinic/sign-in", base_url="https://diary.example")
    data = {
        "csrf_token": csrf_token(page.text),
        "email": "nora@elm.example",
        "password": PASSWORD,
    }
    answer = browser.post("/clinic/sign-in", data=data, base_url="https://diary.example")
    assert answer.status_code == 302
    cookies = [cookie.split("; ") for cookie in answer.headers.getlist("Set-Cookie")]
    names = sorted(value.partition("=")[0] for value, *_ in cookies)
    assert names == ["__Secure-clinic", "__Secure-clinic-browser"]
    for _, *flags in cookies:
        assert {"Secure", "HttpOnly", "Path=/clinic", "SameSite=Lax"} <= set(flags)


def test_the_sheet_links_to_the_public_address_whatever_host_was_asked(world: World) -> None:
    world.nurse.enrol(protocol=world.protocol_id())
    with world.database.reading() as session:
        patient = patients.find(session, world.clinic.id, "P-1001")
        assert patient is not None
    sheet = world.nurse.post(
        f"/clinic/patients/{patient.id}/sheet",
        headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
    )
    assert PUBLIC_URL in sheet.text
    assert "evil" not in sheet.text


def test_of_two_who_enrol_the_same_new_patient_at_once_the_second_is_asked(world: World) -> None:
    """Both are in time: nobody gets an error, and no block lands on somebody else's patient."""
    colleague = Staff(world.app.test_client(), "nora@elm.example")
    forms = []
    for member in (world.nurse, colleague):
        token = csrf_token(member.get("/clinic/enrol").text)
        forms.append((member, token))
    start, protocol_id = Barrier(2), world.protocol_id()

    def enrol(of: tuple[Staff, str], reference: str) -> int:
        member, token = of
        start.wait(60)
        data = enrolment(protocol=protocol_id, reference=reference, csrf_token=token)
        return member.client.post("/clinic/enrol", data=data).status_code

    with ThreadPoolExecutor(2) as pool:
        for turn in range(8):
            statuses = pool.map(enrol, forms, [f"P-{turn}"] * 2)
            assert sorted(statuses) == [307, 422]
    with world.database.reading() as session:
        for table in (models.Patient, models.Enrolment, models.Block):
            assert session.scalar(select(func.count()).select_from(table)) == 8


def test_a_clinics_pages_are_kept_by_no_cache(world: World, theirs: dict[str, str]) -> None:
    administrator = world.member("administrator")
    world.nurse.enrol(protocol=world.protocol_id(), reference="P-gone")
    with world.database.reading() as session:
        gone = session.scalars(select(models.Patient.id).filter_by(reference="P-gone")).one()
    administrator.post(f"/clinic/patients/{gone}/erase", {"reference": "P-gone"})
    theirs = theirs | {"erased_id": str(gone)}
    for method, rule, _ in clinic_routes(world):
        if method == "GET" and not rule.startswith("/clinic/library/"):
            answer = administrator.get(filled(rule, theirs))
            assert answer.status_code == (302 if rule == "/clinic/second-factor" else 200), rule
            assert answer.headers["Cache-Control"] == "no-store"
