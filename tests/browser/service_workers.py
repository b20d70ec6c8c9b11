"""The service workers in a Chromium: wake them, hand them pushes and syncs, and see what they show."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Worker
from playwright.sync_api import Error as PlaywrightError

from tests.browser import worker_scripts
from tests.browser.waiting import wait_for

Found = TypeVar("Found")


class ServiceWorkers:
    """All service workers of one running browser, each named by a URL of its site."""

    def __init__(self, context: BrowserContext, desk: Page) -> None:
        """`desk` is a page that stays open, of no site."""
        self._context = context
        self._desk = desk
        self._clock_ahead: timedelta | None = None
        self._registrations: dict[str, dict[str, Any]] = {}
        self._protocol = context.new_cdp_session(desk)
        self._protocol.on("ServiceWorker.workerRegistrationUpdated", self._note_registrations)
        self._protocol.send("ServiceWorker.enable")
        #: How many notifications came to the screen since the browser started.
        self.displayed = 0
        self._protocol.on("BackgroundService.backgroundServiceEventReceived", self._note_displayed)
        self._protocol.send("BackgroundService.clearEvents", {"service": "notifications"})
        self._protocol.send("BackgroundService.startObserving", {"service": "notifications"})
        self._protocol.send(
            "BackgroundService.setRecording", {"service": "notifications", "shouldRecord": True}
        )

    def deliver_push(self, url: str, text: str = "") -> None:
        """Hand the service worker of `url` a push message, already decrypted; an empty one has `event.data` null."""
        self.running(url)
        registration = self._registration(url)
        self._protocol.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": origin_of(url),
                "registrationId": registration["registrationId"],
                "data": text,
            },
        )

    def deliver_sync(self, url: str, tag: str, *, periodic: bool = False) -> None:
        """Fire a background sync in the service worker of `url`, or a periodic one."""
        self.running(url)
        event = {
            "origin": origin_of(url),
            "registrationId": self._registration(url)["registrationId"],
            "tag": tag,
        }
        if periodic:
            self._protocol.send("ServiceWorker.dispatchPeriodicSyncEvent", event)
        else:
            self._protocol.send("ServiceWorker.dispatchSyncEvent", {**event, "lastChance": False})

    def notifications(self, url: str) -> list[dict[str, Any]]:
        """What the service worker of `url` shows now: title, body, tag, data, lang, dir…; in no set order.

        To ask while one is on its way can make Chromium lose it: :meth:`wait_for_notifications` asks afterwards.
        """
        shown: list[dict[str, Any]] = self.running(url).evaluate(worker_scripts.NOTIFICATIONS)
        return shown

    def wait_for_notifications(self, url: str, count: int = 1) -> list[dict[str, Any]]:
        """The same, once there are at least `count`."""
        looked_at = 0

        def look() -> list[dict[str, Any]] | None:
            nonlocal looked_at
            if self.displayed < count or self.displayed == looked_at:
                return None
            looked_at = self.displayed
            shown = self.notifications(url)
            return shown if len(shown) >= count else None

        return self._until(look, "notification")

    def click_notification(self, url: str, tag: str, action: str = "") -> None:
        """Run the worker's click handler for the notification with `tag`, and wait for what it waits for."""
        self.running(url).evaluate(worker_scripts.CLICK, [tag, action])

    def running(self, url: str) -> Worker:
        """The running service worker of `url`; started when it sleeps."""
        if (awake := self._awake(url)) is None:
            self._protocol.send(
                "ServiceWorker.startWorker", {"scopeURL": self._registration(url)["scopeURL"]}
            )
            awake = self._until(lambda: self._awake(url), "a running service worker")
        self._dress(awake)
        return awake

    def shift_clock(self, ahead: timedelta) -> None:
        """Put the workers' clocks that far ahead of the real one."""
        self._clock_ahead = ahead
        for worker in self._context.service_workers:
            with suppress(PlaywrightError):  # it may end just now
                self._dress(worker)

    def _awake(self, url: str) -> Worker | None:
        return next(
            (w for w in self._context.service_workers if origin_of(w.url) == origin_of(url)), None
        )

    def _dress(self, worker: Worker) -> None:
        worker.evaluate(worker_scripts.NOTE_SHOWING)
        if self._clock_ahead is not None:
            worker.evaluate(worker_scripts.SHIFT_CLOCK, self._clock_ahead.total_seconds() * 1000)

    def _registration(self, url: str) -> dict[str, Any]:
        return self._until(
            lambda: next(
                (r for r in self._registrations.values() if url.startswith(r["scopeURL"])), None
            ),
            f"a service worker registered for {url}",
        )

    def _until(self, look: Callable[[], Found | None], what: str) -> Found:
        return wait_for(look, lambda: self._desk.wait_for_timeout(20), what)

    def _note_displayed(self, event: dict[str, Any]) -> None:
        self.displayed += event["backgroundServiceEvent"]["eventName"] == "Notification displayed"

    def _note_registrations(self, event: dict[str, Any]) -> None:
        for registration in event["registrations"]:
            if registration["isDeleted"]:
                self._registrations.pop(registration["registrationId"], None)
            else:
                self._registrations[registration["registrationId"]] = registration


def origin_of(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
