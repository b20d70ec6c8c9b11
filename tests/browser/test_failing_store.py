"""The phone's store fails: nobody is told that an answer was kept which was not, and nothing is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Playwright, expect

from tests.browser import waiting
from tests.browser.chromium import chromium_phone
from tests.browser.diary_server import DiaryServer
from tests.browser.patient import Patient
from tests.browser.sheets import Sheet, new_sheet

#: Each makes every write fail in a way that browsers do, until MEND.
PUT_FAILS = """
window.mend = (put => () => { IDBObjectStore.prototype.put = put })(IDBObjectStore.prototype.put);
IDBObjectStore.prototype.put = () => { throw new DOMException('disk', 'UnknownError') };
"""
ABORTED_AT_THE_END = """
window.mend = (put => () => { IDBObjectStore.prototype.put = put })(IDBObjectStore.prototype.put);
const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (...given) {
  const request = put.apply(this, given);
  request.addEventListener('success', () => this.transaction.abort());
  return request;
};
"""
NO_ROOM = """
window.mend = (put => () => { IDBObjectStore.prototype.put = put })(IDBObjectStore.prototype.put);
IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') };
"""
NOTHING_WORKS = """
window.mend = (begin => () => { IDBDatabase.prototype.transaction = begin })(
  IDBDatabase.prototype.transaction);
IDBDatabase.prototype.transaction = () => { throw new DOMException('gone', 'InvalidStateError') };
"""
CANNOT_OPEN = """
IDBFactory.prototype.open = () => { throw new DOMException('private', 'SecurityError') };
"""
MUCH_NEWER = """new Promise((resolve, reject) => {
  const request = indexedDB.open('block-diary', 3);
  request.onsuccess = () => { request.result.close(); resolve(true) };
  request.onerror = () => reject(request.error);
})"""
MEND = "window.mend()"
RESUME = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture(scope="module")
def sheet(shared_server: DiaryServer) -> Sheet:
    return new_sheet(shared_server, "P-500", since_block=timedelta(hours=1, seconds=5))


@pytest.fixture(scope="module")
def patient(
    playwright: Playwright,
    tmp_path_factory: pytest.TempPathFactory,
    shared_server: DiaryServer,
    sheet: Sheet,
) -> Iterator[Patient]:
    with chromium_phone(playwright, tmp_path_factory.mktemp("phone") / "profile") as phone:
        enrolled = Patient(phone, shared_server.url)
        enrolled.enrol(sheet.code)
        yield enrolled


@pytest.mark.parametrize(
    ("fault", "score", "why"),
    [
        (PUT_FAILS, 3, "This phone could not save."),
        (ABORTED_AT_THE_END, 4, "This phone could not save."),
        (NO_ROOM, 5, "This phone has no room left. Delete something you do not need"),
        (NOTHING_WORKS, 6, "This phone could not save."),
    ],
)
def test_an_answer_that_cannot_be_kept_stays_on_the_screen_until_it_is(
    patient: Patient, shared_server: DiaryServer, sheet: Sheet, fault: str, score: int, why: str
) -> None:
    before = len(shared_server.entries(sheet.block_id))
    patient.phone.close_app()
    page = patient.phone.open(f"{shared_server.url}/#/rate")
    page.locator(f".point:has(input[value='{score}'])").tap()
    page.evaluate(f"(() => {{ {fault} }})()")
    page.evaluate(RESUME)  # whatever the app looks up meanwhile, the answer stays in view

    patient.press("Save")
    told = page.locator(".notice", has_text="Not saved.")
    expect(told).to_contain_text(f"Your answer is still here. {why}")
    expect(page.locator(f"input[value='{score}']")).to_be_checked()
    assert len(shared_server.entries(sheet.block_id)) == before

    page.evaluate(MEND)
    patient.press("Try again to save")
    expect(patient.title()).to_contain_text("At your clinic")
    entries = shared_server.entries(sheet.block_id)
    assert [each.content["scores"] for each in entries[before:]] == [{"main": score}]


def test_a_store_that_cannot_be_opened_is_said_plainly_and_asks_nothing(patient: Patient) -> None:
    patient.phone.close_app()
    page = patient.phone.page = patient.phone.context.new_page()
    page.add_init_script(CANNOT_OPEN)
    page.goto(f"{patient.url}/")
    expect(patient.title()).to_have_text("This phone cannot keep your diary now")
    expect(page.get_by_text("write your scores and their times on paper")).to_be_visible()
    expect(page.locator(".point")).to_have_count(0)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_store_that_fails_for_a_while_gives_everything_back(
    patient: Patient, shared_server: DiaryServer, sheet: Sheet
) -> None:
    patient.phone.close_app()
    patient.open()
    patient.page.evaluate(f"(() => {{ {NOTHING_WORKS} }})()")
    patient.page.evaluate(RESUME)
    expect(patient.title()).to_have_text("This phone cannot keep your diary now")
    patient.page.evaluate(MEND)
    patient.page.evaluate(RESUME)
    expect(patient.title()).not_to_have_text("This phone cannot keep your diary now")
    assert patient.entries(len(scores(shared_server, sheet)), "At your clinic")


def test_a_phone_whose_browser_lost_the_store_has_everything_back_and_sends_it_once(
    patient: Patient, shared_server: DiaryServer, sheet: Sheet
) -> None:
    before = scores(shared_server, sheet)
    with not_sent(patient, shared_server, 7):
        lose_the_store(patient, shared_server)
        patient.phone.close_app()
    patient.open()
    expect(patient.title()).not_to_have_text("Your pain diary around the injection")
    wait_for(patient, lambda: scores(shared_server, sheet) == [*before, {"main": 7}])
    patient.entries(len(before) + 1, "At your clinic")


def test_what_waits_in_a_store_that_cannot_be_opened_reaches_the_clinic_from_its_copy_once(
    patient: Patient, shared_server: DiaryServer, sheet: Sheet
) -> None:
    before = scores(shared_server, sheet)
    with not_sent(patient, shared_server, 8):
        patient.phone.close_app()
        page = patient.phone.page = patient.phone.context.new_page()
        page.add_init_script(CANNOT_OPEN)
        page.goto(f"{patient.url}/")
        expect(page.get_by_text("1 entry waits in a second place on this phone.")).to_be_visible()
    page.reload()
    wait_for(patient, lambda: scores(shared_server, sheet) == [*before, {"main": 8}])
    expect(page.get_by_text("in a second place")).to_have_count(0)
    expect(patient.title()).to_have_text("This phone cannot keep your diary now")

    patient.phone.close_app()
    patient.open()
    expect(patient.title()).not_to_have_text("This phone cannot keep your diary now")
    patient.page.evaluate(RESUME)
    patient.entries(len(before) + 1)
    assert scores(shared_server, sheet) == [*before, {"main": 8}]


def test_on_a_full_phone_nothing_is_called_saved_and_the_answer_reaches_the_clinic_once(
    patient: Patient, shared_server: DiaryServer, sheet: Sheet
) -> None:
    before = scores(shared_server, sheet)
    patient.phone.restart()  # else the browser believes for half a minute that there is room
    quota = patient.phone.protocol(patient.phone.context.new_page())
    origin = {"origin": shared_server.url}
    quota.send("Storage.overrideQuotaForOrigin", {**origin, "quotaSize": 1})
    page = patient.phone.open(f"{shared_server.url}/#/rate")
    page.locator(".point:has(input[value='9'])").tap()
    patient.press("Save")
    told = page.locator(".notice", has_text="Not saved.")
    expect(told).to_contain_text("This phone has no room left.")
    assert scores(shared_server, sheet) == before

    page.reload()  # the patient gives up; the phone has no room still
    wait_for(patient, lambda: scores(shared_server, sheet) == [*before, {"main": 9}])
    quota.send("Storage.overrideQuotaForOrigin", origin)
    page.reload()
    patient.entries(len(before) + 1)
    assert scores(shared_server, sheet) == [*before, {"main": 9}]


def test_two_windows_are_one_diary_and_nothing_is_there_twice(
    patient: Patient, shared_server: DiaryServer, sheet: Sheet
) -> None:
    before = scores(shared_server, sheet)
    patient.phone.close_app()
    pages = [patient.phone.open(f"{shared_server.url}/#/rate") for _ in range(2)]
    for page, score in zip(pages, (1, 2), strict=True):
        page.locator(f".point:has(input[value='{score}'])").check()
    for page in pages:  # neither waits for the other
        page.evaluate("document.querySelector('button.primary').click()")
    for page in pages:
        expect(page.get_by_role("heading", level=1)).to_contain_text("At your clinic")
        page.goto(f"{shared_server.url}/#/entries")
        expect(page.locator("main li")).to_have_count(len(before) + 2)
    after = scores(shared_server, sheet)[len(before) :]
    assert sorted(after, key=str) == [{"main": 1}, {"main": 2}]


def test_a_store_that_is_two_versions_newer_says_what_to_do_and_loses_no_answer(
    patient: Patient, shared_server: DiaryServer, sheet: Sheet
) -> None:
    """Last in this file: the phone's store stays as it is."""
    before = scores(shared_server, sheet)
    patient.phone.close_app()
    page = patient.phone.open(f"{shared_server.url}/#/rate")
    page.locator(".point:has(input[value='10'])").tap()
    page.evaluate(MUCH_NEWER)
    patient.press("Save")
    expect(page.locator(".notice", has_text="Not saved.")).to_contain_text(
        "A newer version of the diary is on this phone. Close the diary and open it again."
    )
    patient.phone.close_app()
    patient.open()
    wait_for(patient, lambda: scores(shared_server, sheet) == [*before, {"main": 10}])


def scores(server: DiaryServer, sheet: Sheet) -> list[object]:
    return [each.content["scores"] for each in server.entries(sheet.block_id)]


@contextmanager
def not_sent(patient: Patient, server: DiaryServer, score: int) -> Iterator[None]:
    """A rating that waits on the phone; the network comes back at the end."""
    patient.phone.close_app()
    patient.phone.open(f"{server.url}/#/rate")
    expect(patient.title()).to_have_text("How strong is your pain now?")
    patient.phone.set_offline(True)
    try:
        patient.rate(score)
        yield
    finally:
        patient.phone.set_offline(False)


def lose_the_store(patient: Patient, server: DiaryServer) -> None:
    """As browsers do: IndexedDB alone is empty."""
    lost = {"origin": server.url, "storageTypes": "indexeddb"}
    patient.phone.protocol().send("Storage.clearDataForOrigin", lost)


def wait_for(patient: Patient, reached: Callable[[], bool]) -> None:
    waiting.wait_for(reached, lambda: patient.page.wait_for_timeout(50))
