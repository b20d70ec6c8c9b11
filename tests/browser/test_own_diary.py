"""What a patient tells once a day, sees of it, keeps of it and deletes: offline, then at the clinic."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect
from sqlalchemy import select

from server.storage.models import Device
from tests.browser.chromium import chromium_phone
from tests.browser.diary_server import DiaryServer, diary_server
from tests.browser.patient import Patient
from tests.browser.sheets import Sheet, new_sheet

#: A day after the block, five minutes into the evening's assessment.
NOW = datetime(2026, 3, 3, 18, 5, tzinfo=UTC)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DiaryServer]:
    with diary_server(tmp_path / "data", at=NOW) as running:
        yield running


@pytest.fixture
def sheet(server: DiaryServer) -> Sheet:
    return new_sheet(server, "P-500", since_block=timedelta(hours=32, minutes=5))


@pytest.fixture
def patient(
    playwright: Playwright, server: DiaryServer, sheet: Sheet, tmp_path: Path
) -> Iterator[Patient]:
    with chromium_phone(playwright, tmp_path / "profile") as phone:
        phone.set_clock(server.now())
        enrolled = Patient(phone, server.url)
        enrolled.enrol(sheet.code)
        enrolled.is_ready_offline()
        yield enrolled


def test_the_evening_is_told_seen_and_kept_offline_and_deleted_once_it_is_at_the_clinic(
    patient: Patient, server: DiaryServer, sheet: Sheet
) -> None:
    # No signal, and the app is started from nothing but what its worker keeps.
    patient.phone.protocol().send("Network.clearBrowserCache")
    patient.phone.set_offline(True)
    server.stop()
    patient.phone.restart()
    patient.phone.set_offline(True)
    patient.open()
    page = patient.page
    expect(page.get_by_text("1 day after your injection")).to_be_visible()
    page.locator(".chip", has_text="Bleeding").tap()
    page.get_by_text("Add more, if you like").tap()
    page.get_by_label("Your own estimate").select_option("40")
    patient.rate(3)
    patient.press("Done")

    patient.follow("Your picture")
    picture = page.get_by_role("img", name="Your pain since the injection")
    expect(picture.locator(".dot")).to_have_count(1)
    expect(page.get_by_text("1 entry waits on this phone, since 18:0")).to_be_visible()
    patient.follow("Help")
    patient.follow("Your data: keep or delete")
    with page.expect_download() as started:
        page.get_by_role("button", name="Save on this phone").nth(1).tap()
    text = Path(started.value.path()).read_text(encoding="utf-8").removeprefix("\ufeff")
    [row] = csv.DictReader(io.StringIO(text))
    assert (row["Pain, 0 to 10"], row["Where the needle went in"]) == ("3", "Bleeding")
    patient.press("Delete all the same")
    patient.press("Yes, delete and lose them")
    expect(page.get_by_text("Not deleted.")).to_be_visible()

    # By itself it tries at once, in vain, and again after some seconds.
    with page.expect_event("requestfailed", lambda each: each.url.endswith("/api/phone/sync")):
        patient.phone.set_offline(False)
    server.start()
    patient.press("Send now")
    expect(page.get_by_text("Everything is at your clinic, and stays there.")).to_be_visible()
    [stored] = server.entries(sheet.block_id)
    told = stored.content
    assert (told["scores"], told["stated_percent"]) == ({"main": 3}, 40)
    assert told["after_effects"] == ["bleeding"]

    patient.press("Yes, delete")
    expect(patient.title()).to_have_text("Your pain diary around the injection")
    page.reload()
    expect(patient.title()).to_have_text("Your pain diary around the injection")
    with server.database.reading() as session:
        [device] = session.scalars(select(Device))
        assert device.revoked_at is not None
    assert len(server.entries(sheet.block_id)) == 1
    assert [error for error in patient.phone.errors if "net::ERR_" not in error] == []
