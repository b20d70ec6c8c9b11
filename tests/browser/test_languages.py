"""A patient chooses another language with no signal, and reads it from a cold start."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect
from sqlalchemy import select

from server.storage import accepted_languages, clinics
from server.storage.models import Patient
from server.words.catalogues import t
from tests.browser.chromium import ChromiumPhone, chromium_phone
from tests.browser.diary_server import DiaryServer
from tests.browser.nurse import Nurse
from tests.browser.patient import Patient as Person
from tests.browser.waiting import wait_for, wait_until

#: What the phone's store has, which the next start reads.
KEPT_LANGUAGE = """new Promise((resolve, reject) => {
  const opening = indexedDB.open('block-diary');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const reading = opening.result.transaction('facts').objectStore('facts').get('language');
    reading.onsuccess = () => { opening.result.close(); resolve(reading.result); };
    reading.onerror = () => reject(reading.error);
  };
})"""
QUESTION = t("ar", "How strong is your pain now?")


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


def language_of(server: DiaryServer) -> str:
    with server.database.reading() as session:
        return session.scalars(select(Patient.language)).one()


def test_a_language_chosen_offline_is_there_after_a_cold_start_and_reaches_the_clinic(
    phone: ChromiumPhone, nurse: Nurse, server: DiaryServer
) -> None:
    with server.database.transaction() as session:
        (clinic,) = clinics.all_of_them(session)
        accepted_languages.accept(session, clinic.id, "ar", 1, clinic.created_at)
    person = Person(phone, server.url)
    person.enrol(nurse.enrol("P-100").code)
    person.is_ready_offline()

    phone.set_offline(True)
    person.follow("Help")
    person.page.locator("a[href='#/language']").tap()
    expect(person.title()).to_have_text("Language")
    expect(person.page.get_by_role("radio")).to_have_count(2)  # English, and what was accepted
    person.page.get_by_label("العربية").check()
    expect(person.title()).to_have_text(t("ar", "Language"))
    not_reviewed = "These words were translated from English. No clinician has checked them yet."
    said = t("ar", f"{not_reviewed} If something is not clear, ask your clinic.")
    expect(person.page.locator(".notice")).to_have_text(said)
    wait_until(person.page, f"{KEPT_LANGUAGE}.then(kept => kept === 'ar')")
    server.stop()
    phone.restart()
    phone.set_offline(True)
    person.open()
    expect(person.title()).to_have_text(QUESTION)
    page = person.page.locator("html")
    expect(page).to_have_attribute("lang", "ar")
    expect(page).to_have_attribute("dir", "rtl")
    assert language_of(server) == "en"

    server.start()
    phone.set_offline(False)
    person.open()
    person.page.locator("a[href='#/entries']").tap()
    expect(person.page.locator(".state")).to_be_visible()
    expect(person.title()).to_have_text(t("ar", "Your entries"))
    wait_for(lambda: language_of(server) == "ar", lambda: person.page.wait_for_timeout(50))


def test_the_first_start_speaks_the_browsers_language(
    playwright: Playwright, tmp_path: Path, server: DiaryServer
) -> None:
    with chromium_phone(playwright, tmp_path / "profile", locale="es-MX") as phone:
        person = Person(phone, server.url)
        person.open()
        expect(person.title()).to_have_text(t("es", "Your pain diary around the injection"))
        expect(person.page.locator("html")).to_have_attribute("lang", "es")
        assert [error for error in phone.errors if "net::ERR_" not in error] == []
