"""What a page says to staff, in the language of whoever reads it.

Messages are the English sentences themselves, found in the catalogue `clinic`. `N` marks one that is
said later, such as the label of a form, which is made once for all readers.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from typing import Self

from flask import Flask
from markupsafe import Markup, escape

from server.domain.errors import DomainError
from server.words import catalogues
from server.words.catalogues import SOURCE_LANGUAGE, Language

_language: ContextVar[str] = ContextVar("language", default=SOURCE_LANGUAGE)


class Message(str):
    """An English sentence, its {values} filled in, that `said` can say in any language."""

    __slots__ = ("values", "words")
    words: str
    values: Mapping[str, object]

    def __new__(cls, words: str, values: Mapping[str, object]) -> Self:
        made = super().__new__(cls, words.format_map(values) if values else words)
        made.words, made.values = words, values
        return made

    def __html__(self) -> str:
        """What stands on a page: the sentence in its reader's language."""
        return str(escape(t(self.words, **self.values)))

    def __mod__(self, _values: object) -> Self:
        """What the form library does to fill in values of its own; ours are filled in."""
        return self


def N(words: str, /, **values: object) -> Message:
    """A message that is said later, by `said`."""
    return Message(words, values)


def speak(code: str) -> None:
    """Say what follows in this language, one of `LANGUAGES`, until the next request."""
    _language.set(code)


def spoken() -> Language:
    """The language of this page."""
    return catalogues.language(_language.get())


def t(words: str, /, **values: object) -> str:
    """A message in the reader's language."""
    return catalogues.t(_language.get(), words, _told(values), "clinic")


def tn(one: str, other: str, count: int, /, **values: object) -> str:
    """A message about so many, which it calls {count}, in the form that the number takes."""
    form = catalogues.form_for(_language.get(), one, other, count, "clinic")
    return form.format_map({"count": count, **_told(values)})


def said(thing: str | DomainError) -> str:
    """A message that was marked by `N`, a refusal, or what a library says, in the reader's language."""
    if isinstance(thing, Message | DomainError):
        return t(thing.words, **thing.values)
    return t(thing)


def register(app: Flask) -> None:
    """Give the templates their words."""
    app.jinja_env.globals.update(t=_in_page, tn=_in_page_by_count, N=N, spoken=spoken)
    app.add_template_filter(said)


def _told(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: said(value) if isinstance(value, Message) else value for name, value in values.items()
    }


def _in_page(words: str, /, **values: object) -> Markup:
    text = _escaped(_language.get(), words)
    return text.format_map(_told(values)) if values else text


def _in_page_by_count(one: str, other: str, count: int, /, **values: object) -> Markup:
    form = escape(catalogues.form_for(_language.get(), one, other, count, "clinic"))
    return form.format_map({"count": count, **_told(values)})


@cache
def _escaped(code: str, words: str) -> Markup:
    """Called with messages alone, of which there are only so many."""
    return escape(catalogues.t(code, words, domain="clinic"))
