"""What the phone shows, and takes, before the app's own scripts have come."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.chromium import ChromiumPhone, chromium_phone
from tests.browser.diary_server import DiaryServer
from tests.browser.held import Held
from tests.browser.patient import Patient
from tests.browser.sheets import Sheet, new_sheet
from tests.browser.test_failing_store import CANNOT_OPEN
from tests.browser.waiting import wait_until

KEPT = "JSON.parse(localStorage.getItem('first-screen'))"
#: A page whose script comes too late for the first paint is empty then in most of them.
OPENINGS = 6
PAINTS = """performance.getEntriesByType('paint').map(e => [e.name, e.startTime])"""
STANDALONE = "Object.defineProperty(navigator, 'standalone', { value: true });"
PLACES = (
    "[...document.querySelectorAll('h1, .above, .question, .point, .actions')]"
    ".map(e => e.className + JSON.stringify(e.getBoundingClientRect()))"
)


@pytest.fixture
def sheet(server: DiaryServer) -> Sheet:
    """Of a patient who is just being asked for the second hour."""
    return new_sheet(server, "P-1", since_block=timedelta(minutes=106))


@pytest.fixture
def patient(
    playwright: Playwright, server: DiaryServer, sheet: Sheet, tmp_path: Path
) -> Iterator[Patient]:
    """Enrolled, and once asked."""
    with chromium_phone(playwright, tmp_path / "profile") as phone:
        enrolled = Patient(phone, server.url)
        enrolled.enrol(sheet.code)
        wait_until(enrolled.page, f"!!{KEPT}.screen")
        yield enrolled


@contextmanager
def new_phone(desk: Browser, locale: str) -> Iterator[Page]:
    """A page of a browser that was never here."""
    context = desk.new_context(
        locale=locale, viewport={"width": 393, "height": 851}, has_touch=True, is_mobile=True
    )
    yield context.new_page()
    context.close()


def hold(page: Page) -> Held:
    """Keep the app's script from the page until its request is let go."""
    return Held(page, "**/static/built/app.*.js")


def open_held_back(phone: ChromiumPhone, url: str) -> Held:
    """Open a page on a phone that knows the diary."""
    phone.page = phone.context.new_page()
    network = phone.protocol()
    network.send("Network.enable")
    # What the worker has cannot be held back.
    network.send("Network.setBypassServiceWorker", {"bypass": True})
    held = hold(phone.page)
    phone.page.goto(url, wait_until="commit")
    wait_until(phone.page, "document.readyState !== 'loading'")
    return held


def test_a_rating_tapped_before_the_app_is_there_is_saved_once_and_nothing_moves(
    patient: Patient, server: DiaryServer, sheet: Sheet
) -> None:
    held = open_held_back(patient.phone, f"{server.url}/")
    expect(patient.title()).to_have_text("How strong is your pain now?")
    expect(patient.page.locator(".above")).to_have_text("2 hours after your injection")
    for score in (8, 4):
        patient.page.locator(f".point:has(input[value='{score}'])").tap()
    before = patient.page.evaluate(PLACES)
    assert len(before) == 15
    held.let_go()
    wait_until(patient.page, "window.firstTaps === undefined")
    assert patient.page.evaluate(PLACES) == before
    expect(patient.page.locator("input:checked")).to_have_value("4")

    held = open_held_back(patient.phone, f"{server.url}/")
    patient.page.locator(".point:has(input[value='3'])").tap()
    patient.press("Save")
    assert server.entries(sheet.block_id) == []
    held.let_go()
    expect(patient.title()).to_contain_text("At your clinic")
    [entry] = server.entries(sheet.block_id)
    assert entry.content["scores"] == {"main": 3}

    # Answered: what is due now the app alone can tell.
    wait_until(patient.page, f"{KEPT}.windows.length === 10")
    held = open_held_back(patient.phone, f"{server.url}/")
    assert patient.page.locator("#app > *").count() == 0
    held.let_go()
    expect(patient.title()).to_contain_text("Next: ")

    # What is kept is spoilt: the app starts all the same, and keeps it anew.
    patient.page.evaluate("localStorage.setItem('first-screen', '{')")
    patient.open()
    expect(patient.title()).to_contain_text("Next: ")
    wait_until(patient.page, f"{KEPT}.windows.length === 10")

    patient.phone.open(f"{server.url}/#/your-data")
    patient.press("Delete from this phone")
    patient.press("Yes, delete")
    wait_until(patient.page, "localStorage.getItem('first-screen') === null")


def test_the_first_thing_that_a_slow_phone_paints_is_the_scale(patient: Patient) -> None:
    url, phone = patient.page.url, patient.phone
    for _ in range(OPENINGS):
        phone.page = phone.context.new_page()
        phone.protocol().send("Emulation.setCPUThrottlingRate", {"rate": 10})
        phone.page.goto(url, wait_until="commit")
        expect(phone.page.locator(".point")).to_have_count(11)
        wait_until(phone.page, f"{PAINTS}.length === 2")
        painted = dict(phone.page.evaluate(PAINTS))
        assert painted["first-paint"] == painted["first-contentful-paint"]


def test_a_page_that_was_left_open_does_not_forget_what_another_keeps(
    playwright: Playwright, server: DiaryServer, sheet: Sheet, tmp_path: Path
) -> None:
    """As in the browser in which the phone was linked, behind the app on the home screen."""
    with chromium_phone(playwright, tmp_path / "profile") as phone:
        phone.grant_notifications(server.url)
        patient = Patient(phone, server.url)
        patient.link(sheet.code)
        left_open = patient.page
        patient.open()
        wait_until(patient.page, f"!!{KEPT}.screen")
        with left_open.expect_response("**/api/phone/sync"):
            left_open.evaluate("dispatchEvent(new Event('online'))")
        assert patient.page.evaluate(f"!!{KEPT}.screen")


def test_what_was_tapped_for_a_screen_that_does_not_come_presses_nothing_else(
    patient: Patient, server: DiaryServer, sheet: Sheet
) -> None:
    patient.phone.context.add_init_script(CANNOT_OPEN)
    held = open_held_back(patient.phone, f"{server.url}/")
    patient.page.locator(".point:has(input[value='3'])").tap()
    patient.press("Save")
    patient.page.evaluate("window.isThisLoad = true")
    held.let_go()
    expect(patient.title()).to_have_text("This phone cannot keep your diary now")
    wait_until(patient.page, "window.firstTaps === undefined")
    assert patient.page.evaluate("window.isThisLoad") is True  # "Try again" loads the page anew
    assert server.entries(sheet.block_id) == []


def test_a_new_phone_reads_the_welcome_before_the_app_is_there_as_the_app_says_it(
    desk: Browser, shared_server: DiaryServer
) -> None:
    with new_phone(desk, "en-GB") as page:
        held = hold(page)
        page.goto(f"{shared_server.url}/", wait_until="commit")
        agree = page.get_by_role("button", name="I have read this and agree")
        expect(agree).to_be_visible()
        wait_until(page, "document.readyState !== 'loading'")
        before = page.evaluate("document.getElementById('app').innerHTML")
        held.let_go()
        wait_until(page, "window.firstTaps === undefined")
        assert page.evaluate("document.getElementById('app').innerHTML") == before

    with new_phone(desk, "en-GB") as page:  # and an impatient thumb is not ignored
        held = hold(page)
        page.goto(f"{shared_server.url}/", wait_until="commit")
        agree = page.get_by_role("button", name="I have read this and agree")
        agree.tap()
        held.let_go()
        expect(page.get_by_label("Code")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "path", "is_installed"),
    [("fr-FR", "/", False), ("en-GB", "/#/help", False), ("en-GB", "/", True)],
)
def test_what_the_app_would_not_show_is_not_shown_before_it(
    desk: Browser, shared_server: DiaryServer, locale: str, path: str, is_installed: bool
) -> None:
    with new_phone(desk, locale) as page:
        if is_installed:  # it asks first whether it is linked already
            page.add_init_script(STANDALONE)
        held = hold(page)
        page.goto(f"{shared_server.url}{path}", wait_until="commit")
        wait_until(page, "document.readyState !== 'loading'")
        assert page.locator("#app > *").count() == 0
        held.let_go()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
