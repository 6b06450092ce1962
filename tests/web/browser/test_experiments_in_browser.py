"""An experiment from a first thought to its lot: by keyboard, without script, in nl and en."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser.conftest import PHONE
from tests.web.browser.looks import LOOKED, everywhere, press, tab_to, write

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
AT = "/o/bare/experiments/"


@pytest.mark.parametrize("language", LOOKED)
def test_from_a_first_thought_to_what_is_agreed(language: str, open_page: Open) -> None:
    page = open_page(AT, language)
    everywhere(page, language)
    press(page, "main .button")
    press(page, "main form .button")  # nothing filled in: it is said where
    expect(page.locator("#id_action")).to_have_attribute("aria-invalid", "true")
    everywhere(page, language)
    write(page, "#id_action", f"Card {language}")
    expect(page.locator("#id_control_text")).to_be_hidden()
    page.check("#id_control input[value=other]")
    expect(page.locator("#id_control_text")).to_be_visible()
    page.fill("#id_control_text", "A mail")
    press(page, "main form .button")

    everywhere(page, language)
    press(page, "main form .button")
    tab_to(page, "main details > summary")
    page.keyboard.press("Enter")
    everywhere(page, language)
    press(page, "main form .button")

    page.check("#id_level input[value=own]")
    page.fill("#id_own", "5,5" if language == "nl" else "5.5")
    everywhere(page, language)
    press(page, "main form .button")

    for summary in page.locator("main .disclosure > summary").all():
        summary.click()
    everywhere(page, language)
    expect(page.locator("main .lead")).to_contain_text("5,5" if language == "nl" else "5.5")
    press(page, "form[action$='registration/'] .button")
    expect(page.locator("#agreed")).to_be_visible()
    press(page, "form[action$='lot/'] .button")  # nobody to draw: it is said
    expect(page.locator("main .wrong").first).to_be_visible()
    everywhere(page, language)
    page.goto(page.url.split("/experiments/")[0] + "/experiments/")
    expect(page.locator(".one-experiment", has_text=f"Card {language}")).to_have_count(1)
    everywhere(page, language)


def test_all_steps_go_without_script_on_a_phone(open_page: Open) -> None:
    page = open_page(f"{AT}making/?example=folder", "en", script=False, size=PHONE)
    for _ in range(4):
        page.click("main form .button")
    expect(page.locator("main .lead")).to_contain_text("Then you see a difference of")
    expect(page.locator("svg.picture--tall")).to_be_visible()
    page.click("main .removal > summary")
    page.click("main .removal .button")
    expect(page).to_have_url(page.url.split("/experiments/")[0] + "/experiments/")
