"""The phone's store fails: nobody is told that an answer was kept which was not, and nothing is lost."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Playwright, expect

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
    expect(told).to_contain_text(f"Your answer is still here. {why}", timeout=15_000)
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
    expect(patient.title()).to_have_text("This phone cannot keep your diary now", timeout=15_000)
    expect(page.get_by_text("write your scores and their times on paper")).to_be_visible()
    expect(page.locator(".point")).to_have_count(0)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_store_that_fails_for_a_while_gives_everything_back(patient: Patient) -> None:
    patient.phone.close_app()
    patient.open()
    patient.page.evaluate(f"(() => {{ {NOTHING_WORKS} }})()")
    patient.page.evaluate(RESUME)
    expect(patient.title()).to_have_text("This phone cannot keep your diary now", timeout=15_000)
    patient.page.evaluate(MEND)
    patient.page.evaluate(RESUME)
    expect(patient.title()).not_to_have_text("This phone cannot keep your diary now")
    assert len(patient.entries()) > 0
