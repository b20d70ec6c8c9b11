"""What a page of the clinic says, read from its HTML: so the PDF has the page's words, in its language.

Read are headings, paragraphs, lists of facts, tables and the drawings of the curve inside `main`,
and the line of intended use. What stands on the screen alone (`screen-only`, forms, controls) is
left out, as it is when the page is printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import Any

Json = dict[str, Any]

_LEFT_OUT = frozenset({"form", "button", "details", "nav", "script", "style"})
_HIDDEN = frozenset({"screen-only", "visually-hidden", "summary"})
#: On the page these stand on a line of their own; here a space sets them apart.
_APART = frozenset({"quiet", "flag", "site"})
_VOID = frozenset({"br", "input", "hr", "img", "meta", "link"})
_BLOCKS = frozenset({"h1", "h2", "h3", "p", "dt", "dd", "caption", "th", "td", "figcaption", "li"})


@dataclass
class _Open:
    """An element that is being read."""

    tag: str
    classes: frozenset[str]


@dataclass
class _Page(HTMLParser):
    """Reads one page; `sections` is what comes out."""

    sections: list[Json] = field(default_factory=lambda: [{"items": []}])
    footer: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[_Open] = []
        self._runs: list[Json] | None = None
        self._drawing: list[str] | None = None
        self.root: dict[str, str] = {}

    # What the library calls

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.root = given
        if self._drawing is not None:
            self._drawing.append(self.get_starttag_text() or "")
        if tag == "br" and self._runs is not None:
            self._say("\n")
        if tag in _VOID:
            return
        self._open.append(_Open(tag, frozenset(given.get("class", "").split())))
        if self._drawing is None and self._is_read():
            self._begin(tag, given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._drawing is not None:
            self._drawing.append(self.get_starttag_text() or "")
        else:
            self.handle_starttag(tag, attrs)
            if tag not in _VOID:
                self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if self._drawing is not None:
            self._drawing.append(escape(data, quote=False))
        elif self._runs is not None and self._is_read():
            self._say(data)

    def handle_endtag(self, tag: str) -> None:
        if self._drawing is not None:
            self._drawing.append(f"</{tag}>")
        while self._open:
            ended = self._open.pop()
            if self._runs and ended.classes & _APART:
                self._runs[-1]["text"] += " "
            if ended.tag == tag:
                break  # what was still open inside, HTML closes by itself
        if tag == "svg" and self._drawing is not None:
            self._items[-1]["svg"] = "".join(self._drawing)
            self._drawing = None
        elif tag in _BLOCKS:
            self._runs = None

    # What we make of it

    @property
    def _items(self) -> list[Json]:
        items: list[Json] = self.sections[-1]["items"]
        return items

    def _is_read(self) -> bool:
        hidden = any(each.tag in _LEFT_OUT or each.classes & _HIDDEN for each in self._open)
        inside = any(each.tag == "main" or "intended-use" in each.classes for each in self._open)
        return inside and not hidden

    def _begin(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "section" or (tag == "div" and "verdict" in self._open[-1].classes):
            self.sections.append({"items": [], "verdict": tag == "div"})
        elif tag == "svg":
            self._items.append({"kind": "drawing", "narrow": "narrow" in self._open[-1].classes})
            self._drawing = [self.get_starttag_text() or ""]
        elif tag == "dl":
            self._items.append({"kind": "facts", "facts": []})
        elif tag == "table":
            self._items.append({"kind": "table", "caption": [], "header": [], "rows": []})
        elif tag == "tr":
            if not any(each.tag == "thead" for each in self._open):
                struck = "replaced" in self._open[-1].classes
                self._items[-1]["rows"].append({"struck": struck, "cells": []})
        elif tag in _BLOCKS:
            self._runs = self._place(tag)
        elif self._runs and self._open[-1].classes & _APART:
            self._runs[-1]["text"] += " "

    def _place(self, tag: str) -> list[Json]:
        """Where the words of an element go."""
        runs: list[Json] = []
        if any("intended-use" in each.classes for each in self._open):
            self.footer = runs
        elif tag in ("th", "td"):
            table = self._items[-1]
            in_head = any(each.tag == "thead" for each in self._open)
            (table["header"] if in_head else table["rows"][-1]["cells"]).append(runs)
        elif tag == "caption":
            self._items[-1]["caption"] = runs
        elif tag == "dt":
            self._items[-1]["facts"].append([runs, []])
        elif tag == "dd":
            self._items[-1]["facts"][-1][1] = runs
        else:
            kind = tag if tag in ("h1", "h2", "h3", "figcaption") else "text"
            quote = "comment" in self._open[-1].classes
            self._items.append({"kind": kind, "runs": runs, "quote": quote})
        return runs

    def _say(self, data: str) -> None:
        assert self._runs is not None
        classes = frozenset[str]().union(*(each.classes for each in self._open))
        tags = {each.tag for each in self._open}
        look = {
            "strong": bool(tags & {"strong", "h1", "h2", "h3", "th"})
            and not classes & {"rule", "site", "quiet"},
            "quiet": bool(classes & {"quiet", "site"}),
            "flag": "flag" in classes,
        }
        last = self._runs[-1] if self._runs else None
        if last is not None and data.startswith((".", ",", ";", ":")):
            last["text"] = last["text"].removesuffix(" ")
        if last is not None and all(last[name] == value for name, value in look.items()):
            last["text"] += data
        else:
            self._runs.append({"text": data, **look})


def page_content(html: str) -> Json:
    """The page as data: `sections` with their items, `footer`, `lang`, and `rtl` where it is
    written from right to left."""
    page = _Page()
    page.feed(html)
    page.close()
    for section in page.sections:
        for item in section["items"]:
            _tidy(item)
    return {
        "lang": page.root.get("lang", "en").partition("-")[0],
        "rtl": page.root.get("dir") == "rtl",
        "sections": [section for section in page.sections if section["items"]],
        "footer": _spaced(page.footer),
    }


def _tidy(item: Json) -> None:
    for key in ("runs", "caption"):
        if key in item:
            item[key] = _spaced(item[key])
    for fact in item.get("facts", ()):
        fact[:] = [_spaced(each) for each in fact]
    if "header" in item:
        item["header"] = [_spaced(each) for each in item["header"]]
        for row in item["rows"]:
            row["cells"] = [_spaced(each) for each in row["cells"]]


def _spaced(runs: list[Json]) -> list[Json]:
    """Runs with single spaces, and none at either end."""
    told: list[Json] = []
    space = True
    for run in runs:
        text = ""
        for character in run["text"]:
            if character in " \t\n\r":
                text, space = (text if space else text + " "), True
            else:
                text, space = text + character, False
        if text:
            told.append({**run, "text": text})
    while told and not told[-1]["text"].rstrip():
        told.pop()
    if told:
        told[-1]["text"] = told[-1]["text"].rstrip()
    return told
