"""The phone app stays small enough for a slow network: sizes as sent, in brotli."""

import re

import brotli
import pytest

from server.web.assets import BUILT

#: Issue: "JS ≤ 40 kB, precache ≤ 120 kB with all languages".
START_SCRIPT_BYTES = 40_000
PRECACHE_BYTES = 120_000


def sent(name: str) -> int:
    return len(brotli.compress((BUILT / name).read_bytes(), quality=11))


def scripts_at_start() -> list[str]:
    """The worker, the one that stands in the page, and all that the page asks for by itself."""
    page = (BUILT / "index.html").read_text()
    [inside] = [path.name for path in BUILT.glob("first.*.js")]
    return ["sw.js", inside, *re.findall(r'"/static/built/([^"]+\.js)"', page)]


def precached() -> list[str]:
    urls = re.findall(r'\{url:"([^"]+)",revision:', (BUILT / "sw.js").read_text())
    assert "/" in urls
    return ["index.html" if url == "/" else re.sub("^/(static/built/)?", "", url) for url in urls]


def report(what: str, names: list[str], most: int, capsys: pytest.CaptureFixture[str]) -> int:
    sizes = {name: sent(name) for name in names}
    total = sum(sizes.values())
    with capsys.disabled():
        print(f"\n{what}: {total:,} of {most:,} bytes; {sizes}")
    return total


def test_the_scripts_that_a_start_needs_fit_their_budget(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = scripts_at_start()
    assert len(names) == 4
    assert report("Scripts at start", names, START_SCRIPT_BYTES, capsys) <= START_SCRIPT_BYTES


def test_the_page_asks_at_once_for_every_script_that_its_first_one_imports() -> None:
    """Otherwise one would be found only after another has come, and the start would wait twice."""
    asked = scripts_at_start()[2:]
    for name in asked:
        text = (BUILT / name).read_text()
        imported = re.findall(r'(?:from|import)"\./([^"]+)"', text)
        assert {(BUILT / name).parent / each for each in imported} <= {
            BUILT / name for name in asked
        }


def test_all_that_the_phone_keeps_fits_its_budget(capsys: pytest.CaptureFixture[str]) -> None:
    names = precached()
    chunks = {f"chunks/{path.name}" for path in (BUILT / "chunks").glob("*.js")}
    assert chunks <= set(names), "what is loaded on demand must be there offline"
    assert report("Precache", names, PRECACHE_BYTES, capsys) <= PRECACHE_BYTES
