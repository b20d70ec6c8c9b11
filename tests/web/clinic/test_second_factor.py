"""The second step, sessions that end on the server, and guesses that keep nobody else out."""

import re
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask.testing import FlaskClient

from server.storage.second_factors import b32decode
from tests.web.clinic.conftest import PASSWORD, Staff, World, csrf_token, sign_in


def code_of(secret: str, at: datetime) -> str:
    return TOTP(b32decode(secret), 6, SHA1(), 30).generate(int(at.timestamp())).decode()


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)
    assert found, page
    return found[1]


def set_up_app(world: World, client: FlaskClient) -> tuple[str, list[str]]:
    """Scan the square; the app's secret and the recovery codes."""
    page = client.get("/clinic/account/authenticator").text
    found = re.search(r"type this key: <code>([A-Z2-7 ]+)<", page)
    assert found, page
    secret = found[1].replace(" ", "")
    form = {
        "csrf_token": csrf_token(page),
        "offer": hidden(page, "offer"),
        "code": code_of(secret, world.clock.now),
    }
    answer = client.post("/clinic/account/authenticator", data=form)
    assert answer.status_code == 200, answer.text
    codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", answer.text)
    assert len(set(codes)) == 10
    return secret, codes


def give(client: FlaskClient, code: str, **options: object) -> int:
    page = client.get("/clinic/second-factor")
    form = {"csrf_token": csrf_token(page.text), "code": code}
    return client.post("/clinic/second-factor", data=form).status_code


def half_signed_in(world: World, email: str) -> FlaskClient:
    browser = world.anonymous()
    assert sign_in(browser, email, PASSWORD).status_code == 302
    answer = browser.get("/clinic/enrol")
    assert answer.headers["Location"] == "/clinic/second-factor?next=/clinic/enrol"
    return browser


def test_a_password_alone_opens_nothing_once_an_app_is_set_up(world: World) -> None:
    nurse = world.nurse
    nurse.be_signed_in()
    secret, _ = set_up_app(world, nurse.client)
    assert nurse.client.get("/clinic/").status_code == 200, "this session has gone on"
    world.clock.forward(minutes=1)
    browser = half_signed_in(world, nurse.email)
    for path in ("/clinic/", "/clinic/account", "/clinic/account/authenticator"):
        assert browser.get(path).status_code == 302
    token = csrf_token(browser.get("/clinic/second-factor").text)
    closed = browser.post("/clinic/account/password", data={"csrf_token": token, "password": "x"})
    assert closed.status_code == 302
    right = code_of(secret, world.clock.now)
    assert give(browser, str((int(right) + 1) % 10**6).zfill(6)) == 422
    assert browser.get("/clinic/").status_code == 302
    assert give(browser, f"{right[:3]} {right[3:]}") == 303
    assert browser.get("/clinic/").status_code == 200


@pytest.mark.parametrize(
    ("ahead_seconds", "status"), [(-60, 422), (-30, 303), (0, 303), (30, 303), (60, 422)]
)
def test_a_code_is_taken_half_a_minute_early_or_late(
    world: World, ahead_seconds: int, status: int
) -> None:
    world.nurse.be_signed_in()
    secret, _ = set_up_app(world, world.nurse.client)
    world.clock.forward(minutes=10)
    browser = half_signed_in(world, world.nurse.email)
    shown = code_of(secret, world.clock.now + timedelta(seconds=ahead_seconds))
    assert give(browser, shown) == status


def test_no_code_lets_anybody_in_twice(world: World) -> None:
    world.nurse.be_signed_in()
    secret, codes = set_up_app(world, world.nurse.client)
    set_up_code = code_of(secret, world.clock.now)
    assert give(half_signed_in(world, world.nurse.email), set_up_code) == 422
    world.clock.forward(minutes=1)
    code = code_of(secret, world.clock.now)
    assert give(half_signed_in(world, world.nurse.email), code) == 303
    assert give(half_signed_in(world, world.nurse.email), code) == 422
    assert give(half_signed_in(world, world.nurse.email), codes[0].upper()) == 303
    assert give(half_signed_in(world, world.nurse.email), codes[0]) == 422
    assert "9 recovery codes are left" in world.nurse.get("/clinic/account").text


def test_whom_the_clinic_asks_sets_one_up_before_anything_else(world: World) -> None:
    ada = world.member("administrator")
    assert (
        ada.post("/clinic/staff/second-factor", {"second_factor_for": "everybody"}).status_code
        == 303
    )
    browser = world.anonymous()
    sign_in(browser, world.nurse.email, PASSWORD)
    assert browser.get("/clinic/").headers["Location"].startswith("/clinic/second-factor")
    answer = browser.get("/clinic/second-factor")
    assert answer.headers["Location"].startswith("/clinic/account/authenticator")
    set_up_app(world, browser)
    assert browser.get("/clinic/").status_code == 200
    page = browser.get("/clinic/account").text
    token = csrf_token(page)
    answer = browser.post("/clinic/account/authenticator/remove", data={"csrf_token": token})
    assert answer.status_code == 409 and "asks you for a second factor" in answer.text


def test_signing_out_ends_the_session_on_the_server(world: World) -> None:
    """Whoever copied the cookie before has nothing."""
    world.nurse.be_signed_in()
    stolen = world.nurse.client.get_cookie("clinic", path="/clinic")
    assert stolen is not None
    thief = world.anonymous()
    thief.set_cookie("clinic", stolen.value, path="/clinic")
    assert thief.get("/clinic/").status_code == 200
    assert world.nurse.post("/clinic/sign-out").status_code == 302
    thief.set_cookie("clinic", stolen.value, path="/clinic")
    assert thief.get("/clinic/").status_code == 302


def test_one_browser_or_all_can_be_signed_out_from_another(world: World) -> None:
    others = [Staff(world.app.test_client(), world.nurse.email) for _ in range(2)]
    for each in [world.nurse, *others]:
        each.be_signed_in()
    page = world.nurse.get("/clinic/account").text
    ends = re.findall(r"/clinic/account/sessions/[0-9a-f-]{36}/end", page)
    assert len(ends) == 2
    assert world.nurse.post(ends[0]).status_code == 303
    assert sorted(each.client.get("/clinic/").status_code for each in others) == [200, 302]
    assert world.nurse.post("/clinic/account/sign-out-everywhere").status_code == 303
    for each in [world.nurse, *others]:
        assert each.client.get("/clinic/").status_code == 302


def test_a_new_password_signs_every_other_browser_out(world: World) -> None:
    other = Staff(world.app.test_client(), world.nurse.email)
    other.be_signed_in()
    for password, status in (
        ("too short", 422),
        ("nora elm nora elm", 422),
        ("velvet gravel onion", 303),
    ):
        answer = world.nurse.post("/clinic/account/password", {"password": password})
        assert answer.status_code == status, password
    assert other.client.get("/clinic/").status_code == 302
    assert world.nurse.client.get("/clinic/").status_code == 200
    assert sign_in(world.anonymous(), world.nurse.email, PASSWORD).status_code == 200


@pytest.mark.parametrize(("minutes", "status"), [(15, 303), (16, 409)])
def test_what_protects_an_access_changes_soon_after_signing_in_alone(
    world: World, minutes: int, status: int
) -> None:
    world.nurse.be_signed_in()
    world.clock.forward(minutes=minutes)
    answer = world.nurse.post("/clinic/account/password", {"password": "velvet gravel onion"})
    assert answer.status_code == status


def at(address: str) -> dict[str, dict[str, str]]:
    return {"environ_base": {"REMOTE_ADDR": address}}


def try_password(world: World, browser: FlaskClient, password: str, address: str) -> int:
    page = browser.get("/clinic/sign-in", **at(address))
    form = {"csrf_token": csrf_token(page.text), "email": world.nurse.email, "password": password}
    return browser.post("/clinic/sign-in", data=form, **at(address)).status_code


def test_guesses_keep_nobody_out_who_has_signed_in_here_before(world: World) -> None:
    """Not even guesses from the same address, as behind one clinic's router."""
    hers = world.anonymous()
    assert try_password(world, hers, PASSWORD, "198.51.100.1") == 302
    hers.post("/clinic/sign-out", data={"csrf_token": csrf_token(hers.get("/clinic/").text)})
    guesser = world.anonymous()
    statuses = [try_password(world, guesser, "guess", "198.51.100.1") for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    assert try_password(world, hers, PASSWORD, "198.51.100.1") == 302
    elsewhere = world.anonymous()
    assert try_password(world, elsewhere, PASSWORD, "198.51.100.2") == 302


def test_each_further_failure_makes_the_wait_longer_and_it_ends_by_itself(world: World) -> None:
    guesser = world.anonymous()
    for _ in range(5):
        assert try_password(world, guesser, "guess", "198.51.100.1") == 200
    for wait in (30, 60):
        assert try_password(world, guesser, PASSWORD, "198.51.100.1") == 429
        world.clock.forward(seconds=wait - 1)
        assert try_password(world, guesser, PASSWORD, "198.51.100.1") == 429
        world.clock.forward(seconds=1)
        assert try_password(world, guesser, "guess", "198.51.100.1") == 200
    world.clock.forward(seconds=120)
    assert try_password(world, guesser, PASSWORD, "198.51.100.1") == 302


def test_guessing_codes_is_slowed_down_but_not_where_they_signed_in_before(world: World) -> None:
    world.nurse.be_signed_in()
    secret, _ = set_up_app(world, world.nurse.client)
    world.nurse.post("/clinic/sign-out")
    world.clock.forward(minutes=1)
    thief = half_signed_in(world, world.nurse.email)
    assert [give(thief, "x") for _ in range(6)] == [422] * 5 + [429]
    assert sign_in(world.nurse.client, world.nurse.email, PASSWORD).status_code == 302
    assert give(world.nurse.client, code_of(secret, world.clock.now)) == 303


def test_no_secret_of_the_second_factor_is_kept_in_clear(world: World) -> None:
    world.nurse.be_signed_in()
    secret, codes = set_up_app(world, world.nurse.client)
    cookie = world.nurse.client.get_cookie("clinic", path="/clinic")
    assert cookie is not None
    with world.database.reading() as session:
        rows = [
            str(tuple(row))
            for table in ("staff_member", "staff_session", "audit_event", "sign_in_try")
            for row in session.connection().exec_driver_sql(f"SELECT * FROM {table}")
        ]
    everything = " ".join(rows)
    assert world.nurse.email in everything
    for each in [secret, cookie.value, *codes, *(code.replace("-", "") for code in codes)]:
        assert each not in everything
