"""A phone with Chromium: a Pixel 5's screen and touch, a profile that outlives the browser, push and a clock.

What it cannot do: see a notification on the lock screen or press it (:meth:`ChromiumPhone.click_notification` runs
the worker's handler without a person's gesture, so `clients.openWindow` and `focus` are refused), show an app badge,
or be a phone whose system takes the memory back (:meth:`ChromiumPhone.kill` is the nearest thing).
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, CDPSession, ConsoleMessage, Page, Playwright, WebError, Worker
from playwright.sync_api import Error as PlaywrightError

from tests.browser import worker_scripts
from tests.rig.programs import chromium, required

Found = TypeVar("Found")

WAIT_SECONDS = 15
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

    def __init__(
        self,
        playwright: Playwright,
        profile: Path,
        *,
        locale: str = "en-GB",
        time_zone: str = "Europe/London",
        flags: Sequence[str] = (),
    ) -> None:
        self._playwright = playwright
        self._profile = profile
        self._locale, self._time_zone, self._flags = locale, time_zone, flags
        self._clock_ahead: timedelta | None = None
        self._granted: set[str] = set()
        #: What went wrong unseen, in pages and workers: uncaught errors and console errors, oldest first.
        self.errors: list[str] = []

    def start(self) -> None:
        """Start the browser on the phone's profile with one empty page."""
        pixel = {name: value for name, value in self._playwright.devices["Pixel 5"].items() if name in _SCREEN}
        self.context = self._playwright.chromium.launch_persistent_context(
            self._profile,
            executable_path=required(chromium(), "Chromium"),
            args=[*FLAGS, f"--lang={self._locale}", *self._flags],
            chromium_sandbox=os.geteuid() != 0,
            env={**os.environ, "TZ": self._time_zone},  # for workers: the next line reaches pages only
            timezone_id=self._time_zone,
            locale=self._locale,
            viewport={"width": 393, "height": 851},
            screen={"width": 393, "height": 851},
            **pixel,
        )
        self.context.on("weberror", self._note_error)
        self.context.on("console", self._note_console)
        self._registrations: dict[str, dict[str, Any]] = {}
        self._desk = self.context.pages[0]  # about:blank: keeps the browser and the protocol open with no app page
        self._protocol = self.context.new_cdp_session(self._desk)
        self._protocol.on("ServiceWorker.workerRegistrationUpdated", self._note_registrations)
        self._protocol.send("ServiceWorker.enable")
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

    @property
    def process_id(self) -> int:
        """The browser's main process, read from the lock in its profile."""
        return int(os.readlink(self._profile / "SingletonLock").rpartition("-")[2])

    def restart(self) -> None:
        """Close the browser and start it again on the same profile."""
        self.stop()
        self.start()

    def close_app(self) -> None:
        """Close every page of the app; workers can still be woken by a push."""
        for page in self.context.pages:
            if page is not self._desk:
                page.close()

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
        origin = _origin(url)
        self._granted.add(origin)
        self.context.grant_permissions(["notifications"], origin=origin)

    def set_clock(self, at: datetime) -> None:
        """Make it `at` (aware) on the phone; time runs on from there, and timers do not jump.

        Pages have it from their first line on. A worker has it once it runs: what it does while it is installing
        still sees the real time, and its timers always do. The server, cookies and the HTTP cache see the real time.
        """
        self._clock_ahead = at - datetime.now(at.tzinfo)
        self.context.clock.set_system_time(at)
        for worker in self.context.service_workers:
            self._shift_clock(worker)

    def advance_clock(self, by: timedelta) -> None:
        """Let `by` pass at once: the clock jumps and the pages' timers that fall due meanwhile fire once.

        Needs :meth:`set_clock` first.
        """
        assert self._clock_ahead is not None, "set_clock first"
        self._clock_ahead += by
        self.context.clock.fast_forward(int(by.total_seconds() * 1000))
        for worker in self.context.service_workers:
            self._shift_clock(worker)

    def deliver_push(self, url: str, text: str = "") -> None:
        """Hand the service worker of `url` a push message, already decrypted; an empty one has `event.data` null."""
        self.worker(url)
        registration = self._registration(url)
        self._protocol.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": _origin(url), "registrationId": registration["registrationId"], "data": text},
        )

    def deliver_sync(self, url: str, tag: str, *, periodic: bool = False) -> None:
        """Fire a background sync in the service worker of `url`, or a periodic one."""
        self.worker(url)
        event = {"origin": _origin(url), "registrationId": self._registration(url)["registrationId"], "tag": tag}
        if periodic:
            self._protocol.send("ServiceWorker.dispatchPeriodicSyncEvent", event)
        else:
            self._protocol.send("ServiceWorker.dispatchSyncEvent", {**event, "lastChance": False})

    def notifications(self, url: str) -> list[dict[str, Any]]:
        """What the service worker of `url` shows now: title, body, tag, data, lang, dir…; in no set order."""
        shown: list[dict[str, Any]] = self.worker(url).evaluate(worker_scripts.NOTIFICATIONS)
        return shown

    def wait_for_notifications(self, url: str, count: int = 1) -> list[dict[str, Any]]:
        """The same as :meth:`notifications`, once there are at least `count`."""
        return self._until(lambda: shown if len(shown := self.notifications(url)) >= count else None, "notification")

    def click_notification(self, url: str, tag: str, action: str = "") -> None:
        """Run the worker's click handler for the notification with `tag`, and wait for what it waits for."""
        self.worker(url).evaluate(worker_scripts.CLICK, [tag, action])

    def worker(self, url: str) -> Worker:
        """The running service worker of `url`; started when it sleeps."""
        if (running := self._running_worker(url)) is None:
            self._protocol.send("ServiceWorker.startWorker", {"scopeURL": self._registration(url)["scopeURL"]})
            running = self._until(lambda: self._running_worker(url), "a running service worker")
        self._shift_clock(running)
        running.evaluate(worker_scripts.NOTE_SHOWING)
        return running

    def protocol(self, page: Page | None = None) -> CDPSession:
        """Chromium's own protocol (CDP) for a page."""
        return self.context.new_cdp_session(page or self.page)

    def installability_errors(self) -> list[str]:
        """Why the page could not be installed as an app; empty when it could."""
        found = self.protocol().send("Page.getInstallabilityErrors")["installabilityErrors"]
        return [error["errorId"] for error in found]

    def _running_worker(self, url: str) -> Worker | None:
        return next((w for w in self.context.service_workers if _origin(w.url) == _origin(url)), None)

    def _shift_clock(self, worker: Worker) -> None:
        if self._clock_ahead is not None:
            worker.evaluate(worker_scripts.SHIFT_CLOCK, self._clock_ahead.total_seconds() * 1000)

    def _registration(self, url: str) -> dict[str, Any]:
        return self._until(
            lambda: next((r for r in self._registrations.values() if url.startswith(r["scopeURL"])), None),
            f"a service worker registered for {url}",
        )

    def _until(self, look: Callable[[], Found | None], what: str) -> Found:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if (found := look()) is not None:
                return found
            self._desk.wait_for_timeout(20)
        raise TimeoutError(f"Chromium: no {what} within {WAIT_SECONDS} s")

    def _note_registrations(self, event: dict[str, Any]) -> None:
        for registration in event["registrations"]:
            if registration["isDeleted"]:
                self._registrations.pop(registration["registrationId"], None)
            else:
                self._registrations[registration["registrationId"]] = registration

    def _note_error(self, error: WebError) -> None:
        self.errors.append(str(error.error))

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)


@contextmanager
def chromium_phone(
    playwright: Playwright,
    profile: Path,
    *,
    locale: str = "en-GB",
    time_zone: str = "Europe/London",
    flags: Sequence[str] = (),
) -> Iterator[ChromiumPhone]:
    """A started phone, closed at the end."""
    phone = ChromiumPhone(playwright, profile, locale=locale, time_zone=time_zone, flags=flags)
    phone.start()
    try:
        yield phone
    finally:
        phone.stop()


_SCREEN = ("user_agent", "device_scale_factor", "is_mobile", "has_touch")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
