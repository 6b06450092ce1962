"""A canvas is made, joined on a phone without script, closed and read: by keyboard, in nl and en."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser.conftest import PHONE
from tests.web.browser.looks import LOOKED, everywhere, press, tab_to, write

Open = Callable[..., Page]


@pytest.mark.parametrize("language", LOOKED)
def test_from_an_invitation_to_what_came_out(language: str, open_page: Open, browser) -> None:
    page = open_page("/o/bare/canvases/", language)
    everywhere(page, language)
    press(page, "main .button")
    write(page, "#id_name", f"Spring {language}")
    page.fill("#id_departments", "Shop\nCare")
    everywhere(page, language)
    press(page, "main form .button")
    link = page.locator(".copied__link").last.input_value()
    canvas = page.url
    everywhere(page, language)
    for part in ("settings/", "closure/", "editions/", "door/"):
        page.goto(canvas + part)
        everywhere(page, language)

    with _phone(browser, language) as phone:
        phone.goto(f"{link}beforehand/")
        everywhere(phone, language)
        phone.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        phone.fill("#id_name", "Sam")
        phone.select_option("#id_department", "Care")
        phone.click("main form .button")
        expect(phone.locator(".ahead__part")).to_have_count(2)
        phone.click("#identity .ahead__new .button")
        expect(phone.locator("#new-identity")).to_have_attribute("aria-invalid", "true")
        everywhere(phone, language)
        for field, text in (("identity", "We call back"), ("image", "They find us slow")):
            phone.fill(f"#new-{field}", text)
            phone.click(f"#{field} .ahead__new .button")
            expect(phone.locator(f"#{field} .kept")).to_be_visible()
        everywhere(phone, language)
        phone.fill("#identity .ahead__note textarea", "We call back the same day")
        phone.click("#identity .ahead__note .button--second")
        expect(phone.locator("#identity .ahead__note textarea")).to_have_value("We call back the same day")
        phone.click("#image .ahead__remove")
        expect(phone.locator("#image .ahead__note")).to_have_count(0)

        page.goto(canvas)
        expect(page.locator("main")).not_to_contain_text("We call back")
        tab_to(page, ".removal > summary")
        page.keyboard.press("Enter")
        everywhere(page, language)
        page.goto(f"{canvas}closure/")
        press(page, "main form .button")
        expect(page).to_have_url(f"{canvas}editions/1/")
        everywhere(page, language)
        for part in ("", "closure/"):
            page.goto(canvas + part)
            everywhere(page, language)
        phone.goto(link)
        everywhere(phone, language)
        expect(phone.locator(".outcome")).to_have_count(1)
    with _phone(browser, language) as stranger:
        stranger.goto(link)
        expect(stranger.locator(".outcome")).to_have_count(0)
        everywhere(stranger, language)


class _phone:
    """A phone of somebody who is not signed in; its browser runs no script of ours."""

    def __init__(self, browser, language: str) -> None:
        size = {"width": PHONE[0], "height": PHONE[1]}
        self.context = browser.new_context(viewport=size, locale=language, reduced_motion="reduce")
        self.context.route("**/*.js", lambda route: route.abort())

    def __enter__(self) -> Page:
        return self.context.new_page()

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.mark.parametrize("language", LOOKED)
def test_a_whole_outcome_is_read_and_compared(language: str, open_page: Open) -> None:
    """A finished workshop; another begins from it, and is compared with it."""
    page = open_page("/o/acme/canvases/", language)
    everywhere(page, language)
    page.locator(".one-canvas--closed h2 a").first.click()
    page.locator(".steps-nav__one").nth(1).click()
    for one in page.locator(".outcome summary").all():
        one.click()
    everywhere(page, language)
    page.goto(page.url.split("/canvases/")[0] + "/canvases/making/")
    page.fill("#id_name", "Again")
    page.select_option("#id_edition", index=1)
    press(page, "main form .button")
    page.locator(".steps-nav__one").nth(1).click()
    press(page, "main .place form .button")
    page.select_option("#with", index=0)
    press(page, "#compare ~ form .button")
    expect(page.locator("main h2").first).to_be_visible()
    everywhere(page, language)
