"""An administrator looks after the clinic's staff: links, roles, an end, and a way back in."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from server.storage import audit, passkeys, second_factors, staff
from server.storage.staff_access import LIFETIME
from tests.web.clinic.conftest import PASSWORD, Staff, World, csrf_token, sign_in

NEW = "velvet gravel onion lamp"


@pytest.fixture
def ada(world: World) -> Staff:
    return world.member("administrator")


def link_on(page: str) -> str:
    found = re.search(r'id="staff-link">http://diary\.example/clinic/join#([\w-]{22})<', page)
    assert found, page
    return found[1]


def join(world: World, token: str, password: str = NEW) -> tuple[int, str]:
    browser = world.anonymous()
    page = browser.get("/clinic/join")
    form = {"csrf_token": csrf_token(page.text), "token": token, "password": password}
    answer = browser.post("/clinic/join", data=form)
    return answer.status_code, answer.text


def invite(ada: Staff, email: str = "vera@elm.example", role: str = "viewer") -> str:
    answer = ada.post("/clinic/staff", {"name": "Vera", "email": email, "role": role})
    assert answer.status_code == 200, answer.text
    return link_on(answer.text)


def can_sign_in(world: World, email: str, password: str) -> bool:
    return sign_in(world.anonymous(), email, password).status_code == 302


def test_an_invitation_lets_its_owner_in_once_and_is_kept_nowhere(world: World, ada: Staff) -> None:
    token = invite(ada)
    assert not can_sign_in(world, "vera@elm.example", NEW)
    for _ in range(3):  # a preview of the link, or somebody who only looks, burns nothing
        assert world.anonymous().get("/clinic/join").status_code == 200
    status, text = join(world, token, "elm pain clinic vera")
    assert status == 422 and "easily guessed" in text
    status, text = join(world, token)
    assert status == 200 and "vera@elm.example" in text
    assert can_sign_in(world, "vera@elm.example", NEW)
    status, text = join(world, token, "another gravel onion lamp")
    assert status == 422 and "This link has been used" in text
    assert can_sign_in(world, "vera@elm.example", NEW)
    assert token not in ada.get("/clinic/staff").text + ada.get("/clinic/audit.csv").text


@pytest.mark.parametrize(("after", "status"), [(-1, 200), (0, 422), (1, 422)])
def test_a_link_holds_three_days(world: World, ada: Staff, after: int, status: int) -> None:
    token = invite(ada)
    assert timedelta(days=3) == LIFETIME
    world.clock.now += LIFETIME + timedelta(seconds=after)
    assert join(world, token)[0] == status


def test_a_new_link_ends_the_one_before_and_a_guess_finds_nothing(world: World, ada: Staff) -> None:
    first = invite(ada)
    person = f"/clinic/staff/{world.staff_id('vera@elm.example')}"
    second = link_on(ada.post(f"{person}/reset").text)
    status, text = join(world, first)
    assert status == 422 and "replaced by a newer one" in text
    assert "not known" in join(world, "x" * 22)[1]
    assert ada.post(f"{person}/deactivate").status_code == 303
    assert join(world, second)[0] == 422
    assert ada.post(f"{person}/reactivate").status_code == 303
    assert join(world, second)[0] == 422, "closing an access ends its links"


def test_who_cannot_be_invited_is_told_at_the_field(world: World, ada: Staff) -> None:
    for form, said in (
        ({"name": "", "email": "v@elm.example", "role": "nurse"}, "Type the name"),
        ({"name": "V", "email": "no address", "role": "nurse"}, "is not an email address"),
        ({"name": "V", "email": "NORA@elm.example", "role": "nurse"}, "Somebody signs in"),
        ({"name": "V", "email": "v@elm.example", "role": "owner"}, "Not a valid choice"),
    ):
        answer = ada.post("/clinic/staff", form)
        assert answer.status_code == 422
        assert said in answer.text


def test_a_role_holds_from_the_next_request_on(world: World, ada: Staff) -> None:
    nora = f"/clinic/staff/{world.staff_id(world.nurse.email)}"
    assert world.nurse.get("/clinic/enrol").status_code == 200
    assert ada.post(f"{nora}/role", {"role": "viewer"}).status_code == 303
    assert world.nurse.get("/clinic/enrol").status_code == 403
    assert ada.post(f"{nora}/role", {"role": "administrator"}).status_code == 303
    assert world.nurse.get("/clinic/staff").status_code == 200


def test_closing_an_access_ends_its_sessions_at_once_and_for_good(world: World, ada: Staff) -> None:
    nora = f"/clinic/staff/{world.staff_id(world.nurse.email)}"
    world.nurse.be_signed_in()
    assert ada.post(f"{nora}/deactivate").status_code == 303
    assert world.nurse.client.get("/clinic/").status_code == 302
    assert not can_sign_in(world, world.nurse.email, PASSWORD)
    assert ada.post(f"{nora}/reactivate").status_code == 303
    assert world.nurse.client.get("/clinic/").status_code == 302, "the old session stays over"
    assert can_sign_in(world, world.nurse.email, PASSWORD)


def test_a_reset_takes_everything_away_that_let_them_in(world: World, ada: Staff) -> None:
    nora = world.staff_id(world.nurse.email)
    world.nurse.be_signed_in()
    vault = world.app.extensions["block_diary"].vault
    with world.database.transaction() as session:
        member = staff.get(session, world.clinic.id, nora)
        member.tf_totp_secret = vault.seal("A" * 32)
        second_factors.new_recovery_codes(session, vault, member, world.clock.now)
        passkeys.add(
            session,
            member,
            credential_id=b"x",
            public_key=b"x",
            sign_count=0,
            name="x",
            is_synced=False,
            now=world.clock.now,
        )
    token = link_on(ada.post(f"/clinic/staff/{nora}/reset").text)
    assert world.nurse.client.get("/clinic/").status_code == 302
    assert not can_sign_in(world, world.nurse.email, PASSWORD)
    with world.database.reading() as session:
        member = staff.get(session, world.clinic.id, nora)
        assert not second_factors.has_one(member) and not member.mf_recovery_codes
    assert join(world, token)[0] == 200
    assert can_sign_in(world, world.nurse.email, NEW)


def test_the_last_administrator_cannot_be_lost(world: World, ada: Staff) -> None:
    """An invited one who has not come yet, and a closed one, do not count."""
    invite(ada, "ben@elm.example", "administrator")
    own = f"/clinic/staff/{world.staff_id(ada.email)}"
    for path, form in (("role", {"role": "nurse"}), ("deactivate", {}), ("reset", {})):
        answer = ada.post(f"{own}/{path}", form)
        assert answer.status_code == 409
        assert "is the only administrator who can sign in" in answer.text
    nora = f"/clinic/staff/{world.staff_id(world.nurse.email)}"
    assert ada.post(f"{nora}/role", {"role": "administrator"}).status_code == 303
    assert ada.post(f"{own}/role", {"role": "nurse"}).status_code == 303
    assert ada.get("/clinic/staff").status_code == 403


def test_all_of_it_is_on_the_trail_with_who_and_from_where(world: World, ada: Staff) -> None:
    token = invite(ada)
    vera = world.staff_id("vera@elm.example")
    person = f"/clinic/staff/{vera}"
    join(world, token)
    ada.post(f"{person}/role", {"role": "clinician"})
    ada.post(f"{person}/deactivate")
    ada.post(f"{person}/reactivate")
    ada.post(f"{person}/reset")
    who = audit.staff(world.staff_id(ada.email))
    with world.database.reading() as session:
        trail = audit.about(session, world.clinic.id, audit.staff(vera))
    assert [(row.action, row.actor) for row in trail if row.action != "staff.viewed"] == [
        ("staff.added", who),
        ("staff.link_made", who),
        ("staff.joined", audit.staff(vera)),
        ("staff.role_changed", who),
        ("staff.deactivated", who),
        ("staff.reactivated", who),
        ("staff.reset", who),
        ("staff.link_made", who),
    ]
    assert {row.address for row in trail} == {"127.0.0.1"}


def test_guessing_links_is_slowed_down(world: World) -> None:
    statuses = [join(world, f"guess-{number}")[0] for number in range(21)]
    assert statuses == [422] * 20 + [429]


def test_joining_wants_the_sessions_token(world: World, ada: Staff) -> None:
    browser: FlaskClient = world.anonymous()
    form = {"token": invite(ada), "password": NEW}
    assert browser.post("/clinic/join", data=form).status_code == 400
    assert join(world, form["token"])[0] == 200
