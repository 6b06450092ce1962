"""The page Effects: short and long stand side by side, on desk and phone; cards open with the keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser.conftest import DESK, PHONE
from tests.web.browser.looks import LOOKED, look, tab_to

from verbond.results import sentence

pytestmark = pytest.mark.browser
HEADS = {"nl": ("Meteen", "Later"), "en": ("At once", "Later")}


def heads(page: Page, card: str, language: str) -> list[dict[str, float]]:
    """Where the heads of both columns stand on the screen, in the picture that is seen."""
    found = page.locator(f"#{card} svg:visible .column text:first-child")
    expect(found).to_have_text(HEADS[language])
    return [found.nth(n).bounding_box() for n in range(2)]


@pytest.mark.parametrize("language", LOOKED)
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_short_and_long_stand_side_by_side(
    language: str, size: tuple[int, int], open_page: Callable[..., Page]
) -> None:
    scheme = "light" if language == "nl" else "dark"
    page = open_page("/o/acme/effects/", language, size=size, scheme=scheme)
    expect(page.locator("p.lead")).to_contain_text("Black Friday <2025>")
    short, long = heads(page, "card-bf-2025", language)
    assert abs(short["y"] - long["y"]) < 2
    assert short["x"] + short["width"] < long["x"]
    assert long["x"] + long["width"] <= size[0]
    words = page.locator("#card-bf-2025 svg:visible text.word")
    weakens, open_ = (
        sentence(f"effects_cards.verdict_{word}", language).capitalize()
        for word in ("weakens", "cannot_tell")
    )
    expect(words).to_have_text([weakens, open_, open_, weakens])  # what it sold, then the relationship


def test_a_card_without_a_verdict_opens_with_the_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page("/o/acme/effects/", "nl", size=PHONE)
    card = page.locator("#card-kind-energy-coach")
    expect(card.locator("svg:visible")).to_have_count(0)
    tab_to(page, "#card-kind-energy-coach summary")
    page.keyboard.press("Enter")
    expect(card.locator("svg:visible")).to_have_count(1)
    expect(card.locator("svg:visible")).to_contain_text("nog niet bekend")
    look(page, pressed=".disclosure--whole > summary")
