"""A network that answers late, or whose answers are lost: nothing is sent by a second press, nothing counts twice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, Route, expect

from tests.browser.chromium import ChromiumPhone, chromium_phone
from tests.browser.diary_server import DiaryServer
from tests.browser.held import Held
from tests.browser.patient import Patient
from tests.browser.sheets import Sheet, new_sheet, phones
from tests.browser.waiting import wait_for

SINCE_BLOCK = timedelta(hours=1, seconds=5)
NO_BACKGROUND_SYNC = "delete ServiceWorkerRegistration.prototype.sync"


@pytest.fixture
def phone(playwright: Playwright, tmp_path: Path) -> Iterator[ChromiumPhone]:
    with chromium_phone(playwright, tmp_path / "profile") as started:
        # The worker's own requests cannot be held up: what a page sends is looked at alone.
        started.context.add_init_script(NO_BACKGROUND_SYNC)
        yield started


@pytest.fixture
def sheet(shared_server: DiaryServer, request: pytest.FixtureRequest) -> Sheet:
    return new_sheet(shared_server, request.node.name, since_block=SINCE_BLOCK)


def test_a_code_is_sent_once_however_often_it_is_pressed(
    phone: ChromiumPhone, shared_server: DiaryServer, sheet: Sheet
) -> None:
    patient = Patient(phone, shared_server.url)
    patient.open()
    patient.press("I have read this and agree")
    page, held = patient.page, Held(patient.page, "**/api/phone/redeem")
    field = page.get_by_label("Code")
    field.fill(sheet.code)
    field.press("Enter")
    held.wait_for(1)
    busy = page.get_by_role("button", name="Linking…")
    expect(busy).to_have_attribute("aria-disabled", "true")
    field.press("Enter")
    busy.tap(force=True)
    page.wait_for_timeout(500)
    assert len(held.routes) == 1

    held.let_go()
    expect(patient.title()).to_have_text("Is this your check word?")
    page.wait_for_timeout(500)
    assert held.routes == []
    assert len(phones(shared_server, sheet)) == 1


def test_while_a_sync_is_slow_entries_are_kept_and_none_is_sent_twice(
    phone: ChromiumPhone, shared_server: DiaryServer, sheet: Sheet
) -> None:
    patient = Patient(phone, shared_server.url)
    patient.enrol(sheet.code)

    def is_told() -> bool:
        [device] = phones(shared_server, sheet)
        return device.storage_persisted is not None

    wait_for(
        is_told, lambda: patient.page.wait_for_timeout(50)
    )  # of enrolling, the last to be sent
    held = Held(patient.page, "**/api/phone/sync")
    patient.rate(5)
    expect(patient.title()).to_contain_text("Saved on this phone")
    held.wait_for(1)
    patient.press("Done")
    patient.follow("Rate now")
    expect(patient.page.get_by_text("1 entry waits on this phone")).to_contain_text("Sending…")
    patient.rate(4)
    assert len(held.routes) == 1

    held.let_go()
    held.wait_for(1)  # what came meanwhile
    [second] = held.routes
    items = second.request.post_data_json["items"]
    assert [item["scores"] for item in items] == [{"main": 4}]
    held.let_go()
    expect(patient.title()).to_contain_text("At your clinic")
    entries = shared_server.entries(sheet.block_id)
    assert [each.content["scores"]["main"] for each in entries] == [5, 4]


def test_an_entry_whose_answer_was_lost_is_sent_again_and_stored_once(
    phone: ChromiumPhone, shared_server: DiaryServer, sheet: Sheet
) -> None:
    patient = Patient(phone, shared_server.url)
    patient.enrol(sheet.code)
    stored: list[int] = []

    def lose_the_answer(route: Route) -> None:
        stored.append(route.fetch().status)
        route.abort("connectionreset")

    patient.page.route("**/api/phone/sync", lose_the_answer)
    patient.rate(8)
    expect(patient.title()).to_contain_text("Saved on this phone")
    wait_for(lambda: stored, lambda: patient.page.wait_for_timeout(50))
    patient.page.wait_for_timeout(1000)
    assert stored[:1] == [200]
    assert len(shared_server.entries(sheet.block_id)) == 1
    expect(patient.title()).to_contain_text("Saved on this phone")

    with patient.page.expect_response("**/api/phone/sync") as again:
        patient.page.unroute("**/api/phone/sync")
        patient.page.evaluate("dispatchEvent(new Event('online'))")
    [result] = again.value.json()["results"]
    assert result["outcome"] == "duplicate"
    expect(patient.title()).to_contain_text("At your clinic")
    [entry] = shared_server.entries(sheet.block_id)
    assert entry.content["scores"] == {"main": 8}
