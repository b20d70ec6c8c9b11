"""The stand-in push service keeps, delivers and refuses as a real one does."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush

from tests.browser.push_messages import encode
from tests.browser.push_service import PushService, push_service


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture
def signer() -> Vapid02:
    vapid = Vapid02()
    vapid.generate_keys()
    return vapid


@pytest.fixture
def subscription(service: PushService, signer: Vapid02) -> dict[str, Any]:
    public = signer.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return service.subscribe(encode(public))


def send(subscription: dict[str, Any], signer: Vapid02, text: str = "hello") -> requests.Response:
    answer: requests.Response = webpush(
        subscription,
        text,
        vapid_private_key=signer,
        vapid_claims={"sub": "mailto:rig@example.org"},
        ttl=60,
        timeout=60,
    )
    return answer


def refused(subscription: dict[str, Any], signer: Vapid02) -> WebPushException:
    with pytest.raises(WebPushException) as caught:
        send(subscription, signer)
    return caught.value


def test_a_message_is_answered_with_its_place_and_can_be_read(
    service: PushService, subscription: dict[str, Any], signer: Vapid02
) -> None:
    answer = send(subscription, signer, json.dumps({"hour": 3}))
    assert answer.status_code == 201
    assert answer.headers["Location"].startswith(f"{service.origin}/message/")
    [post] = service.posts
    assert post.text == '{"hour": 3}'
    assert post.ttl == 60
    assert (
        post.vapid is not None
        and post.vapid.problem == ""
        and post.vapid.claims["sub"].startswith("mailto:")
    )


@pytest.mark.parametrize(
    ("claims", "problem"),
    [
        ({"aud": "https://elsewhere.example"}, "aud is"),
        ({"exp": int(time.time()) - 1}, "exp is past"),
        ({"exp": int(time.time()) + 25 * 3600}, "more than 24 hours"),
    ],
)
def test_a_claim_that_does_not_hold_is_refused(
    service: PushService,
    subscription: dict[str, Any],
    signer: Vapid02,
    claims: dict[str, object],
    problem: str,
) -> None:
    headers = {
        "TTL": "60",
        **signer.sign({"sub": "mailto:a@example.org", "aud": service.origin, **claims}),
    }
    assert requests.post(subscription["endpoint"], headers=headers, timeout=60).status_code == 401
    vapid = service.posts[-1].vapid
    assert vapid is not None and problem in vapid.problem


def test_a_forged_signature_is_refused(
    service: PushService, subscription: dict[str, Any], signer: Vapid02
) -> None:
    honest = signer.sign({"sub": "mailto:a@example.org", "aud": service.origin})["Authorization"]
    start, _, rest = honest.partition(".")
    claims, _, signature = rest.partition(".")
    changed = "A" if signature[10] != "A" else "B"
    forged = f"{start}.{claims}.{signature[:10]}{changed}{signature[11:]}"
    answers = [
        requests.post(
            subscription["endpoint"], headers={"TTL": "60", "Authorization": header}, timeout=60
        ).status_code
        for header in (honest, forged, "Bearer x")
    ]
    assert answers == [201, 401, 401]
    assert (
        requests.post(subscription["endpoint"], headers={"TTL": "60"}, timeout=60).status_code
        == 401
    )


def test_a_message_without_a_ttl_is_refused(
    service: PushService, subscription: dict[str, Any], signer: Vapid02
) -> None:
    headers = signer.sign({"sub": "mailto:a@example.org", "aud": service.origin})
    assert requests.post(subscription["endpoint"], headers=headers, timeout=60).status_code == 400


def test_an_unknown_endpoint_is_404_and_a_retired_one_410(
    service: PushService, subscription: dict[str, Any], signer: Vapid02
) -> None:
    unknown = {**subscription, "endpoint": f"{service.origin}/push/unknown"}
    assert refused(unknown, signer).status_code == 404
    service.retire(subscription["endpoint"])
    assert refused(subscription, signer).status_code == 410


def test_a_refusal_lasts_as_often_as_told_and_says_when_to_come_back(
    service: PushService, subscription: dict[str, Any], signer: Vapid02
) -> None:
    other = service.subscribe()
    service.refuse(429, retry_after="7", endpoint=subscription["endpoint"], times=2)
    assert send(other, signer).status_code == 201
    assert [refused(subscription, signer).retry_after for _ in range(2)] == ["7", "7"]
    assert send(subscription, signer).status_code == 201
    assert [post.status for post in service.posts] == [201, 429, 429, 201]


def test_a_service_that_hangs_answers_nothing_until_it_behaves(
    service: PushService, subscription: dict[str, Any]
) -> None:
    service.hang()
    with pytest.raises(requests.ReadTimeout):
        requests.post(subscription["endpoint"], timeout=0.2)
    assert service.posts[0].status is None
    service.behave()
    assert requests.post(subscription["endpoint"], timeout=60).status_code == 400


def test_nothing_listens_once_it_is_stopped() -> None:
    with push_service() as service:
        service.hang()
        subscription = service.subscribe()
        with pytest.raises(requests.ReadTimeout):
            requests.post(subscription["endpoint"], timeout=0.2)
    with pytest.raises(requests.ConnectionError):
        requests.post(subscription["endpoint"], timeout=1)
