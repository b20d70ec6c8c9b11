"""The phone app stays small enough for a slow network: sizes as sent, in brotli."""

import re

import brotli
import pytest

from server.web.assets import BUILT

SCRIPT_BYTES = 40_000
PRECACHE_BYTES = 90_000


def sent(name: str) -> int:
    return len(brotli.compress((BUILT / name).read_bytes(), quality=11))


def scripts() -> list[str]:
    return ["sw.js", *(path.name for path in BUILT.glob("app.*.js"))]


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


def test_all_the_phones_scripts_fit_their_budget(capsys: pytest.CaptureFixture[str]) -> None:
    names = scripts()
    assert len(names) == 2
    assert report("Phone scripts", names, SCRIPT_BYTES, capsys) <= SCRIPT_BYTES


def test_all_that_the_phone_keeps_fits_its_budget(capsys: pytest.CaptureFixture[str]) -> None:
    assert report("Precache", precached(), PRECACHE_BYTES, capsys) <= PRECACHE_BYTES
