"""Whom a clinic's patients call, and what it tells them in its own words: plain text, bounded.

Texts are never markup: whoever shows one shows its characters. Whatever the clinic writes stands
beside the product's own advice, never in its place.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from server.domain.errors import Invalid

TELEPHONE_CHARACTERS = 40
EMERGENCY_CHARACTERS = 20
OPENING_HOURS_CHARACTERS = 120
ADVICE_CHARACTERS = 1000
FEWEST_DIGITS = 2  #: as short as a number gets that a telephone dials

#: Digits, and what people write between them; an extension or a word would be dialled wrong.
_NUMBER = re.compile(r"\+?[0-9()][0-9 ()./\u2010-\u2015-]*")


@dataclass(frozen=True)
class Texts:
    """A clinic's own words in one language; empty where it has none."""

    opening_hours: str = ""  #: when somebody answers its telephone, in words
    advice: str = ""


@dataclass(frozen=True)
class Contact:
    """All that a clinic tells its patients about itself."""

    telephone: str  #: while it is open
    out_of_hours_telephone: str = ""  #: empty: it has none
    emergency_number: str = ""  #: such as 112; empty: the phone names none
    texts: Mapping[str, Texts] = field(default_factory=dict)  #: by language


@dataclass(frozen=True)
class Said:
    """A text, and the language that it is in, which may be another than the reader's."""

    text: str
    language: str


def number(typed: str, path: str, most: int = TELEPHONE_CHARACTERS) -> str:
    """A number that a telephone can dial, as it is to be shown; empty if nothing was typed.

    :param path: the field, for the error
    :raises Invalid: it has letters, too few digits or too many characters
    """
    shown = " ".join(typed.split())
    if not shown:
        return ""
    if len(shown) > most:
        raise Invalid(path, "Use {most} characters or fewer.", most=most)
    if not _NUMBER.fullmatch(shown) or sum(each in "0123456789" for each in shown) < FEWEST_DIGITS:
        raise Invalid(path, "Type one number, with digits alone, such as +1 555 0100.")
    return shown


def plain(typed: str, path: str, most: int) -> str:
    """A text as it is kept: lines and characters, no controls, no more than one empty line.

    :raises Invalid: it is longer than `most` characters
    """
    lines = typed.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = "\n".join(
        "".join(each for each in line.expandtabs(1) if unicodedata.category(each) != "Cc").rstrip()
        for line in lines
    )
    text = re.sub(r"\n{3,}", "\n\n", kept).strip()
    if len(text) > most:
        raise Invalid(
            path, "Use {most} characters or fewer; these are {count}.", most=most, count=len(text)
        )
    return text


def said(texts: Mapping[str, str], language: str, order: Sequence[str]) -> Said | None:
    """The text for a patient who reads `language`: in it, else in the first language of `order`
    that the clinic wrote one in. None if it wrote none.

    :param order: every language, the one that all of the clinic's staff read first
    """
    return next(
        (Said(texts[code], code) for code in (language, *order) if texts.get(code)),
        None,
    )
