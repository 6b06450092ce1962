"""On the canvas: values, what rubs and what was decided, mission, promise and first steps, in Chromium."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from tests.web.browser.conftest import DESK, PHONE
from tests.web.browser.looks import LOOKED, look, tab_to

pytestmark = pytest.mark.browser
BUDGET = 5
"""Points that everybody has before a facilitator says otherwise."""
PRESSED = (
    "fieldset.in-place :is(button:not(.button--plain), select, textarea, input, summary), dialog[open] button"
)


def lead(page: Page, act: str, id: str = "", **values: object) -> None:
    """What a facilitator does, as her page would."""
    answer = page.evaluate(
        """async ([act, id, values]) => {
          const opening = JSON.parse(document.getElementById("opening").textContent);
          const key = crypto.randomUUID();
          const body = JSON.stringify({operations: [{key, act, id, kind: "", values}]});
          const headers = {"Content-Type": "application/json", "X-CSRFToken": opening.csrf};
          return (await fetch(opening.address + "operations/", {method: "POST", headers, body})).json();
        }""",
        [act, id, values],
    )
    assert "number" in answer["answers"][0], answer


def value(page: Page, id: str):
    return page.locator(f'[data-value="{id}"]')


def choose(page: Page, *ids: str) -> None:
    for id in ids:
        value(page, id).locator(".value__head .slot__pressed").click()


def show(page: Page, name: str) -> None:
    """The field that a phone shows."""
    page.locator(f'#fields a[data-field="{name}"]').click()


def test_value_lights_up_at_everybody(sit: Callable[..., Page]) -> None:
    """A word that one person lays down gets a place on the circle of the other, in her own language."""
    bob, mei = sit("Bob"), sit("Mei", language="en")
    form = bob.locator(".values__form")
    form.locator("input").fill("Vrijheid")
    form.locator("input").press("Enter")
    card = mei.locator(".value", has=mei.locator("textarea")).last
    expect(card.locator("textarea").first).to_have_value("Vrijheid")
    lit = mei.locator('.values__picture [data-value="self_direction"].sector--lit')
    expect(lit).to_be_visible()
    expect(card.locator(".value__read")).to_contain_text("self-direction")
    card.get_by_role("button", name="Right").click()
    own = bob.locator(".value").last
    expect(own.locator(".value__read")).to_contain_text("Staat bij zelfbepaling")
    expect(mei.locator("#announcer")).to_contain_text("Bob put down a value: Vrijheid")


def test_nobody_is_interrupted_and_nothing_is_lost(sit: Callable[..., Page]) -> None:
    """Whoever writes keeps her place; who is overwritten gets her own words back."""
    bob, karim = sit("Bob"), sit("Karim")
    for page in (bob, karim):
        value(page, "v0").locator("summary").click()
    meaning = value(bob, "v0").get_by_label("Wat we ermee bedoelen")
    theirs = value(karim, "v0").get_by_label("Wat we ermee bedoelen")
    meaning.fill("Elke beller een mens")
    meaning.blur()
    expect(theirs).to_have_value("Elke beller een mens")

    theirs.focus()
    karim.keyboard.press("End")
    karim.keyboard.type(", ook 's avonds")
    meaning.fill("Elke beller een buur")
    meaning.blur()
    said = value(karim, "v0").locator(".value__more .slot__said")
    expect(said).to_contain_text("Elke beller een buur")
    expect(theirs).to_be_focused()
    expect(theirs).to_have_value("Elke beller een mens, ook 's avonds")
    theirs.blur()
    told = value(bob, "v0").locator(".value__more .slot__said")
    expect(told).to_contain_text("Van jou stond er: “Elke beller een buur”")
    expect(meaning).to_have_value("Elke beller een mens, ook 's avonds")
    told.get_by_role("button", name="Zet mijn tekst terug").click()
    expect(theirs).to_have_value("Elke beller een buur")


def test_points_by_keyboard(sit: Callable[..., Page]) -> None:
    """Points are given one by one, never more than there are; others see them once they are shown."""
    bob, fenna = sit("Bob"), sit("Fenna")
    more = value(bob, "v0").get_by_role("button", name="Een punt meer voor Zorg voor elkaar")
    more.focus()
    for _ in range(BUDGET + 2):
        bob.keyboard.press("Enter")
    given = value(bob, "v0").locator(".points__given")
    expect(given).to_have_text(str(BUDGET))
    expect(more).to_have_attribute("aria-disabled", "true")
    expect(more).to_be_focused()
    expect(bob.locator("#field-values .points__left")).to_contain_text(f"0 van je {BUDGET}")
    expect(bob.locator("#announcer")).to_contain_text("Je punten zijn op")
    bob.keyboard.press("Shift+Tab")
    bob.keyboard.press("Enter")
    expect(given).to_have_text(str(BUDGET - 1))

    choose(fenna, "v1")
    expect(value(bob, "v1")).to_have_class("value value--chosen")
    expect(value(fenna, "v0").locator(".points__all")).to_have_text("")
    value(fenna, "v2").get_by_role("button", name="Een punt meer voor Eerlijkheid").click()
    lead(fenna, "tally", on=True)
    expect(value(fenna, "v0").locator(".points__all")).to_have_text("samen 4 punten")
    expect(bob.get_by_role("button", name="Zet op volgorde van punten")).to_have_count(0)
    fenna.get_by_role("button", name="Zet op volgorde van punten").click()
    for n, id in enumerate(("v0", "v2", "v1")):
        expect(bob.locator(".value").nth(n)).to_have_attribute("data-value", id)


def test_sides_meet_and_values_merge(sit: Callable[..., Page]) -> None:
    """Notes of both sides speak for a value; what is merged takes them along."""
    bob, mei = sit("Bob"), sit("Mei")
    note = bob.locator('[data-id="identity0"]')
    note.get_by_role("button", name="Wat wil je met").focus()
    bob.keyboard.press("Enter")
    bob.get_by_role("menuitem", name="Hoort bij waarde").press("Enter")
    bob.get_by_role("menuitemradio", name="Eerlijkheid").press("Enter")
    expect(bob.locator("#announcer")).to_contain_text("Dat briefje spreekt nu voor Eerlijkheid")
    bob.locator('[data-id="image3"] .slip__text').scroll_into_view_if_needed()
    bob.locator('[data-id="image3"]').drag_to(value(bob, "v2").locator(".value__sides"))
    sides = value(mei, "v2").locator(".value__sides")
    expect(sides).to_have_class("value__sides value__sides--both")
    expect(sides).to_have_text("1 van ons · 1 van klanten")
    value(mei, "v2").locator("summary").click()
    expect(value(mei, "v2").locator(".value__note")).to_have_count(2)
    value(mei, "v2").get_by_label("Eigenlijk hetzelfde als").select_option(label="Zorg voor elkaar")
    value(mei, "v2").get_by_role("button", name="Samenvoegen").click()
    expect(value(bob, "v2")).to_have_count(0)
    expect(value(bob, "v0").locator(".value__sides")).to_have_text("1 van ons · 1 van klanten")
    assert mei.evaluate("document.activeElement.closest('#field-values') !== null"), "the focus was lost"


def test_contradiction_is_decided(sit: Callable[..., Page]) -> None:
    """What contradicts is said with its reason; it is decided with what one stops doing, by keyboard."""
    bob, mei = sit("Bob"), sit("Mei", language="en")
    choose(bob, "v0", "v1")
    row = bob.locator(".bite").first
    expect(row).to_contain_text("'Zorg voor elkaar' en 'Laagste prijs' spreken elkaar tegen")
    expect(bob.locator(".values__legs")).to_contain_text("twee benen")
    assert "tussen" not in row.inner_text(), "no figures of customers, so none are said"
    open_it = row.get_by_role("button", name="Beslissen")
    open_it.focus()
    bob.keyboard.press("Enter")
    dialog = bob.get_by_role("dialog", name="Zorg voor elkaar en Laagste prijs")
    expect(dialog).to_be_visible()
    concession = dialog.get_by_label("Wat we niet meer doen")
    dialog.get_by_role("button", name="Vastleggen").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Kies eerst")
    dialog.get_by_label("Zorg voor elkaar gaat voor").focus()
    bob.keyboard.press("Space")
    tab_to(bob, "dialog[open] .actions .button")
    bob.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Schrijf op waar jullie mee stoppen")
    expect(concession).to_be_focused()
    bob.keyboard.type("Geen korting meer voor alleen nieuwe klanten")
    tab_to(bob, "dialog[open] .actions .button")
    bob.keyboard.press("Enter")
    expect(dialog).to_be_hidden()

    theirs = mei.locator(".given-up__one")
    expect(theirs).to_contain_text("Geen korting meer voor alleen nieuwe klanten")
    expect(theirs).to_contain_text("Zorg voor elkaar goes before Laagste prijs.")
    expect(bob.locator(".bite", has_text="'Zorg voor elkaar' en 'Laagste prijs'")).to_have_count(0)
    theirs.get_by_role("button", name="Change").click()
    mei.get_by_role("dialog").get_by_role("button", name="Take the decision back").click()
    expect(bob.locator(".given-up__one")).to_have_count(0)
    expect(bob.locator(".bite").first).to_contain_text("spreken elkaar tegen")


def test_two_values_of_ones_own_that_rub(sit: Callable[..., Page]) -> None:
    """People see contradictions of which the circle knows nothing."""
    bob = sit("Bob")
    bob.get_by_role("button", name="Twee andere waarden die wringen").click()
    dialog = bob.get_by_role("dialog")
    dialog.get_by_label("De ene waarde").select_option("v0")
    dialog.get_by_label("De andere waarde").select_option("v2")
    dialog.get_by_label("Ze blijven allebei").check()
    dialog.get_by_label("Wat we niet meer doen").fill("Slecht nieuws uitstellen")
    dialog.get_by_role("button", name="Vastleggen").click()
    expect(bob.locator(".given-up__one")).to_contain_text("Zorg voor elkaar en Eerlijkheid blijven allebei.")
    bob.reload()
    expect(bob.locator(".given-up__one")).to_contain_text("Slecht nieuws uitstellen")


def test_from_mission_to_steps(sit: Callable[..., Page]) -> None:
    """A promise is written, checked by rules of thumb, given examples; a step gets who and when."""
    bob, mei = sit("Bob"), sit("Mei")
    bob.get_by_label("Een missie, in één zin").fill("Schone energie van de hele buurt")
    bob.keyboard.press("Enter")
    expect(mei.locator(".mission textarea")).to_have_value("Schone energie van de hele buurt")
    bob.get_by_label("Een belofte waaraan een klant jullie kan houden").fill("Altijd de laagste prijs")
    bob.keyboard.press("Enter")
    checks = mei.locator(".promise__check--look")
    expect(checks.first).to_contain_text("Altijd", ignore_case=True)
    text = mei.locator(".promise").get_by_label("Merkbelofte", exact=True)
    text.fill("Wie belt, spreekt binnen vijf minuten iemand")
    text.blur()
    mei.locator(".promise .slot__pressed").click()
    expect(bob.locator(".promise__check--good", has_text="tellen")).to_be_visible()

    for label, words in (
        ("Voorbeeld dat hem nakomt", "Een vast team"),
        ("Voorbeeld dat hem breekt", "Zes menu's"),
    ):
        mei.get_by_label(label).fill(words)
        mei.keyboard.press("Enter")
    mei.get_by_label("Hoe groot is deze stap voor ons?").select_option("fitting")
    more = bob.locator(".promise__more")
    expect(more).to_have_attribute("open", "")
    expect(more.get_by_label("Wat hem nakomt 1")).to_have_value("Een vast team")
    expect(more.get_by_label("Wat hem breekt 1")).to_have_value("Zes menu's")
    expect(more.get_by_label("Hoe groot is deze stap voor ons?")).to_have_value("fitting")

    bob.get_by_label("Een eerste stap").fill("Belteam indelen")
    bob.keyboard.press("Enter")
    step = bob.locator(".first-step")
    for label, words in (("Wie", "Ali"), ("Wanneer", "2027-01-15")):
        step.get_by_label(label).fill(words)
        step.get_by_label(label).blur()
    step.get_by_label("Helpt klanten naar de trede").select_option("trust")
    step.get_by_role("button", name="Afvinken").click()
    theirs = mei.locator(".first-step")
    expect(theirs).to_have_class("first-step first-step--done")
    expect(theirs.get_by_label("Wanneer")).to_have_value("2027-01-15")
    expect(theirs.get_by_label("Wie")).to_have_value("Ali")
    expect(theirs.get_by_label("Helpt klanten naar de trede")).to_have_value("trust")


def test_what_customers_said_becomes_a_note(sit: Callable[..., Page]) -> None:
    """Beside the image lies what customers said, as words and never as markup; a quote becomes a note."""
    bob, mei = sit("Bob"), sit("Mei", language="en")
    quote = "<img src=x> Jullie bellen terug"
    table = {"title": "Wat ze zien", "head": ["Waarde", "Deel"], "rows": [["veiligheid", "<b>40%</b>"]]}
    quotes = {"said": "Eén van 48 teksten.", "items": [quote]}
    image = {"said": ["Ze zien veiligheid."], "rests_on": "612 klanten", "table": table, "quotes": quotes}

    def answer(route: Route) -> None:
        told = route.fetch().json()
        route.fulfill(json=told | {"image": image})

    bob.route("**/beside/", answer)
    choose(mei, "v2")
    panel = bob.get_by_role("region", name="Wat klanten zeiden")
    expect(panel).to_contain_text("Ze zien veiligheid.")
    expect(panel).to_contain_text("612 klanten")
    panel.locator("summary").click()
    expect(panel.locator("td")).to_have_text("<b>40%</b>")
    panel.get_by_role("button", name="Neem over als briefje").click()
    theirs = mei.locator("#field-image .slip", has_text=quote)
    expect(theirs).to_contain_text("612 klanten")
    assert mei.locator("#field-image img").count() == 0
    look(bob, pressed=PRESSED)


def test_locked_field_is_read(sit: Callable[..., Page]) -> None:
    """In a locked field only a facilitator changes something; all can read it."""
    fenna, bob = sit("Fenna"), sit("Bob")
    lead(fenna, "lock", "values", on=True)
    expect(value(bob, "v0").locator("textarea").first).to_be_disabled()
    expect(value(bob, "v0").locator("textarea").first).to_have_value("Zorg voor elkaar")
    expect(bob.locator(".values__form")).to_be_hidden()
    expect(value(fenna, "v0").locator("textarea").first).to_be_enabled()
    lead(fenna, "lock", "values", on=False)
    expect(value(bob, "v0").locator("textarea").first).to_be_enabled()


def test_words_that_cannot_be_kept_are_given_back(sit: Callable[..., Page]) -> None:
    """Written without a connection and refused later, or removed meanwhile: the words are said once more."""
    fenna, bob = sit("Fenna"), sit("Bob")
    name = value(bob, "v0").locator("textarea").first
    value(bob, "v1").locator("textarea").first.focus()
    bob.keyboard.type("Nooit de duurste; ")
    fenna.evaluate("document.activeElement.blur()")
    value(fenna, "v1").locator("summary").click()
    value(fenna, "v1").get_by_role("button", name="Weghalen", exact=True).click()
    expect(bob.locator("#notice")).to_contain_text("Nooit de duurste; ")
    assert bob.evaluate("document.activeElement.closest('#field-values') !== null"), "the focus was lost"

    bob.context.set_offline(True)
    name.fill("Zorg voor de buurt")
    name.blur()
    bob.get_by_label("Een waarde, in jullie eigen woorden").fill("Rust")
    bob.keyboard.press("Enter")
    lead(fenna, "lock", "values", on=True)
    bob.context.set_offline(False)
    said = value(bob, "v0").locator(".slot__said").first
    expect(said).to_contain_text("Dit is niet opgeslagen: “Zorg voor de buurt”")
    expect(name).to_have_value("Zorg voor elkaar")
    expect(bob.locator("#notice")).to_contain_text("Dit is niet opgeslagen: “Rust”")


def test_words_outlast_the_page(sit: Callable[..., Page]) -> None:
    """What stands half written when a page is closed is sent all the same, at the latest on coming back."""
    bob = sit("Bob")
    name = value(bob, "v0").locator("textarea").first
    name.fill("Zorgen voor elkaar")
    bob.reload()
    expect(value(bob, "v0").locator("textarea").first).to_have_value("Zorgen voor elkaar")
    expect(value(sit("Mei"), "v0").locator("textarea").first).to_have_value("Zorgen voor elkaar")


@pytest.mark.parametrize("language", LOOKED)
def test_looks(sit: Callable[..., Page], language: str) -> None:
    """Desk and phone, light and dark, with a dialog open: axe-core finds nothing, nothing is too small."""
    dark = language == "en"
    page = sit("Bob", language=language, scheme="dark" if dark else "light")
    choose(page, "v0", "v1")
    lead(page, "set", "identity0", group="v0")
    lead(page, "set", "v0", meaning="Iedereen telt")
    expect(page.locator(".bite").first).to_be_visible()
    page.locator(".cards-list__form textarea").nth(1).fill("Altijd bereikbaar")
    page.keyboard.press("Enter")
    page.locator(".cards-list__form textarea").nth(2).fill("Morgen bellen")
    page.keyboard.press("Enter")
    expect(page.locator(".promise__check").first).to_be_visible()
    page.evaluate("document.querySelectorAll('.in-place details').forEach((one) => (one.open = true))")
    look(page, pressed=PRESSED)
    page.locator(".bite .button").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    look(page, pressed=PRESSED)
    page.keyboard.press("Escape")
    page.emulate_media(color_scheme="light" if dark else "dark")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    for name in ("values", "mission", "promise", "steps"):
        show(page, name)
        look(page, pressed=PRESSED)
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
