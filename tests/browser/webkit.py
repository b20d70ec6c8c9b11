"""A browser with WebKit: Debian's WebKitGTK on a screen without a monitor, driven over WebDriver.

It is Safari's engine and not Safari: no push, no `navigator.storage`, a window wider than a phone's, and every session
begins with nothing stored. Its network process, which holds IndexedDB as on an iPhone, can be frozen.
"""

import json
import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError

from tests.browser.waiting import wait_for
from tests.rig.keeper import Kept, keep
from tests.rig.ports import free_port
from tests.rig.programs import minibrowser, required, webkit_driver, xvfb

Found = TypeVar("Found")

#: No command takes longer, nor a script that a page runs for a test.
LONGEST_SECONDS = 120
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_ASYNC = """
const done = arguments[arguments.length - 1];
(async () => ({script}))().then(value => done({{ value }}), error => done({{ error: String(error) }}));
"""


class WebKitError(Exception):
    """The browser refused a command, or a script in the page threw."""


class WebKitBrowser:
    """One browser with one page, its storage empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Start the screen, the driver and the browser.

        :raises TimeoutError: one of them does not come up
        """
        log = self._folder / "screen.log"
        screen = (required(xvfb(), "Xvfb"), "-displayfd", "2", "-screen", "0", "1024x900x24")
        self._screen = keep([*screen, "-nolisten", "tcp"], log=log)
        self._driver: Kept | None = None
        try:
            display = self.wait_until(lambda: re.search(r"^\d+$", log.read_text(), re.M), "screen")
            self._start_driver(f":{display[0]}")
        except BaseException:
            self.stop()
            raise

    def _start_driver(self, display: str) -> None:
        port = free_port()
        self._url = f"http://127.0.0.1:{port}/session"
        self._driver = keep(
            [required(webkit_driver(), "WebKitGTK"), f"--port={port}", "--host=127.0.0.1"],
            log=self._folder / "driver.log",
            environment={
                **os.environ,
                "DISPLAY": display,
                "LC_ALL": "C",  # a language that no page knows: the app must bear it
                "LIBGL_ALWAYS_SOFTWARE": "1",
                "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",  # its sandbox wants a user's session
            },
        )
        program = str(required(minibrowser(), "WebKitGTK's MiniBrowser"))
        options = {"binary": program, "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}

        def session() -> Any:
            with suppress(OSError):  # the driver does not listen yet
                return self._send("POST", "", {"capabilities": wanted})

        self._url += f"/{self.wait_until(session, 'browser')['sessionId']}"
        milliseconds = LONGEST_SECONDS * 1000
        self._send("POST", "/timeouts", {"script": milliseconds, "pageLoad": milliseconds})

    def stop(self) -> None:
        """End them all; the browser may already be gone."""
        if self._driver:
            with suppress(WebKitError, OSError):
                self._send("DELETE", "")
            self._driver.stop()
        self._screen.stop()

    def goto(self, url: str) -> None:
        """Open `url` and wait until it has loaded."""
        self._send("POST", "/url", {"url": url})

    def reload(self) -> None:
        """Load the page again and wait until it has loaded."""
        self._send("POST", "/refresh", {})

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page; a promise is awaited.

        :raises WebKitError: it threw
        """
        body = {"script": _ASYNC.format(script=script), "args": []}
        answer = self._send("POST", "/execute/async", body)
        if "error" in answer:
            raise WebKitError(answer["error"])
        return answer.get("value")

    def press(self, xpath: str) -> None:
        """Press an element as a person does, once it is there and stands still."""
        self._do(xpath, "click", {})

    def type(self, xpath: str, text: str) -> None:
        self._do(xpath, "value", {"text": text})

    def heading(self, wanted: str) -> str:
        """The screen's title, once it matches the expression `wanted`."""
        read = "document.querySelector('h1')?.textContent ?? ''"
        return self.wait_until(
            lambda: (title := self.evaluate(read)) and re.search(wanted, title) and str(title),
            f"heading {wanted!r}",
        )

    @contextmanager
    def frozen_network_process(self) -> Iterator[None]:
        """Stop the process that holds IndexedDB, as iOS does with an app in the background."""
        assert self._driver is not None
        process = _descendant(self._driver.pid, "WebKitNetworkPr")
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    def wait_until(self, look: Callable[[], Found | None], what: str) -> Found:
        """What `look` finds, once it finds something.

        :raises TimeoutError: it never does
        """
        return wait_for(look, lambda: time.sleep(0.1), f"{what} (logs are in {self._folder})")

    def _do(self, xpath: str, what: str, how: dict[str, str]) -> None:
        def done() -> bool:
            with suppress(WebKitError):  # not there yet, or drawn anew just now
                found = self._send("POST", "/element", {"using": "xpath", "value": xpath})
                self._send("POST", f"/element/{found[ELEMENT]}/{what}", how)
                return True
            return False

        self.wait_until(done, f"element {xpath}")

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}{path}", data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=LONGEST_SECONDS + 10) as answer:
                return json.load(answer)["value"]
        except HTTPError as refusal:
            with refusal:
                raise WebKitError(f"{method} {path}: {refusal.read().decode()}") from None


@contextmanager
def webkit_browser(folder: Path) -> Iterator[WebKitBrowser]:
    """A started browser, ended at the end; its logs are in `folder`."""
    browser = WebKitBrowser(folder)
    browser.start()
    try:
        yield browser
    finally:
        browser.stop()


def _descendant(ancestor: int, name: str) -> int:
    """The process of this name (its first 15 characters) below another."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            number, rest = (folder / "stat").read_text().split(" (", 1)
            command, fields = rest.rsplit(") ", 1)
            parents[int(number)] = (int(fields.split()[1]), command)
    for number, (parent, command) in parents.items():
        while command == name and parent in parents:
            if parent == ancestor:
                return number
            parent = parents[parent][0]
    raise WebKitError(f"there is no process {name}")
