"""A push shows on a locked phone: it says nothing of health, patient or clinic, and fits."""

import json
import re
from base64 import urlsafe_b64decode
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest

from server.domain.protocol import STANDARD
from server.push.payload import BODY, MOST_BYTES, TITLE, reminder_payload, topic

BLOCK = UUID("6f2d2c7e-1111-4222-8333-944455556666")
DELIVERY = UUID("0b7ad3f0-1111-4222-8333-944455556666")
CLOSES = datetime(2026, 11, 23, 10, 22, 30, tzinfo=timezone(timedelta(hours=1)))

#: Stems of words that would tell whoever holds the phone why it rings.
HEALTH_WORDS = (
    *("pain", "ache", "hurt", "sore", "relief", "score", "rating", "rate", "nrs", "symptom"),
    *("block", "inject", "needle", "nerve", "facet", "joint", "spine", "spinal", "back", "neck"),
    *("medic", "drug", "dose", "pill", "tablet", "anaesth", "anesth", "caine", "opioid", "rescue"),
    *("clinic", "hospital", "doctor", "nurse", "patient", "treat", "therap", "diagnos", "health"),
    *("procedure", "ablation", "radiofreq", "assess", "baseline"),
)


def build(assessment_id: str = "15min", public_url: str = "https://diary.example.org") -> bytes:
    return reminder_payload(
        public_url=public_url,
        delivery_id=DELIVERY,
        block_id=BLOCK,
        assessment_id=assessment_id,
        closes_at=CLOSES,
    )


def test_the_words_that_are_shown_are_neutral() -> None:
    shown = f"{TITLE} {BODY}".lower()
    assert [word for word in HEALTH_WORDS if word in shown] == []


@pytest.mark.parametrize("planned", STANDARD.assessments, ids=lambda planned: planned.id)
def test_no_value_of_a_message_is_a_health_word(planned: object) -> None:
    message = json.loads(build(planned.id))
    values = [message["notification"][name] for name in ("title", "body", "navigate", "tag")]
    values += map(str, message["notification"]["data"].values())
    words = re.findall(r"[a-z]+", " ".join(values).lower())
    assert [word for word in words if word.startswith(HEALTH_WORDS)] == []


def test_the_shape_is_that_of_a_declarative_push_with_the_worker_first() -> None:
    message = json.loads(build())
    assert (message["web_push"], message["mutable"]) == (8030, True)
    assert set(message["notification"]) == {
        *("title", "body", "lang", "dir", "navigate", "tag", "data")
    }
    assert message["notification"]["navigate"] == "https://diary.example.org/"
    assert message["notification"]["data"]["closes_at"] == "2026-11-23T09:22:30Z"


def test_a_message_fits_through_every_push_service_once_encrypted() -> None:
    spare = MOST_BYTES - len(build(""))
    longest = build("a" * spare)
    assert len(longest) + 103 == 2_744  # header, key, tag and delimiter of aes128gcm
    with pytest.raises(ValueError, match="2642 bytes"):
        build("a" * (spare + 1))
    assert len(build(public_url="https://" + "a" * 250)) < 1_000


def test_a_topic_is_one_assessments_own_and_tells_nothing() -> None:
    topics = {topic(BLOCK, planned.id) for planned in STANDARD.assessments}
    assert len(topics) == len(STANDARD.assessments)
    assert topic(DELIVERY, "1h") not in topics
    for each in topics:
        assert re.fullmatch(r"[A-Za-z0-9_-]{32}", each)
        assert len(urlsafe_b64decode(each)) == 24
    assert topic(BLOCK, "1h") == topic(BLOCK, "1h")
