"""A link or code lets one phone in, is hard to guess, and easy to type."""

import re
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import pytest

from server.domain.enrolment import (
    CHECK_WORDS,
    CODE_ALPHABET,
    LIFETIME,
    CodeExpired,
    CodeRevoked,
    CodeUsed,
    check_usable,
    expires_at,
    new_check_word,
    new_code,
    new_token,
    shown_code,
    typed_code,
)
from server.domain.errors import Invalid

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_token_has_128_bits_and_is_safe_in_a_url() -> None:
    tokens = {new_token() for _ in range(200)}
    assert len(tokens) == 200
    for token in tokens:
        assert re.fullmatch(r"[A-Za-z0-9_-]{22}", token)
        assert len(urlsafe_b64decode(token + "==")) == 16


def test_a_code_has_eight_characters_that_nobody_takes_for_one_another() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert set("".join(codes)) == set(CODE_ALPHABET)
    assert {len(code) for code in codes} == {8}
    assert not set("0O1ILU") & set(CODE_ALPHABET)
    assert len(set(CODE_ALPHABET)) == len(CODE_ALPHABET) == 30


@pytest.mark.parametrize(
    "typed",
    [
        "ABCD-2345",
        "abcd2345",
        " ab cd - 23 45 ",
        "AbCd–2345",
        "ABCD\u00a02345",
        "ABCD‑2345",
        "ABCD.2345",
        "A-B-C-D-2-3-4-5\n",
    ],
)
def test_a_code_is_read_whatever_the_case_spaces_and_hyphens(typed: str) -> None:
    assert typed_code(typed) == "ABCD2345"
    assert shown_code("ABCD2345") == "ABCD-2345"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "you typed 0"),
        ("ABCD-234", "you typed 7"),
        ("ABCD-23456", "you typed 9"),
        ("ABCD-234O", "never 0, O, 1"),
        ("ABCD-234!", "letters and digits"),
        ("ÀBCD-2345", "letters and digits"),
    ],
)
def test_what_cannot_be_a_code_is_told_apart_from_an_unknown_one(typed: str, problem: str) -> None:
    with pytest.raises(Invalid, match=problem) as refusal:
        typed_code(typed)
    assert refusal.value.path == "code"


def usable(
    now: datetime,
    used_at: datetime | None = None,
    revoked_at: datetime | None = None,
    telephone: str = "020 7946 0011",
) -> None:
    check_usable(
        expires_at=expires_at(NOW),
        used_at=used_at,
        revoked_at=revoked_at,
        now=now,
        telephone=telephone,
    )


def test_a_code_works_until_just_before_it_is_seven_days_old() -> None:
    assert timedelta(days=7) == LIFETIME
    usable(NOW + LIFETIME - timedelta(microseconds=1))
    for late in (NOW + LIFETIME, NOW + LIFETIME + timedelta(microseconds=1)):
        with pytest.raises(CodeExpired, match="7 days"):
            usable(late)


def test_each_refusal_says_what_to_do_and_whom_to_call() -> None:
    with pytest.raises(CodeUsed, match=r"once\. For another phone, call your clinic on 020 7946"):
        usable(NOW, used_at=NOW)
    with pytest.raises(CodeRevoked, match=r"withdrawn.*call your clinic on 020 7946 0011"):
        usable(NOW, revoked_at=NOW)
    with pytest.raises(CodeExpired, match="call your clinic on 020 7946 0011"):
        usable(NOW + LIFETIME)
    with pytest.raises(CodeUsed, match="call your clinic and ask"):
        usable(NOW, used_at=NOW, telephone="")


def test_a_used_code_says_so_even_when_it_is_old_or_withdrawn_too() -> None:
    with pytest.raises(CodeUsed):
        usable(NOW + LIFETIME, used_at=NOW, revoked_at=NOW)


def test_check_words_are_many_short_and_distinct() -> None:
    assert len(CHECK_WORDS) >= 64
    assert len(set(CHECK_WORDS)) == len(CHECK_WORDS)
    assert all(re.fullmatch(r"[a-z]{3,8}", word) for word in CHECK_WORDS)
    assert len({new_check_word() for _ in range(200)}) > 20
