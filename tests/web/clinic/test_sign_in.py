"""Who gets in, and what a stranger is told."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from server.storage import audit
from server.storage.staff_sessions import IDLE, LONGEST
from tests.web.clinic.conftest import PASSWORD, World, csrf_token, sign_in


def test_a_nurse_signs_in_and_sees_her_clinic(world: World) -> None:
    browser = world.anonymous()
    assert sign_in(browser, world.nurse.email, PASSWORD).status_code == 302
    board = browser.get("/clinic/")
    assert board.status_code == 200
    assert "Elm Pain Clinic" in board.text
    assert "Oak" not in board.text


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("nora@elm.example", "wrong horse battery"),
        ("nobody@elm.example", PASSWORD),
        ("not an address", PASSWORD),
    ],
)
def test_a_failure_does_not_tell_who_has_access(world: World, email: str, password: str) -> None:
    answer = sign_in(world.anonymous(), email, password)
    assert answer.status_code == 200
    assert "The address and password do not go together" in answer.text
    assert answer.text.count("do not go together") == 1
    assert "does not exist" not in answer.text


def test_guessing_is_slowed_down(world: World) -> None:
    client = world.anonymous()
    answers = [
        sign_in(client, "nora@elm.example", f"guess number {n}").status_code for n in range(6)
    ]
    assert answers == [200, 200, 200, 200, 200, 429]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "////evil.example",
        "http:evil",
    ],
)
def test_signing_in_never_leads_to_another_site(world: World, elsewhere: str) -> None:
    answer = sign_in(world.anonymous(), "nora@elm.example", PASSWORD, next=elsewhere)
    assert answer.status_code == 302
    location = answer.headers["Location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


def test_signing_in_leads_to_the_page_that_was_asked_for(world: World) -> None:
    client = world.anonymous()
    asked = client.get("/clinic/enrol")
    assert asked.status_code == 302
    assert asked.headers["Location"] == "/clinic/sign-in?next=/clinic/enrol"
    answer = sign_in(client, "nora@elm.example", PASSWORD, next="/clinic/enrol")
    assert answer.headers["Location"] == "/clinic/enrol"


def test_the_session_cookie_is_for_the_clinic_pages_alone(world: World) -> None:
    answer = sign_in(world.anonymous(), "nora@elm.example", PASSWORD)
    cookies = answer.headers.getlist("Set-Cookie")
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == ["clinic", "clinic-browser"]
    for cookie in cookies:
        assert {"HttpOnly", "Path=/clinic", "SameSite=Lax"} <= set(cookie.split("; "))


def test_pages_elsewhere_neither_set_the_session_nor_vary_by_it(world: World) -> None:
    for path in ("/", "/healthz", "/api/openapi.json", "/nothing"):
        answer = world.anonymous().get(path)
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
    assert "Cookie" in world.nurse.get("/clinic/").headers["Vary"]


@pytest.mark.parametrize(
    ("after", "status"),
    [(IDLE, 200), (IDLE + timedelta(seconds=1), 302)],
)
def test_a_session_ends_when_idle(world: World, after: timedelta, status: int) -> None:
    world.nurse.be_signed_in()
    world.clock.now += after
    assert world.nurse.client.get("/clinic/").status_code == status
    assert world.nurse.client.get("/clinic/").status_code == status


@pytest.mark.parametrize(
    ("after", "status"),
    [(LONGEST, 200), (LONGEST + timedelta(seconds=1), 302)],
)
def test_a_session_ends_after_twelve_hours_whatever_happens(
    world: World, after: timedelta, status: int
) -> None:
    world.nurse.be_signed_in()
    begun = world.clock.now
    while world.clock.now + IDLE < begun + after:
        world.clock.now += IDLE
        assert world.nurse.client.get("/clinic/").status_code == 200
    world.clock.now = begun + after
    assert world.nurse.client.get("/clinic/").status_code == status
    assert world.nurse.client.get("/clinic/").status_code == status


def test_signing_out_ends_the_session(world: World) -> None:
    assert world.nurse.post("/clinic/sign-out").headers["Location"] == "/clinic/sign-in"
    assert world.nurse.get("/clinic/").status_code == 302


def test_a_form_without_the_sessions_token_changes_nothing(world: World) -> None:
    world.nurse.be_signed_in()
    answer = world.nurse.client.post("/clinic/sign-out", data={"csrf_token": "forged"})
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text
    assert world.nurse.get("/clinic/").status_code == 200


def test_another_sessions_token_is_refused(world: World) -> None:
    world.nurse.be_signed_in()
    token = csrf_token(world.stranger.get("/clinic/enrol").text)
    answer = world.nurse.client.post("/clinic/sign-out", data={"csrf_token": token})
    assert answer.status_code == 400


def test_signing_in_is_on_the_audit_trail(world: World) -> None:
    world.clock.forward(minutes=1)
    world.nurse.get("/clinic/")
    with world.database.reading() as session:
        subject = audit.staff(world.staff_id(world.nurse.email))
        events = audit.about(session, world.clinic.id, subject)
    assert [event.action for event in events] == ["staff.added", "staff.signed_in"]


def test_the_librarys_other_pages_are_closed(world: World) -> None:
    for path in ("/clinic/library/sign-out", "/clinic/library/verify"):
        assert world.nurse.post(path).status_code == 404
        assert world.nurse.get("/clinic/").status_code == 200
    anonymous: FlaskClient = world.anonymous()
    for path in ("/register", "/reset", "/login", "/tf-setup", "/wan-signin", "/us-signin"):
        assert anonymous.get(path).status_code == 404
