"""Leading a canvas in a real browser: phases, timer, who is there, what is private, hidden and shown."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.web.browser.canvas_world import DESK, PATIENCE_SECONDS, PHONE, Table
from tests.web.browser.looks import look, tab_to

pytestmark = pytest.mark.browser

Sit = Callable[..., Page]
WRONG_CLOCK = """(() => {
  const real = Date.now.bind(Date);
  const off = %d * 1000;
  Date.now = () => real() + off;
})();"""
TOLERANCE_SECONDS = 2.5
"""What drawing takes, and counting in whole seconds."""


def shows(page: Page, earliest: float, latest: float) -> None:
    """See that the timer comes to show what is left until a moment of this machine's own clock."""
    patience, ends = time.monotonic() + PATIENCE_SECONDS, None
    while ends is None or not earliest - TOLERANCE_SECONDS < ends < latest + TOLERANCE_SECONDS:
        assert time.monotonic() < patience, f"it ends at {ends}, and not from {earliest} to {latest}"
        minutes, _, seconds = page.locator(".timer__time").inner_text().partition(":")
        ends = time.time() + int(minutes) * 60 + int(seconds) if seconds else None


def do(page: Page, act: str, id: str = "", kind: str = "", **values: object) -> None:
    """Do something as who has this page open, as its script would."""
    wish = {"key": f"test{time.monotonic_ns()}", "act": act, "id": id, "kind": kind, "values": values}
    status = page.evaluate(
        """async (wish) => {
          const opening = JSON.parse(document.getElementById("opening").textContent);
          const body = JSON.stringify({operations: [wish]});
          const headers = {"Content-Type": "application/json", "X-CSRFToken": opening.csrf};
          const answer = await fetch(opening.address + "operations/", {method: "POST", headers, body});
          return (await answer.json()).answers[0].refused ?? "";
        }""",
        wish,
    )
    assert status == "", status


def field(page: Page, name: str) -> None:
    """Open what a facilitator does with a field."""
    page.locator(f"#field-{name} .tool--lead").click()


def test_the_timer_shows_the_right_rest_where_a_clock_is_wrong(sit: Sit) -> None:
    fenna, bob = sit("Fenna"), sit("Bob", language="en")
    bob.add_init_script(WRONG_CLOCK % 3600)
    bob.reload()
    assert bob.evaluate("Date.now()") / 1000 > time.time() + 3000
    expect(bob.locator("#timer")).to_be_hidden()
    fenna.locator(".timer__button").click()
    fenna.get_by_label("Minuten", exact=True).fill("5")
    earliest = time.time() + 300
    fenna.get_by_role("button", name="Start", exact=True).click()
    expect(bob.locator(".timer__time")).not_to_be_empty()
    latest = time.time() + 300
    for page in (fenna, bob):
        shows(page, earliest, latest)
    bob.evaluate("Date.now = () => 0")  # somebody puts the clock right, or wrong
    fenna.locator(".timer__button").click()
    fenna.get_by_role("button", name="Een minuut erbij").click()
    for page in (bob, sit("Karim")):
        shows(page, earliest + 60, latest + 60)
    fenna.get_by_role("button", name="Stop", exact=True).click()
    expect(bob.locator("#timer")).to_be_hidden()


def test_the_last_minute_and_the_end_are_said_once(sit: Sit) -> None:
    fenna, bob = sit("Fenna"), sit("Bob", language="en", size=PHONE)
    bob.clock.install(time=dt.datetime.now(dt.UTC))
    bob.reload()
    do(fenna, "timer", ends=time.time() + 3600)
    expect(bob.locator("#timer")).to_be_visible()
    bob.clock.pause_at(bob.evaluate("Date.now()") / 1000 + 1)  # from here time goes as we say
    minutes, _, seconds = bob.locator(".timer__time").inner_text().partition(":")
    bob.clock.run_for((int(minutes) * 60 + int(seconds) - 62) * 1000)
    assert "One minute left." not in bob.locator("#announcer").inner_text()
    bob.clock.run_for(4000)
    expect(bob.locator("#announcer")).to_contain_text("One minute left.")
    bob.clock.run_for(60_000)
    expect(bob.locator("#notice")).to_contain_text("Time is up.")
    expect(bob.locator("#timer")).to_have_class(re.compile("is-over"))
    bob.clock.run_for(3000)
    said = bob.locator("#announcer p").all_inner_texts()
    assert said.count("Time is up.") == 1, said


def test_phases_are_for_everybody_and_who_leads_sets_them(sit: Sit) -> None:
    fenna, bob = sit("Fenna"), sit("Bob", language="en")
    fenna.locator("[data-phase=image]").click()
    expect(bob.locator(".phase[aria-current=step]")).to_contain_text("Image")
    expect(bob.locator("#announcer")).to_contain_text("We are now at: Image.")
    expect(bob.locator("#field-image")).to_have_class(re.compile("is-now"))
    bob.locator("[data-phase=mission]").click()  # only a look
    expect(bob.locator("#field-mission")).to_be_focused()
    expect(fenna.locator(".phase[aria-current=step]")).to_contain_text("Imago")
    bob.locator(".done").click()
    expect(fenna.locator(".people__done")).to_have_text("1 klaar")
    fenna.locator("[data-phase=values]").click()  # a new phase: nobody is done
    expect(bob.locator(".done")).to_have_attribute("aria-pressed", "false")
    expect(fenna.locator(".people__done")).to_have_count(0)


def test_the_agenda_is_set_by_keyboard_alone(sit: Sit) -> None:
    fenna, bob = sit("Fenna"), sit("Bob", language="en")
    tab_to(fenna, "#tools > .tool")
    fenna.keyboard.press("Enter")
    fenna.keyboard.press("Tab")
    expect(fenna.get_by_role("button", name="Agenda", exact=True)).to_be_focused()
    fenna.keyboard.press("Enter")
    dialog = fenna.get_by_role("dialog")
    expect(dialog).to_be_visible()
    tab_to(fenna, "[data-phase=steps] .tool")
    for _ in range(2):
        fenna.keyboard.press("Enter")
    fenna.locator("[data-phase=mission] [type=checkbox]").focus()
    fenna.keyboard.press("Space")
    dialog.get_by_role("button", name="Bewaren").focus()
    fenna.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(bob.locator("[data-phase=mission].phase")).to_have_count(0)
    order = bob.locator(".phase").evaluate_all("all => all.map(one => one.dataset.phase)")
    assert order == ["invite", "identity", "image", "values", "steps", "promise"]


def test_what_is_private_is_counted_then_shown_and_never_read_before(sit: Sit) -> None:
    fenna, bob = sit("Fenna"), sit("Bob", language="en")
    field(fenna, "mission")
    fenna.get_by_role("switch", name="Privé houden").click()
    expect(bob.locator("#field-mission")).to_have_class(re.compile("is-private"))
    expect(bob.locator("#field-mission")).to_contain_text("Private: you see only what you write yourself.")
    for n, page in enumerate((bob, bob, fenna)):
        do(page, "add", f"m{n}", "note", field="mission", text=f"dit is geheim {n}")
    expect(fenna.locator("#field-mission")).to_contain_text("dit is geheim 2")
    fenna.get_by_role("switch", name="Privé houden").click()
    dialog = fenna.get_by_role("dialog")
    expect(dialog).to_contain_text("Er liggen 3 briefjes.")
    assert "dit is geheim 0" not in fenna.content()
    page_of_another = sit("Karim").content()
    assert "dit is geheim" not in page_of_another
    dialog.get_by_role("button", name="Sluiten").click()
    expect(fenna.locator("#field-mission .tool--lead")).to_be_focused()
    fenna.keyboard.press("Enter")
    expect(fenna.get_by_role("switch", name="Privé houden")).to_have_attribute("aria-checked", "true")
    fenna.get_by_role("switch", name="Privé houden").click()
    fenna.get_by_role("button", name="Toon aan iedereen").click()
    expect(fenna.locator("#field-mission")).to_contain_text("dit is geheim 0")
    expect(bob.locator("#field-mission")).not_to_have_class(re.compile("is-private"))


def test_nobody_is_pulled_away_from_what_she_writes(sit: Sit) -> None:
    fenna, bob, karim = sit("Fenna"), sit("Bob", language="en"), sit("Karim", size=PHONE)
    words = karim.locator("#field-identity textarea").first
    words.fill("half af")
    field(fenna, "steps")
    fenna.get_by_role("button", name="Roep iedereen hierheen").click()
    expect(karim.locator(".ribbon--summons")).to_contain_text(
        "Fenna vraagt iedereen naar Eerste stappen te komen."
    )
    expect(words).to_be_focused()
    expect(words).to_have_value("half af")
    look(karim)
    expect(bob.locator("#field-steps")).to_be_in_viewport()
    expect(bob.locator("#notice")).to_contain_text("Fenna asks everybody to come to First steps.")
    expect(bob.locator(".ribbon--summons")).to_have_count(0)
    expect(karim.locator(".ribbon--summons")).to_be_in_viewport()
    karim.get_by_role("button", name="Ga erheen").click()
    expect(karim.locator("#field-steps")).to_be_focused()
    expect(karim.locator(".ribbon--summons")).to_have_count(0)
    expect(words).to_have_value("half af")
    expect(fenna.locator(".ribbon--summons")).to_have_count(0)


def test_who_just_added_a_note_on_a_phone_comes_along(sit: Sit) -> None:
    fenna, karim = sit("Fenna"), sit("Karim", size=PHONE)
    words = karim.locator("#field-identity textarea").first
    words.fill("we luisteren")
    words.press("Enter")
    expect(fenna.locator("#field-identity")).to_contain_text("we luisteren")
    expect(words).to_be_focused()
    fenna.locator("[data-phase=image]").click()
    expect(karim.locator("#field-image")).to_be_visible()
    expect(karim.locator("#field-image")).to_be_focused()


def test_following_goes_where_she_goes_and_stops(sit: Sit) -> None:
    fenna, bob = sit("Fenna"), sit("Bob", language="en")
    bob.locator(".people__button").click()
    bob.get_by_role("button", name="Follow Fenna").click()
    bob.keyboard.press("Escape")
    expect(bob.locator(".people__button")).to_be_focused()
    fenna.locator("#field-steps .tool--help").focus()
    expect(bob.locator("#field-steps")).to_be_in_viewport()
    bob.get_by_role("button", name="Stop following").click()
    bob.evaluate("scrollTo(0, 0)")
    fenna.locator("#field-mission .tool--help").focus()
    fenna.locator("#field-steps .tool--help").focus()
    bob.wait_for_timeout(1000)
    assert bob.evaluate("scrollY") == 0


def test_votes_have_a_budget_and_are_shown_when_who_leads_says_so(sit: Sit) -> None:
    fenna, bob = sit("Fenna"), sit("Bob", language="en")
    do(bob, "vote", "v0", n=3)
    fenna.locator("#tools > .tool").click()
    fenna.get_by_role("button", name="Stemmen", exact=True).click()
    dialog = fenna.get_by_role("dialog")
    dialog.get_by_label("Punten per persoon").fill("2")
    dialog.get_by_role("button", name="Bewaren").click()
    expect(fenna.locator("#notice")).to_contain_text("iemand heeft al meer punten gegeven")
    dialog.get_by_label("Punten per persoon").fill("7")
    dialog.get_by_role("button", name="Bewaren").click()
    expect(bob.locator("#announcer")).to_contain_text("Everybody has 7 points to give now.")
    tally = dialog.get_by_role("switch")
    tally.click()
    expect(tally).to_have_attribute("aria-checked", "true")
    expect(bob.locator("#announcer")).to_contain_text("Everybody can see the points now.")


def test_what_is_hidden_can_be_laid_back(sit: Sit) -> None:
    fenna, karim = sit("Fenna"), sit("Karim")
    do(fenna, "set", "image4", hidden=True)
    expect(karim.locator("#field-image")).not_to_contain_text("Je krijgt een mens aan de lijn")
    fenna.locator("#tools > .tool").click()
    fenna.get_by_role("button", name="Verborgen briefjes").click()
    dialog = fenna.get_by_role("dialog")
    expect(dialog).to_contain_text("Je krijgt een mens aan de lijn")
    expect(dialog).not_to_contain_text("Bob")
    dialog.get_by_role("button", name="Leg terug").click()
    expect(karim.locator("#field-image")).to_contain_text("Je krijgt een mens aan de lijn")


def test_the_wall_shows_the_phase_and_nothing_of_ones_own(sit: Sit, table: Table) -> None:
    fenna = sit("Fenna")
    wall = sit("Fenna", query="?present=1")
    expect(wall.locator(".present__door")).to_contain_text(table.url.partition("//")[2].rstrip("/"))
    fenna.locator("[data-phase=identity]").click()
    expect(wall.locator("#field-identity")).to_be_visible()
    expect(wall.locator("#field-image")).to_be_hidden()
    expect(wall.locator("#field-identity")).to_contain_text("We leggen alles eerlijk uit")
    tabbable = "button, a, input, textarea, select, summary"
    assert not wall.locator("#board").locator(tabbable).locator("visible=true").count()
    wall.keyboard.press("Tab")
    assert wall.evaluate("document.activeElement.tagName") in ("BODY", "HTML")
    expect(wall.locator("#field-identity")).not_to_contain_text("jij")
    expect(wall.locator("#field-identity")).to_contain_text("Fenna")
    do(fenna, "anonymity", "identity", on=True)
    expect(wall.locator("#field-identity")).not_to_contain_text("Fenna")
    expect(fenna.locator("#field-identity")).to_contain_text("jij")  # she still sees which are hers
    do(fenna, "privacy", "identity", on=True)
    expect(wall.locator(".present__count:visible")).to_contain_text("3")
    expect(wall.get_by_text("We leggen alles eerlijk uit")).to_be_hidden()
    look(wall)


def test_keys_are_told_and_the_key_can_be_switched_off(sit: Sit) -> None:
    bob = sit("Bob", language="en")
    words = bob.locator("#field-identity textarea").first
    words.press("?")
    expect(words).to_have_value("?")
    expect(bob.get_by_role("dialog")).to_have_count(0)
    bob.locator(".people__button").focus()
    bob.keyboard.press("?")
    expect(bob.get_by_role("dialog")).to_be_visible()
    bob.get_by_role("switch").click()
    bob.keyboard.press("Escape")
    expect(bob.locator(".people__button")).to_be_focused()
    bob.keyboard.press("?")
    expect(bob.get_by_role("dialog")).to_have_count(0)


def test_leaving_is_asked_and_done(sit: Sit, table: Table) -> None:
    bob = sit("Bob", language="en", size=PHONE)
    bob.locator("#tools > .tool").click()
    bob.get_by_role("button", name="Nederlands").click()
    expect(bob.locator(".done")).to_contain_text("Ik ben klaar")
    bob.locator("#tools > .tool").click()
    bob.get_by_role("button", name="Canvas verlaten").click()
    bob.get_by_role("button", name="Verlaten", exact=True).click()
    bob.goto(table.url)
    expect(bob.locator("#board")).to_have_count(0)


@pytest.mark.parametrize(
    ("size", "scheme", "language"),
    [(DESK, "light", "nl"), pytest.param(PHONE, "dark", "en", marks=pytest.mark.slow)],
)
def test_every_panel_and_dialog_can_be_used_by_everybody(
    sit: Sit, size: tuple[int, int], scheme: str, language: str
) -> None:
    page = sit("Fenna", language=language, size=size, scheme=scheme)
    do(page, "timer", ends=time.time() + 600)
    pressed = ".workshop__top button:not(.languages__one), .panel button:not(.languages__one), dialog button"
    look(page, pressed=pressed)
    for opener in (".timer__button", ".people__button", "#field-identity .tool--lead", "#tools > .tool"):
        page.locator(opener).click()
        look(page, pressed=pressed)
        page.keyboard.press("Escape")
    for n in range(3 if size != PHONE else 0):  # dialogs are the same on a phone, narrower
        page.locator("#tools > .tool").click()
        page.locator(".panel--menu > button").nth(n).click()
        look(page, within="dialog", pressed="button")
        page.keyboard.press("Escape")
    page.locator("#field-identity .tool--help").click()
    look(page, within="dialog", pressed="button")
