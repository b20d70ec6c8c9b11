"""An e-mail reminder against a real mail server: taken, put off, refused, silent, gone."""

import asyncio
import gc
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from server.config import Smtp
from server.domain.reminders import Fate, Judgement
from server.push.email import EmailReminder, Mailer, email_message
from server.storage.email_reminders import Mailbox
from server.words.catalogues import LANGUAGES
from tests.push.mail_server import SENDER, Certificate, MailServer, certificate, let_in, mail_server
from tests.push.scene import PUBLIC_URL
from tests.push.test_payload import health_words_in

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
TO = "jo@example.org"
TOKEN = "a-token-that-stops-them"
REMINDER = EmailReminder(Mailbox(TO, TOKEN), UUID(int=7), "en")
STOP = f"{PUBLIC_URL}/stop#{TOKEN}"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def send(smtp: Smtp, timeout_seconds: float = 20) -> Judgement:
    return Mailer(smtp, PUBLIC_URL, timeout_seconds).send(REMINDER, NOW)


def test_it_says_what_the_push_says_and_how_to_stop_them(server: MailServer) -> None:
    assert send(server.smtp()) == Judgement(Fate.ACCEPTED)

    ((to, message),) = server.taken
    assert to == TO
    assert (message["From"], message["To"]) == (f"Diary <{SENDER}>", TO)
    assert message["Subject"] == "Diary"
    assert message["List-Unsubscribe"].strip() == f"<{STOP}>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{UUID(int=7)}@clinic-on-the-hill.org>"
    assert message["Date"].datetime == NOW
    lines = [line for line in message.get_content().splitlines() if line]
    assert lines == ["Time for your entry.", f"{PUBLIC_URL}/", f"Stop these e-mails: {STOP}"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_health_and_no_host_name_is_in_it(server: MailServer, language: str) -> None:
    reminder = replace(REMINDER, language=language)
    assert Mailer(server.smtp(), PUBLIC_URL).send(reminder, NOW) == Judgement(Fate.ACCEPTED)
    ((_, message),) = server.taken
    heads = " ".join(str(value) for value in message.values())
    said = f"{heads} {message.get_content()}".lower().replace(PUBLIC_URL, "").replace(SENDER, "")
    said = said.replace("clinic-on-the-hill.org", "")
    assert health_words_in(said, language) == health_words_in(said, "en") == []
    assert socket.gethostname().lower() not in said
    assert (language == "en") == ("Time for your entry." in message.get_content())


@pytest.mark.parametrize(
    ("step", "reply", "judgement"),
    [
        ("RCPT", "550 5.1.1 no such user", Judgement(Fate.GONE, "gone")),
        ("RCPT", "550 no such user", Judgement(Fate.GONE, "gone")),
        ("RCPT", "553 5.1.3 bad address", Judgement(Fate.GONE, "gone")),
        ("RCPT", "550 5.7.1 relaying denied", Judgement(Fate.REFUSED, "policy")),
        ("RCPT", "550 5.2.2 mailbox full", Judgement(Fate.FAILED, "mailbox_full")),
        ("RCPT", "552 mailbox full", Judgement(Fate.FAILED, "status_552")),
        ("RCPT", "450 4.2.1 try later", Judgement(Fate.RETRY, "deferred")),
        ("RCPT", "451 greylisted", Judgement(Fate.RETRY, "deferred")),
        ("MAIL", "553 5.7.1 not your address", Judgement(Fate.REFUSED, "sender_refused")),
        ("MAIL", "421 too busy", Judgement(Fate.RETRY, "deferred")),
        ("DATA", "452 4.3.1 no room", Judgement(Fate.RETRY, "deferred")),
        ("DATA", "554 5.7.1 looks like spam", Judgement(Fate.REFUSED, "policy")),
        ("DATA", "554 no", Judgement(Fate.FAILED, "status_554")),
    ],
)
def test_every_answer_has_its_fate(
    server: MailServer, step: str, reply: str, judgement: Judgement
) -> None:
    server.will(step, reply)
    assert send(server.smtp()) == judgement
    assert server.taken == []


def test_a_server_that_is_down_is_tried_again() -> None:
    with mail_server() as server:
        settings = server.smtp()
    assert send(settings) == Judgement(Fate.RETRY, "unreachable")


def test_a_silent_server_is_given_up_in_time(server: MailServer) -> None:
    server.delay_seconds = 3
    assert send(server.smtp(), timeout_seconds=0.3) == Judgement(Fate.RETRY, "timed_out")


def test_a_server_that_hangs_up_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)

        def hang_up() -> None:
            connection, _ = listening.accept()
            connection.close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        smtp = Smtp(
            host="127.0.0.1", port=port, tls="none", sender=SENDER, user=None, password=None
        )
        assert send(smtp, timeout_seconds=10) == Judgement(Fate.RETRY, "unreachable")
        thread.join(20)


def test_nothing_is_said_in_clear_where_tls_is_wanted(server: MailServer) -> None:
    assert send(server.smtp("starttls", "u", "geheim")) == Judgement(Fate.REFUSED, "no_tls")
    assert server.taken == []


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    made = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_it_goes_by_tls_to_a_server_that_shows_a_trusted_certificate(
    trusted: Certificate, tls: str
) -> None:
    with mail_server(tls, trusted) as server:
        assert send(server.smtp(tls)) == Judgement(Fate.ACCEPTED)
        assert len(server.taken) == 1


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_no_connection_stays_open_to_a_server_that_is_slow_to_say_goodbye(
    trusted: Certificate, tls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: left.append(found.exc_value))

    def stand_still_after_the_answer() -> None:
        asyncio.get_running_loop().call_soon(time.sleep, 0.5)

    with mail_server(tls, trusted) as server:
        server.meanwhile = stand_still_after_the_answer
        assert send(server.smtp(tls)) == Judgement(Fate.ACCEPTED)
        gc.collect()
    assert left == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path, tls: str) -> None:
    with mail_server(tls, certificate(tmp_path)) as server:
        assert send(server.smtp(tls)) == Judgement(Fate.REFUSED, "certificate")
        assert server.taken == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_certificate_of_another_host_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    other = certificate(tmp_path, "127.0.0.9")
    monkeypatch.setenv("SSL_CERT_FILE", str(other.file))
    with mail_server(tls, other) as server:
        assert send(server.smtp(tls)) == Judgement(Fate.REFUSED, "certificate")
        assert server.taken == []


@pytest.mark.parametrize(
    ("password", "judgement"),
    [
        ("geheim", Judgement(Fate.ACCEPTED)),
        ("wrong", Judgement(Fate.REFUSED, "sign_in_refused")),
    ],
)
def test_it_signs_in_where_the_server_wants_it(
    trusted: Certificate, password: str, judgement: Judgement
) -> None:
    with mail_server("starttls", trusted, authenticator=let_in, auth_required=True) as server:
        assert send(server.smtp("starttls", "u", password)) == judgement
        assert len(server.taken) == (judgement.fate is Fate.ACCEPTED)


def test_a_server_that_knows_no_sign_in_is_not_given_the_password(server: MailServer) -> None:
    # aiosmtpd offers none without TLS.
    assert send(server.smtp("none", "u", "geheim")) == Judgement(Fate.REFUSED, "sign_in_refused")


def test_no_address_can_add_a_header_or_a_recipient(server: MailServer) -> None:
    for address in ("a@b.org\r\nBcc: c@d.org", "a@b.org\nX: y", "a@b.org, c@d.org"):
        with pytest.raises(ValueError):
            email_message(
                EmailReminder(Mailbox(address, TOKEN), UUID(int=7), "en"), SENDER, PUBLIC_URL, NOW
            )
    assert server.taken == []
