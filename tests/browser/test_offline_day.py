"""The main job in real browsers: a diary kept with no signal, and the result that the clinic reads."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.browser.chromium import ChromiumPhone, chromium_phone
from tests.browser.diary_server import DiaryServer
from tests.browser.nurse import Nurse
from tests.browser.patient import Patient

#: Past the verdict's horizon of 8 hours.
LATER = timedelta(hours=9)


@pytest.fixture
def phone(playwright: Playwright, tmp_path: Path) -> Iterator[ChromiumPhone]:
    with chromium_phone(playwright, tmp_path / "profile") as started:
        yield started


@pytest.fixture
def nurse(desk: Browser, server: DiaryServer) -> Iterator[Nurse]:
    context = desk.new_context()
    made = Nurse(context.new_page(), server)
    made.sign_in()
    yield made
    context.close()


@pytest.mark.parametrize(
    ("baseline", "scores", "verdict", "reason", "words"),
    [
        (8, [1, 1, 0], "met", None, "Met: 80 % relief"),
        (7, [7, 6, 7], "not_met", "never_reached", "Not met: 80 % relief"),
        (3, [0, 0, 1], "undetermined", "baseline_low", "Cannot be determined: 80 % relief"),
    ],
)
def test_a_diary_kept_offline_survives_a_kill_and_gives_the_clinic_its_result_once(
    phone: ChromiumPhone,
    nurse: Nurse,
    server: DiaryServer,
    tmp_path: Path,
    baseline: int,
    scores: list[int],
    verdict: str,
    reason: str | None,
    words: str,
) -> None:
    enrolled = nurse.enrol("P-100")
    patient = Patient(phone, server.url)
    patient.enrol(enrolled.code)
    patient.is_ready_offline()

    # No signal, and the app is started from nothing. The server is stopped too, since a browser
    # that starts has a network for a moment, in which background sync would send what waits.
    phone.set_offline(True)
    server.stop()
    phone.restart()
    phone.set_offline(True)
    patient.open()
    patient.rate(baseline)
    patient.press("Done")
    patient.injection_done()
    started_at = datetime.now(UTC)
    for hour, score in enumerate(scores, start=1):
        phone.set_clock(started_at + timedelta(hours=hour, minutes=2))
        patient.open()
        expect(patient.page.get_by_text("How strong is your pain now?")).to_be_visible()
        patient.rate(score)
    phone.kill()  # right after "Saved on this phone"

    phone.start()
    phone.set_offline(True)
    patient.open()
    patient.entries(4, "Saved on this phone")
    assert server.entries(enrolled.block_id) == []

    server.ahead = timedelta(hours=len(scores), minutes=2)
    server.start()
    phone.set_offline(False)
    patient.open()
    patient.entries(4, "At your clinic")
    stored = server.entries(enrolled.block_id)
    assert [list(each.content["scores"].values()) for each in stored] == [
        [score] for score in [baseline, *scores]
    ]

    server.ahead = LATER
    page = nurse.read(enrolled.block_id)
    assert words in page
    assert "In progress" not in page
    assert_page_json_and_command_agree(nurse, enrolled.block_id, tmp_path, verdict, reason)
    # A browser itself notes each request that finds no network; nothing else went wrong unseen.
    assert [error for error in phone.errors if "net::ERR_" not in error] == []


def test_the_sheets_link_opens_the_diary_offline_too(
    phone: ChromiumPhone, nurse: Nurse, server: DiaryServer
) -> None:
    """Whoever kept the link as a bookmark gets the diary, not the browser's own error."""
    patient = Patient(phone, server.url)
    patient.enrol(nurse.enrol("P-100").code)
    patient.is_ready_offline()
    server.stop()
    phone.restart()
    phone.set_offline(True)
    phone.open(f"{server.url}/e")
    expect(patient.title()).to_have_text("How strong is your pain now?")


def assert_page_json_and_command_agree(
    nurse: Nurse, block_id: UUID, folder: Path, verdict: str, reason: str | None
) -> None:
    """What the page's report says, `block-diary report` says of the record that the page gives."""
    shown = nurse.json(block_id, "report.json")
    [site] = shown["sites"].values()
    assert (site["verdict"], site["reason"]) == (verdict, reason)
    file = folder / "record.json"
    file.write_text(json.dumps(nurse.json(block_id, "record.json")))
    printed = subprocess.run(
        [sys.executable, "-m", "server.cli", "report", str(file)],
        capture_output=True,
        check=True,
    )
    assert json.loads(printed.stdout) == shown
