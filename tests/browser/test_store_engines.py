"""The phone's store in real browsers: the suite that Node runs against an imitation runs in theirs too."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from pwa import build
from tests.browser.rig_page import RigSite, rig_site
from tests.browser.webkit import webkit_browser

PWA_TESTS = Path(__file__).parents[1] / "pwa"
IN_PAGE = PWA_TESTS / "in_page"
PAGE = "<!doctype html><title>Store</title><script type=module src=suite.js></script>"
RUN = "runSuite()"
#: How many tests the suite has.
TESTS = len(re.findall(r"^test\(", (PWA_TESTS / "store.test.ts").read_text("utf-8"), re.M))


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page with the store's suite, bundled for browsers."""
    folder = tmp_path_factory.mktemp("suite")
    build._install_packages()
    stands_in = {
        "node:test": "test.ts",
        "node:assert/strict": "assert.ts",
        "fake-indexeddb/auto": "indexeddb.ts",
        "fake-indexeddb": "indexeddb.ts",
    }
    subprocess.run(
        [
            *(str(build.esbuild()), str(PWA_TESTS / "store.test.ts")),
            *(f"--outfile={folder / 'suite.js'}", "--bundle", "--format=esm"),
            *(f"--alias:{name}={IN_PAGE / file}" for name, file in stands_in.items()),
            "--log-level=warning",
        ],
        env={**os.environ, "NODE_PATH": str(build.MODULES)},
        check=True,
        timeout=60,
    )
    with rig_site(folder) as site:
        (folder / "store.html").write_text(PAGE)
        yield address(site)


def address(site: RigSite) -> str:
    return f"{site.url}store.html"


def check(results: dict[str, Any]) -> None:
    assert results["failed"] == []
    assert len(results["passed"]) == TESTS > 20


def test_the_stores_suite_passes_in_chromium(desk: Browser, suite: str) -> None:
    page = desk.new_page()
    page.goto(suite)
    check(page.evaluate(RUN))


@pytest.mark.skipif(sys.platform != "linux", reason="WebKitGTK is for Linux alone")
def test_the_stores_suite_passes_in_webkit(tmp_path: Path, suite: str) -> None:
    with webkit_browser(tmp_path / "webkit") as browser:
        browser.goto(suite)
        check(browser.evaluate(RUN))
