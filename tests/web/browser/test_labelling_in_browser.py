"""Five messages labelled with the keyboard alone, in a real browser; and without script on a phone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser.conftest import PHONE, Site, served
from tests.web.browser.looks import LOOKED, everywhere, press, tab_to

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An organisation with thirty messages that were held against its promise, for each language."""
    folder = tmp_path_factory.mktemp("labelled")
    seed = [sys.executable, "-m", "tests.web.browser.labelling_seed", str(folder / "workspace")]
    said = subprocess.run(
        seed, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[3]
    ).stdout
    sessions = dict(line.split() for line in said.splitlines())
    with served(folder / "workspace") as address:
        yield Site("/".join(address.split("/")[:3]), address, sessions)


@pytest.mark.parametrize("language", LOOKED)
def test_five_messages_by_keyboard(language: str, open_page: Open) -> None:
    page = open_page(f"/o/said-{language}/expressions/labelling/", language)
    everywhere(page, language)
    press(page, "main form .button")
    everywhere(page, language)
    for n, key in enumerate("12345", 1):
        expect(page.locator("#now")).to_contain_text(f" {n} ")
        text = page.locator(".labelling__text").inner_text()
        page.keyboard.press(key)
        expect(page.locator("input[name=relationship]").nth(n - 1)).to_be_checked()
        if n == 1:
            tab_to(page, "input[name=values]")
            page.keyboard.press("Space")
            page.keyboard.press("7")
            expect(page.locator("input[name=verdict]").first).to_be_checked()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.locator(".labelling__text")).not_to_have_text(text)
    with page.expect_navigation():
        page.keyboard.press("s")
    expect(page.locator("#now")).to_contain_text(" 7 ")
    page.uncheck("[data-keys-on]")
    page.keyboard.press("1")
    expect(page.locator("input[name=relationship]").first).not_to_be_checked()
    page.goto(page.url.replace("labelling", "sureness"))
    expect(page.locator("main .lead")).to_contain_text("5")
    for summary in page.locator("main .disclosure > summary").all():
        summary.click()
    everywhere(page, language)


def test_it_goes_without_script_on_a_phone(open_page: Open) -> None:
    page = open_page("/o/said-en/expressions/labelling/", "en", script=False, size=PHONE)
    if page.locator(".labelling__text").count() == 0:
        page.locator("main form .button").first.click()
    before = page.locator("#now").inner_text()
    page.locator("button[value=keep]").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    page.locator("input[name=relationship]").first.check()
    page.locator("button[value=keep]").click()
    expect(page.locator("#now")).not_to_have_text(before)
