"""What the phone shows, and takes, before the app's own scripts have come."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, Route, expect

from tests.browser.chromium import ChromiumPhone, chromium_phone
from tests.browser.diary_server import DiaryServer
from tests.browser.patient import Patient
from tests.browser.sheets import Sheet, new_sheet
from tests.browser.test_updates import wait_until

KEPT = "JSON.parse(localStorage.getItem('first-screen'))"
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


def open_held_back(phone: ChromiumPhone, url: str) -> list[Route]:
    """Open a page from which the app's script is kept until its request is let go."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    phone.page = phone.context.new_page()
    network = phone.protocol()
    network.send("Network.enable")
    # What the worker has cannot be held back.
    network.send("Network.setBypassServiceWorker", {"bypass": True})
    phone.page.route("**/static/built/app.*.js", hold)
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
    held.pop().continue_()
    wait_until(patient.page, "window.firstTaps === undefined")
    assert patient.page.evaluate(PLACES) == before
    expect(patient.page.locator("input:checked")).to_have_value("4")

    held = open_held_back(patient.phone, f"{server.url}/")
    patient.page.locator(".point:has(input[value='3'])").tap()
    patient.press("Save")
    assert server.entries(sheet.block_id) == []
    held.pop().continue_()
    expect(patient.title()).to_contain_text("At your clinic", timeout=20_000)
    [entry] = server.entries(sheet.block_id)
    assert entry.content["scores"] == {"main": 3}

    # Answered: what is due now the app alone can tell.
    wait_until(patient.page, f"{KEPT}.windows.length === 10")
    held = open_held_back(patient.phone, f"{server.url}/")
    assert patient.page.locator("#app > *").count() == 0
    held.pop().continue_()
    expect(patient.title()).to_contain_text("passed. How is it now?")

    patient.phone.open(f"{server.url}/#/your-data")
    patient.press("Delete from this phone")
    patient.press("Yes, delete")
    wait_until(patient.page, "localStorage.getItem('first-screen') === null")
