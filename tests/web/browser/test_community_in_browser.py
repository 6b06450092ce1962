"""A community from nothing by keyboard, reports and colours on a phone without script; both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser.conftest import PHONE
from tests.web.browser.looks import LOOKED, everywhere, press, write

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.mark.parametrize("language", LOOKED)
def test_a_community_is_made_by_keyboard_and_closed_again(language: str, open_page: Open) -> None:
    page = open_page("/o/bare/community/", language)
    everywhere(page, language)
    page.fill("#id_name", "")
    write(page, "#id_name", f"Ours {language}")
    press(page, "main form .button")
    page.wait_for_url("**/community/members/")
    everywhere(page, language)
    for part in ("", "settings/"):
        page.goto(page.url.split("/community/")[0] + f"/community/{part}")
        everywhere(page, language)
    page.locator("main details > summary").click()
    page.fill("#typed", f"Ours {language}")
    press(page, "main details form .button")
    expect(page.locator("#id_name")).to_be_visible()


@pytest.mark.parametrize("language", LOOKED)
def test_reports_and_colours_on_a_phone_without_script(language: str, open_page: Open) -> None:
    page = open_page("/o/bare/reports/", language, script=False, size=PHONE)
    page.locator("main details > summary").click()
    expect(page.locator("#id_period")).to_be_visible()
    page.locator("main details form .button").click()
    expect(page.locator("main .field__wrong")).to_have_count(1)
    page.goto(page.url.split("/reports/")[0] + "/reports/brand/")
    page.locator("main form .button").click()
    expect(page.locator(".shades__one")).to_have_count(2)
