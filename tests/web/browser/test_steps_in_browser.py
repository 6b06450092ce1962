"""A step is taken on by keyboard and goes again; on a phone without script, what is wrong is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser.conftest import PHONE
from tests.web.browser.looks import LOOKED, everywhere, press

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.mark.parametrize("language", LOOKED)
def test_a_step_is_taken_on_by_keyboard_and_removed_again(language: str, open_page: Open) -> None:
    page = open_page("/o/acme/plan/", language)
    press(page, ".taken__one a[href*=making]")
    page.wait_for_url("**/steps/making/**")
    everywhere(page, language)
    press(page, "main form .button")
    page.wait_for_url("**/steps/*-*/")
    here = page.url
    page.locator("main details.adds > summary").click()
    everywhere(page, language)
    page.goto(here.rsplit("/", 2)[0] + "/")
    expect(page.locator(".undertaken__one")).to_have_count(1)
    everywhere(page, language)
    page.goto(here)
    page.locator("main details.removes > summary").last.click()
    press(page, "main details.removes form[action*=removal] .button")
    page.wait_for_url("**/steps/")
    expect(page.locator(".undertaken__one")).to_have_count(0)


def test_on_a_phone_without_script_what_is_wrong_is_said(open_page: Open) -> None:
    page = open_page("/o/acme/plan/", "nl", script=False, size=PHONE)
    page.locator(".taken__one a[href*=making]").first.click()
    page.fill("#id_looks_on", "2020-01-01")
    page.locator("main form .button").click()
    expect(page.locator("#id_looks_on_error")).to_be_visible()
