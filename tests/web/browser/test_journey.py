"""From nothing to one's own ladder: a newcomer, a keyboard, answers of Microsoft Forms, orders of Shopify."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.web.browser.conftest import DESK, PHONE, served
from tests.web.browser.journey_files import FORMS, SHOP, SHOPIFY, write_files

PASSWORD = "a lamp for every bicycle"
ADDRESS = "noor@example.org"
PATIENCE = 120_000
"""Milliseconds for a job on a busy machine."""
WHAT_IT_IS = {"nl": "klanten", "en": "customers"}
RESTORED = {"nl": "back-up", "en": "backup"}

Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Open an address as somebody new; what the console complains of fails the test."""
    complaints: list[str] = []
    pages: list[Page] = []

    def opened(address: str, language: str, size: tuple[int, int]) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale=language, reduced_motion="reduce"
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.context.close()
    assert not complaints, complaints


@pytest.mark.parametrize(
    ("language", "size"), [("nl", PHONE), pytest.param("en", DESK, marks=pytest.mark.slow)], ids=["nl", "en"]
)
def test_from_nothing_to_her_own_ladder(
    language: str, size: tuple[int, int], visit: Visit, tmp_path: Path
) -> None:
    files = write_files(tmp_path)
    with served(tmp_path / "workspace") as address, _pictured(tmp_path) as followed:
        page = visit(address, language, size)
        followed.append(page)
        _become_owner(page)
        _begin_with_own_files(page)
        _bring(page, files)
        _confirm_columns(page)
        _see_where_one_stands(page, language)
        backup = _take_backup(page, address.partition("/welcome")[0], tmp_path)
    if language == "en":  # with the slow proofs: a second server, that reads the backup of the first
        with served(tmp_path / "elsewhere") as address, _pictured(tmp_path) as followed:
            page = visit(address, language, size)
            followed.append(page)
            _restore(page, backup, language)


@contextlib.contextmanager
def _pictured(folder: Path) -> Iterator[list[Page]]:
    """Where something fails, what each page shows then."""
    pages: list[Page] = []
    try:
        yield pages
    except BaseException:
        for k, page in enumerate(pages):
            page.screenshot(path=folder / f"failed-{k}.png", full_page=True)
        raise


def _become_owner(page: Page) -> None:
    """By keyboard alone."""
    for field, text in (("name", "Noor"), ("email", ADDRESS), ("password", PASSWORD)):
        _tab_to(page, f"input[name={field}]")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url("**/welcome/start/")


def _begin_with_own_files(page: Page) -> None:
    """By keyboard alone."""
    _tab_to(page, "input[name=name]")
    page.keyboard.type(SHOP)
    page.keyboard.press("Enter")
    page.wait_for_url("**/data/")


def _bring(page: Page, files: tuple[Path, ...]) -> None:
    """By keyboard; the files themselves are handed over when the browser asks for them."""
    page.once("filechooser", lambda chooser: chooser.set_files(list(files)))
    _tab_to(page, "#files")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/data/[0-9a-f-]{36}/"))


def _confirm_columns(page: Page) -> None:
    """Both files are recognised, and nothing has to be chosen."""
    seen = []
    for _ in range(2):
        name = page.locator("h1").inner_text()
        product = "Shopify" if name == SHOPIFY else "Microsoft Forms"
        expect(page.locator("main .lead")).to_contain_text(product)
        _tab_to(page, "#mapping button")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        seen.append(name)
    assert set(seen) == {FORMS, SHOPIFY}


def _see_where_one_stands(page: Page, language: str) -> None:
    """The page waits while files are read and the diagnosis is made."""
    stand = page.locator("form.stand button")
    stand.wait_for()
    _tab_to(page, "form.stand button")
    page.keyboard.press("Enter")
    page.locator(".today").wait_for()
    _tab_to(page, '.menu a[href$="/ladder/"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/ladder/")
    expect(page.locator("main .lead")).to_contain_text(SHOP)
    expect(page.locator("main .lead")).to_contain_text(WHAT_IT_IS[language])
    expect(page.locator("#ladder svg:visible").first).to_be_visible()


def _take_backup(page: Page, address: str, folder: Path) -> Path:
    page.goto(f"{address}/backups/")
    page.locator('input[type="password"]').fill(PASSWORD)  # who takes everything along shows who she is again
    page.keyboard.press("Enter")
    page.locator('form[action="/backups/"] button').click()
    with page.expect_download() as taken:
        page.locator("table a").first.click()
    file = folder / taken.value.suggested_filename
    taken.value.save_as(file)
    return file


def _restore(page: Page, file: Path, language: str) -> None:
    """On the first page of a fresh installation; then the owner signs in as before."""
    page.locator('a[href^="/welcome/backup/"]').click()
    page.set_input_files("input[type=file]", file)
    page.locator("main form button").last.click()
    page.wait_for_url("**/session/**")
    expect(page.locator("main [role=status]")).to_contain_text(RESTORED[language])
    page.fill("input[name=email]", ADDRESS)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.locator(".today").wait_for()
    expect(page.locator("main .lead").first).to_contain_text(SHOP)


def _tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until something has the focus."""
    for _ in range(most):
        if page.evaluate("s => document.activeElement === document.querySelector(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {selector}")
