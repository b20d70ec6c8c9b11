"""From opening a page to a scale that takes a tap: the diary's and the bare page's, by turns."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Page, Playwright, expect

from benchmarks.phone_server import BARE
from tests.browser.chromium import ChromiumPhone, close_page
from tests.browser.waiting import wait_until

SLOW_DOWN = 4
#: Opened so often in a browser that runs, after each cold start.
WARM_STARTS = 2
#: So long nobody asks the page anything, which would take time from it.
QUIET_MILLISECONDS = 1500
#: Milliseconds since the navigation began, once all eleven radio buttons stand and a frame with them is drawn.
NOTE_SCALE = """(() => {
  const look = new MutationObserver(() => {
    if (document.querySelectorAll('input[type=radio]').length < 11) return;
    look.disconnect();
    requestAnimationFrame(() => {
      const drawn = new MessageChannel();
      const detail = 'firstTaps' in window;
      drawn.port1.onmessage = () => performance.mark('scale', { detail });
      drawn.port2.postMessage(null);
    });
  });
  look.observe(document, { childList: true, subtree: true });
})()"""
SCALE = "performance.getEntriesByName('scale')[0]?.startTime ?? 0"
#: Whether it was drawn before the app: then taps are noted.
IS_FIRST = "performance.getEntriesByName('scale')[0].detail"
#: What a finger on the middle of the fifth button meets.
MEETS = """() => {
  const input = document.querySelector('input[value="4"]');
  const { left, top, width, height } = (input.closest('label') ?? input).getBoundingClientRect();
  const met = document.elementFromPoint(left + width / 2, top + height / 2);
  return input.closest('label').contains(met);
}"""


@dataclass(frozen=True)
class Starts:
    """Milliseconds from the beginning of the navigation, by round."""

    diary: list[float]
    bare: list[float]

    @property
    def ratios(self) -> list[float]:
        """The diary's beside the bare page's of the same round."""
        return [ours / theirs for ours, theirs in zip(self.diary, self.bare, strict=True)]


def measure(playwright: Playwright, folder: Path, url: str, rounds: int) -> dict[str, Starts]:
    """Cold: the browser started anew; warm: the browser and the worker run already.

    :raises AssertionError: a tap on the scale did not count, the network was not off, or the diary's scale came only
        with its scripts
    """
    pages = {"diary": f"{url}/", "bare": f"{url}{BARE}"}
    seen: dict[tuple[str, str], list[float]] = defaultdict(list)
    for place in range(rounds):
        # Neither is always the first.
        for name in sorted(pages, reverse=place % 2 == 1):
            phone = ChromiumPhone(playwright, folder / name)
            phone.start()
            try:
                phone.context.add_init_script(NOTE_SCALE)
                phone.set_offline(True)
                seen["cold", name].append(_open(phone, pages[name]))
                warm = [_open(phone, pages[name]) for _ in range(WARM_STARTS)]
                seen["warm", name].append(median(warm))
            finally:
                phone.stop()
    return {kind: Starts(seen[kind, "diary"], seen[kind, "bare"]) for kind in ("cold", "warm")}


def _open(phone: ChromiumPhone, url: str) -> float:
    page = phone.context.new_page()
    phone.protocol(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOW_DOWN})
    page.goto(url, wait_until="commit")
    page.wait_for_timeout(QUIET_MILLISECONDS)
    wait_until(page, SCALE)
    scale: float = page.evaluate(SCALE)
    is_first = url.endswith(BARE) or page.evaluate(IS_FIRST)
    assert is_first, "the scale came only with the app's scripts"
    _assert_a_tap_counts(page)
    close_page(page)
    return scale


def _assert_a_tap_counts(page: Page) -> None:
    assert not page.evaluate("navigator.onLine"), "there was a network"
    assert page.evaluate(MEETS), "something lies over the scale"
    page.locator("label:has(input[value='4'])").tap()
    expect(page.locator("input[value='4']"), "a tap did not count").to_be_checked()


def table(measured: dict[str, Starts]) -> str:
    """Medians, and the middle half of the rounds' ratios."""
    lines = [f"{'Scale tappable, ms':32}{'diary':>9}{'bare':>9}{'x bare':>9}{'middle half':>16}"]
    for kind, each in measured.items():
        several = len(each.ratios) > 1
        cuts = quantiles(each.ratios, n=4, method="inclusive") if several else each.ratios * 3
        low, middle, high = cuts
        lines.append(
            f"{f'{kind}, offline, slowed {SLOW_DOWN} times':32}{median(each.diary):9,.0f}"
            f"{median(each.bare):9,.0f}{middle:9.2f}{f'{low:.2f} to {high:.2f}':>16}"
        )
    return "\n".join([*lines, ""])
