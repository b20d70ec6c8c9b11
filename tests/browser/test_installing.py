"""The phone app can be put on a home screen, and every page has an icon that is there."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright

from tests.browser.chromium import ChromiumPhone, chromium_phone, close_page
from tests.browser.diary_server import DiaryServer
from tests.browser.patient import Patient


@pytest.fixture(scope="module")
def phone(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory, shared_server: DiaryServer
) -> Iterator[ChromiumPhone]:
    """A phone that has opened the diary once."""
    with chromium_phone(playwright, tmp_path_factory.mktemp("phone") / "profile") as started:
        patient = Patient(started, shared_server.url)
        patient.open()
        patient.is_ready_offline()
        yield started


def test_chromium_finds_nothing_that_keeps_the_diary_from_being_installed(
    phone: ChromiumPhone,
) -> None:
    assert phone.installability_errors() == []


def test_the_installed_app_opens_the_diary_on_its_own_under_one_name_for_ever(
    phone: ChromiumPhone, shared_server: DiaryServer
) -> None:
    protocol = phone.protocol()
    read = protocol.send("Page.getAppManifest")
    assert read["errors"] == []
    manifest = json.loads(read["data"])
    expected = {"id": "/", "start_url": "/", "scope": "/", "display": "standalone"}
    assert {key: manifest[key] for key in expected} == expected
    assert protocol.send("Page.getAppId")["appId"] == f"{shared_server.url}/"
    purposes = {(icon.get("purpose", "any"), icon["sizes"]) for icon in manifest["icons"]}
    assert {("any", "192x192"), ("any", "512x512"), ("maskable", "512x512")} <= purposes


@pytest.mark.parametrize("address", ["/", "/clinic/sign-in", "/nowhere"])
def test_every_page_names_an_icon_that_is_there(
    phone: ChromiumPhone, shared_server: DiaryServer, address: str
) -> None:
    page = phone.context.new_page()
    page.goto(f"{shared_server.url}{address}")
    named = page.evaluate(
        "[...document.querySelectorAll('link[rel=icon], link[rel=apple-touch-icon]')]"
        ".map(link => [link.rel, link.href])"
    )
    close_page(page)
    wanted = {"icon", "apple-touch-icon"} if address == "/" else {"icon"}
    assert {rel for rel, _ in named} == wanted
    for _, href in named:
        answer = phone.context.request.get(href)
        assert (answer.status, answer.headers["content-type"].partition("/")[0]) == (200, "image")
