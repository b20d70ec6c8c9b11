"""A new version reaches an open phone without taking anything from its patient."""

import shutil
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Page, Playwright, expect
from sqlalchemy import select

from server.storage.models import DiaryEntry
from server.web.assets import BUILT
from tests.browser.chromium import chromium_phone, close_page
from tests.browser.diary_server import DiaryServer
from tests.browser.new_build import deploy, new_build, script_of
from tests.browser.patient import Patient
from tests.browser.sheets import new_sheet
from tests.browser.waiting import wait_for, wait_until

#: What the app does when it comes to the front.
RESUME = "document.dispatchEvent(new Event('visibilitychange'))"
HAS_SECOND_SCRIPT = (
    "performance.getEntriesByType('resource').some(e => e.name.includes('second-screens'))"
)
#: The address of the app's script that this page has loaded; empty before it has.
RUNNING = """performance.getEntriesByType('resource')
  .map(({ name }) => new URL(name).pathname).find(path => /\\/app\\.\\w+\\.js$/.test(path)) ?? ''"""
WAITS = "navigator.serviceWorker.getRegistration().then(r => !!r.waiting && !r.installing)"
WORKER_IS_TO_SYNC = (
    "navigator.serviceWorker.ready.then(r => r.sync.getTags()).then(t => t.length == 1)"
)
#: A page that the phone froze: it does not let go of the store when a newer version asks.
HOLD_STORE = """new Promise((resolve, reject) => {
  const request = indexedDB.open('block-diary');
  request.onsuccess = () => { window.held = request.result; resolve(true) };
  request.onerror = () => reject(request.error);
})"""
CANNOT_KEEP = "This phone cannot keep your diary now"
#: Long enough for a reload to have begun.
A_WHILE_MILLISECONDS = 1500


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another build, of changed sources."""
    made = new_build(tmp_path_factory.mktemp("next"))
    assert script_of(made) != script_of(BUILT)
    return made


@pytest.fixture
def patient(playwright: Playwright, server: DiaryServer, tmp_path: Path) -> Iterator[Patient]:
    """Enrolled, an hour after the block: the scale is on the screen."""
    sheet = new_sheet(server, "P-400", since_block=timedelta(hours=1, seconds=5))
    with chromium_phone(playwright, tmp_path / "profile") as phone:
        enrolled = Patient(phone, server.url)
        enrolled.enrol(sheet.code)
        enrolled.is_ready_offline()
        yield enrolled


class Loads:
    """How often a page was loaded since."""

    def __init__(self, page: Page) -> None:
        self.count = 0
        self._page = page
        page.on("domcontentloaded", self._note)

    def wait_for(self, count: int) -> None:
        """Wait until it was loaded so often, and then whether it is loaded once more."""
        wait_for(lambda: self.count >= count, lambda: self._page.wait_for_timeout(50))
        self._page.wait_for_timeout(A_WHILE_MILLISECONDS)
        assert self.count == count

    def _note(self, _: Page) -> None:
        self.count += 1


def running(page: Page) -> str:
    """The address of the script that the page runs."""
    return str(page.evaluate(RUNNING))


def expect_running(page: Page, built: Path) -> None:
    """Wait until the page runs this build."""
    wait_until(page, f"({RUNNING}) === '{script_of(built)}'")


def look_for_update(page: Page) -> None:
    """Have the browser look, and not wait for what it finds: the page may be loaded anew at once."""
    page.evaluate("void navigator.serviceWorker.ready.then(r => r.update())")


def tap(patient: Patient, score: int) -> None:
    patient.page.locator(f".point:has(input[value='{score}'])").tap()


def saved(server: DiaryServer) -> list[object]:
    with server.database.reading() as session:
        return [each.content["scores"] for each in session.scalars(select(DiaryEntry))]


def test_an_answer_is_never_interrupted_and_once_saved_the_new_version_comes_by_one_reload(
    patient: Patient, server: DiaryServer, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, loads = patient.page, Loads(patient.page)
    tap(patient, 4)
    deploy(server, built, monkeypatch)
    look_for_update(page)
    wait_until(page, WAITS)
    page.evaluate(RESUME)
    page.wait_for_timeout(A_WHILE_MILLISECONDS)
    assert (loads.count, running(page)) == (0, script_of(BUILT))
    expect(page.locator("input[value='4']")).to_be_checked()

    patient.press("Save")
    expect_running(page, built)
    expect(patient.title()).to_contain_text("At your clinic")
    page.evaluate(RESUME)
    loads.wait_for(1)
    assert saved(server) == [{"main": 4}]

    server.stop()
    page.reload()
    assert running(page) == script_of(built)


def test_a_sync_that_gets_no_answer_does_not_keep_the_new_version_waiting(
    patient: Patient, server: DiaryServer, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, loads = patient.page, Loads(patient.page)
    deploy(server, built, monkeypatch)
    server.hold_up_syncs()
    tap(patient, 4)
    patient.press("Save")
    expect(patient.title()).to_contain_text("Saved on this phone")
    wait_until(page, WORKER_IS_TO_SYNC)
    page.wait_for_timeout(A_WHILE_MILLISECONDS)  # it has begun
    look_for_update(page)
    expect_running(page, built)
    expect(patient.title()).to_contain_text("Saved on this phone")

    server.let_syncs_go()
    expect(patient.title()).to_contain_text("At your clinic")
    loads.wait_for(1)
    assert saved(server) == [{"main": 4}]


def test_a_screen_where_nothing_can_be_lost_takes_the_new_version_at_once(
    patient: Patient, server: DiaryServer, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = Loads(patient.page)
    deploy(server, built, monkeypatch)
    look_for_update(patient.page)
    expect_running(patient.page, built)
    loads.wait_for(1)


def test_versions_that_follow_each_other_fast_do_not_reload_the_page_over_and_over(
    patient: Patient,
    server: DiaryServer,
    built: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, loads = patient.page, Loads(patient.page)
    patient.phone.set_clock(datetime.now().astimezone())
    restless = tmp_path / "restless"
    shutil.copytree(built, restless)
    (restless / "sw.js.br").unlink()
    deploy(server, restless, monkeypatch)
    for number in range(3):
        with (restless / "sw.js").open("a") as worker:
            worker.write(f"\n// {number}")
        look_for_update(page)
        loads.wait_for(1)
        page.evaluate(RESUME)
    wait_until(page, WAITS)
    loads.wait_for(1)

    patient.phone.advance_clock(timedelta(minutes=11))
    loads.wait_for(2)


def test_an_old_page_goes_on_working_offline_while_another_has_the_new_version(
    patient: Patient, server: DiaryServer, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, loads = patient.page, Loads(patient.page)
    deploy(server, built, monkeypatch)
    server.stop()
    old.reload()  # not updated yet: from what the phone holds
    expect(patient.title()).to_have_text("How strong is your pain now?")
    assert running(old) == script_of(BUILT)
    wait_until(old, HAS_SECOND_SCRIPT)
    tap(patient, 6)

    server.start()
    patient.open()  # another window: it looks for a new version by itself, and takes it
    expect_running(patient.page, built)
    server.stop()
    old.bring_to_front()
    old.wait_for_timeout(A_WHILE_MILLISECONDS)
    assert (loads.count, running(old)) == (1, script_of(BUILT))
    old.get_by_role("link", name="Help").tap()  # of its own version, which nobody serves any more
    expect(old.get_by_role("heading", level=1)).to_have_text("Help")
    expect(old.get_by_text("Nobody watches this diary live. Some")).to_be_visible()
    old.get_by_role("link", name="Back").tap()
    expect(old.locator("input[value='6']")).to_be_checked()
    old.get_by_role("button", name="Save", exact=True).tap()
    expect_running(old, built)
    expect(old.get_by_role("heading", level=1)).to_contain_text("Saved on this phone")
    loads.wait_for(2)


def test_a_newer_store_that_a_frozen_window_blocks_is_said_and_what_waits_is_sent_all_the_same(
    patient: Patient, server: DiaryServer, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.stop()
    patient.rate(5)
    frozen = patient.phone.context.new_page()
    frozen.goto(f"{server.url}/manifest.webmanifest")  # which the worker has
    frozen.evaluate(HOLD_STORE)
    deploy(server, built, monkeypatch)
    patient.phone.close_app(but=frozen)
    patient.open()
    expect_running(patient.page, built)
    expect(patient.title()).to_have_text(CANNOT_KEEP)
    expect(patient.page.get_by_text("Close other windows of the diary.")).to_be_visible()
    wait_for(lambda: saved(server), lambda: patient.page.wait_for_timeout(50))
    assert saved(server) == [{"main": 5}]

    close_page(frozen)  # the diary goes on by itself, at the latest at its next tick
    expect(patient.title()).not_to_have_text(CANNOT_KEEP, timeout=60_000)
    patient.entries(1, "At your clinic")
    assert saved(server) == [{"main": 5}]


@pytest.mark.parametrize("address", ["/", "/e", "/sw.js"])
def test_what_the_phone_holds_of_the_old_build_is_never_taken_for_the_new(
    server: DiaryServer, built: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    with urllib.request.urlopen(f"{server.url}{address}") as answer:
        old_tag, old = answer.headers["ETag"], answer.read()
    asked = urllib.request.Request(f"{server.url}{address}", headers={"If-None-Match": old_tag})
    with pytest.raises(HTTPError) as unchanged:
        urllib.request.urlopen(asked)
    with unchanged.value:
        assert unchanged.value.code == 304

    deploy(server, built, monkeypatch)
    with urllib.request.urlopen(asked) as answer:
        assert answer.status == 200
        assert answer.read() != old
