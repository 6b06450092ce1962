"""A whole workshop, from the invitation to the files that come out: five people, each at a browser.

Fay leads at a desk, in Dutch. Sam contributed beforehand and takes part on a phone. Bob reads English and
touches nothing but the keyboard. Mei sits in the dark. Ali comes late, on a line that breaks.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.web.browser.conftest import DESK, PHONE, Site
from tests.web.browser.looks import press, tab_to, write

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
"""Milliseconds: what stands beside the canvas is worked out a moment after it changed."""


@pytest.fixture
def guest(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Somebody who has the link and no account."""
    contexts, complaints = [], []

    def come(language: str, *, size: tuple[int, int] = DESK, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale=language, color_scheme=scheme,
            has_touch=size == PHONE, reduced_motion="reduce",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield come
    for context in contexts:
        context.close()
    assert not complaints, complaints


def joined(page: Page, link: str, name: str) -> Page:
    """Join as anybody does."""
    page.goto(link)
    page.fill("#id_name", name)
    page.click("main form .button")
    page.locator(".slips__words").first.wait_for(state="attached")
    return page


def noted(page: Page, field: str, text: str) -> None:
    page.locator(f"#field-{field} .slips__words").first.fill(text)
    page.locator(f"#field-{field} .slips__form button").first.click()


def value(page: Page, name: str):
    """The card of a value; its name stands in a field that can be written in."""
    return page.locator(".value", has=page.locator(f'textarea[aria-label]:text-is("{name}")')).first


def shown(page: Page, field: str, switch: str, yes: str) -> None:
    """What the facilitator does to show a field that was private."""
    page.locator(f"#field-{field} .tool--lead").click()
    page.get_by_role("switch", name=switch).click()
    page.get_by_role("button", name=yes).click()


@pytest.mark.slow  # its parts: test_canvas_board, _lead, _line, _values and _doors_in_browser
def test_a_workshop_from_invitation_to_promise(open_page: Open, guest: Callable[..., Page]) -> None:
    # 0: Fay makes the canvas, and Sam contributes beforehand on a phone
    fay = open_page("/o/bare/canvases/", "nl")
    press(fay, "main .button")
    fay.fill("#id_name", "Onze belofte")
    fay.fill("#id_departments", "Winkel\nService")
    press(fay, "main form .button")
    canvas, link = fay.url, fay.locator(".copied__link").last.input_value()
    sam = guest("nl", size=PHONE)
    sam.goto(f"{link}beforehand/")
    sam.fill("#id_name", "Sam")
    sam.select_option("#id_department", "Service")
    sam.click("main form .button")
    for field, text in (("identity", "We bellen dezelfde dag terug"), ("image", "Ze vinden ons traag")):
        sam.fill(f"#new-{field}", text)
        sam.click(f"#{field} .ahead__new .button")
        expect(sam.locator(f"#{field} .kept")).to_be_visible()

    # everybody comes in; Bob by keyboard alone
    fay.goto(link)
    if fay.locator("#id_name").count():
        fay.fill("#id_name", "Fay")
        fay.click("main form .button")
    fay.locator(".slips__words").first.wait_for(state="attached")
    sam.goto(link)
    sam.locator(".slips__words").first.wait_for(state="attached")
    bob = guest("en")
    bob.goto(link)
    write(bob, "#id_name", "Bob")
    press(bob, "main form .button")
    mei = joined(guest("nl", scheme="dark"), link, "Mei")
    expect(fay.locator(".people__button")).to_contain_text("4")

    # 1 and 2: identity and image, each for herself first
    fay.locator("[data-phase=identity]").click()
    expect(fay.locator("#field-identity")).to_have_class(re.compile("is-private"))
    tab_to(bob, "#field-identity .slips__words")
    bob.keyboard.type("We are honest about what goes wrong")
    bob.keyboard.press("Enter")
    noted(mei, "identity", "Wij zijn de goedkoopste")
    noted(mei, "image", "Altijd een aanbieding")
    expect(mei.locator("#field-identity")).to_contain_text("Wij zijn de goedkoopste")
    for page in (fay, bob, mei):
        assert "terug" not in page.locator("#field-identity .slips").first.inner_text()
    for field in ("identity", "image"):
        shown(fay, field, "Privé houden", "Toon aan iedereen")
    for page in (fay, bob, mei):
        expect(page.locator("#field-identity")).to_contain_text("We bellen dezelfde dag terug")
        expect(page.locator("#field-image")).to_contain_text("Ze vinden ons traag")
    sam.locator('#fields a[data-field="identity"]').click()
    expect(sam.locator("#field-identity")).to_contain_text("Wij zijn de goedkoopste")

    # 3: values; the contradiction is caught while people still talk
    fay.locator("[data-phase=values]").click()
    fay.locator(".values__form input").fill("Laagste prijs")
    fay.keyboard.press("Enter")
    tab_to(bob, ".values__form input")
    bob.keyboard.type("Zorg voor elkaar")
    bob.keyboard.press("Enter")
    for page in (fay, bob, mei):
        expect(page.locator(".value")).to_have_count(2)
    tab_to(bob, '[aria-label="One point more for Zorg voor elkaar"]')
    bob.keyboard.press("Enter")
    bob.keyboard.press("Enter")
    fay.locator("#tools > .tool").click()
    fay.get_by_role("button", name="Stemmen", exact=True).click()
    fay.get_by_role("dialog").get_by_role("switch").click()
    fay.keyboard.press("Escape")
    expect(mei.locator(".points__all", has_text="samen 2 punten")).to_have_count(1)
    for card in range(2):
        fay.locator(".value").nth(card).locator(".value__head .slot__pressed").click()
    expect(fay.locator(".bite").first).to_contain_text("spreken elkaar tegen")
    expect(bob.locator(".values__legs")).to_be_visible()
    tab_to(bob, ".bite .button")
    bob.keyboard.press("Enter")
    dialog = bob.get_by_role("dialog")
    tab_to(bob, "dialog input[type=radio]")
    bob.keyboard.press("Space")
    tab_to(bob, "dialog textarea")
    bob.keyboard.type("No more discounts for new customers only")
    tab_to(bob, "dialog .actions .button")
    bob.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(mei.locator(".given-up__one")).to_contain_text("No more discounts for new customers only")

    # Ali comes late; his line breaks while he writes the mission
    ali = joined(guest("nl"), link, "Ali")
    fay.locator("[data-phase=mission]").click()
    ali.context.set_offline(True)
    ali.get_by_label("Een missie, in één zin").fill("Niemand blijft met een vraag zitten")
    ali.keyboard.press("Enter")
    expect(ali.locator("#line")).to_contain_text("Geen verbinding")
    ali.context.set_offline(False)
    expect(mei.locator(".mission textarea")).to_have_value("Niemand blijft met een vraag zitten")
    mei.locator(".mission .slot__pressed").click()

    # 5: the promise, by keyboard alone; 6: a first step
    fay.locator("[data-phase=promise]").click()
    tab_to(bob, "#field-promise .cards-list__form textarea")
    bob.keyboard.type("Wie ons belt, spreekt dezelfde dag een mens")
    bob.keyboard.press("Enter")
    tab_to(bob, ".promise .slot__pressed")
    bob.keyboard.press("Enter")
    expect(fay.locator(".promise__check").first).to_be_visible()
    measure = mei.get_by_label("Zo zie je of we hem nakomen")
    if not measure.is_visible():
        mei.locator(".promise__more > summary").click()
    measure.fill("9 van de 10 bellers binnen 8 uur")
    measure.blur()
    for label, words in (
        ("Voorbeeld dat hem nakomt", "Een vast team"),
        ("Voorbeeld dat hem breekt", "Zes menu's"),
    ):
        mei.get_by_label(label).fill(words)
        mei.keyboard.press("Enter")
    fay.locator("[data-phase=steps]").click()
    sam.locator('#fields a[data-field="steps"]').click()
    sam.get_by_label("Een eerste stap").fill("Belrooster maken")
    sam.keyboard.press("Enter")
    expect(fay.locator(".first-step")).to_have_count(1)
    expect(fay.locator(".promise__more").get_by_label("Wat hem nakomt 1")).to_have_value("Een vast team")

    # what came out
    fay.goto(f"{canvas}closure/")
    press(fay, "main form .button")
    expect(fay.locator("main")).to_contain_text("Wie ons belt, spreekt dezelfde dag een mens")
    expect(fay.locator("main")).to_contain_text("No more discounts for new customers only")
    files = {
        link.split("outcome.")[1].split("?")[0]: link
        for link in fay.locator(".canvases__files a").evaluate_all("all => all.map(one => one.href)")
    }
    assert set(files) >= {"json", "md", "svg", "png", "pdf", "wall.pdf", "pptx"}
    got = {form: fay.request.get(address) for form, address in files.items()}
    assert all(answer.ok for answer in got.values())
    outcome = json.loads(got["json"].body())
    assert "Wie ons belt, spreekt dezelfde dag een mens" in json.dumps(outcome, ensure_ascii=False)
    assert "Sam" not in json.dumps(outcome), "no names of people, but of who takes a step"
    for form in ("md", "svg"):
        assert "Niemand blijft" in got[form].text()
    assert got["png"].body().startswith(b"\x89PNG")
    assert all(got[form].body().startswith(b"%PDF") for form in ("pdf", "wall.pdf"))
    slides = zipfile.ZipFile(io.BytesIO(got["pptx"].body()))
    words = "".join(slides.read(name).decode() for name in slides.namelist() if "slides/slide" in name)
    assert "Belrooster maken" in words
    expect(mei.locator("#line")).to_contain_text("gesloten")


@pytest.mark.slow
def test_ten_browsers_write_at_once_and_show_the_same(sit: Callable[..., Page]) -> None:
    """Five people, each on a laptop and on a phone; all write three notes without waiting for anybody."""
    names = ("Fenna", "Bob", "Karim", "Ali", "Mei")
    pages = [sit(name, size=size) for name in names for size in (DESK, PHONE)]
    before = pages[0].locator("#field-identity .slip").count()
    for turn in range(3):
        for n, page in enumerate(pages):
            noted(page, "identity", f"note {turn} of browser {n}")
    for page in pages:
        expect(page.locator("#field-identity .slip")).to_have_count(before + 30)
    shown = [page.locator("#field-identity .slip__text").all_text_contents() for page in pages]
    assert all(one == shown[0] for one in shown), "in the same order too"
    assert len({words for words in shown[0] if "of browser" in words}) == 30
