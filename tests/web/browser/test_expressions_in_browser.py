"""From the outcome of a finished canvas to messages that keep and break its promise, in a real browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser.conftest import PHONE, Site, served
from tests.web.browser.expressions_seed import SAID
from tests.web.browser.looks import LOOKED, everywhere, press, tab_to, write

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
MESSAGES = {
    "nl": ("Geen Black Friday bij ons", "Black Friday: 3 voor 10 euro"),
    "en": ("No Black Friday with us", "Black Friday: 3 for 10 euros"),
}
"""The first fits and the second conflicts, as anybody would say."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A clothes brand with a finished canvas, and an organisation with nothing, for each language."""
    folder = tmp_path_factory.mktemp("brand")
    seed = [sys.executable, "-m", "tests.web.browser.expressions_seed", str(folder / "workspace")]
    said = subprocess.run(
        seed, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[3]
    ).stdout
    sessions = dict(line.split() for line in said.splitlines())
    with served(folder / "workspace") as address:
        yield Site("/".join(address.split("/")[:3]), address, sessions)


@pytest.mark.parametrize("language", LOOKED)
def test_the_promise_of_a_finished_canvas_drives_the_audit(language: str, open_page: Open) -> None:
    page = open_page(f"/o/brand-{language}/canvases/", language)
    fits, conflicts = MESSAGES[language]
    page.locator(".one-canvas__next a").last.click()
    press(page, "#expressions ~ form .button")
    expect(page.locator(".expressions__promise")).to_have_text(SAID[language]["promise"])
    everywhere(page, language)
    press(page, "main .actions a.button")
    everywhere(page, language)
    press(page, "main form .button")  # nothing there yet: it is said where
    expect(page.locator("#id_text")).to_have_attribute("aria-invalid", "true")
    everywhere(page, language)
    write(page, "#id_text", f"{fits}\n{conflicts}")
    press(page, "main form .button")
    first, last = page.locator(".message").first, page.locator(".message").last
    expect(first).to_contain_text(conflicts)
    expect(first).to_have_class("message message--conflicts")
    expect(last).to_contain_text(fits)
    expect(last).to_have_class("message message--fits")
    for summary in page.locator("main .disclosure > summary").all():
        summary.click()
    everywhere(page, language)

    press(page, ".expressions__filter a[href$='state=fits']")
    expect(page.locator(".message")).to_have_count(1)
    expect(page.locator(".expressions__filter [aria-current]")).to_have_attribute("href", page.url.replace(
        page.url.split("/o/")[0], ""
    ))  # fmt: skip
    page.locator(".message summary").click()
    page.locator(".message input[name=why]").fill("!")
    page.locator(".message .message__form .button").last.click()
    expect(page.locator(".message__label")).to_contain_text(language.title())
    everywhere(page, language)


@pytest.mark.parametrize("language", LOOKED)
def test_what_is_not_there_yet_says_what_to_do(language: str, open_page: Open) -> None:
    page = open_page(f"/o/empty-{language}/expressions/audits/", language)
    everywhere(page, language)
    press(page, "main .actions .button")
    everywhere(page, language)
    press(page, "main .actions .button")
    everywhere(page, language)
    write(page, "#id_text", "Wij bellen je vandaag terug." if language == "nl" else "We call you back today.")
    page.check("#id_values input[value=security]")
    tab_to(page, "button[value=suggest]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert len(page.input_value("#id_keeps").splitlines()) == 2
    everywhere(page, language)
    press(page, "button[value=keep]")
    expect(page.locator(".expressions__example .badge")).to_have_count(4)
    everywhere(page, language)


def test_all_of_it_goes_without_script_on_a_phone(open_page: Open) -> None:
    page = open_page("/o/brand-en/expressions/promise/writing/", "en", script=False, size=PHONE)
    page.fill("#id_text", "We keep what we say")
    page.check("#id_values input[value=conformity]")
    page.locator("main .disclosure > summary").click()
    page.fill("#id_words_never", "terms and conditions")
    page.locator("main form .button").last.click()
    page.locator("main form .button").last.click()  # with the examples that were suggested
    page.locator("main .actions a.button").first.click()
    page.set_input_files(
        "#id_file",
        {"name": "a.csv", "mimeType": "text/csv", "buffer": b"one;two\nx;Terms and conditions apply\n"},
    )
    page.locator("main form .button").last.click()
    page.select_option("#id_text", label="two")
    page.locator("main form .button").first.click()
    expect(page.locator(".message--conflicts mark")).to_have_text("Terms and conditions")
