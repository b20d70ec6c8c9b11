"""The phone's screens without eyes, without a finger, and without motion."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from server.words.catalogues import LANGUAGES
from tests.browser.accessibility import accessible_elements
from tests.pwa.gallery.pages import LOOKS, Gallery, gallery, show, speak


@pytest.fixture(scope="module")
def shown() -> Iterator[Gallery]:
    with gallery() as running:
        yield running


@pytest.fixture(scope="module")
def phone(shown: Gallery) -> Iterator[Page]:
    with shown.page(LOOKS["light"]) as page:
        yield page


def open_case(shown: Gallery, page: Page, screen: str, name: str) -> None:
    case = next(case for of, called, case in shown.cases if (of, called) == (screen, name))
    show(page, screen, name, case)


def names(page: Page, role: str) -> list[str]:
    """What a screen reader calls the elements of a role, in the order of the page."""
    return [name for found, name in accessible_elements(page) if found == role]


def test_a_screen_reader_hears_the_whole_scale_in_every_language(
    shown: Gallery, phone: Page
) -> None:
    open_case(shown, phone, "rate", "two sites")
    heard = {}
    for language in LANGUAGES:
        speak(phone, language)
        heard[language] = (names(phone, "group")[:2], names(phone, "radio"))
    assert heard["en"] == (
        ["Left side", "Right side"],
        ["0, No pain", *map(str, range(1, 10)), "10, Worst pain you can imagine"] * 2,
    )
    for language, (groups, points) in heard.items():
        assert len(set(groups)) == 2, language
        assert len(points) == 22, language
        assert len(set(points)) == 11, language
        for end in (points[0], points[10]):
            assert len(end) > 5, f"{language}: an end of the scale has no words"
    ends = {(points[0], points[10]) for _, points in heard.values()}
    assert len(ends) == len(LANGUAGES), "a language says the ends in another's words"
    assert names(phone, "heading")[0] != "How strong is your pain now?"


def test_a_screen_reader_hears_which_number_is_chosen_and_that_one_is_missing(
    shown: Gallery, phone: Page
) -> None:
    open_case(shown, phone, "rate", "chosen")
    chosen = [node["name"]["value"] for node in nodes(phone, "radio") if is_set(node, "checked")]
    assert chosen == ["10, Worst pain you can imagine"]
    open_case(shown, phone, "rate", "two sites")
    phone.tap("button:text-is('Save')")
    phone.wait_for_selector("text=Tap a number for: Right side.")
    [described] = [
        node["description"]["value"]
        for node in nodes(phone, "group")
        if node["name"]["value"] == "Right side"
    ]
    assert described == "Tap a number for: Right side."


def test_saved_is_said_politely_and_a_failure_at_once(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "rate", "chosen")
    [region] = nodes(
        phone, "status"
    )  # there before there is anything to say, or it may not be said
    assert texts_in(phone, region) == ""
    phone.tap("button:text-is('Save')")
    phone.wait_for_selector("main.view-saved")
    [region] = nodes(phone, "status")
    assert property_of(region, "live") == "polite"
    assert texts_in(phone, region) == "Saved on this phone, 11:00"
    assert names(phone, "heading")[0] == "Saved on this phone, 11:00"

    open_case(shown, phone, "rate", "error")
    [alert] = nodes(phone, "alert")
    assert property_of(alert, "live") == "assertive"
    assert texts_in(phone, alert).startswith("Not saved. Your answer is still here.")


FOCUS = """() => {
  const faults = [];
  const seen = element => element.checkVisibility({ visibilityProperty: true });
  const named = e => `${e.localName} "${(e.textContent || e.getAttribute('aria-label') || '').trim().slice(0, 30)}"`;
  const all = [...document.querySelectorAll('a[href], button, summary, input, select, textarea')];
  const reachable = all.filter(e => seen(e) && !e.closest('details:not([open]) > :not(summary)'));
  const look = e => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(e);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 ? 'outline' : boxShadow;
  };
  for (const element of reachable) {
    if (element.tabIndex < 0) faults.push(`not reached by Tab: ${named(element)}`);
    const target = element.matches('[type=radio], [type=checkbox]')
      ? element.closest('label') : element;
    const before = [target, element, ...target.children].map(look).join();
    element.focus({ focusVisible: true });
    if (document.activeElement !== element) faults.push(`takes no focus: ${named(element)}`);
    const after = [target, element, ...target.children].map(look).join();
    if (after === before) faults.push(`focus is not seen: ${named(target)}`);
    const { left, top, width, height } = target.getBoundingClientRect();
    const met = document.elementFromPoint(left + width / 2, top + height / 2);
    if (!met || !(target.contains(met) || met.contains(target)))
      faults.push(`has the focus and is covered: ${named(target)} by ${met && named(met)}`);
  }
  return faults;
}"""


def test_whatever_can_be_pressed_is_reached_by_keyboard_seen_and_not_covered(
    shown: Gallery,
) -> None:
    """With large text, when there is the least room beside what sticks to the edge."""
    faults = []
    last = ""
    with shown.page(LOOKS["large-text"]) as page:
        for screen, name, case in shown.cases:
            if screen != last:
                show(page, screen, name, case)
                faults += [f"{screen}/{name}: {fault}" for fault in page.evaluate(FOCUS)]
            last = screen
    assert faults == []


@pytest.mark.parametrize(("wish", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_for_whoever_wants_less_motion(
    shown: Gallery, phone: Page, wish: str, moves: bool
) -> None:
    phone.emulate_media(reduced_motion=wish)
    open_case(shown, phone, "rate", "chosen")
    phone.evaluate("window.moved = 0; addEventListener('animationstart', () => { moved += 1 })")
    phone.evaluate("addEventListener('transitionrun', () => { moved += 1 })")
    phone.tap("button:text-is('Save')")
    phone.wait_for_selector("main.view-saved")
    if moves:
        phone.wait_for_function("moved > 0")
    else:
        phone.wait_for_timeout(100)
        assert phone.evaluate("moved") == 0
    assert phone.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def nodes(page: Page, role: str) -> list[dict[str, Any]]:
    """The accessibility tree's own entries of a role."""
    session = page.context.new_cdp_session(page)
    found: list[dict[str, Any]] = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [one for one in found if not one["ignored"] and one["role"]["value"] == role]


def property_of(node: dict[str, Any], name: str) -> Any:
    return next((one["value"]["value"] for one in node["properties"] if one["name"] == name), None)


def is_set(node: dict[str, Any], name: str) -> bool:
    return property_of(node, name) == "true"


def texts_in(page: Page, node: dict[str, Any]) -> str:
    """What is read of a region."""
    session = page.context.new_cdp_session(page)
    found = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    by_id = {one["nodeId"]: one for one in found}

    def read(one: dict[str, Any]) -> list[str]:
        if one.get("role", {}).get("value") == "StaticText":
            return [one["name"]["value"]]
        return [
            text
            for child in one.get("childIds", [])
            if child in by_id
            for text in read(by_id[child])
        ]

    return " ".join(" ".join(read(by_id[node["nodeId"]])).split())
