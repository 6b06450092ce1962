"""Whom a survey asks, its letters and the mail server: by keyboard, without script, on phone and desk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser.looks import LOOKED, everywhere, press, tab_to, write

Open = Callable[..., Page]


def make_survey(page: Page, name: str) -> str:
    """Make a survey through the page that is open; the address of whom it asks."""
    page.fill("#id_name", name)
    page.click("main form .button")
    return page.url.partition("/questions/")[0] + "/invitees/"


@pytest.mark.parametrize("language", LOOKED)
def test_everybody_can_put_people_on_a_list(language: str, open_page: Open) -> None:
    page = open_page("/o/bare/surveys/making/", language)
    address = make_survey(page, f"List {language}")
    page.goto(address)
    everywhere(page, language)
    write(page, "#id_pasted", "e-mail;naam\nbo@example.org;Bo <b>\nno address;x\nBO@example.org")
    press(page, "main .part form .button")
    expect(page.locator(".told__lines li")).to_have_count(1)
    expect(page.locator(".invited tbody tr")).to_have_count(1)
    everywhere(page, language)
    page.goto(f"{address}customers/")
    everywhere(page, language)
    page.goto(address)
    tab_to(page, ".invited__off")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".invited")).to_have_count(0)


@pytest.mark.parametrize("language", LOOKED)
def test_everybody_can_write_the_letters(language: str, open_page: Open) -> None:
    page = open_page("/o/bare/surveys/making/", language)
    address = make_survey(page, f"Letters {language}")
    page.goto(f"{address}letters/")
    everywhere(page, language)
    page.fill("#id_invitation_nl_body", "Beste {name},")
    press(page, 'button[value="look"]')
    expect(page.locator("#id_invitation_nl_body")).to_have_attribute("aria-invalid", "true")
    everywhere(page, language)
    page.fill("#id_invitation_nl_body", "Beste {name},\n\n{link}")
    press(page, 'button[value="keep"]')
    expect(page.locator('.mail[lang="nl"]').first).to_contain_text("/i/")


@pytest.mark.parametrize("language", LOOKED)
def test_everybody_can_set_the_server(language: str, open_page: Open) -> None:
    page = open_page("/o/acme/mailbox/", language)
    everywhere(page, language)
    page.fill("#id_sender", "ask@example.org")
    page.fill("#id_host", "169.254.169.254")
    press(page, ".mailbox__form .button")
    expect(page.locator("#id_host")).to_have_attribute("aria-invalid", "true")
    everywhere(page, language)


def test_a_list_is_made_without_script(open_page: Open) -> None:
    page = open_page("/o/bare/surveys/making/", "nl", script=False)
    address = make_survey(page, "No script")
    page.goto(address)
    page.fill("#id_pasted", "bo@example.org")
    page.click("main .part form .button")
    expect(page.locator(".invited tbody tr")).to_have_count(1)
