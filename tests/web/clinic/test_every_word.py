"""Every word on the clinic's pages comes from the catalogue, or is what somebody typed.

The catalogue is one in which every message stands in brackets. Outside them stand only what somebody
typed, which is known of the day; what is marked as being in another language, or in none; and dates
and names of languages, which Babel writes.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.pofile import read_po, write_po
from flask import url_for
from sqlalchemy import select
from werkzeug.test import TestResponse

from server.config import Config
from server.storage.db import Database
from server.storage.models import (
    Block,
    Clinic,
    Device,
    DiaryEntry,
    EntryConflict,
    Patient,
    Protocol,
)
from server.storage.staff import User
from server.web import speech
from server.web.clinic import names
from server.words import catalogues
from tests.browser.clinic_day import ADMINISTRATOR, NEWCOMER, NURSE, ClinicDay, Followed
from tests.builders import SECRET_KEY
from tests.web.clinic.conftest import PUBLIC_URL, SQLITE, csrf_token, let_in, sign_in

#: What a page may say in every language.
SAME_EVERYWHERE = r"Block Diary|CSV|PDF|FHIR R4|QR|UTC|min|h|[\w.]+@[\w.]+|https?:\S+"
BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")
FIELD = re.compile(r"(\{[^{}]*\})")
#: Without an end tag.
VOID = ("br", "hr", "img", "input", "link", "meta", "wbr")
SAID_BY = ("title", "aria-label", "placeholder", "alt", "data-stale", "data-passkey-failed")
#: Where what people typed is kept.
TYPED = (
    *(Clinic.name, User.name, Patient.reference, Protocol.name, Device.check_word),
    *(Block.levels, Block.sites, Block.timezone),
    *(each.content["note"].as_string() for each in (DiaryEntry, EntryConflict)),
)
#: Patients whose pages say what others' do not.
TELLING = ("everything", "in progress", "no phone", "second of two")
#: They sign out, change the language, or name the columns of a file.
LEFT_ALONE = (
    "/clinic/sign-out",
    "/clinic/language",
    "/clinic/account/sign-out-everywhere",
    "/clinic/enrol/list",
)


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
    """What a page says in its own language: texts, and attributes that are shown or read out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._language = ""
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self._language = self._language or told.get("lang") or ""
        is_other = tag in ("script", "style", "textarea", "code") or told.get("translate") == "no"
        is_other = is_other or told.get("lang", self._language) != self._language
        if tag not in VOID:
            self._open.append(is_other or (bool(self._open) and self._open[-1]))
        if not is_other and not self._open[-1]:
            self.texts += [value or "" for name, value in attrs if name in SAID_BY]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open or not self._open[-1]:
            self.texts.append(data)


def unsaid(page: str, known: re.Pattern[str]) -> Iterator[str]:
    """What a page says beside the catalogue."""
    visible = Visible()
    visible.feed(page)
    for text in visible.texts:
        rest = known.sub(" ", BRACKETED.sub(" ", text))
        if re.search(r"[^\W\d_]", rest):
            yield " ".join(rest.split())


def known_of(day: ClinicDay) -> re.Pattern[str]:
    """What was typed that day, and what Babel writes."""
    spanish = Locale.parse("es")
    words = {"o", *(spanish.languages[code] for code in catalogues.LANGUAGES)}
    words |= {*spanish.days["format"]["abbreviated"].values()}
    words |= {*spanish.months["format"]["abbreviated"].values()}
    with day.database.reading() as session:
        for column in TYPED:
            for value in session.scalars(select(column)):
                words.update(value if isinstance(value, list) else [value or ""])
        words.update(
            level for each in session.scalars(select(Block.levels)) for level in each.split(", ")
        )
    words -= {"", "main", *names.SITES}
    longest = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)({SAME_EVERYWHERE}|{'|'.join(longest)})(?!\w)", re.IGNORECASE)


@dataclass
class Reading:
    """Pages of the day, read one by one; `found` has what stands outside, by where it stands."""

    day: ClinicDay
    known: re.Pattern[str]
    found: dict[str, set[str]] = field(default_factory=dict)

    def read(self, where: str, answer: TestResponse) -> None:
        if answer.mimetype != "text/html" or answer.status_code in (302, 303):
            return
        assert '<html lang="es"' in answer.text, where
        for text in unsaid(answer.text, self.known):
            self.found.setdefault(text, set()).add(f"{where} {answer.status_code}")

    def paths(self, method: str) -> Iterator[tuple[str, str]]:
        """Every address of the clinic, with the ids of what is there, of a few patients each."""
        rules = [each for each in self.day.app.url_map.iter_rules() if method in each.methods]
        for rule in rules:
            for name in TELLING:
                ids = self.ids(self.day.followed[name])
                if not rule.rule.startswith("/clinic") or not rule.arguments <= ids.keys():
                    continue
                with self.day.app.test_request_context():
                    yield rule.rule, url_for(rule.endpoint, **{a: ids[a] for a in rule.arguments})
                if not rule.arguments & {"block_id", "patient_id"}:
                    break

    def ids(self, of: Followed) -> dict[str, object]:
        with self.day.database.reading() as session:
            protocol = session.scalars(select(Protocol.id)).first()
            entry = session.scalars(
                select(DiaryEntry.id).where(DiaryEntry.block_id == of.block_id)
            ).first()
        found = {
            "block_id": of.block_id,
            "patient_id": of.patient_id,
            "protocol_id": protocol,
            "entry_id": entry,
            "staff_id": self.day.staff_id(NURSE),
        }
        return {name: each for name, each in found.items() if each is not None}


@pytest.fixture
def reading(
    in_brackets: None, new_database_url: Callable[[], str], tmp_path: Path
) -> Iterator[Reading]:
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
    yield Reading(day, known_of(day))
    day.close()
    database.close()


@SQLITE
def test_no_page_says_a_word_beside_the_catalogue(reading: Reading) -> None:
    app = reading.day.app
    anonymous, newcomer, member = (app.test_client() for _ in range(3))
    for client in (anonymous, newcomer, member):
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "es"
    let_in(newcomer, NEWCOMER)
    let_in(member, ADMINISTRATOR)

    reading.read("signed out", anonymous.get("/clinic/sign-in"))
    reading.read("wrong password", sign_in(anonymous, NURSE, "not it"))
    reading.read("join", anonymous.get("/clinic/join"))
    reading.read("nobody enrolled yet", newcomer.get("/clinic/", buffered=True))
    for rule, path in reading.paths("GET"):
        reading.read(rule, member.get(path, buffered=True))
    token = csrf_token(member.get("/clinic/account").text)
    for rule, path in reading.paths("POST"):
        if rule not in LEFT_ALONE:
            reading.read(f"POST {rule}", member.post(path, data={"csrf_token": token}))
    reading.read("stale form", member.post("/clinic/contact"))
    reading.read("nothing there", member.get("/clinic/nowhere"))
    for text, where in sorted(reading.found.items(), key=lambda each: sorted(each[1])):
        print(sorted(where)[:2], repr(text[:150]))
    assert reading.found == {}
