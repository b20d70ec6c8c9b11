"""Staff enter an address with the patient's word, see how it stands, and the patient ends it."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from server import create_app
from server.config import Smtp
from server.storage.models import Subscription
from tests.web.clinic.conftest import PUBLIC_URL, Staff, World, enrolment

SMTP = Smtp(
    host="localhost", port=25, tls="none", sender="diary@elm.example.org", user=None, password=None
)
ADDRESS = "jo@example.org"
AGREED = {"email": ADDRESS, "email_agreed": "y"}


@pytest.fixture
def mailing(world: World) -> Iterator[World]:
    """The same clinic on an installation that has a mail server."""
    config = replace(world.app.extensions["block_diary"].config, smtp=SMTP)
    app = create_app(config, world.clock)
    nurse = Staff(app.test_client(), world.nurse.email)
    stranger = Staff(app.test_client(), world.stranger.email)
    yield replace(world, app=app, nurse=nurse, stranger=stranger)
    app.extensions["block_diary"].database.close()


def block_page(world: World, block_id: str) -> str:
    text = world.nurse.get(f"/clinic/blocks/{block_id}").text
    return re.sub(r"\s+", " ", text)


def addresses(world: World) -> int:
    with world.database.reading() as session:
        return len(session.scalars(select(Subscription.id)).all())


def test_an_installation_without_a_mail_server_asks_for_no_address(world: World) -> None:
    block_id, _ = world.enrolled(**AGREED)
    assert "E-mail" not in block_page(world, block_id)
    assert "e-mail" not in world.nurse.get("/clinic/enrol").text
    answer = world.nurse.post(f"/clinic/blocks/{block_id}/email", AGREED)
    assert answer.status_code == 422
    assert addresses(world) == 0


def test_the_address_is_entered_at_enrolment_and_shown_masked(mailing: World) -> None:
    block_id, _ = mailing.enrolled(**AGREED)
    page = block_page(mailing, block_id)
    assert "E-mail reminders: on for j***@example.org, none sent yet" in page
    assert ADDRESS not in page
    assert addresses(mailing) == 1


def test_it_is_entered_changed_and_stopped_on_the_blocks_page(mailing: World) -> None:
    block_id, _ = mailing.enrolled()
    assert "E-mail reminders: off" in block_page(mailing, block_id)
    url = f"/clinic/blocks/{block_id}/email"
    assert mailing.nurse.post(url, AGREED).status_code == 303
    assert "on for j***@example.org" in block_page(mailing, block_id)
    other = {"email": "Mo@EXAMPLE.net", "email_agreed": "y"}
    assert mailing.nurse.post(url, other).status_code == 303
    assert "on for M***@example.net" in block_page(mailing, block_id)
    assert mailing.nurse.post(f"{url}/stop").status_code == 303
    assert "E-mail reminders: off" in block_page(mailing, block_id)


def test_without_the_patients_word_nothing_is_kept(mailing: World) -> None:
    answer = mailing.nurse.post(
        "/clinic/enrol", enrolment(protocol=mailing.protocol_id(), email=ADDRESS)
    )
    assert answer.status_code == 422
    assert "Ask the patient first" in answer.text
    assert ADDRESS in answer.text, "what was typed is not lost"
    block_id, _ = mailing.enrolled()
    answer = mailing.nurse.post(f"/clinic/blocks/{block_id}/email", {"email": ADDRESS})
    assert answer.status_code == 422
    assert addresses(mailing) == 0


ODD = [
    *("", "jo", "jo@", "@example.org", "a@b.org, c@d.org", "Jo <jo@example.org>", "jo@localhost"),
    "jo@example.org\r\nBcc: mo@example.org",
    "jo@example.org\nmo@example.org",
]


def test_what_is_no_single_address_is_refused(mailing: World) -> None:
    block_id, _ = mailing.enrolled()
    for typed in ODD:
        answer = mailing.nurse.post(
            f"/clinic/blocks/{block_id}/email", {"email": typed, "email_agreed": "y"}
        )
        assert answer.status_code == 422, typed
        assert "name@example.org" in answer.text
    assert addresses(mailing) == 0


def test_opening_the_links_page_stops_nothing_and_names_nobody(mailing: World) -> None:
    block_id, _ = mailing.enrolled(**AGREED)
    client = mailing.anonymous()
    for _ in range(2):
        page = client.get("/stop", base_url=PUBLIC_URL)
        assert page.status_code == 200
        assert "<button" in page.text
        assert "Elm" not in page.text
        assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "on for j***@example.org" in block_page(mailing, block_id)
