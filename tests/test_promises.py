"""Promises that only a whole run can show: what it writes down, and what it says to push services."""

import json
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPMethod
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pwa import messages
from server.config import load
from server.database import migrate
from server.new_clinic import create_clinic
from server.push.vapid_keys import VapidKeys, vapid_keys
from server.storage import audit, blocks, clinics, email_reminders, enrolments, protocols
from server.storage.db import Database
from server.storage.vault import Vault
from server.words import catalogues
from tests.builders import SECRET_KEY, injection_done, new_block, new_patient, stamp
from tests.push.mail_server import MailServer, let_in, mail_server
from tests.push.stand_in import Browser, PushService
from tests.push.test_payload import health_words_in
from tests.rig.ports import free_port
from tests.test_serve import START_SECONDS, settings, wait_until
from tests.web.clinic.conftest import csrf_token

ROOT = Path(__file__).resolve().parents[1]
PUSH_SECONDS = 60


class OpenBrowser:
    """A browser at a running server."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def open(self, path: str, data: bytes | None = None, **more: Any) -> bytes:
        request = urllib.request.Request(self.address + path, data, **more)
        with self.opener.open(request, timeout=30) as answer:
            body: bytes = answer.read()
            return body

    def api(self, path: str, body: Any, method: str = "POST") -> Any:
        headers = {"Content-Type": "application/json", "Origin": self.address}
        data = json.dumps(body).encode()
        return json.loads(self.open(f"/api/phone/{path}", data, headers=headers, method=method))

    def cookie(self, name: str) -> str:
        (value,) = [each.value for each in self.cookies if each.name == name]
        assert value
        return value


@contextmanager
def serving(environ: dict[str, str], log: Path) -> Iterator[None]:
    """A real `block-diary serve` that writes its log to a file."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "serve"], env=environ, stdout=file, stderr=file
        )
        try:
            wait_until(True, int(environ["PORT"]))
            yield
        finally:
            process.terminate()
            process.wait(START_SECONDS)


@pytest.fixture
def service() -> Iterator[PushService]:
    service = PushService()
    yield service
    service.close()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server(authenticator=let_in, auth_require_tls=False) as server:
        yield server


def test_a_whole_run_writes_no_secret_down_and_pushes_no_word_of_health(
    tmp_path: Path, service: PushService, mail: MailServer
) -> None:
    port, now = free_port(), datetime.now(UTC)
    environ = settings(tmp_path / "data", port) | {
        "SECRET_KEY": SECRET_KEY,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PUSH_EXTRA_HOSTS": service.host,
        "METRICS_TOKEN": "the-monitors-own-token",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mail.port),
        "SMTP_TLS": "none",
        "SMTP_FROM": "diary@hill.example.org",
        "SMTP_USER": "u",
        "SMTP_PASSWORD": "geheim",
    }
    config = load(environ, default="production")
    migrate(config)
    password = create_clinic(
        config,
        name="Hillside Pain Clinic",
        telephone="020 7946 0011",
        timezone="Europe/London",
        email="ada@hill.example",
        now=now,
    )
    database, vault = Database(config.database_url), Vault(SECRET_KEY)
    with database.transaction() as session:
        (clinic,) = clinics.all_of_them(session)
        patient = new_patient(session, clinic, "PATIENT-77", now)
        protocol = protocols.all_current(session, clinic.id)[0]
        block = new_block(session, patient, protocol, now=now)
        enrolment = enrolments.of_patient(session, patient, now)
        by_link, by_code, unused = (
            enrolments.invite(session, vault, enrolment, audit.SYSTEM, now) for _ in range(3)
        )
        other = new_patient(session, clinic, "PATIENT-78", now)
        by_mail = new_block(session, other, protocol, now=now)
        blocks.start(session, by_mail, now - timedelta(minutes=16), "clinic", audit.SYSTEM, now)
        email_reminders.keep(session, vault, other, "jo.smith@mailbox.example.org", "staff:1", now)

    log, browser = tmp_path / "log", Browser(service.origin, "/push/a-phones-own-secret-path")
    endpoint, keys = browser.subscription.endpoint, browser.subscription
    with serving(environ, log):
        phone, second = OpenBrowser(config.public_url), OpenBrowser(config.public_url)
        state = phone.api("redeem", {"token": by_link.token, "consented": True})["state"]
        second.api("redeem", {"code": by_code.code, "consented": True})
        sent = {"endpoint": endpoint, "keys": {"p256dh": keys.p256dh, "auth": keys.auth}}
        phone.api("subscription", sent, "PUT")
        done = injection_done(block.id, now - timedelta(minutes=16))
        answer = phone.api("sync", {"sent_at": stamp(datetime.now(UTC)), "items": [done]})
        assert answer["results"][0]["outcome"] == "stored"
        nurse = OpenBrowser(config.public_url)
        form = {
            "csrf_token": csrf_token(nurse.open("/clinic/sign-in").decode()),
            "email": "ada@hill.example",
            "password": password,
        }
        board = nurse.open("/clinic/sign-in", urllib.parse.urlencode(form).encode()).decode()
        assert "PATIENT-77" in board
        until = time.monotonic() + PUSH_SECONDS
        while not service.at(browser.path):
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        while not mail.taken:
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        ((_, letter),) = mail.taken
        token = str(letter.get_content()).split("/stop#")[1].strip()
        nurse.open("/stop")
        assert nurse.api("stop-emails", {"token": token}) == {"stopped": True}
        monitor = {"Authorization": f"Bearer {environ['METRICS_TOKEN']}"}
        scraped = nurse.open("/metrics", headers=monitor)

    secrets = {
        "link": by_link.token,
        "code": by_code.code,
        "unused link": unused.token,
        "unused code": unused.code,
        "cookie": phone.cookie("diary"),
        "session": nurse.cookie("clinic"),
        "password": password,
        "endpoint": browser.path,
        "p256dh": keys.p256dh,
        "auth": keys.auth,
        "secret key": SECRET_KEY,
        "e-mail address": "jo.smith",
        "mailbox's host": "mailbox.example.org",
        "stop link": token,
        "mail password": "geheim",
        "monitor's token": environ["METRICS_TOKEN"],
        "VAPID key": private_number(vapid_keys(database, vault, now)),
    }
    database.close()
    written = {
        file.name: file.read_bytes()
        for file in [log, *(tmp_path / "data").iterdir()]
        if file.is_file()
    }
    everything = b"".join(written.values())
    assert state["check_word"].encode() in everything, "what is no secret is found by this search"
    assert b"reminder_tick" in written["log"]
    found = [name for name, secret in secrets.items() if secret.encode() in everything]
    assert found == []
    assert [name for name, secret in secrets.items() if secret.encode() in scraped] == []

    assert no_health_words(str(letter.get_content()).replace(config.public_url, ""))
    assert no_health_words(letter["Subject"])
    (posted,) = service.at(browser.path)
    message = browser.decrypt(posted)
    assert no_health_words(" ".join(texts(message["notification"])))
    assert no_health_words(f"{posted.path} {posted.headers.get('topic', '')}")
    for private in ("Hillside", "PATIENT-77", "PATIENT-78", state["check_word"]):
        assert private not in json.dumps(message)
        assert private not in letter.as_string()
        assert private.encode() not in scraped


def private_number(keys: VapidKeys) -> str:
    """The middle of the key's PEM text, whatever its line breaks."""
    pem = keys.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode().splitlines()[1]


def texts(notification: dict[str, Any]) -> list[str]:
    """Every text of a message but its names and addresses, which are random."""
    data = notification["data"]
    return [notification["title"], notification["body"], data["assessment"]]


def no_health_words(text: str, language: str = "en") -> bool:
    return health_words_in(text, language) == []


def test_the_worker_has_no_word_of_health_to_show() -> None:
    """Whatever the push says or lacks, the worker's own words are these, in every language."""
    own = messages.texts(messages.worker_sources())
    assert list(own) == [
        "Already answered, nothing to do.",
        "Diary",
        "In 10 minutes",
        "This could not be put off. Open the diary when you can.",
        "Time for your entry.",
    ]
    for source in messages.worker_sources():
        code = re.sub(r"/\*.*?\*/|//.*", "", source.read_text(encoding="utf-8"))
        sentences = re.findall(r"['\"`]([A-Z][^'\"`]*)['\"`]", code)
        assert set(sentences) - set(HTTPMethod) <= set(own), "else only what a request does"
    for language in catalogues.LANGUAGES:
        for text in own:
            said = catalogues.t(language, text)
            assert no_health_words(said, language), said
            assert language == "en" or said != text
