"""What the tests may rely on when they drive Firefox and its push."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush

from tests.browser.bidi import BidiError
from tests.browser.firefox import FirefoxPhone, firefox_phone
from tests.browser.push_messages import encode
from tests.browser.push_service import PushService, push_service
from tests.browser.rig_page import RigSite, rig_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[RigSite]:
    (tmp_path / "site").mkdir()
    with rig_site(tmp_path / "site") as running:
        yield running


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture
def phone(tmp_path: Path, service: PushService, site: RigSite) -> Iterator[FirefoxPhone]:
    with firefox_phone(
        tmp_path / "profile",
        push_url=service.websocket_url,
        locale="fr-FR",
        time_zone="America/New_York",
    ) as started:
        yield started


@pytest.fixture
def signer() -> Vapid02:
    vapid = Vapid02()
    vapid.generate_keys()
    return vapid


def public_key(signer: Vapid02) -> str:
    return encode(signer.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def send(
    subscription: dict[str, Any], signer: Vapid02, tag: str, ttl: int = 60, **headers: str
) -> None:
    webpush(
        subscription,
        json.dumps({"tag": tag, "body": f"body of {tag}"}),
        vapid_private_key=signer,
        vapid_claims={"sub": "mailto:rig@example.org"},
        ttl=ttl,
        headers=headers,
        timeout=60,
    )


def subscribe(phone: FirefoxPhone, site: RigSite, signer: Vapid02) -> dict[str, Any]:
    phone.grant_notifications(site.url)
    phone.goto(f"{site.url}?key={public_key(signer)}")
    phone.click(role="button", name="Remind me")
    subscription: dict[str, Any] = json.loads(
        phone.wait_until(lambda: phone.text("#subscription"), "subscription")
    )
    return subscription


def tags(phone: FirefoxPhone, count: int) -> set[str]:
    return {shown["tag"] for shown in phone.wait_for_notifications(count)}


def test_it_is_a_small_screen_in_new_york_in_french(phone: FirefoxPhone, site: RigSite) -> None:
    phone.goto(site.url)
    assert phone.evaluate("[innerWidth, innerHeight, devicePixelRatio]") == [393, 851, 2.75]
    assert phone.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == "America/New_York"
    assert phone.evaluate("navigator.language") == "fr-FR"
    assert "Android" in phone.evaluate("navigator.userAgent")


def test_offline_it_reloads_from_the_worker(phone: FirefoxPhone, site: RigSite) -> None:
    phone.goto(site.url)
    phone.evaluate("ready.then(() => true)")
    phone.set_offline(True)
    site.asked.clear()
    phone.reload()
    assert phone.text("h1") == "Rig"
    failed = "fetch('not-kept').then(() => 'answered', () => 'failed')"
    assert phone.evaluate(failed) == "failed"
    assert site.asked == []
    phone.set_offline(False)
    phone.wait_until(lambda: phone.evaluate(failed) == "answered", "network")
    assert set(site.asked) == {"/not-kept"}
    phone.set_offline(True)
    phone.restart()
    phone.goto(site.url)
    assert phone.evaluate("navigator.onLine")


def test_what_was_saved_survives_a_kill(phone: FirefoxPhone, site: RigSite) -> None:
    process = phone.process_id
    phone.goto(site.url)
    phone.evaluate("save('score', 7)")
    phone.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    phone.start()
    phone.goto(site.url)
    assert phone.evaluate("load('score')") == 7


def test_an_error_in_the_page_reaches_the_test(phone: FirefoxPhone, site: RigSite) -> None:
    phone.goto(site.url)
    with pytest.raises(BidiError, match="not defined"):
        phone.evaluate("nonsense()")


def test_a_push_after_a_real_click_is_decrypted_and_shown(
    phone: FirefoxPhone, site: RigSite, service: PushService, signer: Vapid02
) -> None:
    subscription = subscribe(phone, site, signer)
    send(subscription, signer, "one", Topic="hour-1", Urgency="high")
    [shown] = phone.wait_for_notifications()
    assert (shown["title"], shown["body"], shown["tag"]) == ("Rig", "body of one", "one")
    [post] = service.posts
    assert (post.status, post.ttl, post.topic, post.urgency) == (201, 60, "hour-1", "high")
    assert post.content_encoding == "aes128gcm"
    assert post.vapid is not None and post.vapid.problem == ""
    assert post.vapid.claims["aud"] == service.origin
    phone.wait_until(lambda: service.waiting(subscription["endpoint"]) == 0, "acknowledgement")


def test_messages_wait_for_a_phone_that_is_off_as_long_as_they_may(
    phone: FirefoxPhone, site: RigSite, service: PushService, signer: Vapid02
) -> None:
    subscription = subscribe(phone, site, signer)
    phone.stop()
    phone.wait_until(lambda: not service.connected(subscription["endpoint"]), "lost connection")
    send(subscription, signer, "dropped", ttl=0)
    send(subscription, signer, "too-late", ttl=30)
    send(subscription, signer, "replaced", ttl=3600, Topic="hour")
    send(subscription, signer, "kept", ttl=3600, Topic="hour")
    send(subscription, signer, "other", ttl=3600, Topic="other")
    assert service.waiting(subscription["endpoint"]) == 3
    service.pass_time(31)
    phone.start()
    phone.goto(site.url)
    assert tags(phone, 2) == {"kept", "other"}
    phone.wait_until(lambda: service.waiting(subscription["endpoint"]) == 0, "acknowledgement")
    assert tags(phone, 2) == {"kept", "other"}


def test_a_push_sent_while_the_phone_is_offline_comes_once_it_is_back(
    phone: FirefoxPhone, site: RigSite, service: PushService, signer: Vapid02
) -> None:
    subscription = subscribe(phone, site, signer)
    phone.set_offline(True)
    phone.wait_until(lambda: not service.connected(subscription["endpoint"]), "lost connection")
    send(subscription, signer, "one", ttl=3600)
    assert phone.notifications() == []
    phone.set_offline(False)
    assert tags(phone, 1) == {"one"}


def test_after_unsubscribing_the_sender_is_told_410(
    phone: FirefoxPhone, site: RigSite, service: PushService, signer: Vapid02
) -> None:
    subscription = subscribe(phone, site, signer)
    phone.evaluate("ready.then(r => r.pushManager.getSubscription()).then(s => s.unsubscribe())")

    def gone() -> bool:
        try:
            send(subscription, signer, "one")
        except WebPushException:
            return True
        return False

    phone.wait_until(gone, "refusal")
    assert service.posts[-1].status == 410


def test_another_senders_key_is_refused(
    phone: FirefoxPhone, site: RigSite, service: PushService, signer: Vapid02
) -> None:
    subscription = subscribe(phone, site, signer)
    stranger = Vapid02()
    stranger.generate_keys()
    with pytest.raises(WebPushException):
        send(subscription, stranger, "one")
    assert service.posts[-1].status == 403
