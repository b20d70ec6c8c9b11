"""What assistive technology finds on a page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

RULES = ("wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice")


def axe_violations(page: Page, axe: Path, rules: Sequence[str] | None = None) -> list[str]:
    """Breaches of WCAG 2.2 AA and of good practice on the page as it is now; empty when there are none.

    `axe` is the path of `axe.min.js`; `rules` names the only rules to look for. Each line names the rule, what
    it asks for and the elements that break it.
    """
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate(
        # Nothing of another origin is here that it would have to fetch first.
        "runOnly => axe.run(document, { runOnly, resultTypes: ['violations'], preload: false })",
        {"type": "rule", "values": list(rules)}
        if rules
        else {"type": "tag", "values": list(RULES)},
    )
    return [_line(violation) for violation in found["violations"]]


def accessible_elements(page: Page) -> list[tuple[str, str]]:
    """The browser's own accessibility tree, flattened: (role, name) of each element that is not ignored."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    return [(_text(node, "role"), _text(node, "name")) for node in nodes if not node["ignored"]]


def _text(node: dict[str, Any], key: str) -> str:
    return str(node.get(key, {}).get("value", ""))


def _line(violation: dict[str, Any]) -> str:
    elements = ", ".join(" ".join(map(str, node["target"])) for node in violation["nodes"])
    return f"{violation['id']} ({violation['impact']}): {violation['help']}: {elements}"
