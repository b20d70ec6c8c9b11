"""What the phone asks for now, on the real app's screen, for every clock, zone and state of `vectors/due.json`.

A vector's `now` is the true time; unless it says otherwise the block was done at 10:00 in London,
where the phone is, and the phone's clock is right. What the phone keeps is put into its own store,
as a sync leaves it there; then the app comes to the front, is opened anew, or a notification is
tapped that came while the phone was in the pocket.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Playwright, expect

from server.push.payload import reminder_payload
from tests.browser.chromium import chromium_phone
from tests.browser.diary_server import DiaryServer
from tests.browser.patient import Patient
from tests.browser.sheets import new_sheet
from tests.browser.waiting import wait_for

Vector = dict[str, Any]

VECTORS: list[Vector] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "due.json").read_text(encoding="utf-8")
)
PERFORMED_AT = "2026-01-12T10:00:00Z"
#: Playwright's Chromium shows every page: a test says which are behind another app.
SEEN = """
seen => {
  const state = { value: seen ? 'visible' : 'hidden', configurable: true };
  Object.defineProperty(document, 'visibilityState', state);
  document.dispatchEvent(new Event('visibilitychange'));
}
"""
#: Held from the moment it is shown: a page that still runs behind the lock closes what needs no answer.
HOLD = """
() => {
  self.held = null;
  if (self.holds) return;
  self.holds = true;
  const show = ServiceWorkerRegistration.prototype.showNotification;
  ServiceWorkerRegistration.prototype.showNotification = async function (...given) {
    await show.apply(this, given);
    [self.held] = await this.getNotifications();
  };
}
"""
WINDOWS = """
() => self.clients.matchAll({ type: 'window', includeUncontrolled: true }).then(all => all.length)
"""
#: Only a person's press may open or focus a window: what the worker asks for is noted instead.
TAP = """
async () => {
  self.asked = null;
  WindowClient.prototype.focus = async function () { self.asked = 'focus' };
  Clients.prototype.openWindow = async url => { self.asked = url };
  const event = new NotificationEvent('notificationclick', { notification: self.held });
  const work = [];
  event.waitUntil = promise => work.push(promise);
  self.dispatchEvent(event);
  await Promise.all(work);
  return self.asked;
}
"""
#: The app has read its store anew by then, also when it shows the same as before.
SETTLED_MILLISECONDS = 100

#: Puts what the phone keeps in place of all that it kept, second copies included.
KEEP = """
([items, facts]) => new Promise((resolve, reject) => {
  localStorage.clear();
  const opening = indexedDB.open('block-diary');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const database = opening.result;
    const writing = database.transaction(['items', 'facts'], 'readwrite');
    writing.objectStore('items').clear();
    for (const item of items) writing.objectStore('items').put(item);
    for (const [name, fact] of Object.entries(facts)) writing.objectStore('facts').put(fact, name);
    writing.oncomplete = () => { database.close(); resolve(); };
    writing.onabort = () => reject(writing.error);
  };
})
"""
KNOWN = """
() => new Promise((resolve, reject) => {
  const opening = indexedDB.open('block-diary');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const reading = opening.result.transaction('facts').objectStore('facts').get('phone');
    reading.onsuccess = () => { opening.result.close(); resolve(reading.result); };
    reading.onerror = () => reject(reading.error);
  };
})
"""
SHOWN = """
() => {
  const words = found => found?.textContent.trim() ?? null;
  const notices = [...document.querySelectorAll('.notice')].map(words).join(' ');
  return {
    above: words(document.querySelector('.heading .above')),
    title: words(document.querySelector('h1')),
    lead: words(document.querySelector('p.lead')),
    clock: /clock is (\\S+ minutes? (?:fast|slow))/.exec(notices)?.[1] ?? null,
    asks: /now that of (.+?)\\. Shall/.exec(notices)?.[1] ?? null,
  };
}
"""


class Phone:
    """One enrolled phone without a signal, put into the state of one vector after the other."""

    def __init__(self, patient: Patient, known: dict[str, Any]) -> None:
        self.patient = patient
        self._known = known
        self._zone = patient.phone.protocol()

    def put_into(self, vector: Vector) -> None:
        ahead = timedelta(seconds=vector.get("phone_ahead_seconds", 0))
        here = instant(vector["now"]) + ahead
        items = kept_items(vector, self._known["blocks"][0]["id"])
        page = self.patient.page
        self._zone.send(
            "Emulation.setTimezoneOverride", {"timezoneId": vector.get("zone", "Europe/London")}
        )
        self.patient.phone.context.clock.set_fixed_time(here)
        page.evaluate(KEEP, [items, facts(vector, self._known, here)])

    def leave(self, vector: Vector) -> None:
        """The phone goes into the pocket, on another screen if the vector says so."""
        page = self.patient.page
        if screen := vector.get("left_on"):
            self.put_into({**vector, "now": vector["left_at"]})
            page.goto("about:blank")
            page.goto(f"{self.patient.url}/#/{screen}")
            expect(self.patient.title()).to_have_text(re.compile("Help|Your entries"))
        page.evaluate(SEEN, False)

    def end_the_app(self) -> None:
        """Returns once the worker knows of no window any more."""
        self.patient.page.goto("about:blank")
        worker = self.patient.phone.workers.running(f"{self.patient.url}/")
        wait_for(
            lambda: worker.evaluate(WINDOWS) == 0, lambda: self.patient.page.wait_for_timeout(20)
        )

    def be_reminded(self, assessment_id: str) -> None:
        """A push comes in, as the server sends it."""
        workers, url = self.patient.phone.workers, f"{self.patient.url}/"
        payload = reminder_payload(
            public_url=self.patient.url,
            delivery_id=uuid4(),
            block_id=UUID(self._known["blocks"][0]["id"]),
            assessment_id=assessment_id,
            closes_at=datetime.now(UTC),
            language="en",
        )
        workers.running(url).evaluate(HOLD)
        workers.deliver_push(url, payload.decode())
        wait_for(
            lambda: workers.running(url).evaluate("self.held !== null"),
            lambda: self.patient.page.wait_for_timeout(20),
        )

    def tap(self) -> str:
        """Press the notification; what the worker asks the browser to do with the app."""
        return str(self.patient.phone.workers.running(f"{self.patient.url}/").evaluate(TAP))

    def arrive(self, how: str) -> None:
        page = self.patient.page
        if how == "opened":
            page.goto(f"{self.patient.url}/")
        else:
            page.evaluate(SEEN, True)
        page.wait_for_timeout(SETTLED_MILLISECONDS)

    def shown_as(self, expected: dict[str, Any]) -> dict[str, Any]:
        """What is on the screen, once it is as expected or the time is up."""
        page = self.patient.page
        with suppress(TimeoutError):
            wait_for(lambda: page.evaluate(SHOWN) == expected, lambda: page.wait_for_timeout(50))
        return dict(page.evaluate(SHOWN))


@pytest.fixture(scope="module")
def phone(
    playwright: Playwright, shared_server: DiaryServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Phone]:
    sheet = new_sheet(shared_server, "P-300", since_block=timedelta(hours=1))
    profile = tmp_path_factory.mktemp("phone") / "profile"
    with chromium_phone(playwright, profile, zone_is_free=True) as started:
        patient = Patient(started, shared_server.url)
        patient.enrol(sheet.code)
        patient.is_ready_offline()
        known = patient.page.evaluate(KNOWN)
        started.grant_notifications(shared_server.url)
        shared_server.stop()  # what a sync would bring is not the vector's
        started.context.clock.set_fixed_time(instant(PERFORMED_AT))  # a page has it from its start
        patient.open()
        started.close_app(but=patient.page)
        yield Phone(patient, known)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_what_is_due_now_is_on_the_screen(phone: Phone, vector: Vector) -> None:
    nothing = dict.fromkeys(["above", "title", "lead", "clock", "asks"])
    expected = {**nothing, **vector["expect"]}
    arrives = vector.get("arrives", "resumed")
    phone.leave(vector)
    if reminded := vector.get("reminded_of"):
        phone.be_reminded(reminded)
    phone.put_into(vector)
    if arrives == "opened":
        phone.end_the_app()
    if reminded:
        assert phone.tap() == ("focus" if arrives == "tapped" else "/")
    phone.arrive(arrives)
    assert phone.shown_as(expected) == expected


def facts(vector: Vector, known: dict[str, Any], here: datetime) -> dict[str, Any]:
    """What the clinic sent, as the phone keeps it; `here` is the time by the phone's clock."""
    performed_at = vector.get("performed_at", PERFORMED_AT)
    block = {
        **known["blocks"][0],
        "performed_at": performed_at,
        "performed_at_source": performed_at and "clinic",
        "timezone": vector.get("block_zone", "Europe/London"),
        "told": vector.get("told", []),
        "planned_on": (performed_at or vector["now"])[:10],
    }
    difference = vector.get("clock_difference_seconds", -vector.get("phone_ahead_seconds", 0))
    measured_at = here - timedelta(seconds=vector.get("clock_measured_seconds_ago", 600))
    return {
        "phone": {**known, "blocks": [block]},
        "clock": None
        if difference is None
        else {
            "differenceSeconds": difference,
            "measuredAt": int(measured_at.timestamp() * 1000),
        },
        "zoneAsked": vector.get("zone_asked"),
    }


def kept_items(vector: Vector, block_id: str) -> list[dict[str, Any]]:
    """The items of a vector, oldest first."""
    given = [{"kind": "rating", "at": each} for each in vector.get("answered", [])]
    items: list[dict[str, Any]] = []
    for entry in given + vector.get("entries", []):
        items.append(kept(entry_item(entry, block_id, items), entry.get("state", "sent")))
    stamped = stamps(vector["now"])
    if at := vector.get("injection_done_at"):
        done = {"type": "injection_done", "performed_at": at, "block_id": block_id, **stamped}
        items.append(kept({"id": str(uuid4()), **done}, "waiting"))
    if zone := vector.get("zone_followed"):
        followed = {"type": "zone_followed", "timezone": zone, "block_id": block_id, **stamped}
        items.append(kept({"id": str(uuid4()), **followed}, "waiting"))
    return items


def entry_item(entry: Vector, block_id: str, before: list[dict[str, Any]]) -> dict[str, Any]:
    kind = entry["kind"]
    replaces = entry.get("replaces")
    recorded_at = entry.get("recorded_at", entry["at"])
    return {
        "type": "diary_entry",
        "id": str(uuid4()),
        "block_id": block_id,
        "kind": "unable" if kind == "unable" else "baseline" if kind == "baseline" else "rating",
        "felt_at": entry["at"],
        **stamps(recorded_at, entry.get("clock_difference_seconds")),
        "scores": {"main": 4} if kind in ("rating", "baseline") else {},
        "activities": [],
        "rescue_at": None,
        "note": None,
        "stated_percent": None,
        "answered_by": "patient",
        "unable_reason": "asleep" if kind == "unable" else None,
        "replaces": None if replaces is None else before[replaces]["id"],
        "after_effects": [],
        "layout": None,
    }


def stamps(recorded_at: str, difference_seconds: float | None = None) -> dict[str, Any]:
    return {
        "recorded_at": recorded_at,
        "utc_offset_minutes": 0,
        "zone": "Europe/London",
        "clock_difference_seconds": difference_seconds,
        "clock_measured_at": None if difference_seconds is None else recorded_at,
    }


def kept(item: dict[str, Any], state: str) -> dict[str, Any]:
    return {
        "id": item["id"],
        "item": item,
        "savedAt": int(instant(item["recorded_at"]).timestamp() * 1000),
        "state": state,
        "receivedAt": item["recorded_at"] if state == "sent" else None,
        "message": None,
    }


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
