"""An iPhone's Safari, its home screen, and an app's own browser, as far as Chromium can play them.

Each is a browser context of its own: what iOS installs starts with an empty store, and with the
site's cookies from 17.2 on. Not played: Safari's engine, its eviction, and the installing itself.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.diary_server import DiaryServer
from tests.browser.patient import Patient
from tests.browser.sheets import another_code, is_used, new_sheet, phones

WEBKIT = "like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
SAFARI_17_5 = (
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 {WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1"
)
SAFARI_16_4 = SAFARI_17_5.replace("17_5", "16_4").replace("17.5", "16.4")
ON_HOME_SCREEN = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 {WEBKIT} Mobile/15E148"
INSTAGRAM = f"{ON_HOME_SCREEN} Instagram 336.0.0.33.92 (iPhone14,5; iOS 17_5_1; en_US)"
AGREE = "I have read this and agree"


class IPhone:
    """One place on the phone where a page can be open, with a store of its own."""

    def __init__(self, desk: Browser, agent: str, cookies: list[Any]) -> None:
        self.context = desk.new_context(
            user_agent=agent,
            viewport={"width": 390, "height": 844},
            has_touch=True,
            is_mobile=True,
            locale="en-GB",
            timezone_id="Europe/London",
        )
        self.context.add_cookies(cookies)
        if agent == ON_HOME_SCREEN:
            self.context.add_init_script(
                "Object.defineProperty(navigator, 'standalone', { value: true });"
            )
        self.page: Page = self.context.new_page()
        self.redeemed: list[str] = []
        self.page.on("request", self._note)

    def open(self, url: str) -> Page:
        self.page.goto(url)
        return self.page

    def _note(self, request: Any) -> None:
        if request.url.endswith("/redeem"):
            self.redeemed.append(request.post_data)


Opened = Callable[..., tuple[IPhone, Patient]]


@pytest.fixture
def opened(desk: Browser, shared_server: DiaryServer) -> Iterator[Opened]:
    """Opens a place on the phone: what its browser names itself, the address, the cookies it has."""
    places: list[IPhone] = []

    def place(agent: str, path: str = "/", cookies: Any = ()) -> tuple[IPhone, Patient]:
        phone = IPhone(desk, agent, list(cookies))
        places.append(phone)
        phone.open(f"{shared_server.url}{path}")
        return phone, Patient(phone, shared_server.url)

    yield place
    for each in places:
        each.context.close()


def items(phone: IPhone) -> int:
    """How many entries and events the store of this place holds."""
    found = phone.page.evaluate(
        """Promise.race([
            new Promise((yes, no) => {
                const opening = indexedDB.open('block-diary');
                opening.onerror = () => no(opening.error);
                opening.onsuccess = () => {
                    const store = opening.result.transaction('items').objectStore('items');
                    store.count().onsuccess = event => {
                        opening.result.close();
                        yes(event.target.result);
                    };
                };
            }),
            new Promise((_, no) => setTimeout(() => no('no answer in 10 s'), 10000)),
        ])"""
    )
    return int(found)


def test_nothing_is_recorded_in_safari_and_the_installed_app_has_it_all_by_cookie_or_by_code(
    opened: Opened, shared_server: DiaryServer
) -> None:
    sheet = new_sheet(shared_server, "P-500", since_block=timedelta(hours=1, seconds=5))
    safari, patient = opened(SAFARI_17_5, f"/e#{sheet.token}")
    patient.press(AGREE)
    patient.press("Link this phone")
    patient.press("It is the same")
    expect(patient.title()).to_have_text("Put the diary on your home screen")
    expect(patient.page.locator("main")).to_contain_text("Tap Share: the square")
    for name in ("", "rate", "baseline", "memory/1h", "unable", "reminders", "injection-done"):
        patient.page.goto(f"{shared_server.url}/#/{name}")
        expect(patient.title()).to_have_text("Put the diary on your home screen")
    assert items(safari) == 0

    app, patient = opened(ON_HOME_SCREEN, cookies=safari.context.cookies())
    expect(patient.title()).not_to_have_text("Your pain diary around the injection")
    patient.rate(7)
    expect(patient.title()).to_contain_text("At your clinic")
    assert app.redeemed == []
    assert [each.content["scores"] for each in shared_server.entries(sheet.block_id)] == [
        {"main": 7}
    ]
    assert len(phones(shared_server, sheet)) == 1

    again, patient = opened(ON_HOME_SCREEN)  # taken off the home screen, put there anew, no cookie
    patient.press(AGREE)
    patient.page.get_by_label("Code").fill(sheet.code)
    patient.press("Link this phone")
    problem = patient.page.locator("#code-problem")
    expect(problem).to_contain_text("call your clinic on 020 7946 0011 and ask for a new one")
    patient.page.get_by_label("Code").fill(another_code(shared_server, sheet))
    patient.press("Link this phone")
    patient.press("It is the same")
    expect(patient.title()).to_have_text("Shall the diary remind you?")
    assert len(again.redeemed) == 2
    [line] = patient.entries(1, "At your clinic")
    assert "7" in line
    assert len(shared_server.entries(sheet.block_id)) == 1


def test_where_no_cookie_is_copied_safari_redeems_nothing_and_the_installed_app_takes_the_code(
    opened: Opened, shared_server: DiaryServer
) -> None:
    sheet = new_sheet(shared_server, "P-510")
    safari, patient = opened(SAFARI_16_4, f"/e#{sheet.token}")
    expect(patient.title()).to_have_text("Put the diary on your home screen")
    expect(patient.page.locator("main")).to_contain_text("type the code from your sheet")
    patient.page.goto(f"{shared_server.url}/#/enrol")
    expect(patient.title()).to_have_text("Put the diary on your home screen")
    assert safari.redeemed == [] and not is_used(shared_server, sheet)

    _, patient = opened(ON_HOME_SCREEN, cookies=safari.context.cookies())
    patient.press(AGREE)
    patient.page.get_by_label("Code").fill(sheet.code)
    patient.press("Link this phone")
    expect(patient.title()).to_have_text("Is this your check word?")
    [device] = phones(shared_server, sheet)
    expect(patient.page.locator(".figure")).to_have_text(device.check_word)


def test_an_apps_own_browser_redeems_nothing_and_hands_the_link_out_or_keeps_the_diary_if_it_must(
    opened: Opened, shared_server: DiaryServer
) -> None:
    sheet = new_sheet(shared_server, "P-520", since_block=timedelta(hours=1, seconds=5))
    inside, patient = opened(INSTAGRAM, f"/e#{sheet.token}")
    expect(patient.title()).to_have_text("Open this page in Safari")
    expect(patient.page.locator("main")).to_contain_text("You are inside Instagram.")
    inside.context.grant_permissions(
        ["clipboard-read", "clipboard-write"], origin=shared_server.url
    )
    patient.press("Copy the link")
    expect(patient.page.locator("main")).to_contain_text("The link is copied.")
    copied = patient.page.evaluate(
        "Promise.race([navigator.clipboard.readText(),"
        " new Promise((_, no) => setTimeout(() => no('no answer in 10 s'), 10000))])"
    )
    assert copied == f"{shared_server.url}/e#{sheet.token}"
    patient.page.goto(f"{shared_server.url}/#/enrol")
    expect(patient.title()).to_have_text("Open this page in Safari")
    assert inside.redeemed == [] and not is_used(shared_server, sheet)

    patient.press("I cannot do this")
    expect(patient.page.locator("main")).to_contain_text("Here this phone will not remind you.")
    patient.press("Keep it here")
    patient.press(AGREE)
    patient.press("Link this phone")
    patient.press("It is the same")
    patient.page.goto(f"{shared_server.url}/")
    patient.rate(3)
    expect(patient.title()).to_contain_text("At your clinic")
    assert [each.content["scores"] for each in shared_server.entries(sheet.block_id)] == [
        {"main": 3}
    ]
