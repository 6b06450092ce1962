"""The folder experiment: added with one click, opened, answered by many, read; in both languages."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser.conftest import DESK, PHONE
from tests.web.browser.looks import LOOKED, everywhere
from tests.web.browser.test_building import made

Open = Callable[..., Page]
PEOPLE = 32
MORE = 4.0
"""Points on 0..10 that care adds to every outcome."""
OUTCOMES = ("satisfaction", "trust", "recommend", "commitment", "visit")
WORDS = {
    "nl": (
        "Versterkt",
        "De zorgfolder doet het beter dan de prijsfolder op",
        "Hoe zeker is dit?",
        "15% korting",
    ),
    "en": (
        "Strengthens",
        "The care folder does better than the price folder on",
        "How sure is this?",
        "15% off",
    ),
}


def respond(link: str, language: str, price: str, rng: random.Random) -> None:
    """One person, as her browser does it: welcome, the pages, handing in."""
    opener = build_opener(HTTPCookieProcessor())

    def ask(address: str, **sent: str) -> tuple[str, str]:
        data = urlencode(sent).encode() if sent else None
        with opener.open(Request(address, data, {"Accept-Language": language})) as answer:
            return answer.url, answer.read().decode()

    _, page = ask(link)
    stamp = re.search(r'name="stamp" value="([^"]+)"', page)
    assert stamp is not None
    address, _ = ask(link, stamp=stamp[1], language=language)
    address, page = ask(address, anything="-")
    assert "folder_trust" in page
    care = price not in page
    level = rng.gauss(3, 1) + MORE * care
    said = {f"folder_{name}": str(min(10, max(0, round(level + rng.gauss(0, 1))))) for name in OUTCOMES}
    address, _ = ask(address, **said)
    assert address.endswith("/handing-in/")
    ask(address, sure="yes")


@pytest.mark.parametrize("language", LOOKED)
def test_the_folder_experiment_from_the_click_to_the_word(language: str, open_page: Open) -> None:
    word, lead, sure, price = WORDS[language]
    page = open_page("/o/bare/surveys/", language, size=DESK if language == "nl" else PHONE)
    questions = made(page, f"Folder {language}", "blank")
    survey = questions.removesuffix("questions/")
    page.click('form[action$="/example/"] button')
    page.goto(survey + "experiment/")
    everywhere(page, language)
    page.check("[name=folder-worth][value='0.1']")
    page.click(".reading form .button")
    expect(page.locator("[name=folder-worth][value='0.1']")).to_be_checked()
    page.goto(survey + "settings/")
    page.select_option("#id_basis", index=2)
    page.click(".build .actions .button")
    page.goto(survey + "opening/")
    page.click("#main form .button")
    link = page.locator(".copied__link").input_value()

    page.goto(survey + "experiment/")
    expect(page.locator(".reading .lead")).to_be_visible()
    expect(page.locator(".verdict")).to_have_count(0)
    everywhere(page, language)
    rng = random.Random(4)
    for _ in range(PEOPLE):
        respond(link, language, price, rng)
    expect(page.locator(".verdict__word")).to_have_text(word)  # the page asks by itself
    expect(page.locator(".verdict__lead")).to_contain_text(lead)
    expect(page.locator("h3").first).to_have_text(sure)
    everywhere(page, language)

    page.goto(survey)
    page.click(".steps-nav a[href$='/experiment/']")
    expect(page.locator(".verdict__word")).to_be_visible()
    page.goto(questions)
    expect(page.locator("main a[href$='/experiment/']").first).to_be_visible()
