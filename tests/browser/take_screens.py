"""The pictures of `docs/screens`, taken from the real app: `python -m tests.browser.take_screens`.

A clinic's afternoon of example data, and one patient's phone used as a person does.
"""

import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import FLAGS, chromium_phone, close_page
from tests.browser.clinic_day import ClinicDay, at
from tests.browser.clinic_screens import SCREENS, Desk
from tests.browser.diary_server import DiaryServer, diary_server
from tests.browser.patient import Patient
from tests.browser.small_png import small_png
from tests.rig.programs import chromium, required

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
DESK = {
    "clinic-board": ("board.board", "filled"),
    "clinic-block": ("block.block", "filled"),
    "clinic-enrol": ("enrol.enrol", "filled"),
    "clinic-sheet": ("sheet.sheet", "made"),
}


def take(folder: Path) -> list[Path]:
    """Every picture, in the order taken."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as data,
        sync_playwright() as playwright,
        diary_server(Path(data) / "diary", ["127.0.0.1"], at("18:20")) as server,
    ):
        day = ClinicDay(server.config, server.database)
        day.fill()
        browser = playwright.chromium.launch(
            executable_path=required(chromium(), "Chromium"), args=[*FLAGS, "--no-sandbox"]
        )
        taken = _of_the_clinic(browser, server, day, folder)
        code = _new_code(browser, server, day)
        browser.close()
        day.close()
        with chromium_phone(playwright, Path(data) / "phone", pixel_ratio=2) as phone:
            taken += _of_the_phone(Patient(phone, server.url), server, code, folder)
    return taken


def _desk(browser: Browser, server: DiaryServer, day: ClinicDay) -> Desk:
    context = browser.new_context(
        viewport={"width": 1280, "height": 860}, locale="en-GB", timezone_id="Europe/London"
    )
    return Desk(context.new_page(), server.url, day)


def _of_the_clinic(
    browser: Browser, server: DiaryServer, day: ClinicDay, folder: Path
) -> list[Path]:
    taken = []
    for name, (screen, state) in DESK.items():
        desk = _desk(browser, server, day)
        SCREENS[screen][state](desk)
        taken.append(_picture(desk.page, folder / f"{name}.png"))
        desk.page.context.close()
    return taken


def _new_code(browser: Browser, server: DiaryServer, day: ClinicDay) -> str:
    """The code on the sheet of the patient who has no phone yet."""
    desk = _desk(browser, server, day)
    SCREENS["sheet.sheet"]["made"](desk)
    return desk.page.locator("p.code").inner_text()


def _of_the_phone(patient: Patient, server: DiaryServer, code: str, folder: Path) -> list[Path]:
    done_at = at("18:22")
    patient.phone.set_clock(at("18:20"))
    patient.open()
    patient.page.get_by_role("button", name="I have read").wait_for()
    taken = [_picture(patient.page, folder / "phone-welcome.png")]
    patient.enrol(code)
    patient.rate(7)
    patient.press("Done")
    patient.injection_done()
    for minutes, score in ((16, 4), (31, 2), (61, 1)):
        server.ahead += done_at + timedelta(minutes=minutes) - server.now()
        patient.phone.set_clock(server.now())
        patient.open()
        patient.title().filter(has_text="How strong").wait_for()
        if minutes == 61:
            taken.append(_picture(patient.page, folder / "phone-rate.png"))
            patient.page.emulate_media(color_scheme="dark")
            taken.append(_picture(patient.page, folder / "phone-rate-dark.png"))
            patient.page.emulate_media(color_scheme="light")
            patient.phone.set_offline(True)
        patient.rate(score)
    taken.append(_picture(patient.page, folder / "phone-saved.png"))
    patient.entries(4)
    taken.append(_picture(patient.page, folder / "phone-entries.png"))
    return taken


def _picture(page: Page, file: Path) -> Path:
    page.wait_for_timeout(600)  # until the mark of the last tap is gone
    page.evaluate("document.fonts.ready.then(() => document.activeElement.blur())")
    png = page.screenshot(animations="disabled", caret="hide")
    aside = page.context.new_page()
    file.write_bytes(small_png(aside, png))
    close_page(aside)
    return file


if __name__ == "__main__":
    for picture in take(FOLDER):
        sys.stdout.write(f"{picture.name}: {picture.stat().st_size / 1000:.0f} kB\n")
