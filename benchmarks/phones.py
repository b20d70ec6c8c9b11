"""Phones that have what they need to start without a network: for benchmarks.phone."""

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Playwright, expect

from benchmarks.phone_server import BARE
from tests.browser.chromium import chromium_phone
from tests.browser.diary_server import DiaryServer
from tests.browser.patient import Patient
from tests.browser.sheets import new_sheet
from tests.browser.waiting import wait_until

#: A minute after the second hour's window opened: 44 minutes are left.
SINCE_BLOCK = timedelta(minutes=106)
REGISTER_BARE_WORKER = """
navigator.serviceWorker.register('/bare/sw.js')
  .then(registration => new Promise((resolve, reject) => {
    const look = () => registration.active && resolve(true);
    const worker = registration.installing ?? registration.waiting;
    worker?.addEventListener('statechange', look);
    look();
    setTimeout(() => reject('no worker after 20 s'), 20000);
  }))
"""


def link_phone(playwright: Playwright, profile: Path, installation: DiaryServer) -> None:
    """Leave a profile of a phone that is just being asked, opened once before without a network."""
    sheet = new_sheet(installation, "P-1", since_block=SINCE_BLOCK)
    with chromium_phone(playwright, profile) as phone:
        phone.grant_notifications(installation.url)
        patient = Patient(phone, installation.url)
        patient.link(sheet.code)
        patient.is_ready_offline()
        phone.set_offline(True)
        patient.open()
        expect(patient.page.locator("main.view-rate")).to_be_visible()
        wait_until(patient.page, "!!JSON.parse(localStorage.getItem('first-screen'))?.screen")


def visit_bare(playwright: Playwright, profile: Path, installation: DiaryServer) -> None:
    """Leave a profile of a phone that holds the bare page."""
    with chromium_phone(playwright, profile) as phone:
        page = phone.open(f"{installation.url}{BARE}")
        page.evaluate(REGISTER_BARE_WORKER)
