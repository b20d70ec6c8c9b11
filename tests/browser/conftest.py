"""Real browsers and the real app for the tests of this folder."""

from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.browser.chromium import FLAGS, ChromiumPhone
from tests.browser.diary_server import DiaryServer, diary_server
from tests.rig.programs import chromium, required


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DiaryServer]:
    with diary_server(tmp_path / "data", push_hosts=["127.0.0.1"]) as running:
        yield running


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DiaryServer]:
    """For tests that bring their own patient and leave the clock alone."""
    with diary_server(tmp_path_factory.mktemp("data"), push_hosts=["127.0.0.1"]) as running:
        yield running


@pytest.fixture(scope="module")
def desk(playwright: Playwright) -> Iterator[Browser]:
    """A browser at the clinic, apart from the phone's."""
    browser = playwright.chromium.launch(
        executable_path=required(chromium(), "Chromium"), args=[*FLAGS, "--no-sandbox"]
    )
    yield browser
    browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the screens showed when a test failed is printed with its failure."""
    report = yield
    if call.when == "call" and report.failed:
        for page in _pages(item):
            with suppress(PlaywrightError):
                seen = page.locator("body").aria_snapshot(timeout=2000)
                report.sections.append((page.url.partition("?")[0], seen))
    return report


def _pages(item: pytest.Item) -> Iterator[Page]:
    """The pages that Playwright has open for a test, by the fixtures that it asked for."""
    assert isinstance(item, pytest.Function)
    for fixture in item.funcargs.values():
        phone = getattr(fixture, "phone", fixture)
        if isinstance(fixture, Browser):
            contexts = fixture.contexts
        else:
            contexts = [phone.context] if isinstance(phone, ChromiumPhone) else []
        for context in contexts:
            yield from context.pages
