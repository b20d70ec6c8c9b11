"""Every word on the clinic's pages comes from the catalogue, or is what somebody typed.

The catalogue is one in which every message stands in brackets; what stands outside is read as it is.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po
from flask.testing import FlaskClient

from server.config import Config
from server.storage.db import Database
from server.web import speech
from server.words import catalogues
from tests.browser.clinic_day import ADMINISTRATOR, CLINICIAN, NEWCOMER, NURSE, ClinicDay
from tests.builders import SECRET_KEY
from tests.web.clinic.conftest import PUBLIC_URL, SQLITE, csrf_token, let_in

#: What a page may say in every language.
SAME_EVERYWHERE = re.compile(r"Block Diary|CSV|PDF|FHIR|QR|NRS|ZIP|JSON|https?:\S+|\S+@\S+")
BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")
FIELD = re.compile(r"(\{[^{}]*\})")
SAID_BY = ("title", "aria-label", "placeholder", "alt", "data-stale", "data-passkey-failed")


@pytest.fixture
def in_brackets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Spanish is English in brackets; the values of a message stand between them."""
    with (catalogues.FOLDER / "clinic.pot").open("rb") as file:
        catalogue = read_po(file, locale="es", domain="clinic")
    for message in catalogue:
        if not message.id:
            continue
        one, other = (message.id, "") if isinstance(message.id, str) else message.id
        message.string = (bracketed(one), bracketed(other)) if other else bracketed(one)
    folder = shutil.copytree(catalogues.FOLDER, tmp_path / "words")
    with (folder / "es" / "LC_MESSAGES" / "clinic.po").open("wb") as file:
        write_po(file, catalogue)
    kept = (catalogues.catalogue, catalogues._translated, speech._escaped)
    with monkeypatch.context() as patched:
        for each in kept:
            each.cache_clear()
        patched.setattr(catalogues, "FOLDER", folder)
        yield
    for each in kept:
        each.cache_clear()


def bracketed(message: str) -> str:
    return "".join(
        piece if FIELD.fullmatch(piece) else f"⟦{piece}⟧" for piece in FIELD.split(message) if piece
    )


class Visible(HTMLParser):
    """The texts of a page, and those of its attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        self.texts += [value or "" for name, value in attrs if name in SAID_BY]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)


def unsaid(page: str) -> Iterator[str]:
    """What a page says beside the catalogue."""
    visible = Visible()
    visible.feed(page)
    for text in visible.texts:
        rest = SAME_EVERYWHERE.sub(" ", BRACKETED.sub(" ", text))
        if re.search(r"[^\W\d_]", rest):
            yield " ".join(rest.split())


@SQLITE
def test_dump(in_brackets: None, new_database_url: Callable[[], str], tmp_path: Path) -> None:
    url = new_database_url()
    config = Config(
        environment="development",
        data_dir=tmp_path,
        database_url=url,
        secret_key=SECRET_KEY,
        public_url=PUBLIC_URL,
        vapid_subject="mailto:clinic@diary.example",
        push_extra_hosts=frozenset({"127.0.0.1"}),
        host="127.0.0.1",
        port=8000,
        trusted_proxies=0,
    )
    database = Database(url)
    day = ClinicDay(config, database)
    day.fill()
    found: dict[str, set[str]] = {}
    for email in (NEWCOMER, ADMINISTRATOR, CLINICIAN, NURSE):
        client = day.app.test_client()
        let_in(client, email)
        for rule in day.app.url_map.iter_rules():
            if not rule.rule.startswith("/clinic") or "GET" not in rule.methods:
                continue
            for followed in day.followed.values():
                path = rule.rule.replace("<uuid:block_id>", str(followed.block_id)).replace(
                    "<uuid:patient_id>", str(followed.patient_id)
                )
                if "<" in path:
                    break
                answer = client.get(path, headers={"Accept-Language": "es"}, buffered=True)
                if answer.mimetype == "text/html" and answer.status_code != 302:
                    for text in unsaid(answer.text):
                        found.setdefault(text, set()).add(rule.rule)
                if path == rule.rule:
                    break
    for text, rules in sorted(found.items(), key=lambda p: sorted(p[1])):
        print(sorted(rules)[:2], repr(text[:150]))
    day.close()
    database.close()
    assert 0
