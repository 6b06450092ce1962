"""What every page is looked at for, and how the keyboard goes over it."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page
from tests.web.browser.conftest import DESK, PHONE

LOOKED = ["nl", pytest.param("en", marks=pytest.mark.slow)]
"""Languages in which pages are looked at: in Dutch each time, desk light and phone dark; in English with the
slow proofs, the other way round."""
ALLOWED: frozenset[str] = frozenset()
"""Rules of axe-core that a page may break: none."""
PRESSED = (
    "button:not(.button--plain, .languages__one), a.button, select, "
    "input:not([type=hidden], [type=radio], [type=checkbox])"
)
LEAST = 43.5
"""Pixels that a thing to press is high: 44, less what rounding takes."""


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong: the rule, and the first thing that breaks it."""
    if not page.evaluate("typeof axe === 'object'"):  # half a megabyte: once a page
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        """axe.run({resultTypes: ["violations"]}).then(({violations}) =>
             violations.map(({id, nodes}) => [id, nodes[0].html.slice(0, 200)]))"""
    )
    return [f"{rule}: {first}" for rule, first in found if rule not in ALLOWED]


def look(page: Page, *, within: str = "body", pressed: str = PRESSED) -> None:
    """axe-core finds nothing, nothing is wider than the screen, what one presses is large enough."""
    wrong = violations(page)
    assert not wrong, wrong
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert beyond <= 0, "the page is wider than the screen"
    small = page.evaluate(
        """([within, pressed, least]) => [...document.querySelector(within).querySelectorAll(pressed)]
           .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < least)
           .map(e => e.outerHTML.slice(0, 120))""",
        [within, pressed, LEAST],
    )
    assert not small, small


def everywhere(page: Page, language: str) -> None:
    """Look on desk and phone, light and dark: what one language shows light, the other shows dark."""
    schemes = ("light", "dark") if language == "nl" else ("dark", "light")
    for scheme, (width, height) in zip(schemes, (DESK, PHONE), strict=True):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": height})
        look(page, within="main", pressed=f"{PRESSED}, summary")


def tab_to(page: Page, selector: str, most: int = 150) -> None:
    """Press Tab until something has the focus, and see that the focus can be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"the focus on {selector} cannot be seen"
            return
    raise AssertionError(f"Tab never came to {selector}")


def write(page: Page, selector: str, text: str) -> None:
    """Come to a field with Tab and write in it, a line after a line."""
    tab_to(page, selector)
    for n, line in enumerate(text.split("\n")):
        if n:
            page.keyboard.press("Enter")
        page.keyboard.type(line)


def press(page: Page, selector: str) -> None:
    """Come to something with Tab and press Enter on it, until another page is there."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")
