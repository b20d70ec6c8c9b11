"""Somebody at a desk who uses the keyboard and nothing else, in Chromium or in Firefox."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from tests.browser import SECONDS
from tests.browser.bidi import BidiError
from tests.browser.firefox import FirefoxPhone
from tests.browser.waiting import wait_for

Found = TypeVar("Found")

#: More than any page has.
MOST_STOPS = 200
#: The two ways through a page.
DOWN, UP = "Tab", "Shift+Tab"
#: As WebDriver has them.
KEYS = {
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Shift": "\ue008",
    "Space": " ",
    "ArrowDown": "\ue015",
}
#: What has the focus: its name, those of its group, and whether anybody can see that it has it.
FOCUSED = """
() => {
  const e = document.activeElement;
  const name = e => (e.labels?.[0] ?? e).innerText.trim();
  const { outlineStyle, outlineWidth } = getComputedStyle(e.closest('.option') ?? e);
  // The button of a date belongs to Chromium, which rings it by itself.
  const ringed = (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || !e.matches(':focus');
  const { top, bottom, left, right, width } = e.getBoundingClientRect();
  return {
    tag: e.localName,
    name: name(e),
    group: e.type === 'radio' ? [...document.getElementsByName(e.name)].map(name) : [],
    seen: ringed && width > 0 && top < innerHeight && bottom > 0 && left < innerWidth && right > 0,
  };
}
"""


class Browser(Protocol):
    """What a keyboard needs of a browser."""

    def goto(self, url: str) -> Any: ...
    def evaluate(self, script: str) -> Any: ...
    def press(self, key: str) -> None: ...
    def type(self, text: str) -> None: ...
    def download(self, ask: Callable[[], None]) -> bytes: ...


class Chromium:
    def __init__(self, page: Page) -> None:
        self._page = page
        self.goto, self.evaluate = page.goto, page.evaluate
        self.press, self.type = page.keyboard.press, page.keyboard.type

    def download(self, ask: Callable[[], None]) -> bytes:
        with self._page.expect_download(timeout=SECONDS * 1000) as asked:
            ask()
        return asked.value.path().read_bytes()


class Firefox:
    def __init__(self, phone: FirefoxPhone, downloads: Path) -> None:
        self._downloads = downloads
        phone.save_downloads_in(downloads)
        phone.give_page_the_focus()
        self.goto, self.evaluate, self.type = phone.goto, phone.evaluate, phone.type
        self._phone = phone

    def press(self, key: str) -> None:
        self._phone.press(*(KEYS[each] for each in key.split("+")))

    def download(self, ask: Callable[[], None]) -> bytes:
        ask()
        return wait_until(self._downloaded, "whole download")

    def _downloaded(self) -> bytes | None:
        for file in self._downloads.iterdir():
            with suppress(FileNotFoundError):  # it has its last name by now
                content = file.read_bytes()
                if content.rstrip().endswith(b"%%EOF"):
                    return content
        return None


class Keyboard:
    """Finds its way with Tab alone; where the focus cannot be seen, it fails."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def fill(self, label: str, text: str, way: str = DOWN) -> None:
        self._tab_to(label, "input", "textarea", "select", way=way)
        self.browser.type(text)

    def choose(self, option: str) -> None:
        """One of a group of choices, or of a row of boxes."""
        self._tab_to(option, "input")
        for _ in range(MOST_STOPS):
            if self._focused()["name"] == option:
                return self.browser.press("Space")
            self.browser.press("ArrowDown")
        raise AssertionError(f"no {option} is reached with the arrows")

    def push(self, button: str) -> None:
        self._tab_to(button, "button")
        self.browser.press("Space")

    def follow(self, link: str) -> None:
        self._tab_to(link, "a")
        self.browser.press("Enter")

    def read(self, expected: str) -> str:
        """What the page says, once it says what is expected."""
        try:
            return wait_until(
                lambda: said if expected in (said := self._said()) else None, expected
            )
        except TimeoutError as error:
            raise TimeoutError(f"{error}; the page says: {self._said()}") from None

    def _said(self) -> str:
        try:
            words = "document.readyState === 'complete' ? document.body.innerText : ''"
            return str(self.browser.evaluate(words))
        except (PlaywrightError, BidiError):
            return ""  # on the way to another page

    def _tab_to(self, name: str, *tags: str, way: str = DOWN) -> None:
        stops = []
        for _ in range(MOST_STOPS):
            focused = self._focused()
            if focused["tag"] in tags and name in (focused["name"], *focused["group"]):
                return
            stops.append(focused["name"][:40])
            self.browser.press(way)
        raise AssertionError(f"no {name!r} is reached with {way}, only {stops}")

    def _focused(self) -> dict[str, Any]:
        focused: dict[str, Any] = self.browser.evaluate(FOCUSED)
        assert focused["seen"] or focused["tag"] == "body", focused
        return focused


def wait_until(look: Callable[[], Found | None], what: str) -> Found:
    """What is found, as soon as it is."""
    return wait_for(look, lambda: time.sleep(0.05), what)
