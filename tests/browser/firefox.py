"""A phone with Firefox: stock Firefox without a window, driven over WebDriver BiDi, with real push.

What it cannot do: touch (`navigator.maxTouchPoints` stays 0), move the clock, install the app, or press a
notification.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tests.browser.bidi import BidiConnection, BidiError, plain
from tests.browser.waiting import wait_for
from tests.rig.keeper import Kept, keep
from tests.rig.programs import firefox, required

Found = TypeVar("Found")

VIEWPORT = {"width": 393, "height": 851}
DEVICE_PIXEL_RATIO = 2.75
ANDROID = "Mozilla/5.0 (Android 14; Mobile; rv:{version}.0) Gecko/{version}.0 Firefox/{version}.0"
FLAGS = (
    "--headless",
    "--no-remote",
    "--remote-debugging-port",
    "0",
    "--remote-allow-system-access",
)
PREFERENCES: dict[str, bool | int | str] = {
    "dom.push.testing.allowInsecureServerURL": True,
    "dom.push.connection.enabled": True,  # on by default, but the remote agent switches it off
    "alerts.useSystemBackend": False,  # else showNotification fails: there is no desktop
    # A download takes the focus from its page neither by the panel nor by showing a PDF.
    "browser.download.alwaysOpenPanel": False,
    "pdfjs.disabled": True,
    "network.disable-localhost-when-offline": True,
    "network.online": True,
    "network.http.speculative-parallel-limit": 0,  # else a connection made ahead still answers when offline
    "network.predictor.enabled": False,
    "network.manage-offline-status": False,  # else the machine's own network coming and going ends set_offline
    # Whatever the page or the browser itself asks for, nothing leaves this machine.
    "network.dns.native-is-localhost": True,
    "network.trr.mode": 5,
    "network.http.http3.enable": False,
    "toolkit.telemetry.server": "",
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
}

_NOTIFICATIONS = """
async () => {
  const registration = await navigator.serviceWorker.ready;
  const keys = ['title', 'body', 'tag', 'data', 'lang', 'dir'];
  return JSON.stringify((await registration.getNotifications()).map(
    shown => Object.fromEntries(keys.map(key => [key, shown[key] ?? null]))));
}
"""


class FirefoxPhone:
    """One phone: start it, use its page, cut its network, kill it, start it again with what it had stored."""

    def __init__(
        self,
        profile: Path,
        *,
        push_url: str | None = None,
        locale: str = "en-GB",
        time_zone: str = "Europe/London",
    ) -> None:
        """`push_url` is the WebSocket address of the push service; None leaves push without one."""
        self._profile = profile
        self._locale, self._time_zone = locale, time_zone
        self._preferences = PREFERENCES | {"dom.push.serverURL": push_url or "ws://127.0.0.1:9/"}
        self._granted: set[str] = set()

    def start(self) -> None:
        """Start the browser on the phone's profile with one empty page."""
        program = required(firefox(), "Firefox")
        self._profile.mkdir(parents=True, exist_ok=True)
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});"
            for name, value in self._preferences.items()
        ]
        (self._profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
        log = self._profile / "firefox.log"
        log.unlink(missing_ok=True)
        self._process: Kept = keep(
            [program, *FLAGS, "--profile", self._profile],
            log=log,
            environment={
                **os.environ,
                "MOZ_DISABLE_AUTO_SAFE_MODE": "1",
                "MOZ_CRASHREPORTER_DISABLE": "1",
            },
        )
        try:
            self._connect(log)
        except BaseException:
            self._process.kill()
            raise

    def _connect(self, log: Path) -> None:
        spoken = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
        address = self.wait_until(
            lambda: spoken.search(log.read_text(errors="replace")), "sign of life"
        )
        self._bidi = BidiConnection(f"{address[1]}/session")
        version = self._bidi.send("session.new", capabilities={})["capabilities"]["browserVersion"]
        [first] = self._bidi.send("browsingContext.getTree")["contexts"]
        self._page = first["context"]
        user_agent = ANDROID.format(version=version.partition(".")[0])
        here: dict[str, Any] = {"contexts": [self._page]}
        self._bidi.send(
            "browsingContext.setViewport",
            context=self._page,
            viewport=VIEWPORT,
            devicePixelRatio=DEVICE_PIXEL_RATIO,
        )
        self._bidi.send("emulation.setUserAgentOverride", userAgent=user_agent, **here)
        self._bidi.send("emulation.setLocaleOverride", locale=self._locale, **here)
        self._bidi.send("emulation.setTimezoneOverride", timezone=self._time_zone, **here)
        for origin in self._granted:
            self._grant(origin)

    def stop(self) -> None:
        """Close the browser in its own time; it may already be gone."""
        with suppress(BidiError, TimeoutError):
            self._bidi.send("browser.close")
            # It writes its cookies down while it ends: hurried, it would forget the last ones.
            wait_for(lambda: not self._process.running(), lambda: time.sleep(0.05), "end")
        self._bidi.close()
        self._process.stop()

    def kill(self) -> None:
        """End every process of the browser at once (SIGKILL), as when a phone takes the memory back."""
        self._process.kill()
        self._bidi.close()

    def restart(self) -> None:
        """Close the browser and start it again on the same profile."""
        self.stop()
        self.start()

    @property
    def process_id(self) -> int:
        """The browser's main process."""
        return self._process.pid

    def goto(self, url: str) -> None:
        """Open `url` and wait until it has loaded."""
        self._bidi.send("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def reload(self) -> None:
        """Load the page again and wait until it has loaded."""
        self._bidi.send("browsingContext.reload", context=self._page, wait="complete")

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page; a promise is awaited, a function is called.

        :raises BidiError: it threw.
        """
        call = f"(async () => {{ const it = ({script}); return typeof it === 'function' ? it() : it; }})()"
        answer = self._bidi.send(
            "script.evaluate", expression=call, target={"context": self._page}, awaitPromise=True
        )
        if answer["type"] == "exception":
            raise BidiError(answer["exceptionDetails"]["text"])
        return plain(answer["result"])

    def click(self, *, role: str = "", name: str = "", css: str = "") -> None:
        """Press an element as a person does: found by its accessible role and name, or by CSS selector."""
        node = self.wait_until(
            lambda: self._find(role, name, css), f"element {role} {name!r} {css}".rstrip()
        )
        move = {
            "type": "pointerMove",
            "x": 0,
            "y": 0,
            "origin": {"type": "element", "element": node},
        }
        press: list[dict[str, Any]] = [
            move,
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        pointer = {
            "type": "pointer",
            "id": "finger",
            "parameters": {"pointerType": "touch"},
            "actions": press,
        }
        self._bidi.send(
            "script.callFunction",
            functionDeclaration="node => node.scrollIntoView({block: 'nearest'})",
            arguments=[node],
            target={"context": self._page},
            awaitPromise=False,
        )
        self._bidi.send("input.performActions", context=self._page, actions=[pointer])

    def give_page_the_focus(self) -> None:
        """Take it from the address bar: until then keys arrive, but press no button."""
        self._inside_the_browser("gBrowser.selectedBrowser.focus()")

    def press(self, *keys: str) -> None:
        """Hold keys down together: letters, or those of WebDriver, such as U+E004 for Tab."""
        strokes = [{"type": "keyDown", "value": key} for key in keys]
        strokes += [{"type": "keyUp", "value": key} for key in reversed(keys)]
        keyboard = {"type": "key", "id": "keyboard", "actions": strokes}
        self._bidi.send("input.performActions", context=self._page, actions=[keyboard])

    def type(self, text: str) -> None:
        """Press the keys of a text, one after the other."""
        for letter in text:
            self.press(letter)

    def save_downloads_in(self, folder: Path) -> None:
        """Keep what is downloaded there, unasked."""
        self._bidi.send(
            "browser.setDownloadBehavior",
            downloadBehavior={"type": "allowed", "destinationFolder": str(folder)},
        )

    def text(self, css: str) -> str:
        """The text of the first element that `css` finds; empty while there is none."""
        return str(self.evaluate(f"document.querySelector({json.dumps(css)})?.textContent ?? ''"))

    def set_offline(self, offline: bool) -> None:
        """Cut or restore the network: for the page, for service workers and for push; a restart restores it.

        Done from inside the browser: BiDi's own `emulation.setNetworkConditions` leaves the requests of a service
        worker alone. Idle connections are dropped too, else they still answer. Offline, Firefox answers from its HTTP
        cache what was not marked `no-store`, as it does for a person.
        """
        self._inside_the_browser(
            f"Services.io.offline = {json.dumps(offline)};"
            "Services.obs.notifyObservers(null, 'net:prune-all-connections')"
        )

    def grant_notifications(self, url: str) -> None:
        """Allow notifications to the site of `url`, from now on and after restarts."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        self._granted.add(origin)
        self._grant(origin)

    def notifications(self) -> list[dict[str, Any]]:
        """What the service worker of the page shows now: title, body, tag, data, lang, dir."""
        shown: list[dict[str, Any]] = json.loads(self.evaluate(_NOTIFICATIONS))
        return shown

    def wait_for_notifications(self, count: int = 1) -> list[dict[str, Any]]:
        """The same as :meth:`notifications`, once there are at least `count`."""
        return self.wait_until(
            lambda: shown if len(shown := self.notifications()) >= count else None, "notification"
        )

    def screenshot(self) -> str:
        """The page as it looks, a PNG in base64."""
        return str(self._bidi.send("browsingContext.captureScreenshot", context=self._page)["data"])

    def wait_until(self, look: Callable[[], Found | None], what: str) -> Found:
        """What `look` finds, as soon as it finds something.

        :raises TimeoutError: it did not.
        """
        return wait_for(look, lambda: time.sleep(0.05), what)

    def _inside_the_browser(self, script: str) -> None:
        chrome: dict[str, Any] = {"moz:scope": "chrome"}
        window = self._bidi.send("browsingContext.getTree", **chrome)["contexts"][0]["context"]
        self._bidi.send(
            "script.evaluate", expression=script, target={"context": window}, awaitPromise=False
        )

    def _grant(self, origin: str) -> None:
        self._bidi.send(
            "permissions.setPermission",
            descriptor={"name": "notifications"},
            state="granted",
            origin=origin,
        )

    def _find(self, role: str, name: str, css: str) -> dict[str, Any] | None:
        sought = {"role": role, "name": name}
        locator: dict[str, Any] = (
            {"type": "css", "value": css}
            if css
            else {
                "type": "accessibility",
                "value": {key: value for key, value in sought.items() if value},
            }
        )
        found = self._bidi.send("browsingContext.locateNodes", context=self._page, locator=locator)[
            "nodes"
        ]
        return {"sharedId": found[0]["sharedId"]} if found else None


@contextmanager
def firefox_phone(
    profile: Path,
    *,
    push_url: str | None = None,
    locale: str = "en-GB",
    time_zone: str = "Europe/London",
) -> Iterator[FirefoxPhone]:
    """A started phone, closed at the end."""
    phone = FirefoxPhone(profile, push_url=push_url, locale=locale, time_zone=time_zone)
    phone.start()
    try:
        yield phone
    finally:
        phone.stop()
