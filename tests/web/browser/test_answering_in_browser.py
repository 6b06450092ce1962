"""Answering as people do it: by keyboard alone, without script, on a phone, on a slow network."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from tests.web.browser.conftest import DESK, PHONE, served
from tests.web.browser.looks import LOOKED, violations

WEIGHT = 60_000
"""Bytes that a page may send in all, with styles and scripts."""
LATENCY_SECONDS, BYTES_A_SECOND = 2.0, 50_000
"""Slow 3G as Chromium's developer tools have it: two seconds there and back, 50 kB a second."""
USABLE_SECONDS = 5.0
PRESSED = (
    "button:not(.unseen), a.button, select, input[type=number], textarea, "
    ".row__one, .picks__one, .tongues__one"
)
LEAST = 43.5
SEED = """
import json, sys
from verbond.web.installation import Installation
from verbond.web.settings import configure
configure(Installation.open(sys.argv[1]), testing=True)
from django.core.management import call_command
call_command("migrate", verbosity=0, interactive=False)
from tests.web.answering_world import invited, made_survey
from verbond.listen import own_questionnaire
from verbond.web.store.models import Organisation
acme = Organisation.objects.create(slug="acme", name="Acme")
every = made_survey(acme, purpose={"nl": "Om te leren.", "en": "To learn."}, keep_months=12)
full = made_survey(acme, "identified", questionnaire=own_questionnaire("full", "customer").to_json())
anonymous = made_survey(acme, "anonymous")
closed = made_survey(acme, state="closed")
print(json.dumps({
    "every": f"/q/{every.address}/", "full": f"/q/{full.address}/", "closed": f"/q/{closed.address}/",
    "personal": invited(anonymous, email="a@example.org")[1],
}))
"""

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server with surveys that are open; the addresses of their links."""
    workspace = tmp_path_factory.mktemp("asking") / "workspace"
    said = subprocess.run(
        [sys.executable, "-c", SEED, str(workspace)],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[3],
    ).stdout  # fmt: skip
    with served(workspace) as address:
        base = "/".join(address.split("/")[:3])
        yield {name: base + path for name, path in json.loads(said).items()}


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Open an address as somebody new; what a script or the browser complains of fails the test."""
    contexts, complaints = [], []

    def open_one(
        address: str, language: str = "nl", *, size: tuple[int, int] = DESK, script: bool = True,
        scheme: str = "light",
    ) -> Page:  # fmt: skip
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, java_script_enabled=script, color_scheme=scheme,
            locale=language, reduced_motion="reduce",
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield open_one
    for context in contexts:
        context.close()
    known = ("status of 4", "ERR_INTERNET_DISCONNECTED")
    assert not [one for one in complaints if not any(some in one for some in known)], complaints


def look(page: Page) -> None:
    """axe-core finds nothing, nothing is wider than the screen, what one presses is large enough."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        wrong = violations(page)
        assert not wrong, (page.url, scheme, wrong)
    for width, height in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond <= 0, f"{page.url} is wider than {width}"
        small = page.evaluate(
            """([pressed, least]) => [...document.querySelectorAll(pressed)]
               .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < least)
               .map(e => e.outerHTML.slice(0, 120))""",
            [PRESSED, LEAST],
        )
        assert not small, (page.url, small)


def on(page: Page) -> None:
    with page.expect_navigation():  # or axe looks at a page that is about to go
        page.locator("form .acts > .button").first.click()


@pytest.mark.parametrize("language", LOOKED)
def test_every_page_in_every_light_and_size(language: str, asking: dict, opened: Open) -> None:
    page = opened(asking["every"], language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    look(page)
    on(page)
    look(page)
    on(page)
    expect(page.locator("#visit-wrong")).to_be_visible()
    look(page)
    page.locator("input[name=visit][value=yes]").check()
    page.locator("input[name=trust][value='6']").check()
    for _ in range(5):
        on(page)
        look(page)
    expect(page).to_have_url(re.compile("handing-in"))
    on(page)
    look(page)
    with page.expect_navigation():
        page.locator("main a").click()
    look(page)
    on(page)
    look(page)
    page.goto(asking["closed"])
    look(page)


@pytest.mark.parametrize(("name", "size"), [("every", PHONE), ("personal", DESK)])
def test_without_script(name: str, size: tuple[int, int], asking: dict, opened: Open) -> None:
    page = opened(asking[name], "nl", size=size, script=False)
    on(page)
    page.get_by_label("ja", exact=True).check()
    page.get_by_role("group", name="Ik vertrouw").get_by_label("7: helemaal wel").check()
    page.get_by_role("button", name=re.compile("^Wis")).first.click()
    expect(page.get_by_label("ja", exact=True)).to_be_checked()
    page.get_by_role("group", name="Ik vertrouw").get_by_label("6").check()
    on(page)
    page.get_by_label("de winkel").check()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_label("the shop")).to_be_checked()
    page.get_by_role("button", name="Nederlands").click()
    for option, place in (("zorg", "2"), ("snelheid", "1"), ("kosten", "3")):
        page.get_by_label(option).select_option(place)
    on(page)
    page.locator("input[name=appeal][value='4']").check()
    on(page)
    page.locator("input[name='values.own.power'][value='7']").check()
    page.get_by_role("button", name="Terug").click()
    on(page)
    expect(page.locator("input[name='values.own.power'][value='7']")).to_be_checked()
    on(page)
    page.get_by_label("Een tip?").fill("Meer brood")
    page.get_by_label("Je leeftijd?").fill("12")
    on(page)
    expect(page.locator("#age-wrong")).to_be_visible()
    expect(page.get_by_label("Een tip?")).to_have_value("Meer brood")
    page.get_by_label("Je leeftijd?").fill("44")
    on(page)
    expect(page.get_by_text("1. snelheid, 2. zorg, 3. kosten")).to_be_visible()
    on(page)
    expect(page.get_by_role("heading", name="Bedankt")).to_be_visible()
    page.goto(asking[name])
    said = "Hiermee is al geantwoord" if name == "personal" else "Hier is al geantwoord"
    expect(page.get_by_text(said)).to_be_visible()


def test_by_keyboard_alone(asking: dict, opened: Open) -> None:
    page = opened(asking["every"], "en")

    def reach(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                outline = page.evaluate(
                    "() => [document.activeElement, document.activeElement.parentElement]"
                    ".some(e => getComputedStyle(e).outlineStyle !== 'none')"
                )
                assert outline, f"one does not see where one is: {selector}"
                return
        raise AssertionError(f"the keyboard does not reach {selector}")

    reach("main .button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/s/.*/1/"))
    reach("input[name=visit]")
    page.keyboard.press("Space")
    reach("input[name=trust]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(
        page.locator("input[name=trust][value='2'], input[name=trust][value='3']").locator(":scope:checked")
    ).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/s/.*/2/"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    reach("input[name=liked]")
    page.keyboard.press("Space")
    reach(".ranks__one:nth-child(2) [data-by='-1']")
    page.keyboard.press("Enter")
    expect(page.locator(".ranks__one").first).to_contain_text("speed")
    expect(page.get_by_text("speed is now in place 1.")).to_be_attached()
    reach(".acts > .button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/s/.*/3/"))
    reach("input[name=appeal]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/s/.*/4/"))
    reach("form .acts > .button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/s/.*/5/"))
    reach("#tip")
    page.keyboard.type("More bread\nand cheese")
    reach("#age")
    page.keyboard.type("44")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("handing-in"))
    expect(page.get_by_text("and cheese")).to_be_visible()
    reach("main .button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def test_answers_are_saved_as_one_goes_and_wait_for_the_network(asking: dict, opened: Open) -> None:
    page = opened(asking["every"], "nl")
    on(page)
    page.locator("input[name=visit][value=no]").check()
    page.locator("input[name=trust][value='5']").check()
    expect(page.locator("#said")).to_have_text("Bewaard")
    page.reload()
    expect(page.locator("input[name=trust][value='5']")).to_be_checked()
    page.context.set_offline(True)
    page.locator("input[name=recommend][value='9']").check()
    expect(page.locator("#said")).to_contain_text("geen verbinding")
    page.context.set_offline(False)
    expect(page.locator("#said")).to_have_text("Bewaard")
    page.goto(asking["every"])
    page.get_by_role("link", name="Ga verder").click()
    expect(page.locator("input[name=recommend][value='9']")).to_be_checked()
    page.get_by_role("button", name=re.compile("^Wis het antwoord op Raad")).click()
    expect(page.locator("input[name=recommend]:checked")).to_have_count(0)
    expect(page.locator("#said")).to_have_text("Bewaard")


def test_a_language_changed_halfway_keeps_what_was_just_typed(asking: dict, opened: Open) -> None:
    page = opened(asking["every"], "nl", size=PHONE)
    on(page)
    page.locator("input[name=visit][value=no]").check()
    for _ in range(3):
        on(page)
    page.get_by_label("Een tip?").fill("Meer brood")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_label("A tip?")).to_have_value("Meer brood")


def test_a_long_address_in_own_words_does_not_widen_a_phones_page(asking: dict, opened: Open) -> None:
    page = opened(asking["every"], "nl", size=PHONE)
    on(page)
    page.locator("input[name=visit][value=no]").check()
    for _ in range(3):
        on(page)
    page.get_by_label("Een tip?").fill(
        "https://www.example.org/een/lang/adres/dat/iemand/hier/plakt?zoek=iets"
    )
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]


def test_pages_are_light_also_unpacked(asking: dict, opened: Open) -> None:
    page = opened("about:blank")
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sent: list[tuple[str, int]] = []
    urls: dict[str, str] = {}
    line.on("Network.requestWillBeSent", lambda e: urls.update({e["requestId"]: e["request"]["url"]}))
    line.on("Network.loadingFinished", lambda e: sent.append((urls[e["requestId"]], e["encodedDataLength"])))
    unpacked: list[int] = []
    line.on("Network.dataReceived", lambda e: unpacked.append(e["dataLength"]))

    def weighed(what: str) -> None:
        page.wait_for_load_state("networkidle")
        assert sum(n for _, n in sent) < WEIGHT, (what, sent)
        assert sum(unpacked) < 2 * WEIGHT, (what, sum(unpacked))
        sent.clear()
        unpacked.clear()

    page.goto(asking["full"])
    weighed("welcome")
    for n in range(7):
        on(page)
        weighed(f"page {n}")


def test_a_slow_phone_network_is_enough(asking: dict, opened: Open) -> None:
    """Counted, for a clock tells of this machine: a page, then its styles, and nothing more is waited for."""
    page = opened("about:blank", size=PHONE)
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    needed: dict[str, str] = {}
    weights: list[int] = []

    def keep(told: dict) -> None:
        if told.get("type") in ("Document", "Stylesheet"):
            needed[told["requestId"]] = told["initiator"].get("url", "")

    line.on("Network.requestWillBeSent", keep)
    line.on("Network.loadingFinished", lambda e: weights.append(e["encodedDataLength"]))
    page.route("**/*", _only_what_is_needed)
    page.goto(asking["full"], wait_until="commit")
    _usable(page, page.get_by_role("button", name="Begin"), needed, weights)
    page.get_by_role("button", name="Begin").click(no_wait_after=True)
    page.wait_for_url(re.compile("/1/"), wait_until="commit")
    _usable(page, page.locator("input[type=radio]").first, needed, weights)
    page.locator("input[type=radio]").first.check()
    page.get_by_role("button", name="Verder").click(no_wait_after=True)
    page.wait_for_url(re.compile("/2/"), wait_until="commit")
    _usable(page, page.locator("input[type=radio]").first, needed, weights)


def _only_what_is_needed(route: Route) -> None:
    """Scripts, pictures and letters are on their way for ever."""
    if route.request.resource_type in ("document", "stylesheet"):
        route.continue_()


def _usable(page: Page, first: Locator, needed: dict[str, str], weights: list[int]) -> None:
    first.wait_for(state="visible")
    expect(first).to_be_enabled()
    styles = [url for url in needed.values() if url]
    assert all(url.split("#")[0] == page.url.split("#")[0] for url in styles), "styles that styles ask for"
    while len(weights) < len(needed):  # what was needed is here: the browser is about to say how much it was
        page.wait_for_timeout(20)
    round_trips = 2 if styles else 1
    assert round_trips * LATENCY_SECONDS + sum(weights) / BYTES_A_SECOND < USABLE_SECONDS
    needed.clear()
    weights.clear()
