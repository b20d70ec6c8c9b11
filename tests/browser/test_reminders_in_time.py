"""Reminders over hours, by real push: kept for a phone that is off, lost after their time, mended,
followed by a second one, put off."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, expect

from server import create_app
from tests.browser.chromium import chromium_phone
from tests.browser.diary_server import EMAIL, DiaryServer
from tests.browser.firefox import firefox_phone
from tests.browser.push_service import PushService, push_service
from tests.browser.reminded import (
    A_MOMENT,
    chromium_with_reminders,
    firefox_with_reminders,
    on_this_machine_from_now_on,
    receipts,
    wait_for_text,
)
from tests.browser.sheets import Sheet, new_sheet
from tests.browser.waiting import wait_for
from tests.web.clinic.conftest import sign_in

#: The hour's window is open, and its reminder due since a moment ago.
SINCE_BLOCK = timedelta(hours=1, seconds=5)
HOUR = timedelta(hours=1)
UNSUBSCRIBE = """
Promise.race([
  navigator.serviceWorker.ready
    .then(registration => registration.pushManager.getSubscription())
    .then(subscription => subscription.unsubscribe()),
  new Promise((_, no) => setTimeout(() => no('not within 20 s'), 20000)),
])
"""


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


class Clinic:
    """Somebody at the clinic who reads the page of one block."""

    def __init__(self, server: DiaryServer, sheet: Sheet) -> None:
        app = create_app(server.config, server.now)
        self._database = app.extensions["block_diary"].database
        self._client = app.test_client()
        self._block_id = sheet.block_id
        self._password = server.password

    def reads(self) -> str:
        path = f"/clinic/blocks/{self._block_id}"
        page = self._client.get(path)
        if page.status_code == 302:  # not signed in yet, or away for more than two hours
            assert sign_in(self._client, EMAIL, self._password).status_code == 302
            page = self._client.get(path)
        assert page.status_code == 200
        return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())

    def close(self) -> None:
        self._database.close()


@pytest.fixture
def sheet(server: DiaryServer) -> Sheet:
    return new_sheet(server, "P-300", since_block=SINCE_BLOCK)


@pytest.fixture
def clinic(server: DiaryServer, sheet: Sheet) -> Iterator[Clinic]:
    reader = Clinic(server, sheet)
    yield reader
    reader.close()


def the_whole_life(
    phone: Any,
    server: DiaryServer,
    service: PushService,
    clinic: Clinic,
    open_diary: Callable[[], None],
    evaluate: Callable[[str], Any],
) -> None:
    """The same for each browser, from a phone whose diary has just turned reminders on."""

    def pause() -> None:
        evaluate(A_MOMENT)

    # Off when it is sent, on again in time: it arrives.
    phone.stop()
    wait_for(lambda: not service.anybody_connected, lambda: time.sleep(0.05))
    assert server.tick().accepted == 1
    endpoint = service.posts[-1].endpoint
    assert service.waiting(endpoint) == 1
    phone.start()
    open_diary()
    wait_for(lambda: len(receipts(server)) == 1, pause)
    wait_for(lambda: service.waiting(endpoint) == 0, pause)
    assert "Reminders confirmed on this phone: last" in clinic.reads()

    # Off for longer than it is good for: nothing comes any more.
    phone.stop()
    wait_for(lambda: not service.connected(endpoint), lambda: time.sleep(0.05))
    server.ahead += HOUR
    assert server.tick().accepted == 1
    ttl = service.posts[-1].ttl
    assert ttl is not None and 0 < ttl <= 30 * 60
    service.pass_time(ttl + 1)
    phone.start()
    open_diary()
    wait_for(lambda: service.connected(endpoint), pause)
    for _ in range(10):
        pause()
    assert service.waiting(endpoint) == 0
    assert len(receipts(server)) == 1

    # The browser ended the subscription: the clinic sees it, the diary mends it when it is opened.
    evaluate(UNSUBSCRIBE)
    wait_for(lambda: service.retired(endpoint), pause)
    server.ahead += HOUR
    assert server.tick().failed == 1
    assert service.posts[-1].status == 410
    assert "it can no longer be reached since" in clinic.reads()
    open_diary()
    wait_for(lambda: "reminders on." in clinic.reads(), pause)
    assert "no longer be reached" not in clinic.reads()
    assert server.tick().accepted == 1  # the window is still open
    assert service.posts[-1].endpoint != endpoint
    wait_for(lambda: len(receipts(server)) == 2, pause)


def test_in_firefox_reminders_outlive_a_restart_not_their_time_and_a_lost_subscription_is_mended(
    server: DiaryServer, service: PushService, sheet: Sheet, clinic: Clinic, tmp_path: Path
) -> None:
    with firefox_phone(tmp_path / "profile", push_url=service.websocket_url) as phone:
        firefox_with_reminders(phone, server, sheet.code)
        wait_for_text(phone, "How strong is your pain now?")
        the_whole_life(
            phone,
            server,
            service,
            clinic,
            lambda: phone.goto(f"{server.url}/"),
            lambda script: phone.evaluate(script),
        )


def test_in_chromium_reminders_outlive_a_restart_not_their_time_and_a_lost_subscription_is_mended(
    playwright: Playwright,
    server: DiaryServer,
    service: PushService,
    sheet: Sheet,
    clinic: Clinic,
    tmp_path: Path,
) -> None:
    with chromium_phone(playwright, tmp_path / "profile", flags=service.chromium_flags) as phone:
        chromium_with_reminders(phone, server, service, sheet.code)

        def open_diary() -> None:
            on_this_machine_from_now_on(phone, service)
            phone.open(f"{server.url}/")

        the_whole_life(
            phone,
            server,
            service,
            clinic,
            open_diary,
            lambda script: phone.page.evaluate(script),
        )

        # The person switches notifications off in the browser's settings.
        phone.context.clear_permissions()
        open_diary()
        expect(phone.page.get_by_role("link", name="Reminders are off")).to_be_visible()
        wait_for(
            lambda: "reminders switched off on the phone since" in clinic.reads(),
            lambda: phone.page.wait_for_timeout(100),
        )
        assert service.posts[-1].status == 201  # known without a push in vain


def test_in_chromium_an_unseen_reminder_is_followed_by_one_more_and_put_off_once(
    playwright: Playwright, server: DiaryServer, service: PushService, sheet: Sheet, tmp_path: Path
) -> None:
    url = f"{server.url}/"
    with chromium_phone(playwright, tmp_path / "profile", flags=service.chromium_flags) as phone:
        chromium_with_reminders(phone, server, service, sheet.code)
        phone.close_app()

        def pause() -> None:
            phone.context.pages[0].wait_for_timeout(100)

        def shown_after(count: int) -> dict[str, Any]:
            wait_for(lambda: phone.workers.displayed >= count, pause)
            wait_for(lambda: len(phone.workers.notifications(url)) == 1, pause)
            [only] = phone.workers.notifications(url)
            return only

        server.stop()  # the receipt gets nowhere
        assert server.tick().accepted == 1
        first = shown_after(1)
        assert [each["action"] for each in first["actions"]] == ["snooze"]
        server.ahead += timedelta(minutes=16)
        assert server.tick().accepted == 1
        second = shown_after(2)  # in the place of the first
        assert second["tag"] != first["tag"]
        assert server.reminder(sheet.block_id, "1h", "nudge").state == "sent"

        server.start()
        phone.workers.click_notification(url, second["tag"], "snooze")
        snoozed = server.reminder(sheet.block_id, "1h", "snoozed")
        assert timedelta(minutes=9) < snoozed.due_at - server.now() <= timedelta(minutes=10)
        assert phone.workers.notifications(url) == []
        assert server.tick().claimed == 0
        server.ahead += timedelta(minutes=10)
        assert server.tick().accepted == 1
        third = shown_after(3)
        assert third["actions"] == []
        assert len(service.posts) == 3
        wait_for(lambda: len(receipts(server)) == 3, pause)

        server.stop()
        phone.workers.click_notification(url, third["tag"], "snooze")
        said = shown_after(4)
        assert said["body"] == "This could not be put off. Open the diary when you can."
