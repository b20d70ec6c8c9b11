"""`block-diary run`: what a first look finds, and what a second start and a second server keep."""

import json
import os
import re
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server import demo
from server.config import Config, load
from server.database import migrate
from server.domain.block_record import block_record
from server.domain.report import report
from server.storage import blocks, clinics, models
from server.storage.db import Database
from tests.builders import new_clinic
from tests.rig.ports import free_port
from tests.test_serve import START_SECONDS, settings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Browser:
    """Keeps cookies and follows redirects, as the one on this machine."""

    def __init__(self, address: str) -> None:
        self.address = address
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def get(self, path: str) -> str:
        with self.opener.open(self.address + path, timeout=20) as answer:
            text: str = answer.read().decode()
            return text

    def send_form(self, path: str, **fields: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path))
        assert found
        data = urllib.parse.urlencode({"csrf_token": found[1], **fields}).encode()
        with self.opener.open(self.address + path, data, timeout=20) as answer:
            text: str = answer.read().decode()
            return text

    def redeem(self, **secret: str) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.address}/api/phone/redeem",
            json.dumps({**secret, "consented": True}).encode(),
            {"Content-Type": "application/json", "Origin": self.address},
        )
        try:
            with self.opener.open(request, timeout=20) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as refused:
            with refused:
                refusal: dict[str, Any] = json.load(refused)
                return refusal


def zone_by_day() -> str:
    """A zone where it is day and will be for hours, so that the demo's diary is under way."""
    return "UTC" if 6 <= datetime.now(UTC).hour < 18 else "Etc/GMT-12"


class Run:
    """A `block-diary run` that serves, and what it printed until it did."""

    def __init__(self, folder: Path, port: int, **more: str) -> None:
        self.address = f"http://localhost:{port}"
        started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", "run"],
            env=settings(folder, port) | {"TZ": zone_by_day()} | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        self.printed = ""
        for line in self.process.stdout:
            self.printed += line
            if line.startswith("Block Diary ("):
                break
        self.seconds = time.monotonic() - started

    def find(self, pattern: str) -> str:
        found = re.search(pattern, self.printed)
        assert found, self.printed
        return found[1]

    @property
    def password(self) -> str:
        return self.find(r"nurse@demo\.example +password (\S+)\n")

    @property
    def token(self) -> str:
        return self.find(r"Phone +http://localhost:[0-9]+/e#(\S+)\n")

    @property
    def code(self) -> str:
        return self.find(r"type the code (\S+)\n")

    def browser(self) -> Browser:
        browser, until = Browser(self.address), time.monotonic() + START_SECONDS
        while True:
            try:
                browser.get("/healthz")
                return browser
            except OSError:
                assert time.monotonic() < until, self.printed
                time.sleep(0.05)

    def signed_in(self) -> Browser:
        browser = self.browser()
        board = browser.send_form(
            "/clinic/sign-in", email="nurse@demo.example", password=self.password
        )
        assert "DEMO-1" in board and "DEMO-2" in board
        return browser


def performed_block(nurse: Browser) -> str:
    """The id of the one block that has a time."""
    ids = set(re.findall(r"/clinic/blocks/([0-9a-f-]{36})", nurse.get("/clinic/")))
    assert len(ids) == 2
    (performed,) = [each for each in ids if "walking" in nurse.get(f"/clinic/blocks/{each}")]
    return str(performed)


@contextmanager
def running(folder: Path, port: int, **more: str) -> Iterator[Run]:
    run = Run(folder, port, **more)
    try:
        yield run
    finally:
        run.process.terminate()
        run.process.communicate(timeout=START_SECONDS)


def test_what_the_first_start_prints_lets_in_and_the_second_keeps_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    with running(tmp_path, port) as first:
        assert f"Clinic   {first.address}/clinic/" in first.printed
        assert "█" not in first.printed and "▄" not in first.printed, "no QR without https"
        nurse = first.signed_in()
        block_id = performed_block(nurse)
        page = nurse.get(f"/clinic/blocks/{block_id}")
        record = json.loads(nurse.get(f"/clinic/blocks/{block_id}/record.json"))
        assert record["baseline"] == {"main": demo.BASELINE}
        scores = [entry["scores"] for entry in record["entries"] if entry["scores"]]
        assert scores == [{"main": score} for score in demo.SCORES.values()]
        assert "walking" in page
        phone = first.browser()
        state = phone.redeem(token=first.token)["state"]
        assert [block["sites"] for block in state["blocks"]] == [["left", "right"]]
        assert phone.redeem(code=first.code)["error"]["code"] == "code_used"

    with running(tmp_path, port) as second:
        again = second.signed_in()
        assert second.password == first.password
        assert (
            json.loads(again.get(f"/clinic/blocks/{block_id}/record.json"))["entries"]
            == (record["entries"])
        )
        assert performed_block(again) == block_id
        assert second.token != first.token
        assert second.browser().redeem(code=second.code)["state"]["check_word"]
    with capsys.disabled():
        print(f" [first start {first.seconds:.1f} s, second {second.seconds:.1f} s] ", end="")


def test_a_second_run_beside_the_first_changes_nothing(tmp_path: Path) -> None:
    with running(tmp_path, free_port()) as first:
        second = subprocess.run(
            [sys.executable, "-m", "server.cli", "run"],
            env=settings(tmp_path, free_port()),
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )
        assert second.returncode == 1
        assert second.stdout == ""
        assert second.stderr.startswith(f"block-diary: BLOCK_DIARY_DATA is {tmp_path}: another")
        assert second.stderr.count("\n") == 1
        assert "state" in first.browser().redeem(token=first.token)


def test_a_qr_is_printed_where_a_phone_can_use_it(tmp_path: Path) -> None:
    with running(tmp_path, free_port(), PUBLIC_URL="https://diary.clinic.de") as run:
        link = run.find(r"(https://diary\.clinic\.de/e#\S+)\n")
        assert run.printed.index("█") > run.printed.index(link)
        assert len([line for line in run.printed.splitlines() if "█" in line]) > 10


def test_production_gets_no_demo(tmp_path: Path) -> None:
    """Somebody who starts a clinic's server by `run` gives nobody a password."""
    production = {
        "BLOCK_DIARY_ENV": "production",
        "SECRET_KEY": "s" * 40,
        "PUBLIC_URL": "https://diary.clinic.de",
        "VAPID_SUBJECT": "mailto:diary@clinic.de",
    }
    with running(tmp_path, free_port(), **production) as run:
        assert run.printed.startswith("Database: made\nBlock Diary (production) on https://")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY has 5 characters"),
        ({"VAPID_SUBJECT": ""}, "VAPID_SUBJECT is missing"),
        ({"VAPID_SUBJECT": "mailto:somebody@localhost"}, "VAPID_SUBJECT is "),
        ({"VAPID_SUBJECT": "mailto:developer@block-diary.example"}, "VAPID_SUBJECT is "),
        ({"PUBLIC_URL": "http://diary.clinic.de"}, "PUBLIC_URL is "),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL is missing"),
    ],
)
def test_serving_a_clinic_is_refused_without(
    tmp_path: Path, change: dict[str, str], named: str
) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "BLOCK_DIARY_DATA": str(tmp_path / "data"),
        "PORT": str(free_port()),
        "SECRET_KEY": "s" * 40,
        "PUBLIC_URL": "https://diary.clinic.de",
        "VAPID_SUBJECT": "mailto:diary@clinic.de",
    }
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", "serve"],
        env=environ | change,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"block-diary: {named}")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


@pytest.fixture
def installation(tmp_path: Path) -> Config:
    config = load({"BLOCK_DIARY_DATA": str(tmp_path)}, default="development")
    migrate(config)
    return config


ZONES = ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Pago_Pago"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", [0, 3, 12, 23])
def test_the_demo_is_of_today_at_any_hour_of_any_zone(
    installation: Config, monkeypatch: pytest.MonkeyPatch, zone: str, hour: int
) -> None:
    monkeypatch.setenv("TZ", zone)
    check_the_demo(installation, datetime(2026, 3, 2, hour, 0, 1, tzinfo=ZoneInfo(zone)))


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Africa/Cairo", "2026-04-24"),  # midnight does not exist
        ("America/Havana", "2026-11-01"),  # midnight comes twice
    ],
)
def test_the_demo_is_of_today_when_the_clocks_change_at_midnight(
    installation: Config, monkeypatch: pytest.MonkeyPatch, zone: str, day: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    local = datetime.fromisoformat(f"{day}T01:30").replace(tzinfo=ZoneInfo(zone))
    check_the_demo(installation, local)


def check_the_demo(config: Config, local: datetime) -> None:
    """The block was done today, what was rated so far is taken as it is, nothing is to come."""
    now = local.astimezone(UTC)
    printed = demo.prepare(config, now)
    assert any("/e#" in line for line in printed)
    database = Database(config.database_url)
    with database.reading() as session:
        (clinic,) = clinics.all_of_them(session)
        performed, waiting = sorted(
            blocks.planned_on(session, clinic.id, local.date()),
            key=lambda block: block.performed_at is None,
        )
        assert performed.performed_at is not None and waiting.performed_at is None
        assert performed.performed_at.astimezone(ZoneInfo(clinic.timezone)).date() == local.date()
        assert now - demo.LONGEST_AGO <= performed.performed_at <= now
        record = block_record(blocks.diary(session, performed), as_of=now)
    database.close()
    (site,) = report(record).sites.values()
    assert site.baseline == demo.BASELINE
    assert {reading.status for reading in site.readings} <= {"clean"}
    if now - performed.performed_at == demo.LONGEST_AGO:
        assert [reading.score for reading in site.readings] == list(demo.SCORES.values())


def test_a_demo_that_stopped_half_way_is_begun_again(
    installation: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(demo.blocks, "start", stop)
        with pytest.raises(KeyboardInterrupt):
            demo.prepare(installation, NOON)
    assert any("password " in line for line in demo.prepare(installation, NOON))


def test_a_lost_password_is_said_and_stops_nothing(installation: Config) -> None:
    demo.prepare(installation, NOON)
    kept = installation.data_dir / demo.SIGN_IN_FILE
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept.unlink()
    printed = "\n".join(demo.prepare(installation, NOON + timedelta(hours=1)))
    assert "remove" in printed and "/e#" in printed


def test_an_installation_with_a_clinic_of_its_own_gets_no_demo(installation: Config) -> None:
    database = Database(installation.database_url)
    with database.transaction() as session:
        new_clinic(session)
    assert demo.prepare(installation, NOON) == []
    with database.reading() as session:
        assert session.query(models.Block).count() == 0
    database.close()


def test_each_start_makes_the_earlier_link_useless(installation: Config) -> None:
    first = "\n".join(demo.prepare(installation, NOON))
    second = "\n".join(demo.prepare(replace(installation), NOON + timedelta(minutes=1)))
    database = Database(installation.database_url)
    with database.reading() as session:
        usable = [
            row
            for row in session.query(models.Invitation)
            if row.used_at is None and row.revoked_at is None
        ]
    database.close()
    assert len(usable) == 1
    assert first != second


@pytest.mark.parametrize(
    ("setting", "linked", "zone"),
    [
        ("Asia/Tokyo", "/usr/share/zoneinfo/Europe/Berlin", "Asia/Tokyo"),
        (":Asia/Tokyo", "/etc/nothing", "Asia/Tokyo"),
        ("", "/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"),
        ("nonsense", "/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"),
        ("", "/etc/nothing", "UTC"),
    ],
)
def test_the_zone_is_the_machines(tmp_path: Path, setting: str, linked: str, zone: str) -> None:
    localtime = tmp_path / "localtime"
    localtime.symlink_to(linked)
    assert demo.local_zone(setting, localtime) == zone
