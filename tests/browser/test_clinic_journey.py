"""From enrolment to the signed report, as somebody walks it who has a keyboard and no mouse.

In Chromium with scripts and without, and in Firefox.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader
from sqlalchemy import select

from server import create_app
from server.storage.models import AuditEvent, SignOff
from server.storage.staff import User
from tests.browser.clinic_day import CLINICIAN, NURSE, PASSWORD, ClinicDay, at
from tests.browser.diary_server import DiaryServer, diary_server
from tests.browser.firefox import firefox_phone
from tests.browser.keyboard import UP, Chromium, Firefox, Keyboard
from tests.builders import Phone, TestClock, an_entry, injection_done

#: What no other page says.
BOARD = "Nobody watches this live."
COMMENT = "Relief on walking; 2nd block next."
#: Buttons that need a script.
DEAD = """
[...document.querySelectorAll('button')]
  .filter(e => e.checkVisibility() && (e.type !== 'submit' || !e.form)).map(e => e.innerText)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DiaryServer]:
    """Its clinic has a nurse and a clinician, and no patient."""
    with diary_server(tmp_path / "data", at=at("08:00")) as running:
        ClinicDay(running.config, running.database).close()
        yield running


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_chromium_enrols_reads_takes_the_pdf_and_signs_by_keyboard_alone(
    server: DiaryServer, desk: Browser, scripts: bool
) -> None:
    context = desk.new_context(
        locale="en-GB", timezone_id="Europe/London", java_script_enabled=scripts
    )
    walk(Keyboard(Chromium(context.new_page())), server, scripts=scripts)
    context.close()


def test_firefox_does_the_same(server: DiaryServer, tmp_path: Path) -> None:
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    with firefox_phone(tmp_path / "profile") as firefox:
        walk(Keyboard(Firefox(firefox, downloads)), server, scripts=True)


def walk(keyboard: Keyboard, server: DiaryServer, *, scripts: bool) -> None:
    """The whole way; the patient's diary comes through the phone's API."""
    sign_in(keyboard, server, NURSE)
    keyboard.follow("Enrol a patient")
    keyboard.read("Enrol and make the sheet")
    keyboard.fill("Patient reference", "RP-2041")
    keyboard.choose("Lumbar")
    keyboard.choose("Left")
    keyboard.fill("Levels", "L4/5")
    keyboard.fill("Anaesthetic", "bup")
    keyboard.push("Enrol and make the sheet")
    sheet = keyboard.read("and type this code").split("\n")
    assert ("Print" in sheet) == scripts
    dead = keyboard.browser.evaluate(DEAD)
    assert dead == (["Print"] if scripts else [])
    code = sheet[sheet.index("and type this code") + 2]
    keyboard.follow("To the board")
    assert "RP-2041" in keyboard.read(BOARD)
    keyboard.push("Sign out")
    keyboard.read("Sign in to your clinic")
    keep_a_diary(server, code)

    sign_in(keyboard, server, CLINICIAN)
    keyboard.follow("RP-2041")
    report = keyboard.read("Not signed off.")
    (verdict,) = (line for line in report.split("\n") if line.startswith("Met"))

    pdf = keyboard.browser.download(lambda: keyboard.follow("PDF, A4"))
    told = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    assert "".join(verdict.split()) in "".join(told.split())

    keyboard.fill("Conclusion or comment", COMMENT, UP)
    keyboard.push("Sign off")
    assert COMMENT in keyboard.read("by Clara Moss")
    check_that_it_is_signed(server)


def sign_in(keyboard: Keyboard, server: DiaryServer, email: str) -> None:
    keyboard.browser.goto(f"{server.url}/clinic/")
    keyboard.fill("Email address", email)
    keyboard.fill("Password", PASSWORD)
    keyboard.push("Sign in")
    keyboard.read(BOARD)


def keep_a_diary(server: DiaryServer, code: str) -> None:
    """The patient types the code of the sheet: 7 before the block, 1 for eight hours after it."""
    clock = TestClock(server.now())
    app = create_app(server.config, clock)
    phone = Phone(app, clock)
    assert phone.redeem(code=code).status_code == 201, code
    (block,) = phone.sync()["state"]["blocks"]
    phone.sync(an_entry(block["id"], clock.now, kind="baseline", scores={"main": 7}))
    phone.sync(injection_done(block["id"], clock.advance(minutes=10)))
    for minutes in (15, 15, 30, *([60] * 7)):
        felt_at = clock.advance(minutes=minutes)
        phone.sync(an_entry(block["id"], felt_at, scores={"main": 1}, activities=["walking"]))
    app.extensions["block_diary"].database.close()
    server.ahead += clock.advance(minutes=5) - server.now()


def check_that_it_is_signed(server: DiaryServer) -> None:
    """What was signed is kept as it was read, and the trail says who did what."""
    with server.database.reading() as session:
        signed = session.scalars(select(SignOff)).one()
        clara = session.scalars(select(User).where(User.email == CLINICIAN)).one()
        assert (signed.comment, signed.signed_by) == (COMMENT, clara.id)
        assert signed.figures["sites"]["main"]["verdict"] == "met"
        trail = session.execute(
            select(AuditEvent.action, AuditEvent.actor)
            .where(AuditEvent.subject == f"block:{signed.block_id}")
            .order_by(AuditEvent.number)
        ).all()
        by_clara = [action for action, actor in trail if actor == f"staff:{clara.id}"]
    assert {"block.viewed", "block.exported", "block.signed_off"} == set(by_clara)
