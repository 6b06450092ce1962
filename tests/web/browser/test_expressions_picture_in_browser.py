"""The page Expressions: two legs, the promise beside what is said, marked words; on desk and phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser.conftest import DESK, PHONE
from tests.web.browser.looks import LOOKED, look, tab_to

from verbond.reports.expressions import EXPRESSIONS_SECTIONS
from verbond.results import sentence

pytestmark = pytest.mark.browser
PATH = "/o/acme/expressions/"


@pytest.mark.parametrize("language", LOOKED)
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_part_is_there_and_can_be_read(
    language: str, size: tuple[int, int], open_page: Callable[..., Page]
) -> None:
    scheme = "light" if (language == "nl") == (size == DESK) else "dark"
    page = open_page(PATH, language, size=size, scheme=scheme)
    for name in EXPRESSIONS_SECTIONS:
        expect(page.locator(f"#expressions-{name}-heading")).to_be_visible()
    for name in ("legs", "sides", "told", "groups", "months", "rungs"):
        seen = page.locator(f"#expressions-{name} svg:visible")
        assert seen.count() >= 1
        assert all(seen.nth(n).bounding_box()["width"] <= size[0] for n in range(seen.count()))
    expect(page.locator("#expressions-sides svg:visible").first).to_contain_text(
        sentence("expressions_told.promised", language)
    )
    look(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marked_words_are_seen_without_colour(scheme: str, open_page: Callable[..., Page]) -> None:
    page = open_page(PATH, "nl", scheme=scheme)
    counts, refused = (
        page.locator("mark.quote__mark--counts").first,
        page.locator("mark.quote__mark--refused"),
    )
    lines = [one.evaluate("e => getComputedStyle(e).textDecorationStyle") for one in (counts, refused)]
    assert lines == ["solid", "dotted"]
    expect(page.locator(".quote__words").nth(1)).to_contain_text("afgewezen")
    expect(page.locator(".quote__text").nth(1)).to_have_attribute("lang", "en")


def test_tables_open_with_the_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page(PATH, "nl", size=PHONE)
    tab_to(page, "#expressions-legs summary")
    page.keyboard.press("Enter")
    expect(page.locator("#expressions-legs table")).to_contain_text("Klantenservice")
    look(page)


def test_the_way_to_the_promise_and_to_messages(open_page: Callable[..., Page]) -> None:
    page = open_page(PATH, "nl")
    parts = page.locator("nav.steps-nav")
    expect(parts.locator("[aria-current=page]")).to_have_text(sentence("web_expressions.part_picture", "nl"))
    parts.get_by_text(sentence("web_expressions.part_promise", "nl"), exact=True).click()
    expect(page).to_have_url(re.compile("/o/acme/expressions/promise/$"))


def test_a_card_tells_of_the_promise(open_page: Callable[..., Page]) -> None:
    page = open_page("/o/acme/effects/", "nl")
    expect(page.locator("#card-bf-2025 .notes")).to_contain_text("3 van de 5 berichten ervan gaan in")
