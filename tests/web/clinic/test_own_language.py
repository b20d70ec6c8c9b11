"""Everybody reads the clinic's pages in the language that they chose, or that their browser asks for."""

import re

import pytest
from flask.testing import FlaskClient

from server.storage import staff
from server.words import catalogues
from server.words.catalogues import LANGUAGES, language
from tests.web.clinic.conftest import PASSWORD, SQLITE, Staff, World, csrf_token, let_in, sign_in
from tests.web.clinic.test_every_word import in_brackets

__all__ = ["in_brackets"]

pytestmark = SQLITE
#: On the page of one's own access.
NOT_REVIEWED = (
    "No clinician has reviewed this translation yet. Where a word is in doubt, the English page"
    " counts."
)


def html(page: str) -> str:
    found = re.search(r"<html [^>]*>", page)
    assert found
    return found[0]


def choose(who: Staff, code: str) -> None:
    answer = who.post("/clinic/language", {"language": code, "next": "/clinic/account"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/clinic/account")


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_page_says_which_language_it_is_in_and_which_way_it_runs(world: World, code: str) -> None:
    choose(world.nurse, code)
    page = world.nurse.get("/clinic/", headers={"Accept-Language": "fr"}).text
    assert html(page) == f'<html lang="{code}" dir="{language(code).direction}">'


def test_the_browser_is_asked_until_somebody_chooses(world: World) -> None:
    for asked, code in (("de-AT, en;q=0.5", "de"), ("xx, ar;q=0.3", "ar"), ("xx", "en")):
        page = world.nurse.get("/clinic/", headers={"Accept-Language": asked}).text
        assert f'lang="{code}"' in html(page)


def test_a_choice_goes_with_its_member_to_every_browser_and_to_nobody_else(world: World) -> None:
    choose(world.nurse, "es")
    elsewhere = world.anonymous()
    let_in(elsewhere, world.nurse.email)
    assert 'lang="es"' in html(elsewhere.get("/clinic/account").text)
    assert 'lang="en"' in html(world.member("clinician").get("/clinic/account").text)
    assert 'lang="en"' in html(world.stranger.get("/clinic/account").text)


def test_a_choice_can_be_taken_back(world: World) -> None:
    choose(world.nurse, "es")
    choose(world.nurse, "")
    page = world.nurse.get("/clinic/", headers={"Accept-Language": "de"}).text
    assert 'lang="de"' in html(page)
    with world.database.reading() as session:
        member = staff.get(session, world.clinic.id, world.staff_id(world.nurse.email))
        assert member.language is None


def choose_signed_out(client: FlaskClient, code: str) -> None:
    token = csrf_token(client.get("/clinic/sign-in").text)
    form = {"csrf_token": token, "language": code, "next": "/clinic/sign-in"}
    assert client.post("/clinic/language", data=form).status_code == 303


def test_it_can_be_chosen_before_signing_in_and_holds_after_it(world: World) -> None:
    client = world.anonymous()
    choose_signed_out(client, "ar")
    assert html(client.get("/clinic/sign-in").text) == '<html lang="ar" dir="rtl">'
    assert sign_in(client, world.nurse.email, PASSWORD).status_code == 302
    assert 'lang="ar"' in html(client.get("/clinic/account").text)


def test_ones_own_choice_counts_more_than_what_the_browser_held_before(world: World) -> None:
    choose(world.nurse, "es")
    client = world.anonymous()
    choose_signed_out(client, "ar")
    assert sign_in(client, world.nurse.email, PASSWORD).status_code == 302
    assert 'lang="es"' in html(client.get("/clinic/account").text)


def test_a_language_that_is_not_offered_is_refused_and_changes_nothing(world: World) -> None:
    choose(world.nurse, "es")
    for code in ("it", "../es", "EN"):
        assert world.nurse.post("/clinic/language", {"language": code}).status_code == 404
    assert 'lang="es"' in html(world.nurse.get("/clinic/account").text)


@pytest.mark.parametrize("there", ["https://elsewhere.example/", "//elsewhere.example", "/", ""])
def test_a_choice_leads_to_no_other_site(world: World, there: str) -> None:
    answer = world.nurse.post("/clinic/language", {"language": "es", "next": there})
    assert answer.headers["Location"] == "/clinic/sign-in"


def test_pages_and_what_a_form_is_refused_for_are_in_the_chosen_language(
    in_brackets: None, world: World
) -> None:
    choose(world.nurse, "es")
    assert "<h1>⟦Enrol" in world.nurse.get("/clinic/enrol").text
    refused = world.nurse.post("/clinic/enrol", {"reference": "", "side": "up"})
    assert refused.status_code == 422
    errors = re.findall(r'-error"><span class="visually-hidden">[^<]+</span>([^<]+)<', refused.text)
    assert errors
    assert all("⟦" in each for each in errors), errors
    missing = world.nurse.get("/clinic/blocks/00000000-0000-0000-0000-000000000000")
    assert "⟦There is no such block at your clinic.⟧" in missing.text
    choose(world.nurse, "en")
    assert "⟦" not in world.nurse.get("/clinic/enrol").text


def test_a_translation_that_no_clinician_has_reviewed_says_so(world: World) -> None:
    assert NOT_REVIEWED not in world.nurse.get("/clinic/account").text
    choose(world.nurse, "ar")
    assert catalogues.review(catalogues.catalogue("ar", "clinic")) is None
    said = catalogues.t("ar", NOT_REVIEWED, domain="clinic")
    assert said in world.nurse.get("/clinic/account").text
