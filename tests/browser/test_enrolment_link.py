"""Letting a phone in: a link redeems nothing by itself and leaves no trace; entries outlive the link."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, Request, expect

from server.domain.enrolment import LIFETIME
from tests.browser.chromium import ChromiumPhone, chromium_phone
from tests.browser.diary_server import DiaryServer
from tests.browser.patient import Patient
from tests.browser.sheets import another_code, is_used, new_sheet, phones, shut_out

AGREE = "I have read this and agree"


@pytest.fixture
def phone(playwright: Playwright, tmp_path: Path) -> Iterator[ChromiumPhone]:
    with chromium_phone(playwright, tmp_path / "profile") as started:
        yield started


def addresses(phone: ChromiumPhone) -> str:
    """The address bar and the history of the page."""
    entries = phone.protocol().send("Page.getNavigationHistory")["entries"]
    return " ".join(entry["url"] for entry in entries)


def test_a_link_redeems_nothing_until_the_button_is_pressed_and_leaves_no_trace(
    phone: ChromiumPhone, shared_server: DiaryServer
) -> None:
    sheet = new_sheet(shared_server, "P-300")
    patient = Patient(phone, shared_server.url)
    requests: list[Request] = []
    phone.context.on("request", lambda request: requests.append(request))

    phone.open(f"{shared_server.url}/e#{sheet.token}")
    expect(patient.title()).to_have_text("Your pain diary around the injection")
    assert sheet.token not in addresses(phone)
    patient.page.reload()
    patient.press(AGREE)
    expect(patient.title()).to_have_text("Link this phone to your clinic")
    patient.page.reload()  # the token is still there, until it is used
    patient.press(AGREE)
    expect(patient.title()).to_have_text("Link this phone to your clinic")
    assert not is_used(shared_server, sheet)
    assert not any(request.url.endswith("/redeem") for request in requests)

    patient.press("Link this phone")
    expect(patient.title()).to_have_text("Is this your check word?")
    [let_in] = phones(shared_server, sheet)
    expect(patient.page.locator(".figure")).to_have_text(let_in.check_word)
    assert patient.page.evaluate("Object.values(sessionStorage)") == []
    assert sheet.token not in addresses(phone)
    assert not any(sheet.token in request.url.partition("#")[0] for request in requests)


def test_a_link_or_code_that_lets_nobody_in_says_what_to_do(
    phone: ChromiumPhone, shared_server: DiaryServer
) -> None:
    long_ago = shared_server.now() - LIFETIME - timedelta(minutes=1)
    expired = new_sheet(shared_server, "P-310", made_at=long_ago)
    used = new_sheet(shared_server, "P-311")
    other = phone.context.request.post(
        f"{shared_server.url}/api/phone/redeem",
        data={"token": used.token, "consented": True},
        headers={"Origin": shared_server.url},
    )
    assert other.status == 201, other.text()
    phone.context.clear_cookies()
    patient = Patient(phone, shared_server.url)
    phone.open(f"{shared_server.url}/e#{used.token}")
    patient.press(AGREE)
    patient.press("Link this phone")
    problem = patient.page.locator("#code-problem")
    expect(problem).to_contain_text("has used this link or code already")
    expect(problem).to_contain_text("call your clinic on 020 7946 0011")

    for code, words in [
        (expired.code, "has expired: it works for 7 days. To get a new one, call your clinic on"),
        ("ABCD-2345", "Compare it with your sheet and type it again."),
        ("ABC", "you typed 3. Look at your sheet again."),
    ]:
        patient.page.get_by_label("Code").fill(code)
        patient.press("Link this phone")
        expect(problem).to_contain_text(words)
    assert not is_used(shared_server, expired)


def test_unsent_entries_outlive_the_link_and_arrive_once_over_a_new_one(
    phone: ChromiumPhone, server: DiaryServer
) -> None:
    sheet = new_sheet(server, "P-320", since_block=timedelta(hours=1, seconds=5))
    patient = Patient(phone, server.url)
    patient.enrol(sheet.code)
    server.stop()
    patient.rate(7)
    shut_out(server, sheet)
    server.start()

    patient.open()
    lost = patient.page.get_by_text("This phone is no longer linked to your clinic.")
    expect(lost).to_contain_text("All you entered is kept here. Ask your clinic for a new code")
    assert server.entries(sheet.block_id) == []
    patient.entries(1, "Saved on this phone")

    patient.follow("Enter a new code")
    patient.press(AGREE)
    patient.page.get_by_label("Code").fill(another_code(server, sheet))
    patient.press("Link this phone")
    expect(patient.title()).to_have_text("Is this your check word?")
    expect(lost).to_have_count(0)
    patient.entries(1, "At your clinic")
    [entry] = server.entries(sheet.block_id)
    assert entry.content["scores"] == {"main": 7}
