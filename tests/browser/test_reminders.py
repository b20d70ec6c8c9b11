"""Real push, end to end: our server sends, a browser wakes the worker, what waited is synced."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Playwright, Route, expect

from server.push.vapid_keys import vapid_keys
from server.storage.models import ReminderDelivery
from server.storage.vault import Vault
from tests.browser.chromium import chromium_phone
from tests.browser.diary_server import DiaryServer
from tests.browser.firefox import FirefoxPhone, firefox_phone
from tests.browser.patient import Patient
from tests.browser.push_messages import PushPost
from tests.browser.push_service import PushService, push_service
from tests.browser.sheets import new_sheet
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


def assert_sent_as_promised(server: DiaryServer, post: PushPost, block_id: UUID) -> None:
    """What our server told the push service; the signature was checked as it arrived."""
    left = (server.reminder(block_id, "1h").closes_at - server.now()).total_seconds()
    assert post.ttl is not None and int(left) <= post.ttl <= left + 60
    assert post.urgency == "high"
    assert post.topic is not None and 0 < len(post.topic) <= 32
    assert post.content_encoding == "aes128gcm"
    assert post.vapid is not None and post.vapid.problem == ""
    assert post.vapid.claims["sub"] == server.config.vapid_subject
    key = vapid_keys(server.database, Vault(SECRET_KEY), server.now()).application_server_key
    assert post.vapid.key == key


def wait_for(found: Callable[[], Any], pause: Callable[[], None]) -> Any:
    """What `found` gives once it is true, within 20 seconds."""
    for _ in range(200):
        if value := found():
            return value
        pause()
    raise TimeoutError("not within 20 seconds")


def receipts(server: DiaryServer) -> list[ReminderDelivery]:
    return [each for each in server.deliveries() if each.receipt_at is not None]


def test_in_firefox_a_push_shows_itself_and_syncs_what_waited_with_no_page_open(
    server: DiaryServer, service: PushService, tmp_path: Path
) -> None:
    code, block_id = block_an_hour_ago(server)
    with firefox_phone(tmp_path / "profile", push_url=service.websocket_url) as phone:
        phone.goto(f"{server.url}/")
        press(phone, "I have read this and agree")
        phone.wait_until(lambda: phone.evaluate("!!document.querySelector('input.code')"), "code")
        phone.evaluate(
            "(() => { const field = document.querySelector('input.code');"
            f" field.value = '{code}'; field.dispatchEvent(new Event('input', {{bubbles: true}}));"
            " })()"
        )
        press(phone, "Link this phone")
        press(phone, "It is the same")
        press(phone, "Go on in the browser", role="link")
        wait_for_text(phone, "Shall the diary remind you?")
        phone.grant_notifications(server.url)  # what the person answers when the phone asks
        press(phone, "Turn on reminders")
        wait_for_text(phone, "Reminders are on")
        press(phone, "Done")
        wait_for_text(phone, "How strong is your pain now?")

        server.stop()  # no signal for the answer
        rate(phone, 6)
        wait_for_text(phone, "Saved on this phone")
        phone.goto("about:blank")
        server.start()
        assert server.entries(block_id) == []

        result = server.tick()
        assert (result.claimed, result.accepted) == (1, 1)
        wait_for(lambda: server.entries(block_id), lambda: phone.evaluate(A_MOMENT))
        [delivery] = wait_for(lambda: receipts(server), lambda: phone.evaluate(A_MOMENT))
        assert delivery.shown_at is not None
        [post] = service.posts
        assert post.status == 201
        assert_sent_as_promised(server, post, block_id)
        [entry] = server.entries(block_id)
        assert entry.content["scores"] == {"main": 6}

        phone.goto(f"{server.url}/")
        [shown] = phone.wait_for_notifications()
        assert shown["title"] == "Diary"
        assert server.tick().claimed == 0


def test_in_chromium_an_allowed_phone_subscribes_itself_and_a_push_syncs_with_no_page_open(
    playwright: Playwright, server: DiaryServer, service: PushService, tmp_path: Path
) -> None:
    code, block_id = block_an_hour_ago(server)
    with chromium_phone(playwright, tmp_path / "profile", flags=service.chromium_flags) as phone:
        phone.grant_notifications(server.url)
        # Chromium's endpoints name its maker's host; the stand-in answers on this machine.
        phone.context.route(
            "**/api/phone/subscription", lambda route: on_this_machine(route, service)
        )
        patient = Patient(phone, server.url)
        patient.open()
        patient.press("I have read this and agree")
        patient.page.get_by_label("Code").fill(code)
        patient.press("Link this phone")
        patient.press("It is the same")
        patient.follow("Go on in the browser")
        expect(patient.title()).to_have_text("Reminders are on", timeout=20_000)
        patient.press("Done")
        patient.is_ready_offline()

        server.stop()
        patient.rate(4)
        phone.close_app()
        server.start()
        assert server.entries(block_id) == []

        assert server.tick().accepted == 1
        [shown] = phone.workers.wait_for_notifications(f"{server.url}/")
        assert (shown["title"], shown["body"]) == ("Diary", "Already answered, nothing to do.")

        def pause() -> None:
            phone.context.pages[0].wait_for_timeout(100)

        [entry] = wait_for(lambda: server.entries(block_id), pause)
        assert entry.content["scores"] == {"main": 4}
        wait_for(lambda: receipts(server), pause)
        [post] = service.posts
        assert_sent_as_promised(server, post, block_id)


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


A_MOMENT = "new Promise(resolve => setTimeout(resolve, 100))"


def press(phone: FirefoxPhone, name: str, role: str = "button") -> None:
    phone.click(role=role, name=name)


def rate(phone: FirefoxPhone, score: int) -> None:
    phone.click(css=f".point input[value='{score}'] + span")
    press(phone, "Save")


def wait_for_text(phone: FirefoxPhone, text: str, css: str = "h1") -> None:
    phone.wait_until(lambda: text in phone.text(css) or None, text)


def on_this_machine(route: Route, service: PushService) -> None:
    """Let a subscription name the stand-in's own address."""
    body = route.request.post_data_json
    if body and "endpoint" in body:
        body["endpoint"] = service.local(body["endpoint"])
        route.continue_(post_data=json.dumps(body))
    else:
        route.continue_()
