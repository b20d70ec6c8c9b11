"""A diary kept with the keyboard alone, on the real server: no finger touches the screen."""

from pathlib import Path

from playwright.sync_api import Playwright, expect

from tests.browser.chromium import chromium_phone
from tests.browser.diary_server import DiaryServer
from tests.browser.patient import Patient
from tests.browser.sheets import new_sheet
from tests.browser.waiting import wait_until

MOST_TABS = 40
FOCUSED = """
() => {
  const focused = document.activeElement;
  const words = focused.getAttribute('aria-label') ?? focused.labels?.[0]?.textContent ?? focused.textContent;
  return [focused.localName, focused.type ?? '', words.trim()];
}
"""


def test_from_the_code_to_a_corrected_score_by_the_keyboard_alone(
    playwright: Playwright, server: DiaryServer, tmp_path: Path
) -> None:
    sheet = new_sheet(server, "P-800")
    with chromium_phone(playwright, tmp_path / "profile") as phone:
        patient = Patient(phone, server.url)
        patient.open()
        wait_until(patient.page, "window.firstTaps === undefined")  # the app has taken over
        expect(patient.title()).to_be_visible()
        keys = patient.page.keyboard

        def tab_to(name: str, kind: str = "") -> None:
            """Tab, from wherever the focus is, until something of this name has it."""
            for _ in range(MOST_TABS):
                keys.press("Tab")
                _, its_kind, words = patient.page.evaluate(FOCUSED)
                if words.startswith(name) and kind in its_kind:
                    return
            raise AssertionError(f"Tab does not lead to {name}")

        def score(points: int) -> None:
            """The scale is one stop of Tab; from its first point on, arrows."""
            tab_to("0", "radio")
            keys.press("Space")
            for _ in range(points):
                keys.press("ArrowRight")

        tab_to("I have read this and agree")
        keys.press("Enter")
        expect(patient.title()).to_have_text("Type the code from your sheet")
        tab_to("Code")
        keys.type(sheet.code)
        keys.press("Enter")
        expect(patient.title()).to_have_text("Is this your check word?")
        tab_to("It is the same")
        keys.press("Space")
        expect(patient.title()).to_have_text("Put the diary on your home screen")
        tab_to("Go on in the browser")
        keys.press("Enter")
        expect(patient.title()).to_have_text("Shall the diary remind you?")
        tab_to("Go on without reminders")
        keys.press("Space")
        expect(patient.title()).to_have_text("How strong is your pain now?")

        score(6)
        tab_to("Save")
        keys.press("Enter")
        expect(patient.title()).to_contain_text("At your clinic, ")
        tab_to("Correct it or take it back")
        keys.press("Enter")
        expect(patient.title()).to_have_text("Your entries")
        tab_to(first_words(patient.page.locator("main li").inner_text()))
        keys.press("Enter")
        expect(patient.title()).to_have_text("Your pain: 6")
        tab_to("Correct it")
        keys.press("Enter")
        expect(patient.title()).to_contain_text("How strong was your pain at ")
        score(4)
        tab_to("Save")
        keys.press("Space")
        expect(patient.title()).to_contain_text("At your clinic, ")

    entries = {each.content["scores"]["main"]: each for each in server.entries(sheet.block_id)}
    assert entries.keys() == {6, 4}
    assert entries[4].content["replaces"] == str(entries[6].id)
    assert entries[6].content["replaces"] is None


def first_words(text: str) -> str:
    """Its first line: when an entry was felt."""
    return text.strip().splitlines()[0]
