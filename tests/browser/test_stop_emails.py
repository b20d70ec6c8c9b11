"""The page behind an e-mail's link: opening it stops nothing, its button does, and says so."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from server.storage import clinics, email_reminders
from server.storage.email_reminders import EmailReminders, Mailbox
from server.storage.models import Subscription
from server.storage.vault import Vault
from tests.browser.diary_server import DiaryServer
from tests.browser.test_screens import faults
from tests.browser.waiting import wait_until
from tests.builders import SECRET_KEY, new_patient

STOP = "Stop these e-mails"
VAULT = Vault(SECRET_KEY)


@pytest.fixture
def page(desk: Browser) -> Iterator[Page]:
    context = desk.new_context(viewport={"width": 393, "height": 851})
    yield context.new_page()
    context.close()


def reminded(server: DiaryServer, reference: str) -> str:
    """A patient who is reminded by e-mail; the token of the link in it."""
    now = datetime.now(UTC)
    with server.database.transaction() as session:
        patient = new_patient(session, clinics.all_of_them(session)[0], reference, now)
        email_reminders.keep(session, VAULT, patient, "jo@example.org", "staff:1", now)
        row = session.query(Subscription).filter_by(email_of=patient.id).one()
        return Mailbox.from_json(VAULT.open(row.sealed)).stop_token


def standing(server: DiaryServer, reference: str) -> EmailReminders:
    with server.database.transaction() as session:
        clinic = clinics.all_of_them(session)[0]
        patient = new_patient(session, clinic, reference)
        found = email_reminders.of_patient(session, VAULT, clinic.id, patient.id)
    assert found is not None
    return found


def test_only_the_button_stops_them_and_no_address_has_the_token(
    page: Page, shared_server: DiaryServer
) -> None:
    token = reminded(shared_server, "E-1")
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    page.goto(f"{shared_server.url}/stop#{token}")
    expect(page.get_by_role("button", name=STOP)).to_be_visible()
    assert faults(page) == []
    assert standing(shared_server, "E-1").ended_at is None

    page.get_by_role("button", name=STOP).click()
    expect(page.get_by_role("status")).to_have_text("Done. You get no more of them.")
    expect(page.get_by_role("button")).to_have_count(0)
    assert standing(shared_server, "E-1").ended_because == "stopped"
    assert not [each for each in requests if token in each.url.partition("#")[0]]
    assert faults(page) == []


def test_without_a_network_it_says_that_the_emails_go_on(
    page: Page, shared_server: DiaryServer
) -> None:
    token = reminded(shared_server, "E-2")
    page.goto(f"{shared_server.url}/stop#{token}")
    page.context.set_offline(True)
    page.get_by_role("button", name=STOP).click()
    expect(page.get_by_role("status")).to_contain_text("the e-mails go on")
    assert standing(shared_server, "E-2").ended_at is None
    page.context.set_offline(False)
    wait_until(page, "fetch('/healthz').then(() => true, () => false)")
    page.get_by_role("button", name=STOP).click()
    expect(page.get_by_role("status")).to_contain_text("Done")
    assert standing(shared_server, "E-2").ended_because == "stopped"


@pytest.mark.parametrize("fragment", ["", "#", "#nonsense"])
def test_a_link_that_is_not_complete_says_what_to_do(
    page: Page, shared_server: DiaryServer, fragment: str
) -> None:
    page.goto(f"{shared_server.url}/stop{fragment}")
    page.get_by_role("button", name=STOP).click()
    expect(page.get_by_role("status")).to_contain_text("not complete or not known")
    expect(page.get_by_role("button", name=STOP)).to_be_enabled()
