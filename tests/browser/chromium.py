"""A phone with Chromium: a Pixel 5's screen and touch, a profile that outlives the browser, push and a clock.

What it cannot do: see a notification on the lock screen or press it (`workers.click_notification` runs
the worker's handler without a person's gesture, so `clients.openWindow` and `focus` are refused), show an app badge,
or be a phone whose system takes the memory back (:meth:`ChromiumPhone.kill` is the nearest thing).
"""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import (
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Page,
    Playwright,
    WebError,
)
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.browser.service_workers import ServiceWorkers, origin_of
from tests.browser.waiting import wait_for
from tests.rig.programs import chromium, required

FLAGS = (
    "--disable-sync",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    # Whatever the page or the browser itself asks for, nothing leaves this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


class ChromiumPhone:
    """One phone: start it, use its pages, cut its network, kill it, start it again with what it had stored."""

    context: BrowserContext
    #: The page a person looks at.
    page: Page
    #: The sites' service workers.
    workers: ServiceWorkers

    def __init__(
        self,
        playwright: Playwright,
        profile: Path,
        *,
        locale: str = "en-GB",
        time_zone: str = "Europe/London",
        flags: Sequence[str] = (),
        pixel_ratio: float | None = None,
        zone_is_free: bool = False,
    ) -> None:
        self._playwright = playwright
        self._profile = profile
        self._locale, self._time_zone, self._flags = locale, time_zone, flags
        self._pixel_ratio = pixel_ratio
        self._zone_is_free = zone_is_free
        self._clock_ahead: timedelta | None = None
        self._granted: set[str] = set()
        #: What went wrong unseen, in pages and workers: uncaught errors and console errors, oldest first.
        self.errors: list[str] = []

    def start(self) -> None:
        """Start the browser on the phone's profile with one empty page."""
        pixel = {
            name: value
            for name, value in self._playwright.devices["Pixel 5"].items()
            if name in _SCREEN
        }
        if self._pixel_ratio:
            pixel["device_scale_factor"] = self._pixel_ratio
        self.context = self._playwright.chromium.launch_persistent_context(
            self._profile,
            executable_path=required(chromium(), "Chromium"),
            args=[*FLAGS, f"--lang={self._locale}", *self._flags],
            chromium_sandbox=os.geteuid() != 0,
            env={
                **os.environ,
                "TZ": self._time_zone,
            },  # for workers: the next line reaches pages only
            timezone_id=None if self._zone_is_free else self._time_zone,
            locale=self._locale,
            viewport={"width": 393, "height": 851},
            screen={"width": 393, "height": 851},
            **pixel,
        )
        self.context.on("weberror", self._note_error)
        self.context.on("console", self._note_console)
        self._desk = self.context.pages[
            0
        ]  # about:blank: keeps the browser and the protocol open with no app page
        self.workers = ServiceWorkers(self.context, self._desk)
        for origin in self._granted:
            self.context.grant_permissions(["notifications"], origin=origin)
        if self._clock_ahead is not None:
            self.set_clock(datetime.now().astimezone() + self._clock_ahead)
        self.page = self.context.new_page()

    def stop(self) -> None:
        """Close the browser in its own time; it may already be gone."""
        with suppress(PlaywrightError):
            self.context.close()

    def kill(self) -> None:
        """End every process of the browser at once (SIGKILL), as when a phone takes the memory back."""
        process = self.process_id
        os.killpg(os.getpgid(process), signal.SIGKILL)
        self.stop()
        wait_for(lambda: _is_gone(process), lambda: time.sleep(0.02), "end of Chromium")

    @property
    def process_id(self) -> int:
        """The browser's main process, read from the lock in its profile."""
        return int((self._profile / "SingletonLock").readlink().name.rpartition("-")[2])

    def restart(self) -> None:
        """Close the browser and start it again on the same profile."""
        self.stop()
        self.start()

    def close_app(self, but: Page | None = None) -> None:
        """Close every page of the app, or every other one; workers can still be woken by a push."""
        for page in self.context.pages:
            if page not in (self._desk, but):
                close_page(page)

    def open(self, url: str) -> Page:
        """Open `url` in a new page, which becomes :attr:`page`."""
        self.page = self.context.new_page()
        self.page.goto(url)
        return self.page

    def set_offline(self, offline: bool) -> None:
        """Cut or restore the network, for pages and for service workers; a restart restores it.

        Restored, a busy machine may refuse one more request: wait for the outcome rather than the first answer.
        """
        self.context.set_offline(offline)

    def grant_notifications(self, url: str) -> None:
        """Allow notifications to the site of `url`, from now on and after restarts."""
        origin = origin_of(url)
        self._granted.add(origin)
        self.context.grant_permissions(["notifications"], origin=origin)

    def set_clock(self, at: datetime) -> None:
        """Make it `at` (aware) on the phone; time runs on from there, and timers do not jump.

        Pages have it from their first line on. A worker has it once it runs: what it does while it is installing
        still sees the real time, and its timers always do. The server, cookies and the HTTP cache see the real time.
        """
        self._clock_ahead = at - datetime.now(at.tzinfo)
        self.context.clock.set_system_time(at)
        self.workers.shift_clock(self._clock_ahead)

    def advance_clock(self, by: timedelta) -> None:
        """Let `by` pass at once: the clock jumps and the pages' timers that fall due meanwhile fire once.

        Needs :meth:`set_clock` first.
        """
        assert self._clock_ahead is not None, "set_clock first"
        self._clock_ahead += by
        self.context.clock.fast_forward(int(by.total_seconds() * 1000))
        self.workers.shift_clock(self._clock_ahead)

    def protocol(self, page: Page | None = None) -> CDPSession:
        """Chromium's own protocol (CDP) for a page."""
        return self.context.new_cdp_session(page or self.page)

    def installability_errors(self) -> list[str]:
        """Why the page could not be installed as an app; empty when it could."""
        found = self.protocol().send("Page.getInstallabilityErrors")["installabilityErrors"]
        return [error["errorId"] for error in found]

    def _note_error(self, error: WebError) -> None:
        self.errors.append(str(error.error))

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)


def close_page(page: Page) -> None:
    """Close a page. Asked in the middle of a navigation, Chromium may agree and not do it: it is asked again,
    where `page.close()` would wait for ever.

    :raises TimeoutError: it stays open
    """
    for _ in range(3):
        with suppress(PlaywrightTimeoutError), page.expect_event("close", timeout=5_000):
            page.close(run_before_unload=True)
        if page.is_closed():
            return
    raise TimeoutError(f"Chromium does not close {page.url}")


@contextmanager
def chromium_phone(
    playwright: Playwright,
    profile: Path,
    *,
    locale: str = "en-GB",
    time_zone: str = "Europe/London",
    flags: Sequence[str] = (),
    pixel_ratio: float | None = None,
    zone_is_free: bool = False,
) -> Iterator[ChromiumPhone]:
    """A started phone, closed at the end; `pixel_ratio` is a Pixel 5's unless given.

    :param zone_is_free: the test itself gives each page its zone, by Chromium's protocol
    """
    phone = ChromiumPhone(
        playwright,
        profile,
        locale=locale,
        time_zone=time_zone,
        flags=flags,
        pixel_ratio=pixel_ratio,
        zone_is_free=zone_is_free,
    )
    phone.start()
    try:
        yield phone
    finally:
        phone.stop()


def _is_gone(process: int) -> bool:
    """Not even its exit code is left to be read: until then a new Chromium takes it for running."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


_SCREEN = ("user_agent", "device_scale_factor", "is_mobile", "has_touch")
