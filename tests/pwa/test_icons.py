"""The icons that phones put on their home screens and beside reminders."""

import base64
import json
import os
import re
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from pwa.build import PWA
from tests.rig.programs import chromium, required

ICONS = PWA / "icons"
MANIFEST = json.loads((PWA / "manifest.webmanifest").read_text(encoding="utf-8"))

ALPHAS = """
async ([url]) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0);
  const { data, width } = pen.getImageData(0, 0, image.width, image.height);
  const found = { transparent: 0, opaque: 0, outside: new Set(), colours: new Set() };
  for (let at = 0; at < data.length; at += 4) {
    const [x, y] = [(at / 4) % width + 0.5, Math.floor(at / 4 / width) + 0.5];
    const [red, green, blue, alpha] = data.slice(at, at + 4);
    if (alpha === 0) found.transparent += 1;
    if (alpha === 255) found.opaque += 1;
    if (alpha > 0) found.colours.add(`${red} ${green} ${blue}`);
    if (Math.hypot(x - width / 2, y - width / 2) > 0.4 * width)
      found.outside.add(`${red} ${green} ${blue} ${alpha}`);
  }
  return { ...found, outside: [...found.outside], colours: found.colours.size, all: width * width };
}
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=required(chromium(), "Chromium"),
            chromium_sandbox=os.geteuid() != 0,
        )
        yield browser.new_page()
        browser.close()


def pixels(page: Page, name: str) -> dict[str, Any]:
    data = base64.b64encode((ICONS / name).read_bytes()).decode()
    found: dict[str, Any] = page.evaluate(ALPHAS, [f"data:image/png;base64,{data}"])
    return found


def side(name: str) -> tuple[int, int]:
    """Width and height from the PNG's own header."""
    data = (ICONS / name).read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n"), name
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def test_the_manifest_names_the_icons_that_phones_need() -> None:
    named = {(icon.get("purpose", "any"), icon["sizes"]) for icon in MANIFEST["icons"]}
    assert named >= {("any", "192x192"), ("any", "512x512"), ("maskable", "512x512")}


@pytest.mark.parametrize("icon", MANIFEST["icons"], ids=lambda icon: icon["src"])
def test_every_icon_is_as_large_as_the_manifest_says(icon: dict[str, str]) -> None:
    name = icon["src"].removeprefix("/icons/")
    if icon["type"] == "image/png":
        assert "x".join(map(str, side(name))) == icon["sizes"]
    else:
        assert (ICONS / name).read_text(encoding="utf-8").startswith("<svg ")


def test_the_page_names_icons_that_exist() -> None:
    names = re.findall(r"/icons/([\w.-]+)", (PWA / "index.html").read_text(encoding="utf-8"))
    assert "apple-touch-icon.png" in names
    assert [name for name in names if not (ICONS / name).is_file()] == []


def test_the_maskable_icon_keeps_its_drawing_in_the_safe_zone(page: Page) -> None:
    found = pixels(page, "maskable-512.png")
    assert found["opaque"] == found["all"]
    assert found["outside"] == ["10 79 88 255"], "only the ground lies outside the circle of 80 %"
    assert found["colours"] > 1


def test_the_apple_icon_is_180_px_and_opaque(page: Page) -> None:
    found = pixels(page, "apple-touch-icon.png")
    assert side("apple-touch-icon.png") == (180, 180)
    assert found["opaque"] == found["all"]


def test_the_badge_is_one_colour_on_nothing(page: Page) -> None:
    found = pixels(page, "badge-96.png")
    assert found["colours"] == 1
    assert 0 < found["opaque"] < found["all"] / 2 < found["transparent"]
