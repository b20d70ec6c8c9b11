"""A push shows on a locked phone: it says nothing of health, patient or clinic, and fits."""

import json
import re
from base64 import urlsafe_b64decode
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest

from server.domain.protocol import STANDARD, PlannedAssessment
from server.push.payload import MOST_BYTES, reminder_payload, topic, words
from server.words import catalogues

BLOCK = UUID("6f2d2c7e-1111-4222-8333-944455556666")
DELIVERY = UUID("0b7ad3f0-1111-4222-8333-944455556666")
CLOSES = datetime(2026, 11, 23, 10, 22, 30, tzinfo=timezone(timedelta(hours=1)))

#: Stems of words that would tell whoever holds the phone why it rings, in every language.
HEALTH_WORDS = {
    "en": (
        *("pain", "ache", "hurt", "sore", "relief", "score", "rating", "rate", "nrs", "symptom"),
        *(
            "block",
            "inject",
            "needle",
            "nerve",
            "facet",
            "joint",
            "spine",
            "spinal",
            "back",
            "neck",
        ),
        *("medic", "drug", "dose", "pill", "tablet", "anaesth", "anesth", "caine", "opioid"),
        *("clinic", "hospital", "doctor", "nurse", "patient", "treat", "therap", "diagnos"),
        *("health", "procedure", "ablation", "radiofreq", "assess", "baseline", "rescue"),
    ),
    "es": (
        *("dolor", "duel", "dole", "alivi", "puntu", "síntoma", "molest", "bloqueo", "inyec"),
        *("aguja", "nervio", "articul", "column", "espald", "cuello", "medic", "pastill", "dosis"),
        *("anest", "calmant", "clínic", "hospital", "doctor", "enferm", "pacient", "tratam"),
        *("terap", "diagn", "salud", "proced", "infiltr"),
    ),
    "fr": (
        *("douleur", "mal", "soulag", "note", "score", "symptôm", "gêne", "bloc", "inject"),
        *("aiguille", "nerf", "articul", "colonne", "dos", "cou", "médic", "comprim", "cachet"),
        *("anesth", "cliniqu", "hôpit", "docteur", "médec", "infirm", "patient", "traite"),
        *("thérap", "diagn", "santé", "interven", "infiltr", "soin"),
    ),
    "de": (
        *("schmerz", "weh", "linder", "wert", "bewert", "symptom", "beschwerd", "block", "sprit"),
        *("injekt", "nadel", "nerv", "gelenk", "wirbel", "rücken", "nacken", "medik", "tablett"),
        *("dosis", "betäub", "narko", "klinik", "krank", "arzt", "ärzt", "pfleg", "patient"),
        *("behandl", "therap", "diagn", "gesund", "eingriff", "praxis"),
    ),
    "ar": (
        *("ألم", "الم", "وجع", "أوجاع", "راحة", "تسكين", "درجة", "تقييم", "أعراض", "حقن", "إبر"),
        *("عصب", "أعصاب", "مفصل", "مفاصل", "فقر", "ظهر", "رقب", "دواء", "أدوي", "علاج", "حبوب"),
        *("جرع", "تخدير", "عياد", "مستشف", "طبيب", "أطب", "طبي", "ممرض", "مريض", "مرضى", "صح"),
        *("تشخيص", "عملي", "كي"),
    ),
}


def health_words_in(text: str, language: str = "en") -> list[str]:
    """The words of a text that begin with such a stem; in Arabic also behind "the", "and", "for"."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    if language == "ar":
        words += [re.sub("^[وفبلك]?(ال|لل)?", "", word) for word in words]
    return [word for word in words if word.startswith(HEALTH_WORDS[language])]


def build(
    assessment_id: str = "15min",
    public_url: str = "https://diary.example.org",
    language: str = "en",
) -> bytes:
    return reminder_payload(
        public_url=public_url,
        delivery_id=DELIVERY,
        block_id=BLOCK,
        assessment_id=assessment_id,
        closes_at=CLOSES,
        language=language,
    )


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_the_words_that_are_shown_are_neutral(language: str) -> None:
    shown = words(language)
    assert health_words_in(f"{shown['title']} {shown['body']}", language) == []


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_the_list_of_health_words_knows_the_words_of_its_language(language: str) -> None:
    for text in ("Before the injection", "Your pain, from 0 to 10", "Call your clinic if you have"):
        assert health_words_in(catalogues.t(language, text), language), text


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
@pytest.mark.parametrize("planned", STANDARD.assessments, ids=lambda planned: planned.id)
def test_no_value_of_a_message_is_a_health_word(planned: PlannedAssessment, language: str) -> None:
    message = json.loads(build(planned.id, language=language))
    values = [message["notification"][name] for name in ("title", "body", "navigate", "tag")]
    values += map(str, message["notification"]["data"].values())
    assert health_words_in(" ".join(values), language) == []
    assert health_words_in(" ".join(values), "en") == []


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_a_message_says_its_language_and_direction_and_fits(language: str) -> None:
    longest = build("a" * 60, "https://" + "a" * 250, language)
    assert len(longest) <= MOST_BYTES == 2_641
    shown = json.loads(longest)["notification"]
    assert shown["lang"] == language
    assert shown["dir"] == ("rtl" if language == "ar" else "ltr")
    if language != "en":
        assert {shown["title"], shown["body"]}.isdisjoint({"Diary", "Time for your entry."})


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
