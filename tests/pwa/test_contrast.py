"""The colours of tokens.css, measured by the WCAG formula, light and dark."""

import re
from pathlib import Path

import pytest

from tests.pwa.colours import contrast

TOKENS = Path(__file__).resolve().parents[2] / "pwa" / "styles" / "tokens.css"
THEMES = ("light", "dark")
SURFACES = ("paper", "raised", "sunken")

PHONE_TEXT = [
    *((text, surface) for text in ("ink", "quiet", "accent") for surface in SURFACES),
    *((text, "paper") for text in ("attention", "danger", "ok")),
    *((text, "raised") for text in ("attention", "danger", "ok")),
    *(
        (text, f"{tone}-soft")
        for tone in ("accent", "attention", "danger", "ok")
        for text in (tone, "ink")
    ),
    ("accent-ink", "accent"),
    ("danger-ink", "danger"),
]
"""Every pair of text and ground that the styles use; the phone's 7:1 covers the clinic's 4.5:1."""

CONTROLS = [
    *((edge, surface) for edge in ("edge", "accent", "danger") for surface in SURFACES),
    ("edge", "accent-soft"),
]


def tokens() -> dict[str, dict[str, str]]:
    """The colours by theme; dark is light with its own changes on top."""
    css = re.sub(r"/\*.*?\*/", "", TOKENS.read_text(encoding="utf-8"), flags=re.S)
    light_css, dark_css = css.split("@media (prefers-color-scheme: dark)")
    dark_css = dark_css.split("@media")[0]
    light = colours(light_css)
    return {"light": light, "dark": light | colours(dark_css)}


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6});", css))


def test_the_formula_gives_the_known_ends() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), PHONE_TEXT)
def test_text_is_at_least_7_to_1(theme: str, text: str, ground: str) -> None:
    palette = tokens()[theme]
    assert contrast(palette[text], palette[ground]) >= 7, f"{text} on {ground}, {theme}"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("edge", "ground"), CONTROLS)
def test_controls_are_at_least_3_to_1(theme: str, edge: str, ground: str) -> None:
    palette = tokens()[theme]
    assert contrast(palette[edge], palette[ground]) >= 3, f"{edge} on {ground}, {theme}"


def test_dark_changes_every_colour_of_light() -> None:
    palette = tokens()
    assert palette["light"].keys() == palette["dark"].keys()
    assert [
        name for name in palette["light"] if palette["light"][name] == palette["dark"][name]
    ] == []
