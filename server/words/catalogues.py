"""The catalogues, as they lie beside this module, and the languages they are in.

There are two of each language: what patients read, and what the staff of a clinic read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parent
SOURCE_LANGUAGE = "en"
#: The languages there are, in the order in which they are offered; each but English has a catalogue.
LANGUAGES = ("en", "es", "fr", "de", "ar")
Domain = Literal["patient", "clinic"]
#: In an order that tells the forms apart for Intl.PluralRules, as gettext's formulas here number them.
PLURALS = {
    "en": ("one", "other"),
    "es": ("one", "other"),
    "fr": ("one", "other"),
    "de": ("one", "other"),
    "ar": ("zero", "one", "two", "few", "many", "other"),
}
#: In the comment at the head of a catalogue; "none" until clinicians have read all of it.
_REVIEW = re.compile(r"^# Clinical review: (.+)$", re.MULTILINE)
#: Which way the scale from 0 to 10 runs, there too: as it was validated in that language.
_SCALE = re.compile(r"^# Scale from 0 to 10: (left to right|right to left)\b", re.MULTILINE)


@dataclass(frozen=True)
class Language:
    """One language that the words are in."""

    code: str  #: as in a page's `lang`
    name: str  #: as its speakers call it
    english_name: str
    direction: Literal["ltr", "rtl"]
    scale_direction: Literal["ltr", "rtl"]  #: which way 0 to 10 runs
    is_reviewed: bool  #: clinicians have checked its words; English is the source


@cache
def language(code: str) -> Language:
    """:param code: one of `LANGUAGES`"""
    locale = Locale.parse(code)
    name = locale.get_display_name(code) or code
    is_source = code == SOURCE_LANGUAGE
    return Language(
        code=code,
        name=name[:1].upper() + name[1:],
        english_name=locale.get_display_name("en") or code,
        direction="rtl" if locale.text_direction == "rtl" else "ltr",
        scale_direction="ltr" if is_source else scale_direction(catalogue(code)),
        is_reviewed=is_source or review(catalogue(code)) is not None,
    )


def po_file(code: str, domain: Domain = "patient") -> Path:
    """Where a catalogue of a language lies."""
    return FOLDER / code / "LC_MESSAGES" / f"{domain}.po"


@cache
def catalogue(code: str, domain: Domain = "patient") -> Catalog:
    """A catalogue of a language other than English."""
    with po_file(code, domain).open("rb") as file:
        return read_po(file, locale=code, domain=domain)


def review(of: Catalog) -> str | None:
    """Who reviewed a catalogue clinically, and when, as its header says; None if nobody did."""
    found = _REVIEW.search(of.header_comment)
    return found[1] if found and not found[1].startswith("none") else None


def scale_direction(of: Catalog) -> Literal["ltr", "rtl"]:
    """Which way the scale from 0 to 10 runs, as the catalogue's header says."""
    found = _SCALE.search(of.header_comment)
    return "rtl" if found and found[1] == "right to left" else "ltr"


@cache
def _translated(code: str, domain: Domain) -> Mapping[str, list[str]]:
    """All forms of every message that is wholly translated."""
    if code == SOURCE_LANGUAGE:
        return {}
    found = {}
    for each in catalogue(code, domain):
        source = each.id if isinstance(each.id, str) else each.id[0]
        said = [each.string] if isinstance(each.string, str) else [*(each.string or ())]
        if source and said and all(said) and not each.fuzzy:
            found[source] = said
    return found


def forms(code: str, message: str, domain: Domain = "patient") -> list[str] | None:
    """A message in a language, all its plural forms; None where it is not wholly translated."""
    return _translated(code, domain).get(message)


def t(
    code: str,
    message: str,
    values: Mapping[str, object] | None = None,
    domain: Domain = "patient",
) -> str:
    """A message in a language, its {values} filled in; in English where it has no translation."""
    text = (forms(code, message, domain) or [message])[0]
    return text.format_map(values) if values else text


def form_for(code: str, one: str, other: str, count: int, domain: Domain = "patient") -> str:
    """The plural form of a message that a count takes, its {values} still to be filled in."""
    said = forms(code, one, domain)
    if said is None:
        return one if count == 1 else other
    names = PLURALS[code]
    name = Locale.parse(code).plural_form(count)
    return said[names.index(name) if name in names else -1]
