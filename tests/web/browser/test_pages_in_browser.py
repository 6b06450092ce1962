"""What only a browser shows: axe-core finds nothing, nothing sticks out, the keyboard alone will do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser.conftest import DESK, PHONE
from tests.web.browser.looks import LOOKED, look

from verbond.web.pages import PAGES

ROOMS = ["/o/acme/", *(f"/o/acme/{name}/" for name in PAGES if name != "today")]
OTHERS = [
    "/", "/o/bare/", "/o/acme/ladder/?segment=region%3Anorth", "/o/acme/ladder/?from=2025-01&until=2025-03",
    "/o/acme/runs/", "/o/bare/runs/", "/o/acme/runs/comparison/", "/o/acme/shares/?page=ladder",
    "/o/acme/nothing/", "/o/acme/privacy/", "/o/acme/privacy/record/", "/o/bare/privacy/",
]  # fmt: skip
WEIGHT = 300_000
"""Bytes that a page may send, with styles and scripts."""

Open = Callable[..., Page]


@pytest.mark.parametrize("path", [*ROOMS, "/portfolio/"])
def test_pages_of_a_diagnosis(path: str, open_page: Open) -> None:
    """The short version of the slow test below."""
    page = open_page(path, "nl")
    for scheme, (width, height) in (("light", DESK), ("dark", PHONE)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": height})
        look(page)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("path", [*ROOMS, "/portfolio/"])
def test_pages_of_a_diagnosis_in_every_way(path: str, language: str, open_page: Open) -> None:
    page = open_page(path, language)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in (DESK, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            look(page)


@pytest.mark.parametrize("language", LOOKED)
@pytest.mark.parametrize("path", OTHERS)
def test_other_pages(path: str, language: str, open_page: Open) -> None:
    size, scheme = (DESK, "light") if language == "nl" else (PHONE, "dark")
    look(open_page(path, language, size=size, scheme=scheme))


@pytest.mark.parametrize("size", [DESK, pytest.param(PHONE, marks=pytest.mark.slow)], ids=["desk", "phone"])
def test_privacy_before_anything_goes(size: tuple[int, int], open_page: Open) -> None:
    page = open_page("/o/bare/privacy/", "nl", size=size)
    page.fill("#id_person", "K-10427")
    page.press("#id_person", "Enter")
    expect(page.locator("#erasure_typed")).to_be_visible()
    look(page)
    page.press("#erasure_typed", "Enter")  # the browser asks for it
    page.fill("#erasure_typed", "K-10428")
    page.press("#erasure_typed", "Enter")
    expect(page.locator("#erasure_typed_error")).to_be_in_viewport()
    look(page)
    page = open_page("/o/bare/privacy/", "en", size=size, scheme="dark")
    page.fill("#id_months_behaviour", "12")
    page.press("#id_months_behaviour", "Enter")
    expect(page.locator("#look")).to_be_in_viewport()
    look(page)


@pytest.mark.parametrize("language", LOOKED)
@pytest.mark.parametrize("path", ["/session/", "/welcome/"])
def test_before_signing_in(path: str, language: str, open_page: Open, site, fresh_site) -> None:
    at = fresh_site if path == "/welcome/" else site
    path = fresh_site.first.removeprefix(fresh_site.address) if path == "/welcome/" else path
    page = open_page(path, language, address=at.address)
    every = [(scheme, size) for scheme in ("light", "dark") for size in (DESK, PHONE)]
    for scheme, (width, height) in every if language == "en" else (every[0], every[-1]):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": height})
        look(page)


@pytest.mark.parametrize("path", [*ROOMS, "/portfolio/"])
def test_a_page_weighs_little(path: str, open_page: Open) -> None:
    page = open_page("/o/acme/runs/")
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    weights: list[float] = []
    client.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    page.goto(page.url.split("/o/")[0] + path, wait_until="networkidle")
    assert len(weights) >= 3, "the page, its style and a script"
    assert sum(weights) < WEIGHT


def test_the_skip_link_comes_first_and_leads_to_the_page(open_page: Open) -> None:
    page = open_page("/o/acme/")
    page.keyboard.press("Tab")
    link = page.locator(".skip-link")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_keyboard_reaches_each_page_of_the_menu(open_page: Open) -> None:
    page = open_page("/o/acme/")
    for name in [name for name in PAGES if name != "today"]:
        _tab_to(page, f'.menu a[href="/o/acme/{name}/"]')
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/o/acme/{name}/")
        expect(page.locator(".menu a[aria-current=page]")).to_have_attribute("href", f"/o/acme/{name}/")


def test_the_keyboard_narrows_the_ladder_down_and_the_address_holds_it(open_page: Open) -> None:
    page = open_page("/o/acme/ladder/")
    _tab_to(page, "#segment")
    page.keyboard.type("north")
    page.wait_for_url("**/o/acme/ladder/?segment=region%3Anorth")
    expect(page.locator(".shown")).to_contain_text("north")
    expect(page.locator("#segment")).to_be_focused()
    page.reload()
    expect(page.locator(".shown")).to_contain_text("north")
    expect(page.locator("#segment")).to_have_value("region:north")
    page.go_back()
    expect(page.locator(".shown")).to_have_count(0)


def test_without_script_the_same_form_does_it(open_page: Open) -> None:
    page = open_page("/o/acme/ladder/", script=False)
    page.select_option("#segment", "region:north")
    page.locator(".filters button").press("Enter")
    page.wait_for_url("**segment=region%3Anorth**")
    expect(page.locator(".shown")).to_contain_text("north")


def test_the_keyboard_opens_the_table_behind_a_picture(open_page: Open) -> None:
    page = open_page("/o/acme/ladder/")
    _tab_to(page, "#ladder .disclosure summary")
    expect(page.locator("#table-ladder")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#table-ladder")).to_be_visible()


def test_the_keyboard_opens_and_closes_what_is_ones_own(open_page: Open) -> None:
    page = open_page("/o/acme/")
    _tab_to(page, "details.person:not(.person--start) > summary")
    page.keyboard.press("Enter")
    expect(page.locator(".person__menu .languages")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".person__menu .languages")).to_be_hidden()
    expect(page.locator("details.person:not(.person--start) > summary")).to_be_focused()


def test_on_paper_a_page_has_its_tables_and_no_doors(open_page: Open) -> None:
    page = open_page("/o/acme/ladder/")
    page.emulate_media(media="print")
    for gone in (".menu", ".filters", ".rail", ".foot", ".person"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator("#table-ladder")).to_be_visible()


def test_nothing_moves_for_who_wants_nothing_to_move(open_page: Open) -> None:
    page = open_page("/portfolio/")
    assert page.evaluate("document.getAnimations().length") == 0


def _tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until something has the focus, and see that the focus can be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement === document.querySelector(s)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"the focus on {selector} cannot be seen"
            return
    raise AssertionError(f"Tab never came to {selector}")
