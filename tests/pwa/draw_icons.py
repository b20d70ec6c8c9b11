"""Draw the PNG icons from `icon.svg`, after a change of it: `python -m tests.pwa.draw_icons`."""

import os
import re
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.rig.programs import chromium, required

ICONS = Path(__file__).resolve().parents[2] / "pwa" / "icons"


def drawings(svg: str) -> dict[str, tuple[int, str]]:
    """Side in pixels and drawing of each PNG, by its file name.

    A maskable icon may lose all outside a circle of 80 %, so the curve is made smaller on a full
    ground; a badge is told by its transparency alone, so it has no ground.
    Source: W3C, Web Application Manifest, "Icon masks and safe zone".
    """
    ground = re.sub(r' rx="\d+"', "", svg)
    small = re.sub("<g ", '<g transform="translate(32 32) scale(.78) translate(-32 -34)" ', ground)
    bare = re.sub(r"<rect[^>]*/>", "", svg)
    return {
        "icon-192.png": (192, svg),
        "icon-512.png": (512, svg),
        "maskable-512.png": (512, small),
        "apple-touch-icon.png": (180, ground),
        "badge-96.png": (96, bare),
    }


def draw() -> None:
    svg = (ICONS / "icon.svg").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=required(chromium(), "Chromium"),
            chromium_sandbox=os.geteuid() != 0,
        )
        for name, (side, drawing) in drawings(svg).items():
            page = browser.new_page(viewport={"width": side, "height": side})
            page.set_content(
                f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{drawing}"
            )
            page.screenshot(path=ICONS / name, omit_background=True)
        browser.close()


if __name__ == "__main__":
    draw()
