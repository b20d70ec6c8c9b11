"""Every English screen of the phone can be read with seven years of school."""

import re
from collections.abc import Iterator

import pytest
from readability import getmeasures

from tests.pwa.gallery.pages import LOOKS, Gallery, gallery, show

HIGHEST_GRADE = 7
#: Fewer words in a line are a label, which would only make a screen look easier.
FEWEST_IN_A_LINE = 5
#: Fewer on a screen have no grade: the formula is made for paragraphs.
FEWEST_ON_A_SCREEN = 20
WORDS = """
() => document.querySelector('main').innerText
  .split('\\n').map(line => line.trim())
"""


@pytest.fixture(scope="module")
def shown() -> Iterator[Gallery]:
    with gallery() as running:
        yield running


def grade(lines: list[str]) -> float:
    """The US school grade that a text needs, by Flesch and Kincaid; each line ends a sentence."""
    sentences = [part for line in lines for part in re.split(r"[.?!:]+", line)]
    words = [" ".join(re.findall(r"[\w’'-]+", sentence)) for sentence in sentences]
    text = "\n".join(f"{each} ." for each in words if each)
    return float(getmeasures(text, lang="en")["readability grades"]["Kincaid"])


def test_no_screen_needs_more_than_seven_years_of_school(shown: Gallery) -> None:
    grades = {}
    with shown.page(LOOKS["light"]) as page:
        for screen, name, case in shown.cases:
            show(page, screen, name, case)
            lines = [e for e in page.evaluate(WORDS) if len(e.split()) >= FEWEST_IN_A_LINE]
            if len(" ".join(lines).split()) >= FEWEST_ON_A_SCREEN:
                grades[f"{screen}/{name}"] = grade(lines)
    assert len(grades) > 30
    assert {screen: found for screen, found in grades.items() if found > HIGHEST_GRADE} == {}


def test_hard_words_are_found() -> None:
    hard = "Radiofrequency neurotomy denervates symptomatic zygapophysial articulations."
    assert grade([hard]) > HIGHEST_GRADE
