"""A kiosk in Chromium: without a connection, killed, with a wrong clock; nothing is lost, doubled or left."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.web.answering_world import EVERY_KIND
from tests.web.browser.conftest import DESK, PATIENCE_SECONDS, PHONE, served
from tests.web.browser.looks import LOOKED, violations

from verbond.listen import Condition, Question, Questionnaire, Test, Variant, handed_in, read_answers
from verbond.listen import Option as Opt
from verbond.listen import Page as Sheet
from verbond.listen.answers import way
from verbond.method.types import Text
from verbond.web.listening import kiosk
from verbond.web.store.models import Survey

pytestmark = pytest.mark.browser
LEAST = 43.5
"""Pixels that a thing to press is high: 44, less what rounding takes."""


@dataclass(frozen=True)
class Kiosks:
    """A server with surveys.

    Attributes
    ----------
    site : str
    found : dict
        Name of a survey -> "address" and "kiosk": paths.
    database : Path
    framing : str
        The site that may frame them.
    """

    site: str
    found: dict[str, dict[str, str]]
    database: Path
    framing: str

    def answers(self, name: str) -> list[dict[str, Any]]:
        """What was handed in to a survey."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as rows:
            said = rows.execute(
                "SELECT answers FROM store_sheet JOIN store_survey ON survey_id = store_survey.id"
                " WHERE name = ? AND store_sheet.state = 'handed_in'",
                [name],
            ).fetchall()
        return [json.loads(one) for (one,) in said]


@pytest.fixture(scope="module")
def framing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Another site: `localhost` is not `127.0.0.1` to a browser."""
    folder = tmp_path_factory.mktemp("elsewhere")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *said: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}", folder
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def kiosks(tmp_path_factory: pytest.TempPathFactory, framing: tuple[str, Path]) -> Iterator[Kiosks]:
    folder = tmp_path_factory.mktemp("kiosks") / "workspace"
    seed = [sys.executable, str(Path(__file__).with_name("kiosk_seed.py")), str(folder), framing[0]]
    said = subprocess.run(seed, check=True, capture_output=True, text=True).stdout
    with served(folder) as address:
        yield Kiosks(
            "/".join(address.split("/")[:3]), json.loads(said), folder / "verbond.sqlite3", framing[0]
        )


@pytest.fixture
def device(browser: Browser) -> Iterator[BrowserContext]:
    """A tablet of its own, with nothing on it; what its pages complain of fails the test."""
    context = browser.new_context(
        viewport={"width": 1024, "height": 768}, locale="nl", reduced_motion="reduce", has_touch=True
    )
    context.set_default_timeout(30_000)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    assert not complaints


def opened(device: BrowserContext, kiosks: Kiosks, name: str) -> Page:
    page = device.new_page()
    page.goto(kiosks.site + kiosks.found[name]["kiosk"])
    expect(page.locator("[data-act=begin]")).to_be_visible()
    return page


def onward(page: Page) -> None:
    page.locator("[data-onward]").click()


def answer(page: Page, tip: str) -> None:
    """From the start to the thanks."""
    page.locator("[data-act=begin]").click()
    page.locator("[data-ask=visit] label").nth(1).click()
    onward(page)  # who did not visit skips a page
    expect(page.locator("[data-ask=leaflet]")).to_have_count(1)
    onward(page)
    page.locator(".circle__number").nth(4).click()
    onward(page)
    expect(page.locator(".circle__step")).to_contain_text("2")
    onward(page)
    page.locator("textarea").fill(tip)
    onward(page)
    page.locator("main [data-act=start]").click()


def tips(kiosks: Kiosks, name: str) -> list[str]:
    return sorted(one["tip"] for one in kiosks.answers(name))


def waiting(page: Page) -> list[dict[str, Any]]:
    """What the device keeps."""
    return page.evaluate(
        """async () => {
          const open = indexedDB.open(document.body.dataset.name);
          const base = await new Promise((good) => { open.onsuccess = () => good(open.result); });
          const all = base.transaction("sheets").objectStore("sheets").getAll();
          return new Promise((good) => { all.onsuccess = () => good(all.result); });
        }"""
    )


def comes(page: Page, is_there: Callable[[], bool]) -> None:
    """Wait until something is so, while the page goes on."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_there():
        assert time.monotonic() < until
        page.wait_for_timeout(50)


def all_sent(page: Page) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while waiting(page):
        assert time.monotonic() < until, page.locator("#waits").inner_text()
        page.wait_for_timeout(100)
    expect(page.locator("#waits")).to_have_text("")


def test_five_answer_without_a_connection(device: BrowserContext, kiosks: Kiosks) -> None:
    page = opened(device, kiosks, "offline")
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    device.set_offline(True)
    page.close()
    page = opened(device, kiosks, "offline")  # started anew, from what the worker kept
    said = [f"answer {n}" for n in range(5)]
    for one in said:
        answer(page, one)
    expect(page.locator("#waits")).to_contain_text("5 antwoorden wachten")
    kept = waiting(page)
    assert {*kept[0]} == {"key", "language", "answers", "variants", "revision", "seconds"}, "and no moment"
    assert kiosks.answers("offline") == []
    device.set_offline(False)
    all_sent(page)
    assert tips(kiosks, "offline") == said
    assert waiting(page) == []
    page.reload()
    all_sent(page)
    assert tips(kiosks, "offline") == said


def test_a_tab_that_is_killed_keeps_what_was_handed_in_and_nothing_else(
    device: BrowserContext, kiosks: Kiosks
) -> None:
    page = opened(device, kiosks, "killed")
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    device.set_offline(True)
    answer(page, "handed in")
    page.locator("[data-act=begin]").click()
    page.locator("[data-ask=visit] label").nth(1).click()
    onward(page)
    onward(page)
    onward(page)
    page.locator("textarea").fill("half a secret")
    page.close(run_before_unload=False)
    page = opened(device, kiosks, "killed")
    expect(page.locator("#waits")).to_contain_text("1 antwoord wacht")
    assert "half a secret" not in json.dumps(waiting(page))
    assert "half a secret" not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    device.set_offline(False)
    all_sent(page)
    assert tips(kiosks, "killed") == ["handed in"]


def test_an_answer_whose_receipt_was_lost_stands_once(device: BrowserContext, kiosks: Kiosks) -> None:
    """The server has it, and the device never hears so: it sends again, under the same key."""
    page = opened(device, kiosks, "lost")
    keys: list[str] = []

    def lost(route: Any) -> None:
        keys.append(route.request.post_data_json["key"])
        status = route.fetch().status if len(keys) < 3 else 0
        assert status in (0, 200)
        route.abort() if status else route.continue_()

    page.route("**/sheets/", lost)
    answer(page, "once")
    expect(page.locator("#waits")).to_contain_text("1 antwoord wacht")
    page.evaluate("dispatchEvent(new Event('online'))")
    comes(page, lambda: len(keys) > 1)
    page.evaluate("dispatchEvent(new Event('online'))")
    all_sent(page)
    assert len(keys) >= 3
    assert len({*keys}) == 1
    assert tips(kiosks, "lost") == ["once"]


def test_a_device_whose_power_fails_keeps_what_was_handed_in(
    browser: Browser, chromium: str, kiosks: Kiosks, tmp_path: Path
) -> None:
    """The browser is killed where it stands, the moment after the thanks."""
    path = kiosks.site + kiosks.found["power"]["kiosk"]

    def device() -> BrowserContext:
        return browser.browser_type.launch_persistent_context(
            tmp_path, executable_path=chromium, args=["--no-sandbox"], locale="nl"
        )

    before = device()
    page = before.new_page()
    page.goto(path)
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    before.set_offline(True)
    for n in range(3):
        answer(page, f"before {n}")
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"--user-data-dir={tmp_path}".encode() in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
    with contextlib.suppress(Exception):
        before.close()
    after = device()
    page = after.new_page()
    page.goto(path)
    all_sent(page)
    assert tips(kiosks, "power") == [f"before {n}" for n in range(3)]
    after.close()


def test_what_waits_goes_in_an_order_by_lot(device: BrowserContext, kiosks: Kiosks) -> None:
    page = opened(device, kiosks, "looks")
    sent: list[int] = []

    def taken(route: Any) -> None:
        sent.append(route.request.post_data_json["n"])
        route.fulfill(json={"version": "x"})

    page.route("**/trial/", taken)
    orders = []
    for _ in range(2):
        page.evaluate(
            """async () => {
              const { Store, uuid } = await import(document.body.dataset.store);
              const store = await Store.open("order");
              for (let n = 0; n < 12; n++) await store.keep({ key: uuid(), n });
              return store.send("/trial/");
            }"""
        )
        orders.append(sent[-12:])
    assert [sorted(one) for one in orders] == [[*range(12)]] * 2
    assert [*range(12)] not in orders  # once in 480 million it would be
    assert orders[0] != orders[1]


@pytest.mark.parametrize("year", [1999, 2099])
def test_a_minute_without_a_touch_clears_the_screen_whatever_the_clock_says(
    year: int, device: BrowserContext, kiosks: Kiosks
) -> None:
    page = device.new_page()
    page.clock.install(time=f"{year}-01-01T00:00:00Z")
    page.goto(kiosks.site + kiosks.found["clock"]["kiosk"])
    page.locator("[data-speak=en]").click()
    page.locator("[data-act=begin]").click()
    page.locator("[data-ask=visit] label").nth(1).click()
    page.clock.run_for(44_000)
    expect(page.locator("#still")).to_be_hidden()
    page.clock.run_for(3_000)
    expect(page.locator("#still")).to_be_visible()
    page.locator("#still button").first.click()
    expect(page.locator("#still")).to_be_hidden()
    expect(page.locator("[data-ask=visit] input:checked")).to_have_count(1)
    page.clock.run_for(62_000)
    expect(page.locator("[data-act=begin]")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "nl")
    page.locator("[data-act=begin]").click()
    expect(page.locator("input:checked")).to_have_count(0)
    assert waiting(page) == []


def test_languages_change_and_nothing_is_lost(device: BrowserContext, kiosks: Kiosks) -> None:
    page = opened(device, kiosks, "looks")
    page.locator("[data-act=begin]").click()
    onward(page)
    expect(page.locator(".ask__wrong")).to_have_text("Deze vraag kan niet open blijven.")
    page.locator("[data-ask=visit] label").first.click()
    page.locator("[data-ask=trust] label").nth(2).click()
    page.locator("[data-ask=recommend] label").nth(4).click()
    page.locator("[data-ask=recommend] button").click()  # left open again, and the page stays
    page.locator("[data-speak=en]").click()
    expect(page.locator("[data-ask=trust] legend")).to_contain_text("I trust De Zonnewende.")
    assert page.locator("input:checked").evaluate_all("all => all.map(one => one.value)") == ["yes", "3"]
    onward(page)
    page.locator("[data-ask=order] select").first.select_option("2")
    page.locator("[data-speak=nl]").click()
    expect(page.locator("[data-ask=order] select").first).to_have_value("2")
    page.locator("[data-backward]").click()
    assert page.locator("input:checked").evaluate_all("all => all.map(one => one.value)") == ["yes", "3"]


def look(page: Page) -> None:
    """axe-core finds nothing, and nothing is wider than the screen."""
    wrong = violations(page)
    assert not wrong, wrong
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@pytest.mark.parametrize("language", LOOKED)
def test_every_screen_is_for_everybody(language: str, device: BrowserContext, kiosks: Kiosks) -> None:
    page = opened(device, kiosks, "looks")
    page.locator(f"[data-speak={language}]").click()
    looked = 0

    def both() -> None:
        nonlocal looked
        looked += 1
        for size in (DESK, PHONE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.emulate_media(color_scheme="dark" if size is PHONE else "light")
            look(page)
            small = """least => [...document.querySelectorAll('main :is(button, label:has(input), select)')]
                .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < least)
                .map(e => e.outerHTML.slice(0, 120))"""
            assert not page.evaluate(small, LEAST)

    both()
    page.locator("[data-act=begin]").click()
    page.locator("[data-ask=visit] label").first.click()
    for _ in range(5):
        both()
        onward(page)
    both()
    assert looked == 7


def test_by_keyboard_alone(device: BrowserContext, kiosks: Kiosks) -> None:
    page = opened(device, kiosks, "looks")
    before = len(kiosks.answers("looks"))

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(selector)

    tab_to("[data-act=begin]")
    page.keyboard.press("Enter")
    tab_to("[name=visit]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    tab_to("[data-onward]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-ask=leaflet]")).to_have_count(1)
    tab_to("[data-onward]")
    page.keyboard.press("Enter")
    tab_to(".circle__wedge")
    page.keyboard.press("4")
    tab_to(".circle__wedge")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    tab_to("[data-onward]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-wedge=universalism]")).to_be_focused()
    tab_to("[data-onward]")
    page.keyboard.press("Enter")
    tab_to("[data-onward]")
    page.keyboard.press("Enter")
    expect(page.locator("main [data-act=start]")).to_be_visible()
    all_sent(page)
    found = kiosks.answers("looks")
    assert len(found) == before + 1
    assert {"visit": "no", "values": {"own": {"universalism": 4, "self_direction": 2}}} in found


def test_without_script_the_open_link_is_offered(browser: Browser, kiosks: Kiosks) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(kiosks.site + kiosks.found["looks"]["kiosk"])
    page.locator("main a").click()
    expect(page).to_have_url(kiosks.site + kiosks.found["looks"]["address"])
    context.close()


def test_lots_are_even_on_a_device(device: BrowserContext, kiosks: Kiosks) -> None:
    page = opened(device, kiosks, "lots")
    dealt = page.evaluate(
        """async () => {
          const { Store } = await import(document.body.dataset.store);
          const store = await Store.open("trial");
          const order = JSON.parse(document.body.dataset.rules).lots.leaflet;
          const dealt = [];
          for (let n = 0; n < 60; n++) {
            dealt.push([n % 3 === 0, await store.deal(`leaflet ${n % 3 === 0}`, order, 2)]);
          }
          return dealt;
        }"""
    )
    for stratum in (True, False):
        places = [place for of, place in dealt if of is stratum]
        for many in range(1, len(places) + 1):
            assert abs(2 * sum(places[:many]) - many) <= 1
        assert places != [0, 1] * (len(places) // 2)


# the same way as Python


WORDS = Text(en="x", nl="x")
TIP = Question("tip", "text", WORDS)


def conditions(earlier: list[Question]) -> st.SearchStrategy[Condition | None]:
    if not earlier:
        return st.none()
    open_or_not = st.builds(
        Test, st.sampled_from([one.id for one in earlier]), st.sampled_from(["answered", "not_answered"])
    )
    askable = [one for one in earlier if one.kind in ("scale", "choice", "several", "stimulus")]
    tests = st.one_of(open_or_not, *map(of_one, askable))
    several = st.lists(tests, min_size=1, max_size=3).map(tuple)
    return st.none() | st.builds(Condition, several, st.sampled_from(["all", "any"]))


def of_one(one: Question) -> st.SearchStrategy[Test]:
    if one.kind == "scale":
        operators = st.sampled_from(["is", "is_not", "at_least", "at_most"])
        numbers = st.integers(one.min - 1, one.max + 1) | st.sampled_from([2.5, 3.0])
        return st.builds(Test, st.just(one.id), operators, numbers)
    known = [part.id for part in (*one.options, *one.variants)]
    return st.builds(Test, st.just(one.id), st.sampled_from(["is", "is_not"]), st.sampled_from(known))


@st.composite
def questions(draw: Callable[..., Any], id: str, earlier: list[Question]) -> Question:
    kind = draw(st.sampled_from(["scale", "choice", "several", "ranking", "text", "values", "stimulus"]))
    named = ["a", "b", "constructor"]
    parts: dict[str, Any] = {
        "scale": {"min": 0, "max": draw(st.integers(2, 10))},
        "text": {"longest": draw(st.integers(1, 6))},
        "values": {"sides": draw(st.sampled_from([("own",), ("own", "seen")]))},
        "stimulus": {"variants": tuple(Variant(one, WORDS) for one in named)},
    }.get(kind, {"options": tuple(Opt(one, WORDS) for one in named)})
    required = kind != "stimulus" and draw(st.booleans())
    return Question(id, kind, WORDS, required=required, asked_if=draw(conditions(earlier)), **parts)


@st.composite
def questionnaires(draw: Callable[..., Any]) -> Questionnaire:
    pages: list[Sheet] = []
    names = iter(["one", "two", "valueof", "constructor", "tostring", "six", "seven", "eight", "nine", "ten"])
    for n in range(draw(st.integers(1, 4))):
        earlier = [one for page in pages for one in page.questions]
        asked = tuple(draw(questions(next(names), earlier)) for _ in range(draw(st.integers(1, 2))))
        pages.append(Sheet(f"p{n}", asked, asked_if=draw(conditions(earlier))))
    return Questionnaire(WORDS, WORDS, WORDS, tuple(pages))


ODD = st.sampled_from([
    None, "", [], {}, True, False, 0, 3, 7, -1, "3", " 4\u2003", "٣", "3.0", "1e1", "-0", "a", "b",
    "constructor", ["a"], ["b", "a"], ["a", "a", "b"], ["b", "a", "constructor"], ["x"], [["a"]], [3],
    {"own": {}}, {"own": {"power": 3}}, {"own": {"power": "8"}}, {"seen": {"power": ""}}, {"own": {"x": 1}},
    {"own": [1]}, {"other": {}}, {"own": {"power": None, "security": "7"}},
    " \t\r\n x\r\ry ", "\ufeff", "\x85", "\x1c a", "a\x00b", "😀😀😀😀", "\ufffe",
])  # fmt: skip


def said(one: Question) -> st.SearchStrategy[Any]:
    """Something that may be answered, or nearly."""
    ids = st.sampled_from(["a", "b", "constructor"])
    match one.kind:
        case "scale":
            return st.integers(one.min - 1, one.max + 1)
        case "several" | "ranking":
            return st.lists(ids, max_size=4)
        case "text":
            return st.text("x😀 \u205f\r\n", max_size=8)
        case "values":
            numbers = st.dictionaries(st.sampled_from(["power", "security"]), st.integers(0, 8), max_size=2)
            return st.dictionaries(st.sampled_from(["own", "seen"]), numbers)
        case _:
            return ids


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[*HealthCheck],
)
@given(data=st.data())
def in_python(data: st.DataObject, cases: list[Any]) -> None:
    asked = data.draw(questionnaires())
    for _ in range(6):
        given_ = {id: data.draw(st.just(...) | ODD | said(one)) for id, one in asked.questions.items()}
        cases.append(case(asked, {id: one for id, one in given_.items() if one is not ...}))


def case(asked: Questionnaire, given_: dict[str, Any]) -> dict[str, Any]:
    """A questionnaire as the script gets it, what was given, and what Python makes of it."""
    taken, problems = read_answers(tuple(asked.questions.values()), given_)
    stimuli = {id: one for id, one in given_.items() if asked.questions[id].kind == "stimulus"}
    return {
        "pages": kiosk.rules(Survey(seed=1), asked)["pages"],
        "given": given_,
        "python": {
            "way": [[one.number, [q.id for q in one.questions]] for one in way(asked, given_)],
            "handed_in": handed_in(asked, given_),
            "taken": taken,
            "problems": [[one.question, one.code] for one in problems],
            "again": handed_in(asked, taken | stimuli),
        },
    }


def at_the_edges() -> Iterator[dict[str, Any]]:
    """Numbers just below, on and just above what a condition asks."""
    first = Sheet("first", (Question("number", "scale", WORDS, min=0, max=10),))
    for operator in ("at_least", "at_most", "is", "is_not"):
        condition = Condition((Test("number", operator, 5),))
        asked = Questionnaire(WORDS, WORDS, WORDS, (first, Sheet("next", (TIP,), asked_if=condition)))
        yield from (case(asked, {"number": n, "tip": "x"}) for n in (4, 5, 6))


IN_SCRIPT = """async ([address, cases]) => {
  const { handedIn, readAnswers, way } = await import(address);
  return cases.map(({ pages, given }) => {
    const questions = pages.flatMap((page) => page.questions);
    const { taken, problems } = readAnswers(questions, given);
    const stimuli = questions.filter((one) => one.kind === "stimulus" && Object.hasOwn(given, one.id));
    const walked = { ...taken, ...Object.fromEntries(stimuli.map((one) => [one.id, given[one.id]])) };
    return {
      way: [...way(pages, given)].map((one) => [one.number, one.asked.map((q) => q.id)]),
      handed_in: handedIn(pages, given), taken, problems, again: handedIn(pages, walked),
    };
  });
}"""


def test_the_script_goes_the_same_way_as_python(device: BrowserContext, kiosks: Kiosks) -> None:
    cases: list[Any] = []
    in_python(cases=cases)
    cases += at_the_edges()
    page = opened(device, kiosks, "looks")
    address = page.locator("body").get_attribute("data-way")
    # by way of text: the browser gets what a server sends, with numbers as JSON has them
    asked = json.loads(json.dumps([{"pages": one["pages"], "given": one["given"]} for one in cases]))
    found = page.evaluate(IN_SCRIPT, [address, asked])
    for one, script in zip(cases, found, strict=True):
        assert script == one["python"], json.dumps(one["given"])
    branches = [
        len({json.dumps(one["python"]["way"]) for one in cases[n : n + 6]}) for n in range(0, len(cases), 6)
    ]
    assert sum(n > 1 for n in branches) > 10, "answers lead along different ways"


def test_a_page_of_every_kind_gives_what_python_reads(device: BrowserContext, kiosks: Kiosks) -> None:
    asked = Questionnaire.from_json(EVERY_KIND)
    page = opened(device, kiosks, "lots")
    page.locator("[data-act=begin]").click()
    page.locator("[data-ask=visit] label").first.click()
    page.locator("[data-ask=recommend] label").nth(10).click()
    onward(page)
    for n in (2, 0):
        page.locator("[data-ask=liked] label").nth(n).click()
    for n, place in enumerate("312"):
        page.locator("[data-ask=order] select").nth(n).select_option(place)
    onward(page)
    onward(page)
    page.locator(".circle__plain").first.click()
    page.locator("[data-value=power] [data-side=seen] label").nth(6).click()
    onward(page)
    page.locator("textarea").fill("  twee\nregels ")
    page.locator("[name=age]").fill("44")
    onward(page)
    page.locator("main [data-act=start]").click()
    all_sent(page)
    assert kiosks.answers("lots") == [
        {"visit": "yes", "recommend": 10, "liked": ["staff", "price"], "order": ["speed", "cost", "care"],
         "values": {"seen": {"power": 7}}, "tip": "twee\nregels", "age": 44}
    ]  # fmt: skip
    assert handed_in(asked, kiosks.answers("lots")[0]) == kiosks.answers("lots")[0]


# where a facilitator finds it all


@pytest.mark.parametrize("language", LOOKED)
def test_the_page_of_places(language: str, browser: Browser, kiosks: Kiosks) -> None:
    found = kiosks.found["framed"]
    for size, scheme in ((DESK, "light"), (PHONE, "dark")):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, locale=language
        )
        context.add_cookies([{"name": "sessionid", "value": found["session"], "url": kiosks.site}])
        page = context.new_page()
        page.goto(kiosks.site + found["places"])
        page.locator(".place__know summary").click()
        look(page)
        context.close()


# a frame on another site


def test_a_survey_in_a_frame(browser: Browser, kiosks: Kiosks, framing: tuple[str, Path]) -> None:
    site, folder = framing
    address = kiosks.found["framed"]["address"]
    (folder / "page.html").write_text(
        f'<!doctype html><title>x</title><iframe id="f" src="{kiosks.site}{address}?embed" width="600"'
        ' height="300"></iframe><script>window.said = []; '
        "addEventListener('message', (event) => said.push([event.origin, event.data.height]))</script>"
    )
    context = browser.new_context(locale="nl")
    page = context.new_page()
    page.goto(f"{site}/page.html")
    frame = page.frame_locator("#f")
    expect(frame.locator("h1")).to_contain_text("Jij en De Zonnewende")
    page.wait_for_function("said.length > 0")
    origin, height = page.evaluate("said.at(-1)")
    assert origin == kiosks.site
    inside = frame.locator(".host").evaluate("one => Math.ceil(one.getBoundingClientRect().height)")
    assert height == inside
    frame.locator("form button.button").last.click()
    frame.locator("#visit label").nth(1).click()
    frame.locator("form .button").first.click()
    expect(frame.locator("#leaflet")).to_be_visible()
    assert not context.cookies(), "it works without"
    page.goto(f"{site.replace('localhost', '127.0.0.1')}/page.html")  # a site that was not named
    expect(page.locator("#f")).to_be_visible()
    comes(page, lambda: page.frames[1].url.startswith("chrome-error:"))
    context.close()
