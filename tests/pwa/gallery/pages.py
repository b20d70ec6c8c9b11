"""The phone's screens in a real Chromium, each in its cases, without a server or a store.

`python -m tests.pwa.gallery.pages FOLDER LANGUAGE [LOOK ...]` saves a picture of every case.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, Page, Route, sync_playwright

from pwa import build, messages, words
from server.words.catalogues import LANGUAGES
from tests.rig.programs import chromium, required

HERE = Path(__file__).parent
ORIGIN = "http://127.0.0.1/"
"""Answered by this module, so that nothing reaches any server."""
T0 = datetime(2026, 3, 2, 10, tzinfo=UTC)
"""The block of the builders."""
#: Until a frame is over, after what observes sizes has heard of a change. By no timer and no frame
#: that is asked for: a page whose clock is set has them from Playwright.
DRAWN = """
new Promise(done => {
  new IntersectionObserver((_, seen) => done(seen.disconnect())).observe(document.body);
})
"""


@dataclass(frozen=True)
class Look:
    """How a phone shows the app."""

    width: int = 393
    height: int = 851
    scheme: str = "light"
    text_percent: int = 100
    forced_colours: str = "none"


LOOKS = {
    "light": Look(),
    "dark": Look(width=320, height=640, scheme="dark"),
    "large-text": Look(width=320, height=640, text_percent=200),
    "forced-colours": Look(scheme="dark", forced_colours="active"),
}


class Gallery:
    """A browser with the gallery's page, whose script and styles are built once."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._script = _bundle(HERE / "gallery.tsx", "--format=iife")
        self._styles = _bundle(build.PWA / "styles" / "app.css")

    @contextmanager
    def page(self, look: Look) -> Iterator[Page]:
        """An empty page with this look, in London, on the day of the builders' block."""
        context = self._browser.new_context(
            viewport={"width": look.width, "height": look.height},
            device_scale_factor=2,
            has_touch=True,
            is_mobile=True,
            color_scheme=look.scheme,
            forced_colors=look.forced_colours,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/London",
        )
        html = (
            f'<!doctype html><html lang="en"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, viewport-fit=cover">'
            f"<title>Diary</title><style>{self._styles}\n"
            f":root {{ --base-phone: {112.5 * look.text_percent / 100}% !important }}</style>"
            f'<body><div id="app"></div><script>const catalogues = {_catalogues()};</script>'
            f"<script>{self._script}</script>"
        )

        def serve(route: Route) -> None:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")

        context.route("**/*", serve)
        page = context.new_page()
        try:
            yield page
        finally:
            context.close()

    @cached_property
    def cases(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(screen, name, case), in the order of the app's registry of screens."""
        with self.page(LOOKS["light"]) as page:
            page.goto(f"{ORIGIN}?/")
            names: list[str] = page.evaluate("gallery.screens")
            found: dict[str, Any] = page.evaluate("gallery.cases")
        return [(screen, name, case) for screen in names for name, case in found[screen].items()]


def speak(page: Page, language: str) -> None:
    """Say what is shown in another language, as the phone does when the patient chooses it."""
    page.evaluate("language => gallery.speak(catalogues[language])", language)
    page.wait_for_function("code => document.documentElement.lang === code", arg=language)
    page.evaluate(DRAWN)


@cache
def _catalogues() -> str:
    """JSON: every language's, by the English texts, since the gallery's script is not numbered."""
    texts = messages.texts(messages.app_sources())
    found = {code: words.compiled(code, texts) for code in LANGUAGES}
    for each in found.values():
        each["words"] = dict(zip(texts, each["words"], strict=True))
    return json.dumps(found)


def show(page: Page, screen: str, name: str, case: dict[str, Any]) -> None:
    """Open one case, as if at its own time of the day, and do what a person does first."""
    page.clock.set_fixed_time(T0 + timedelta(minutes=case.get("minute", 0)))
    page.goto(f"{ORIGIN}?{quote(f'{screen}/{name}')}")
    page.wait_for_selector("h1")
    for selector in case.get("press", []):
        page.click(selector)
    for selector, text in case.get("type", {}).items():
        page.fill(selector, text)
    for selector in case.get("then", []):
        page.click(selector)
    page.wait_for_selector(f"main.view-{screen}")


@contextmanager
def gallery() -> Iterator[Gallery]:
    """The gallery in a headless Chromium."""
    build._install_packages()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=required(chromium(), "Chromium"),
            chromium_sandbox=os.geteuid() != 0,
        )
        try:
            yield Gallery(browser)
        finally:
            browser.close()


def save_pictures(folder: Path, looks: list[str], language: str = "en") -> None:
    """Save each case as `folder/look/screen-name.png`."""
    with gallery() as shown:
        cases = shown.cases
        for look in looks:
            (folder / look).mkdir(parents=True, exist_ok=True)
            with shown.page(LOOKS[look]) as page:
                for screen, name, case in cases:
                    show(page, screen, name, case)
                    speak(page, language)
                    file = f"{screen}-{name.replace(' ', '-')}.png"
                    page.screenshot(path=folder / look / file)


def _bundle(entry: Path, *flags: str) -> str:
    return subprocess.check_output(
        [str(build.esbuild()), str(entry), "--bundle", "--log-level=warning", *flags],
        env={**os.environ, "NODE_PATH": str(build.MODULES)},
        encoding="utf-8",
    )


if __name__ == "__main__":
    save_pictures(Path(sys.argv[1]), sys.argv[3:] or list(LOOKS), sys.argv[2])
