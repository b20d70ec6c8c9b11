"""In a private window, which no page can recognise, the patient is told beforehand what it costs."""

from datetime import timedelta

from playwright.sync_api import Browser, Page, expect

from tests.browser.diary_server import DiaryServer
from tests.browser.sheets import new_sheet, phones
from tests.browser.waiting import wait_for

BEFORE = "Do not use a private window: it forgets your diary when you close it."
AFTER = "This browser may delete it, above all in a private window that you close."


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_private_window_is_warned_of_before_and_while_something_waits_and_the_clinic_knows(
    desk: Browser, server: DiaryServer
) -> None:
    sheet = new_sheet(server, "P-700", since_block=timedelta(hours=1, seconds=5))
    private = desk.new_context()
    page = private.new_page()
    page.goto(server.url)
    press(page, "I have read this and agree")
    expect(page.get_by_text(BEFORE)).to_be_visible()
    page.get_by_label("Code").fill(sheet.code)
    press(page, "Link this phone")
    press(page, "It is the same")
    page.goto(server.url)
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_text("How strong is your pain now?")

    def is_told() -> bool:
        [phone] = phones(server, sheet)
        return phone.storage_persisted is False

    wait_for(is_told, lambda: page.wait_for_timeout(50))

    server.stop()
    page.locator(".point:has(input[value='4'])").click()
    press(page, "Save")
    expect(title).to_contain_text("Saved on this phone")
    press(page, "Done")
    expect(page.get_by_text(AFTER)).to_be_visible()

    private.close()  # and that is how it is
    server.start()
    again = desk.new_context()
    page = again.new_page()
    page.goto(server.url)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Your pain diary around the injection"
    )
    assert server.entries(sheet.block_id) == []
    again.close()
