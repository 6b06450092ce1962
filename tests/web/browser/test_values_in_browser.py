"""The values on a circle: filled by keyboard and by touch, the same fields as the list below it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.web.answering_world import EVERY_KIND
from tests.web.browser.conftest import DESK, PHONE
from tests.web.browser.looks import violations

from verbond.listen import Questionnaire
from verbond.method import CIRCLE
from verbond.results import sentence
from verbond.web.assets import asset

pytestmark = pytest.mark.browser
TEN = [one.id for one in CIRCLE]
MOST_BYTES = 15_000


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    """The question as a page of its own, in each language."""
    from django.utils import translation

    from verbond.web.listening import showing
    from verbond.web.templating import environment

    asked = [one for one in Questionnaire.from_json(EVERY_KIND).questions.values() if one.kind == "values"]
    around = (
        '{% from "answering/fields.html" import question %}<!doctype html><html lang="{{ language() }}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Values</title>'
        '<link rel="stylesheet" href="/answering.css"><script type="module" src="/values.js"></script>'
        '<div class="host"><main class="host__main"><h1>x</h1><form id="answers">{{ question(asked) }}'
        '<p><button class="button">On</button></p></form></main></div>'
    )
    made = {}
    for language in ("nl", "en"):
        with translation.override(language):
            (card,) = showing.shown(asked, {}, "De Zonnewende", language)
            made[language] = environment().from_string(around).render(asked=card)
    return made


@pytest.fixture
def page(browser: Browser, shown: dict[str, str]) -> Iterator[Page]:
    context = browser.new_context(has_touch=True, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))

    def answer(route) -> None:
        name = route.request.url.rsplit("/", 1)[1].partition("?")[0]
        file = asset(name) if name.endswith(("css", "js")) else None
        body = file.content if file is not None else shown.get(name, "").encode()
        kind = file.content_type if file is not None else "text/html; charset=utf-8"
        route.fulfill(body=body, content_type=kind)

    context.route("**/*", answer)
    opened.goto("http://values.example/nl")
    expect(opened.locator(".circle")).to_be_visible()
    yield opened
    context.close()
    assert not complaints


def fields(page: Page) -> dict[str, str]:
    """What the form would send."""
    return page.evaluate("Object.fromEntries(new FormData(document.getElementById('answers')))")


def test_by_keyboard(page: Page) -> None:
    wedges = page.get_by_role("slider")
    assert wedges.count() == 10
    assert [wedges.nth(n).get_attribute("data-wedge") for n in range(10)] == TEN, "in the circle's order"
    wedges.first.focus()
    assert wedges.first.get_attribute("aria-valuetext") == "nog open"
    for key in ("ArrowUp", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    assert fields(page) == {"values.own.universalism": "2"}
    assert wedges.first.get_attribute("aria-valuetext") == "2 van 7"
    expected = {"Home": "1", "End": "7", "5": "5", "PageDown": "3", "ArrowDown": "2"}
    for key, number in expected.items():
        page.keyboard.press(key)
        assert fields(page) == {"values.own.universalism": number}, key
    page.keyboard.press("Delete")
    assert fields(page) == {}
    page.keyboard.press("Control+ArrowUp")
    assert fields(page) == {}
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.wedge") == TEN[1]
    page.keyboard.press("End")
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    assert fields(page) == {"values.own.self_direction": "7"}, "it goes no further"


def test_by_buttons_both_rounds(page: Page) -> None:
    numbers = [3, 1, 7, 4, 5, 6, 2, 2, 3, 4]
    for side, question in (("own", "belangrijk"), ("seen", "De Zonnewende")):
        expect(page.locator(".circle__question")).to_contain_text(question)
        for value, number in zip(TEN, numbers, strict=True):
            name = sentence(f"web_kiosk.circle_name_{value}", "nl")
            expect(page.locator(".circle__name")).to_have_text(name)
            page.locator(".circle__number").nth(number - 1).tap()
        said = {f"values.{side}.{value}": str(n) for value, n in zip(TEN, numbers, strict=True)}
        assert said.items() <= fields(page).items()
        expect(page.locator(".circle__round")).to_be_focused()
        page.locator(".circle__round").tap()
    assert len(fields(page)) == 20


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_by_touch_on_the_circle_itself(size: tuple[int, int], page: Page) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    box = page.locator(".circle__picture").bounding_box()
    middle, unit = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2), box["width"] / 360
    for ring in (1, 4, 7):  # power stands straight below: the sixth of ten
        page.touchscreen.tap(middle[0], middle[1] + unit * (24 + (148 - 24) * (ring - 0.5) / 7))
        assert fields(page) == {"values.own.power": str(ring)}
    expect(page.locator(".circle__name")).to_have_text("invloed")
    page.locator(".circle__card .circle__plain").tap()
    assert fields(page) == {}


def test_the_list_is_the_same_form(page: Page) -> None:
    page.locator(".circle__number").nth(4).click()
    page.locator(".circle__switch button").click()
    expect(page.locator(".circle")).to_be_hidden()
    assert page.locator("[data-value=universalism] [data-side=own] input:checked").input_value() == "5"
    page.locator("[data-value=power] [data-side=seen] label").nth(1).click()
    page.locator(".circle__switch button").click()
    page.locator(".circle__round").click()
    assert page.locator("[data-wedge=power]").get_attribute("aria-valuenow") == "2"
    assert fields(page) == {"values.own.universalism": "5", "values.seen.power": "2"}


def test_who_goes_on_after_one_round_sees_the_other_once(page: Page) -> None:
    page.locator(".circle__number").nth(4).click()
    page.locator("form > p .button").click()
    expect(page.locator(".circle__step")).to_have_text("Ronde 2 van 2")
    assert page.url == "http://values.example/nl"
    page.locator("form > p .button").click()
    page.wait_for_url("**/nl?*universalism=5*")


def test_who_skips_is_not_held(page: Page) -> None:
    page.locator("form > p .button").click()
    page.wait_for_url("**/nl?")


USUAL = [("nl", DESK, "light"), ("en", PHONE, "dark")]
EVERY_WAY = [
    pytest.param(*way, marks=() if way in USUAL else pytest.mark.slow)
    for way in product(("nl", "en"), (DESK, PHONE), ("light", "dark"))
]


@pytest.mark.parametrize(("language", "size", "scheme"), EVERY_WAY)
def test_for_everybody(language: str, size: tuple[int, int], scheme: str, page: Page) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"http://values.example/{language}")
    page.locator(".circle__number").nth(2).click()
    wrong = violations(page)
    assert not wrong, wrong
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    names = page.locator(".circle__label").evaluate_all(
        "all => all.map(one => [one.getComputedTextLength(), one.previousElementSibling.getTotalLength()])"
    )
    assert all(words < arc for words, arc in names), "each name has room on its arc"


def test_it_is_small() -> None:
    assert len(asset("values.js").content) < MOST_BYTES
