"""What a push message says: neutral words, and what the phone needs to file its receipt.

The shape is that of Declarative Web Push, so that WebKit can show it even if the worker fails;
`mutable` lets the worker run first.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from server.words import catalogues
from server.words.catalogues import t

#: The least that a push service takes (a bridge to Android), of which encryption needs 103.
MOST_BYTES = 2_744 - 103
#: A later message on trial replaces an earlier one that the push service still holds.
TRIAL_TOPIC = "trial"


def words(language: str) -> dict[str, str]:
    """What is shown on a locked phone, to whoever holds it: no word of health, patient or clinic."""
    return {
        "title": t(language, "Diary"),
        "body": t(language, "Time for your entry."),
        "lang": language,
        "dir": catalogues.language(language).direction,
    }


def reminder_payload(
    *,
    public_url: str,
    delivery_id: UUID,
    block_id: UUID,
    assessment_id: str,
    closes_at: datetime,
    language: str,
    snooze: bool = True,
) -> bytes:
    """The message that asks for one assessment's entry, UTF-8 JSON.

    :param closes_at: until when it can be answered
    :param language: the patient's
    :param snooze: whether the phone may offer to put it off, while the window lasts
    :raises ValueError: it is longer than a push service takes
    """
    notification = {
        **words(language),
        "navigate": f"{public_url}/",
        "tag": str(delivery_id),
        "data": {
            "delivery": str(delivery_id),
            "block": str(block_id),
            "assessment": assessment_id,
            "closes_at": closes_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "snooze": snooze,
        },
    }
    payload = _message(notification)
    if len(payload) > MOST_BYTES:
        raise ValueError(f"a push message of {len(payload)} bytes is longer than {MOST_BYTES}")
    return payload


def trial_payload(public_url: str, language: str) -> bytes:
    """The message that only shows that messages arrive, in the same words, UTF-8 JSON."""
    return _message(
        {
            **words(language),
            "navigate": f"{public_url}/",
            "tag": "trial",
            "data": {"trial": True},
        }
    )


def _message(notification: Mapping[str, object]) -> bytes:
    message = {"web_push": 8030, "notification": notification, "mutable": True}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def topic(block_id: UUID, assessment_id: str) -> str:
    """32 URL-safe characters, the same for each message about one assessment: a later one
    replaces an earlier one that the push service still holds. They tell nothing about it."""
    digest = hashlib.sha256(f"{block_id} {assessment_id}".encode()).digest()
    return urlsafe_b64encode(digest[:24]).decode()
