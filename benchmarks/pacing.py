"""Seconds from a notification to a saved rating, by a scripted person on a slow phone without a network."""

import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Playwright, expect

from benchmarks.starts import SLOW_DOWN
from tests.browser.chromium import chromium_phone
from tests.browser.patient import Patient

#: One decision and one pointing, of the keystroke-level model (Card, Moran and Newell 1980), seconds.
DECIDE, POINT = 1.35, 1.1
#: The notification, the number, Save.
TAPS = 3


@dataclass(frozen=True)
class Paced:
    """Seconds."""

    total: float
    person: float

    @property
    def phone(self) -> float:
        """What the person waited for."""
        return self.total - self.person


def measure(playwright: Playwright, folder: Path, url: str) -> Paced:
    """The push comes while the app is closed. Once a screen stands, the person decides and points.

    The press on the notification is a page opened by the script: a browser without a screen cannot be pressed.
    """
    with chromium_phone(playwright, folder / "diary") as phone:
        phone.grant_notifications(url)
        phone.set_offline(True)
        patient = Patient(phone, url)
        started = time.monotonic()
        phone.workers.deliver_push(f"{url}/")
        phone.workers.wait_for_notifications(f"{url}/")
        time.sleep(DECIDE + POINT)
        page = phone.page = phone.context.new_page()
        phone.protocol(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOW_DOWN})
        page.goto(f"{url}/", wait_until="commit")
        expect(page.locator(".point")).to_have_count(11)
        time.sleep(DECIDE + POINT)
        page.locator(".point:has(input[value='4'])").tap()
        time.sleep(DECIDE + POINT)
        patient.press("Save")
        expect(page.locator("main.view-saved")).to_be_visible()
        total = time.monotonic() - started
    return Paced(total, TAPS * (DECIDE + POINT))


def table(measured: Paced) -> str:
    return (
        f"From notification to saved rating: {measured.total:.1f} s, of which the person takes"
        f" {measured.person:.1f} s and the phone {measured.phone:.1f} s\n"
    )
