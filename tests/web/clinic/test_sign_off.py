"""A clinician signs what they read; what comes later shows as later."""

from datetime import timedelta
from typing import Any

import pytest

from server.storage import audit
from server.storage.models import Clinic, SignOff
from tests.builders import new_member
from tests.web.clinic.conftest import SQLITE, Phone, Staff, World
from tests.web.clinic.test_block_page import page_of, rate_hourly, words

CONCLUSION = "Met on walking. <b>Second</b> block planned."


@pytest.fixture
def clinician(world: World) -> Staff:
    return colleague(world, "clara@elm.example", "clinician")


def colleague(world: World, email: str, role: str, clinic: Clinic | None = None) -> Staff:
    with world.database.transaction() as session:
        new_member(session, (clinic or world.clinic).id, email, role, world.clock.now)
    return Staff(world.app.test_client(), email)


def done(world: World) -> tuple[str, Phone]:
    """A block whose verdict is final, met, and its phone."""
    block_id, phone = world.started()
    start = world.clock.now
    rate_hourly(world, phone, block_id, 1, 1, 1, 5)
    world.clock.now = start + timedelta(hours=9)
    return block_id, phone


def read(world: World, member: Staff, block_id: str) -> str:
    """The fingerprint of the figures on the page, as its form carries it."""
    page = member.get(f"/clinic/blocks/{block_id}").text
    _, found, rest = page.partition('name="figures" value="')
    return rest.partition('"')[0] if found else ""


def sign(
    world: World, member: Staff, block_id: str, figures: str | None = None, **more: str
) -> Any:
    if figures is None:
        figures = read(world, member, block_id)
    form = {"figures": figures, "comment": CONCLUSION, **more}
    return member.post(f"/clinic/blocks/{block_id}/sign-off", form)


def kept(world: World) -> list[SignOff]:
    with world.database.reading() as session:
        return session.query(SignOff).order_by(SignOff.signed_at).all()


def test_a_sign_off_shows_and_is_kept_in_the_audit_trail_with_the_figures(
    world: World, clinician: Staff
) -> None:
    block_id, _ = done(world)
    assert "Not signed off." in page_of(world, block_id)
    assert sign(world, clinician, block_id).status_code == 303
    page = words(page_of(world, block_id))
    assert "Signed off by Clara, Mon 2 Mar 2026, 19:01." in page
    assert "Met on walking. &lt;b&gt;Second&lt;/b&gt; block planned." in page
    assert "after it" not in page
    (row,) = kept(world)
    with world.database.reading() as session:
        (event,) = [
            each
            for each in audit.about(session, world.clinic.id, f"block:{block_id}")
            if each.action == "block.signed_off"
        ]
    assert event.actor == f"staff:{world.staff_id(clinician.email)}"
    assert event.details["sign_off"] == str(row.id)
    assert event.details["figures"]["sites"]["main"]["verdict"] == "met"
    assert "walking" not in str(event.details)


def test_a_later_entry_shows_as_after_sign_off_until_it_is_signed_again(
    world: World, clinician: Staff
) -> None:
    block_id, phone = done(world)
    sign(world, clinician, block_id)
    world.clock.forward(minutes=1)
    phone.rate(block_id, {"main": 6})
    page = words(page_of(world, block_id))
    assert "1 entry arrived after it. The figures are as signed." in page
    assert page.count("after sign-off") == 1
    assert sign(world, clinician, block_id, comment="Read again.").status_code == 303
    page = words(page_of(world, block_id))
    assert "Read again." in page and "Met on walking." in page
    assert "after sign-off" not in page
    assert len(kept(world)) == 2


@SQLITE
def test_figures_that_changed_are_not_signed_unread_and_show_beside_what_was_signed(
    world: World, clinician: Staff
) -> None:
    block_id, _ = done(world)
    sign(world, clinician, block_id)
    figures = read(world, clinician, block_id)
    world.nurse.post(f"/clinic/blocks/{block_id}/baseline", {"site": "main", "score": "3"})
    page = words(page_of(world, block_id))
    assert "Cannot be determined: 80 % relief" in page
    assert "The figures have changed since; then it was met." in page
    refused = sign(world, clinician, block_id, figures, comment="Typed, and not lost")
    assert refused.status_code == 422
    assert "The report changed while you read it" in refused.text
    assert "Typed, and not lost" in refused.text
    assert len(kept(world)) == 1


@SQLITE
def test_a_verdict_that_can_still_change_is_not_signed(world: World, clinician: Staff) -> None:
    block_id, phone = world.started()
    start = world.clock.now
    rate_hourly(world, phone, block_id, 1, 1, 1, 5)
    world.clock.now = start + timedelta(hours=8) - timedelta(seconds=1)
    assert read(world, clinician, block_id) == ""
    assert sign(world, clinician, block_id, "x").status_code == 422
    world.clock.now = start + timedelta(hours=8)
    assert sign(world, clinician, block_id).status_code == 303


@SQLITE
def test_only_a_clinician_of_the_clinic_signs_and_in_up_to_1000_characters(
    world: World, clinician: Staff
) -> None:
    block_id, _ = done(world)
    figures = read(world, clinician, block_id)
    for role in ("administrator", "viewer"):
        other = colleague(world, f"{role}@elm.example", role)
        assert read(world, other, block_id) == ""
        assert sign(world, other, block_id, figures).status_code == 403
    assert sign(world, world.nurse, block_id, figures).status_code == 403
    with world.database.reading() as session:
        oak = session.query(Clinic).filter(Clinic.name.startswith("Oak")).one()
    stranger = colleague(world, "olga@oak.example", "clinician", oak)
    assert sign(world, stranger, block_id, figures).status_code == 404
    assert sign(world, clinician, block_id, figures, comment="x" * 1001).status_code == 422
    assert kept(world) == []
    assert sign(world, clinician, block_id, figures, comment="x" * 1000).status_code == 303
