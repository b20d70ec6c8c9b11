"""The app in WebKit: what iPhones run, as far as WebKitGTK has it."""

import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.browser.diary_server import DiaryServer
from tests.browser.sheets import Sheet, new_sheet
from tests.browser.webkit import WebKitBrowser, webkit_browser

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="WebKitGTK is for Linux alone")

BUTTON = "//button[normalize-space()='{}']"
LINK = "//a[normalize-space()='{}']"
SCORE = "//input[@type='radio' and @value='{}']/ancestor::label"
IS_CHECKED = "document.querySelector('input[type=radio][value=\"{}\"]').checked"
CONTROLLED = """
Promise.race([
  navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null
    || new Promise(yes => navigator.serviceWorker.oncontrollerchange = () => yes(true))),
  new Promise((_, no) => setTimeout(() => no('no worker after 20 s'), 20000)),
])
"""
TEXT = "document.body.innerText"


@pytest.fixture(scope="module")
def sheet(shared_server: DiaryServer) -> Sheet:
    return new_sheet(shared_server, "P-600", since_block=timedelta(hours=1, seconds=5))


@pytest.fixture(scope="module")
def browser(
    tmp_path_factory: pytest.TempPathFactory, shared_server: DiaryServer, sheet: Sheet
) -> Iterator[WebKitBrowser]:
    """Linked to the clinic, an hour after the block."""
    with webkit_browser(tmp_path_factory.mktemp("webkit")) as started:
        started.goto(f"{shared_server.url}/")
        started.press(BUTTON.format("I have read this and agree"))
        started.type("//input", sheet.code)
        started.press(BUTTON.format("Link this phone"))
        started.press(BUTTON.format("It is the same"))
        started.press(LINK.format("Go on in the browser"))
        started.heading("remind")
        started.goto(f"{shared_server.url}/")
        started.heading("How strong is your pain now")
        yield started


def tap(browser: WebKitBrowser, score: int) -> None:
    """Tap a number; again if the screen, just opened, moved under the finger."""

    def tapped() -> bool:
        browser.press(SCORE.format(score))
        return bool(browser.evaluate(IS_CHECKED.format(score)))

    browser.wait_until(tapped, f"tap on {score}")


def rate(browser: WebKitBrowser, score: int) -> None:
    tap(browser, score)
    browser.press(BUTTON.format("Save"))


def scores(server: DiaryServer, sheet: Sheet) -> list[object]:
    return [each.content["scores"] for each in server.entries(sheet.block_id)]


def test_a_rating_made_with_no_network_is_there_after_a_reload_and_reaches_the_clinic_once(
    browser: WebKitBrowser, shared_server: DiaryServer, sheet: Sheet
) -> None:
    assert browser.evaluate(CONTROLLED)
    shared_server.stop()
    rate(browser, 4)
    browser.heading("^Saved on this phone, ")
    browser.goto(f"{shared_server.url}/")  # from what the worker keeps: nobody serves it
    browser.press(LINK.format("Entries"))
    browser.heading("Your entries")
    browser.wait_until(lambda: "Saved on this phone" in browser.evaluate(TEXT), "entry")
    assert scores(shared_server, sheet) == []

    shared_server.start()
    browser.reload()
    browser.wait_until(lambda: scores(shared_server, sheet), "entry at the clinic")
    browser.reload()
    browser.wait_until(lambda: "At your clinic, " in browser.evaluate(TEXT), "answer of the clinic")
    assert scores(shared_server, sheet) == [{"main": 4}]


def test_an_answer_given_while_the_store_hangs_stays_on_the_screen_and_is_saved_once(
    browser: WebKitBrowser, shared_server: DiaryServer, sheet: Sheet
) -> None:
    before = scores(shared_server, sheet)
    browser.goto(f"{shared_server.url}/#/rate")
    tap(browser, 6)
    with browser.frozen_network_process():
        browser.press(BUTTON.format("Save"))
        browser.wait_until(lambda: "Not saved." in browser.evaluate(TEXT), "failure in words")
        assert browser.evaluate(IS_CHECKED.format(6))
    browser.press(BUTTON.format("Try again to save"))
    browser.heading("^(Saved on this phone|At your clinic), ")
    wanted = [*before, {"main": 6}]
    browser.wait_until(lambda: scores(shared_server, sheet) == wanted, "entry at the clinic")
