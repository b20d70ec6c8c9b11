"""Real push in Chromium: a click subscribes, an encrypted message arrives."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import sync_playwright
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush

from tests.browser.chromium import ChromiumPhone, chromium_phone
from tests.browser.push_messages import encode
from tests.browser.push_service import PushService, push_service
from tests.browser.rig_page import RigSite, rig_site
from tests.browser.waiting import wait_for


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture
def site(tmp_path: Path) -> Iterator[RigSite]:
    (tmp_path / "site").mkdir()
    with rig_site(tmp_path / "site") as running:
        yield running


@pytest.fixture
def phone(tmp_path: Path, service: PushService) -> Iterator[ChromiumPhone]:
    with (
        sync_playwright() as playwright,
        chromium_phone(playwright, tmp_path / "profile", flags=service.chromium_flags) as started,
    ):
        yield started


def send(subscription: dict[str, Any], signer: Vapid02, tag: str) -> None:
    webpush(
        subscription,
        json.dumps({"tag": tag, "body": f"body of {tag}"}),
        vapid_private_key=signer,
        vapid_claims={"sub": "mailto:rig@example.org"},
        ttl=60,
        timeout=60,
    )


def test_a_click_subscribes_and_messages_arrive_also_after_a_restart_until_it_unsubscribes(
    phone: ChromiumPhone, site: RigSite, service: PushService
) -> None:
    signer = Vapid02()
    signer.generate_keys()
    key = encode(signer.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    phone.grant_notifications(site.url)
    phone.page.goto(f"{site.url}?key={key}")
    phone.page.get_by_role("button", name="Remind me").tap()
    phone.page.wait_for_function("document.querySelector('#subscription').textContent !== ''")
    subscription = json.loads(phone.page.locator("#subscription").inner_text())
    subscription["endpoint"] = service.local(subscription["endpoint"])

    phone.close_app()
    send(subscription, signer, "one")
    [shown] = phone.workers.wait_for_notifications(site.url)
    assert (shown["tag"], shown["body"]) == ("one", "body of one")
    [post] = service.posts
    assert (post.status, post.text) == (201, None)
    assert post.vapid is not None and post.vapid.key == key

    phone.stop()
    wait_for(lambda: not service.connected(subscription["endpoint"]), lambda: time.sleep(0.05))
    send(subscription, signer, "two")
    assert service.waiting(subscription["endpoint"]) == 1
    phone.start()
    phone.page.goto(site.url)
    assert {shown["tag"] for shown in phone.workers.wait_for_notifications(site.url)} == {"two"}

    phone.page.evaluate(
        "ready.then(r => r.pushManager.getSubscription()).then(s => s.unsubscribe())"
    )
    wait_for(
        lambda: service.retired(subscription["endpoint"]),
        lambda: phone.page.wait_for_timeout(50),
    )
    with pytest.raises(WebPushException):
        send(subscription, signer, "three")
    assert service.posts[-1].status == 410
