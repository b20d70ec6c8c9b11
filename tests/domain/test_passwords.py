"""A password may be anything long that a guesser does not try first."""

import pytest

from server.domain.passwords import (
    PASSWORD_MIN_CHARACTERS,
    PASSWORD_MOST_CHARACTERS,
    problem_with,
)

ABOUT = ("Elm Pain Clinic", "Nora Lee", "nora@elm.example")


@pytest.mark.parametrize(("length", "is_right"), [(14, False), (15, True), (16, True)])
def test_the_shortest_is_fifteen_characters(length: int, is_right: bool) -> None:
    assert PASSWORD_MIN_CHARACTERS == 15
    assert (problem_with("rk6Tq-w2Hv9xLm4z"[:length], ABOUT) is None) == is_right


def test_the_longest_is_two_hundred() -> None:
    long = " ".join(f"{number} otters" for number in range(100, 120))
    assert problem_with(long[:PASSWORD_MOST_CHARACTERS]) is None
    assert "more than 200" in str(problem_with(long[: PASSWORD_MOST_CHARACTERS + 1]))


@pytest.mark.parametrize(
    "password",
    [
        "velvet gravel onion",  # no capital, no digit, no sign
        "grün und Fenster 7",
        "тихий вечер у реки",
        "🦊🐢 fence lantern ok",
        "Elm Pain velvet gravel",  # a name in it does no harm where enough is one's own
    ],
)
def test_no_kind_of_character_is_asked_for(password: str) -> None:
    assert problem_with(password, ABOUT) is None


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "Password-Password-1",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "123456789012345",
        "qwertyuiopasdfghjkl",
        "poiuytrewq0987654321",
        "blockdiary-blockdiary",
        "Block Diary Admin 1",
        "ElmPainClinic2026",
        "nora.lee.elm.clinic",
        "Nora Lee Nurse 2026",
        "PainClinicPassword!",
        "summer-winter-2026!",
    ],
)
def test_what_everybody_would_try_is_refused(password: str) -> None:
    assert "easily guessed" in str(problem_with(password, ABOUT))
