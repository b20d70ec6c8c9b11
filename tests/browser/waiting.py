"""How long tests wait for a browser: a busy machine is slow, and a wait ends as soon as it can."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from tests.browser import SECONDS

Found = TypeVar("Found")


def wait_for(
    found: Callable[[], Found | None],
    pause: Callable[[], object],
    what: str = "what was waited for",
) -> Found:
    """What `found` gives, as soon as that is true.

    :param pause: lets a moment pass
    :raises TimeoutError: it never was
    """
    deadline = time.monotonic() + SECONDS
    while True:
        if value := found():
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {what} within {SECONDS} s")
        pause()


def wait_until(page: Page, condition: str) -> None:
    """Wait until JavaScript in the page is true, also if the page is loaded anew meanwhile.

    The app's policy lets no text become script, so that Playwright itself cannot wait for it.
    """

    def holds() -> bool:
        with suppress(PlaywrightError):  # it is loading anew
            return bool(page.evaluate(condition))
        return False

    wait_for(holds, lambda: page.wait_for_timeout(50), condition)
