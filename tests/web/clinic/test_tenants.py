"""Nobody sees a clinic's pages without signing in, and nobody another clinic's patients."""

import re
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from server.domain.staff_entries import StaffEntry
from server.storage import api_tokens, passkeys, protocols, report_targets, staff, staff_entries
from server.storage.models import Block, Clinic, Device, ReportPush
from server.storage.staff import WebAuthn
from server.storage.staff_tables import StaffSession
from tests.builders import new_member
from tests.web.clinic.conftest import MORNING, Staff, World, enrolment

OPEN = {
    "/clinic/sign-in",
    "/clinic/sign-in/passkey-options",
    "/clinic/sign-in/passkey",
    "/clinic/join",
    "/clinic/language",  # chosen before signing in; wants the session's token
}


def clinic_routes(world: World) -> list[tuple[str, str, dict[str, str]]]:
    """Every (method, endpoint, kind of each argument) under /clinic, but for the open ones."""
    rules: list[Rule] = list(world.app.url_map.iter_rules())
    return [
        (method, rule.rule, {name: name for name in rule.arguments})
        for rule in rules
        if rule.rule.startswith("/clinic") and rule.rule not in OPEN
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def filled(rule: str, values: dict[str, str]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], rule)


def connected(world: World, block_id: str) -> tuple[UUID, UUID, UUID]:
    """A token, a FHIR server, and the block's report on its way there."""
    vault, clinic_id, now = world.app.extensions["block_diary"].vault, world.clinic.id, MORNING
    with world.database.transaction() as session:
        token, _ = api_tokens.make(
            session,
            vault,
            clinic_id,
            name="Hub",
            scopes=["fhir:read"],
            days=90,
            staff_id=1,
            now=now,
        )
        target = report_targets.set_target(
            session, vault, clinic_id, "fhir", "https://fhir.example/r4", None, (), 1, now
        )
        push = session.query(ReportPush).one()
        assert str(push.block_id) == block_id
        return token.id, target.id, push.id


@pytest.fixture
def theirs(world: World) -> dict[str, str]:
    """Ids of our clinic, by the name that routes give them."""
    block_id, phone = world.started()
    nora = world.staff_id(world.nurse.email)
    with world.database.transaction() as session:
        passkeys.add(
            session,
            staff.get(session, world.clinic.id, nora),
            credential_id=b"hers",
            public_key=b"hers",
            sign_count=0,
            name="Her phone",
            is_synced=True,
            now=world.clock.now,
        )
    with world.database.transaction() as session:
        ours = session.query(Block).one()
        written = StaffEntry(uuid4(), "telephone_now", world.clock.now, {"main": 3})
        staff_entries.enter(session, ours, written, nora, world.clock.now)
    with world.database.reading() as session:
        passkey = session.query(WebAuthn).one()
        signed_in = session.query(StaffSession).one()
        block = session.query(Block).one()
        device = session.query(Device).one()
        assert str(block.id) == block_id
    token_id, target_id, push_id = connected(world, block_id)
    return {
        "token_id": str(token_id),
        "target_id": str(target_id),
        "push_id": str(push_id),
        "block_id": block_id,
        "patient_id": str(block.patient_id),
        "device_id": str(device.id),
        "staff_id": str(nora),
        "entry_id": str(written.id),
        "erased_id": str(block.patient_id),
        "session_id": str(signed_in.id),
        "passkey_id": str(passkey.id),
        "protocol_id": world.protocol_id(),
        "check_word": phone.state["check_word"],
    }


def test_every_route_but_sign_in_asks_who_it_is(world: World, theirs: dict[str, str]) -> None:
    routes = clinic_routes(world)
    assert len(routes) >= 12
    for method, rule, _ in routes:
        anonymous: FlaskClient = world.anonymous()
        answer = anonymous.open(filled(rule, theirs), method=method)
        assert answer.status_code == 302, (method, rule)
        assert answer.headers["Location"].startswith("/clinic/sign-in"), (method, rule)


def test_a_route_that_does_not_exist_yet_is_closed_too(world: World) -> None:
    assert world.anonymous().get("/clinic/statistics").status_code == 302
    assert world.anonymous().get("/clinic").status_code in (302, 308)


def clinician_elsewhere(world: World) -> Staff:
    """Somebody who signs reports off, at the other clinic."""
    email = "olga@oak.example"
    with world.database.transaction() as session:
        known = staff.of_email(session, world.stranger.email)
        assert known is not None
        new_member(session, known.clinic_id, email, "clinician", world.clock.now, "Olga Penn")
    return Staff(world.app.test_client(), email, world.clock)


def test_every_route_about_another_clinics_patient_finds_nothing(
    world: World, theirs: dict[str, str]
) -> None:
    tried = 0
    clinician = clinician_elsewhere(world)
    for method, rule, arguments in clinic_routes(world):
        if not arguments:
            continue
        path = filled(rule, theirs)
        # Nobody of the other clinic but a clinician may sign at all.
        stranger = clinician if rule.endswith("/sign-off") else world.stranger
        data = {
            "performed_on": "2026-03-02",
            "performed_time": "09:00",
            "site": "main",
            "score": "3",
        }
        answer = stranger.get(path) if method == "GET" else stranger.post(path, data)
        assert answer.status_code == 404, (method, rule)
        assert theirs["check_word"] not in answer.text
        assert "P-1001" not in answer.text and "Nora" not in answer.text
        tried += 1
    assert tried >= 16


def test_nothing_of_another_clinic_was_changed(world: World, theirs: dict[str, str]) -> None:
    def page() -> str:
        text = world.nurse.get(f"/clinic/blocks/{theirs['block_id']}").text
        return re.sub(r'name="csrf_token"[^>]*>', "", text)

    before = page()
    for path in ("time", "baseline", "cancel"):
        world.stranger.post(
            f"/clinic/blocks/{theirs['block_id']}/{path}",
            {
                "performed_on": "2026-03-02",
                "performed_time": "09:00",
                "site": "main",
                "score": "3",
            },
        )
    assert page() == before


def test_the_board_shows_ones_own_patients_alone(world: World, theirs: dict[str, str]) -> None:
    assert "P-1001" in world.nurse.get("/clinic/").text
    assert "P-1001" not in world.stranger.get("/clinic/").text


def test_another_clinics_protocol_cannot_be_chosen(world: World) -> None:
    answer = world.stranger.post("/clinic/enrol", enrolment(protocol=world.protocol_id()))
    assert answer.status_code == 422


def test_one_reference_may_stand_for_two_people_at_two_clinics(world: World) -> None:
    world.nurse.enrol(protocol=world.protocol_id())
    with world.database.reading() as session:
        oak = session.query(Clinic).filter(Clinic.name.startswith("Oak")).one()
        protocol = str(protocols.all_current(session, oak.id)[0].id)
        nora = world.staff_id(world.nurse.email)
        assert staff.names(session, oak.id, [nora]) == {}
        assert staff.names(session, world.clinic.id, [nora]) == {nora: "Nora"}
    assert "P-1001" in world.stranger.enrol(protocol=protocol)


def test_an_unknown_id_is_not_found(world: World) -> None:
    answer = world.nurse.get(f"/clinic/blocks/{uuid4()}")
    assert answer.status_code == 404
    assert "There is no such block at your clinic." in answer.text
