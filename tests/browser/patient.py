"""A patient with a Chromium phone: presses what the screens offer, and reads what they say."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import ChromiumPhone


class Patient:
    """Uses the phone app as a person does; the diary is at `url`."""

    def __init__(self, phone: ChromiumPhone, url: str) -> None:
        self.phone = phone
        self.url = url

    @property
    def page(self) -> Page:
        return self.phone.page

    def open(self) -> None:
        """Open the diary in a fresh page."""
        self.phone.open(f"{self.url}/")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).tap()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.tap()

    def title(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    def link(self, code: str) -> None:
        """From the first screen until the clinic knows this phone."""
        self.open()
        self.press("I have read this and agree")
        self.page.get_by_label("Code").fill(code)
        self.press("Link this phone")
        self.press("It is the same")

    def enrol(self, code: str) -> None:
        """From the first screen to the baseline, without reminders."""
        self.link(code)
        self.follow("Go on in the browser")
        self.press("Go on without reminders")
        expect(self.title()).to_have_text("How strong is your pain now?")

    def is_ready_offline(self) -> None:
        """Wait until the worker controls the next start."""
        self.page.evaluate(
            """Promise.race([
                navigator.serviceWorker.ready.then(() => true),
                new Promise((_, no) => setTimeout(() => no('no worker after 20 s'), 20000)),
            ])"""
        )

    def rate(self, score: int) -> None:
        """Two taps; returns when the phone says that the rating is kept."""
        self.page.locator(f".point:has(input[value='{score}'])").tap()
        self.press("Save")
        expect(self.title()).to_have_text(re.compile("^(Saved on this phone|At your clinic), "))

    def injection_done(self) -> None:
        """Just now."""
        self.follow("My injection is done")
        self.page.get_by_label("Just now").check()
        self.press("Confirm")
        expect(self.title()).not_to_have_text("When was your injection?")

    def entries(self, count: int, state: str = "") -> list[str]:
        """The list of entries, newest first, in words.

        Returns once there are so many, each of them "Saved on this phone" or "At your clinic", if that is asked for.
        """
        self.follow("Entries")
        expect(self.title()).to_have_text("Your entries")
        rows = self.page.locator("main li")
        expect(rows.filter(has_text=state)).to_have_count(count)
        expect(rows).to_have_count(count)
        return rows.all_inner_texts()
