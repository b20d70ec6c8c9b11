"""Passkeys in a real Chromium, with a virtual authenticator; and a link's secret that no server sees."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.browser.diary_server import EMAIL, DiaryServer

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DiaryServer]:
    """On `localhost`, since a passkey belongs to a name and never to a number."""
    made = DiaryServer(tmp_path / "data", host="localhost")
    made.start()
    yield made
    made.close()


@pytest.fixture
def page(desk: Browser) -> Iterator[Page]:
    context = desk.new_context(locale="en-GB")
    yield context.new_page()
    context.close()


def authenticator(page: Page, **more: object) -> tuple[CDPSession, str]:
    """A device that holds passkeys, for this page."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    added = protocol.send(
        "WebAuthn.addVirtualAuthenticator", {"options": {**AUTHENTICATOR, **more}}
    )
    return protocol, added["authenticatorId"]


def sign_in(page: Page, server: DiaryServer) -> None:
    page.goto(f"{server.url}/clinic/sign-in")
    page.get_by_label("Email address").fill(EMAIL)
    page.get_by_label("Password").fill(server.password)
    go_on(page, "Sign in")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def go_on(page: Page, name: str) -> None:
    """Press a button, and come to the page that it leads to."""
    with page.expect_navigation():
        press(page, name)


def add_passkey(page: Page, server: DiaryServer) -> None:
    page.goto(f"{server.url}/clinic/account")
    page.get_by_label("Name of the new passkey").fill("Desk key")
    press(page, "Add a passkey")


def test_a_passkey_signs_in_by_itself_until_it_is_removed(page: Page, server: DiaryServer) -> None:
    authenticator(page)
    sign_in(page, server)
    add_passkey(page, server)
    expect(page.get_by_role("heading", name="Keep these codes")).to_be_visible()
    code = page.locator("li code").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Desk key", exact=True)).to_be_visible()
    go_on(page, "Sign out everywhere")

    press(page, "Sign in with a passkey")
    expect(page.get_by_role("link", name="Enrol a patient").first).to_be_visible()
    go_on(page, "Sign out")

    # A password alone is no longer enough; the passkey or a recovery code is the second step.
    sign_in(page, server)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    press(page, "Sign in with a passkey")
    expect(page.get_by_role("link", name="Enrol a patient").first).to_be_visible()
    go_on(page, "Sign out")
    sign_in(page, server)
    page.get_by_label("Code").fill(code)
    press(page, "Go on")
    expect(page.get_by_role("link", name="Enrol a patient").first).to_be_visible()

    page.goto(f"{server.url}/clinic/account")
    page.get_by_role("button", name="Remove the passkey Desk key").click()
    expect(page.get_by_text("Desk key", exact=True)).to_have_count(0)
    go_on(page, "Sign out everywhere")
    press(page, "Sign in with a passkey")
    expect(page.get_by_text("This passkey lets nobody in here")).to_be_visible()


def test_a_device_that_does_not_check_who_holds_it_makes_no_passkey(
    page: Page, server: DiaryServer
) -> None:
    authenticator(page, hasUserVerification=False, isUserVerified=False)
    sign_in(page, server)
    add_passkey(page, server)
    expect(page.get_by_text("No passkey was made")).to_be_visible()


def test_an_answer_counts_once(page: Page, server: DiaryServer) -> None:
    """Whoever has seen one answer of a passkey cannot send it again."""
    authenticator(page)
    sign_in(page, server)
    add_passkey(page, server)
    page.get_by_role("link", name="I have kept them").click()
    go_on(page, "Sign out everywhere")
    with page.expect_request("**/clinic/sign-in/passkey") as caught:
        press(page, "Sign in with a passkey")
    expect(page.get_by_role("link", name="Enrol a patient").first).to_be_visible()
    sent = caught.value.post_data_json
    go_on(page, "Sign out")
    token = page.locator("input[name=csrf_token]").first.get_attribute("value")
    again = page.request.post(
        f"{server.url}/clinic/sign-in/passkey",
        form={"csrf_token": token or "", "credential": sent["credential"]},
    )
    assert again.status == 422
    page.goto(f"{server.url}/clinic/")
    expect(page.get_by_role("heading", name="Sign in to your clinic")).to_be_visible()


def test_a_links_secret_moves_into_the_form_and_to_no_server(
    page: Page, server: DiaryServer
) -> None:
    sign_in(page, server)
    page.goto(f"{server.url}/clinic/staff")
    page.get_by_label("Name", exact=True).fill("Vera Hill")
    page.get_by_label("Email address").fill("vera@elm.org")
    press(page, "Invite and show the link")
    link = page.locator("#staff-link").inner_text()
    go_on(page, "Sign out")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}/clinic/join#a-link-of-last-week")
    page.get_by_label("New password").fill("velvet gravel onion lamp")
    press(page, "Set the password")
    expect(page.get_by_role("alert")).to_be_visible()
    page.goto(link)  # in the same tab
    secret = link.partition("#")[2]
    expect(page.get_by_label("Code of your link")).to_have_value(secret)
    assert page.url == f"{server.url}/clinic/join"
    assert not [url for url in asked if secret in url.partition("#")[0]]
    page.get_by_label("New password").fill("velvet gravel onion lamp")
    press(page, "Set the password")
    expect(page.get_by_role("heading", name="Your password is set")).to_be_visible()
