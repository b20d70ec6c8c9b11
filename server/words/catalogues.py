"""The catalogues, as they lie beside this module, and the languages they are in."""

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


def po_file(code: str) -> Path:
    """Where the patients' catalogue of a language lies."""
    return FOLDER / code / "LC_MESSAGES" / "patient.po"


@cache
def catalogue(code: str) -> Catalog:
    """The patients' catalogue of a language other than English."""
    with po_file(code).open("rb") as file:
        return read_po(file, locale=code, domain="patient")


def review(of: Catalog) -> str | None:
    """Who reviewed a catalogue clinically, and when, as its header says; None if nobody did."""
    found = _REVIEW.search(of.header_comment)
    return found[1] if found and not found[1].startswith("none") else None


def scale_direction(of: Catalog) -> Literal["ltr", "rtl"]:
    """Which way the scale from 0 to 10 runs, as the catalogue's header says."""
    found = _SCALE.search(of.header_comment)
    return "rtl" if found and found[1] == "right to left" else "ltr"


def forms(code: str, message: str) -> list[str] | None:
    """A message in a language, all its plural forms; None where it is not wholly translated."""
    found = None if code == SOURCE_LANGUAGE else catalogue(code).get(message)
    if found is None or found.fuzzy:
        return None
    said = [found.string] if isinstance(found.string, str) else [*(found.string or ())]
    return said if said and all(said) else None


def t(code: str, message: str, values: Mapping[str, object] | None = None) -> str:
    """A message in a language, its {values} filled in; in English where it has no translation."""
    text = (forms(code, message) or [message])[0]
    return text.format_map(values) if values else text
