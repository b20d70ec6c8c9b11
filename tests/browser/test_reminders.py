"""Real push, end to end: our server sends, a browser wakes the worker, what waited is synced."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Playwright, expect

from server.push.vapid_keys import vapid_keys
from server.storage.vault import Vault
from tests.browser.chromium import chromium_phone
from tests.browser.diary_server import DiaryServer
from tests.browser.firefox import FirefoxPhone, firefox_phone
from tests.browser.patient import Patient
from tests.browser.push_messages import PushPost
from tests.browser.push_service import PushService, push_service
from tests.browser.reminded import (
    A_MOMENT,
    chromium_with_reminders,
    firefox_with_reminders,
    press,
    receipts,
    wait_for_text,
)
from tests.browser.sheets import new_sheet
from tests.browser.waiting import wait_for
from tests.builders import SECRET_KEY

#: The hour's window is open, and its reminder due since a moment ago.
SINCE_BLOCK = timedelta(hours=1, seconds=5)


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


def block_an_hour_ago(server: DiaryServer) -> tuple[str, UUID]:
    """The code of a new patient's sheet, and their block."""
    sheet = new_sheet(server, "P-200", since_block=SINCE_BLOCK)
    return sheet.code, sheet.block_id


def assert_sent_as_promised(
    server: DiaryServer, post: PushPost, block_id: UUID, since: datetime
) -> None:
    """What our server told the push service; the signature was checked as it arrived."""
    closes_at = server.reminder(block_id, "1h").closes_at
    left = (closes_at - server.now()).total_seconds()
    assert post.ttl is not None
    assert int(left) <= post.ttl <= (closes_at - since).total_seconds()
    assert post.urgency == "high"
    assert post.topic is not None and 0 < len(post.topic) <= 32
    assert post.content_encoding == "aes128gcm"
    assert post.vapid is not None and post.vapid.problem == ""
    assert post.vapid.claims["sub"] == server.config.vapid_subject
    key = vapid_keys(server.database, Vault(SECRET_KEY), server.now()).application_server_key
    assert post.vapid.key == key


def test_in_firefox_a_push_shows_itself_and_syncs_what_waited_with_no_page_open(
    server: DiaryServer, service: PushService, tmp_path: Path
) -> None:
    code, block_id = block_an_hour_ago(server)
    with firefox_phone(tmp_path / "profile", push_url=service.websocket_url) as phone:
        firefox_with_reminders(phone, server, code)
        wait_for_text(phone, "How strong is your pain now?")

        server.stop()  # no signal for the answer
        rate(phone, 6)
        wait_for_text(phone, "Saved on this phone")
        phone.goto("about:blank")
        server.start()
        assert server.entries(block_id) == []

        since = server.now()
        result = server.tick()
        assert (result.claimed, result.accepted) == (1, 1)
        wait_for(lambda: server.entries(block_id), lambda: phone.evaluate(A_MOMENT))
        [delivery] = wait_for(lambda: receipts(server), lambda: phone.evaluate(A_MOMENT))
        assert delivery.shown_at is not None
        [post] = service.posts
        assert post.status == 201
        assert_sent_as_promised(server, post, block_id, since)
        [entry] = server.entries(block_id)
        assert entry.content["scores"] == {"main": 6}

        phone.goto(f"{server.url}/clinic/sign-in")  # the same site, but not the diary
        [shown] = phone.wait_for_notifications()
        assert shown["title"] == "Diary"
        phone.goto(f"{server.url}/")  # nothing is open: what was shown is put away
        phone.wait_until(lambda: not phone.notifications() or None, "end of the notification")
        assert server.tick().claimed == 0


def test_in_chromium_an_allowed_phone_subscribes_itself_and_a_push_syncs_with_no_page_open(
    playwright: Playwright, server: DiaryServer, service: PushService, tmp_path: Path
) -> None:
    code, block_id = block_an_hour_ago(server)
    with chromium_phone(playwright, tmp_path / "profile", flags=service.chromium_flags) as phone:
        patient = chromium_with_reminders(phone, server, service, code)

        server.stop()
        patient.rate(4)
        phone.close_app()
        server.start()
        assert server.entries(block_id) == []

        since = server.now()
        assert server.tick().accepted == 1
        [shown] = phone.workers.wait_for_notifications(f"{server.url}/")
        assert (shown["title"], shown["body"]) == ("Diary", "Already answered, nothing to do.")

        def pause() -> None:
            phone.context.pages[0].wait_for_timeout(100)

        [entry] = wait_for(lambda: server.entries(block_id), pause)
        assert entry.content["scores"] == {"main": 4}
        wait_for(lambda: receipts(server), pause)
        [post] = service.posts
        assert_sent_as_promised(server, post, block_id, since)


def test_a_reminder_on_trial_arrives_and_its_tap_says_so(
    playwright: Playwright, server: DiaryServer, service: PushService, tmp_path: Path
) -> None:
    sheet = new_sheet(server, "P-201")  # at the clinic, before the injection
    with chromium_phone(playwright, tmp_path / "profile", flags=service.chromium_flags) as phone:
        patient = chromium_with_reminders(phone, server, service, sheet.code)
        patient.page.evaluate("location.hash = '#/reminders'")
        patient.press("Send a test reminder")
        expect(patient.page.get_by_text("It is on its way.").first).to_be_visible()

        assert server.send_trials() == 1
        [shown] = phone.workers.wait_for_notifications(f"{server.url}/")
        assert (shown["title"], shown["body"]) == ("Diary", "Time for your entry.")
        phone.workers.running(f"{server.url}/").evaluate(
            "() => { WindowClient.prototype.focus = async () => {} }"  # only a person's press may
        )
        phone.workers.click_notification(f"{server.url}/", shown["tag"])
        expect(patient.page.get_by_text("It works: reminders reach this phone.")).to_be_visible()
        expect(patient.title()).to_have_text("Reminders are on")
        assert server.send_trials() == 0


def test_in_chromium_an_answer_that_waits_here_is_not_asked_for_again(
    playwright: Playwright, server: DiaryServer, service: PushService, tmp_path: Path
) -> None:
    code, block_id = block_an_hour_ago(server)
    with chromium_phone(playwright, tmp_path / "profile") as phone:
        phone.grant_notifications(server.url)
        patient = Patient(phone, server.url)
        patient.enrol(code)
        patient.is_ready_offline()
        subscription = service.subscribe()
        status = patient.page.evaluate(
            "subscription => fetch('/api/phone/subscription', {method: 'PUT',"
            " headers: {'Content-Type': 'application/json'},"
            " body: JSON.stringify(subscription)}).then(answer => answer.status)",
            subscription,
        )
        assert status == 200

        server.stop()
        patient.rate(3)
        phone.close_app()
        server.start()

        assert server.tick().accepted == 1
        [post] = service.posts
        assert post.text is not None
        phone.workers.deliver_push(f"{server.url}/", post.text)  # by Chromium's own protocol
        [shown] = phone.workers.wait_for_notifications(f"{server.url}/")
        assert (shown["title"], shown["body"]) == ("Diary", "Already answered, nothing to do.")

        def pause() -> None:
            phone.context.pages[0].wait_for_timeout(100)

        wait_for(lambda: server.entries(block_id), pause)
        wait_for(lambda: receipts(server), pause)
        assert server.reminder(block_id, "1h").state in ("sent", "answered")


def rate(phone: FirefoxPhone, score: int) -> None:
    phone.click(css=f".point input[value='{score}'] + span")
    press(phone, "Save")
