"""Real browsers and the real app for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.chromium import FLAGS
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
