"""What codes are called: roles, regions, anaesthetics, languages."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from babel import Locale
from babel.lists import format_list
from flask import Flask

from server.domain.protocol import AGENTS
from server.domain.staff import ROLES
from server.web.speech import N, said, spoken, t
from server.words.catalogues import (
    LANGUAGES,
    SOURCE_LANGUAGE,
    Language,
    catalogue,
    language,
    review,
)

#: As they stand alone, at the beginning of a line.
REGIONS = {"cervical": N("Cervical"), "thoracic": N("Thoracic"), "lumbar": N("Lumbar")}
SIDES = {"left": N("Left"), "right": N("Right"), "both": N("Both")}
ROLE_NAMES = {
    "administrator": N("Administrator"),
    "clinician": N("Clinician"),
    "nurse": N("Nurse"),
    "viewer": N("Viewer"),
}
AGENT_NAMES = {
    "lidocaine": N("Lidocaine"),
    "mepivacaine": N("Mepivacaine"),
    "bupivacaine": N("Bupivacaine"),
    "levobupivacaine": N("Levobupivacaine"),
    "ropivacaine": N("Ropivacaine"),
    "other": N("Other"),
}
assert ROLE_NAMES.keys() == set(ROLES) and AGENT_NAMES.keys() == set(AGENTS)
#: Within a line or a sentence.
_ROLES_INSIDE = {
    "administrator": N("administrator"),
    "clinician": N("clinician"),
    "nurse": N("nurse"),
    "viewer": N("viewer"),
}
_SIDES_INSIDE = {"left": N("left"), "right": N("right"), "both": N("both sides")}
_AGENTS_INSIDE = {
    "lidocaine": N("lidocaine"),
    "mepivacaine": N("mepivacaine"),
    "bupivacaine": N("bupivacaine"),
    "levobupivacaine": N("levobupivacaine"),
    "ropivacaine": N("ropivacaine"),
    "other": N("other"),
}


#: What a block has of itself where nobody named its pains; others are called as they were typed.
SITES = {"left": N("left"), "right": N("right")}
#: What patients choose from; staff write down what they are told.
_ACTIVITIES = {
    "walking": N("walking"),
    "standing": N("standing"),
    "bending": N("bending"),
    "twisting": N("twisting"),
    "chores": N("chores"),
    "sitting": N("sitting"),
    "resting": N("resting"),
}


def _called(names: Mapping[str, str], code: str) -> str:
    return said(names[code]) if code in names else code


CALLED: Mapping[str, Callable[[str], str]] = {
    "region_name": partial(_called, REGIONS),
    "side_name": partial(_called, _SIDES_INSIDE),
    "agent_name": partial(_called, _AGENTS_INSIDE),
    "site_name": partial(_called, SITES),
    "activity_name": partial(_called, _ACTIVITIES),
    "role_name": partial(_called, ROLE_NAMES),
    "role_inside": partial(_called, _ROLES_INSIDE),
}


def language_name(of: Language) -> str:
    """What the reader calls a language, standing alone."""
    name = Locale.parse(of.code).get_display_name(spoken().code) or of.english_name
    return name[:1].upper() + name[1:]


def one_of(names: Iterable[str]) -> str:
    """ "nurse or clinician" """
    code = spoken().code
    return format_list(list(names), "or-short", "en_001" if code == "en" else code)


def named(groups: Mapping[str, object], by: str) -> list[tuple[str, object]]:
    """Groups under what their codes are called; `by` is one of `CALLED`."""
    return [(CALLED[by](code), group) for code, group in groups.items()]


def browser_name(kept: str) -> str:
    """What `browser_session.in_words` made of a browser: "Firefox on Linux"."""
    browser, _, system = kept.partition(" on ")
    name = t("Another browser") if browser == "Another browser" else browser
    return t("{browser} on {system}", browser=name, system=system) if system else name


def not_reviewed() -> bool:
    """Have clinicians not yet read the words of these pages in the reader's language?"""
    code = spoken().code
    return code != SOURCE_LANGUAGE and review(catalogue(code, "clinic")) is None


def languages_spoken() -> list[Language]:
    """The languages that the pages are in."""
    return [language(code) for code in LANGUAGES]


def register(app: Flask) -> None:
    """Give the names to the templates."""
    for name, call in CALLED.items():
        app.add_template_filter(call, name)
    for filter_ in (language_name, one_of, named, browser_name):
        app.add_template_filter(filter_)
    app.jinja_env.globals.update(languages_spoken=languages_spoken, not_reviewed=not_reviewed)
