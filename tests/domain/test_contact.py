"""Numbers that a telephone can dial, texts without markup, and whose words a patient gets."""

import pytest

from server.domain.contact import (
    ADVICE_CHARACTERS,
    EMERGENCY_CHARACTERS,
    TELEPHONE_CHARACTERS,
    Said,
    number,
    plain,
    said,
)
from server.domain.errors import Invalid

ORDER = ("en", "es", "fr", "de", "ar")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("  ", ""),
        ("112", "112"),
        ("15", "15"),
        (" 020  7946 0011 ", "020 7946 0011"),
        ("+49 (0)30/901820-0", "+49 (0)30/901820-0"),
        ("(555) 010-0199", "(555) 010-0199"),
        ("5" * TELEPHONE_CHARACTERS, "5" * TELEPHONE_CHARACTERS),
    ],
)
def test_a_number_is_kept_as_people_write_it(typed: str, kept: str) -> None:
    assert number(typed, "telephone") == kept


@pytest.mark.parametrize(
    "typed",
    [
        "1",
        "five",
        "555-0100 ext. 5",
        "112 or 999, whichever",
        "tel:112",
        "++112",
        "<b>112</b>",
        "٠٢٠٧٩٤٦",
        "5" * (TELEPHONE_CHARACTERS + 1),
    ],
)
def test_what_would_be_dialled_wrong_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        number(typed, "telephone")
    assert refused.value.path == "telephone"


def test_an_emergency_number_has_its_own_bound() -> None:
    assert number("1" * EMERGENCY_CHARACTERS, "e", EMERGENCY_CHARACTERS)
    with pytest.raises(Invalid):
        number("1" * (EMERGENCY_CHARACTERS + 1), "e", EMERGENCY_CHARACTERS)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" one\r\ntwo \r three\n", "one\ntwo\n three"),
        ("one\n\n\n\ntwo", "one\n\ntwo"),
        ("one\ttwo\x00\x1b[31m", "one two[31m"),
        ("1 < 2 & <b>bold</b>", "1 < 2 & <b>bold</b>"),
        ("استرح\u200fقليلاً", "استرح\u200fقليلاً"),
        (" \n ", ""),
    ],
)
def test_a_text_is_its_lines_and_characters_and_nothing_else(typed: str, kept: str) -> None:
    assert plain(typed, "advice", ADVICE_CHARACTERS) == kept


def test_a_text_has_a_bound_that_is_counted_as_it_is_kept() -> None:
    assert len(plain("x" * 10 + "\r\n" * 5, "advice", 10)) == 10
    with pytest.raises(Invalid, match="these are 11"):
        plain("x" * 11, "advice", 10)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"fr": "Repos", "en": "Rest", "de": "Ruhe"}, Said("Repos", "fr")),
        ({"fr": "", "de": "Ruhe", "en": "Rest"}, Said("Rest", "en")),
        ({"ar": "راحة", "de": "Ruhe"}, Said("Ruhe", "de")),
        ({"fr": "", "en": ""}, None),
        ({}, None),
    ],
)
def test_own_words_come_in_the_readers_language_or_else_in_english_or_else_as_written(
    texts: dict[str, str], expected: Said | None
) -> None:
    assert said(texts, "fr", ORDER) == expected
