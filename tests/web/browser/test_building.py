"""A survey is built with the keyboard alone; its pages on phone and desk, in both languages."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser.conftest import PHONE
from tests.web.browser.looks import LOOKED, everywhere, look, press, tab_to, write

from verbond.web.listening.pictures import size_of

Open = Callable[..., Page]


def choose(page: Page, selector: str, down: int) -> None:
    """Choose in a list with the arrow."""
    tab_to(page, selector)
    for _ in range(down):
        page.keyboard.press("ArrowDown")


def add(page: Page, kind: str) -> None:
    """Open what can be added on a new page, and come to a kind."""
    tab_to(page, ".pages + .add > summary")
    page.keyboard.press("Enter")
    press(page, f'.pages + .add a[href*="kind={kind}"]')


def done(page: Page) -> None:
    press(page, ".build .actions .button")
    expect(page.locator(".question:target")).to_be_visible()


def test_the_keyboard_builds_five_questions_with_a_branch_and_a_stimulus(open_page: Open) -> None:
    page = open_page("/o/bare/surveys/", "nl")
    press(page, ".bare a.button, .surveys > .actions a.button")
    write(page, "#id_name", "Met het toetsenbord")
    tab_to(page, "[name=start]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[name=start][value=blank]")).to_be_checked()
    press(page, ".starts .actions .button")
    expect(page.locator(".question")).to_have_count(1)

    add(page, "choice")
    write(page, "#id_text_nl", "Ben je lid?")
    write(page, "#id_text_en", "Are you a member?")
    write(page, "#id_options_nl", "Ja\nNee")
    write(page, "#id_options_en", "Yes\nNo")
    done(page)

    add(page, "agree")
    write(page, "#id_text_nl", "Lid zijn levert me iets op.")
    write(page, "#id_text_en", "Being a member brings me something.")
    expect(page.locator("#id_if_1_value")).to_be_hidden()
    choose(page, "#id_if_1_question", 2)
    tab_to(page, "#id_if_1_operator")
    choose(page, "#id_if_1_value", 1)
    expect(page.locator("#id_if_1_value")).to_have_value("ben_je_lid:ja")
    done(page)
    expect(page.locator(".question:target")).to_contain_text("niet bij iedereen gevraagd")

    add(page, "stimulus")
    write(page, "#id_about", "De brief")
    for n, (nl, en) in enumerate((("Kom langs.", "Come in."), ("We missen je.", "We miss you.")), start=1):
        write(page, f"#id_variant_{n}_text_nl", nl)
        write(page, f"#id_variant_{n}_text_en", en)
    done(page)

    add(page, "ten")
    write(page, "#id_text_nl", "Hoe graag kom je?")
    write(page, "#id_text_en", "How gladly would you come?")
    done(page)

    add(page, "text")
    write(page, "#id_text_nl", "Wat mist er nog?")
    write(page, "#id_text_en", "What is missing?")
    done(page)
    expect(page.locator(".question")).to_have_count(6)
    press(page, "#anything ~ * button, button[aria-label^='Omlaag: Wat wil je']")
    expect(page.locator(".question").first).to_contain_text("Wat wil je")

    press(page, '.steps-nav a[href$="/settings/"]')
    choose(page, "#id_basis", 2)
    press(page, ".build .actions .button")
    press(page, ".kept a")
    press(page, "#main form .button")
    link = page.locator(".copied__link").input_value()
    respondent = page.context.browser.new_context().new_page()
    respondent.goto(link)
    expect(respondent.locator("h1")).to_be_visible()
    respondent.context.close()


def made(page: Page, name: str, start: str = "short") -> str:
    """Make a survey, and give the address of its questions."""
    page.goto(page.url.split("/surveys/")[0] + "/surveys/making/")
    page.fill("#id_name", name)
    page.check(f"[name=start][value={start}]")
    page.click(".starts .actions .button")
    return page.url.split("#")[0]


@pytest.mark.parametrize("language", LOOKED)
def test_pages_of_the_builder(language: str, open_page: Open) -> None:
    page = open_page("/o/bare/surveys/", language)
    everywhere(page, language)
    page.goto(page.url + "making/")
    everywhere(page, language)
    at = made(page, f"Looked at in {language}")
    page.click('form[action$="/example/"] button')
    everywhere(page, language)
    survey = at.removesuffix("questions/")
    for path in (
        "questions/words/", "questions/additions/?kind=stimulus", "questions/additions/?kind=choice",
        "questions/additions/?kind=values", "questions/items/folder/", "questions/pages/folder/",
        "questions/paper/", "questions/preview/?width=phone", "questions/preview/?width=desk", "settings/",
        "opening/", "closure/", "plan/",
    ):  # fmt: skip
        page.goto(survey + path)
        everywhere(page, language)


def test_what_is_wrong_is_found_and_told(open_page: Open) -> None:
    page = open_page("/o/bare/surveys/", "en", size=PHONE)
    survey = made(page, "Wrong ones").removesuffix("questions/")
    page.goto(survey + "questions/additions/?kind=choice")
    page.fill("#id_options_en", "One")
    page.click(".build .actions .button")
    expect(page.locator("#id_options_en_error")).to_be_visible()
    assert "id_options_en_error" in (page.get_attribute("#id_options_en", "aria-describedby") or "")
    look(page)
    page.goto(survey + "opening/")
    page.click("#main form .button")
    expect(page.locator("[role=alert]")).to_be_visible()
    look(page)


def test_it_is_built_without_script(open_page: Open) -> None:
    page = open_page("/o/bare/surveys/", "en", script=False)
    survey = made(page, "Without script").removesuffix("questions/")
    page.goto(survey + "questions/additions/?kind=text")
    page.fill("#id_text_en", "Why?")
    page.fill("#id_text_nl", "Waarom?")
    page.select_option("#id_if_1_question", index=1)
    page.select_option("#id_if_1_operator", "at_most")
    value = page.locator("#id_if_1_value option").nth(2).get_attribute("value")
    page.select_option("#id_if_1_value", value)
    page.click(".build .actions .button")
    expect(page.locator(".question").last).to_contain_text("not asked of everybody")


def test_the_preview_is_as_wide_as_a_phone_and_keeps_nothing(open_page: Open) -> None:
    page = open_page("/o/bare/surveys/", "nl")
    survey = made(page, "Vooraf").removesuffix("questions/")
    page.goto(survey + "questions/preview/?width=phone")
    frame = page.frame_locator("iframe")
    frame.locator(".button").last.click()
    expect(frame.locator(".answers__title")).to_be_visible()
    page.frames[1].wait_for_load_state("load")  # its script is there
    assert page.frames[1].evaluate("innerWidth") <= PHONE[0]
    frame.locator("input[type=radio]").first.check(force=True)
    expect(frame.locator("#said")).to_have_text("Proef: niets bewaard")
    frame.locator(".acts .button").first.click()
    expect(frame.locator(".way__place")).to_contain_text("2")


PICTURES = """async () => {
  const made = [];
  for (const [width, height] of [[1, 1], [640, 480], [301, 17]]) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#285040";
    pen.fillRect(0, 0, width / 2, height);
    for (const [type, quality] of [["png", 1], ["jpeg", 0.8], ["webp", 0.7], ["webp", 1]])
      made.push([width, height, canvas.toDataURL(`image/${type}`, quality)]);
  }
  return made;
}"""


def test_sizes_of_pictures_are_those_that_chromium_drew(open_page: Open) -> None:
    kinds = set()
    for width, height, address in open_page("/o/bare/surveys/", "en").evaluate(PICTURES):
        kind, encoded = re.fullmatch(r"data:image/(\w+);base64,(.*)", address).groups()
        kinds.add(kind)
        assert size_of(base64.b64decode(encoded)) == (width, height)
    assert kinds == {"png", "jpeg", "webp"}
