"""The counts of a real server, scraped after it really sent; one pass of `remind --once`."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.storage import audit, blocks, email_reminders
from server.storage.db import Database
from server.storage.vault import Vault
from tests.builders import SECRET_KEY, new_world
from tests.push.mail_server import MailServer, mail_server
from tests.rig.ports import free_port
from tests.test_promises import OpenBrowser, serving
from tests.test_serve import START_SECONDS, settings
from tests.web.test_monitoring import samples

TOKEN = "the-token-of-the-monitor"
SENT = "block_diary_reminder_messages_sent_total push_service=email"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def environ(
    tmp_path: Path, new_database_url: Callable[[], str], mail: MailServer
) -> dict[str, str]:
    port = free_port()
    return settings(tmp_path / "data", port) | {
        "DATABASE_URL": new_database_url(),
        "SECRET_KEY": SECRET_KEY,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "METRICS_TOKEN": TOKEN,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mail.port),
        "SMTP_TLS": "none",
        "SMTP_FROM": "diary@hill.example.org",
    }


def due_by_email(url: str) -> None:
    """A patient with an address, whose first reminder became due a minute ago."""
    now = datetime.now(UTC)
    database, vault = Database(url), Vault(SECRET_KEY)
    with database.transaction() as session:
        world = new_world(session, vault, now=now)
        email_reminders.keep(session, vault, world.patient, "jo@example.org", "staff:1", now)
        started_at = now - timedelta(minutes=16)
        blocks.start(session, world.block, started_at, "clinic", audit.SYSTEM, now)
    database.close()


def test_every_process_shows_what_any_of_them_sent(
    environ: dict[str, str], mail: MailServer, tmp_path: Path
) -> None:
    due_by_email(environ["DATABASE_URL"])
    log = tmp_path / "log"
    with serving(environ, log):
        monitor = OpenBrowser(environ["PUBLIC_URL"])
        headers = {"Authorization": f"Bearer {TOKEN}"}

        def scrape() -> dict[str, float]:
            return samples(monitor.open("/metrics", headers=headers).decode())

        until = time.monotonic() + 60
        while scrape().get(SENT) != 1:
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.2)
        for _ in range(8):  # whichever process answers
            found = scrape()
            assert found[SENT] == 1
            assert found["block_diary_reminder_lateness_seconds_count"] == 1
            assert found["block_diary_reminder_lateness_seconds_sum"] >= 60
            assert found["block_diary_reminders_due"] == 0
            assert found["block_diary_reminders_planned"] > 5
        assert monitor.open("/healthz/reminders") == b'{"status":"ok"}\n'
    assert len(mail.taken) == 1


def once(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "server.cli", "remind", "--once"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=START_SECONDS * 3,
    )


def test_one_pass_sends_what_is_due_and_ends(environ: dict[str, str], mail: MailServer) -> None:
    due_by_email(environ["DATABASE_URL"])
    first = once(environ)
    assert (first.returncode, first.stdout) == (0, "Reminders: 1 sent, 0 failed, 0 too late\n")
    again = once(environ)
    assert (again.returncode, again.stdout) == (0, "Reminders: 0 sent, 0 failed, 0 too late\n")
    assert len(mail.taken) == 1


def test_one_pass_that_could_not_send_says_so_by_its_exit_code(
    environ: dict[str, str], mail: MailServer
) -> None:
    mail.will("RCPT", "450 4.2.1 try later")
    due_by_email(environ["DATABASE_URL"])
    first = once(environ)
    assert (first.returncode, first.stdout) == (1, "Reminders: 0 sent, 1 failed, 0 too late\n")
    environ["DATABASE_URL"] = "postgresql://diary@127.0.0.1:1/nowhere"
    assert once(environ).returncode == 1


def test_a_mailbox_that_has_ended_is_no_failure_of_a_pass(
    environ: dict[str, str], mail: MailServer
) -> None:
    mail.always("RCPT", "550 5.1.1 no such user")
    due_by_email(environ["DATABASE_URL"])
    assert once(environ).returncode == 0
